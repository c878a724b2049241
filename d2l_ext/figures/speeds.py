"""How quick something is: bars of rates and times, and test accuracy by seconds of training."""

from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from .curves import RUNS
from .picture import GREY, LARGE, WIDTH, Picture, styled, text_width

STRONG, WEAK = '#0072B2', '#A9B4BE'
PITCH, THICK = 0.34, 0.22  # inches


@styled
def bars(values, unit, title='', strong=(), hatched=()) -> Picture:
    """Draw a bar an entry of `values`, {name: number}, in `unit`.

    A value may be a dict with `median`, `min` and `max`, whose bar ends at the median and bears a line
    from the least to the greatest, or the words that say why there is none. Names in `strong` stand
    out, those in `hatched` are of another kind. Raises ValueError if `values` is empty.
    """
    if not values:
        raise ValueError(f'values must hold at least one bar, got {values!r}')
    spreads = {name: _spread(value) for name, value in values.items()}
    written = {name: _written(values[name], told) for name, told in spreads.items()}
    head, foot = (0.45 if title else 0.1), 0.5
    height = foot + PITCH * len(values) + head
    told = '; '.join(f'{name} {text}' for name, text in written.items())
    picture = Picture(WIDTH, height, f'{title + ". " if title else ""}Bars, {unit}: {told}.')
    left = 0.3 + max(text_width(name, weight='bold') for name in values)
    right = 0.2 + max(map(text_width, written.values()))
    axes = picture.add_axes(
        (left / WIDTH, foot / height, (WIDTH - left - right) / WIDTH, PITCH * len(values) / height)
    )
    for i, (name, told) in enumerate(spreads.items()):
        axes.annotate(
            name, (0, -i), (-6, 0), textcoords='offset points', ha='right', va='center',
            weight='bold' if name in strong else 'normal', gid='name',
        )  # fmt: skip
        if told:
            axes.barh(
                -i, told['median'], THICK / PITCH, color=STRONG if name in strong else WEAK,
                hatch='///' if name in hatched else None, edgecolor='white',
            )  # fmt: skip
            axes.plot([told['min'], told['max']], [-i, -i], color='black', linewidth=1.6)
        axes.annotate(
            written[name], (told['max'] if told else 0, -i), (7, 0), textcoords='offset points',
            va='center', color='black' if told else GREY, annotation_clip=False, gid='number',
        )  # fmt: skip
    axes.set(ylim=(0.5 - len(values), 0.5), yticks=[], xlabel=unit)
    axes.set_xlim(left=0)
    if title:
        picture.text(0.12 / WIDTH, 1 - 0.1 / height, title, size=LARGE, weight='bold', va='top')
    return picture


def _spread(value):
    """Return a value's median, min and max, or None for words."""
    if isinstance(value, str):
        return None
    return value if isinstance(value, dict) else dict.fromkeys(('median', 'min', 'max'), value)


def _written(value, told) -> str:
    """Write 190 (188 to 193), or 4.7 of a single number, or why there is none."""
    if not told:
        return value
    median, low, high = (f'{told[which]:.3g}' for which in ('median', 'min', 'max'))
    return median if low == high else f'{median} ({low} to {high})'


@styled
def accuracy_by_time(lines, title='') -> Picture:
    """Draw test accuracy against seconds of training, logarithmic: {name: [(seconds, accuracy)]}.

    Names that share what stands before a comma, such as 'ours, seed 0', share a colour. Raises
    ValueError if a line has no point, or there are too many of them.
    """
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
    opening = f'{title}. ' if title else ''
    picture = Picture(WIDTH, height, f'{opening}Test accuracy by seconds of training. {last}.')
    right = 0.95 + max(map(text_width, lines))
    axes = picture.add_axes(
        (0.65 / WIDTH, 0.5 / height, (WIDTH - 0.65 - right) / WIDTH, (height - 0.5 - head) / height)
    )
    for i, (name, points) in enumerate(lines.items()):
        colour, _, dash = RUNS[groups.index(name.partition(',')[0])]
        axes.plot(
            *zip(*points, strict=True), color=colour, marker=RUNS[i % len(RUNS)][1],
            linestyle=dash, label=name,
        )  # fmt: skip
    axes.set_xscale('log')
    times = [seconds for points in lines.values() for seconds, _ in points]
    ticks = [step * 10**power for power in range(6) for step in (1, 2, 5)]
    ticks = [tick for tick in ticks if min(times) / 1.5 < tick < max(times) * 1.5]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f'{x:,.0f}'.replace(',', ' ')))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(min(times) / 1.5, max(times) * 1.5)
    axes.grid(color='#DDDDDD', linewidth=0.8)
    axes.set(xlabel='seconds of training (logarithmic)', ylabel='test accuracy')
    axes.legend(loc='lower left', bbox_to_anchor=(1.02, 0), handlelength=3)
    if title:
        picture.text(0.12 / WIDTH, 1 - 0.1 / height, title, size=LARGE, weight='bold', va='top')
    return picture
