"""What a person waits for: set-up, imports, the first batch, the first training step, lessons, tests.

The lessons are timed one by one, with all threads, as a reader runs them.
Each in seconds, and in R, the seconds of one training step of the lecture's network on this machine.
"""

from d2l_ext.figures import bars
from d2l_ext.tables import Table

from ..driver import ROOT, Contestant
from ..report import figures_table, spread_of
from ..spread import UNIT, Figure, in_units, over, spread, value

TITLE = 'What a person waits for'
TITLES = {
    UNIT: 'one training step, R',
    'setup': 'make setup, from nothing',
    'import_d2l_ext': 'import d2l_ext',
    'import_mxnet': 'import mxnet, after it',
    'first_batch_warm': 'first batch of the 60 000, cache warm',
    'first_batch_cold': 'first batch of the 60 000, cache cold',
    'first_step': 'kernel start to first training step',
}
ONCE = {'lessons': 'all lessons', 'tests': 'make test'}
LESSONS = [path.stem for path in sorted((ROOT / 'notebooks').glob('*.ipynb'))]
CELLS = 20  # dearest cells in the table


def lessons(numbers) -> dict:
    """Return {lesson: R} of a round, of those that ran to their end."""
    told, R = numbers['lessons']['pages'], numbers[UNIT]['seconds']
    return {name: told[name]['seconds'] / R for name in LESSONS if name in told}


def all_lessons(numbers) -> float:
    """Return the R of all lessons of a round; KeyError if one was not run."""
    told = lessons(numbers)
    return sum(told[name] for name in LESSONS)


def dearest_lesson(numbers) -> float:
    """Return the R of the longest lesson of a round; KeyError if one was not run."""
    told = lessons(numbers)
    return max(told[name] for name in LESSONS)


FIGURES = {
    'R, seconds': Figure(value(UNIT, 'seconds')),
    'make setup, seconds': Figure(value('setup', 'seconds')),
    'longest lesson, R': Figure(dearest_lesson, {'max at most': 40}, least=1),
    'all lessons, R': Figure(all_lessons, {'max at most': 380}, least=1),
    'make test, R': Figure(in_units('tests'), {'max at most': 500}, least=1),
}


def rounds(quick):
    return 1 if quick else 3


def contestants(quick):
    module = 'benchmarks.contestants.waiting'
    once = {
        'lessons': Contestant(f'{module}:lessons', rounds=1),
        'tests': Contestant(f'{module}:tests', rounds=1),
        'setup': Contestant(f'{module}:setup', rounds=1),
    }
    return {
        UNIT: Contestant('benchmarks.contestants.unit:measure', {'warm_up': 2} if quick else {}),
        'import_d2l_ext': Contestant(f'{module}:import_d2l_ext'),
        'import_mxnet': Contestant(f'{module}:import_mxnet'),
        'first_batch_warm': Contestant(f'{module}:first_batch', {}, ('images',)),
        'first_batch_cold': Contestant(f'{module}:first_batch', {'cold': True}, ('images',)),
        'first_step': Contestant(f'{module}:first_step'),
        **({} if quick else once),
    }


def more(found) -> dict:
    """Return what else is kept: R in seconds, and the R of each lesson, for who reads them."""
    told = over(found, value(UNIT, 'seconds'))
    by_lesson = {}
    for each in over(found, lessons):
        by_lesson |= each
    return {'R': spread(told)['median'] if told else None, 'lessons': by_lesson}


def _rows(found):
    """Return (title, seconds, R, note) of everything that was measured or could not be.

    Seconds and R are spreads, or None.
    """
    notes = {**found['missing']}
    notes |= {failure['contestant']: f'failed: {failure["words"]}' for failure in found['failures']}
    for name in ONCE:
        if failed := over(found['rounds'], lambda numbers, name=name: numbers[name]['failed']):
            notes[name] = f'failed: {", ".join(failed[-1])}'
    rows = []
    for name, called in {**TITLES, **ONCE}.items():
        units = over(found['rounds'], in_units(name))
        note = notes.get(name, '').splitlines()[-1:]
        seconds = spread_of(found, name, 'seconds')
        rows.append((called, seconds, spread(units) if units else None, ''.join(note)))
    for numbers in found['rounds']:
        rows += _within(numbers)
    return [row for row in rows if row[1] or row[3]]


def _within(numbers):
    """Return the rows of the commands in `make test`, and of the lessons, of a round."""
    named = [
        (f'of it: {part["command"].removeprefix("-m ")}', part)
        for part in numbers.get('tests', {}).get('parts', [])
    ]
    named += [
        (f'lesson {name}', lesson)
        for name, lesson in numbers.get('lessons', {}).get('pages', {}).items()
    ]
    R = numbers.get(UNIT, {}).get('seconds')
    return [
        (called, _single(part['seconds']), R and _single(part['seconds'] / R), '')
        for called, part in named
    ]


def _single(number):
    return dict.fromkeys(('median', 'min', 'max'), number)


def tables(found):
    empty = dict.fromkeys(('median', 'min', 'max'))
    rows = [
        [called, *(seconds or empty).values(), (units or empty)['median'], note]
        for called, seconds, units, note in _rows(found)
    ]
    return [
        Table(['seconds', 'median', 'min', 'max', 'R', 'note'], rows),
        cells_table(found),
        figures_table(found),
    ]


def cells_table(found) -> Table:
    """Tabulate the cells that cost most: where they stand, and what they are for."""
    rows = []
    for numbers in found['rounds']:
        R = numbers.get(UNIT, {}).get('seconds')
        for name, lesson in numbers.get('lessons', {}).get('pages', {}).items():
            for cell in lesson['cells']:
                units = cell['seconds'] / R if R else None
                words = map(_cut, (cell['under'], cell['ends']))
                rows.append([name, cell['cell'], cell['seconds'], units, *words])
    rows.sort(key=lambda row: -row[2])
    columns = ['lesson', 'code cell', 'seconds', 'R', 'stands under', 'ends with']
    return Table(columns, rows[:CELLS], title='The dearest cells')


def _cut(text, width=44):
    return text if len(text) <= width else f'{text[: width - 1]}…'


def picture(found):
    rows = [row for row in _rows(found) if row[0] != TITLES[UNIT]]
    if not rows:
        return None
    values = {called: units or ('failed' if note else 'no R') for called, _, units, note in rows}
    unit = 'R, median; the line spans all rounds; set-up, lessons and tests are run once'
    if told := found['figures'].get('R, seconds'):
        unit = f'R ({told["median"]:.2g} s here), {unit[3:]}'
    title = TITLE
    if told := found['figures'].get('all lessons, R'):
        longest = found['figures']['longest lesson, R']['median']
        title = (
            f'All {len(LESSONS)} lessons take {told["median"]:.0f} R, the longest {longest:.0f} R'
        )
    return bars(values, unit, title, [called for called in values if called.startswith('lesson')])
