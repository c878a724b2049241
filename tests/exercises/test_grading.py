"""Does grading lose nobody, in a class of made-up submissions to a small assignment, graded once?"""

import copy
import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from contextlib import redirect_stdout
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from exercises import __main__ as command
from exercises import (
    class_page,
    collect,
    engine,
    feedback,
    grading,
    handout,
    lateness,
    repair,
    scores,
    submissions,
)
from exercises import roster as roster_file

import nbformat
import pytest
from nbclient import NotebookClient
from traitlets.config.loader import PyFileConfigLoader

# a small assignment under the name of a real one: its cells need no MXNet

ANSWERS = {
    'double': 'def double(n):\n    return 2 * n',
    'triple': 'def triple(n):\n    return 3 * n',
}


def marked(name, text, kind, points=None, solution=False):
    make = nbformat.v4.new_code_cell if kind == 'code' else nbformat.v4.new_markdown_cell
    marks = {
        'grade': points is not None, 'grade_id': name, 'locked': not solution, 'schema_version': 3,
        'solution': solution, 'task': False, 'cell_type': kind,
    }  # fmt: skip
    if points is not None:
        marks['points'] = points
    return make(text, id=name.replace('_', '-'), metadata={'nbgrader': marks})


def source_notebook():
    cells = [marked('setup', 'import math', 'code')]
    for name, factor in (('double', 2), ('triple', 3)):
        head, body = ANSWERS[name].split('\n')
        cells += [
            marked(f'question_{name}', f'## {name}\n\nWrite `{name}(n)`.', 'markdown'),
            marked(
                name, f'{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION', 'code',
                solution=True,
            ),
            marked(
                f'test_{name}',
                f"assert {name}(1) == {factor}, f'expected {factor}, got {{{name}(1)}}'\n"
                f"### BEGIN HIDDEN TESTS\nassert {name}(7) == {7 * factor}, 'only holds for 1'\n"
                '### END HIDDEN TESTS', 'code', points=factor,
            ),
        ]  # fmt: skip
    return nbformat.v4.new_notebook(
        cells=cells,
        metadata={
            'kernelspec': {'display_name': 'Python 3', 'language': 'python', 'name': 'python3'}
        },
    )


def blank_notebook():
    """Return what students get, as nbgrader makes it."""
    notebook = source_notebook()
    for cell in notebook.cells:
        cell.source = cell.source.split('\n### BEGIN HIDDEN TESTS')[0]
        if '### BEGIN SOLUTION' in cell.source:
            cell.source = cell.source.split('### BEGIN')[0] + 'raise NotImplementedError'
    return notebook


def answered(**answers):
    """Return a right submission, with other `answers` where they are given."""
    notebook = blank_notebook()
    for cell in notebook.cells:
        name = repair.grade_id(cell)
        if name in ANSWERS:
            cell.source = {**ANSWERS, **answers}[name]
    return notebook


