"""Do the decks on the site lead to the parts of the playground that their lessons embed?"""

from pathlib import Path

from tools import playground
from tools.slides import page

import nbformat
import pytest
from bs4 import BeautifulSoup

SITE = Path(__file__).parents[2] / 'docs' / 'site'


@pytest.fixture
def decks(tmp_path):
    """The last slides of the decks, as the site has them, in a folder."""
    for language in playground.PAGE:
        (tmp_path / language).mkdir()
        for name in playground.DECKS:
            last = page.points('Recap', '- a', '<a href="../index.html">All decks</a>')
            (tmp_path / language / f'{name}.html').write_text(last, encoding='utf-8')
    return tmp_path


@pytest.mark.parametrize('language', playground.PAGE)
def test_the_last_slide_leads_to_its_part_of_the_playground(decks, language):
    playground.link_decks(decks)

    source = (SITE / language / 'playground.md').read_text(encoding='utf-8')
    for name in playground.DECKS:
        made = BeautifulSoup((decks / language / f'{name}.html').read_text('utf-8'), 'html.parser')
        first, link = made.select('.ways a')
        assert first['href'] == '../index.html'
        address, _, section = link['href'].partition('#')
        assert address.endswith('zh/playground.html' if language == 'zh' else '../playground.html')
        assert not section or f'({section})=' in source
        assert link.text == source.splitlines()[0].removeprefix('# ')


def test_the_decks_are_those_of_the_lessons_that_embed_a_part():
    beside = {cell[:2] for cell in playground.BESIDE}
    assert {name[:2] for name in playground.DECKS} == beside | {'01'}


def test_only_the_decks_that_were_made_are_changed(decks):
    (decks / 'en' / '16_ship_it.html').unlink()
    playground.link_decks(decks)
    assert not (decks / 'en' / '16_ship_it.html').exists()


def test_a_deck_without_its_place_is_named(decks):
    (decks / 'en' / '14_seeing_inside.html').write_text('<p>nothing</p>', encoding='utf-8')
    with pytest.raises(ValueError, match='14_seeing_inside.html has 0 paragraphs of links'):
        playground.link_decks(decks)


@pytest.mark.parametrize('language', playground.PAGE)
def test_what_one_tries_stands_below_the_paragraph_that_answers(language):
    folder = '' if language == 'en' else 'zh'
    page = Path(__file__).parents[2] / 'notebooks' / folder / '16_ship_it.ipynb'
    before = nbformat.read(page, as_version=4).cells
    answer = next(before[i + 1] for i, cell in enumerate(before) if cell.id == '16-40').source
    cells = playground.embed(nbformat.read(page, as_version=4), language).cells
    at = [cell.get('id') for cell in cells].index('16-40')
    said, tried, rest = cells[at + 1 : at + 4]

    assert '\n\n'.join([said.source, rest.source]) == answer and '\n\n' not in said.source
    assert tried.source and '<garment-recognizer' in tried.outputs[0].data['text/html']
