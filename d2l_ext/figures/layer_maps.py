"""A whole network: layer by layer from top to bottom, or part by part with its classifiers beside it."""

from matplotlib.patches import FancyBboxPatch, Rectangle
from mxnet.gluon import nn

from ..analysis.anatomy import trace
from ..runtime.arguments import brief, shape_of
from ..tables import show
from .picture import GREY, INK, PALE, PALETTE, WIDTH, Picture, colours, mix, styled
from .steps import Fork, in_words, steps_of

STAGE, NAME, SHAPE = 0.75, 0.55, 1.25  # inches: columns left and right of the layers
TALL, FLAT, GAP, APART = (
    0.42,
    0.25,
    0.13,
    0.1,
)  # of a row of branches, of one layer, and between rows
HEAD, TITLE = 0.3, 0.35
PART, RISE, SIZES = 0.34, 0.4, 0.45  # inches: a part's box, up to its classifier, what leaves it


@styled
def layer_map(net, shape, title='') -> Picture:
    """Draw each layer of `net` on an input of `shape`, (N, C, H, W), with its output C × H × W.

    `net` is a HybridSequential of stages; a stage holds layers and blocks of branches, each a chain of
    layers. A box says its kernel and the channels that it gives. Raises ValueError for another make.
    """
    if not isinstance(net, nn.HybridSequential) or not len(net):
        raise ValueError(f'net must be a HybridSequential with children, got {brief(net)}')
    shape = shape_of('shape', shape, axes=4)
    stages = _rows(net, {call.path: call for call in trace(net, shape)})
    rows = [row for rows in stages.values() for row in rows]
    branches = list(
        dict.fromkeys(
            name for _, step, _ in rows if isinstance(step, Fork) for name in step.branches
        )
    )
    height = HEAD + sum(_height(step) + GAP for _, step, _ in rows) + APART * len(stages)
    head = TITLE if title else 0.05
    told = '; '.join(
        f'{name or stage}: {in_words([step])}, {show(size)}'
        for stage, rows in stages.items() for name, step, size in rows
    )  # fmt: skip
    picture = Picture(WIDTH, height + head, f'{title + ". " if title else ""}Layers: {told}.')
    axes = picture.sheet()
    picture.headline(title)
    lanes = _lanes(branches)
    top = height - 0.12
    for name, (left, wide) in lanes.items():
        axes.text(left + wide / 2, top, name, ha='center', va='center', weight='bold', gid='branch')
    axes.text(WIDTH - SHAPE / 2, top, 'output', ha='center', va='center', color=GREY)
    top -= HEAD - 0.12
    shade = colours(branches)
    for stage, rows in stages.items():
        tall = sum(_height(step) + GAP for _, step, _ in rows)
        axes.add_patch(
            Rectangle((0.05, top - tall), WIDTH - 0.1, tall, facecolor='#F7F7F7', linewidth=0)
        )
        axes.text(0.12, top - tall / 2, stage, va='center', color=GREY, gid='stage')
        for name, step, size in rows:
            high = _height(step)
            bottom = top - GAP / 2 - high
            middle = bottom + high / 2
            axes.text(STAGE, middle, name, va='center', weight='bold', gid='name')
            axes.text(WIDTH - SHAPE / 2, middle, show(size), ha='center', va='center', gid='shape')
            if isinstance(step, Fork):
                for branch, steps in step.branches.items():
                    _chain(axes, steps, *lanes[branch], bottom, shade[branch])
            else:
                start, end = STAGE + NAME, WIDTH - SHAPE
                _box(axes, start, end - start, bottom, high, ', '.join(step), GREY)
            top -= high + GAP
        top -= APART
    return picture


