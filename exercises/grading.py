"""Make student versions and grade submissions by nbgrader's own commands, one student at a time."""

import contextlib
import csv
import io
import os
import re
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from d2l_ext.runtime import files
from d2l_ext.tables import Table
from tools.run_notebooks import say

FOLDER = Path(__file__).resolve().parent
NAMES = ('block', 'binding', 'family')
# nbgrader's page asks for scripts of a CDN, and cuts long messages at its edge
WRAP = '<style>pre { white-space: pre-wrap; }</style>\n</head>'
SCRIPT = re.compile(r'<script\b[^>]*\bsrc=[^>]*>\s*</script>\s*')
DEAD = 'Kernel died'


class GradingError(Exception):
    """What went wrong, in a sentence that says what to do."""


def assignment(name, course=FOLDER) -> Path:
    """Write the student version of `name`, without answers and hidden tests; return its path."""
    nbgrader(course, 'generate_assignment', name, '--force')
    return course / 'release' / name / f'{name}.ipynb'


def grade(name, course=FOLDER, student=None) -> list:
    """Grade what lies in submitted/, or only `student`; write scores and feedback; return the scores.

    A score is a dict: student, points by question, total, and a remark on what could not be graded.
    Raises GradingError if there is nothing to grade.
    """
    students = submissions(name, course)
    if student and student not in students:
        raise GradingError(
            f'{student} has not submitted {name}: there are {", ".join(students) or "none"}'
        )
    if not students:
        raise GradingError(
            f'no submissions: put each at {course}/submitted/STUDENT/{name}/{name}.ipynb'
        )
    assignment(name, course)
    remarks, chosen = {}, [student] if student else students
    for i, one in enumerate(chosen):
        say(f'{name}  {i + 1} of {len(chosen)}  {one}', passing=True)
        start = time.perf_counter()
        try:
            nbgrader(course, 'autograde', name, '--force', '--student', one)
        except GradingError as error:
            remarks[one] = str(error)
        seconds = time.perf_counter() - start
        say(f'{name}  {i + 1} of {len(chosen)}  {one}  {seconds:.1f} s\n')
    if len(remarks) < len(chosen):
        feedback(name, course, student or '*')
    scores = read(name, course, students, remarks)
    write(name, course, scores)
    return scores


def submissions(name, course) -> list:
    """Return the students whose notebook lies where nbgrader looks for it."""
    return sorted(path.parts[-3] for path in course.glob(f'submitted/*/{name}/{name}.ipynb'))


def feedback(name, course, student):
    """Write a page of feedback, which loads nothing from the network, for `student`; '*': for all."""
    say(f'{name}  feedback', passing=True)
    nbgrader(course, 'generate_feedback', name, '--force', '--student', student)
    for page in course.glob(f'feedback/{student}/{name}/*.html'):
        text = SCRIPT.sub('', page.read_text(encoding='utf-8')).replace('</head>', WRAP, 1)
        files.replace(page, text)
    say('', passing=True)


def read(name, course, students, remarks) -> list:
    """Read the scores of `students` from nbgrader's database."""
    from nbgrader.api import Gradebook, MissingEntry

    rows = []
    with Gradebook(f'sqlite:///{course / "gradebook.db"}') as book:
        questions = {
            cell.name.removeprefix('test_'): cell.max_score
            for notebook in book.find_assignment(name).notebooks for cell in notebook.grade_cells
        }  # fmt: skip
        for student in students:
            points = dict.fromkeys(questions, 0.0)
            graded = (course / 'autograded' / student / name / f'{name}.ipynb').exists()
            if graded:  # nbgrader removes it where grading failed
                with contextlib.suppress(MissingEntry):
                    for notebook in book.find_submission(name, student).notebooks:
                        for entry in notebook.grades:
                            points[entry.name.removeprefix('test_')] = entry.score
            rows.append({
                'student': student, 'points': points, 'total': sum(points.values()),
                'out of': sum(questions.values()),
                'remark': '' if graded else remarks.get(student, 'not graded yet'),
            })  # fmt: skip
    return rows


def write(name, course, scores):
    """Write scores/NAME.csv, a row a student."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(['student', *scores[0]['points'], 'total', 'out of', 'remark'])
    for row in scores:
        rows.writerow([row['student'], *row['points'].values(), *list(row.values())[2:]])
    files.replace(course / 'scores' / f'{name}.csv', text.getvalue())


def table(scores) -> Table:
    """Return `scores` as a Table, a row a student."""
    rows = [
        [row['student'], *(f'{n:g}' for n in row['points'].values()), f'{row["total"]:g}',
         f'{row["out of"]:g}', row['remark']]
        for row in scores
    ]  # fmt: skip
    return Table(['student', *scores[0]['points'], 'total', 'out of', 'remark'], rows)


def nbgrader(course, *arguments):
    """Run an nbgrader command in `course`; GradingError with what it said if it fails."""
    if find_spec('nbgrader') is None:
        raise GradingError('nbgrader is not installed: run `make exercises-setup` first')
    # nbgrader calls `alembic` by its name, and the kernel must be that of this environment
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get('PATH', '')])
    roots = os.pathsep.join(filter(None, [str(FOLDER.parent), os.environ.get('PYTHONPATH')]))
    environment = {
        **os.environ, 'PATH': path, 'PYTHONPATH': roots, 'JUPYTER_PREFER_ENV_PATH': '1'
    }  # fmt: skip
    environment.setdefault('D2L_EXT_PROFILE', 'quick')
    done = subprocess.run(
        [sys.executable, '-m', 'nbgrader', *arguments], cwd=course, env=environment, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode:
        raise GradingError(reason(done.stdout))


def reason(log) -> str:
    """Say in one line what nbgrader's log says at length."""
    if DEAD in log:
        return 'not graded: a cell ended the kernel'
    if 'NotJSONError' in log or 'Notebook does not appear to be JSON' in log:
        return 'not graded: the file is no notebook'
    errors = re.findall(r'^(?:\w+\.)*(\w*(?:Error|Exception): .*)$', log, re.M)
    return f'not graded: {errors[-1] if errors else log.strip().splitlines()[-1]}'
