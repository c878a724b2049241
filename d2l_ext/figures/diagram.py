"""The diagram of a block, drawn from the block itself: every number in it comes from its layers."""

from dataclasses import dataclass

from matplotlib.patches import FancyBboxPatch
from mxnet.gluon import nn

from ..anatomy import trace
from ..blocks import Concat
from .picture import GREY, INK, LARGE, PALE, SMALL, WIDTH, Picture, colours, mix, styled

LANE, BOX, GAP, NAMED_GAP, MARGIN = 2.2, 0.52, 0.26, 0.5, 0.12  # inches
MOST_LANES = 8
# they belong to the convolution before them, or do nothing
NOT_DRAWN = ('BatchNorm', 'Activation', 'Identity')


@dataclass
class Fork:
    """Branches that start at one place, a list of steps each, and the text of the box that joins them.

    A step is the text of a box, as a list of its parts, or a Fork.
    """

    branches: dict
    label: str


@styled
def block_diagram(block, c_in, size=None, title=None) -> Picture:
    """Draw `block` on an input of `c_in` channels: a lane a branch, from the input up to the joint.

    `size` is the input's height and width (an int for both); with it, input and output shapes are shown.
    `block` is made of `Concat`, `HybridSequential` and layers, nested as you like; any block whose
    children's channels add up to its own counts as a `Concat`, and one with `join = 'add'` is drawn as
    the sum of its input and its children in a chain. Batch norms and activations are not drawn.
    Raises ValueError for a block of another make, and for more than 8 lanes side by side.
    """
    if isinstance(c_in, bool) or not isinstance(c_in, int) or c_in < 1:
        raise ValueError(f'c_in must be a positive integer, got {c_in!r}')
    grid = _grid(size)
    # without a size the grid does not show: one that every block of the family accepts
    calls = {call.path: call for call in trace(block, (1, c_in, *(grid or (299, 299))))}
    steps = _steps(block, '', calls)
    lanes = _lanes(steps)
    if lanes > MOST_LANES:
        raise ValueError(f'block has {lanes} lanes side by side, at most {MOST_LANES}: draw its parts')
    source = f'input: {_shape(calls[""].in_shape) if grid else f"{c_in} channels"}'
    goal = f'output: {_shape(calls[""].out_shape)}' if grid else ''
    return _Drawing(steps, lanes, title).finish(source, goal, title or type(block).__name__)


def _grid(size):
    grid = (size, size) if isinstance(size, int) else size
    if grid is None:
        return None
    try:
        height, width = grid
    except (TypeError, ValueError):
        raise ValueError(f'size must be an integer or (height, width), got {size!r}') from None
    return height, width


def _shape(shape):
    return ' × '.join(map(str, shape[1:]))


def _steps(block, path, calls):
    """Return what `block` does as a list of steps."""
    call = calls[path]
    if call.is_layer:
        return [] if call.kind in NOT_DRAWN else [_label(block, call)]
    children = {name: f'{path}.{name}' if path else name for name in block._children}
    inner = {name: _steps(block._children[name], children[name], calls) for name in children}
    chain = [step for steps in inner.values() for step in steps]
    channels = [calls[child].out_shape[1] for child in children.values()]
    c_in, c_out = call.in_shape[1], call.out_shape[1]
    if getattr(block, 'join', None) == 'add':
        return [Fork({'shortcut': [], 'residual': chain}, f'sum: {c_out} channels')]
    if isinstance(block, nn.HybridSequential):
        return chain
    same_input = all(calls[child].in_shape[1] == c_in for child in children.values())
    if isinstance(block, Concat) or (same_input and sum(channels) == c_out):
        total = f'{" + ".join(map(str, channels))} = ' if len(channels) > 1 else ''
        return [Fork(inner, f'concat: {total}{c_out} channels')]
    raise ValueError(
        f'block must be made of Concat, HybridSequential and layers, got {call.kind} at '
        f'{path or "its top"}: write its branches with Concat'
    )


def _label(layer, call):
    """Return the text of a layer's box in parts: what it is, channels in and out, stride."""
    c_in, c_out = call.in_shape[1], call.out_shape[1]
    arrow = f'{c_in} → {c_out}'
    options = getattr(layer, '_kwargs', {})
    if 'kernel' not in options:
        return ['dense', arrow] if call.kind == 'Dense' else [call.kind]
    if options.get('global_pool'):
        return [f'global {options["pool_type"]} pool']
    kernel = '×'.join(map(str, options['kernel']))
    parts = [f'{kernel} {options["pool_type"]} pool'] if 'pool_type' in options else [f'{kernel} conv', arrow]
    if options.get('num_group', 1) > 1:
        parts.append(f'{options["num_group"]} groups')
    strides = dict.fromkeys(options['stride'])
    return parts if list(strides) == [1] else [*parts, f'stride {"×".join(map(str, strides))}']