@styled
def head_map(net, shape, title='') -> Picture:
    """Draw the parts of `net` from left to right, and each auxiliary classifier above what it reads.

    `net` is a network built with `aux=True`, `shape` is (N, C, H, W). Below a part stands what leaves it.
    A stage is one part, or a part a block where a classifier starts in it. Raises ValueError for a
    network without auxiliary classifiers.
    """
    taps = getattr(net, 'taps', None)
    if not taps:
        raise ValueError(
            f'net must have auxiliary classifiers, got {brief(net)}: build it with aux=True'
        )
    shape = shape_of('shape', shape, axes=4)
    sizes = {call.path: call.out_shape[1:] for call in trace(net, shape)}
    parts = {}
    for stage, block in net._children.items():
        blocks = [f'{stage}.{name}' for name in block._children]
        for path in blocks if not taps.keys().isdisjoint(blocks) else [stage]:
            name = path.rpartition('.')[2].removeprefix('inception_')
            parts[path] = 'main' if path == 'head' else name
    told = ', '.join(f'{name} {show(sizes[path])}' for path, name in parts.items())
    told += ''.join(f'; {head} reads {parts[path]}' for path, head in taps.items())
    height = SIZES + 2 * PART + RISE + 0.1
    picture = Picture(
        WIDTH, height + (TITLE if title else 0), f'{title + ". " if title else ""}Parts: {told}.'
    )
    axes, pitch = picture.sheet(), WIDTH / len(parts)
    picture.headline(title)
    wide, arrow = pitch - 0.22, {'arrowstyle': '-|>', 'color': INK, 'shrinkA': 0, 'shrinkB': 0}
    for i, (path, name) in enumerate(parts.items()):
        left, middle = pitch * i + 0.11, SIZES + PART / 2
        _box(axes, left, wide, SIZES, PART, name, GREY)
        channels, *grid = sizes[path]
        leaves = f'{channels}\n{show(tuple(grid))}' if grid else str(channels)
        axes.text(left + wide / 2, SIZES - 0.05, leaves, ha='center', va='top', color=GREY,
                  gid='shape')  # fmt: skip
        if i:
            axes.annotate('', (left, middle), (left - 0.22, middle), arrowprops=arrow)
        if path in taps:
            top = SIZES + PART + RISE
            _box(axes, left, wide, top, PART, taps[path], PALETTE[1])
            axes.annotate('', (left + wide / 2, top), (left + wide / 2, SIZES + PART),
                          arrowprops=arrow)  # fmt: skip
    axes.text(WIDTH - 0.12, height - 0.1 - PART / 2, 'above: in training only', ha='right',
              va='center', color=GREY)  # fmt: skip
    return picture


def _rows(net, calls):
    """Return {stage: [(name, step, output's shape)]}."""
    stages = {}
    for stage, block in net._children.items():
        inside = block._children if isinstance(block, nn.HybridSequential) else {'': block}
        rows = stages[stage] = []
        for name, child in inside.items():
            path = f'{stage}.{name}' if name else stage
            steps = steps_of(child, path, calls)
            for step in steps:
                plain = not isinstance(step, Fork)
                if not plain and any(
                    isinstance(s, Fork) for b in step.branches.values() for s in b
                ):
                    raise ValueError(f'net has branches inside a branch at {path}: draw its blocks')
                if plain and len(steps) > 1:
                    raise ValueError(
                        f'net has a chain of layers at {path}: name them in their stage'
                    )
                short = '' if plain or name.isdigit() else name.removeprefix('inception_')
                rows.append((short, step, calls[path].out_shape[1:]))
    return stages


def _height(step):
    return TALL if isinstance(step, Fork) else FLAT


def _lanes(branches):
    """Return {branch: (left, width)} in inches."""
    wide = (WIDTH - SHAPE - STAGE - NAME) / max(1, len(branches))
    return {name: (STAGE + NAME + i * wide, wide) for i, name in enumerate(branches)}


def _chain(axes, steps, left, wide, bottom, colour):
    """Draw the layers of a branch beside each other, from left to right."""
    each = (wide - 0.12) / max(2, len(steps))
    left += (wide - each * len(steps)) / 2
    for i, step in enumerate(steps):
        kernel, _, kind = step[0].partition(' ')
        channels = step[1].rpartition(' ')[2] if len(step) > 1 and '→' in step[1] else kind
        x, middle = left + i * each, bottom + TALL / 2
        _box(axes, x + 0.05, each - 0.1, bottom, TALL, f'{kernel}\n{channels}', colour)
        if i:
            axes.annotate(
                '', (x + 0.06, middle), (x - 0.06, middle),
                arrowprops={'arrowstyle': '-|>', 'color': INK, 'linewidth': 0.8, 'shrinkA': 0,
                            'shrinkB': 0, 'mutation_scale': 6},
            )  # fmt: skip


def _box(axes, left, wide, bottom, high, text, colour):
    axes.add_patch(
        FancyBboxPatch((left, bottom), wide, high, boxstyle='round,pad=0,rounding_size=0.05',
                       edgecolor=mix(colour, INK, 0.2), linewidth=1.1, gid='box',
                       facecolor=PALE if colour == GREY else mix(colour, 'white', 0.8))
    )  # fmt: skip
    axes.text(left + wide / 2, bottom + high / 2 - 0.01, text, ha='center', va='center',
              linespacing=1.05, gid='label')  # fmt: skip
