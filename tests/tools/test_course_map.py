"""Does the map of the course show what its pages need, and can each path be read in its order?"""

import re
from graphlib import TopologicalSorter

from tools import build_site, course_map
from tools.course_map import NAMES, PAGES, WEEK, before, paths, prose

import pytest
from PIL import Image

NEEDS = course_map.needs()


def test_all_pages_are_on_the_map():
    assert len(NAMES) == 18
    assert set(NAMES) == set(course_map.COLUMNS) == set(course_map.titles('en'))


def test_both_languages_need_the_same_pages():
    assert course_map.needs('zh') == NEEDS


def test_no_page_needs_itself_in_a_circle():
    order = list(TopologicalSorter(NEEDS).static_order())  # raises CycleError
    assert order[0] == '00'
    assert [page for page in NEEDS if not NEEDS[page]] == ['00']


@pytest.mark.parametrize('reader', paths(NEEDS))
def test_a_path_has_every_page_after_what_it_needs(reader):
    order = [page for day in paths(NEEDS)[reader] for page in day]
    assert len(order) == len(set(order))
    for i, page in enumerate(order):
        assert NEEDS[page] <= set(order[:i]), f'{page} comes before what it needs'


def test_the_week_has_all_pages():
    assert sorted(page for day in WEEK for page in day) == sorted(NAMES)


def test_what_a_page_needs_is_followed_to_the_beginning():
    below = {'a': set(), 'b': {'a'}, 'c': {'a'}, 'd': {'b', 'c'}, 'e': {'a'}}
    assert before('d', below) == ['a', 'b', 'c', 'd']


def test_a_page_needs_only_earlier_pages():
    assert {page: other for page in NEEDS for other in NEEDS[page] if other >= page} == {}


def test_the_picture_is_that_of_these_pages():
    with Image.open(course_map.PICTURE) as picture:
        assert picture.info['Description'] == course_map.drawn_for(NEEDS), 'run `make map`'


@pytest.mark.parametrize('language', PAGES)
def test_readme_has_what_each_page_takes_from_the_record(language):
    written = course_map.README[language].read_text(encoding='utf-8')
    assert course_map.readme(language) == written, 'run `make map`'
    assert {name for _, name in course_map.TIMES.findall(written)} == set(NAMES.values())
    assert len(re.findall(course_map.COUNTED[language][0], written)) == 2


@pytest.mark.parametrize('language', PAGES)
def test_the_words_for_the_picture_name_every_arrow(language):
    told = re.search(r'!\[(.+?)\]', PAGES[language].read_text())[1]
    named = re.findall(r'(\d\d) (?:to|到) ([^;；。]+)', told)
    arrows = {
        (start, 'explorer' if end in ('explorer', '探索页') else end)
        for start, ends in named
        for end in re.findall(r'\d\d|explorer|探索页', ends)
    }
    assert arrows == {(other, page) for page in NEEDS for other in NEEDS[page]}


def rows(text) -> dict:
    """Return {page: what its row says besides minutes} of the table of pages, and its minutes."""
    found = re.findall(r'^\| \[.+?\]\(\S+/(\w+)\.ipynb\) \|(.*)\|$', text, re.M)
    cells = {name: [cell.strip() for cell in rest.split('|')] for name, rest in found}
    return {
        name: (needs, back, day, int(read)) for name, (needs, back, read, _, day) in cells.items()
    }


@pytest.mark.parametrize('language', PAGES)
def test_the_table_is_that_of_these_pages(language):
    kept, computed = rows(PAGES[language].read_text()), rows(course_map.text(language))
    assert set(computed) == set(NAMES.values())
    assert {name: row[:3] for name, row in kept.items()} == {
        name: row[:3] for name, row in computed.items()
    }, 'run `make map`'
    # the site computes the minutes anew; the kept ones may lag by a sentence or two
    assert [name for name in computed if abs(kept[name][3] - computed[name][3]) > 2] == []


def test_minutes_to_read_are_counted_from_the_words(monkeypatch):
    texts = {'en': ['one [two](link.md) `three`, — 4'] * 100, 'zh': ['一二三，四 Gluon 5'] * 100}
    monkeypatch.setattr(course_map, 'prose', lambda page, language: texts[language])
    assert course_map.reading('01', 'en') == 400 / 200
    assert course_map.reading('01', 'zh') == 600 / 400


def test_minutes_to_run_come_from_the_record(monkeypatch):
    seconds = {'00_start_here': 6.0, '05_training': 120.0}
    lessons = {name: {'seconds': took} for name, took in seconds.items()}
    rounds = [{'R': {'seconds': 9.0}}, {'R': {'seconds': 3.0}, 'lessons': {'pages': lessons}}]
    monkeypatch.setattr(course_map.report, 'load', lambda *_: {'rounds': rounds})
    assert course_map.running() == ({'00': 0.1, '05': 2.0}, 3.0)


def test_the_record_has_every_page():
    run, R = course_map.running()
    assert set(run) == set(NAMES)
    assert 0 < R < 10


@pytest.mark.parametrize('language', PAGES)
def test_the_first_page_leads_to_map_and_glossary(language):
    text = '\n'.join(prose('00', language))
    for page in (PAGES[language], build_site.GLOSSARY[language]):
        assert f'docs/{page.name})' in text


@pytest.mark.parametrize(
    ('source', 'on_the_site'),
    [
        ('[a](../docs/site/en/playground.md)', '[a](playground.md)'),
        ('[a](../../docs/site/zh/playground.md)', '[a](playground.md)'),
        ('[a](../exercises/README.md)', '[a](exercises.md)'),
        ('[a](docs/reports.md)', '[a](reports.md)'),
        ('[a](docs/training.md#many-machines)', '[a](training.md#many-machines)'),
        ('[a](../notebooks/05_training.ipynb#the-data)', '[a](05_training.ipynb#the-data)'),
        ('[a](../notebooks/zh/05_training.ipynb)', '[a](05_training.ipynb)'),
        ('[a](../../docs/glossary.zh.md#batch)', '[a](#term-batch)'),
        ('[a](../docs/glossary.md)', '[a](glossary.md)'),
        ('[a](course_map.zh.md)', '[a](course_map.md)'),
        ('[a](05_training.ipynb)', '[a](05_training.ipynb)'),
    ],
)
def test_links_lead_to_the_same_page_on_the_site(source, on_the_site):
    assert build_site.on_site(source, 'en') == on_the_site


@pytest.mark.parametrize(
    'source', ['../../exercises/README.md', '../exercises/README.zh.md', 'exercises.md']
)
def test_the_exercises_are_on_the_site_in_chinese_too(source):
    assert build_site.on_site(f'[练习]({source})', 'zh') == '[练习](exercises.md)'


def test_each_entry_of_the_glossary_is_a_label_on_the_site():
    text = '[b](#batch)\n\n## <a id="batch"></a>Batch · 小批量\n'
    assert build_site.labelled(text) == '[b](#term-batch)\n\n(term-batch)=\n## Batch · 小批量\n'
