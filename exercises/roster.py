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
    scores = {key: row for row in rows for key in keys(row['student'])}
    if 'Identifier' in columns:
        kind, column, known = 'moodle', 'Grade', ('Identifier', 'Full name', 'Email address')
    elif {'Student', 'ID'} <= set(columns):
        kind, known = 'canvas', CANVAS[:4]
        column = next((text for text in columns if re.fullmatch(rf'{name} \(\d+\)', text)), name)
        columns = [text for text in CANVAS if text in columns] + [column]
    else:
        raise GradingError(
            f"ROSTER={path} is neither Canvas's export of grades nor Moodle's grading worksheet: "
            f'it has the columns {", ".join(columns)}'
        )
    met = set()
    for line in lines:
        row = next((scores[k] for text in known for k in keys(line.get(text)) if k in scores), None)
        if line.get('Student', '').strip() == 'Points Possible':
            line[column] = f'{rows[0]["out of"]:g}'
        elif row:
            met.add(row['student'])
            line[column] = f'{row["total"]:g}' if row['graded'] else ''
        else:
            line.setdefault(column, '')
    target = course / 'scores' / f'{name}.{kind}.csv'
    text = io.StringIO()
    out = csv.DictWriter(text, columns, extrasaction='ignore')
    out.writeheader()
    out.writerows(lines)
    files.replace(target, text.getvalue().encode('utf-8-sig'))
    return target, [row['student'] for row in rows if row['student'] not in met]


def read(path):
    """Return the columns and the lines of the roster at `path`."""
    try:
        text = Path(path).read_text(encoding='utf-8-sig')
    except (OSError, ValueError) as error:
        raise GradingError(f'ROSTER={path} cannot be read: {error}') from error
    lines = csv.DictReader(io.StringIO(text))
    return list(lines.fieldnames or []), list(lines)


def keys(text) -> list:
    """Return what a student may be known by in `text`: its last number, else all of it."""
    text = (text or '').strip()
    number = re.fullmatch(r'(?:.*[_ ])?(\d+)', text)
    return [number[1]] if number else [text.casefold()] if text else []
