"""Run the lessons from top to bottom, as a reader does, and keep what they gave as pages.

python -m tools.run_notebooks [NAME ...] [--language zh] [--in-place]
"""

import argparse
import asyncio
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from d2l_ext import runtime
from d2l_ext.diagnostics import speed
from d2l_ext.runtime import mxnet_log
from d2l_ext.tables import Table
from tools import notebook_pages, time_left

import nbformat
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS, BUILD = ROOT / 'notebooks', ROOT / 'build'
# what a lesson needs beyond requirements.txt: the module, and what installs it
EXTRAS = {'12_pytorch_twin': ('torch', 'make torch')}
SHORT = 30  # R of lessons that are not worth the seconds in which the speed is measured
CELL_SECONDS = {'quick': 600, 'lecture': None}  # when a cell counts as hung, the speed unmeasured
METADATA = {
    'kernelspec': {'display_name': 'Python 3', 'language': 'python', 'name': 'python3'},
    'language_info': {'name': 'python'},
}
WIDGET = 'application/vnd.jupyter.widget-view+json'


def main(names=(), in_place=False, notebooks=NOTEBOOKS, build=BUILD, language='en') -> int:
    """Run the lessons called `names` ('03', '05_training'; all by default); 1 if one fails.

    Executed notebooks and their pages go to `build`, with `in_place` the notebooks that ran to
    their end to `notebooks` too; the Chinese ones, `language` zh, are those of the folders zh in both.
    The profile is quick unless D2L_EXT_PROFILE says otherwise.
    """
    if language == 'zh':
        notebooks, build = notebooks / 'zh', build / 'zh'
    os.environ.setdefault('D2L_EXT_PROFILE', 'quick')
    try:
        paths, timeout = find(names, notebooks), CELL_SECONDS[runtime.profile()]
        known = time_left.recorded()
        costs = {p.stem: known.get(p.stem, 0) for p in paths if not missing(p.stem)}
        at = time_left.Pace(costs, step(sum(costs.values())))
    except (LookupError, ValueError) as error:
        print(error.args[0], file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return stopped()
    if timeout and at.step:
        timeout = speed.cell_seconds(at.step)
    build.mkdir(parents=True, exist_ok=True)
    width = max(len(path.stem) for path in paths)
    rows = []
    try:
        for path in paths:
            if told := missing(path.stem):
                say(f'{path.stem:{width}}  skipped: {told}\n')
                rows.append([path.stem, 0.0, f'skipped: {told}'])
                continue
            start = time.perf_counter()
            at.begin(path.stem)
            problem, notebook = run(path, path.stem.ljust(width), timeout, at.told)
            seconds = time.perf_counter() - start
            at.end(seconds)
            notebook_pages.write(notebook, build / path.name, notebooks)
            if in_place and not problem:
                nbformat.write(stored(notebook), path)
            say(f'{path.stem:{width}}  {seconds:5.1f} s  {problem or "ok"}\n')
            rows.append([path.stem, seconds, 'FAILED' if problem else showed(notebook)])
    except KeyboardInterrupt:
        return stopped()
    total = ['all', sum(row[1] for row in rows), f'pages: {os.path.relpath(build)}/*.html']
    print(f'\n{Table(["lesson", "seconds", "what it showed"], rows, total=total)}')
    return int(any(row[2] == 'FAILED' for row in rows))


def find(names, notebooks=NOTEBOOKS) -> list:
    """Return the lessons whose file names begin with `names`, in reading order.

    Raises LookupError, which says which lessons there are.
    """
    paths = sorted(notebooks.glob('*.ipynb'))
    if not paths:
        raise LookupError(f'no lessons in {notebooks}: run this in a clone of the course')
    for name in names:
        if not any(path.stem.startswith(name) for path in paths):
            known = ', '.join(path.stem for path in paths)
            raise LookupError(f'no lesson begins with {name!r}: there are {known}')
    return [path for path in paths if not names or path.stem.startswith(tuple(names))]


def missing(name) -> str:
    """Say what the lesson called `name` needs that is not installed; '' if it can run."""
    module, remedy = EXTRAS.get(name, (None, ''))
    return f'needs {module}: {remedy}' if module and not find_spec(module) else ''


def stopped() -> int:
    """Say that the run was ended by Ctrl-C; return the exit status for it."""
    print('\ninterrupted', file=sys.stderr)
    return 130


def step(cost):
    """Return the seconds of a training step, for lessons of `cost` R; None if they are too short.

    The lessons then run with the number of threads that is quicker now.
    """
    if cost < SHORT:
        return None
    say('how quick is this machine?', passing=True)
    try:
        found = speed.choose()
    except RuntimeError as error:
        say(f'the time left is not known: {error}\n')
        return None
    about = time_left.span(cost * found.step)
    say(f'{found}; a training step (R) takes {found.step:.2f} s; the lessons: {about}\n')
    return found.step


def run(path, title, timeout, left=lambda seconds: ''):
    """Execute a notebook; return (what went wrong, or '', and the notebook with its outputs).

    `left(seconds)` says what is still to come, so many seconds after the start.
    """
    notebook = nbformat.read(path, as_version=4)
    total = sum(cell.cell_type == 'code' for cell in notebook.cells)
    start, started, interrupted, clock = time.perf_counter(), [], [], []

    def stop():
        interrupted.append(True)
        asyncio.ensure_future(client.km.shutdown_kernel(now=True))

    def ready(notebook):
        # nbclient's own answer to Ctrl-C ends in a traceback of nbclient
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop)
        tick()

    def tick():
        where = f'cell {len(started)} of {total}' if started else 'starting'
        say(f'{title}  {where}{left(time.perf_counter() - start)}', passing=True)
        clock[:] = [asyncio.get_running_loop().call_later(1, tick)]

    def began(cell, cell_index):
        started.append(cell)

    client = NotebookClient(
        notebook, timeout=timeout, record_timing=False, store_widget_state=False,
        resources={'metadata': {'path': str(path.parent)}},
        on_notebook_start=ready, on_cell_execute=began,
    )  # fmt: skip
    client.create_kernel_manager().kernel_spec_manager = ThisPython()
    words = tempfile.TemporaryFile()  # what the kernel writes past the notebook, or twice
    try:
        client.execute(stdout=words, stderr=words)
    except (CellExecutionError, CellTimeoutError, RuntimeError) as error:  # RuntimeError: died
        if interrupted:
            raise KeyboardInterrupt from None
        last = '' if isinstance(error, CellExecutionError) else last_words(words)
        return describe(error, started, total, last), notebook
    finally:
        for timer in clock:
            timer.cancel()
        words.close()
        for cell in notebook.cells:
            for output in cell.get('outputs', ()):
                # a widget ends with its kernel; the picture beside it stays
                output.get('data', {}).pop(WIDGET, None)
    return '', notebook


