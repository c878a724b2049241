"""How pytest runs here: the tests on all CPUs (`-n auto`), the notebooks against their stored outputs.

Strict nbval compares what a cell printed and displayed with what is stored. It knows neither of the
two messages by which a live figure changes; here they do to the outputs what a notebook does. The
profile is the quick one, and neither stderr nor SVG is compared.
"""

import os

import pytest

os.environ['D2L_EXT_PROFILE'] = 'quick'  # the one whose outputs are stored; kernels inherit it
if 'PYTEST_XDIST_WORKER' in os.environ:  # one of as many processes as there are CPUs
    os.environ['OMP_NUM_THREADS'] = '1'

# a file stays with one process: those that take longest must not come last
LONG = ('exercises', 'oracle', 'cluster', 'family')

# the Chinese pages hold the same code and outputs, byte for byte: tests/test_notebooks.py
collect_ignore_glob = ['notebooks/zh/*']
SKIP = ('stderr', 'image/svg+xml')  # nbval itself skips image/png and image/jpeg
CLEAR, UPDATE, ID = (f'application/x-nbval-{what}' for what in ('clear', 'update', 'id'))


def pytest_collectstart(collector):
    if type(collector).__name__ == 'IPyNbFile':
        collector.skip_compare += SKIP


def pytest_collection_modifyitems(config, items):
    from d2l_ext import speed
    from d2l_ext.lessons import missing

    cells = [item for item in items if item.path.suffix == '.ipynb']
    for item in cells:
        if told := missing(item.path.stem):
            item.add_marker(pytest.mark.skip(reason=told))
    if cells and not config.option.collectonly:
        # the kernels take the quicker number of threads; on a slow machine a cell may take longer
        limit = speed.cell_seconds(speed.choose().step)
        config.option.nbval_cell_timeout = max(config.option.nbval_cell_timeout, limit)
    if 'PYTEST_XDIST_WORKER' in os.environ:
        items.sort(key=lambda item: place(item.path.stem.removeprefix('test_')))


def place(name):
    """Return when the tests of a file are handed out: those of LONG first, in its order."""
    return LONG.index(name) if name in LONG else len(LONG)


@pytest.hookimpl(optionalhook=True)  # pytest-xdist's
def pytest_xdist_auto_num_workers():
    from d2l_ext.runtime import usable_cpus

    return usable_cpus()


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """With -n, keep a file whole: a notebook's cells share a kernel, tests what a fixture made."""
    if getattr(config.option, 'numprocesses', None) and config.option.dist == 'no':
        config.option.dist = 'loadfile'
        config.option.loadscopereorder = False


def pytest_configure(config):
    try:
        from nbval import plugin
    except ImportError:
        return
    get_message, coalesce = plugin.IPyNbFile.get_kernel_message, plugin.coalesce_streams

    def get_kernel_message(self, *args, **kwargs):
        return carried(get_message(self, *args, **kwargs))

    plugin.IPyNbFile.get_kernel_message = get_kernel_message
    plugin.coalesce_streams = lambda outputs: coalesce(replayed(outputs))


def carried(message):
    """Turn a message that nbval drops into an output that `replayed` understands."""
    kind, content = message['msg_type'], message['content']
    if kind == 'clear_output':
        content = {'data': {CLEAR: bool(content.get('wait'))}, 'metadata': {}}
    elif kind in ('display_data', 'update_display_data'):
        name = (content.get('transient') or {}).get('display_id')
        if name:
            mark = {UPDATE: True} if kind == 'update_display_data' else {}
            content = {**content, 'data': {**content['data'], ID: name, **mark}}
    if content is message['content']:
        return message
    return {**message, 'msg_type': 'display_data', 'content': content}


def replayed(outputs):
    """Return the outputs that a notebook shows at the end: cleared and updated as it was told."""
    kept, shown, clear_next = [], {}, False
    for output in outputs:
        data = output.get('data', {})
        if CLEAR in data:
            kept, shown, clear_next = (kept, shown, True) if data[CLEAR] else ([], {}, False)
            continue
        name, update = data.pop(ID, None), data.pop(UPDATE, False)
        if update:  # an update of a display that is gone, or of another cell, shows nothing here
            if name in shown:
                shown[name]['data'] = data
            continue
        if clear_next:
            kept, shown, clear_next = [], {}, False
        if name:
            shown[name] = output
        kept.append(output)
    return kept
