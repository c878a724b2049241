"""Bars of numbers such as images/s, and stacked ones of what each branch has of a block's channels."""

from matplotlib.patches import Rectangle

from ..runtime.arguments import dict_of, flag, names_of, number
from ..tables import plain
from .picture import (
    BRANCH_COLOURS,
    GREY,
    SMALL,
    WIDTH,
    Picture,
    colours,
    ink_on,
    shades,
    styled,
    text_width,
)

STRONG, WEAK = '#0072B2', '#A9B4BE'
BAR_PITCH, BAR_THICK = 0.34, 0.22  # inches
STACK_PITCH, STACK_THICK = 0.36, 0.27  # inches


@styled
def bars(values, unit, title='', strong=(), hatched=()) -> Picture:
    """Draw a bar an entry of `values`, {name: number}, in `unit`.

    A value may be a dict with `median`, `min` and `max`, whose bar ends at the median and bears a line
    from the least to the greatest, or the words that say why there is none. Names in `strong` stand
    out, those in `hatched` are of another kind. Raises ValueError if `values` is empty.
    """
    values = {str(name): value for name, value in dict_of('values', values).items()}
    strong, hatched = names_of('strong', strong), names_of('hatched', hatched)
    spreads = {name: _spread(name, value) for name, value in values.items()}
    written = {name: _written(values[name], spread) for name, spread in spreads.items()}
    head, foot, high = (0.45 if title else 0.1), 0.5, BAR_PITCH * len(values)
    told = '; '.join(f'{name} {text}' for name, text in written.items())
    picture = Picture(
        WIDTH, foot + high + head, f'{title + ". " if title else ""}Bars, {unit}: {told}.'
    )
    left = 0.3 + max(text_width(name, weight='bold') for name in values)
    right = 0.2 + max(map(text_width, written.values()))
    axes = picture.panel(left, foot, WIDTH - left - right, high)
    for i, (name, spread) in enumerate(spreads.items()):
        axes.annotate(
            name, (0, -i), (-6, 0), textcoords='offset points', ha='right', va='center',
            weight='bold' if name in strong else 'normal', gid='name',
        )  # fmt: skip
        if spread:
            axes.barh(
                -i, spread['median'], BAR_THICK / BAR_PITCH, color=STRONG if name in strong else WEAK,
                hatch='///' if name in hatched else None, edgecolor='white',
            )  # fmt: skip
            axes.plot([spread['min'], spread['max']], [-i, -i], color='black', linewidth=1.6)
        axes.annotate(
            written[name], (spread['max'] if spread else 0, -i), (7, 0), textcoords='offset points',
            va='center', color='black' if spread else GREY, annotation_clip=False, gid='number',
        )  # fmt: skip
    axes.set(ylim=(0.5 - len(values), 0.5), yticks=[], xlabel=unit)
    axes.set_xlim(left=0)
    picture.headline(title, down=0.1)
    return picture


def _spread(name, value):
    """Return a value's median, min and max, or None for words; ValueError for anything else."""
    if isinstance(value, str):
        return None
    given = value if isinstance(value, dict) else dict.fromkeys(('median', 'min', 'max'), value)
    return {
        which: number(f'values[{name!r}]', given.get(which)) for which in ('median', 'min', 'max')
    }


def _written(value, spread) -> str:
    """Write 190 (188 to 193), or 4.7 of a single number, or why there is none."""
    if not spread:
        return value
    median, low, high = (f'{spread[which]:.3g}' for which in ('median', 'min', 'max'))
    return median if low == high else f'{median} ({low} to {high})'


@styled
def stacked_bars(rows, unit='channels', normalise=False, title=None) -> Picture:
    """Draw a bar a row of `rows`, {'3a': {'branch1x1': 64, ...}, ...}, a segment an entry.

    A segment bears its number where there is room, the bar's end its total in `unit`, '' for rows that
    share none. With `normalise` all bars are equally long and segments bear their share. Raises
    ValueError for negative numbers and for a row that sums to zero.
    """
    rows = {str(name): dict_of(f'rows[{name!r}]', p) for name, p in dict_of('rows', rows).items()}
    normalise = flag('normalise', normalise)
    for name, parts in rows.items():
        for value in parts.values():
            number(f'rows[{name!r}]', value, least=0)
        parts = rows[name] = {str(part): plain(value) for part, value in parts.items()}
        if not sum(parts.values()):
            raise ValueError(f'rows[{name!r}] must have a sum above 0, got {parts!r}')
    segments = list(dict.fromkeys(part for parts in rows.values() for part in parts))
    head = 0.35 if title else 0.0
    height = head + 0.4 + STACK_PITCH * len(rows) + 0.08
    picture = Picture(WIDTH, height, f'{_words(unit, normalise)} {_told(rows)}.')
    axes = picture.sheet()
    shade = (shades if BRANCH_COLOURS.keys().isdisjoint(segments) else colours)(segments)
    picture.headline(title)
    left = 0.3 + max(text_width(name, weight='bold') for name in rows)
    totals = {name: sum(parts.values()) for name, parts in rows.items()}
    scale, word = (1e6, 'million ') if max(totals.values()) >= 1e6 else (1, '')
    ends = {
        name: f'{_number(total, scale)} {word}{unit}'.rstrip() for name, total in totals.items()
    }
    room = WIDTH - left - 0.25 - max(map(text_width, ends.values()))
    _legend(axes, shade, left, height - head - 0.22)
    for i, (name, parts) in enumerate(rows.items()):
        middle = height - head - 0.4 - STACK_PITCH * (i + 0.5)
        axes.text(left - 0.12, middle, name, ha='right', va='center', weight='bold', gid='row')
        longest = totals[name] if normalise else max(totals.values())
        x = left
        for part, value in parts.items():
            wide = room * value / longest
            axes.add_patch(
                Rectangle((x, middle - STACK_THICK / 2), wide, STACK_THICK, facecolor=shade[part],
                          edgecolor='white', linewidth=1, gid=part)
            )  # fmt: skip
            label = _percent(value / totals[name]) if normalise else _number(value, scale)
            if text_width(label) + 0.04 < wide:
                axes.text(x + wide / 2, middle - 0.01, label, ha='center', va='center',
                          color=ink_on(shade[part]), gid='number')  # fmt: skip
            x += wide
        axes.text(x + 0.08, middle - 0.01, ends[name], va='center', color=GREY, gid='total')
    return picture


def _legend(axes, shade, x, y):
    for name, colour in shade.items():
        axes.add_patch(Rectangle((x, y - 0.07), 0.2, 0.14, facecolor=colour))
        axes.text(x + 0.26, y - 0.01, name, va='center', size=SMALL, gid='legend')
        x += 0.26 + text_width(name) + 0.25


def _words(unit, normalise):
    scale = 'as shares of each row' if normalise else 'to one scale'
    return f'{f"Bars of {unit}" if unit else "Bars"}, {scale}.'


def _told(rows):
    bars = []
    for name, parts in rows.items():
        told = ', '.join(f'{part} {_number(value)}' for part, value in parts.items())
        bars.append(f'{name}: {told}')
    return '; '.join(bars)


def _number(value, scale=1):
    """Write 64, 1024, 12 352, 9.63: whole numbers in full, others and millions to 3 digits."""
    if scale > 1 or not isinstance(value, int):
        value = round(value / scale) if value >= 100 * scale else float(f'{value / scale:.3g}')
    return f'{value:,}'.replace(',', ' ') if value >= 10_000 else f'{value:g}'


def _percent(share):
    return f'{share * 100:.1f}'.removesuffix('.0') + '%'
