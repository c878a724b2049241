"""Lines over a common axis: how something grows, falls or spreads from layer to layer or step to step."""

import numpy as onp
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from .curves import RUNS
from .picture import LARGE, WIDTH, Picture, numbers, styled, text_width


@styled
def lines(series, xlabel, ylabel, title='', log='', bands=None) -> Picture:
    """Draw a line an entry of `series`, {name: {x: y}}, or {name: [y]} counted from 1.

    If every x is a word, they stand on the axis in their order. `log` names the logarithmic axes:
    'x', 'y' or 'xy'. `bands` shades what lies between two lines, {name: (lows, highs)}. A y that is
    not finite is left out. Raises ValueError for no line, an empty one, or more than 6.
    """
    if not 0 < len(series) <= len(RUNS):
        raise ValueError(f'series must hold 1 to {len(RUNS)} lines, got {len(series)}')
    series = {name: _points(name, values) for name, values in series.items()}
    height, foot = 3.6 + (0.3 if title else 0), 0.5
    picture = Picture(WIDTH, height, _alt(series, xlabel, ylabel, title, bands))
    right = 0.85 + max(map(text_width, series))
    axes = picture.add_axes(
        (0.75 / WIDTH, foot / height, (WIDTH - 0.75 - right) / WIDTH, (3.6 - foot - 0.15) / height)
    )
    places = list(dict.fromkeys(x for xs, _ in series.values() for x in xs))
    words = any(isinstance(x, str) for x in places)
    for (name, (xs, ys)), (colour, marker, dash) in zip(series.items(), RUNS, strict=False):
        at = [places.index(x) for x in xs] if words else xs
        # a marker at each of many points hides the line
        every = max(1, len(at) // 12)
        axes.plot(at, ys, color=colour, marker=marker, linestyle=dash, label=name, markevery=every)
        if bands and name in bands:
            lows, highs = (numbers(edge) for edge in bands[name])
            axes.fill_between(at, lows, highs, color=colour, alpha=0.18, linewidth=0)
    if words:
        axes.set_xticks(range(len(places)), places)
    elif 'x' not in log and all(isinstance(x, int) for x in places):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for which in log:
        getattr(axes, f'set_{which}scale')('log')
    if 'x' in log and len(places) <= 8:
        axes.set_xticks(places, [f'{x:g}' for x in places])
        axes.tick_params(axis='x', which='minor', bottom=False, labelbottom=False)
    low, high = axes.get_ylim()
    if 'y' in log and high < 30 * low:  # matplotlib would write 6 × 10⁻¹, and has no room for it
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
        axes.yaxis.set_major_formatter('{x:g}')
        axes.yaxis.set_minor_locator(NullLocator())
    if 'y' not in log and low > 0:
        axes.set_ylim(bottom=0)
    axes.grid(color='#DDDDDD', linewidth=0.8)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend(loc='center left', bbox_to_anchor=(1.02, 0.5), handlelength=3)
    if title:
        picture.text(0.12 / WIDTH, 1 - 0.1 / height, title, size=LARGE, weight='bold', va='top')
    return picture


def _points(name, values):
    pairs = values.items() if isinstance(values, dict) else enumerate(numbers(values), 1)
    pairs = [(x, float(y)) for x, y in pairs]
    if not pairs:
        raise ValueError(f'series[{name!r}] must hold at least one point, got none')
    return [x for x, _ in pairs], [y if onp.isfinite(y) else onp.nan for _, y in pairs]


def _alt(series, xlabel, ylabel, title, bands):
    # without figures, so that a lesson's stored text does not change from machine to machine
    opening = f'{title}. ' if title else ''
    shaded = ', with bands around them' if bands else ''
    return f'{opening}Lines, {ylabel} by {xlabel}: {", ".join(series)}{shaded}.'
