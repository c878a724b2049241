"""Due dates: how late a submission is, and what that costs."""

import math
from datetime import datetime

from .engine import GradingError
from .submissions import CANVAS

DAY = 86400


def due_date(text):
    """Return DUE as a datetime of this machine's time zone; None if it is empty."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or ':' not in text:  # a date alone would be its first second
        raise GradingError(f'DUE={text!r} is no date and time: give both, like 2026-11-20T23:59')
    return moment


def percent(text) -> float:
    """Return PENALTY, the percentage of all points that each day of delay costs."""
    try:
        number = float(text or 0)
    except ValueError:
        number = -1
    if not 0 <= number <= 100:
        raise GradingError(
            f'PENALTY={text!r} is no percentage: give 0 to 100, for each day of delay'
        )
    return number


def days(path, due) -> int:
    """Return how many days after `due`, each begun day counted, the file at `path` was changed.

    A file that Canvas named counts as one day late if Canvas wrote LATE into its name, and else as in
    time: Canvas's zip does not say when a file came.
    """
    if canvas := CANVAS.fullmatch(path.name):
        return int(bool(canvas['late']))
    return max(0, math.ceil((path.stat().st_mtime - due.timestamp()) / DAY))


def apply(rows, sent, due, penalty):
    """Take from the total of each of `rows` what `penalty` percent a day cost; `sent`: key to path."""
    for row in rows:
        late = days(sent[row['key']], due) if due and sent.get(row['key']) else 0
        lost = min(row['total'], late * penalty / 100 * row['out of'])
        row.update(late=late, penalty=lost, total=row['total'] - lost)
        if late:
            said = f'{late} day{"s" * (late > 1)} late: -{lost:g} points · 迟交 {late} 天'
            row['remark'] = f'{row["remark"]}; {said}' if row['remark'] else said
