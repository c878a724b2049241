"""Can the lesson plan be taught: every lesson after what it needs, and nothing left out?"""

import re
from pathlib import Path

from tools import course_map, lesson_plan

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize('plan', [lesson_plan.SIX, lesson_plan.TWELVE], ids=['6', '12'])
def test_each_lesson_comes_after_what_it_needs(plan):
    pages, needs = [page for session in plan for page in session], course_map.needs()
    assert len(pages) == len(set(pages))
    for place, page in enumerate(pages):
        assert needs[page] <= set(pages[:place]), page


def test_the_plans_have_their_sessions_and_their_lessons():
    assert (len(lesson_plan.SIX), len(lesson_plan.TWELVE)) == (6, 12)
    assert {page for session in lesson_plan.TWELVE for page in session} == set(course_map.NAMES)
    left_out = set(course_map.NAMES) - {page for session in lesson_plan.SIX for page in session}
    assert left_out == {'12', '15'}  # as the page says


@pytest.mark.parametrize('language', ['en', 'zh'])
def test_every_lesson_has_its_question(language):
    assert set(lesson_plan.asked(language)) == set(course_map.NAMES.values())
    assert not re.search('[\u4e00-\u9fff]', lesson_plan.questions('en'))
    assert 'make torch' not in lesson_plan.questions(language)


def test_the_assignments_are_those_of_the_exercises():
    text = (ROOT / 'exercises/README.md').read_text()
    for lesson, (name, minutes) in lesson_plan.ASSIGNMENTS.items():
        assert re.search(
            rf'`{name}`\s+\(after lesson\s+{lesson}, (about )?{minutes} minutes\)', text
        )


@pytest.mark.parametrize('language', ['en', 'zh'])
def test_every_mark_of_a_page_becomes_a_table(language):
    for name in ('index.md', 'lesson_plan.md'):
        text = (ROOT / 'docs/site' / language / name).read_text()
        assert '<!-- ' in text
        assert '<!-- ' not in lesson_plan.fill(text, language)


def test_a_class_takes_as_long_in_both_languages():
    numbers = {
        language: re.findall(r'\| (\d*) \| (\d+) \| (\d*) \|', lesson_plan.minutes(language))
        for language in ('en', 'zh')
    }
    assert numbers['en'] == numbers['zh'] and len(numbers['en']) == len(course_map.NAMES) + 1
