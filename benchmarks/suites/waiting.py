"""What a person waits for: imports, the first batch, the first training step, each lesson."""

from d2l_ext.figures import bars
from d2l_ext.tables import Table

from ..driver import ROOT, Contestant
from ..report import spread_of
from ..spread import Figure

TITLE = 'What a person waits for, seconds'
TITLES = {
    'import_d2l_ext': 'import d2l_ext',
    'import_mxnet': 'import mxnet, after it',
    'first_batch_warm': 'first batch of the 60 000, cache warm',
    'first_batch_cold': 'first batch of the 60 000, cache cold',
    'first_step': 'kernel start to first training step',
}
LESSONS = [path.stem for path in sorted((ROOT / 'notebooks').glob('[0-9]*.ipynb'))]


def all_lessons(numbers):
    """Return the seconds of all lessons of a round, as many as there were; KeyError if none ran."""
    seconds = [numbers[lesson]['seconds'] for lesson in LESSONS if lesson in numbers]
    if not seconds:
        raise KeyError('no lesson was run')
    return sum(seconds)


FIGURES = {'all lessons, quick profile, seconds': Figure(all_lessons)}


def rounds(quick):
    return 1 if quick else 3


def contestants(quick):
    module = 'benchmarks.contestants.waiting'
    lessons = [] if quick else LESSONS
    return {
        'import_d2l_ext': Contestant(f'{module}:import_d2l_ext'),
        'import_mxnet': Contestant(f'{module}:import_mxnet'),
        'first_batch_warm': Contestant(f'{module}:first_batch', {}, ('images',)),
        'first_batch_cold': Contestant(f'{module}:first_batch', {'cold': True}, ('images',)),
        'first_step': Contestant(f'{module}:first_step'),
        **{
            lesson: Contestant(f'{module}:lesson', {'name': lesson}, rounds=1)
            for lesson in lessons
        },
    }  # fmt: skip


def _rows(found):
    """Return (title, spread, note) of everything that was measured or could not be."""
    notes = {**found['missing']}
    notes |= {failure['contestant']: f'failed: {failure["words"]}' for failure in found['failures']}
    titles = {**TITLES, **{lesson: f'lesson {lesson}' for lesson in LESSONS}}
    rows = [
        (called, spread_of(found, name, 'seconds'), notes.get(name, ''))
        for name, called in titles.items()
    ]
    return [row for row in rows if row[1] or row[2]]


def tables(found):
    empty = dict.fromkeys(('median', 'min', 'max'))
    rows = [[called, *(told or empty).values(), note] for called, told, note in _rows(found)]
    figure, total = found['figures'].get('all lessons, quick profile, seconds'), None
    if figure:
        total = ['all lessons', figure['median'], figure['min'], figure['max'], '']
    return [Table(['seconds', 'median', 'min', 'max', 'note'], rows, total=total)]


def picture(found):
    values = {called: told or 'failed' for called, told, _ in _rows(found)}
    return bars(values, 'seconds, median; the line spans all rounds; a lesson is run once', TITLE)
