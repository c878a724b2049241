"""Does each lesson say rightly, in its cells' metadata, what goes on a slide?"""

import re

from tools import build_slides
from tools.slides import lesson, words

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from pages import ENGLISH, NOTEBOOKS, every_lesson, read

GOOD = {'slide_type': 'slide', 'title': {'en': 'It works', 'zh': '可以'}}


def deck(path):
    return lesson.read(path, 'zh' if path.parent.name == 'zh' else 'en')


LESSONS = [path for path in ENGLISH if path.name[0].isdigit()]


@pytest.mark.parametrize('path', LESSONS, ids=lambda path: path.stem)
def test_every_lesson_has_slides_in_both_languages(path):
    english, chinese = deck(path), deck(NOTEBOOKS / 'zh' / path.name)
    assert len(english.shown) >= 6
    assert [shown.cell.id for shown in english.shown] == [shown.cell.id for shown in chinese.shown]
    assert [bool(shown.question) for shown in english.shown] == [
        bool(shown.question) for shown in chinese.shown
    ]
    assert english.seconds == chinese.seconds


def test_the_lecture_takes_45_minutes_at_most():
    decks = [deck(path) for path in LESSONS if path.name.startswith(build_slides.LECTURE)]
    assert len(decks) == 6
    assert 35 * 60 < sum(each.seconds for each in decks) <= 45 * 60


@every_lesson
def test_a_number_in_a_title_is_on_the_page(path):
    if not path.name[0].isdigit():
        return
    page = re.sub(r'(?<=\d)[ ,_](?=\d{3})', '', nbformat.writes(read(path)))
    missing = {
        number
        for shown in deck(path).shown
        for title in shown.chosen['title'].values()
        for number in re.findall(r'\d+(?:\.\d+)?', re.sub(r'(?<=\d) (?=\d{3})', '', title))
        # the metadata itself, which holds the title, does not count
        if len(number) > 1 and len(re.findall(rf'(?<![\d.]){number}(?!\d)', page)) < 3
    }
    assert missing == set()


@pytest.mark.parametrize(
    'wrong, told',
    [
        ({'slide_type': 'fragment'}, "slideshow.slide_type must be 'slide'; it is 'fragment'"),
        ({'title': 'It works'}, 'slideshow.title must hold a sentence for each of en, zh'),
        ({'title': {'en': '', 'zh': '可以'}}, 'slideshow.title must hold a sentence'),
        ({'title': {'en': 'x' * 85, 'zh': '可以'}}, 'at most 84 wide'),
        ({'shows': 'figure'}, "slideshow.shows must be output, code or both; it is 'figure'"),
        (
            {'shows': 'code', 'lines': '3-20'},
            'slideshow.lines must name at most 12 of the lines 1-14',
        ),
        ({'shows': 'code'}, 'slideshow.lines must name at most 12 of the lines 1-14'),
        ({'shows': 'both', 'lines': 'all'}, "it is 'all'"),
        ({'shows': 'code', 'lines': '1-4', 'steps': '4|5'}, 'slideshow.steps must name lines'),
        ({'parts': [[0, 0, 1]]}, 'slideshow.parts must be lists of left, top, right and bottom'),
        ({'parts': [[0.5, 0, 0.2, 1]]}, 'slideshow.parts must be lists'),
        ({'concludes': 'no'}, "must be a number of sentences, 0 for none; it is 'no'"),
        ({'titel': 1}, "slideshow has no 'titel', only caption, concludes, lines"),
    ],
)
def test_wrong_metadata_is_refused_in_one_line(wrong, told):
    cell = new_code_cell('\n'.join(f'a = {i}' for i in range(14)), id='ab-1')
    cell.metadata['slideshow'] = {**GOOD, **wrong}
    with pytest.raises(ValueError) as caught:
        lesson.chosen(cell, '00_a.ipynb')
    assert str(caught.value).startswith('00_a.ipynb, cell ab-1: slideshow')
    assert told in str(caught.value) and '\n' not in str(caught.value)


def test_a_cell_without_a_slide_type_is_no_slide():
    cell = new_code_cell('1')
    for told in ({}, {'slide_type': '-'}, {'slide_type': 'skip'}):
        cell.metadata['slideshow'] = told
        assert lesson.chosen(cell, '00_a.ipynb') == {}


