"""Find what each student sent: any one notebook in the student's folder, under any name."""

import re
from dataclasses import dataclass, field
from pathlib import Path

# doejane_LATE_12345_67890_block-1.ipynb: as Canvas names a file in its zip
CANVAS = re.compile(r'(?P<name>[^/_]+)(?P<late>_LATE)?_(?P<number>\d+)_\d+_.+')
# a notebook that needs no folder: as Canvas names it, or ann_12345_block.ipynb
FLAT = re.compile(r'(?P<student>.+?)_(?:LATE_)?(?P<number>\d+)_(?:\d+_)?(?P<rest>.*)', re.I)
NUMBER = re.compile(r'[(-](\d+)\)?$')


@dataclass
class Submission:
    """What a student sent: the notebook that counts (None if there is none), and the others."""

    student: str
    path: Path | None = None
    others: list = field(default_factory=list)

    @property
    def key(self) -> str:
        """Return the student's name as nbgrader can take it: for file patterns, some are special."""
        return key(self.student)


def key(student) -> str:
    """Return `student` with every character that means something in a file pattern as %XX."""
    return re.sub(r"[^\w .,'()@-]|^[\s.]|\s$", lambda found: percent(found[0]), student)


def percent(text) -> str:
    """Return the bytes of `text` as a link writes them; those of a name that is no UTF-8 too."""
    return ''.join(f'%{byte:02X}' for byte in text.encode('utf-8', 'surrogateescape'))


def refusal(student) -> str:
    """Say why `student` cannot be the name of a folder; '' if it can."""
    if not student.strip():
        return 'STUDENT is empty: give a name, or leave STUDENT out to grade all'
    if student.startswith('.') or '/' in student or '\\' in student:
        return f'STUDENT={student!r} is no name of a student: it must be that of a folder'
    return ''


def find(name, names, course) -> list:
    """Return the Submissions to the assignment `name`, one a student, in the order of their names.

    `names` are those of all assignments: a file or a folder named after another one is not of this
    one. Of several notebooks the one changed last counts; of those of one second the one with the
    higher number, `block (2)` before `block (1)`; then the last by name.
    """
    found = {}
    for path in sorted(course.glob('submitted/*')):
        if path.name.startswith('.'):
            continue
        if path.is_dir():
            ours = [file for file in notebooks(path) if belongs(file, path, name, names)]
            found.setdefault(path.name, []).extend(ours)
        elif path.suffix == '.ipynb' and belongs(path, path.parent, name, names):
            found.setdefault(owner(path), []).append(path)
    return [choose(student, paths) for student, paths in sorted(found.items())]


def notebooks(folder) -> list:
    """Return the notebooks in `folder` and below, without Jupyter's checkpoints."""
    return [
        path for path in sorted(folder.rglob('*.ipynb'))
        if not any(part.startswith('.') for part in path.relative_to(folder).parts)
    ]  # fmt: skip


def belongs(path, folder, name, names) -> bool:
    """Say if the notebook in a student's `folder` is one for `name`: if it names no other one."""
    flat = FLAT.fullmatch(path.stem)  # a student's name may hold that of an assignment
    for text in [*path.relative_to(folder).parts[:-1], flat['rest'] if flat else path.stem]:
        named = [other for other in names if other in text.casefold()]
        if named:
            return name in named
    return True


def owner(path) -> str:
    """Return the student of a notebook that lies in no student's folder: `ann_12345`."""
    flat = FLAT.fullmatch(path.stem)
    return f'{flat["student"]}_{flat["number"]}' if flat else path.stem


def choose(student, paths) -> Submission:
    """Return the Submission in which the newest of `paths` counts."""
    if not paths:
        return Submission(student)
    *others, newest = sorted(paths, key=age)
    return Submission(student, newest, [path.name for path in others])


def age(path):
    """Return what sorts notebooks from old to new."""
    number = NUMBER.search(path.stem)
    return int(path.stat().st_mtime), int(number[1]) if number else 0, path.name
