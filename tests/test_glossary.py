"""Does the glossary say the same in both languages, and does each entry lead to where it is used?"""

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / 'docs'
GLOSSARY = {'en': DOCS / 'glossary.md', 'zh': DOCS / 'glossary.zh.md'}
ENTRY = re.compile(r'^## <a id="([\w-]+)"></a>(.+?)(?: · (.+))?\n\n(.+)$', re.M)
PLACE = re.compile(r'\[(\w+) · ([^\]]+)\]\((\.\./notebooks/\S+?\.ipynb)#(\S+)\)$')

both = pytest.mark.parametrize('language', GLOSSARY)


def entries(language) -> dict:
    """Return {anchor: (name, name in the other language, text)}, in the order of the page."""
    found = ENTRY.findall(GLOSSARY[language].read_text())
    return {key: (name, other or name, text) for key, name, other, text in found}


def cells(path) -> list:
    return json.loads(path.read_text())['cells']


def headings(path) -> list:
    texts = [''.join(cell['source']) for cell in cells(path) if cell['cell_type'] == 'markdown']
    return [found for text in texts for found in re.findall('^#{2,3} (.+)$', text, re.M)]


def anchor(heading) -> str:
    """Return the anchor that GitHub and the site give to a heading."""
    return re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-')


def place(text, language):
    """Return (page number, heading, path, anchor) of the link that ends an entry."""
    number, heading, path, fragment = PLACE.search(text).groups()
    return number, heading, DOCS / path, fragment


@both
def test_every_heading_is_an_entry(language):
    headings = re.findall('^##', GLOSSARY[language].read_text(), re.M)
    assert len(entries(language)) == len(headings) >= 40


def test_each_entry_has_its_twin_under_both_names():
    english = {key: (name, other) for key, (name, other, _) in entries('en').items()}
    chinese = {key: (other, name) for key, (name, other, _) in entries('zh').items()}
    assert english == chinese


def test_twins_have_the_same_formulas_code_and_place():
    chinese = entries('zh')
    for key, (*_, text) in entries('en').items():
        twin = chinese[key][-1]
        for pattern in (r'\$[^$]+\$', r'`[^`]+`'):
            formulas = set(re.findall(pattern, PLACE.sub('', text))) - {r'$1 - \text{accuracy}$'}
            missing = formulas - set(re.findall(pattern, twin))
            assert not missing, (key, missing)
        (_, heading, path, _), (_, other, twin_path, _) = place(text, 'en'), place(twin, 'zh')
        assert (path.name, headings(path).index(heading)) == (
            twin_path.name,
            headings(twin_path).index(other),
        ), key


@both
def test_each_entry_leads_to_a_heading_of_a_page_in_its_language(language):
    for key, (*_, text) in entries(language).items():
        number, heading, path, fragment = place(text, language)
        assert (path.parent.name == 'zh') == (language == 'zh'), key
        assert path.name.startswith(f'{number}_'), key
        assert heading in headings(path), f'{key}: {path.name} has no heading {heading!r}'
        assert fragment == anchor(heading), key


@both
def test_the_page_it_leads_to_uses_the_term(language):
    for key, (name, _, text) in entries(language).items():
        path = place(text, language)[2]
        page = '\n'.join(''.join(cell['source']) for cell in cells(path)).lower()
        page = page.replace('_', ' ').replace('’', "'")
        term = re.split(r' \(|（', name)[0].lower()
        assert term in page, f'{key}: {path.name} does not use {term!r}'


@both
def test_links_inside_the_page_lead_to_entries(language):
    found = re.findall(r'\]\(#([\w-]+)\)', GLOSSARY[language].read_text())
    assert set(found) <= set(entries(language))


def test_english_is_in_alphabetical_order():
    names = [re.sub('[-–]', '', name.lower()) for name, *_ in entries('en').values()]
    assert names == sorted(names)


def test_chinese_is_in_the_order_of_pinyin():
    # GB 2312 has the common characters in the order of their pinyin, 校 as xiao; 校准 is read jiaozhun
    names = [re.split('（', name)[0].lower() for name, *_ in entries('zh').values()]
    names = [name.replace('校准', '角准') for name in names]
    assert names == sorted(names, key=lambda name: (not name[0].isascii(), name.encode('gb2312')))
