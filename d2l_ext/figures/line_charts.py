"""Lines over a common axis: how something grows, falls or spreads from layer to layer or in time."""

import numpy as onp
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from ..runtime.arguments import array_of, brief, dict_of, number, text_of
from ..tables import show
from .curves import HANDLE, RUNS
from .picture import GREY, WIDTH, Picture, styled, text_width


@styled
def lines(series, xlabel, ylabel, title='', log='') -> Picture:
    """Draw a line an entry of `series`, {name: {x: y}}, or {name: [y]} counted from 1.

    If every x is a word, they stand on the axis in their order. `log` names the logarithmic axes:
    'x', 'y' or 'xy'. A y that is not finite is left out. Raises ValueError for no line, an empty one, or
    more than 6.
    """
    log = text_of('log', log)
    if set(log) - set('xy'):
        raise ValueError(f"log must be '', 'x', 'y' or 'xy', got {brief(log)}")
    series = {str(name): values for name, values in dict_of('series', series).items()}
    if len(series) > len(RUNS):
        raise ValueError(f'series must hold 1 to {len(RUNS)} lines, got {len(series)}')
    series = {name: _points(name, values) for name, values in series.items()}
    picture = Picture(WIDTH, 3.6 + (0.3 if title else 0), _alt(series, xlabel, ylabel, title))
    right = 1.05 + max(map(text_width, series))
    axes = picture.panel(0.75, 0.5, WIDTH - 0.75 - right, 2.95)
    places = list(dict.fromkeys(x for xs, _ in series.values() for x in xs))
    words = any(isinstance(x, str) for x in places)
    if words and 'x' in log:
        raise ValueError(f"log must be '' or 'y' where series has names for x, got {log!r}")
    if not words:
        for x in places:
            number('the x of series', x)
    for (name, (xs, ys)), (colour, marker, dash) in zip(series.items(), RUNS, strict=False):
        at = [places.index(x) for x in xs] if words else xs
        marked = _marked(onp.array(ys, float))
        axes.plot(at, ys, color=colour, marker=marker, linestyle=dash, label=name, markevery=marked)
    if words:
        axes.set_xticks(range(len(places)), places)
    elif 'x' not in log and all(isinstance(x, int) for x in places):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    for which in log:
        getattr(axes, f'set_{which}scale')('log')
    if 'x' in log and len(places) <= 8:
        axes.set_xticks(places, [f'{x:g}' for x in places])
        axes.tick_params(axis='x', which='minor', bottom=False, labelbottom=False)
    low, high = axes.get_ylim()
    if 'y' in log:
        _ticks(axes.yaxis, low, high)
    if 'x' in log and len(places) > 8:
        _ticks(axes.xaxis, *axes.get_xlim())
    if 'y' not in log and low > 0:
        axes.set_ylim(bottom=0)
    axes.grid(color='#DDDDDD', linewidth=0.8)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend(loc='center left', bbox_to_anchor=(1.02, 0.5), handlelength=HANDLE)
    picture.headline(title, down=0.1)
    return picture


@styled
def accuracy_by_time(lines, title='', levels=None) -> Picture:
    """Draw test accuracy against seconds of training, logarithmic: {name: [(seconds, accuracy)]}.

    Names that share what stands before a comma, such as 'ours, seed 0', share a colour. `levels`,
    {name: accuracy}, are dotted lines across the picture: accuracies without a time of their own. Raises
    ValueError if a line has no point, or there are too many of them.
    """
    for name, points in dict_of('lines', lines).items():
        where = f'lines[{name!r}]'
        if array_of(where, points, finite=True).shape[1:] != (2,):
            raise ValueError(f'{where} must be pairs (seconds, accuracy), got {brief(points)}')
        for seconds, _ in points:
            number(where, seconds, above=0)
    lines = {str(name): [*map(tuple, points)] for name, points in lines.items()}
    levels = {} if levels is None else dict_of('levels', levels)
    levels = {str(name): number(f'levels[{name!r}]', at) for name, at in levels.items()}
    empty = [name for name, points in lines.items() if not points]
    if empty or not lines:
        raise ValueError(f'lines must hold at least one point each, got none of {empty or lines}')
    groups = list(dict.fromkeys(name.partition(',')[0] for name in lines))
    if len(groups) > len(RUNS):
        raise ValueError(f'lines must be of at most {len(RUNS)} colours, got {len(groups)}')
    head, height = (0.65 if title else 0.15), 4.2
    last = '; '.join(
        f'{name}: {points[-1][1]:.3f} after {points[-1][0]:.0f} s' for name, points in lines.items()
    )
    last += ''.join(f'; dotted, {name}: {at:.3f}' for name, at in levels.items())
    opening = f'{title}. ' if title else ''
    picture = Picture(WIDTH, height, f'{opening}Test accuracy by seconds of training. {last}.')
    right = 1.15 + max(map(text_width, [*lines, *levels]))
    axes = picture.panel(0.65, 0.5, WIDTH - 0.65 - right, height - 0.5 - head)
    for i, (name, points) in enumerate(lines.items()):
        colour, _, dash = RUNS[groups.index(name.partition(',')[0])]
        axes.plot(
            *zip(*points, strict=True), color=colour, marker=RUNS[i % len(RUNS)][1],
            linestyle=dash, label=name,
        )  # fmt: skip
    for name, at in levels.items():
        axes.axhline(at, color=GREY, linestyle=':', label=name)
    axes.set_xscale('log')
    times = [seconds for points in lines.values() for seconds, _ in points]
    ticks = [step * 10**power for power in range(6) for step in (1, 2, 5)]
    ticks = [tick for tick in ticks if min(times) / 1.5 < tick < max(times) * 1.5]
    axes.set_xticks(ticks, map(show, ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(min(times) / 1.5, max(times) * 1.5)
    axes.grid(color='#DDDDDD', linewidth=0.8)
    axes.set(xlabel='seconds of training (logarithmic)', ylabel='test accuracy')
    axes.legend(loc='lower left', bbox_to_anchor=(1.02, 0), handlelength=HANDLE)
    picture.headline(title, down=0.1)
    return picture


def _ticks(axis, low, high):
    """Write several numbers on a logarithmic axis of few powers of ten, where matplotlib writes one."""
    if high < 1000 * low:
        axis.set_major_locator(
            LogLocator(subs=(1, 1.5, 2, 3, 5, 7) if high < 30 * low else (1, 2, 5))
        )
        axis.set_major_formatter('{x:g}')
        axis.set_minor_locator(NullLocator())


def _marked(ys) -> list:
    """Return where a line of `ys` bears markers: at every n-th point, for they would hide a long line.

    A point without a neighbour has no line, and is always marked.
    """
    there = onp.pad(onp.isfinite(ys), 1)
    alone = there[1:-1] & ~there[:-2] & ~there[2:]
    alone[:: max(1, len(ys) // 12)] = True
    return onp.flatnonzero(alone).tolist()


def _points(name, values):
    given = list(values.values()) if isinstance(values, dict) else values
    ys = array_of(f'series[{name!r}]', given, axes=1).astype(float)
    if not len(ys):
        raise ValueError(f'series[{name!r}] must hold at least one point, got none')
    xs = list(values) if isinstance(values, dict) else list(range(1, len(ys) + 1))
    return xs, [float(y) if onp.isfinite(y) else onp.nan for y in ys]


def _alt(series, xlabel, ylabel, title):
    # without figures, so that a lesson's stored text does not change from machine to machine
    opening = f'{title}. ' if title else ''
    return f'{opening}Lines, {ylabel} by {xlabel}: {", ".join(series)}.'
