"""The figures of the results, in the course's looks: readable at 100 %, no colour alone."""

import math
from dataclasses import dataclass

from d2l_ext.figures.curves import RUNS
from d2l_ext.figures.picture import GREY, LARGE, WIDTH, Picture, styled, text_width

from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator

STRONG, WEAK = '#0072B2', '#A9B4BE'
PITCH, THICK = 0.34, 0.22  # inches


@dataclass(frozen=True)
class Row:
    """A bar: `told` is its median, min and max; without it stands `why`."""

    called: str
    told: dict | None
    why: str = ''
    strong: bool = False
    hatched: bool = False


@styled
def bars(rows, unit, title) -> Picture:
    """Draw a bar a row from zero to its median, and a line from its least to its greatest."""
    height = 0.5 + PITCH * len(rows) + 0.45
    told = '; '.join(f'{row.called} {_number(row)}' for row in rows)
    picture = Picture(WIDTH, height, f'{title}. Bars, {unit}: {told}.')
    left = 0.3 + max((text_width(row.called) for row in rows), default=0)
    axes = picture.add_axes(
        (left / WIDTH, 0.45 / height, (WIDTH - left - 1.6) / WIDTH, PITCH * len(rows) / height)
    )
    for i, row in enumerate(rows):
        axes.annotate(
            row.called, (0, -i), (-6, 0), textcoords='offset points', ha='right', va='center',
            weight='bold' if row.strong else 'normal',
        )  # fmt: skip
        if row.told:
            axes.barh(
                -i, row.told['median'], THICK / PITCH, color=STRONG if row.strong else WEAK,
                hatch='///' if row.hatched else None, edgecolor='white',
            )  # fmt: skip
            axes.plot([row.told['min'], row.told['max']], [-i, -i], color='black', linewidth=1.6)
        end = row.told['max'] if row.told else 0
        axes.annotate(
            _number(row), (end, -i), (7, 0), textcoords='offset points', va='center',
            color=GREY if not row.told else 'black', annotation_clip=False,
        )  # fmt: skip
    axes.set(ylim=(0.5 - len(rows), 0.5), yticks=[], xlabel=unit)
    axes.set_xlim(left=0)
    picture.text(0.12 / WIDTH, 1 - 0.1 / height, title, size=LARGE, weight='bold', va='top')
    return picture


def _number(row) -> str:
    """Write 190 (188 to 193), or 4.7 of one round, or why there is none."""
    if not row.told:
        return row.why
    median, low, high = (f'{row.told[which]:.3g}' for which in ('median', 'min', 'max'))
    return median if low == high else f'{median} ({low} to {high})'


@styled
def accuracy_by_time(lines, title) -> Picture:
    """Draw test accuracy against seconds, logarithmic; a line an entry, {name: [(s, accuracy)]}."""
    width, height = WIDTH, 4.2
    told = '; '.join(f'{name}: {y:.3f} after {x:.0f} s' for name, ((x, y), *_) in _last(lines))
    picture = Picture(width, height, f'{title}. Test accuracy by seconds of training. {told}.')
    axes = picture.add_axes((0.65 / width, 0.5 / height, 6.35 / width, (height - 1.15) / height))
    for (name, points), (colour, marker, line) in zip(lines.items(), _styles(lines), strict=False):
        axes.plot(
            *zip(*points, strict=True), color=colour, marker=marker, linestyle=line, label=name
        )
    axes.set_xscale('log')
    ticks = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000]
    low = min((x for points in lines.values() for x, _ in points), default=10)
    high = max((x for points in lines.values() for x, _ in points), default=100)
    ticks = [tick for tick in ticks if low / 2.5 < tick < high * 2.5]
    axes.set_xticks(ticks, [f'{tick:,}'.replace(',', ' ') for tick in ticks])
    axes.minorticks_off()
    axes.set_xlim(low / 1.4, high * 1.4)
    axes.grid(color='#DDDDDD', linewidth=0.8)
    axes.set(xlabel='seconds of training (logarithmic)', ylabel='test accuracy')
    axes.legend(loc='lower left', bbox_to_anchor=(1.02, 0), handlelength=3)
    picture.text(0.12 / width, 1 - 0.1 / height, title, size=LARGE, weight='bold', va='top')
    return picture


def _last(lines):
    return [(name, points[::-1]) for name, points in lines.items()]


def _styles(lines):
    """Give each line its colour, marker and dash: ours one colour, every seed a marker of its own."""
    markers = iter('o^Dv')
    return [
        (STRONG, next(markers), '-') if name.startswith('ours') else ('black', 's', '--')
        for name in lines
    ]


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
