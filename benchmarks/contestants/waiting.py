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
from xml.etree import ElementTree

from ..driver import ROOT

DEAREST = 5  # cells of a lesson that are kept
# what a checkout holds that git does not
MADE = (
    '.git', '.venv*', 'build', '*.egg-info', '__pycache__', '.pytest_cache', '.ruff_cache',
    '.ipynb_checkpoints', 'node_modules',
)  # fmt: skip
# runs Python, and notes how long it ran and with which arguments; pytest writes its XML beside the notes
TIMED = """import json, os, subprocess, sys, time
from pathlib import Path
folder = Path({folder!r})
report = folder / f'{{len(list(folder.glob("*.json")))}}.xml'
os.environ['PYTEST_ADDOPTS'] = f'--junitxml={{report}}'
start = time.perf_counter()
status = subprocess.call([sys.executable, *sys.argv[1:]])
told = {{'command': ' '.join(sys.argv[1:]), 'seconds': time.perf_counter() - start}}
report.with_suffix('.json').write_text(json.dumps(told), encoding='utf-8')
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
    """`import d2l_ext` in a fresh process: this one has imported it with the driver."""
    code = 'import time; start = time.perf_counter(); import d2l_ext; print(time.perf_counter() - start)'
    told = subprocess.run(
        [sys.executable, '-c', code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return {'seconds': float(told.stdout)}


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
    from tools.execution import ThisPython

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


def tests(checkout=ROOT):
    """`make test`: each command in it, and the tests that failed.

    `seconds` is missing where a test failed: such a run says nothing about the time that the tests take.
    Raises RuntimeError if it ended without running a test.
    """
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder)
        timed = notes / 'timed.py'
        timed.write_text(TIMED.format(folder=folder), encoding='utf-8')
        start = time.perf_counter()
        # what it would set up is there: this Python runs it
        python = shlex.join([sys.executable, str(timed)])
        ran = _make(checkout, ['test', 'PYTHON=true', f'PY={python}'], {})
        seconds = time.perf_counter() - start
        parts = [
            json.loads(path.read_text(encoding='utf-8')) for path in sorted(notes.glob('*.json'))
        ]
        failed = [_name(case) for case in _cases(notes) if _bad(case)]
    if ran.returncode and not failed:
        raise RuntimeError(_ended('make test', ran))
    return (
        {'parts': parts, 'failed': failed}
        if ran.returncode
        else {'seconds': seconds, 'parts': parts}
    )


def lessons(checkout=ROOT):
    """Every notebook with all threads, one by one, each with its dearest cells, and the cells that failed.

    `seconds` is missing where a cell failed. Raises RuntimeError if no notebook ran to its end.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / 'report.xml'
        start = time.perf_counter()
        ran = _run(
            checkout, [sys.executable, '-m', 'pytest', 'notebooks', f'--junitxml={report}'], {}
        )
        seconds = time.perf_counter() - start
        cases = _cases(Path(folder))
    pages = by_page(cases, Path(checkout) / 'notebooks')
    failed = [_name(case) for case in cases if _bad(case)]
    if not pages or (ran.returncode and not failed):
        raise RuntimeError(_ended('pytest notebooks', ran))
    return {'pages': pages, 'failed': failed} if failed else {'seconds': seconds, 'pages': pages}


def _cases(folder):
    """Return the test cases of all of pytest's XML files in a folder."""
    return [
        case
        for path in sorted(folder.glob('*.xml'))
        for case in ElementTree.parse(path).iter('testcase')
    ]


def _name(case):
    return f'{case.get("classname")}::{case.get("name")}'


def _bad(case):
    return case.find('failure') is not None or case.find('error') is not None


def by_page(cases, folder) -> dict:
    """Return {lesson: its seconds, and its dearest cells} from pytest's XML of the cells that ran.

    The first cell's seconds hold the start of the kernel. A lesson with a cell that was skipped or that
    failed is left out.
    """
    times = {}
    for case in cases:
        page, cell = case.get('classname').split('.')[1:], case.get('name').rpartition('Cell ')[2]
        if page[-1:] == ['ipynb'] and len(page) == 2:
            whole = not _bad(case) and case.find('skipped') is None
            times.setdefault(page[0], {})[int(cell)] = float(case.get('time')) if whole else None
    return {
        name: {
            'seconds': sum(told.values()),
            'cells': dearest(folder / f'{name}.ipynb', told),
        }
        for name, told in times.items()
        if None not in told.values()
    }


def dearest(path, times, count=DEAREST) -> list:
    """Return the code cells of a page that took longest, by {number, from 0: seconds}."""
    heading, about = '', []
    for cell in json.loads(path.read_text(encoding='utf-8'))['cells']:
        lines = [line.strip() for line in ''.join(cell['source']).splitlines() if line.strip()]
        if cell['cell_type'] == 'code':
            about.append({'under': heading, 'ends': lines[-1] if lines else ''})
        else:
            heading = ([heading] + [line.lstrip('# ') for line in lines if line[0] == '#'])[-1]
    longest = sorted(times, key=lambda number: -times[number])[:count]
    return [{'cell': at + 1, **about[at], 'seconds': times[at]} for at in longest]


def setup(checkout=ROOT):
    """`make setup` from nothing: in a copy of the checkout, with empty caches of packages.

    Raises RuntimeError if it fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / 'copy'
        shutil.copytree(checkout, copy, ignore=shutil.ignore_patterns(*MADE), symlinks=True)
        caches = {name: str(Path(folder) / name) for name in ('UV_CACHE_DIR', 'PIP_CACHE_DIR')}
        start = time.perf_counter()
        ran = _make(copy, ['setup'], caches)
        if ran.returncode:
            raise RuntimeError(_ended('make setup', ran))
        return {'seconds': time.perf_counter() - start}


def _make(folder, words, environment):
    return _run(folder, ['make', *words], environment)


def _run(folder, command, environment):
    """Run a command in `folder`; return what it said and how it ended."""
    outer = ('MAKEFLAGS', 'MAKELEVEL')  # of a make that runs this
    own = {key: value for key, value in os.environ.items() if key not in outer}
    return subprocess.run(
        command, cwd=folder, env={**own, **environment}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors='replace',
    )  # fmt: skip


def _ended(called, ran):
    """Say how a command ended: its status, the tests that failed, its last words."""
    lines = ran.stdout.strip().splitlines()
    # of two commands' failures, those of the first would be lost without their names
    failed = [line for line in lines[:-8] if line.startswith(('FAILED ', 'ERROR '))]
    last = '\n'.join([*failed, *lines[-8:]])
    return f'{called} ended with status {ran.returncode}: {last}'
