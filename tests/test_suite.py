"""Do `make test` and `make test-all` run all that they should, and fail when a part of it fails?"""

import ast
import importlib.util
import json
import os
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

from d2l_ext import runtime
from d2l_ext.diagnostics import speed
from tools import compare_notebooks, run_notebooks

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ['-m pytest -n auto -m not timed notebooks', '-m pytest -m timed notebooks']
PARTS = {
    'test': ['-m pytest -n auto -m not slow tests', *NOTEBOOKS],
    'test-all': ['-m pytest -n auto tests', *NOTEBOOKS],
}


@pytest.fixture
def make(tmp_path):
    """Return `make(target, failing)`: its exit status, and the arguments of each pytest it started.

    Nothing runs: the interpreter is a script that notes its arguments, and fails for one of them.
    """
    python, notes = tmp_path / 'python', tmp_path / 'notes'
    python.write_text(f'#!/bin/sh\necho "$*" >> {notes}\ntest "$*" != "$FAILING"\n')
    python.chmod(0o755)

    def run(target, failing=''):
        # without `setup`, which would install
        done = subprocess.run(
            ['make', '-s', '-o', 'setup', f'PY={python}', target], cwd=ROOT,
            env=os.environ | {'FAILING': failing, 'MAKEFLAGS': ''}, capture_output=True, text=True,
        )  # fmt: skip
        return done.returncode, notes.read_text().splitlines()

    return run


@pytest.mark.parametrize('target', ['test', 'test-all'])
@pytest.mark.parametrize('failing', range(3))
def test_a_failing_part_fails_the_whole_and_the_other_parts_run(make, target, failing):
    parts = PARTS[target]

    assert make(target) == (0, parts)
    status, started = make(target, parts[failing])
    assert status != 0
    assert started[3:] == parts


def test_all_leaves_nothing_out_and_test_only_what_is_slow():
    assert PARTS['test'][0] == PARTS['test-all'][0].replace('tests', '-m not slow tests')
    assert PARTS['test'][1:] == PARTS['test-all'][1:]


def test_continuous_integration_runs_the_tests_with_all_that_they_need():
    script = (ROOT / '.ci' / 'run').read_text()

    assert 'make gpu torch exercises-setup test\n' in script
    assert 'make test-browser' in script and 'set -euo pipefail' in script


# the project's conftest.py


