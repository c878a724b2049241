"""The block explorer of the site: docs/playground, and what it has in common with the Python explorer."""

import json
import re
import shutil
from html import escape
from pathlib import Path

from d2l_ext.figures import BRANCH_COLOURS, explorer

from mxnet.util import use_np
from nbformat.v4 import new_output

SOURCE = Path(__file__).resolve().parent.parent / 'docs' / 'playground'
ELEMENT = """<block-explorer preset="3a">
<noscript><p>{no_script}</p></noscript><p hidden>{no_server}</p>
</block-explorer>
<link rel="stylesheet" href="_static/playground/explorer.css">
<script type="module" src="_static/playground/explorer.js"
onerror="document.querySelector('block-explorer > p').hidden = false"></script>
"""
MISSING = {
    'en': {
        'no_script': 'The sliders need JavaScript, which is off in this browser.',
        'no_server': 'The sliders need a web server, as `make serve` starts one: '
        'a browser runs no modules from a file.',
    },
    'zh': {
        'no_script': '滑动条需要 JavaScript，而这个浏览器没有启用它。',
        'no_server': '滑动条需要网页服务器（`make serve` 会启动一个），因为浏览器不运行文件里的模块。',
    },
}


def write(folder):
    """Copy the scripts to `folder`, and write beside them blocks.json: presets, sliders, colours."""
    shutil.copytree(SOURCE, folder)
    (folder / 'blocks.json').write_text(json.dumps(shared()))


@use_np
def shared() -> dict:
    """Return what the page takes from the Python explorer instead of typing it again."""
    presets = {name: explorer.positions(**at) for name, at in explorer.presets().items()}
    sliders = {
        name: {'label': label, 'branch': branch, 'most': most}
        for name, (label, branch, most) in explorer.SLIDERS.items()
    }
    return {'presets': presets, 'sliders': sliders, 'colours': BRANCH_COLOURS}


def element(language) -> str:
    """Return the explorer as HTML, for a page at the top of the site of a language."""
    told = {name: escape(text) for name, text in MISSING[language].items()}
    return re.sub('`(.*?)`', r'<code>\1</code>', ELEMENT.format(**told))


def embed(notebook, language):
    """Put the explorer where a kernel shows its widget."""
    for cell in notebook.cells:
        if cell.source.startswith('explorer.Explorer('):
            cell.outputs.append(new_output('display_data', {'text/html': element(language)}))
    return notebook