def place(path, notebook, age=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(notebook if isinstance(notebook, str) else nbformat.writes(notebook))
    os.utime(path, (1.7e9 - age, 1.7e9 - age))


def named(notebook, name):
    return next(cell for cell in notebook.cells if repair.grade_id(cell) == name)


def copied(notebook, name, text):
    """Paste a copy of the cell `name` before it, with another text."""
    cell = named(notebook, name)
    other = copy.deepcopy(cell)
    other.source, other.id = text, f'copy-{len(notebook.cells)}'
    notebook.cells.insert(notebook.cells.index(cell), other)


def stripped(notebook, ids=True):
    """Take away what nbgrader stored, as some editors do; without `ids` the cells' ids too."""
    for cell in notebook.cells:
        cell.metadata.clear()
        if not ids:
            del cell['id']
    if not ids:
        notebook.nbformat_minor = 4
    return notebook


# who sent what


def found(course):
    return {
        one.student: one.path and one.path.name
        for one in submissions.find('block', grading.NAMES, course)
    }


def test_any_one_notebook_in_a_folder_is_the_submission(tmp_path):
    sent = tmp_path / 'submitted'
    place(sent / 'ann' / 'block' / 'block (1).ipynb', '')
    place(sent / 'bob' / 'my work.ipynb', '')
    place(sent / 'cee' / 'block' / 'homework' / 'Untitled.ipynb', '')
    place(sent / 'dan' / 'block' / '.ipynb_checkpoints' / 'block-checkpoint.ipynb', '')
    place(sent / 'eve_12345_block.ipynb', '')
    place(sent / 'fay_LATE_678_9012_block-1.ipynb', '')
    place(sent / 'gil.ipynb', '')
    (sent / 'hal').mkdir()
    (sent / '.ipynb_checkpoints').mkdir()

    assert found(tmp_path) == {
        'ann': 'block (1).ipynb', 'bob': 'my work.ipynb', 'cee': 'Untitled.ipynb', 'dan': None,
        'eve_12345': 'eve_12345_block.ipynb', 'fay_678': 'fay_LATE_678_9012_block-1.ipynb',
        'gil': 'gil.ipynb', 'hal': None,
    }  # fmt: skip


def test_a_notebook_of_another_assignment_is_not_taken(tmp_path):
    sent = tmp_path / 'submitted'
    place(sent / 'ann' / 'binding' / 'block.ipynb', '')
    place(sent / 'bob' / 'binding (2).ipynb', '')
    place(sent / 'cee_12345_family.ipynb', '')
    place(sent / 'blockmann_12345_binding.ipynb', '')
    place(sent / 'dan' / 'block' / 'family.ipynb', '')
    place(sent / 'eve' / 'Family.ipynb', '')

    assert found(tmp_path) == {'ann': None, 'bob': None, 'dan': 'family.ipynb', 'eve': None}


@pytest.mark.parametrize(
    ('ages', 'counts'),
    [
        ({'block.ipynb': 0, 'block (2).ipynb': 60}, 'block.ipynb'),
        ({'block (2).ipynb': 0, 'block (10).ipynb': 0, 'block.ipynb': 0}, 'block (10).ipynb'),
        ({'block-1.ipynb': 0, 'block.ipynb': 0}, 'block-1.ipynb'),
        ({'a.ipynb': 0, 'b.ipynb': 0}, 'b.ipynb'),
    ],
)
def test_of_several_notebooks_the_newest_counts(tmp_path, ages, counts):
    for name, age in ages.items():
        place(tmp_path / 'submitted' / 'ann' / 'block' / name, '', age)

    (one,) = submissions.find('block', grading.NAMES, tmp_path)

    assert one.path.name == counts
    assert sorted([counts, *one.others]) == sorted(ages)


@pytest.mark.parametrize('name', ["O'Brien (2)", '张伟', 'Ann_12345', 'j.doe@x.org', 'Zoë, Q-R'])
def test_ordinary_names_are_nbgraders_too(name):
    assert submissions.key(name) == name


def test_special_names_are_told_apart_and_match_no_other():
    names = ['a[b]', 'a%5Bb%5D', 'a*', 'a?', 'ann', 'ann ', '.hidden', '$HOME', 'a"b', 'a;b']
    keys = list(map(submissions.key, names))
    assert len(set(keys)) == len(names)
    assert all(re.fullmatch(r'\w[\w%]*', key) or key.startswith('%') for key in keys)


# repair


def repaired(notebook):
    done = repair.repair(notebook, blank_notebook())
    nbformat.validate(notebook)
    names = [repair.grade_id(cell) for cell in notebook.cells]
    assert [name for name in names if name] == [
        repair.grade_id(cell) for cell in blank_notebook().cells
    ]
    assert all('nbgrader' not in c.metadata for c in notebook.cells if not repair.grade_id(c))
    return done


def test_a_whole_submission_is_left_as_it_is():
    notebook = answered()
    assert repaired(notebook) == [] and notebook.cells == answered().cells


@pytest.mark.parametrize('name', ['double', 'test_double', 'question_double', 'setup'])
def test_of_copied_cells_the_last_counts(name):
    notebook = answered()
    copied(notebook, name, '1 / 0')
    copied(notebook, name, '2 / 0')

    assert repaired(notebook) == [f'copied, the last counts: {name} · 单元格重复，以最后一个为准']
    assert named(notebook, name).source == named(answered(), name).source
    assert len(notebook.cells) == len(answered().cells) + 2


@pytest.mark.parametrize('ids', [True, False])
def test_marks_that_were_stripped_are_restored(ids):
    notebook = stripped(answered(double='def double(n):\n    return 4'), ids)
    notebook.cells.insert(2, nbformat.v4.new_markdown_cell('my thoughts'))
    if not ids:
        notebook.cells.pop(2)  # only an id tells an answer that does not follow its question

    assert repaired(notebook) == ['marks of 7 cells restored · 已恢复丢失的单元格标记']
    assert named(notebook, 'double').source == 'def double(n):\n    return 4'
    assert named(notebook, 'test_triple').metadata.nbgrader.points == 3


def test_lost_cells_are_put_back_where_they_were():
    notebook = answered()
    for name in ('setup', 'double', 'test_double', 'test_triple'):
        notebook.cells.remove(named(notebook, name))

    (remark,) = repaired(notebook)
    assert remark == 'put back: setup, double, test_double, test_triple · 已补回丢失的单元格'
    assert 'NotImplementedError' in named(notebook, 'double').source


def test_unknown_and_broken_marks_are_taken_away():
    notebook = answered()
    notebook.cells.append(marked('of_another_assignment', '1 / 0', 'code', points=9))
    notebook.cells.append(nbformat.v4.new_code_cell('x', metadata={'nbgrader': {}}))
    del named(notebook, 'test_double').metadata.nbgrader['grade']
    named(notebook, 'triple').metadata.nbgrader.locked = True

    assert repaired(notebook) == []
    assert named(notebook, 'test_double').metadata.nbgrader.grade
    assert not named(notebook, 'triple').metadata.nbgrader.locked


def test_an_answer_that_became_text_is_code_again():
    notebook = answered()
    cell = named(notebook, 'double')
    place = notebook.cells.index(cell)
    notebook.cells[place] = nbformat.v4.new_markdown_cell(cell.source, metadata=cell.metadata)

    assert repaired(notebook) == [] and named(notebook, 'double').cell_type == 'code'


def test_another_notebook_is_refused():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('1')])
    with pytest.raises(engine.GradingError, match='no cell of the assignment is in the file'):
        repair.repair(notebook, blank_notebook())


# a class, graded once


KILLER = 'import os\nos._exit(1)'
FULL, NONE = {'double': 2, 'triple': 3}, {'double': 0, 'triple': 0}
ONE_RIGHT = {'double': 2, 'triple': 0}


