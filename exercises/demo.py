"""Made-up submissions, and the scores that grading must give them."""

import copy
import os
import shutil
import time
from pathlib import Path

from tools.run_notebooks import say

import nbformat

from . import grading
from . import scores as tables
from .made_up import MADE_UP, SENT

FOLDER = grading.FOLDER.parent / 'build' / 'exercises-demo'
BEGIN, END = '### BEGIN SOLUTION', '### END SOLUTION'


def main(names, course=FOLDER) -> int:
    """Run the whole flow for the assignments `names` in `course`; 1 if a score is not as expected."""
    wrong, start = [], time.perf_counter()
    for name in names:
        prepare(name, course)
        scores = grading.grade(name, course)
        print(f'\n{tables.table(scores)}\n')
        wrong += check(name, scores, course)
    say(f'{len(names)} assignments, {time.perf_counter() - start:.0f} s: ')
    print('\n'.join(wrong) if wrong else 'every score is as expected')
    return int(bool(wrong))


def prepare(name, course):
    """Make a course in `course` with nbgrader's settings, the source, and the submissions."""
    shutil.rmtree(course / 'submitted', ignore_errors=True)
    for folder in ('source', 'prepared', 'records', 'autograded', 'feedback'):
        for old in [course / folder / name, *course.glob(f'{folder}/*/{name}')]:
            shutil.rmtree(old, ignore_errors=True)
    (course / 'gradebook.db').unlink(missing_ok=True)
    source = Path('source') / name / f'{name}.ipynb'
    (course / source).parent.mkdir(parents=True, exist_ok=True)
    for file in (source, 'nbgrader_config.py'):
        shutil.copy(grading.FOLDER / file, course / file)
    blank, answers = grading.assignment(name, course), model_answers(course / source)
    for student, (cells, _) in MADE_UP[name].items():
        notebook = nbformat.read(blank, as_version=4)
        if cells is not ...:
            fill(notebook, {**answers, **cells})
        path = course / 'submitted' / student / name / f'{name}.ipynb'
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    now, right = time.time(), nbformat.read(blank, as_version=4)
    fill(right, answers)
    for files, _ in SENT.get(name, {}).values():
        for file in files:
            path = course / 'submitted' / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.change(copy.deepcopy(right)), encoding='utf-8')
            os.utime(path, (now - 60 * file.minutes,) * 2)


def model_answers(path) -> dict:
    """Return the model answers of a source notebook by cell, without the marks around them."""
    cells = nbformat.read(path, as_version=4).cells
    return {
        cell.metadata.nbgrader.grade_id: '\n'.join(
            line for line in cell.source.splitlines() if line.strip() not in (BEGIN, END)
        )
        for cell in cells if BEGIN in cell.source
    }  # fmt: skip


def fill(notebook, sources):
    """Put `sources` into the cells that they name; None leaves a cell as it is, '' removes it."""
    for cell in list(notebook.cells):
        source = sources.get(cell.metadata.nbgrader.grade_id)
        if source == '':
            notebook.cells.remove(cell)
        elif source is not None:
            cell.source = source


def check(name, scores, course) -> list:
    """Compare `scores` with what was expected, and look at the feedback; return what is wrong."""
    wrong = []
    given = {row['student']: row for row in scores}
    points = points_of(course / 'source' / name / f'{name}.ipynb')
    answered = {student: lost for student, (_, lost) in MADE_UP[name].items()}
    remarks = {student: remark for student, (_, remark) in SENT.get(name, {}).items()}
    sent = {one: ... if said.startswith('not graded') else () for one, said in remarks.items()}
    for student, lost in {**answered, **sent}.items():
        if student not in given:
            wrong.append(f'{name}, {student}: no row')
            continue
        row = given[student]
        expected = {q: 0 if lost is ... or q in lost else n for q, n in points.items()}
        if row['points'] != expected:
            wrong.append(f'{name}, {student}: expected {expected}, got {row["points"]}')
        said = tables.short(row['remark'])
        if said != remarks.get(student, said):
            wrong.append(f'{name}, {student}: expected {remarks[student]!r}, got {said!r}')
        page = course / 'feedback' / row['key'] / name / f'{name}.html'
        if page.exists() != row['graded']:
            wrong.append(f'{name}, {student}: remark {row["remark"]!r}, feedback {page.exists()}')
    return wrong + [f'{name}, {one}: not sent' for one in given if one not in {**answered, **sent}]


def points_of(path) -> dict:
    """Return the points of each question of a source notebook."""
    return {
        cell.metadata.nbgrader.grade_id.removeprefix('test_'): cell.metadata.nbgrader.points
        for cell in nbformat.read(path, as_version=4).cells if cell.metadata.nbgrader.grade
    }  # fmt: skip
