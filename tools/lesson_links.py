"""What each lesson of the site leads to: its notebook to take away, its deck, Colab and Binder.

Colab and Binder need one setting, the address of the repository: `make site REPOSITORY=https://…`.
A notebook to take away then begins with a cell that installs the course where it is missing.
"""

import re
import shutil
from html import escape
from pathlib import Path
from urllib.parse import quote

from tools.course_map import NOTEBOOKS

import nbformat
from nbformat.v4 import new_code_cell

ROOT = Path(__file__).resolve().parent.parent
DECKS = ROOT / 'build' / 'slides'
WORDS = {
    'en': {'notebook': 'Notebook', 'slides': 'Slides', 'colab': 'Colab', 'binder': 'Binder'},
    'zh': {'notebook': '笔记本', 'slides': '幻灯片', 'colab': 'Colab', 'binder': 'Binder'},
}
GITHUB = re.compile(r'https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?')
# Colab opens notebooks of a branch: of this one, to which .github/workflows/site.yml pushes `write`'s
BRANCH = 'colab'
# what Colab has stays as it is; MXNet asks for an older NumPy than it needs, so it comes without
INSTALL = """#@title Install the course where it is missing: on Colab, for example
import importlib.util, os, sys
if importlib.util.find_spec('d2l_ext') is None:
    %pip install -q graphviz ipywidgets matplotlib nvidia-ml-py numpy onnx \\
        onnxruntime pandas pooch requests safetensors scikit-learn setuptools tqdm
    %pip install -q --no-deps mxnet==1.9.1
    import setuptools  # with it Python 3.12 has the distutils that MXNet asks for
    !git clone -q --depth 1 {repository} inception-in-gluon
    os.environ['PYTHONPATH'] = os.path.abspath('inception-in-gluon')
    sys.path.insert(0, os.environ['PYTHONPATH'])
"""
# Colab folds the code under its title, JupyterLab folds the cell
HIDDEN = {'cellView': 'form', 'jupyter': {'source_hidden': True}}


def on_github(address) -> str:
    """Return `owner/name` of the repository's address, or '' where there is no address."""
    if address and not (found := GITHUB.fullmatch(address)):
        raise ValueError(
            f'the repository must be https://github.com/OWNER/NAME, got {address!r}: '
            'Colab and Binder open no other address here'
        )
    return found[1] if address else ''


def links(name, language, repository='') -> dict:
    """Return {what: address} of a lesson, for a page at the top of the site of a language."""
    found = {'notebook': f'notebooks/{name}.ipynb'}
    if (DECKS / language / f'{name}.html').exists():
        found['slides'] = f'{"../" * (language == "zh")}slides/{language}/{name}.html'
    if there := on_github(repository):
        path = (NOTEBOOKS[language] / f'{name}.ipynb').relative_to(ROOT)
        colab = f'https://colab.research.google.com/github/{there}/blob/{BRANCH}'
        found['colab'] = f'{colab}/{quote(str(path))}'
        found['binder'] = f'https://mybinder.org/v2/gh/{there}/HEAD?labpath={quote(str(path), "")}'
    return found


def anchors(name, language, repository='') -> list:
    """Return the links of a lesson as HTML."""
    found = []
    for what, address in links(name, language, repository).items():
        kept = ' download' * (what == 'notebook')
        found.append(f'<a href="{escape(address)}"{kept}>{WORDS[language][what]}</a>')
    return found


def add_row(notebook, name, language, repository=''):
    """Put the links of a lesson under its title."""
    title, _, rest = notebook.cells[0].source.partition('\n')
    row = f'<p class="lesson-links">{" ".join(anchors(name, language, repository))}</p>'
    notebook.cells[0].source = f'{title}\n\n{row}\n{rest}'


def write(folder, language, repository=''):
    """Write the notebooks of a language to `folder`, as they are taken away."""
    folder.mkdir(parents=True)
    for path in NOTEBOOKS[language].glob('*.ipynb'):
        if not repository:
            shutil.copy(path, folder)
            continue
        notebook = nbformat.read(path, as_version=4)
        source = INSTALL.format(repository=repository).rstrip()
        notebook.cells.insert(0, new_code_cell(source, id='install', metadata=HIDDEN))
        nbformat.write(notebook, folder / path.name)
