"""The diagram of a block, drawn from the block itself: every number in it comes from its layers."""

from matplotlib.patches import FancyBboxPatch

from ..analysis.anatomy import trace
from ..runtime.arguments import number, whole
from ..tables import show
from .picture import (
    GREY,
    INK,
    PALE,
    SMALL,
    WIDTH,
    Picture,
    colours,
    mix,
    styled,
    text_width,
)
from .steps import Fork, count_lanes, in_words, steps_of

LANE, BOX, GAP, NAMED_GAP, MARGIN = 2.2, 0.56, 0.26, 0.5, 0.12  # inches
NARROWEST = 4.4  # inches, room for the sum in the joint
MOST_LANES = 8


@styled
def block_diagram(block, c_in, size=None, title=None, width=WIDTH) -> Picture:
    """Draw `block` on an input of `c_in` channels: a lane a branch, from the input up to the joint.

    `size` is the input's height and width (an int for both): with it, shapes are shown. The picture is
    at most `width` inches wide, unless its texts need more. `block` is made of
    `Concat`, `HybridSequential` and layers, nested as you like. Any block whose children's
    channels add up to its own counts as a `Concat`; one with `join = 'add'` is drawn as the sum of
    its input and its children in a chain. Batch norms and activations are not drawn.
    Raises ValueError for a block of another make, and for more than 8 lanes side by side.
    """
    c_in, width = whole('c_in', c_in), number('width', width, above=0)
    grid = _grid(size)
    # without a size the grid does not show: one that every block of the family accepts
    calls = {call.path: call for call in trace(block, (1, c_in, *(grid or (299, 299))))}
    steps = steps_of(block, '', calls)
    lanes = count_lanes(steps)
    if lanes > MOST_LANES:
        raise ValueError(
            f'block has {lanes} lanes side by side, at most {MOST_LANES}: draw its parts'
        )
    source = f'input: {show(calls[""].in_shape[1:]) if grid else f"{c_in} channels"}'
    goal = f'output: {show(calls[""].out_shape[1:])}' if grid else ''
    return _Drawing(steps, lanes, title, width).finish(source, goal, title or type(block).__name__)


def _grid(size):
    if size is None:
        return None
    grid = size if isinstance(size, (tuple, list)) and len(size) == 2 else (size, size)
    return tuple(whole('size', side, hint='or (height, width)') for side in grid)


def _height(steps, named=False):
    """Return how far `steps` reach above the box that they start from."""
    total = 0
    for i, step in enumerate(steps):
        if isinstance(step, Fork):
            total += (
                max(_height(inner, bool(name)) for name, inner in step.branches.items()) + GAP + BOX
            )
        else:
            total += (NAMED_GAP if named and i == 0 else GAP) + BOX
    return total or (NAMED_GAP - GAP if named else 0)


def _widths(steps):
    """Give the width of each text in a lane: set in several lines, and in one."""
    yield 0, 0
    for step in steps:
        if isinstance(step, Fork):
            for name, inner in step.branches.items():
                yield text_width(name, weight='bold') / count_lanes(inner), 0
                yield from _widths(inner)
        else:
            yield text_width('\n'.join(step)), text_width(', '.join(step[:2]), SMALL + 0.5)


class _Drawing:
    """The sheet while it is drawn; lengths in inches, y grows upwards."""

    def __init__(self, steps, lanes, title, most):
        self.steps = steps
        in_lines, in_one = map(max, zip(*_widths(steps), strict=True))
        lane = max(min(LANE, most / lanes), in_lines + 2 * MARGIN + 0.12)
        self.wide = in_one + 2 * MARGIN + 0.12 <= lane
        width = max(lane * lanes, NARROWEST)
        head = 0.42 if title else MARGIN
        self.picture = Picture(width, MARGIN + BOX + _height(steps) + head, '')
        self.axes = self.picture.sheet()
        self.picture.headline(title)

    def finish(self, source, goal, name):
        width = self.picture.get_figwidth()
        self.box(0, width, MARGIN, source, GREY)
        if goal and self.steps and isinstance(self.steps[-1], Fork):
            self.steps[-1].label += f'\n{goal}'
        self.chain(self.steps, 0, width, MARGIN + BOX, GREY)
        words = f'{source}, then {in_words(self.steps)}'.replace('\n', ', ')
        self.picture.alt = f'Diagram of {name}. {words}.'
        return self.picture

    def chain(self, steps, left, width, y, colour, name=None):
        """Draw `steps` above y, one above the other; return the top of the last one."""
        for step in steps:
            if isinstance(step, Fork):
                y = self.fork(step, left, width, y, colour, name)
            else:
                bottom = y + (NAMED_GAP if name else GAP)
                self.arrow(left + width / 2, y, bottom, colour, name)
                self.box(left, width, bottom, self.wrap(step), colour)
                y = bottom + BOX
            name = None
        return y

    def fork(self, fork, left, width, y, colour, name):
        joint = y + _height([fork]) - BOX
        own = {**colours(filter(None, fork.branches)), '': GREY}
        lanes = {branch: count_lanes(steps) for branch, steps in fork.branches.items()}
        x = left
        for branch, steps in fork.branches.items():
            share = width * lanes[branch] / sum(lanes.values())
            # inside a branch all keeps that branch's colour
            shade = own[branch] if colour == GREY else colour
            label = f'{name}.\n{branch}' if name else branch
            top = self.chain(steps, x, share, y, shade, label)
            self.arrow(x + share / 2, top, joint, shade, None if steps else label)
            x += share
        self.box(left, width, joint, fork.label, colour)
        return joint + BOX

    def wrap(self, parts):
        """Set the parts in one line and the stride in a second; in narrow lanes each in its own."""
        if not self.wide:
            return '\n'.join(parts)
        main, extra = (
            (parts[:2], parts[2:]) if '→' in ''.join(parts[:2]) else (parts[:1], parts[1:])
        )
        return '\n'.join([', '.join(main), *extra])

    def box(self, left, width, bottom, text, colour):
        fill = PALE if colour == GREY else mix(colour, 'white', 0.8)
        self.axes.add_patch(
            FancyBboxPatch(
                (left + MARGIN, bottom), width - 2 * MARGIN, BOX,
                boxstyle='round,pad=0,rounding_size=0.06',
                edgecolor=mix(colour, INK, 0.2), facecolor=fill, linewidth=1.5, gid='box',
            )
        )  # fmt: skip
        if text_width(text, SMALL + 0.5) > width - 2 * MARGIN - 0.1:
            text = text.replace(' = ', '\n= ')
        self.axes.text(
            left + width / 2, bottom + BOX / 2 - 0.01, text,
            ha='center', va='center', size=SMALL + 0.5 if self.wide else SMALL, gid='label',
            linespacing=1.15,
        )  # fmt: skip

    def arrow(self, x, start, end, colour, name):
        style = {'arrowstyle': '-|>', 'color': mix(colour, INK, 0.2), 'linewidth': 1.4,
                 'shrinkA': 0, 'shrinkB': 0, 'mutation_scale': 11}  # fmt: skip
        self.axes.annotate('', (x, end), (x, start), arrowprops=style)
        if name:
            self.axes.text(
                x, start + 0.2, name, ha='center', va='center', size=SMALL, weight='bold',
                gid='branch', bbox={'facecolor': 'white', 'edgecolor': 'none', 'pad': 1},
            )  # fmt: skip
