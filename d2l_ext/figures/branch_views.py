"""Receptive fields drawn on an image: the square of pixels that each branch of a block sees."""

from matplotlib.patches import Rectangle

from ..runtime.arguments import array_of, dict_of, whole
from .images import draw_tile, tiles
from .picture import GREY, WIDTH, Picture, colours, styled

AROUND = 5  # pixels that an enlarged part shows on each side of the middle


@styled
def fields(image, sizes, row, column, title='') -> Picture:
    """Draw on `image`, (H, W), the square of pixels around (row, column) that each branch sees.

    `sizes` is {branch: side in pixels}. The image stands at the left, its framed part is enlarged once
    for each branch. Raises ValueError for no branch, and for a place less than 5 pixels from an edge.
    """
    image = tiles(array_of('image', image, axes=2, finite=True)[None])[0]
    sizes = {
        str(name): whole(f'sizes of {name}', size) for name, size in dict_of('sizes', sizes).items()
    }
    for name, value, side in zip(('row', 'column'), (row, column), image.shape[:2], strict=True):
        whole(name, value, AROUND, most=side - 1 - AROUND)
    shade = colours(sizes)
    side = min(1.75, (WIDTH - 0.1) / (1 + len(sizes)))
    head = 0.35 if title else 0.05
    told = ', '.join(f'{name} {size}×{size}' for name, size in sizes.items())
    picture = Picture(
        0.1 + side * (1 + len(sizes)), side + 0.45 + head,
        f'{title + ". " if title else ""}An image, and what one output of each branch sees of it, '
        f'in pixels: {told}.',
    )  # fmt: skip
    axes = picture.sheet()
    picture.headline(title)
    part = image[row - AROUND : row + AROUND + 1, column - AROUND : column + AROUND + 1]
    pixel = (side - 0.08) / image.shape[0]
    draw_tile(axes, image, 0.05, 0.45, side)
    axes.add_patch(
        Rectangle((0.09 + (column - AROUND) * pixel,
                   0.41 + side - (row + AROUND + 1) * pixel),
                  (2 * AROUND + 1) * pixel, (2 * AROUND + 1) * pixel, fill=False,
                  edgecolor='white', linewidth=1.5)
    )  # fmt: skip
    axes.text(0.05 + side / 2, 0.3, 'the image', ha='center', va='center')
    pixel = (side - 0.08) / (2 * AROUND + 1)
    for i, (name, size) in enumerate(sizes.items(), 1):
        left = 0.05 + i * side
        draw_tile(axes, part, left, 0.45, side, GREY, linewidth=0.8)
        middle = left + side / 2, 0.45 + side / 2
        for across, width in ((size, 3), (1, 1.2)):  # the field, and the output's own pixel in it
            axes.add_patch(
                Rectangle((middle[0] - across * pixel / 2, middle[1] - across * pixel / 2),
                          across * pixel, across * pixel, fill=False, edgecolor=shade[name],
                          linewidth=width, gid='field' if width == 3 else 'middle')
            )  # fmt: skip
        axes.text(middle[0], 0.3, name, ha='center', va='center', weight='bold', gid='branch')
        axes.text(middle[0], 0.12, f'{size}×{size}', ha='center', va='center', gid='size')
    axes.set(xlim=(0, picture.get_figwidth()), ylim=(0, picture.get_figheight()))
    return picture
