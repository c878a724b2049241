"""Do the teaching pages say the same in both languages, and name variables that there are?"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = ('docs/hosting', 'docs/training', 'exercises/README', 'docs/site/{}/lesson_plan')


def both(page):
    if '{}' in page:
        return [(ROOT / f'{page.format(language)}.md').read_text() for language in ('en', 'zh')]
    return [(ROOT / f'{page}{ending}').read_text() for ending in ('.md', '.zh.md')]


@pytest.mark.parametrize('page', PAGES)
def test_they_have_the_same_headings_lists_and_rows(page):
    shapes = [
        re.findall(r'^(?:#+ |[-*] |\d\. |\|)', re.sub(r'```.*?```', '', text, flags=re.S), re.M)
        for text in both(page)
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize('page', PAGES)
def test_they_show_the_same_code_but_for_its_comments(page):
    code = [
        [re.sub(r'(?<!#)# .*', '', block) for block in re.findall(r'```.*?```', text, re.S)]
        for text in both(page)
    ]
    assert code[0] == code[1]


@pytest.mark.parametrize('page', PAGES)
def test_they_name_the_same_things(page):
    names = [
        set(re.findall(r'`[^`\n]+`', re.sub(r'```.*?```', '', text, flags=re.S).replace('\n', ' ')))
        for text in both(page)
    ]
    assert names[0] == names[1]


def test_documents_name_the_variables_that_the_code_reads():
    code = [
        path.read_text(encoding='utf-8')
        for folder in ('d2l_ext', 'tools', 'tests')
        for path in (ROOT / folder).rglob('*.py')
    ]
    read = set(re.findall(r'D2L_EXT_\w+', '\n'.join(code)))

    for path in [*ROOT.glob('*.md'), *ROOT.glob('docs/*.md'), *ROOT.glob('exercises/*.md')]:
        named = set(re.findall(r'D2L_EXT_\w+', path.read_text(encoding='utf-8')))
        assert named <= read, f'{path.name}: {named - read}'
