"""The scores of a class: read from nbgrader's database, shown as a table, written as a file."""

import contextlib
import csv
import io

from d2l_ext.runtime import files
from d2l_ext.tables import Table

REST = ('late', 'penalty', 'total', 'out of', 'remark', 'log')  # columns after the questions'
WIDTH = 60  # of a remark in the table; the file has all of it


def students(name, course):
    """Return whose grades for `name` nbgrader's database has; None if it does not know `name`."""
    from nbgrader.api import Gradebook, MissingEntry

    path = course / 'gradebook.db'
    if path.exists():
        with contextlib.suppress(MissingEntry), Gradebook(f'sqlite:///{path}') as book:
            book.find_assignment(name)
            return {sent.student.id for sent in book.assignment_submissions(name)}


def read(name, course, found) -> list:
    """Return a dict a student, from `found`, pairs of a submission and the record of its grading.

    It holds: student, key (the name as nbgrader has it), points and max by question, comments by cell,
    total, out of, graded (or could not be), remark, log (the path of nbgrader's words if it could not
    be), and late and penalty, which `lateness.apply` sets.
    """
    from nbgrader.api import Gradebook, MissingEntry

    rows = []
    with Gradebook(f'sqlite:///{course / "gradebook.db"}') as book:
        questions = {
            cell.name.removeprefix('test_'): cell.max_score
            for notebook in book.find_assignment(name).notebooks for cell in notebook.grade_cells
        }  # fmt: skip
        for one, kept in found:
            points, comments = dict.fromkeys(questions, 0.0), {}
            if kept.get('graded'):
                try:
                    for notebook in book.find_submission(name, one.key).notebooks:
                        for entry in notebook.grades:
                            points[entry.name.removeprefix('test_')] = entry.score
                        comments |= {comment.name: comment.comment for comment in notebook.comments}
                except MissingEntry:  # somebody took it out of the database
                    kept = {}
            graded = kept.get('graded', False)
            rows.append({
                'student': one.student, 'key': one.key, 'points': points,
                'max': questions, 'comments': comments, 'total': sum(points.values()),
                'out of': sum(questions.values()), 'graded': graded, 'late': 0, 'penalty': 0,
                'remark': kept.get('remark', 'not graded yet'),
                'log': f'records/{name}/{one.key}.log' if kept and not graded else '',
            })  # fmt: skip
    return rows


def write(name, course, rows):
    """Write scores/NAME.csv, a row a student; with a mark by which Excel knows it for UTF-8."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(['student', *rows[0]['points'], *REST])
    for row in rows:
        lines.writerow([row['student'], *row['points'].values(),
                        *(row[column] for column in REST)])  # fmt: skip
    files.replace(course / 'scores' / f'{name}.csv', text.getvalue().encode('utf-8-sig'))


def table(rows) -> Table:
    """Return the scores as a Table, a row a student, with remarks of at most `WIDTH` characters."""
    lines = [
        [row['student'], *(f'{n:g}' for n in row['points'].values()), f'{row["total"]:g}',
         f'{row["out of"]:g}', short(row['remark'], row['log'])]
        for row in rows
    ]  # fmt: skip
    return Table(['student', *rows[0]['points'], 'total', 'out of', 'remark'], lines)


def short(remark, log='') -> str:
    """Return `remark`, in English, and the path of the log in at most `WIDTH` characters.

    The path stays whole. A remark on what a student's page shows is in both languages.
    """
    remark = '; '.join(part.split(' · ')[0] for part in remark.split('; '))
    if not log:
        return cut(remark, WIDTH)
    return cut(f'{cut(remark, max(20, WIDTH - len(log) - 2))}: {log}', WIDTH)


def cut(text, width) -> str:
    return text if len(text) <= width else text[: width - 1] + '…'


def summary(rows) -> str:
    """Say in one line how many could be graded, and who could not."""
    missing = [row['student'] for row in rows if not row['graded']]
    text = f'{len(rows) - len(missing)} of {len(rows)} graded'
    return text + (f'; not: {", ".join(missing)}' if missing else '')
