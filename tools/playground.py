"""The playground of the site: docs/playground, and what it has in common with the Python explorer."""

import json
import re
import shutil
from html import escape
from pathlib import Path

from d2l_ext.figures import BRANCH_COLOURS, explorer

from mxnet.util import use_np
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

SOURCE = Path(__file__).resolve().parent.parent / 'docs' / 'playground'
ELEMENT = """<{tag} {attributes}>
<noscript><p>{no_script}</p></noscript><p class="no-server" hidden>{no_server}</p>
</{tag}>
<link rel="stylesheet" href="_static/playground/{style}.css">
<script type="module" src="_static/playground/{script}.js"
onerror="document.querySelector('{tag} > p').hidden = false"></script>
"""
FILES = 'class="network" files="{network}"'
# name: the element, its attributes, its sheet and its script
ELEMENTS = {
    'explorer': ('block-explorer', 'preset="3a"', 'explorer', 'explorer'),
    'recognizer': ('garment-recognizer', FILES, 'network', 'recognize'),
    'inside': ('branch-maps', FILES, 'network', 'inside'),
    'looks': ('where-it-looks', FILES, 'network', 'looks'),
    'switches': ('branch-switches', FILES, 'network', 'switches'),
}
# what follows a lesson's cell, known by its number, and the paragraph about its output; a sentence above it
BESIDE = {
    '13-34': 'recognizer',
    '14-10': 'inside',
    '14-17': 'switches',
    '14-33': 'looks',
    '16-40': 'recognizer',
}
# where the deck of a lesson with one of ELEMENTS leads on its last slide: a section of the playground
DECKS = {
    '01_inception_block': '',
    '13_inspect_the_data': '#recognize',
    '14_seeing_inside': '#see-inside',
    '16_ship_it': '#recognize',
}
PAGE = {
    'en': ('../../playground.html', 'Playground'),
    'zh': ('../../zh/playground.html', '动手试'),
}
SENTENCES = {
    'en': {
        'switches': 'On this page the branches have switches. They change the accuracy on 100 images.',
        'recognizer': 'On this page you can draw a garment, or choose a picture of your own.',
        'inside': 'On this page you can look at all channels of all branches.',
        'looks': 'On this page you can make both maps for other images and other classes.',
    },
    'zh': {
        'switches': '在这个网页上，每个分支都有开关；拨动开关，100 张图像上的精度会随之改变。',
        'recognizer': '在这个网页上，你可以自己画一件衣物，或者选一张自己的图片。',
        'inside': '在这个网页上，你可以查看所有分支的所有通道。',
        'looks': '在这个网页上，你可以为别的图像、别的类别画出这两种图。',
    },
}
NETWORK = {
    'en': 'network/',
    'zh': '../network/',
}  # from a page at the top of the site of a language
WHAT = {
    'en': {'explorer': 'The sliders need', 'recognizer': 'The network needs',
           'inside': 'The feature maps need', 'looks': 'Class map and occlusion need',
           'switches': 'The switches need'},
    'zh': {'explorer': '滑动条', 'recognizer': '网络', 'inside': '特征图',
           'looks': '类激活图和遮挡', 'switches': '开关'},
}  # fmt: skip
MISSING = {
    'en': {
        'no_script': '{what} JavaScript, which is off in this browser.',
        'no_server': '{what} a web server, such as the one that `make serve` starts: '
        'a browser runs no modules from a file.',
    },
    'zh': {
        'no_script': '{what}需要 JavaScript，而这个浏览器没有启用它。',
        'no_server': '{what}需要网页服务器（`make serve` 会启动一个）：'
        '直接从磁盘打开网页时，浏览器不加载 JavaScript 模块。',
    },
}


def write(folder):
    """Copy the scripts to `folder`, and write beside them blocks.json: presets, sliders, colours."""
    shutil.copytree(SOURCE, folder)
    (folder / 'blocks.json').write_text(json.dumps(shared()), encoding='utf-8')


@use_np
def shared() -> dict:
    """Return what the page takes from the Python explorer instead of typing it again."""
    presets = {name: explorer.positions(**at) for name, at in explorer.presets().items()}
    sliders = {
        name: {'label': label, 'branch': branch, 'most': most}
        for name, (label, branch, most) in explorer.SLIDERS.items()
    }
    return {'presets': presets, 'sliders': sliders, 'colours': BRANCH_COLOURS}


def element(name, language) -> str:
    """Return one of ELEMENTS as HTML, for a page at the top of the site of a language."""
    tag, attributes, style, script = ELEMENTS[name]
    what = WHAT[language][name]
    told = {key: escape(text.format(what=what)) for key, text in MISSING[language].items()}
    attributes = attributes.format(network=NETWORK[language])
    html = ELEMENT.format(tag=tag, attributes=attributes, style=style, script=script, **told)
    return re.sub('`(.*?)`', r'<code>\1</code>', html)


def embed(notebook, language):
    """Put the explorer where a kernel shows its widget, and the others of ELEMENTS where BESIDE says.

    The others stand after the paragraph that speaks of the cell's output, and answers its Predict.
    """
    cells = []
    waiting = ''
    for cell in notebook.cells:
        if waiting and cell.cell_type == 'markdown':
            said, _, rest = cell.source.partition('\n\n')
            cells += [new_markdown_cell(said), shown(waiting)]
            cell.source, waiting = rest, ''
        if cell.source:
            cells.append(cell)
        if cell.source.startswith('explorer.Explorer('):
            cell.outputs += shown(element('explorer', language)).outputs
        elif name := BESIDE.get(cell.get('id')):
            waiting = f'<p>{SENTENCES[language][name]}</p>{element(name, language)}'
    notebook.cells = cells
    return notebook


def shown(html):
    """Return a cell that shows some HTML, and no code: MyST-NB leaves out a cell without any."""
    output = new_output('display_data', {'text/html': html})
    return new_code_cell('# hidden', outputs=[output], metadata={'tags': ['remove-input']})


def link_decks(folder):
    """Add to the decks of DECKS, which are a part of the site in `folder`, a link to the playground."""
    for language, (page, title) in PAGE.items():
        for name, section in DECKS.items():
            deck = folder / language / f'{name}.html'
            if not deck.is_file():  # `make slides` was asked for other lessons
                continue
            text = deck.read_text(encoding='utf-8')
            link = f'<a href="{page}{section}">{title}</a>'
            linked, places = re.subn(
                r'(<p class="ways">.*?)(</p>)', rf'\1{link}\2', text, flags=re.S
            )
            if places != 1:
                raise ValueError(f'{deck} has {places} paragraphs of links, not 1: none was added')
            deck.write_text(linked, encoding='utf-8')