def test_what_is_asked_before_a_cell_and_said_after_it(tmp_path, monkeypatch):
    def slide():
        return new_code_cell('1', metadata={'slideshow': GOOD})

    texts = [
        '# 00 · A\n\n- see;\n- do.\n\nSource: a book.',
        '## One\n\nWhy.\n\n> **Predict.** Two or\n> three?',
        slide(),
        'Two. So it is.\n\n> **Predict.** Four?',
        new_code_cell('2'),
        'Five, not four.',
        slide(),
        '> **Predict.** And six?',
        new_code_cell('3'),
        slide(),
        '## Recap\n\n- All.',
        '<details>an answer</details>',
    ]
    cells = [new_markdown_cell(cell) if isinstance(cell, str) else cell for cell in texts]
    nbformat.write(new_notebook(cells=cells), tmp_path / '00_a.ipynb')
    monkeypatch.setattr(lesson, 'NOTEBOOKS', tmp_path)
    read = lesson.read(tmp_path / '00_a.ipynb', 'en')
    assert (read.title, read.source, read.recap) == ('00 · A', 'a book.', '- All.')
    first, second, third = read.shown
    assert (first.heading, first.question, first.after) == (
        'One',
        'Two or\nthree?',
        'Two. So it is.',
    )
    assert [text for text, _ in first.said] == ['Why.', 'Two. So it is.', 'Five, not four.']
    # a question that the text has answered is not asked again; one that no text has answered is
    assert (second.question, second.after) == ('', '')
    assert third.question == 'And six?'
    assert read.seconds == 25 + sum(slide.seconds for slide in read.shown)


QUESTIONS = {
    'en': [
        ('Is it near: 3, 9 or 27?', ('Is it near?', ['3', '9', '27'])),
        ('Six pass. What remains: none, one, or both?', ('Six pass. What remains?', ['none', 'one', 'both'])),
        ('Which one: a 1×7 and a 7×1; a 5×5?', ('Which one?', ['a 1×7 and a 7×1', 'a 5×5'])),
        ('Is it 120 × ?, 120 × 3136 or more?', ('Is it 120 × ?, 120 × 3136 or more?', [])),
        ('How many leave it?', ('How many leave it?', [])),
    ],
    'zh': [
        ('边长是多少：1、3 还是 5 个像素？', ('边长是多少？', ['1', '3', '5 个像素'])),
        ('哪个最快：第一次，第二次，还是两次都会？', ('哪个最快？', ['第一次', '第二次', '两次都会'])),
        ('是 1 还是 2？', ('是 1 还是 2？', [])),
    ],
}  # fmt: skip


@pytest.mark.parametrize('language', ['en', 'zh'])
def test_a_question_and_its_options(language):
    for text, expected in QUESTIONS[language]:
        assert lesson.question_and_options(text, language) == expected


@pytest.mark.parametrize(
    'text, most, expected',
    [
        ('4×4. An image is larger. It costs more.', 25, '4×4. An image is larger.'),
        ('4×4. An image is larger.', 3, '4×4.'),
        ('Szegedy et al. 2015 say so. Then more.', 30, 'Szegedy et al. 2015 say so.'),
        ('By [lesson 05](05_training.ipynb). More.', 14, 'By lesson 05.'),
        ('A `NameError`. The next cell defines it:', 99, 'A `NameError`.'),
        ('Two. At 0.4, the next:', 99, 'Two.'),
        ('- one\n- two', 99, ''),
        ('', 99, ''),
        ('不变。后面的层也不变。', 8, '不变。'),
        ('First.\n\nSecond.', 99, 'First.'),
    ],
)
def test_a_conclusion_is_whole_sentences(text, most, expected):
    assert lesson.first_sentences(text, most) == expected


def test_a_caption_says_in_chinese_what_labels_mean():
    assert (
        words.caption('Bars, test accuracy: shirt 3.') == 'test accuracy\xa0测试精度，shirt\xa0衬衫'
    )
    assert words.caption('Diagram of a block. input: 3 channels').startswith('conv 卷积')
    assert words.caption('Confusion matrix of 10 classes').endswith('ankle boot\xa0短靴')
    assert words.caption('256') == ''
