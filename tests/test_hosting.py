"""Can a class run on one machine: several kernels at once, one cache, the files that hosts read?"""

import asyncio
import json
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

from tools import bootstrap, execution

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize('kernels', [3, pytest.param(10, marks=pytest.mark.slow)])
def test_kernels_at_once_reach_their_first_figure(monkeypatch, tmp_path, kernels):
    lesson = nbformat.read(ROOT / 'notebooks/00_start_here.ipynb', as_version=4)
    code = [cell for cell in lesson.cells if cell.cell_type == 'code']
    has_figure = [
        any('image/png' in output.get('data', {}) for output in cell.outputs) for cell in code
    ]
    upto = [cell.copy() for cell in code[: has_figure.index(True) + 1]]
    monkeypatch.setenv('D2L_EXT_PROFILE', 'quick')
    monkeypatch.setenv('D2L_EXT_CACHE', str(tmp_path / 'shared'))

    async def student():
        notebook = nbformat.from_dict(
            {**lesson, 'cells': [dict(cell, outputs=[]) for cell in upto]}
        )
        client = NotebookClient(notebook, timeout=300, startup_timeout=300)
        client.create_kernel_manager().kernel_spec_manager = execution.ThisPython()
        await client.async_execute()
        return notebook.cells[-1].outputs

    async def together():
        return await asyncio.gather(*(student() for _ in range(kernels)))

    outputs = asyncio.run(together())
    drawn = [outs[-1]['data']['image/png'] for outs in outputs]
    assert len(drawn) == kernels
    assert len(set(drawn)) == 1  # and the same one


def test_the_hosts_files_name_what_is_there():
    container = json.loads((ROOT / '.devcontainer/devcontainer.json').read_text())
    assert 'make setup' in container['postCreateCommand']
    post_build = (ROOT / '.binder/postBuild').read_text()
    for name in re.findall(r'-r (\S+)', post_build):
        assert (ROOT / name).is_file()
    assert (ROOT / '.binder/postBuild').stat().st_mode & 0o111


@pytest.mark.parametrize(('architecture', 'machine'), [('amd64', 'x86_64'), ('arm64', 'aarch64')])
@pytest.mark.parametrize('file', ['Dockerfile', '.devcontainer/devcontainer.json'])
def test_a_container_gets_the_libraries_of_its_architecture(tmp_path, file, architecture, machine):
    text = (ROOT / file).read_text()
    if file.endswith('.json'):
        text = json.loads(text)['postCreateCommand']
    command = re.search(r'apt-get install .*?(?=\s+(?:\\\n )?&& (?:rm|make) )', text, re.S)[0]
    for name, answer in (('dpkg', architecture), ('apt-get', '"$@"')):
        (tmp_path / name).write_text(f'#!/bin/sh\necho {answer}\n')
        (tmp_path / name).chmod(0o755)
    told = subprocess.run(
        ['/bin/sh', '-c', command], env={'PATH': str(tmp_path)}, text=True, check=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    packages = {word for word in told.stdout.split() if word.startswith('lib')}

    assert packages == set(bootstrap.LIBRARIES[machine].values())


def test_binder_gets_the_libraries_of_both_architectures():
    # its list cannot choose; libgfortran5 brings libquadmath0 where there is one
    packages = (ROOT / '.binder/apt.txt').read_text().split()

    assert 'libgfortran5' in packages and 'libquadmath0' not in packages
    assert set(bootstrap.LIBRARIES['aarch64'].values()) < set(packages)


def test_the_threads_of_a_student_are_twice_the_share_and_at_most_all_cores():
    page = (ROOT / 'docs/hosting.md').read_text()
    code = re.search(r'```\n(import math\n.*?)```', page, re.S)[1]

    def threads(cores, students):
        hub = SimpleNamespace(Spawner=SimpleNamespace())
        exec(code.replace('32, 30', f'{cores}, {students}'), {'c': hub})
        return hub.Spawner.environment['OMP_NUM_THREADS']

    assert threads(2, 3) == '2'  # as it was tried
    assert threads(2, 1) == '2'
    assert threads(32, 30) == '4'
