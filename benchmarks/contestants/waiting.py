"""What a person waits for. Each function returns seconds; the files of the system lie in its cache."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

from ..driver import ROOT

DEAREST = 5  # cells of a lesson that are kept
# what a checkout holds that git does not
MADE = (
    '.git', '.venv*', 'build', '*.egg-info', '__pycache__', '.pytest_cache', '.ruff_cache',
    '.ipynb_checkpoints', 'node_modules',
)  # fmt: skip
# runs Python, and notes how long it ran and with which arguments
TIMED = """import json, subprocess, sys, time
start = time.perf_counter()
status = subprocess.call([sys.executable, *sys.argv[1:]])
with open({log!r}, 'a') as file:
    told = {{'command': ' '.join(sys.argv[1:]), 'seconds': time.perf_counter() - start}}
    file.write(json.dumps(told) + '\\n')
sys.exit(status)
"""

# what a first page does until its first training step, on the embedded sample
FIRST_STEP = """
import d2l_ext
from mxnet import npx
npx.set_np()
from d2l_ext import training
from d2l_ext.data import load_data_fashion_mnist
from d2l_ext.networks import GoogLeNet
recipe = training.RECIPES['quick']
train_iter, _ = load_data_fashion_mnist(recipe['batch_size'], 48, sample='quick')
net = GoogLeNet()
net.initialize(training.INITIALIZERS[recipe['init']]())
training.fit(net, [next(iter(train_iter))], epochs=1, lr=recipe['lr'], progress=False)
"""


def import_d2l_ext():
    """`import d2l_ext` in a fresh process."""
    start = time.perf_counter()
    import d2l_ext  # noqa: F401

    return {'seconds': time.perf_counter() - start}


def import_mxnet():
    """`import mxnet` after it."""
    import d2l_ext  # noqa: F401

    start = time.perf_counter()
    import mxnet  # noqa: F401

    return {'seconds': time.perf_counter() - start}


def first_batch(cold=False, sample='lecture'):
    """The first batch of 128 of the 60 000 images at 96x96; `cold`: nothing was resized before."""
    import d2l_ext  # noqa: F401
    from d2l_ext import data
    from d2l_ext.data import download

    import mxnet  # noqa: F401

    root = None
    with tempfile.TemporaryDirectory() as folder:
        if cold:  # where the images lie is looked up before, so that none is downloaded
            if sample == 'lecture':
                root = download.find().folder
            os.environ['D2L_EXT_CACHE'] = folder
        start = time.perf_counter()
        batches, _ = data.load_data_fashion_mnist(128, 96, sample=sample, root=root)
        next(iter(batches))[0].wait_to_read()
        return {'seconds': time.perf_counter() - start}


def first_step():
    """From a kernel's start, as a notebook's, to the end of its first training step."""
    from tools.run_notebooks import ThisPython

    from jupyter_client import KernelManager

    os.environ['D2L_EXT_PROFILE'] = 'quick'
    manager = KernelManager(kernel_name='python3', kernel_spec_manager=ThisPython())
    start = time.perf_counter()
    try:
        manager.start_kernel()
        client = manager.blocking_client()
        client.start_channels()
        client.wait_for_ready(timeout=120)
        ready = time.perf_counter()
        client.execute_interactive(FIRST_STEP, timeout=300, output_hook=_tell)
        end = time.perf_counter()
    finally:
        manager.shutdown_kernel(now=True)
    return {'seconds': end - start, 'ready': ready - start}


def _tell(message):
    """Pass a kernel's warnings on; end with its error."""
    if message['msg_type'] == 'stream':
        print(message['content']['text'], file=sys.stderr, end='')
    if message['msg_type'] == 'error':
        raise RuntimeError(f'{message["content"]["ename"]}: {message["content"]["evalue"]}')


def lesson(name, notebooks=None):
    """One lesson from top to bottom, in the quick profile, its kernel's start included.

    With its dearest cells: which code cell of the page, its seconds, the heading it stands under and
    the last line of its code.
    """
    os.environ['D2L_EXT_PROFILE'] = 'quick'
    from tools import run_notebooks

    times = []

    class Timed(run_notebooks.NotebookClient):
        async def async_execute_cell(self, cell, *arguments, **options):
            start = time.perf_counter()
            try:
                return await super().async_execute_cell(cell, *arguments, **options)
            finally:
                times.append((cell, time.perf_counter() - start))

    path = run_notebooks.find([name], Path(notebooks) if notebooks else run_notebooks.NOTEBOOKS)[0]
    start = time.perf_counter()
    with mock.patch.object(run_notebooks, 'NotebookClient', Timed):
        problem, notebook = run_notebooks.run(path, path.stem, None)
    seconds = time.perf_counter() - start
    if problem:
        raise RuntimeError(problem)
    return {'seconds': seconds, 'cells': dearest(notebook.cells, times)}


def dearest(cells, times, count=DEAREST) -> list:
    """Return the code cells that took longest, [(cell, seconds)], as they are kept."""
    heading, about = '', {}
    for cell in cells:
        lines = [line.strip() for line in cell.source.splitlines() if line.strip()]
        if cell.cell_type == 'code':
            ends = lines[-1] if lines else ''
            about[id(cell)] = {'cell': len(about) + 1, 'under': heading, 'ends': ends}
        else:
            heading = ([heading] + [line.lstrip('# ') for line in lines if line[0] == '#'])[-1]
    found = [
        {**about[id(cell)], 'seconds': seconds} for cell, seconds in times if id(cell) in about
    ]
    return sorted(found, key=lambda cell: -cell['seconds'])[:count]


def setup(checkout=ROOT):
    """`make setup` from nothing: in a copy of the checkout, with empty caches of packages."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / 'copy'
        shutil.copytree(checkout, copy, ignore=shutil.ignore_patterns(*MADE), symlinks=True)
        caches = {name: str(Path(folder) / name) for name in ('UV_CACHE_DIR', 'PIP_CACHE_DIR')}
        start = time.perf_counter()
        _make(copy, ['setup'], caches)
        return {'seconds': time.perf_counter() - start}


def tests(checkout=ROOT):
    """`make test`, and the seconds of each command in it. Raises RuntimeError if a test fails."""
    with tempfile.TemporaryDirectory() as folder:
        timed, log = Path(folder) / 'timed', Path(folder) / 'log'
        timed.write_text(TIMED.format(log=str(log)))
        start = time.perf_counter()
        # what it would set up is there: this Python runs it
        python = shlex.join([sys.executable, str(timed)])
        _make(checkout, ['test', 'PYTHON=true', f'PY={python}'], {})
        seconds = time.perf_counter() - start
        parts = [json.loads(line) for line in log.read_text().splitlines()]
    return {'seconds': seconds, 'parts': parts}


def _make(folder, words, environment):
    """Run make in `folder`; RuntimeError, with the tests that failed and what it said last, if it fails."""
    outer = ('MAKEFLAGS', 'MAKELEVEL')  # of a make that runs this
    own = {key: value for key, value in os.environ.items() if key not in outer}
    ran = subprocess.run(
        ['make', '-C', str(folder), *words], env={**own, **environment}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors='replace',
    )  # fmt: skip
    if ran.returncode:
        lines = ran.stdout.strip().splitlines()
        # the tests come before the notebooks: without their names a failure of theirs would be lost
        failed = [line for line in lines[:-8] if line.startswith(('FAILED ', 'ERROR '))]
        last = '\n'.join([*failed, *lines[-8:]])
        raise RuntimeError(f'make {words[0]} ended with status {ran.returncode}: {last}')