class Class:
    """A course in a folder of its own, with the small assignment in the place of `block`."""

    def __init__(self, course):
        self.course, self.sent = course, course / 'submitted'
        place(course / 'source' / 'block' / 'block.ipynb', source_notebook())
        config = (grading.FOLDER / 'nbgrader_config.py').read_text()
        place(course / 'nbgrader_config.py', config)
        wrong = answered(triple='def triple(n):\n    return 3')
        with_copies = answered(triple='def triple(n):\n    return 3')
        copied(with_copies, 'double', '1 / 0')
        copied(with_copies, 'test_double', '1 / 0')
        place(self.sent / "O'Brien (2)" / 'block' / 'block (1).ipynb', wrong)
        place(self.sent / '张伟_12345_block.ipynb', answered())
        place(self.sent / 'a[b]' / 'block' / 'old.ipynb', wrong, age=60)
        place(self.sent / 'a[b]' / 'block' / 'new.ipynb', answered())
        place(self.sent / 'copies' / 'block' / 'block.ipynb', with_copies)
        place(self.sent / 'bare' / 'block' / 'block.ipynb', stripped(answered(), ids=False))
        place(self.sent / 'kills' / 'block' / 'block.ipynb', answered(double=KILLER))
        place(self.sent / 'junk' / 'block' / 'block.ipynb', '<html>log in first</html>')
        place(self.sent / 'empty' / 'block' / 'block.ipynb', '')
        other = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('1')])
        place(self.sent / 'other' / 'block' / 'block.ipynb', other)
        (self.sent / 'nothing').mkdir()
        self.rows = self.grade()
        self.told = self.printed
        self.by_name = {row['student']: row for row in self.rows}

    def grade(self, **options):
        with redirect_stdout(io.StringIO()) as printed:
            rows = grading.grade('block', self.course, **options)
        self.printed = printed.getvalue()
        return rows


@pytest.fixture(scope='module')
def graded(tmp_path_factory):
    if find_spec('nbgrader') is None:
        pytest.skip('nbgrader is not installed: make exercises-setup')
    return Class(tmp_path_factory.mktemp('class'))


@pytest.mark.parametrize(
    ('student', 'points', 'remark'),
    [
        ("O'Brien (2)", ONE_RIGHT, ''),
        ('张伟_12345', FULL, ''),
        ('a[b]', FULL, 'new.ipynb counts, not old.ipynb'),
        ('copies', ONE_RIGHT, 'copied, the last counts: double, test_double'),
        ('bare', FULL, 'marks of 7 cells restored'),
        ('kills', NONE, 'not graded: kernel ended'),
        ('junk', NONE, 'not graded: block.ipynb is no notebook'),
        ('empty', NONE, 'not graded: block.ipynb is no notebook'),
        ('other', NONE, 'not graded: no cell of the assignment is in the file'),
        ('nothing', NONE, 'not graded: no notebook for block'),
    ],
)
def test_every_student_has_a_row_with_a_score_or_a_reason(graded, student, points, remark):
    row = graded.by_name[student]
    assert (row['points'], scores.short(row['remark'])) == (points, remark)
    assert row['graded'] != remark.startswith('not graded')


def test_every_student_of_the_class_has_a_row(graded):
    assert len(graded.rows) == 10
    with open(graded.course / 'scores' / 'block.csv', encoding='utf-8-sig', newline='') as file:
        assert len(list(csv.reader(file))) == 11


def test_the_whole_log_of_who_could_not_be_graded_is_kept(graded):
    row = graded.by_name['kills']
    assert row['log'] == 'records/block/kills.log'
    log = (graded.course / row['log']).read_text()
    assert 'Traceback' in log and 'DeadKernelError' in log and '[ERROR]' in log
    assert graded.by_name['bare']['log'] == ''


def test_the_table_has_short_remarks_that_keep_the_path(graded):
    remarks = scores.table(graded.rows).column('remark')
    assert max(map(len, remarks)) <= 60
    assert 'not graded: kernel ended: records/block/kills.log' in remarks
    assert scores.short('x' * 99, 'records/block/ann.log') == f'{"x" * 36}…: records/block/ann.log'


def test_only_what_is_new_or_changed_is_graded_again(graded):
    graded.grade()
    assert graded.printed == 'block  10 unchanged: FORCE=1 grades them again\n'

    place(graded.sent / 'copies' / 'block' / 'block.ipynb', answered())
    place(graded.sent / 'nothing' / 'block' / 'late.ipynb', '{}')
    rows = {row['student']: row for row in graded.grade()}

    assert re.findall(r'of 2  (\w+)', graded.printed) == ['copies', 'nothing']
    assert rows['copies']['points'] == FULL and rows['copies']['remark'] == ''
    assert rows['kills']['remark'] == 'not graded: kernel ended'


def test_force_grades_again_what_is_unchanged(graded):
    graded.grade(student='junk', force=True)
    assert '1 of 1  junk' in graded.printed


def test_who_is_no_more_in_the_database_is_graded_again(graded):
    from nbgrader.api import Gradebook

    graded.grade()  # after tests that changed what was sent
    with Gradebook(f'sqlite:///{graded.course / "gradebook.db"}') as book:
        book.remove_submission('block', 'bare')
    rows = {row['student']: row for row in graded.grade(student='junk')}
    assert (rows['bare']['graded'], rows['bare']['remark']) == (False, 'not graded yet')
    assert rows['张伟_12345']['points'] == FULL

    rows = {row['student']: row for row in graded.grade()}

    assert '1 of 1  bare' in graded.printed and rows['bare']['points'] == FULL


def test_without_the_database_all_are_new(graded):
    one = submissions.Submission('ann', graded.sent / 'copies' / 'block' / 'block.ipynb')
    kept = grading.record_path('block', graded.course, one)
    place(kept, json.dumps({'of': grading.state('block', graded.course, one), 'graded': False}))
    try:
        assert grading.unchanged('block', graded.course, one, set())
        assert scores.students('block', graded.course / 'none') is None
        assert not grading.unchanged('block', graded.course, one, None)
    finally:
        kept.unlink()


# feedback


def page_of(graded, student, key=None, **options):
    """Return the page of `student`: the words before the details, and the whole."""
    path = graded.course / 'autograded' / (key or student) / 'block' / 'block.ipynb'
    row = graded.by_name[student]
    whole = feedback.page(nbformat.read(path, as_version=4), row, **options)
    return re.sub(r'<details>.*?</details>', '', whole, flags=re.S), whole


