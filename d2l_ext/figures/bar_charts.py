"""Stacked bars: what each branch has of a block's channels, parameters or multiply-adds."""

from matplotlib.patches import Rectangle

from .picture import (
    BRANCH_COLOURS,
    GREY,
    LARGE,
    SMALL,
    WIDTH,
    Picture,
    colours,
    ink_on,
    shades,
    styled,
    text_width,
)

PITCH, THICK = 0.36, 0.27  # inches


@styled
def stacked_bars(rows, unit='channels', normalise=False, title=None) -> Picture:
    """Draw a bar a row of `rows`, {'3a': {'branch1x1': 64, ...}, ...}, a segment an entry.

    A segment bears its number where there is room, the bar's end its total in `unit`. With
    `normalise` all bars are equally long and segments bear their share. Raises ValueError for
    negative numbers and for a row that sums to zero.
    """
    if not rows:
        raise ValueError(f'rows must hold at least one bar, got {rows!r}')
    for name, parts in rows.items():
        bad = [value for value in parts.values() if not value >= 0]
        if bad:
            raise ValueError(f'rows[{name!r}] must hold numbers of 0 or more, got {bad[0]!r}')
        if not sum(parts.values()):
            raise ValueError(f'rows[{name!r}] must have a sum above 0, got {parts!r}')
    segments = list(dict.fromkeys(part for parts in rows.values() for part in parts))
    head = 0.35 if title else 0.0
    height = head + 0.4 + PITCH * len(rows) + 0.08
    picture = Picture(WIDTH, height, f'{_words(unit, normalise)} {_told(rows)}.')
    axes = picture.sheet()
    shade = (shades if BRANCH_COLOURS.keys().isdisjoint(segments) else colours)(segments)
    if title:
        axes.text(0.12, height - 0.12, title, size=LARGE, weight='bold', va='top')
    left = 0.3 + max(text_width(name, weight='bold') for name in rows)
    totals = {name: sum(parts.values()) for name, parts in rows.items()}
    scale, word = (1e6, 'million ') if max(totals.values()) >= 1e6 else (1, '')
    ends = {name: f'{_number(total, scale)} {word}{unit}' for name, total in totals.items()}
    room = WIDTH - left - 0.25 - max(map(text_width, ends.values()))
    _legend(axes, shade, left, height - head - 0.22)
    for i, (name, parts) in enumerate(rows.items()):
        middle = height - head - 0.4 - PITCH * (i + 0.5)
        axes.text(left - 0.12, middle, name, ha='right', va='center', weight='bold', gid='row')
        longest = totals[name] if normalise else max(totals.values())
        x = left
        for part, value in parts.items():
            wide = room * value / longest
            axes.add_patch(
                Rectangle((x, middle - THICK / 2), wide, THICK, facecolor=shade[part],
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
    return f'Bars of {unit}, {"as shares of each row" if normalise else "to one scale"}.'


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
