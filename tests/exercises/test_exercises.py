"""Are the assignments complete, do their model answers pass, and does grading give the right scores?"""

import ast
import io
import os
import re
import shutil
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path

from exercises import demo, grading
from tools import execution

import nbformat
import pytest

each = pytest.mark.parametrize('name', grading.NAMES)
needs_nbgrader = pytest.mark.skipif(
    find_spec('nbgrader') is None, reason='nbgrader is not installed: make exercises-setup'
)
MARK = re.compile(r'### (?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS)')


def source(name):
    return grading.FOLDER / 'source' / name / f'{name}.ipynb'


def cells(name):
    return nbformat.read(source(name), as_version=4).cells


def questions(name):
    """Return (question, answer, tests) of each question: three cells that follow each other."""
    found = cells(name)
    ends = [i for i, cell in enumerate(found) if cell.metadata.nbgrader.grade]
    return [found[i - 2 : i + 1] for i in ends]


# what the source says


@each
def test_every_question_is_a_text_an_answer_and_tests(name):
    assert 5 <= len(questions(name)) <= 8
    for text, answer, tests in questions(name):
        own = answer.metadata.nbgrader.grade_id
        assert text.metadata.nbgrader.grade_id == f'question_{own}'
        assert tests.metadata.nbgrader.grade_id == f'test_{own}'
        assert answer.metadata.nbgrader.solution and not answer.metadata.nbgrader.locked
        assert text.metadata.nbgrader.locked and tests.metadata.nbgrader.locked
        assert answer.source.count(demo.BEGIN) == answer.source.count(demo.END) == 1


@each
def test_every_question_is_asked_in_both_languages(name):
    for text, _, _ in questions(name):
        _, _, english, chinese = text.source.split('\n\n')
        characters = re.findall(r'[\u4e00-\u9fff]', chinese)
        assert len(characters) > 20 and not re.search(r'[\u4e00-\u9fff]', english)
        code = [sorted(set(re.findall(r'`[^`]+`', part))) for part in (english, chinese)]
        assert code[0] == code[1], text.source


@each
def test_chinese_is_set_as_chinese(name):
    for cell in cells(name):
        if cell.cell_type == 'markdown':
            text = re.sub(r'`[^`]*`', 'x', cell.source).replace('**', '')
            joined = re.findall(r'[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]', text)
            assert joined == [] and re.findall(r'[\u4e00-\u9fff][,;:?!()]', text) == []


@each
def test_points_and_minutes_add_up(name):
    said = r'\*(\d+) points, (\d+) minutes · (\d+) 分，(\d+) 分钟\*'
    points, minutes = 0, 0
    for text, _, tests in questions(name):
        given = list(map(int, re.search(said, text.source).groups()))
        assert given[:2] == given[2:] and given[0] == tests.metadata.nbgrader.points
        points, minutes = points + given[0], minutes + given[1]
    title, count = cells(name)[0].source, len(questions(name))
    assert f'{count} questions, {points} points, about {minutes} minutes' in title
    assert f'共 {count} 题，{points} 分，约 {minutes} 分钟' in title


@each
def test_every_visible_test_says_what_was_expected(name):
    for _, _, tests in questions(name):
        visible, hidden = tests.source.split('### BEGIN HIDDEN TESTS')
        assert asserts(visible) and asserts(hidden)
        for check in asserts(visible):
            assert check.msg and 'expected' in words(check.msg)


@each
def test_every_test_speaks_both_languages(name):
    for _, _, tests in questions(name):
        for check in asserts(tests.source):
            english, chinese = words(check.msg).split('\n')
            assert not re.search(r'[\u4e00-\u9fff]', english), english
            assert re.search(r'[\u4e00-\u9fff]', chinese), chinese
            assert not re.search(r'[\u4e00-\u9fff][,;:?!()]', chinese), chinese


def asserts(source):
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)]


def words(message):
    """Return the text of a message, without what is put into it."""
    parts = message.values if isinstance(message, ast.JoinedStr) else [message]
    return ''.join(part.value for part in parts if isinstance(part, ast.Constant))


@each
def test_the_source_is_stored_without_outputs(name):
    assert all(not cell.get('outputs') for cell in cells(name))


@pytest.mark.skipif(
    find_spec('nbgrader') is not None, reason='nbgrader grades them, as the submission all_right'
)
def test_model_answers_pass_all_tests():
    problems = {name: execution.run(source(name), 300)[0] for name in grading.NAMES}
    assert problems == dict.fromkeys(grading.NAMES, '')


# made-up submissions, made and graded once for the tests of an assignment


