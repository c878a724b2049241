"""A plugin of pytest: compare each notebook's outputs with the stored ones, as a reader sees them.

nbval runs the cells, and strictly compares what they printed and displayed. It knows neither of the
two messages by which a live figure changes, `clear_output` and `update_display_data`; here they do to
the outputs what a notebook does. Neither stderr nor SVG is compared. A lesson that needs a library
which is not installed is skipped, and the time limit of a cell follows the speed of the machine. The
cells of a lesson that compares times are marked `timed`: beside other tests it would compare nothing.
"""

from tools.run_notebooks import compares_times, missing

import pytest
from nbval import plugin

SKIP = ('stderr', 'image/svg+xml')  # nbval itself skips image/png and image/jpeg
CLEAR, UPDATE, ID = (f'application/x-nbval-{what}' for what in ('clear', 'update', 'id'))


def pytest_collectstart(collector):
    if type(collector).__name__ == 'IPyNbFile':
        collector.skip_compare += SKIP


@pytest.hookimpl(tryfirst=True)  # before -m chooses by the marks
def pytest_collection_modifyitems(config, items):
    cells = [item for item in items if item.path.suffix == '.ipynb']
    for item in cells:
        if told := missing(item.path.stem):
            item.add_marker(pytest.mark.skip(reason=told))
        if compares_times(item.path):
            item.add_marker(pytest.mark.timed)
    if cells and not config.option.collectonly:
        from d2l_ext.diagnostics import speed

        # the kernels take the quicker number of threads; on a slow machine a cell may take longer
        limit = speed.cell_seconds(speed.choose().step)
        config.option.nbval_cell_timeout = max(config.option.nbval_cell_timeout, limit)


def pytest_configure():
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