def test_each_graded_student_has_a_page_and_no_other_has(graded):
    pages = {path.parts[-3] for path in graded.course.glob('feedback/*/block/block.html')}
    graded_keys = {row['key'] for row in graded.grade() if row['graded']}
    assert pages == graded_keys and "O'Brien (2)" in pages


def test_a_page_says_whose_it_is_and_what_each_question_got(graded):
    page, _ = page_of(graded, "O'Brien (2)")
    assert '<strong>O&#x27;Brien (2)</strong>' in page
    assert re.findall(r'class="number (\w+)">(. [\d.]+ / [\d.]+)<', page) == [
        ('right', '✓ 2 / 2'), ('wrong', '✗ 0 / 3'),
    ]  # fmt: skip
    assert '<strong>2 / 5</strong>' in page


def test_a_question_is_called_by_its_heading():
    cells = [
        marked('question_double', '## 1 · Twice · 两倍', 'markdown'),
        marked('double', 'x', 'code', solution=True),
        marked('test_double', 'y', 'code', points=2),
    ]
    row = {'student': 'ann', 'points': {'double': 2.0}, 'max': {'double': 2.0}, 'comments': {},
           'total': 2, 'out of': 2, 'remark': ''}  # fmt: skip
    page = feedback.page(nbformat.v4.new_notebook(cells=cells), row)
    assert '<a href="#double">1 · Twice · 两倍</a>' in page and '¶' not in page


@pytest.mark.parametrize('name', grading.NAMES)
def test_importing_mxnet_may_take_longer_than_an_answer(name):
    settings = PyFileConfigLoader('nbgrader_config.py', path=str(grading.FOLDER)).load_config()
    source = nbformat.read(grading.FOLDER / 'source' / name / f'{name}.ipynb', as_version=4)
    seconds = {repair.grade_id(cell): settings.Execute.timeout_func(cell) for cell in source.cells}
    longest = max(seconds.values())
    imports = [repair.grade_id(cell) for cell in source.cells if 'import d2l_ext' in cell.source]
    assert imports and all(seconds[cell] == longest == 5 * seconds['title'] for cell in imports)


def test_the_message_comes_first_and_the_traceback_is_folded(graded):
    page, whole = page_of(graded, "O'Brien (2)")
    assert '✗ 0 / 3</strong> only holds for 1' in page
    assert 'AssertionError' not in page and 'assert' not in page
    assert 'AssertionError' in whole and '\x1b' not in whole


@pytest.mark.parametrize('student', ['a[b]', 'copies', 'bare'])
def test_a_page_says_in_both_languages_what_was_repaired(graded, student):
    page, _ = page_of(graded, student, submissions.key(student))
    assert re.search(r'Remark · 备注: [\x20-\x7e]+ · [\u4e00-\u9fff，]+<', page)


def test_a_message_in_two_lines_is_shown_so():
    tests = marked('test_f', "assert False, 'one\\n二'", 'code', points=1)
    notebook = nbformat.v4.new_notebook(cells=[tests])
    NotebookClient(notebook, allow_errors=True, kernel_name='python3').execute()
    row = {'student': 'ann', 'points': {'f': 0.0}, 'max': {'f': 1.0}, 'comments': {}, 'total': 0,
           'out of': 1, 'remark': ''}  # fmt: skip
    page = feedback.page(notebook, row)
    assert '✗ 0 / 1</strong> one\n二</p>' in page and '.result p { white-space: pre-line; }' in page


def test_an_answer_that_is_missing_is_told_in_both_languages(graded):
    cells = [marked('double', 'x', 'code', solution=True)]
    row = {**graded.by_name['bare'], 'comments': {'double': 'No response.'}}
    page = feedback.page(nbformat.v4.new_notebook(cells=cells), row)
    assert '<p class="comment">No answer. · 没有作答。</p>' in page


def test_hidden_tests_can_be_withheld(graded):
    page, whole = page_of(graded, "O'Brien (2)", hidden=False)
    assert 'A hidden test failed' in page
    for word in (
        'only holds for 1',
        'AssertionError',
        'HIDDEN',
        'triple</span><span class="p">(</span><span class="mi">7',
    ):
        assert word not in whole
    assert 'expected' in whole  # the tests that students have


def test_what_a_visible_test_says_is_not_withheld():
    cell = nbformat.v4.new_code_cell(
        'assert f(1) == 1\n### BEGIN HIDDEN TESTS\nassert f(2) == 2\n### END HIDDEN TESTS'
    )
    for line, withheld in [(1, False), (3, True), (None, True)]:
        words = f'\x1b[32mCell In[4], line {line}\x1b[0m' if line else 'no line'
        error = nbformat.v4.new_output(
            'error', ename='AssertionError', evalue='', traceback=[words]
        )
        assert feedback.in_hidden_test(cell, error) is withheld
    assert feedback.visible(cell.source) == 'assert f(1) == 1'


ONE_AFTER_ANOTHER = """\
def f(n):
    try:
        return {1: 1}[n]



    except KeyError:
        raise ValueError('not this one')"""