class Graded:
    """A course in a folder of its own, in which the made-up submissions of an assignment are graded."""

    def __init__(self, name, course):
        self.name, self.course = name, course
        # enough for each answer of `block` beside other tests, and little for its endless loop
        seconds = '20' if name == 'block' else '30'
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as told:
            patch.setenv('CELL_SECONDS', seconds)
            begun = sum(os.times()[2:4])  # of processes that ended: the kernels
            self.failed = demo.main([name], course)
            self.cpu_seconds = sum(os.times()[2:4]) - begun
        self.told = told.getvalue()


@pytest.fixture(scope='module')
def graded(request, tmp_path_factory):
    return Graded(request.param, tmp_path_factory.mktemp(request.param))


def assignments(*names):
    """Ask this of the graded submissions of `names`."""

    # grading the made-up submissions of the two others takes minutes: `make test-all`
    each = [
        pytest.param(name, marks=pytest.mark.slow if name != 'binding' else ()) for name in names
    ]

    def decorate(test):
        return needs_nbgrader(pytest.mark.parametrize('graded', each, indirect=True)(test))

    return decorate


@assignments(*grading.NAMES)
def test_the_student_version_holds_no_answer_and_no_hidden_test(graded):
    name = graded.name
    blank = nbformat.read(graded.course / 'release' / name / f'{name}.ipynb', as_version=4)
    text = '\n'.join(cell.source for cell in blank.cells)
    assert not MARK.search(text)
    assert text.count('your answer goes here · 请在这里作答') == len(questions(name))
    given = {cell.metadata.nbgrader.grade_id: cell.source for cell in blank.cells}
    for _, answer, tests in questions(name):
        own, head = answer.metadata.nbgrader.grade_id, answer.source.split(demo.BEGIN)[0]
        assert re.fullmatch(re.escape(head) + r'raise NotImplementedError\(.*\)', given[own])
        assert given[f'test_{own}'] == tests.source.split('\n### BEGIN HIDDEN TESTS')[0]


@assignments('block')
def test_the_student_version_runs_without_nbgrader(graded, tmp_path):
    submitted = graded.course / 'submitted' / 'all_right' / 'block' / 'block.ipynb'
    path = shutil.copy(submitted, tmp_path)

    problem, notebook = execution.run(Path(path), 60)

    assert problem == ''
    assert 'nbgrader' not in '\n'.join(cell.source for cell in notebook.cells)


@assignments(*grading.NAMES)
def test_made_up_submissions_get_the_scores_they_should(graded):
    assert not graded.failed, graded.told
    rows = (graded.course / 'scores' / f'{graded.name}.csv').read_text().splitlines()
    assert len(rows) == 1 + students(graded.name)


def test_the_made_up_class_has_thirty_students():
    assert students('block') == 30


def students(name):
    return len(demo.MADE_UP[name]) + len(demo.SENT.get(name, {}))


@assignments(*grading.NAMES)
def test_a_submission_takes_less_than_a_minute_of_one_cpu(graded):
    """Seconds of a CPU, which are as many beside other programs."""
    assert 1 < graded.cpu_seconds / students(graded.name) < 60


@assignments(*grading.NAMES)
def test_feedback_loads_nothing(graded):
    pages = list(graded.course.glob('feedback/*/*/*.html'))
    assert len(pages) >= 3
    for page in pages:
        text = page.read_text()
        loaded = re.findall(
            r'<(?:script|img|link|iframe)\b[^>]*(?:src|href)="?(https?:[^" >]+)', text
        )
        assert loaded == [] and '@import' not in text


@assignments('block')
def test_feedback_says_what_was_expected(graded):
    page = graded.course / 'feedback' / 'wrong_kernel' / 'block' / 'block.html'
    assert 'multiply–adds in branch5x5 of (3a), got' in page.read_text()


# grading


def test_a_wrong_score_is_told():
    points = demo.points_of(source('block'))
    names = [*demo.MADE_UP['block'], *demo.SENT['block'], 'nobody']
    scores = [
        {'student': one, 'key': one, 'points': dict(points), 'remark': '', 'graded': True}
        for one in names if one != 'renamed'
    ]  # fmt: skip
    wrong = demo.check('block', scores, grading.FOLDER)
    assert any('wrong_kernel: expected' in line for line in wrong)
    assert not any('all_right: expected' in line for line in wrong)
    assert 'block, renamed: no row' in wrong and 'block, nobody: not sent' in wrong
    assert "block, newest: expected 'last.ipynb counts, not block.ipynb', got ''" in wrong