def conftest():
    spec = importlib.util.spec_from_file_location('the_root', ROOT / 'conftest.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def page(tmp_path):
    path = tmp_path / 'a.ipynb'
    path.write_text('{}', encoding='utf-8')
    return path


@pytest.mark.parametrize('code, marks', [('runtime.busy()', ['timed']), ('runtime.profile()', [])])
def test_a_page_that_compares_times_is_marked(monkeypatch, page, code, marks):
    monkeypatch.setenv(speed.KEPT, '1:5,2:3')
    monkeypatch.setattr(runtime, 'THREADS_GIVEN', True)
    page.write_text(json.dumps({'cells': [{'source': [code]}]}), encoding='utf-8')
    found = []
    item = SimpleNamespace(path=page, add_marker=lambda mark: found.append(mark.name))
    option = SimpleNamespace(nbval_cell_timeout=300, collectonly=False)
    compare_notebooks.pytest_collection_modifyitems(SimpleNamespace(option=option), [item])
    assert found == marks


def test_some_pages_compare_times_and_most_do_not():
    pages = sorted((ROOT / 'notebooks').glob('*.ipynb'))
    timed = [path for path in pages if run_notebooks.compares_times(path)]

    assert '06_faster_training' in {path.stem for path in timed}
    assert 0 < len(timed) < len(pages) / 3


@pytest.mark.parametrize(
    'asked, steps, limit',
    [
        (300, '1:0.9,2:0.6', 300),
        (300, '1:5,2:3.04', 456),
        (2000, '1:5,2:3.04', 2000),  # on the command line
    ],
)
def test_a_cell_may_take_longer_on_a_slow_machine(monkeypatch, page, asked, steps, limit):
    monkeypatch.setenv(speed.KEPT, steps)
    monkeypatch.setattr(runtime, 'THREADS_GIVEN', True)
    option = SimpleNamespace(nbval_cell_timeout=asked, collectonly=False)
    for path, expected in ((Path('test_a.py'), asked), (page, limit)):
        items = [SimpleNamespace(path=path)]
        compare_notebooks.pytest_collection_modifyitems(SimpleNamespace(option=option), items)
        assert option.nbval_cell_timeout == expected


@pytest.mark.parametrize('steps, threads', [('1:5,2:3', '2'), ('1:3,2:5', '1')])
def test_the_notebooks_take_the_quicker_number_of_threads(monkeypatch, page, steps, threads):
    monkeypatch.setenv(speed.KEPT, steps)
    monkeypatch.setenv('OMP_NUM_THREADS', '7')
    monkeypatch.delenv('PYTEST_XDIST_WORKER', raising=False)
    monkeypatch.setattr(runtime, 'THREADS_GIVEN', False)
    option = SimpleNamespace(nbval_cell_timeout=300, collectonly=False)
    items = [SimpleNamespace(path=page)]
    compare_notebooks.pytest_collection_modifyitems(SimpleNamespace(option=option), items)
    assert os.environ['OMP_NUM_THREADS'] == threads


def test_one_of_many_processes_takes_one_thread(monkeypatch):
    monkeypatch.setenv('OMP_NUM_THREADS', '7')
    monkeypatch.delenv('PYTEST_XDIST_WORKER', raising=False)
    conftest()
    assert os.environ['OMP_NUM_THREADS'] == '7'
    monkeypatch.setenv('PYTEST_XDIST_WORKER', 'gw0')
    conftest()
    assert os.environ['OMP_NUM_THREADS'] == '1'


@pytest.mark.parametrize(
    'asked, kept', [('no', 'loadfile'), ('loadscope', 'loadscope'), ('load', 'load')]
)
def test_among_processes_a_file_stays_whole(asked, kept):
    option = SimpleNamespace(numprocesses='auto', dist=asked, loadscopereorder=True)
    conftest().pytest_cmdline_main(SimpleNamespace(option=option))
    assert option.dist == kept

    alone = SimpleNamespace(numprocesses=None, dist='no')
    conftest().pytest_cmdline_main(SimpleNamespace(option=alone))
    assert alone.dist == 'no'


def test_the_files_that_take_longest_come_first():
    root = conftest()
    names = [path.stem.removeprefix('test_') for path in (ROOT / 'tests').rglob('test_*.py')]

    assert set(root.LONG) <= set(names)
    assert sorted(names, key=root.place)[: len(root.LONG)] == list(root.LONG)


def test_nobody_reads_weights_that_may_still_move():
    """See `safetensors_files.values`: `asnumpy` alone does not wait for a pass that still runs."""
    direct = re.compile(r'data\(\w*\)\.asnumpy\(\)')
    files = [
        path
        for folder in ('d2l_ext', 'tests', 'benchmarks')
        for path in (ROOT / folder).rglob('*.py')
    ]
    found = {path.name for path in files if direct.search(path.read_text())}

    assert not found


@pytest.mark.parametrize('folder', ['d2l_ext', 'tools', 'benchmarks', 'docs', 'exercises'])
def test_a_text_is_read_and_written_in_the_encoding_that_the_code_says(folder):
    """Not in the system's, which may be ASCII. Of a Path in a variable ruff's PLW1514 knows nothing."""
    found = []
    for path in (ROOT / folder).rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                given = len(node.args) + len(node.keywords)
                if given < {'read_text': 1, 'write_text': 2}.get(node.func.attr, 0):
                    found.append(f'{path}:{node.lineno}')

    assert found == []