@pytest.mark.parametrize(
    ('answer', 'seen', 'says'),
    [
        ('def f(n):\n    return 2', 'f(1)', 'seen says'),
        ('def f(n):\n    return 1', 'A hidden test failed', 'A hidden test failed'),
        (ONE_AFTER_ANOTHER, 'A hidden test failed', 'A hidden test failed'),
    ],
)
def test_no_traceback_shows_a_withheld_test(answer, seen, says):
    tests = (
        "assert f(1) == 1, 'seen says'\n### BEGIN HIDDEN TESTS\n"
        "assert f(8642) == 8642, 'secret words'\n### END HIDDEN TESTS\n"
    )
    cells = [nbformat.v4.new_code_cell(answer), marked('test_f', tests, 'code', points=1)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, allow_errors=True, kernel_name='python3').execute()
    row = {'student': 'ann', 'points': {'f': 0.0}, 'max': {'f': 1.0}, 'comments': {}, 'total': 0,
           'out of': 1, 'remark': ''}  # fmt: skip

    page = feedback.page(notebook, row, hidden=False)

    assert seen in re.sub('<[^>]*>', '', page) and f'✗ 0 / 1</strong> {says}' in page
    for word in ('secret', 'HIDDEN', '8642'):
        assert word not in page.split('id="f"')[1]


def test_what_a_student_wrote_is_shown_and_not_obeyed():
    cells = [
        nbformat.v4.new_markdown_cell('# Title\n\n<script>alert(1)</script>'),
        nbformat.v4.new_code_cell("'<b>'", outputs=[nbformat.v4.new_output('stream', text='<i>')]),
    ]
    row = {'student': '<u>', 'points': {}, 'max': {}, 'comments': {}, 'total': 0, 'out of': 0,
           'remark': '<s>'}  # fmt: skip
    page = feedback.page(nbformat.v4.new_notebook(cells=cells), row)
    assert not re.search(r'<(script|b|i|u|s)>', page) and "default-src 'none'" in page


# what learning platforms export and take back


def exported(path, members, when=(2026, 11, 20, 12, 0, 0)):
    with zipfile.ZipFile(path, 'w') as made:
        for name in members:
            made.writestr(zipfile.ZipInfo(name, when), f'of {name}')
    return path


def collected(course):
    return {
        str(path.relative_to(course / 'submitted'))
        for path in course.rglob('*.*')
        if path.is_file()
    }


def test_a_zip_of_moodle_is_collected(tmp_path):
    path = exported(tmp_path / 'moodle.zip', [
        'Jane Doe_1234567_assignsubmission_file/block.ipynb',
        'Jane Doe_7654321_assignsubmission_file_/block (1).ipynb',
        '张 伟_55_assignsubmission_file_block.ipynb',
        "Group A-Sean O'Brien_66_assignsubmission_file/homework/answer.ipynb",
        'Late Sender_77_assignsubmission_onlinetext.html',
        'Nobody_88_assignsubmission_file/readme.txt',
    ])  # fmt: skip
    course = tmp_path / 'course'

    students, left = collect.collect(path, 'block', course)

    assert collected(course) == {
        'Jane Doe_1234567/block/block.ipynb', 'Jane Doe_7654321/block/block (1).ipynb',
        '张 伟_55/block/block.ipynb', "Group A-Sean O'Brien_66/block/answer.ipynb",
        'Nobody_88/block/readme.txt',
    }  # fmt: skip
    assert len(students) == 5 and left == ['Late Sender_77_assignsubmission_onlinetext.html']
    sent = {
        one.student: one.path and one.path.name
        for one in submissions.find('block', grading.NAMES, course)
    }
    assert sent['Nobody_88'] is None and sent["Group A-Sean O'Brien_66"] == 'answer.ipynb'


def test_a_zip_of_canvas_is_collected_and_the_last_try_counts(tmp_path):
    path = exported(tmp_path / 'canvas.zip', [
        'doejane_12345_67890_block.ipynb', 'doejane_12345_67999_block-1.ipynb',
        'obriensean_LATE_222_333_my_block (2).ipynb',
    ])  # fmt: skip

    students, left = collect.collect(path, 'block', tmp_path)

    assert (students, left) == (['doejane_12345', 'obriensean_222'], [])
    assert found(tmp_path) == {
        'doejane_12345': 'doejane_12345_67999_block-1.ipynb',
        'obriensean_222': 'obriensean_LATE_222_333_my_block (2).ipynb',
    }


def test_a_zip_writes_nowhere_else(tmp_path):
    course = tmp_path / 'course'
    path = exported(tmp_path / 'bad.zip', [
        '../../evil.ipynb', '.._1_assignsubmission_file/a.ipynb',
        'Jane_2_assignsubmission_file/../../b.ipynb',
        'Jane_2_assignsubmission_file/..', '/etc/x_1_2_block.ipynb', 'notes.txt',
    ])  # fmt: skip

    students, left = collect.collect(path, 'block', course)

    assert collected(course) == {'Jane_2/block/b.ipynb'} and len(left) == 5
    assert {file.name for file in tmp_path.iterdir()} == {'course', 'bad.zip'}


def test_collecting_again_keeps_the_time_of_what_is_the_same(tmp_path):
    names = ['Jane_2_assignsubmission_file/block.ipynb']
    collect.collect(exported(tmp_path / 'a.zip', names), 'block', tmp_path)
    collect.collect(exported(tmp_path / 'b.zip', names, (2026, 12, 24, 0, 0, 0)), 'block', tmp_path)
    path = tmp_path / 'submitted' / 'Jane_2' / 'block' / 'block.ipynb'
    assert datetime.fromtimestamp(path.stat().st_mtime) == datetime(2026, 11, 20, 12)


@pytest.mark.parametrize(
    ('path', 'says'),
    [
        ('', 'ZIP is empty'),
        ('missing.zip', 'ZIP=missing.zip cannot be read'),
        (__file__, 'cannot be read: File is not a zip file'),
    ],
)
def test_a_zip_that_is_none_is_told(monkeypatch, capsys, path, says):
    monkeypatch.setenv('ZIP', path)
    assert command.main(['collect', 'block']) == 1
    assert says in capsys.readouterr().err


