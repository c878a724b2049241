"""Scores in the file that a learning platform takes back: its own list of students, filled in.

Canvas: Grades, Export. Moodle: the assignment's "Download grading worksheet".
"""

import csv
import io
import re
from pathlib import Path

from d2l_ext.runtime import files

from .engine import GradingError

# what Canvas needs to know a student by; all other columns of its export stay as they are in Canvas
CANVAS = ('Student', 'ID', 'SIS User ID', 'SIS Login ID', 'Section')


def write(name, course, rows, path):
    """Write scores/NAME.canvas.csv or scores/NAME.moodle.csv, after the roster at `path`.

    Returns the file and the students whom the roster does not have. Who was not graded gets no score.
    """
    columns, lines = read(path)
    if 'Identifier' in columns:
        kind, column, known = 'moodle', 'Grade', ('Identifier', 'Full name', 'Email address')
    else:
        kind, known = 'canvas', ('ID', 'SIS User ID', 'SIS Login ID', 'Student')
        column = next((text for text in columns if re.fullmatch(rf'{name} \(\d+\)', text)), name)
        columns = [text for text in CANVAS if text in columns] + [column]
    met = match(rows, lines, known)
    for i, line in enumerate(lines):
        if (line.get('Student') or '').strip() == 'Points Possible':
            line[column] = f'{rows[0]["out of"]:g}'
        elif row := met.get(i):
            line[column] = f'{row["total"]:g}' if row['graded'] else ''
        else:
            line.setdefault(column, '')
    target = course / 'scores' / f'{name}.{kind}.csv'
    text = io.StringIO()
    out = csv.DictWriter(text, columns, extrasaction='ignore')
    out.writeheader()
    out.writerows(lines)
    files.replace(target, text.getvalue().encode('utf-8-sig'))
    found = [row['student'] for row in met.values()]
    return target, [row['student'] for row in rows if row['student'] not in found]


def match(rows, lines, known) -> dict:
    """Return {place of a line: the one of `rows` that it is about}; `known`: columns, the surest first.

    A score that two lines could have, or a line that could have two scores, has none.
    """
    met = {}
    for column in known:
        scores = once((row['student'], row) for row in rows if row not in met.values())
        places = once((line.get(column), i) for i, line in enumerate(lines) if i not in met)
        met |= {places[key]: row for key, row in scores.items() if key in places}
    return met


def once(pairs) -> dict:
    """Return {key of a text: what it stands beside}, from `pairs`, without keys that come twice."""
    found = {}
    for text, value in pairs:
        for key in keys(text):
            found.setdefault(key, []).append(value)
    return {key: values[0] for key, values in found.items() if len(values) == 1}


def read(path):
    """Return the columns and the lines of the roster at `path`, which Canvas or Moodle exported."""
    try:
        text = Path(path).read_text(encoding='utf-8-sig')
    except (OSError, ValueError) as error:
        raise GradingError(f'ROSTER={path} cannot be read: {error}') from error
    lines = csv.DictReader(io.StringIO(text))
    columns = list(lines.fieldnames or [])
    if 'Identifier' not in columns and not {'Student', 'ID'} <= set(columns):
        raise GradingError(
            f"ROSTER={path} is neither Canvas's export of grades nor Moodle's grading worksheet: "
            f'it has the columns {", ".join(columns)}'
        )
    return columns, list(lines)


def keys(text) -> list:
    """Return what a student may be known by in `text`: its last number, else all of it."""
    text = (text or '').strip()
    number = re.fullmatch(r'(?:.*[_ ])?(\d+)', text)
    return [number[1]] if number else [text.casefold()] if text else []
