"""nbval tuning: the quick profile, no stderr or SVG compared, `clear_output` and display updates.

Strict nbval compares what a cell printed and displayed with what is stored. It knows neither of the
two messages by which a live figure changes; here they do to the outputs what a notebook does.
"""

import os

import pytest

os.environ['D2L_EXT_PROFILE'] = 'quick'  # the one whose outputs are stored; kernels inherit it

# the Chinese pages hold the same code and outputs, byte for byte: tests/test_notebooks.py
collect_ignore_glob = ['notebooks/zh/*']
SKIP = ('stderr', 'image/svg+xml')  # nbval itself skips image/png and image/jpeg
CLEAR, UPDATE, ID = (f'application/x-nbval-{what}' for what in ('clear', 'update', 'id'))


def pytest_collectstart(collector):
    if type(collector).__name__ == 'IPyNbFile':
        collector.skip_compare += SKIP


def pytest_collection_modifyitems(items):
    from d2l_ext.lessons import missing

    for item in items:
        if item.path.suffix == '.ipynb' and (told := missing(item.path.stem)):
            item.add_marker(pytest.mark.skip(reason=told))


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
