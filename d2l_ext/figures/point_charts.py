"""A few named things in a plane, each labelled where it stands: no legend to look up."""

import statistics

from ..runtime.arguments import array_of, dict_of
from .picture import GREY, INK, PALETTE, WIDTH, Picture, styled, text_width

HEIGHT, LEFT, RIGHT, FOOT = 3.2, 0.75, 0.3, 0.5  # inches: of the panel, and around it
LINE, AWAY = 0.19, 0.12  # inches: of a line of text, and from a dot to its label


@styled
def labelled_points(points, xlabel, ylabel, title='') -> Picture:
    """Draw dots for each entry of `points`, {name: [(x, y)]}, with its name beside their median.

    Raises ValueError for no entry, more than have a colour, one without a dot, or a number that is not
    finite.
    """
    points = {str(name): _checked(name, dots) for name, dots in dict_of('points', points).items()}
    if len(points) > len(PALETTE):
        raise ValueError(f'points must hold 1 to {len(PALETTE)} entries, got {len(points)}')
    middles = {name: tuple(map(statistics.median, dots.T)) for name, dots in points.items()}
    told = '; '.join(f'{name} {y:.4g} at {x:.4g}' for name, (x, y) in middles.items())
    opening = f'{title}. ' if title else ''
    head = 0.45 if title else 0.15
    picture = Picture(
        WIDTH, FOOT + HEIGHT + head, f'{opening}Points, {ylabel} by {xlabel}: {told}.'
    )
    wide = WIDTH - LEFT - RIGHT
    axes = picture.panel(LEFT, FOOT, wide, HEIGHT)
    for dots, colour in zip(points.values(), PALETTE, strict=False):
        axes.scatter(*dots.T, s=36, color=colour, edgecolors=INK, linewidths=0.5, zorder=3)
    axes.margins(0.12, 0.15)
    axes.set_xlim(left=0)
    axes.grid(color='#DDDDDD', linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    _label(axes, middles, wide)
    picture.headline(title, down=0.1)
    return picture


def _checked(name, dots):
    """Return the dots of an entry as an array (n, 2)."""
    dots = array_of(f'points of {name}', dots, axes=2, finite=True)
    if dots.shape[1] != 2 or not len(dots):
        raise ValueError(
            f'points of {name} must be pairs (x, y), at least one, got shape {dots.shape}'
        )
    return dots


def _label(axes, middles, wide):
    """Write each name right of its dots, or left where it would leave the panel; none on another."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    taken = []  # (left, right, height) of labels, inches
    for name, (x, y) in sorted(middles.items(), key=lambda entry: entry[1][1]):
        at, up = (x - left) / (right - left) * wide, (y - low) / (high - low) * HEIGHT
        long = text_width(name)
        right_of = at + AWAY + long < wide
        start = at + AWAY if right_of else at - AWAY - long
        place = up
        for first, last, height in taken:
            if first < start + long and start < last:
                place = max(place, height + LINE)
        taken.append((start, start + long, place))
        axes.annotate(
            name, (x, y), (start / wide, place / HEIGHT), textcoords='axes fraction', va='center',
            annotation_clip=False, gid='label', zorder=4,
            arrowprops=None if place == up else {
                'arrowstyle': '-', 'color': GREY, 'linewidth': 0.7, 'shrinkA': 1, 'shrinkB': 4,
                'relpos': (0 if right_of else 1, 0.5),
            },
        )  # fmt: skip
