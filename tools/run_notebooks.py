"""Run the lessons from top to bottom, as a reader does, and keep what they gave as pages.

python -m tools.run_notebooks [NAME ...] [--language zh] [--in-place]
"""

import argparse
import asyncio
import functools
import os
import shutil
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from d2l_ext import runtime
from d2l_ext.diagnostics import speed
from d2l_ext.tables import Table
from tools import execution, notebook_pages, time_left

import nbformat

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS, BUILD = ROOT / 'notebooks', ROOT / 'build'
# what a lesson needs beyond requirements.txt: the module, and what installs it
EXTRAS = {'12_pytorch_twin': ('torch', 'make torch')}
TIMES = 'runtime.busy()'  # what a lesson asks before it compares times
MEMORY = 2 << 30  # bytes that a lesson takes at most (14: 2.0 GB)
SHORT = 30  # R of lessons that are not worth the seconds in which the speed is measured
CELL_SECONDS = {'quick': 600, 'lecture': None}  # when a cell counts as hung, the speed unmeasured
METADATA = {
    'kernelspec': {'display_name': 'Python 3', 'language': 'python', 'name': 'python3'},
    'language_info': {'name': 'python'},
}


def main(names=(), in_place=False, notebooks=NOTEBOOKS, build=BUILD, language='en') -> int:
    """Run the lessons called `names` ('03', '05_training'; all by default); 1 if one fails.

    Executed notebooks and their pages go to `build`, with `in_place` the notebooks that ran to
    their end to `notebooks` too; the Chinese ones, `language` zh, are those of the folders zh in both.
    The profile is quick unless D2L_EXT_PROFILE says otherwise. Several lessons run at once, except
    those that compare times; one by one with `in_place` and in the profile lecture.
    """
    if language == 'zh':
        notebooks, build = notebooks / 'zh', build / 'zh'
    os.environ.setdefault('D2L_EXT_PROFILE', 'quick')
    try:
        return run_lessons(names, in_place, notebooks, build)
    except KeyboardInterrupt:
        print('\ninterrupted', file=sys.stderr)
        return 130
    except BrokenPipeError:  # a reader such as `head` or `less` has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left to flush
        return 141


def run_lessons(names, in_place, notebooks, build) -> int:
    """Run the lessons, and show how far they are and what they showed; `main` has the arguments."""
    try:
        paths, timeout = find(names, notebooks), CELL_SECONDS[runtime.profile()]
        skipped = {path: told for path in paths if (told := missing(path.stem))}
        groups = plan([p for p in paths if p not in skipped], in_place or timeout is None)
        width = max(len(path.stem) for path in paths)
        seconds = measured(groups)
    except (LookupError, ValueError) as error:
        print(error.args[0], file=sys.stderr)
        return 2
    if timeout and seconds:
        timeout = speed.cell_seconds(seconds)
    build.mkdir(parents=True, exist_ok=True)
    rows = {}

    def end(path, took, problem, notebook):
        notebook_pages.write(notebook, build / path.name, notebooks)
        if in_place and not problem:
            nbformat.write(stored(notebook), path)
        say(f'{path.stem:{width}}  {took:5.1f} s  {problem or "ok"}\n')
        rows[path] = [path.stem, took, 'FAILED' if problem else showed(notebook)]

    for path, told in skipped.items():
        say(f'{path.stem:{width}}  skipped: {told}\n')
        rows[path] = [path.stem, 0.0, f'skipped: {told}']
    start = time.perf_counter()
    for at, group in enumerate(groups):
        execution.interruptible(run_group(group, timeout, groups[at + 1 :], end))
    total = ['all', time.perf_counter() - start, f'pages: {os.path.relpath(build)}/*.html']
    rows = [rows[path] for path in paths]
    table = Table(['lesson', 'seconds', 'what it showed'], rows, total=total)
    print(f'\n{table}', flush=True)
    return int(any(row[2] == 'FAILED' for row in rows))


@dataclass
class Group:
    """Lessons that run `at_once`, with so many `threads` each; with those chosen for all, if None."""

    paths: list
    at_once: int = 1
    threads: int | None = None
    pace: time_left.Pace | None = None


def plan(paths, one_by_one=False) -> list:
    """Return the groups in which lessons run: several at once, then alone those that compare times."""
    threads = runtime.threads_asked() if runtime.THREADS_GIVEN else None
    together = [] if one_by_one else [path for path in paths if not compares_times(path)]
    at_once = min(runtime.usable_cpus() // (threads or 1), memory() // MEMORY, len(together))
    if at_once < 2:
        return [Group(paths)] * bool(paths)
    share = threads or runtime.usable_cpus() // at_once
    alone = [path for path in paths if path not in together]
    return [Group(together, at_once, share)] + [Group(alone)] * bool(alone)


def memory() -> int:
    """Return the bytes of memory of this machine."""
    return os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')


def compares_times(path) -> bool:
    """Tell whether a lesson compares times, which beside other work says nothing."""
    return TIMES in path.read_text(encoding='utf-8')


def measured(groups):
    """Give each group its pace; return the seconds of a training step, None if they are not known.

    Lessons that run alone then take the number of threads that is quicker now.
    """
    known = time_left.recorded()
    costs = [{path.stem: known.get(path.stem, 0) for path in group.paths} for group in groups]
    found = None
    if sum(map(sum, (cost.values() for cost in costs))) >= SHORT:
        say('how quick is this machine?', passing=True)
        try:
            found = speed.choose()
        except RuntimeError as error:
            say(f'the time left is not known: {error}\n')
    for group, cost in zip(groups, costs, strict=True):
        step = found and found.steps.get(group.threads, group.at_once * found.step)
        group.pace = time_left.Pace(cost, step, group.at_once)
    if not found:
        return None
    about = time_left.span(sum(group.pace.left() for group in groups))
    say(f'{found}; a training step (R) takes {found.step:.2f} s; the lessons: {about}\n')
    return found.step


async def run_group(group, timeout, later, end):
    """Run the lessons of a group, and show how far they are; `later` are the groups after it.

    `end(path, seconds, what went wrong, notebook)` is called after each.
    """
    begun, cells, slots = {}, {}, asyncio.Semaphore(group.at_once)

    async def run(path):
        async with slots:
            begun[path.stem] = time.perf_counter()
            group.pace.begin(path.stem)
            reached = functools.partial(reach, path.stem)
            ran = await execution.execute(path, timeout, group.threads, reached)
            took = time.perf_counter() - begun.pop(path.stem)
            group.pace.end(path.stem, took)
        end(path, took, *ran)

    def reach(name, cell, total):
        cells[name] = cell, total
        say(far(), passing=True)

    def far():
        since = {name: time.perf_counter() - start for name, start in begun.items()}
        running = [
            f'{name} {"cell {} of {}".format(*cells[name]) if name in cells else "starting"}'
            f'{group.pace.told(name, seconds)}'
            for name, seconds in since.items()
        ]
        left = group.pace.left(since) + sum(other.pace.left() for other in later)
        return ' · '.join([f'about {time_left.span(left)} left'] * bool(left) + running)

    async def show():
        while True:
            say(far(), passing=True)
            await asyncio.sleep(1)

    lessons = [asyncio.ensure_future(run(path)) for path in group.paths]
    showing = asyncio.ensure_future(show())
    try:
        done, _ = await asyncio.wait(lessons, return_when=asyncio.FIRST_EXCEPTION)
        for lesson in done:
            lesson.result()
    finally:
        for task in (showing, *lessons):
            task.cancel()
        await asyncio.wait(lessons)  # each ends its kernel


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