class ThisPython(KernelSpecManager):
    """Offers one kernel: the interpreter that runs this, whatever kernels the user has."""

    def get_kernel_spec(self, kernel_name):
        # what is written past Python, such as MXNet's remarks, goes to the kernel's own stderr
        options = ['--log-level=ERROR', '--IPKernelApp.capture_fd_output=False']
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict(options))


def last_words(file, lines=8) -> str:
    """Return the last lines that a kernel wrote to its file."""
    file.seek(0)
    told = mxnet_log.without(file.read().decode(errors='replace')).strip().splitlines()
    return '\n'.join(told[-lines:])


def describe(error, started, total, last='') -> str:
    """Say which cell failed and how: its number, its first line, the error's last lines.

    `last` are the last words of a kernel that died.
    """
    where = 'before its first cell'
    if started:
        where = f'in cell {len(started)} of {total}: {started[-1].source.splitlines()[0]}'
    text = getattr(error, 'traceback', str(error))
    lines = re.sub(r'\x1b\[[\d;]*m', '', text).strip().splitlines()[-8:]
    return '\n    '.join([f'FAILED {where}', *lines, *last.splitlines()])


def showed(notebook) -> str:
    """Return what the cell tagged `shows` printed."""
    return ' '.join(
        output.text.strip()
        for cell in notebook.cells if 'shows' in cell.metadata.get('tags', ())
        for output in cell.outputs if output.get('name') == 'stdout'
    )  # fmt: skip


def stored(notebook):
    """Return the notebook as it is kept: no warnings of this machine, nothing about its kernel."""
    for cell in notebook.cells:
        if cell.cell_type == 'code':
            cell.outputs = [out for out in cell.outputs if out.get('name') != 'stderr']
    notebook.metadata = nbformat.from_dict(METADATA)
    return notebook


def say(text, passing=False):
    """Print one line; on a terminal a `passing` one is replaced by the next, elsewhere left out."""
    terminal = sys.stdout.isatty()
    if passing:
        text = text[: shutil.get_terminal_size().columns - 1]  # a longer one would not be replaced
    if terminal or not passing:
        print('\r\033[K' * terminal + text, end='', flush=True)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        prog='python -m tools.run_notebooks',
        description='Run lessons from top to bottom.',
        epilog='example: python -m tools.run_notebooks 03 05',
    )
    parser.add_argument('names', nargs='*', help='which ones, by number or name; all by default')
    parser.add_argument(
        '--language', choices=('en', 'zh'), default='en',
        help='zh: the pages of notebooks/zh, to build/zh',
    )  # fmt: skip
    parser.add_argument('--in-place', action='store_true', help='store the outputs in notebooks/')
    chosen = parser.parse_args()
    if chosen.in_place and chosen.language == 'zh':
        parser.error('--in-place is for the English pages: `make sync-zh` carries outputs over')
    sys.exit(main(chosen.names, chosen.in_place, language=chosen.language))
