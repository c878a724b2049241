"""Make student versions and grade submissions, one student at a time, only what is new or changed."""

import contextlib
import json
import os
import shutil
import time
import warnings
from pathlib import Path

from d2l_ext.runtime import files
from tools.run_notebooks import say

import nbformat

from . import class_page, feedback, lateness, repair, scores, submissions
from .engine import FOLDER, GradingError, apart, log_of, nbgrader, reason

NAMES = ('block', 'binding', 'family')


def assignment(name, course=FOLDER) -> Path:
    """Write the student version of `name`, without answers and hidden tests; return its path."""
    with nbgrader(course) as api:
        result = apart(api.generate_assignment, name)
    log = log_of(result)
    if not result['success']:
        raise GradingError(f'{name} has no student version: {reason(log)}')
    return course / 'release' / name / f'{name}.ipynb'


def grade(name, course=FOLDER, student=None, force=False, hidden=True, due=None, penalty=0) -> list:
    """Grade what is new or changed in submitted/, or only `student`; write scores and feedback.

    `force` grades the unchanged again, `hidden` shows the hidden tests on the feedback pages, each day
    after `due` costs `penalty` percent of all points. Returns the scores, a dict a student: see
    `scores.read`. Raises GradingError if there is nothing to grade.
    """
    found = submissions.find(name, NAMES, course)
    chosen = only(student, found, name) if student is not None else found
    if not found:
        raise GradingError(f'no submissions: put each at {course}/submitted/STUDENT/{name}/')
    with nbgrader(course):
        there = scores.students(name, course)
    new = [one for one in chosen if force or not unchanged(name, course, one, there)]
    if new:
        blank = nbformat.read(assignment(name, course), as_version=4)
    for i, one in enumerate(new):
        heading = f'{name}  {i + 1} of {len(new)}  {one.student}'
        say(heading, passing=True)
        start = time.perf_counter()
        grade_one(name, course, one, blank)
        say(f'{heading}  {time.perf_counter() - start:.1f} s\n')
    if len(new) < len(chosen):
        say(f'{name}  {len(chosen) - len(new)} unchanged: FORCE=1 grades them again\n')
    rows = scores.read(name, course, [(one, record(name, course, one)) for one in found])
    lateness.apply(rows, {one.key: one.path for one in found}, due, penalty)
    feedback.write(name, course, rows, hidden)
    class_page.write(name, course, rows)
    scores.write(name, course, rows)
    return rows


def only(student, found, name) -> list:
    """Return the submission of `student` alone."""
    if submissions.refusal(student):
        raise GradingError(submissions.refusal(student))
    chosen = [one for one in found if one.student == student]
    if not chosen:
        there = ', '.join(one.student for one in found) or 'none'
        raise GradingError(f'{student} has not submitted {name}: there are {there}')
    return chosen


def grade_one(name, course, one, blank):
    """Repair and grade one submission; keep nbgrader's log, and a record of what was found."""
    path = record_path(name, course, one)
    path.unlink(missing_ok=True)  # an interruption leaves no grade of half a notebook
    remarks, log, graded = [], '', False
    if one.others:
        remarks.append(f'{one.path.name} counts, not {", ".join(one.others)} · 以前一个为准')
    autograded = course / 'autograded' / one.key / name
    shutil.rmtree(autograded, ignore_errors=True)
    try:
        if one.path is None:
            raise GradingError(f'no notebook for {name}')
        remarks += prepare(name, course, one, blank)
        with nbgrader(course) as api:
            result = apart(api.autograde, name, one.key)
        log, graded = log_of(result), result['success']
        if not graded:
            raise GradingError(reason(log))
    except GradingError as error:
        remarks.insert(0, f'not graded: {error}')
    kept = {'of': state(name, course, one), 'graded': graded, 'remark': '; '.join(remarks)}
    files.replace_all({
        path.with_suffix('.log'): log or f'{kept["remark"]}\n',
        path: json.dumps(kept, ensure_ascii=False, indent=1) + '\n',
    })  # fmt: skip


def prepare(name, course, one, blank) -> list:
    """Write the repaired submission where nbgrader looks for it; return what was repaired."""
    folder = course / 'prepared' / one.key / name
    shutil.rmtree(folder, ignore_errors=True)
    for path in beside(course, one):
        copy = folder / path.relative_to(one.path.parent)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    try:
        text = one.path.read_text(encoding='utf-8-sig')
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # about ids, which the repair makes anew
            notebook = nbformat.reads(text, as_version=4)
        done = repair.repair(notebook, blank)
        text = nbformat.writes(notebook)
    except (ValueError, AttributeError, KeyError, TypeError, nbformat.ValidationError) as error:
        raise GradingError(f'{one.path.name} is no notebook') from error
    files.replace(folder / f'{name}.ipynb', text)
    return done


def beside(course, one) -> list:
    """Return the files other than notebooks that a student sent along."""
    if one.path is None or one.path.parent == course / 'submitted':
        return []
    return [
        path for path in sorted(one.path.parent.rglob('*'))
        if path.is_file() and path.suffix != '.ipynb' and '.ipynb_checkpoints' not in path.parts
    ]  # fmt: skip


def state(name, course, one) -> str:
    """Return what a grade depends on: the submission, the assignment and the settings, as a hash."""
    ours = [course / 'source' / name / f'{name}.ipynb', course / 'nbgrader_config.py']
    sent = [one.path, *beside(course, one)] if one.path else []
    parts = [f'{path.name} {files.sha256(path.read_bytes())}' for path in [*ours, *sent]]
    return files.sha256('\n'.join([*parts, *one.others, os.environ.get('CELL_SECONDS', '')]))


def unchanged(name, course, one, there) -> bool:
    """Say if a submission was graded as it is now; `there`: whose grades the database has, or None."""
    kept = record(name, course, one)
    if there is None or kept.get('of') != state(name, course, one):
        return False
    return not kept['graded'] or one.key in there


def record(name, course, one) -> dict:
    """Return what `grade_one` kept of a submission; {} if it was not graded, or its page is gone."""
    with contextlib.suppress(OSError, ValueError):
        kept = json.loads(record_path(name, course, one).read_text(encoding='utf-8'))
        if not kept['graded'] or autograded(name, course, one.key).exists():
            return kept
    return {}


def record_path(name, course, one) -> Path:
    return course / 'records' / name / f'{one.key}.json'


def autograded(name, course, key) -> Path:
    return course / 'autograded' / key / name / f'{name}.ipynb'
