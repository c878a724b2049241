"""Run the lessons from top to bottom, as a reader does, and keep what they gave as pages."""

import asyncio
import html
import os
import re
import signal
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import latex2mathml.converter
import nbformat
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jinja2 import DictLoader, pass_context
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbconvert import HTMLExporter

from . import runtime
from .tables import Table

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS, BUILD = ROOT / 'notebooks', ROOT / 'build'
# what a lesson needs beyond requirements.txt: the module, and what installs it
EXTRAS = {'12_pytorch_twin': ('torch', 'make torch')}
CELL_SECONDS = {'quick': 600, 'lecture': None}  # when a cell counts as hung
METADATA = {
    'kernelspec': {'display_name': 'Python 3', 'language': 'python', 'name': 'python3'},
    'language_info': {'name': 'python'},
}
# what MXNet writes wherever a mean pooling trains; it is no error, and cannot be switched off
REMARK = re.compile(r'^\[[\d:]+\] .*mkldnn_pooling\.cc.* prop_kind .*\n?', re.M)
WIDGET = 'application/vnd.jupyter.widget-view+json'
# nbconvert's own page leaves out the alt text that a figure carries in its metadata
ALT = """{% block data_png scoped %}{% set alt = output | get_metadata('alt', 'image/png') %}
{{- super() | replace('<img ', '<img alt="' ~ alt | escape ~ '" ' if alt else '<img ') }}
{% endblock %}"""
PAGE = (
    """{% extends 'lab/index.html.j2' %}
{%- block html_head_js_mathjax -%}{%- endblock -%}
"""
    + ALT
)
FORMULA = re.compile(r'(\$\$?)([^$<]+)\1')


def main(names=(), in_place=False, notebooks=NOTEBOOKS, build=BUILD) -> int:
    """Run the lessons called `names` ('03', '05_training'; all by default); 1 if one fails.

    Executed notebooks and their pages go to `build`, with `in_place` the notebooks that ran to
    their end to `notebooks` too. The profile is quick unless D2L_EXT_PROFILE says otherwise.
    """
    os.environ.setdefault('D2L_EXT_PROFILE', 'quick')
    try:
        paths, timeout = find(names, notebooks), CELL_SECONDS[runtime.profile()]
    except (LookupError, ValueError) as error:
        print(error.args[0], file=sys.stderr)
        return 2
    build.mkdir(exist_ok=True)
    width = max(len(path.stem) for path in paths)
    rows = []
    try:
        for path in paths:
            if told := missing(path.stem):
                say(f'{path.stem:{width}}  skipped: {told}\n')
                rows.append([path.stem, 0.0, f'skipped: {told}'])
                continue
            start = time.perf_counter()
            problem, notebook = run(path, path.stem.ljust(width), timeout)
            seconds = time.perf_counter() - start
            write(notebook, build / path.name)
            if in_place and not problem:
                nbformat.write(stored(notebook), path)
            say(f'{path.stem:{width}}  {seconds:5.1f} s  {problem or "ok"}\n')
            rows.append([path.stem, seconds, 'FAILED' if problem else showed(notebook)])
    except KeyboardInterrupt:
        print('\ninterrupted', file=sys.stderr)
        return 130
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


def run(path, title, timeout):
    """Execute a notebook; return (what went wrong, or '', and the notebook with its outputs)."""
    notebook = nbformat.read(path, as_version=4)
    total = sum(cell.cell_type == 'code' for cell in notebook.cells)
    started, interrupted = [], []

    def stop():
        interrupted.append(True)
        asyncio.ensure_future(client.km.shutdown_kernel(now=True))

    def ready(notebook):
        # nbclient's own answer to Ctrl-C ends in a traceback of nbclient
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop)

    def began(cell, cell_index):
        started.append(cell)
        say(f'{title}  cell {len(started)} of {total}', passing=True)

    client = NotebookClient(
        notebook, timeout=timeout, record_timing=False, store_widget_state=False,
        resources={'metadata': {'path': str(path.parent)}},
        on_notebook_start=ready, on_cell_execute=began,
    )  # fmt: skip
    client.create_kernel_manager().kernel_spec_manager = ThisPython()
    say(f'{title}  starting', passing=True)
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, RuntimeError) as error:  # RuntimeError: died
        if interrupted:
            raise KeyboardInterrupt from None
        return describe(error, started, total), notebook
    finally:
        for cell in notebook.cells:
            for output in cell.get('outputs', ()):
                # a widget ends with its kernel; the picture beside it stays
                output.get('data', {}).pop(WIDGET, None)
                if output.get('name') == 'stderr':
                    output.text = REMARK.sub('', output.text)
            if 'outputs' in cell:
                cell.outputs = [o for o in cell.outputs if o.get('text') != '']
    return '', notebook


class ThisPython(KernelSpecManager):
    """Offers one kernel: the interpreter that runs this, whatever kernels the user has."""

    def get_kernel_spec(self, kernel_name):
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict(['--log-level=ERROR']))


def describe(error, started, total) -> str:
    """Say which cell failed and how: its number, its first line, the error's last lines."""
    where = 'before its first cell'
    if started:
        where = f'in cell {len(started)} of {total}: {started[-1].source.splitlines()[0]}'
    text = getattr(error, 'traceback', str(error))
    lines = re.sub(r'\x1b\[[\d;]*m', '', text).strip().splitlines()[-8:]
    return '\n    '.join([f'FAILED {where}', *lines])


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


class Page(HTMLExporter):
    """nbconvert's page, but for formulas: as MathML, which browsers show without a script."""

    @pass_context
    def markdown2html(self, context, source):
        return FORMULA.sub(_mathml, super().markdown2html(context, source))


def _mathml(found):
    display = 'block' if found[1] == '$$' else 'inline'
    return latex2mathml.converter.convert(html.unescape(found[2]), display=display)


def write(notebook, path):
    """Write the notebook to `path`, and beside it an HTML page that loads nothing."""
    nbformat.write(notebook, path)
    exporter = Page(
        extra_loaders=[DictLoader({'page.html.j2': PAGE})], template_file='page.html.j2',
        embed_images=True, require_js_url='',
    )  # fmt: skip
    resources = {'metadata': {'name': path.stem, 'path': str(NOTEBOOKS)}}
    page, _ = exporter.from_notebook_node(notebook, resources)
    path.with_suffix('.html').write_text(re.sub(r'(href="\w+)\.ipynb', r'\1.html', page))


def say(text, passing=False):
    """Print one line; on a terminal a `passing` one is replaced by the next, elsewhere left out."""
    terminal = sys.stdout.isatty()
    if terminal or not passing:
        print('\r\033[K' * terminal + text, end='', flush=True)
