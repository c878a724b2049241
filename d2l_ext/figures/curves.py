"""Learning curves: of one training or of several side by side, finished or still growing."""

import textwrap
import time
from collections.abc import Mapping

from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from .. import runtime
from ..runtime.arguments import brief, number
from .picture import GREY, INK, WIDTH, Picture, styled, text_width

HANDLE = 4.5  # of a line in a legend, in letters' sizes: long enough for a dash and two dots
# colour, marker, line of each run in turn
RUNS = [
    ('#0072B2', 'o', '-'), ('#D55E00', 's', '--'), (INK, '^', '-.'),
    ('#009E73', 'D', (0, (6, 1, 1, 1, 1, 1))), ('#CC79A7', 'v', '-'), ('#E69F00', 'P', '--'),
]  # fmt: skip
# what training has instead, in both panels
TRAINING = {'linestyle': ':', 'markerfacecolor': 'white'}
PANEL, LABEL_LINE = 2.1, 0.185  # inches high
LABEL_CHARACTERS = 26


@styled
def learning_curve(runs, title=None) -> Picture:
    """Draw loss and accuracy of a History, or of several in a dict by name, epoch by epoch.

    A history has `epochs`, a list of dicts with `epoch`, `loss`, `train_accuracy`, `test_accuracy`;
    a value may be missing or None. Raises ValueError for anything else and for more than 6 runs.
    """
    runs = _checked(runs)
    names = [name for name in runs if name]
    keys = _keys(runs)
    widest = max(map(text_width, keys), default=0)
    columns = max(1, min(4, int((WIDTH - 0.3) // (widest + 0.95))))
    foot = 0.55 + 0.2 * -(-len(keys) // columns)
    picture = Picture(WIDTH, foot + PANEL + (0.65 if title else 0.35), _alt(names))
    ends = {}
    losses = _panel(picture, foot, 0.6, 3.15, 'loss in training')
    margin = 2.15 if names else 1.3
    accuracies = _panel(picture, foot, 4.4, WIDTH - 4.4 - margin, 'accuracy')
    for (name, epochs), (colour, marker, line) in zip(runs.items(), RUNS, strict=False):
        style = {'color': colour, 'marker': marker, 'clip_on': False, 'zorder': 3}
        _plot(losses, epochs, 'loss', **style, **TRAINING)
        train = _plot(accuracies, epochs, 'train_accuracy', **style, **TRAINING)
        test = _plot(accuracies, epochs, 'test_accuracy', linestyle=line, **style)
        if names:
            ends[name] = test or train
        else:
            ends.update({'test': test, 'training': train})
    losses.set_ylim(bottom=0)
    values = [y for line in accuracies.lines for y in line.get_ydata()]
    accuracies.set_ylim(max(0, int(min(values, default=0) * 10 - 0.5) / 10), 1)
    _direct_labels(accuracies, {name: end for name, end in ends.items() if end})
    picture.legend(
        keys.values(),
        keys.keys(),
        loc='lower left',
        ncols=columns,
        handlelength=HANDLE,
        borderpad=0.2,
    )
    picture.headline(title, down=0.1)
    return picture


SHOWN = ('loss', 'train_accuracy', 'test_accuracy')


def _checked(runs):
    """Return {name: epochs}; a single history has the name ''."""
    runs = {str(k): v for k, v in runs.items()} if isinstance(runs, Mapping) else {'': runs}
    if not 0 < len(runs) <= len(RUNS):
        raise ValueError(f'runs must be 1 to {len(RUNS)} histories, got {len(runs)}')
    for name, history in runs.items():
        epochs = getattr(history, 'epochs', None)
        if not isinstance(epochs, list):
            where = f'runs[{name!r}]' if name else 'runs'
            raise ValueError(
                f'{where} must be a History or a dict of them, got {type(history).__name__}'
            )
        if not epochs:
            raise ValueError(
                f'{f"runs[{name!r}]" if name else "runs"} has no finished epoch: train first'
            )
        for entry in epochs:
            where = f'runs[{name!r}]' if name else 'runs'
            if not isinstance(entry, Mapping) or 'epoch' not in entry:
                raise ValueError(f'{where} must hold dicts with an epoch each, got {brief(entry)}')
            for what in ('epoch', *SHOWN):
                if what == 'epoch' or entry.get(what) is not None:
                    number(f'{where}, {what}', entry[what])
    return {name: history.epochs for name, history in runs.items()}


def _alt(names):
    # without figures, so that a lesson's stored text does not change from machine to machine
    who = f' of {", ".join(names)}' if names else ''
    return f'Learning curves{who}. Left: loss; right: accuracy in training and test; by epoch.'


def _panel(picture, foot, left, width, title):
    axes = picture.panel(left, foot, width, PANEL)
    axes.set_title(title, loc='left', weight='bold')
    axes.set_xlabel('epoch')
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(axis='y', color='#DDDDDD', linewidth=0.8)
    axes.set_axisbelow(True)
    return axes


def _plot(axes, epochs, what, **style):
    """Plot one value of the epochs that have it; return the last point."""
    points = [(e['epoch'], e[what]) for e in epochs if e.get(what) is not None]
    if not points:
        return None
    axes.plot(*zip(*points, strict=True), **style)
    return points[-1]


def _direct_labels(axes, ends):
    """Write each line's name and last value beside the panel, apart where they would touch."""
    low, high = axes.get_ylim()
    labels = {
        name: textwrap.fill(f'{name} {y:.3f}', LABEL_CHARACTERS) for name, (_, y) in ends.items()
    }
    halves = {
        name: (text.count('\n') + 1) * LABEL_LINE / PANEL / 2 for name, text in labels.items()
    }
    order = sorted(ends, key=lambda name: ends[name][1])
    places, floor, ceiling = {}, 0.0, 1.1
    for name in order:
        places[name] = max((ends[name][1] - low) / (high - low), floor + halves[name])
        floor = places[name] + halves[name]
    for name in reversed(order):
        places[name] = min(places[name], ceiling - halves[name])
        ceiling = places[name] - halves[name]
        axes.annotate(
            labels[name], ends[name], (1.04, places[name]), textcoords='axes fraction',
            va='center', annotation_clip=False, gid='end',
            arrowprops={'arrowstyle': '-', 'color': GREY, 'linewidth': 0.7, 'relpos': (0, 0.5),
                        'shrinkA': 0, 'shrinkB': 4},
        )  # fmt: skip


def _keys(runs):
    """Return the legend's entries: which run is which, and what full and hollow markers are."""
    keys = {
        name: Line2D([], [], color=colour, marker=marker, linestyle=line)
        for name, (colour, marker, line) in zip(runs, RUNS, strict=False)
        if name
    }
    colour = GREY if keys else RUNS[0][0]
    test, training = 'test', 'training'
    if keys:
        test, training = 'full marker: test', 'hollow and dotted: training'
    known = {what for epochs in runs.values() for e in epochs for what in e if e[what] is not None}
    if 'test_accuracy' in known:
        line = 'none' if keys else '-'
        keys[test] = Line2D([], [], color=colour, marker='o', linestyle=line)
    if not known.isdisjoint({'loss', 'train_accuracy'}):
        keys[training] = Line2D([], [], color=colour, marker='o', **TRAINING)
    return keys


class LiveCurve:
    """A learning curve that grows in place while a notebook's cell trains; nothing elsewhere."""

    def __init__(self, every=2.0):
        self.every = every  # seconds between redraws within an epoch
        self._epochs, self._drawn, self._handle = 0, -float('inf'), None

    def update(self, history):
        """Redraw if an epoch has ended since the last time, or `every` seconds have passed."""
        if not history.epochs or not runtime.in_notebook():
            return
        now = time.monotonic()
        if len(history.epochs) == self._epochs and now - self._drawn < self.every:
            return
        from IPython.display import display

        data, metadata = learning_curve(history).bundle()
        if self._handle is None:
            self._handle = display(data, metadata=metadata, raw=True, display_id=True)
        else:
            self._handle.update(data, metadata=metadata, raw=True)
        self._epochs, self._drawn = len(history.epochs), now
