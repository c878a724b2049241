"""The map of a network's stages: volumes that shrink in height and width and grow in channels."""

from matplotlib.patches import Polygon
from mxnet.gluon import nn

from ..analysis.anatomy import trace
from ..runtime.arguments import brief, shape_of
from ..tables import show
from .picture import GREY, INK, SMALL, WIDTH, Picture, mix, styled

A_ROW = 7  # volumes
TALLEST, THICKEST, THINNEST = 1.9, 0.55, 0.035  # inches
TALLEST_GRID = 224  # or the largest; so maps at 96 and at 224 compare
SLANT = 0.3  # how far the third dimension goes to the right, and up, an inch of it
LABELS, TITLE, FOOT = 0.65, 0.35, 0.3  # inches
BLUE = '#8FB4CF'  # no branch's colour


@styled
def stage_map(net, shape, title=None) -> Picture:
    """Draw the input and the output of each of `net`'s children as volumes, from left to right.

    `net` is a HybridSequential, `shape` is (N, C, H, W). A volume's thickness stands for its channels,
    its height and depth for height and width. Sides go with the square root of the size, so that 224
    and 1 both can be seen. Raises ValueError for another kind of net or shape.
    """
    if not isinstance(net, nn.HybridSequential) or not len(net):
        raise ValueError(f'net must be a HybridSequential with children, got {brief(net)}')
    shape = shape_of('shape', shape, axes=4)
    calls = {call.path: call for call in trace(net, shape)}
    volumes = [('input', shape[1:])]
    for path in net._children:
        # a child without a name is called 0, 1, 2 …: its kind says more
        name = calls[path].kind if path.isdigit() else path
        volumes.append((name, calls[path].out_shape[1:]))
    return _draw(volumes, title)


def _draw(volumes, title):
    told = ', '.join(f'{name} {show(size)}' for name, size in volumes)
    sides = _sides([size for _, size in volumes])
    starts = range(0, len(volumes), A_ROW)
    rooms = [0.1 + max(tall + slant for _, tall, slant in sides[i : i + A_ROW]) for i in starts]
    height = sum(rooms) + LABELS * len(rooms) + FOOT + (TITLE if title else 0)
    picture = Picture(WIDTH, height, f'Map of the stages: {told}.')
    axes, floor = picture.sheet(), height - (TITLE if title else 0)
    picture.headline(title)
    pitch = WIDTH / min(A_ROW, len(volumes))
    for i, (name, size) in enumerate(volumes):
        if i % A_ROW == 0:
            room = rooms[i // A_ROW]
            floor -= room + LABELS
        x, middle = (i % A_ROW + 0.5) * pitch, floor + LABELS + room / 2 - 0.05
        _volume(axes, x, middle, *sides[i])
        if i % A_ROW:
            axes.annotate(
                '', (x - pitch / 2 + 0.09, middle), (x - pitch / 2 - 0.09, middle),
                arrowprops={'arrowstyle': '-|>', 'color': GREY, 'shrinkA': 0, 'shrinkB': 0},
            )  # fmt: skip
        axes.text(x, floor + 0.42, show(size), ha='center', va='center', size=SMALL, gid='shape')
        axes.text(
            x, floor + 0.2, name, ha='center', va='center', size=SMALL, weight='bold', gid='stage'
        )
    note = 'channels × height × width; sides drawn as the square root of the size'
    axes.text(WIDTH - 0.12, 0.14, note, ha='right', va='center', size=SMALL, color=GREY)
    return picture


def _sides(sizes):
    """Return how thick, tall and slant each volume is drawn, in inches."""
    sizes = [(*size, 1, 1)[:3] for size in sizes]  # a vector is a volume of 1 x 1
    deepest = max(channels for channels, _, _ in sizes)
    largest = max(TALLEST_GRID, *(side for size in sizes for side in size[1:]))
    return [
        (
            max(THINNEST, THICKEST * (channels / deepest) ** 0.5),
            TALLEST * (height / largest) ** 0.5,
            TALLEST * (width / largest) ** 0.5 * SLANT,
        )
        for channels, height, width in sizes
    ]


def _volume(axes, x, middle, thick, tall, slant):
    """Draw a box with an oblique third dimension, centred on (x, middle)."""
    left, bottom = x - (thick + slant) / 2, middle - (tall + slant) / 2
    right, top = left + thick, bottom + tall
    faces = (
        ([(left, bottom), (right, bottom), (right, top), (left, top)], 0.35),
        (
            [(left, top), (right, top), (right + slant, top + slant), (left + slant, top + slant)],
            0.65,
        ),
        (
            [
                (right, bottom),
                (right + slant, bottom + slant),
                (right + slant, top + slant),
                (right, top),
            ],
            0.0,
        ),
    )
    for corners, light in faces:
        axes.add_patch(
            Polygon(corners, facecolor=mix(BLUE, 'white', light), edgecolor=INK, linewidth=0.9,
                    joinstyle='round', gid='face')
        )  # fmt: skip