def row(student, *points, graded=True):
    most = {'one': 4.0, 'two': 6.0}
    points = dict(zip(most, points, strict=True))
    return {
        'student': student, 'key': student, 'points': points, 'max': most, 'comments': {},
        'total': sum(points.values()), 'out of': 10.0, 'graded': graded, 'remark': '', 'log': '',
        'late': 0, 'penalty': 0,
    }  # fmt: skip


def roster(path, text):
    path.write_bytes(text.encode('utf-8-sig'))
    return path


def read_csv(path):
    content = path.read_bytes()
    assert content.startswith(b'\xef\xbb\xbf')  # Excel takes it for UTF-8 only so
    return list(csv.DictReader(io.StringIO(content.decode('utf-8-sig'))))


def test_scores_go_back_to_canvas(tmp_path):
    path = roster(tmp_path / 'grades.csv', (
        'Student,ID,SIS User ID,SIS Login ID,Section,block (98765),other (1)\r\n'
        '"    Points Possible",,,,,20,5\r\n'
        '"Doe, Jane",12345,x1,jdoe,A,,3\r\n"Wei, 张",222,x2,zwei,A,,\r\n'
        '"Ann, A",333,x3,ann,A,,\r\n"Not, Here",444,x4,not,A,7,\r\n'
    ))  # fmt: skip
    rows = [row('doejane_12345', 4, 5.5), row('zhang_222', 0, 0, graded=False), row('ann', 1, 0),
            row('who_999', 1, 1)]  # fmt: skip

    target, unknown = roster_file.write('block', tmp_path, rows, path)

    assert target == tmp_path / 'scores' / 'block.canvas.csv' and unknown == ['who_999']
    lines = read_csv(target)
    assert list(lines[0]) == [
        'Student',
        'ID',
        'SIS User ID',
        'SIS Login ID',
        'Section',
        'block (98765)',
    ]
    assert [line['block (98765)'] for line in lines] == ['10', '9.5', '', '1', '7']


def test_scores_go_back_to_moodle(tmp_path):
    path = roster(tmp_path / 'worksheet.csv', (
        'Identifier,Full name,Email address,Status,Grade,Maximum grade,Feedback comments\n'
        'Participant 1234567,Jane Doe,jane@x.org,Submitted,,20.00,\n'
        'Participant 7654321,Jane Doe,doe@x.org,Submitted,,20.00,\n'
        'Participant 55,张 伟,wei@x.org,Submitted,,20.00,\n'
    ))  # fmt: skip
    rows = [row('Jane Doe_7654321', 4, 0), row('Jane Doe_1234567', 0, 6), row('张 伟', 4, 6)]

    target, unknown = roster_file.write('block', tmp_path, rows, path)

    assert target.name == 'block.moodle.csv' and unknown == []
    assert roster_file.read(path)[0][1] == 'Full name'
    lines = read_csv(target)
    assert [line['Grade'] for line in lines] == ['6', '4', '10']
    assert list(lines[0])[-1] == 'Feedback comments'


def test_a_score_goes_to_one_student_alone(tmp_path):
    path = roster(tmp_path / 'grades.csv', (
        'Student,ID,SIS User ID,SIS Login ID,Section,block\n'
        '"Doe, Jane",12345,222,jdoe,A,\n"Wei, 张",222,12345,zwei,A,\n'
        'Ann,333,1,a1,A,\nAnn,444,2,a2,A,\n"Roe, Al",555,3,roe,A,\n'
    ))  # fmt: skip
    rows = [row('zhang_222', 4, 5), row('Ann', 1, 1), row('roe_555', 1, 0), row('al_555', 2, 0)]

    target, unknown = roster_file.write('block', tmp_path, rows, path)

    assert [line['block'] for line in read_csv(target)] == ['', '9', '', '', '']
    assert unknown == ['Ann', 'roe_555', 'al_555']


def test_a_wrong_roster_is_refused_before_grading(monkeypatch, capsys):
    monkeypatch.setenv('ROSTER', 'missing.csv')
    monkeypatch.setattr(grading, 'grade', lambda *given, **options: pytest.fail('graded first'))
    assert command.main(['grade', 'block']) == 1
    assert 'ROSTER=missing.csv cannot be read' in capsys.readouterr().err


def test_a_roster_of_neither_is_told(tmp_path):
    path = roster(tmp_path / 'list.csv', 'name,mail\na,b\n')
    with pytest.raises(engine.GradingError, match='neither Canvas.*it has the columns name, mail'):
        roster_file.write('block', tmp_path, [], path)


DUE = datetime(2026, 11, 20, 12)


@pytest.mark.parametrize(
    ('name', 'minutes', 'late'),
    [
        ('block.ipynb', -1, 0),
        ('block.ipynb', 0, 0),
        ('block.ipynb', 1, 1),
        ('block.ipynb', 24 * 60, 1),
        ('block.ipynb', 24 * 60 + 1, 2),
        ('doejane_12345_67890_block.ipynb', 9999, 0),
        ('doejane_LATE_12345_67890_block.ipynb', -1, 1),
    ],
)
def test_each_begun_day_after_the_due_date_counts(tmp_path, name, minutes, late):
    path = tmp_path / name
    path.touch()
    os.utime(path, (DUE.timestamp() + 60 * minutes,) * 2)
    assert lateness.days(path, DUE) == late


