"""All 60 000 images to a test accuracy: the lecture's five epochs, and our fast recipe, three seeds.

(a) is not trained to its end: its seconds are those of its epochs at its images/s, measured before
and after every seed; its accuracy is the recorded run's, d2l_ext/records/lecture.json.
"""

import itertools
import statistics

from d2l_ext.figures import accuracy_by_time
from d2l_ext.history import History
from d2l_ext.tables import Table

from ..driver import Contestant
from ..report import figures_table
from ..spread import Figure, value
from . import training_step

TITLE = 'Time to accuracy: 60 000 images, scored on the 10 000 test images'
LECTURE = History.load('lecture')


def lecture_seconds(numbers) -> float:
    """Return the seconds of (a)'s epochs at the images/s of this round."""
    speeds = [numbers[name]['images_per_s'] for name in ('lecture_before', 'lecture_after')]
    return len(LECTURE) * LECTURE.about['images'] / statistics.mean(speeds)


FIGURES = {
    '(a) seconds : our seconds': Figure(
        lambda numbers: lecture_seconds(numbers) / numbers['fast']['seconds'],
        {'median at least': 15},
    ),
    'our test accuracy': Figure(
        value('fast', 'test_accuracy'), {'median at least': 0.88, 'min at least': 0.875}
    ),
    'our seconds': Figure(value('fast', 'seconds')),
    '(a) seconds': Figure(lecture_seconds),
    'our peak memory, GB': Figure(value('fast', 'peak_bytes', 1e9), {'max at most': 2.5}),
}


def rounds(quick):
    return 0 if quick else 3  # a round is a seed, minutes of training


def contestants(quick):
    lecture = training_step.contestants(quick)['lecture']
    return {
        'lecture_before': lecture,
        'fast': Contestant('benchmarks.contestants.fast:measure', {}, ('images',), counted='seed'),
        'lecture_after': lecture,
    }


def lecture_curve(found):
    """Return [(seconds, test accuracy)] of (a), an entry an epoch, or [] without its speed."""
    seconds = found['figures'].get('(a) seconds')
    if not seconds:
        return []
    epoch = seconds['median'] / len(LECTURE)
    return [(entry['epoch'] * epoch, entry['test_accuracy']) for entry in LECTURE.epochs]


def our_curves(found):
    """Return {seed: [(seconds, test accuracy)]} of the epochs that were scored."""
    curves = {}
    for numbers in found['rounds']:
        if 'fast' not in numbers:
            continue
        fast = numbers['fast']
        ends = list(itertools.accumulate(entry['seconds'] for entry in fast['epochs']))
        ends[-1] = fast['seconds']
        curves[fast['seed']] = [
            (end, entry['test_accuracy'])
            for end, entry in zip(ends, fast['epochs'], strict=True)
            if entry['test_accuracy'] is not None
        ]
    return curves


def tables(found):
    curve = lecture_curve(found)
    rows = [['(a), recorded accuracy, speed measured', len(LECTURE), *curve[-1]]] if curve else []
    for seed, points in our_curves(found).items():
        epochs = found['rounds'][seed]['fast']['epochs']
        rows.append([f'ours, seed {seed}', len(epochs), *points[-1]])
    failures = [f'seed {entry["round"] - 1}: {entry["words"]}' for entry in found['failures']]
    return [
        Table(['training', 'epochs', 'seconds', 'test accuracy'], rows, title='\n'.join(failures)),
        figures_table(found),
    ]


def picture(found):
    lines = {'(a) the lecture’s': lecture_curve(found)}
    lines |= {f'ours, seed {seed}': points for seed, points in our_curves(found).items()}
    figures, title = found['figures'], TITLE
    if '(a) seconds : our seconds' in figures:
        times, accuracy = figures['(a) seconds : our seconds'], figures['our test accuracy']
        title = (
            f'Our fast recipe reaches a test accuracy of {accuracy["median"]:.3f} in '
            f'{figures["our seconds"]["median"]:.0f} s,\n{times["median"]:.1f} times sooner than '
            f'the lecture’s {len(LECTURE)} epochs end (medians of {len(times["rounds"])} seeds)'
        )
    return accuracy_by_time({k: v for k, v in lines.items() if v}, title)
