"""Execute a notebook in a kernel of this Python, and say what went wrong."""

import asyncio
import atexit
import os
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor

from d2l_ext.runtime import mxnet_log

import nbformat
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

WIDGET = 'application/vnd.jupyter.widget-view+json'
# Seconds after which a cancellation is repeated. Before Python 3.12 asyncio's `wait_for`, which nbclient
# calls, loses one that comes in the moment in which a cell ends
AGAIN = 2


def run(path, timeout):
    """Execute a notebook; return (what went wrong, or '', and the notebook with its outputs).

    A cell counts as hung after `timeout` seconds, never if None.
    """
    return interruptible(execute(path, timeout))


async def execute(path, timeout, threads=None, began=lambda cell, total: None):
    """As `run`, beside other coroutines; by default the kernel takes as many threads as this process.

    `began(its number, from 1, of how many)` is called before each code cell.
    """
    notebook = nbformat.read(path, as_version=4)
    total = sum(cell.cell_type == 'code' for cell in notebook.cells)
    started = []

    def next_cell(cell, cell_index):
        started.append(cell)
        began(len(started), total)

    client = NotebookClient(
        notebook, timeout=timeout, record_timing=False, store_widget_state=False,
        resources={'metadata': {'path': str(path.parent)}}, on_cell_execute=next_cell,
    )  # fmt: skip
    client.create_kernel_manager().kernel_spec_manager = ThisPython()
    given = {} if threads is None else {'OMP_NUM_THREADS': str(threads)}
    with tempfile.TemporaryFile() as words:  # what the kernel writes past the notebook, or twice
        running = asyncio.ensure_future(
            client.async_execute(stdout=words, stderr=words, env={**os.environ, **given})
        )
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError:
            client.shutdown_kernel = 'immediate'  # by default it ends its cell first
            while not running.done():
                running.cancel()
                await asyncio.wait([running], timeout=AGAIN)
            await asyncio.gather(running, return_exceptions=True)
            # left behind where the kernel was still starting, and fails at the end of this process
            atexit.unregister(client._cleanup_kernel)
            raise
        problem = ''
        try:
            running.result()
        except CellExecutionError as error:
            problem = describe(error, started, total)
        except (CellTimeoutError, RuntimeError) as error:  # RuntimeError: died
            problem = describe(error, started, total, last_words(words))
    for cell in notebook.cells:
        for output in cell.get('outputs', ()):
            # a widget ends with its kernel; the picture beside it stays
            output.get('data', {}).pop(WIDGET, None)
    return problem, notebook


def interruptible(work):
    """Return what a coroutine returns; at Ctrl-C it is cancelled, and KeyboardInterrupt is raised.

    It runs in another thread: in the main one nbclient takes Ctrl-C for itself.
    """
    tasks = []

    async def noted():
        tasks[:] = [asyncio.get_running_loop(), asyncio.current_task()]
        return await work

    with ThreadPoolExecutor(1) as thread:
        ended = thread.submit(asyncio.run, noted())
        try:
            return ended.result()
        except KeyboardInterrupt:
            if tasks and not ended.done():
                loop, task = tasks
                loop.call_soon_threadsafe(task.cancel)
            raise


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