def test_a_penalty_is_taken_from_the_total_and_told(tmp_path):
    path = tmp_path / 'block.ipynb'
    path.touch()
    os.utime(path, (DUE.timestamp() + 90000,) * 2)
    rows = [row('ann', 4, 6), row('bob', 1, 0), row('cee', 4, 6), row('dan', 4, 6)]
    lateness.apply(rows, {'ann': path, 'bob': path, 'cee': None}, DUE, 10)
    assert [row['total'] for row in rows] == [8, 0, 10, 10]
    assert rows[0]['remark'] == '2 days late: -2 points · 迟交 2 天'
    assert (rows[1]['late'], rows[1]['penalty']) == (2, 1)


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('DUE', 'soon'),
        ('DUE', '2026-11-20'),
        ('PENALTY', '-1'),
        ('PENALTY', 'nan'),
        ('PENALTY', 'x'),
    ],
)
def test_a_wrong_option_is_told(monkeypatch, capsys, name, value):
    monkeypatch.setenv(name, value)
    assert command.main(['grade', 'block']) == 1
    assert f'{name}={value!r} is no ' in capsys.readouterr().err


def test_the_page_of_the_class_counts_and_names_nobody():
    rows = [row('ann', 4, 6), row('bob', 4, 1), row('cee', 0, 0), row('dan', 0, 0, graded=False)]
    page = class_page.page('block', rows)
    assert '3 of 4 students' in page
    assert '平均分 <strong>5.0</strong>' in page and '中位数 <strong>5.0</strong>' in page
    assert class_page.counts([10, 5, 0, 0.9, 9.9], 10) == [2, 0, 0, 0, 0, 1, 0, 0, 0, 2]
    assert re.search(r'one</td>.*2\.7 / 4</td><td class="number">2</td><td class="number">1', page)
    assert not re.search('ann|bob|cee|dan', page.split('<body>')[1])
    assert '0 of 1 students' in class_page.page('block', rows[3:])


def test_the_scores_of_a_class_open_in_a_spreadsheet(graded):
    lines = read_csv(graded.course / 'scores' / 'block.csv')
    assert len(lines) == 10 and '张伟_12345' in [line['student'] for line in lines]
    assert (graded.course / 'scores' / 'block.html').exists()


# what students get


@pytest.fixture(scope='module')
def handed_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp('handout')
    place(folder / 'block.ipynb', blank_notebook())
    with zipfile.ZipFile(handout.write(folder / 'h.zip', [folder / 'block.ipynb'])) as made:
        made.extractall(folder)
    return folder / handout.TOP


def test_the_handout_holds_the_course(handed_out):
    for name in ('README.md', 'Makefile', 'requirements.lock', 'd2l_ext/__init__.py',
                 'notebooks/00_start_here.ipynb', 'notebooks/zh/00_start_here.ipynb',
                 'exercises/block.ipynb', 'tools/bootstrap.py', 'pyproject.toml'):  # fmt: skip
        assert (handed_out / name).is_file(), name


def test_the_handout_holds_no_model_answer_and_no_history(handed_out):
    files = [path for path in handed_out.rglob('*') if path.is_file()]
    inside = {path.name for path in (handed_out / 'exercises').iterdir()}
    assert inside == {'block.ipynb', 'README.md'}
    students = (grading.FOLDER / 'for_students.md').read_bytes()
    assert (handed_out / 'exercises' / 'README.md').read_bytes() == students
    assert not any(path.name.startswith('.git') for path in files)
    for path in files:
        if path.suffix == '.ipynb':
            assert '### BEGIN' not in path.read_text(encoding='utf-8'), path


