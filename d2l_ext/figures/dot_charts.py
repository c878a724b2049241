"""Dots in two measures, such as cost and error: each with its name beside it, without a legend."""

from ..runtime.arguments import array_of, brief, dict_of
from .picture import WIDTH, Picture, styled, text_width

COLOUR = '#0072B2'
LINE, NEAR = 0.15, 0.1  # inches: the height of a name, and how far it stands from its dot
MOST = 12


@styled
def dots(points, xlabel, ylabel, title='') -> Picture:
    """Draw a dot an entry of `points`, {name: (x, y)}, its name where it covers nothing.

    An axis begins at 0 where no dot is below. Raises ValueError for what is not two finite numbers, and
    for more than 12 dots.
    """
    points = {str(name): _pair(name, pair) for name, pair in dict_of('points', points).items()}
    if len(points) > MOST:
        raise ValueError(f'points must hold 1 to {MOST} dots, got {len(points)}')
    picture = Picture(
        WIDTH, 3.6 + (0.3 if title else 0),
        f'{title + ". " if title else ""}Dots, {ylabel} by {xlabel}: {", ".join(points)}.',
    )  # fmt: skip
    axes = picture.panel(0.75, 0.5, WIDTH - 0.9, 2.95)
    axes.scatter(*zip(*points.values(), strict=True), s=42, color=COLOUR, zorder=2)
    for which, values in zip('xy', zip(*points.values(), strict=True), strict=True):
        if min(values) >= 0:
            getattr(axes, f'set_{which}lim')(0, 1.08 * max(values) or 1)
    axes.grid(color='#DDDDDD', linewidth=0.8)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    _write_names(picture, axes, points)
    picture.headline(title, down=0.1)
    return picture


def _pair(name, pair):
    values = array_of(f'points[{name!r}]', pair, axes=1, finite=True).astype(float).tolist()
    if len(values) != 2:
        raise ValueError(f'points[{name!r}] must be a pair (x, y), got {brief(pair)}')
    return tuple(values)


def _write_names(picture, axes, points):
    """Write each name right of its dot, left, above or below: the first that is free."""
    wide, high = axes.get_position().size * picture.get_size_inches()
    at = axes.transAxes.inverted().transform(axes.transData.transform(list(points.values())))
    at = [(x * wide, y * high) for x, y in at]  # inches from the panel's corner
    taken = [(x - 0.05, y - 0.05, x + 0.05, y + 0.05) for x, y in at]
    for name, (x, y) in zip(points, at, strict=True):
        width = text_width(name) + 0.03
        middle, level = min(max(x - width / 2, 0), wide - width), y - LINE / 2
        corners = [(x + NEAR, level), (x - NEAR - width, level)]
        corners += [(middle, y + NEAR + LINE * i) for i in (0, 1)]
        corners += [(middle, y - NEAR - LINE * i) for i in (1, 2)]
        boxes = [(left, low, left + width, low + LINE) for left, low in corners]
        inside = [
            box for box in boxes if box[0] >= 0 <= box[1] and box[2] <= wide and box[3] <= high
        ]
        box = next(
            (box for box in inside if not any(_meet(box, other) for other in taken)), boxes[0]
        )
        taken.append(box)
        axes.text(
            box[0] / wide, (box[1] + LINE / 2) / high, name, transform=axes.transAxes, va='center',
            gid='name',
        )  # fmt: skip


def _meet(box, other):
    """Tell whether two boxes (left, low, right, high) share a place."""
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
