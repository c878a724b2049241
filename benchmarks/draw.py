"""How cost grows, as a figure; the other figures of the results are the course's own."""

import math

from d2l_ext.figures.curves import RUNS
from d2l_ext.figures.picture import LARGE, WIDTH, Picture, styled, text_width

from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator


@styled
def growth(panels, title) -> Picture:
    """Draw two rows of panels: images/s, and GB, by each axis.

    `panels` is {axis: (speeds, memories)}, both {series: {position: value}}. Speeds are logarithmic.
    """
    height = 6.0
    picture = Picture(WIDTH, height, f'{title}. Upper row images/s, lower row GB. {_told(panels)}')
    styles = dict(zip(_series(panels), RUNS, strict=False))
    wide, high = 2.3, 2.0
    for column, (axis, both) in enumerate(panels.items()):
        for row, (lines, label) in enumerate(
            zip(both, ('images/s', 'peak memory, GB'), strict=True)
        ):
            left, foot = 0.65 + column * (wide + 0.6), 0.5 + (1 - row) * (high + 0.6)
            axes = picture.add_axes((left / WIDTH, foot / height, wide / WIDTH, high / height))
            for name, points in lines.items():
                if points:
                    colour, marker, line = styles[name]
                    axes.plot(
                        list(points), list(points.values()), color=colour, marker=marker,
                        linestyle=line, markersize=5,
                    )  # fmt: skip
            _log_axis(axes, sorted({x for points in lines.values() for x in points}))
            axes.grid(axis='y', color='#DDDDDD', linewidth=0.8)
            if row:
                axes.set_ylim(bottom=0)
            else:
                axes.set_yscale('log')
                axes.yaxis.set_major_formatter('{x:g}')
                axes.yaxis.set_minor_locator(LogLocator(subs=(2, 5)))
                axes.yaxis.set_minor_formatter('{x:g}')
            axes.set_xlabel(axis if row else '')
            axes.set_title(label if column == 0 else '', loc='left', weight='bold')
    handles = [_handle(name, style) for name, style in styles.items()]
    picture.legend(
        handles=handles, loc='upper left', ncols=3, handlelength=3,
        bbox_to_anchor=(0.05 / WIDTH, 1 - 0.35 / height),
    )  # fmt: skip
    picture.text(0.12 / WIDTH, 1 - 0.1 / height, title, size=LARGE, weight='bold', va='top')
    return picture


def _log_axis(axes, positions):
    """Set a logarithmic x axis with a tick at every position."""
    axes.set_xscale('log')
    left, right = axes.get_xlim()
    inch = axes.get_position().width * WIDTH / math.log(right / left)  # of a factor e
    labels, free = [], -math.inf  # a label that would touch the one before it is left out
    for x in positions:
        place, half = inch * math.log(x / left), text_width(f'{x:g}') / 2
        labels.append(f'{x:g}' if place - half > free else '')
        free = place + half + 0.02 if labels[-1] else free
    axes.set_xticks(positions, labels)
    axes.minorticks_off()


def _series(panels):
    return list(dict.fromkeys(name for both in panels.values() for lines in both for name in lines))


def _handle(name, style):
    colour, marker, line = style
    return Line2D([], [], color=colour, marker=marker, linestyle=line, label=name)


def _told(panels):
    told = []
    for axis, (speeds, _) in panels.items():
        for name, points in speeds.items():
            ends = ', '.join(f'{x:g}: {y:.3g}' for x, y in points.items())
            told.append(f'{name} by {axis}: {ends}')
    return '; '.join(told) + '.'