def test_the_handouts_makefile_has_what_students_need(handed_out):
    done = subprocess.run(
        ['make', '-n', *handout.TARGETS], cwd=handed_out, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    text = (handed_out / 'Makefile').read_text()
    assert set(re.findall(r'^([a-z-]+):', text, re.M)) == set(handout.TARGETS)
    assert 'exercises' not in text and '-m tools.run_notebooks' in done.stdout


def test_the_handout_has_what_running_the_lessons_reads(handed_out):
    done = subprocess.run(
        [sys.executable, '-m', 'tools.run_notebooks', '99'], cwd=handed_out, capture_output=True,
        text=True, env={**os.environ, 'PYTHONPATH': str(handed_out)},
    )  # fmt: skip
    assert done.returncode == 2 and "no lesson begins with '99'" in done.stderr, done.stderr
    assert (handed_out / 'benchmarks' / 'results' / 'waiting.json').is_file()


@pytest.mark.slow
@pytest.mark.parametrize(('language', 'folder'), [('en', 'build'), ('zh', 'build/zh')])
def test_a_lesson_of_the_handout_runs(handed_out, language, folder):
    done = subprocess.run(
        [sys.executable, '-m', 'tools.run_notebooks', '01', '--language', language],
        cwd=handed_out, env={**os.environ, 'PYTHONPATH': str(handed_out)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (handed_out / folder / '01_inception_block.html').is_file()


def test_no_link_of_the_handout_leads_nowhere(handed_out):
    seen = 0
    for path in [
        *handed_out.glob('*.md'),
        *handed_out.glob('docs/*.md'),
        # not in build/, where the slow test runs one lesson without its neighbours
        *handed_out.glob('notebooks/**/*.ipynb'),
        *handed_out.glob('exercises/**/*.ipynb'),
    ]:
        text = path.read_text(encoding='utf-8')
        if path.suffix == '.ipynb':
            cells = nbformat.reads(text, as_version=4).cells
            text = '\n'.join(cell.source for cell in cells if cell.cell_type == 'markdown')
        for link in re.findall(r'\]\((\.{0,2}[/\w]+\.(?:md|png|ipynb))[#)]', text):
            assert (path.parent / link).is_file(), f'{path.name}: {link}'
            seen += 1
    assert seen > 200


# JupyterLab


def test_formgrader_shows_the_course(monkeypatch):
    pytest.importorskip('nbgrader')
    from nbgrader.apps.baseapp import NbGrader

    monkeypatch.chdir(grading.FOLDER.parent)
    monkeypatch.setenv('JUPYTER_CONFIG_PATH', 'docs/jupyter')  # as `make lab` does
    app = NbGrader()

    app.load_config_file()

    assert app.config.CourseDirectory.root == str(grading.FOLDER)
    assert app.config.CourseDirectory.submitted_directory == 'prepared'


# the command


def run(monkeypatch, course, **environment):
    """Run `make grade` as Python sees it, in `course`."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    real = grading.grade
    monkeypatch.setattr(grading, 'grade', lambda name, **options: real(name, course, **options))
    return command.main(['grade', 'block'])


@pytest.mark.parametrize('student', ["O'Brien (2)", 'a[b]', '张伟_12345'])
def test_names_travel_through_the_environment(graded, monkeypatch, capsys, student):
    assert run(monkeypatch, graded.course, STUDENT=student) == 0
    assert '1 unchanged' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('student', 'says'),
    [
        ('', 'STUDENT is empty'),
        (' ', 'STUDENT is empty'),
        ('..', "STUDENT='..' is no name of a student"),
        ('../ann', "STUDENT='../ann' is no name of a student"),
        ('bob', 'bob has not submitted block: there are ann'),
    ],
)
def test_a_name_that_is_none_is_refused(tmp_path, monkeypatch, capsys, student, says):
    place(tmp_path / 'submitted' / 'ann' / 'block' / 'block.ipynb', '')
    assert run(monkeypatch, tmp_path, STUDENT=student) == 1
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    'student', ["O'Brien (2)", '张伟', 'a[b]', '..', '', 'a; exit 3', '"`id`"']
)
def test_make_hands_a_name_on_as_it_is(tmp_path, student):
    shows = tmp_path / 'python'
    shows.write_text('#!/bin/sh\nprintf %s "$STUDENT"\n')
    shows.chmod(0o755)
    # a make with -C, around these tests, has all that it starts print their folders
    words = ['-o', 'setup', f'PY={shows}', 'grade', 'NAME=block', f'STUDENT={student}']
    done = subprocess.run(
        ['make', '-s', '--no-print-directory', *words],
        cwd=grading.FOLDER.parent,
        capture_output=True,
        encoding='utf-8',
    )
    assert (done.returncode, done.stdout) == (0, student), done.stderr


def test_some_that_could_not_be_graded_are_no_failure(graded, monkeypatch, capsys):
    assert run(monkeypatch, graded.course) == 0
    assert re.search(r'\d of 10 graded; not: .*junk', capsys.readouterr().out)


def test_it_fails_if_nobody_could_be_graded(graded, monkeypatch, capsys):
    rows = [graded.by_name['junk'], graded.by_name['kills']]
    monkeypatch.setattr(grading, 'grade', lambda name, **options: rows)

    assert command.main(['grade', 'block']) == 1

    assert '0 of 2 graded; not: junk, kills' in capsys.readouterr().out


GRADE = """
import sys
from pathlib import Path
from exercises import __main__ as command, grading
real = grading.grade
grading.grade = lambda name, **options: real(name, Path(sys.argv[1]), **options)
sys.exit(command.main(['grade', 'block']))
"""


def test_an_interruption_costs_nobody_a_grade(tmp_path):
    pytest.importorskip('nbgrader')
    started = tmp_path / 'started'
    place(tmp_path / 'source' / 'block' / 'block.ipynb', source_notebook())
    place(tmp_path / 'nbgrader_config.py', (grading.FOLDER / 'nbgrader_config.py').read_text())
    endless = f'import os\nopen({str(started)!r}, "w").write(str(os.getpid()))\nwhile True: pass'
    for student in ('ann', 'bob'):
        place(tmp_path / 'submitted' / student / 'block.ipynb', answered(double=endless))
    process = subprocess.Popen(
        [sys.executable, '-c', GRADE, str(tmp_path)], cwd=grading.FOLDER.parent,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        wait_until(lambda: started.exists() and started.read_text())
        process.send_signal(signal.SIGINT)
        assert process.wait(90) == 130
    finally:
        process.kill()

    assert 'interrupted: run it again to go on' in process.stderr.read()
    assert not list(tmp_path.glob('records/block/*'))
    wait_until(lambda: not Path(f'/proc/{started.read_text()}').exists())


def wait_until(happens, seconds=60):
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_without_nbgrader_it_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setattr(engine, 'find_spec', lambda name: None)

    assert command.main(['assignment', 'block']) == 1

    assert 'run `make exercises-setup` first' in capsys.readouterr().err


def test_with_nothing_to_grade_it_says_where_submissions_go(tmp_path):
    (tmp_path / 'submitted').mkdir()

    with pytest.raises(grading.GradingError, match='submitted/STUDENT/block/'):
        grading.grade('block', tmp_path)


def test_a_failure_is_told_in_one_line():
    log = 'INFO\nTraceback\nnbclient.exceptions.DeadKernelError: Kernel died\n[ERROR] See above'
    assert engine.reason(log) == 'kernel ended'
    assert engine.reason('Traceback\nx.y.OddError: no\nmore') == 'OddError: no'
    # nbgrader sets the traceback of a cell in from the margin
    set_in = 'x\n    a.b.OddError: no\nc.NbGraderException: see above'
    assert engine.reason(set_in) == 'OddError: no'
    assert 'give more CELL_SECONDS' in engine.reason(set_in.replace('Odd', 'CellTimeout'))
    both = 'a.KeyError: 1\nb.NbGraderException: Please see the the above traceback'
    assert engine.reason(both) == 'KeyError: 1'
