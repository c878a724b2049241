"""A ring all-reduce drawn step by step: which piece each worker holds, and which one it sends."""

from matplotlib.patches import FancyArrowPatch, Rectangle

from ..runtime.arguments import names_of
from .picture import (
    BRANCH_COLOURS,
    GREY,
    Picture,
    ink_on,
    mix,
    styled,
    text_width,
)

FULL, SENT = BRANCH_COLOURS['branch1x1'], '#D55E00'
PANEL, TALL, APART = 1.76, 0.28, 0.24  # inches: width of a gradient, height, room below it
HEAD, BETWEEN = 0.56, 0.3  # inches: above each row of panels, and between two panels


@styled
def ring_all_reduce(workers='ABCD', title='') -> Picture:
    """Draw how `workers`, a letter each, add their gradients in a ring: all steps and both results.

    Each gradient has as many pieces as there are workers; a piece bears the letters of the gradients
    that it is the sum of. A framed piece is sent in that step, along its arrow, to the next worker.
    Raises ValueError for fewer than 2 or more than 4 workers.
    """
    names = names_of('workers', workers)
    n = len(names)
    if not 2 <= n <= 4:
        raise ValueError(f'workers must name 2 to 4, got {n}')
    phases = {'reduce-scatter': [], 'all-gather': []}
    held = [[{i} for _ in names] for i in range(n)]
    for phase, panels in phases.items():
        for step in range(n - 1):
            done = step if phase == 'reduce-scatter' else step + n - 1
            sends = [(worker - done) % n for worker in range(n)]
            panels.append((held, sends))
            held = [list(map(set, pieces)) for pieces in held]
            for worker, piece in enumerate(sends):
                held[(worker + 1) % n][piece] |= panels[-1][0][worker][piece]
        panels.append((held, []))
    left = 0.3 + max(text_width(f'worker {name}') for name in names)
    block = HEAD + n * (TALL + APART) + 0.2
    head = 0.35 if title else 0.0
    picture = Picture(
        left + n * PANEL + (n - 1) * BETWEEN + 0.15, 2 * block + head + 0.25,
        f'{title + ". " if title else ""}Ring all-reduce of {n} workers ({", ".join(names)}): in '
        f'{n - 1} steps of reduce-scatter each worker sends one piece to the next worker, which adds '
        f'it; then each worker holds one piece of the whole sum. In {n - 1} steps of all-gather the '
        'summed pieces go round, until each worker holds all of them.',
    )  # fmt: skip
    axes = picture.sheet()
    picture.headline(title)
    for row, (phase, panels) in enumerate(phases.items()):
        top = 2 * block + 0.25 - row * block
        for column, (state, sends) in enumerate(panels):
            x = left + column * (PANEL + BETWEEN)
            step = f'{phase}, step {column + 1}' if sends else f'after {phase}'
            axes.text(
                x + PANEL / 2, top - 0.14, step, ha='center', va='center', weight='bold',
                gid='step',
            )  # fmt: skip
            _panel(axes, names, state, sends, x, top - HEAD)
        for i, name in enumerate(names):
            y = top - HEAD - i * (TALL + APART) - TALL / 2
            axes.text(left - 0.12, y, f'worker {name}', ha='right', va='center', gid='worker')
    note = 'letters: gradients in the sum   orange: sent to the next worker'
    axes.text(0.15, 0.18, note, va='center', color=GREY)
    return picture


def _panel(axes, names, state, sends, left, top):
    """Draw the pieces that every worker holds, and an arrow from each piece that is sent."""
    n, wide = len(names), PANEL / len(names)
    bottoms = [top - i * (TALL + APART) - TALL for i in range(n)]
    for i, pieces in enumerate(state):
        for j, members in enumerate(pieces):
            # the whole sum stands out, part of it is the paler the less it holds
            share = (len(members) - 1) / (n - 1)
            colour = FULL if share == 1 else mix('#F4F4F4', FULL, 0.45 * share)
            axes.add_patch(
                Rectangle((left + j * wide, bottoms[i]), wide, TALL, facecolor=colour,
                          edgecolor='white', linewidth=1.5, gid='piece')
            )  # fmt: skip
            axes.text(
                left + (j + 0.5) * wide, bottoms[i] + TALL / 2 - 0.01,
                ''.join(names[member] for member in sorted(members)), ha='center', va='center',
                color=ink_on(colour), gid='sum',
            )  # fmt: skip
    for i, j in enumerate(sends):
        axes.add_patch(
            Rectangle((left + j * wide + 0.02, bottoms[i] + 0.02), wide - 0.04, TALL - 0.04,
                      fill=False, edgecolor=SENT, linewidth=2, gid='sent')
        )  # fmt: skip
        x = left + (j + 0.5) * wide
        arrows = [(bottoms[i], bottoms[i] - APART)]
        if i == n - 1:  # the last worker's arrow comes in again above the first
            arrows.append((top + APART, top))
        for start, end in arrows:
            axes.add_patch(
                FancyArrowPatch((x, start), (x, end), arrowstyle='-|>', mutation_scale=8,
                                color=SENT, linewidth=1.4, shrinkA=0, shrinkB=0)
            )  # fmt: skip
