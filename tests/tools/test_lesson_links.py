"""Does each lesson of the site lead to its notebook, its deck, and, where a repository is set, to Colab?"""

import re
from pathlib import Path

from tools import lesson_links

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = 'https://github.com/owner/name'


@pytest.mark.parametrize('address', [ADDRESS, f'{ADDRESS}.git', f'{ADDRESS}/'])
def test_an_address_on_github_is_known(address):
    assert lesson_links.on_github(address) == 'owner/name'


@pytest.mark.parametrize('address', ['owner/name', 'https://example.org/a/b', f'{ADDRESS}/tree/x'])
def test_another_address_is_refused(address):
    with pytest.raises(ValueError, match='https://github.com/OWNER/NAME'):
        lesson_links.on_github(address)


def test_without_a_repository_there_is_no_button(monkeypatch, tmp_path):
    monkeypatch.setattr(lesson_links, 'DECKS', tmp_path)
    assert lesson_links.links('05_training', 'en') == {'notebook': 'notebooks/05_training.ipynb'}


def test_a_deck_is_linked_where_it_was_built(monkeypatch, tmp_path):
    monkeypatch.setattr(lesson_links, 'DECKS', tmp_path)
    for language in ('en', 'zh'):
        (tmp_path / language).mkdir()
        (tmp_path / language / '05_training.html').touch()
    assert lesson_links.links('05_training', 'en')['slides'] == 'slides/en/05_training.html'
    assert lesson_links.links('05_training', 'zh')['slides'] == '../slides/zh/05_training.html'
    assert 'slides' not in lesson_links.links('explorer', 'en')


def test_colab_opens_the_branch_and_binder_the_repository():
    found = lesson_links.links('05_training', 'zh', ADDRESS)
    assert found['colab'].endswith('/owner/name/blob/colab/notebooks/zh/05_training.ipynb')
    assert found['binder'] == (
        'https://mybinder.org/v2/gh/owner/name/HEAD?labpath=notebooks%2Fzh%2F05_training.ipynb'
    )


def test_a_notebook_to_take_away_begins_with_the_cell_that_installs(tmp_path):
    lesson_links.write(tmp_path / 'bare', 'en')
    lesson_links.write(tmp_path / 'set', 'en', ADDRESS)
    lesson = 'notebooks/01_inception_block.ipynb'
    there = (ROOT / lesson).read_text()
    assert (tmp_path / 'bare' / Path(lesson).name).read_text() == there
    install, *others = nbformat.read(tmp_path / 'set' / Path(lesson).name, 4).cells
    assert others == nbformat.reads(there, 4).cells
    assert f'git clone -q --depth 1 {ADDRESS} ' in install.source
    assert install.metadata == lesson_links.HIDDEN  # folded in Colab and in JupyterLab


@pytest.mark.parametrize('page', ['docs/hosting.md', 'docs/hosting.zh.md'])
def test_the_pages_show_the_same_cell(page):
    shown = re.search(r'```\n(#@title.*?)```', (ROOT / page).read_text(), re.S)[1]
    assert shown == lesson_links.INSTALL.format(repository='ADDRESS')
