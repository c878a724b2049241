"""Data parallelism drawn: a batch divided, gradients computed side by side and summed."""

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from ..runtime.arguments import names_of, whole
from .picture import GREY, INK, PALE, PALETTE, WIDTH, Picture, mix, styled

TALL, APART = 0.5, 0.22  # inches: a box, and the room between two
LOWER = 0.1  # inches: where the sum enters a box, below the images
COLUMNS = ((0.15, 1.5), (2.45, 2.3), (5.45, 1.3), (7.35, 1.5))  # left edge, width


@styled
def data_parallel(images, devices, title='') -> Picture:
    """Draw how a step on `images` images is divided over `devices`, named in a list.

    Raises ValueError for no device, for more than six, or for fewer images than devices.
    """
    images, devices = whole('images', images), names_of('devices', devices)
    if not 1 <= len(devices) <= 6:
        raise ValueError(f'devices must name 1 to 6, got {len(devices)}')
    if images < len(devices):
        raise ValueError(f'images must be {len(devices)} or more, one a device, got {images}')
    shares = [len(range(i, images, len(devices))) for i in range(len(devices))]
    told = ', '.join(f'{name} {share}' for name, share in zip(devices, shares, strict=True))
    head = 0.35 if title else 0.0
    height = len(devices) * (TALL + APART) + APART + 0.35 + head
    picture = Picture(
        WIDTH, height,
        f'{title + ". " if title else ""}A batch of {images} images is divided ({told}); each device '
        'computes a gradient, the gradients are summed, and the sum goes back to every copy of the '
        'weights.',
    )  # fmt: skip
    axes = picture.sheet()
    picture.headline(title, left=0.15)
    rows = [height - head - APART - TALL - i * (TALL + APART) for i in range(len(devices))]
    middle = (rows[0] + rows[-1]) / 2
    batch = _box(axes, 0, middle, f'batch\n{images} images', PALE)
    total = _box(axes, 3, middle, 'sum of the\ngradients', PALE)
    for y, name, share, colour in zip(rows, devices, shares, PALETTE, strict=False):
        device = _box(
            axes, 1, y, f'{name}: weights,\n{share} images', mix(colour, '#FFFFFF', 0.8), colour
        )
        gradient = _box(axes, 2, y, 'gradient', mix(colour, '#FFFFFF', 0.8), colour)
        _arrow(axes, batch[1], device[0], colour)
        _arrow(axes, device[1], gradient[0], colour)
        _arrow(axes, gradient[1], total[0], colour)
    _draw_way_back(axes, rows, middle)
    return picture


def _draw_way_back(axes, rows, middle):
    """Draw the way of the sum to every device, a dashed line below all boxes."""
    start, left = COLUMNS[3][0] + COLUMNS[3][1] / 2, COLUMNS[1][0] - 0.2
    low = rows[-1] - APART
    axes.plot(
        [start, start, left, left], [middle, low, low, rows[0] + LOWER],
        color=GREY, linestyle='--', linewidth=1.4, gid='way back',
    )  # fmt: skip
    for y in rows:
        _arrow(axes, (left, y + LOWER), (COLUMNS[1][0], y + LOWER), GREY)
    axes.text(
        (left + start) / 2, low - 0.17, 'the same sum goes back to every copy of the weights',
        ha='center', va='center', color=INK,
    )  # fmt: skip


def _box(axes, column, y, text, face, edge=GREY):
    """Draw a box; return the middle of its left and of its right edge."""
    left, width = COLUMNS[column]
    axes.add_patch(
        FancyBboxPatch(
            (left, y), width, TALL, boxstyle='round,pad=0,rounding_size=0.05',
            facecolor=face, edgecolor=edge, linewidth=1.5,
        )
    )  # fmt: skip
    axes.text(left + width / 2, y + TALL / 2, text, ha='center', va='center')
    return (left, y + TALL / 2), (left + width, y + TALL / 2)


def _arrow(axes, start, end, colour):
    axes.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle='-|>', mutation_scale=10, color=colour, linewidth=1.4
        )
    )
