"""Put what a learning platform exported as one zip where `make grade` looks for it.

Moodle ("Download all submissions") names a file `Jane Doe_1234567_assignsubmission_file/block.ipynb`, or
the same in one name where the option "in folders" is off; the number is the participant's. Canvas
("Download submissions") names it `doejane_LATE_12345_67890_block-1.ipynb`: the student's number, the
file's, and LATE and -1 only where they apply. Both become `submitted/NAME_NUMBER/ASSIGNMENT/FILE`.
"""

import os
import re
import time
import zipfile
import zlib
from pathlib import PurePosixPath

from d2l_ext.runtime import files

from .engine import GradingError
from .submissions import CANVAS, refusal

MOODLE = re.compile(
    r'(?P<student>[^/]+_\d+)_assignsubmission_(?:file|onlinetext)_?/?(?P<file>[^/].*)'
)


def collect(path, name, course):
    """Unpack the zip at `path` into submitted/; return the students, and what was not taken.

    Files keep the time that the zip gives them, so that the newest of several can be told. Raises
    GradingError if `path` is no zip, or holds nothing that is named as Moodle or Canvas name it.
    """
    if not path:
        raise GradingError('ZIP is empty: make collect NAME=block ZIP=downloads/submissions.zip')
    students, left = set(), []
    try:
        with zipfile.ZipFile(path) as exported:
            for member in exported.infolist():
                if member.is_dir():
                    continue
                student, file = whose(member.filename)
                if not student or refusal(student) or file.startswith('.'):
                    left.append(member.filename)
                    continue
                target = course / 'submitted' / student / name / file
                put(target, exported.read(member), time.mktime((*member.date_time, 0, 0, -1)))
                students.add(student)
    except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, OverflowError) as error:
        raise GradingError(f'ZIP={path} cannot be read: {error}') from error
    if not students:
        raise GradingError(f'ZIP={path} holds no file that is named as Moodle or Canvas name it')
    return sorted(students), left


def whose(member):
    """Return the student and the name of a file of a zip; ('', '') if no platform names it so."""
    if moodle := MOODLE.fullmatch(member):
        return moodle['student'], PurePosixPath(moodle['file']).name
    if canvas := CANVAS.fullmatch(member):
        return f'{canvas["name"]}_{canvas["number"]}', member
    return '', ''


def put(target, content, when):
    """Write `content` to `target`, with the time `when`; leave a file that holds the same."""
    if target.is_file() and target.read_bytes() == content:
        return
    files.replace(target, content)
    os.utime(target, (when, when))