def _lanes(steps):
    forks = [step for step in steps if isinstance(step, Fork)]
    return max([1] + [sum(map(_lanes, fork.branches.values())) for fork in forks])


def _height(steps, named=False):
    """Return how far `steps` reach above the box that they start from."""
    total = 0
    for i, step in enumerate(steps):
        if isinstance(step, Fork):
            total += max(_height(branch, named=True) for branch in step.branches.values()) + GAP + BOX
        else:
            total += (NAMED_GAP if named and i == 0 else GAP) + BOX
    return total or (NAMED_GAP - GAP if named else 0)


def _words(steps):
    """Tell `steps` in words, for the alternative text."""
    parts = []
    for step in steps:
        if isinstance(step, Fork):
            told = [f'{name}: {_words(branch) or "as it is"}' for name, branch in step.branches.items()]
            parts.append(f'[{"; ".join(told)}], {step.label}')
        else:
            parts.append(', '.join(step))
    return ', then '.join(parts)


class _Drawing:
    """The sheet while it is drawn; lengths in inches, y grows upwards."""

    def __init__(self, steps, lanes, title):
        self.steps = steps
        self.lane = min(LANE, WIDTH / lanes)
        self.wide = self.lane > 1.9
        width = max(self.lane * lanes, 4.4)  # room for the joint's sum
        head = 0.4 if title else MARGIN
        self.picture = Picture(width, MARGIN + BOX + _height(steps) + GAP + head, '')
        self.axes = self.picture.sheet()
        if title:
            top = self.picture.get_figheight() - 0.12
            self.axes.text(MARGIN, top, title, size=LARGE, weight='bold', va='top')

    def finish(self, source, goal, name):
        width = self.picture.get_figwidth()
        self.box(0, width, MARGIN, source, GREY, PALE)
        if goal:
            last = self.steps[-1] if self.steps else None
            if isinstance(last, Fork):
                last.label += f'\n{goal}'
        self.chain(self.steps, 0, width, MARGIN + BOX, GREY)
        words = f'{source}, then {_words(self.steps)}'.replace('\n', ', ')
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
                self.box(left, width, bottom, self.wrap(step), colour, mix(colour, 'white', 0.8))
                y = bottom + BOX
            name = None
        return y

    def fork(self, fork, left, width, y, colour, name):
        joint = y + _height([fork]) - BOX
        own = colours(fork.branches)
        lanes = {branch: _lanes(steps) for branch, steps in fork.branches.items()}
        x = left
        for branch, steps in fork.branches.items():
            share = width * lanes[branch] / sum(lanes.values())
            # inside a branch all keeps that branch's colour
            shade = own[branch] if colour == GREY else colour
            label = f'{name}.{branch}' if name else branch
            top = self.chain(steps, x, share, y, shade, label)
            self.arrow(x + share / 2, top, joint, shade, None if steps else label)
            x += share
        plain = colour == GREY
        fill = PALE if plain else mix(colour, 'white', 0.8)
        self.box(left, width, joint, fork.label, colour, fill)
        return joint + BOX

    def wrap(self, parts):
        """Set a box's parts in one line and its stride in a second; in narrow lanes each in its own."""
        if not self.wide:
            return '\n'.join(parts)
        main, extra = (parts[:2], parts[2:]) if '→' in ''.join(parts[:2]) else (parts[:1], parts[1:])
        return '\n'.join([', '.join(main), *extra])

    def box(self, left, width, bottom, text, colour, fill):
        self.axes.add_patch(
            FancyBboxPatch(
                (left + MARGIN, bottom), width - 2 * MARGIN, BOX,
                boxstyle='round,pad=0,rounding_size=0.06',
                edgecolor=mix(colour, INK, 0.15), facecolor=fill, linewidth=1.5, gid='box',
            )
        )  # fmt: skip
        self.axes.text(
            left + width / 2, bottom + BOX / 2 - 0.01, text,
            ha='center', va='center', size=SMALL + 0.5 if self.wide else SMALL, gid='label',
            linespacing=1.15,
        )  # fmt: skip

    def arrow(self, x, start, end, colour, name):
        style = {'arrowstyle': '-|>', 'color': mix(colour, INK, 0.15), 'linewidth': 1.4,
                 'shrinkA': 0, 'shrinkB': 0, 'mutation_scale': 11}  # fmt: skip
        self.axes.annotate('', (x, end), (x, start), arrowprops=style)
        if name:
            self.axes.text(
                x, start + 0.2, name, ha='center', va='center', size=SMALL, weight='bold',
                gid='branch', bbox={'facecolor': 'white', 'edgecolor': 'none', 'pad': 1},
            )  # fmt: skip
