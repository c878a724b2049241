"""Is every answer of the question bank computed, are its questions whole, and do the exports hold them?"""

import re
from dataclasses import replace
from xml.etree import ElementTree

from exercises.questions import bank, moodle
from tools import question_pages

import pytest
from bs4 import BeautifulSoup

LESSONS = bank.read()
ALL = [question for questions in LESSONS.values() for question in questions]
each = pytest.mark.parametrize('question', ALL, ids=lambda question: question.name)
both = pytest.mark.parametrize('language', bank.LANGUAGES)


def test_every_lesson_has_at_least_six_questions_of_both_kinds():
    pages = sorted(path.stem for path in bank.NOTEBOOKS['en'].glob('[0-9]*.ipynb'))
    assert list(LESSONS) == pages
    for questions in LESSONS.values():
        assert len(questions) >= 6
        assert {bool(question.options) for question in questions} == {True, False}


def wrong(question):
    """Say what is wrong with the answer of a question, or return None."""
    answer = question.answer()
    if not question.options:
        if isinstance(answer, bool) or isinstance(answer, int) == bool(question.tolerance):
            return f'{answer!r} is not a number with a fitting tolerance'
        for language, why in question.why.items():
            if all(abs(number - answer) > question.tolerance for number in bank.numbers(why)):
                return f'the explanation in {language} does not say {answer!r}'
    elif answer is not True and bank.said(answer) != question.options[0]['en']:
        return f'the check says {answer!r}, the right option {question.options[0]["en"]!r}'


@each
def test_the_answer_is_computed(question):
    assert wrong(question) is None


@pytest.mark.parametrize(
    ('name', 'check', 'told'),
    [
        ('01-1', '527', 'does not say 527'),
        ('01-1', 'True', 'not a number'),
        ('06-3', '19', 'not a number'),
        ('01-2', 'False', 'the check says False'),
        ('01-6', '512', "the right option '928'"),
    ],
)
def test_a_wrong_answer_is_found(name, check, told):
    question = next(question for question in ALL if question.name == name)
    assert told in wrong(replace(question, check=check))


@each
def test_it_is_complete_in_both_languages(question):
    for texts in (question.text, question.why, *question.options):
        assert set(texts) == set(bank.LANGUAGES)
        assert all(words.strip() == words and words for words in texts.values())
        english, chinese = texts['en'], texts['zh']
        assert english == chinese or re.search('[\u4e00-\u9fff]', chinese)
        assert not re.search('[\u4e00-\u9fff]', english)
        assert set(re.findall('`[^`]*`', english)) == set(re.findall('`[^`]*`', chinese))
        assert all(words.count('`') % 2 == 0 for words in (english, chinese))
        decimals = [set(re.findall(r'\d+\.\d+', words)) for words in (english, chinese)]
        assert decimals[0] == decimals[1]


@each
@both
def test_its_options_differ_and_its_place_is_on_the_page(question, language):
    options = [option[language] for option in question.options]
    assert len(options) in (0, 4) and len(set(options)) == len(options)
    assert sorted(option[language] for option in question.mixed()) == sorted(options)
    assert bank.headings(question.lesson, language)[question.cell]


@both
def test_the_right_option_is_not_known_by_its_place_or_length(language):
    choices = [question for question in ALL if question.options]
    places = [question.mixed().index(question.options[0]) for question in choices]
    assert all(places.count(place) > len(choices) / 8 for place in range(4))
    longest = sum(
        max(question.options, key=lambda option: len(option[language])) is question.options[0]
        for question in choices
    )
    assert longest < len(choices) * 0.4


@both
def test_moodle_gets_every_question_with_one_right_answer(language, tmp_path):
    paths = {path.name: path for path in moodle.export(tmp_path)}
    found = ElementTree.parse(paths[f'questions.{language}.xml']).getroot().findall('question')
    kinds = [one.get('type') for one in found]
    assert kinds.count('category') == len(LESSONS)
    asked = [one for one in found if one.get('type') != 'category']
    assert [one.findtext('name/text') for one in asked] == [question.name for question in ALL]
    for one, question in zip(asked, ALL, strict=True):
        right = [answer for answer in one.findall('answer') if answer.get('fraction') == '100']
        assert len(right) == 1
        assert one.findtext('questiontext/text') and one.findtext('generalfeedback/text')
        if question.options:
            words = bank.html(question.options[0][language])
            assert right[0].findtext('text') == f'<p>{words}</p>'
            assert len(one.findall('answer')) == 4 and one.findtext('single') == 'true'
        else:
            assert float(right[0].findtext('text')) == pytest.approx(question.answer())
            assert float(right[0].findtext('tolerance')) == question.tolerance


@both
def test_the_page_has_a_form_for_every_question(language, tmp_path):
    question_pages.write(tmp_path, language)
    page = BeautifulSoup((tmp_path / 'questions.md').read_text(), 'html.parser')
    forms = page.select('form.question')
    assert [form['id'] for form in forms] == [f'question-{question.name}' for question in ALL]
    for form, question in zip(forms, ALL, strict=True):
        assert form.find('details').find('summary')
        if question.options:
            right = form.select(f'input[type=radio][value="{form["data-answer"]}"] + span')
            assert [str(span.decode_contents()) for span in right] == [
                bank.html(question.options[0][language])
            ]
        else:
            assert float(form['data-answer']) == pytest.approx(question.answer())


def test_words_become_html():
    assert bank.html('`a<b` & **12 345** of 1 000') == (
        '<code>a&lt;b</code> &amp; <strong>12\xa0345</strong> of 1\xa0000'
    )
    assert bank.html('25 · 64 · 64 and v * w, *not* this') == (
        '25 · 64 · 64 and v * w, <strong>not</strong> this'
    )
