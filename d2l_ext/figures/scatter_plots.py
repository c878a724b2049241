"""Points in a plane, coloured by what they belong to: the same points once for each way to group them."""

import numpy as onp

from ..runtime.arguments import array_of, brief, dict_of
from .picture import GREY, INK, SMALL, WIDTH, Picture, numbers, styled, text_width

# colour and marker of each group in turn; the first two are orange and blue
MARKS = [
    ('#D55E00', 'o'), ('#0072B2', '^'), ('#009E73', 's'), ('#E69F00', 'v'), ('#CC79A7', 'D'),
    (INK, '+'), ('#56B4E9', 'P'), (GREY, '*'), ('#A94A00', 'x'), ('#004C78', '<'),
]  # fmt: skip
# those of a panel of few groups that stands beside another: no colour has two meanings then
FEW = [('#5E3C99', 'o'), ('#A58BD3', '^'), ('white', 's')]
PANEL, LEGEND_LINE, GAP = 3.7, 0.2, 0.3  # inches


@styled
def scatter(points, groups, title='') -> Picture:
    """Draw `points` (N, 2) once for each entry of `groups`, {'by class': (N,) names}, 1 or 2 of them.

    The axes bear no numbers: what counts is who lies beside whom. Groups stand in the legend in the
    order in which they first appear, or in that of their numbers. Of two panels the one with fewer
    groups, 3 at most, has colours of its own. Raises ValueError for other shapes and lengths, and for
    more than 10 groups in a panel.
    """
    points = array_of('points', points)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f'points must be (N, 2), got {points.shape}')
    if not onp.isfinite(points).all():
        raise ValueError('points must be finite, got values that are not')
    groups = {str(name): values for name, values in dict_of('groups', groups).items()}
    if len(groups) > 2:
        raise ValueError(f'groups must hold 1 or 2 panels, got {len(groups)}')
    panels = {name: _members(name, values, len(points)) for name, values in groups.items()}
    columns = {name: _columns(members) for name, members in panels.items()}
    lines = max(-(-len(members) // columns[name]) for name, members in panels.items())
    head, foot = (0.62 if title else 0.32), 0.12 + LEGEND_LINE * lines
    told = '; '.join(f'{name}: {", ".join(members)}' for name, members in panels.items())
    picture = Picture(
        WIDTH, head + PANEL + foot, f'{title + ". " if title else ""}Points in a plane, {told}.'
    )
    wide = (WIDTH - GAP * 3) / 2
    fewest = min(panels, key=lambda name: len(panels[name]))
    for i, (name, members) in enumerate(panels.items()):
        left = GAP + i * (wide + GAP)
        axes = picture.panel(left, foot, wide, PANEL)
        apart = len(panels) == 2 and name == fewest and len(members) <= len(FEW)
        _draw(axes, points, members, FEW if apart else MARKS)
        axes.set_title(name, loc='left')
        axes.legend(
            loc='upper left', bbox_to_anchor=(-0.01, -0.01), ncols=columns[name], borderpad=0.2,
            handletextpad=0.2, columnspacing=0.9, borderaxespad=0, labelspacing=0.3, markerscale=1.4,
        )  # fmt: skip
    picture.headline(title, left=GAP, down=0.1)
    return picture


def _draw(axes, points, members, marks):
    # in turns, so that no group hides those before it
    shuffled = onp.random.RandomState(0).permutation(len(points))
    turns = onp.array_split(shuffled, 8)
    for (name, chosen), (colour, marker) in zip(members.items(), marks, strict=False):
        lined = marker in '+x' or colour == 'white'
        edge = INK if colour == 'white' else colour
        for number, turn in enumerate(turns):
            own = turn[onp.isin(turn, chosen)]
            axes.scatter(
                *points[own].T, s=11, c=colour, marker=marker, linewidths=0.9 if lined else 0,
                edgecolors=None if marker in '+x' else edge, label=name if number == 0 else None,
                zorder=2 + number,
            )  # fmt: skip
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(True)
    axes.margins(0.03)


def _members(name, values, count):
    """Return {group: indices of its points}."""
    try:
        values = numbers(values)
        found, first = onp.unique(values, return_index=True)
    except (TypeError, ValueError):
        raise ValueError(
            f'groups[{name!r}] must be names or numbers, got {brief(values)}'
        ) from None
    if values.shape != (count,):
        raise ValueError(f'groups[{name!r}] must be one a point, {count}, got shape {values.shape}')
    if values.dtype.kind not in 'iuf':
        found = found[onp.argsort(first)]
    if len(found) > len(MARKS):
        raise ValueError(
            f'groups[{name!r}] must be of at most {len(MARKS)} groups, got {len(found)}'
        )
    return {str(group): onp.flatnonzero(values == group) for group in found}


def _columns(members):
    """Return how many entries of the legend fit side by side."""
    widest = max(text_width(name, SMALL) for name in members) + 0.4
    return max(1, min(5, len(members), int((WIDTH / 2 - GAP) // widest)))
