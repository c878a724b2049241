"""All 60 000 images to a test accuracy: the lecture's five epochs, and our fast recipe, three seeds.

(a) is not trained to its end: its seconds are those of its epochs at its images/s, measured before
and after every seed; its accuracy is that of the recorded run, d2l_ext/training/records/lecture.json.
PyTorch trains the same network by the same recipe, in channels_last, its quickest layout on a CPU.
"""

import itertools
import statistics

from d2l_ext.figures import accuracy_by_time
from d2l_ext.tables import Table
from d2l_ext.training.history import History

from ..driver import Contestant
from ..report import figures_table
from ..spread import UNIT, Figure, in_units, ratio, value
from . import training_step

TITLE = 'Time to accuracy: 60 000 images, scored on the 10 000 test images'
LECTURE = History.load('lecture')
# who trains by the fast recipe, by contestant
OURS = {'fast': 'ours', 'torch': 'PyTorch'}


def lecture_seconds(numbers) -> float:
    """Return the seconds of (a)'s epochs at the images/s of this round."""
    speeds = [numbers[name]['images_per_s'] for name in ('lecture_before', 'lecture_after')]
    return len(LECTURE) * LECTURE.about['images'] / statistics.mean(speeds)


FIGURES = {
    '(a) seconds : our seconds': Figure(
        lambda numbers: lecture_seconds(numbers) / numbers['fast']['seconds'],
        {'median at least': 30},
    ),
    'our test accuracy': Figure(
        value('fast', 'test_accuracy'), {'median at least': 0.88, 'min at least': 0.875}
    ),
    'our seconds, R': Figure(in_units('fast'), {'median at most': 190}),
    'our seconds': Figure(value('fast', 'seconds')),
    '(a) seconds': Figure(lecture_seconds),
    'our peak memory, GB': Figure(value('fast', 'peak_bytes', 1e9), {'max at most': 2.5}),
    'PyTorch’s seconds : our seconds': Figure(ratio('torch', 'fast', 'seconds')),
    'PyTorch’s seconds, R': Figure(in_units('torch')),
    'PyTorch’s seconds': Figure(value('torch', 'seconds')),
    'PyTorch’s test accuracy': Figure(value('torch', 'test_accuracy')),
    'R, seconds': Figure(value(UNIT, 'seconds')),
}


def rounds(quick):
    return 0 if quick else 3  # a round is a seed, minutes of training


def contestants(quick):
    lecture = training_step.contestants(quick)['lecture']
    fast, torch = 'benchmarks.contestants.fast:measure', {'library': 'torch'}
    return {
        UNIT: Contestant('benchmarks.contestants.unit:measure'),
        'lecture_before': lecture,
        'fast': Contestant(fast, {}, ('images',), counted='seed'),
        'torch': Contestant(fast, torch, ('torch', 'images'), counted='seed'),
        'lecture_after': lecture,
    }


def lecture_curve(found):
    """Return [(seconds, test accuracy)] of (a), an entry an epoch, or [] without its speed."""
    seconds = found['figures'].get('(a) seconds')
    if not seconds:
        return []
    epoch = seconds['median'] / len(LECTURE)
    return [(entry['epoch'] * epoch, entry['test_accuracy']) for entry in LECTURE.epochs]


def curves(found):
    """Return {'ours, seed 0': [(seconds, test accuracy)]} of the epochs that were scored."""
    curves = {}
    for contestant, called in OURS.items():
        for numbers in found['rounds']:
            if contestant not in numbers:
                continue
            told = numbers[contestant]
            ends = list(itertools.accumulate(entry['seconds'] for entry in told['epochs']))
            ends[-1] = told['seconds']
            curves[f'{called}, seed {told["seed"]}'] = [
                (end, entry['test_accuracy'])
                for end, entry in zip(ends, told['epochs'], strict=True)
                if entry['test_accuracy'] is not None
            ]
    return curves


def tables(found):
    curve, R = lecture_curve(found), found['figures'].get('R, seconds', {}).get('median')
    rows = [['(a), recorded accuracy, speed measured', *curve[-1]]] if curve else []
    rows += [[called, *points[-1]] for called, points in curves(found).items()]
    rows = [[called, end, end / R if R else None, score] for called, end, score in rows]
    notes = [f'seed {entry["round"] - 1}: {entry["words"]}' for entry in found['failures']]
    notes += [f'{name}: {reason}' for name, reason in found['missing'].items()]
    return [
        Table(['training', 'seconds', 'R', 'test accuracy'], rows, title='\n'.join(notes)),
        figures_table(found),
    ]


def picture(found):
    lines = {'lecture’s recipe, our run': lecture_curve(found), **curves(found)}
    levels = {'lecture, on a GPU': History.load('berkeley')[-1]['test_accuracy']}
    figures, title = found['figures'], TITLE
    if '(a) seconds : our seconds' in figures:
        times, accuracy = figures['(a) seconds : our seconds'], figures['our test accuracy']
        title = (
            f'Our fast recipe reaches a test accuracy of {accuracy["median"]:.3f} in '
            f'{figures["our seconds"]["median"]:.0f} s,\n{times["median"]:.1f} times sooner than '
            f'the lecture’s {len(LECTURE)} epochs end (medians of {len(times["rounds"])} seeds)'
        )
    lines = {name: points for name, points in lines.items() if points}
    return accuracy_by_time(lines, title, levels) if lines else None
