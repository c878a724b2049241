"""Pictures of what a network makes of an image: the maps of its branches, and a map laid over it."""

import numpy as onp
from matplotlib.colors import to_rgb

from ..runtime.arguments import array_of, dict_of, names_of
from .images import draw_tile, tiles
from .picture import GREY, LARGE, WIDTH, Picture, colours, styled, text_width

LARGEST_TILE = 1.1  # inches
HEAT = '#D55E00'


@styled
def branch_maps(maps, title='', image=None) -> Picture:
    """Draw `maps`, {block: {branch: (H, W)}}: a column a block, a row a branch in its colour.

    White is zero, the branch's colour the highest value of that map; below each block stands its grid.
    `image`, (H, W) or (1 or 3, H, W), is drawn to the left of its maps.
    Raises ValueError for no block, and for a map or an image of another shape.
    """
    maps = {
        str(block): {
            str(name): array_of(f'maps[{block!r}][{name!r}]', values, finite=True)
            for name, values in dict_of(f'maps[{block!r}]', parts).items()
        }
        for block, parts in dict_of('maps', maps).items()
    }
    for block, parts in maps.items():
        for name, values in parts.items():
            if values.ndim != 2 or not values.size:
                raise ValueError(f'maps[{block!r}][{name!r}] must be (H, W), got {values.shape}')
    shown = [] if image is None else _one(image)
    names = list(dict.fromkeys(name for parts in maps.values() for name in parts))
    shade = colours(names)
    left = 0.3 + max(map(text_width, names))
    tile = min(LARGEST_TILE, (WIDTH - left - 0.05) / (len(maps) + len(shown)))
    left += tile * len(shown)
    head, foot = (0.66 if title else 0.3), 0.3
    told = f'{len(maps)} blocks ({", ".join(maps)}), {len(names)} branches ({", ".join(names)})'
    picture = Picture(
        max(left + tile * len(maps) + 0.05, text_width(title, LARGE, 'bold') + 0.3),
        head + tile * len(names) + foot,
        f'{title + ". " if title else ""}{"An image, and m" if len(shown) else "M"}aps of {told}.',
    )
    axes, height = picture.sheet(), picture.get_figheight()
    picture.headline(title)
    for tiled in shown:
        y = foot + tile * (len(names) - 1) / 2
        draw_tile(axes, tiled, 0, y, tile)
        axes.text(tile / 2, y - 0.1, f'{tiled.shape[0]}×{tiled.shape[1]}', ha='center', va='center',
                  color=GREY, gid='image')  # fmt: skip
    for i, name in enumerate(names):
        y = height - head - tile * (i + 0.5)
        axes.text(left - 0.12, y, name, ha='right', va='center', gid='branch')
    for j, (block, parts) in enumerate(maps.items()):
        x = left + tile * j
        axes.text(x + tile / 2, height - head + 0.14, block, ha='center', va='center',
                  weight='bold', gid='block')  # fmt: skip
        for name, values in parts.items():
            y = height - head - tile * (names.index(name) + 1)
            draw_tile(axes, _tinted(values, shade[name]), x, y, tile, shade[name])
        rows, columns = next(iter(parts.values())).shape
        axes.text(x + tile / 2, foot - 0.14, f'{rows}×{columns}', ha='center', va='center',
                  color=GREY, gid='grid')  # fmt: skip
    axes.set(xlim=(0, picture.get_figwidth()), ylim=(0, height))
    return picture


@styled
def overlay(images, maps, labels=None, title='') -> Picture:
    """Draw `images` in a row, and below them a row an entry of `maps`, {name: (N, h, w)}, laid on them.

    Orange marks what is high, in full where an image has its highest value; the images are (N, H, W) or
    (N, 1 or 3, H, W). A cell of a map covers its share of the image. Raises ValueError for no map, or
    for maps and labels that are not one an image.
    """
    images = tiles(images)
    maps = {
        str(name): array_of(f'maps[{name!r}]', values, finite=True)
        for name, values in dict_of('maps', maps).items()
    }
    for name, values in maps.items():
        if values.ndim != 3 or len(values) != len(images) or not values.size:
            raise ValueError(f'maps[{name!r}] must be ({len(images)}, h, w), got {values.shape}')
    labels = [''] * len(images) if labels is None else names_of('labels', labels)
    if len(labels) != len(images):
        raise ValueError(f'labels must be one an image, got {len(labels)} for {len(images)} images')
    left = 0.3 + max(map(text_width, maps))
    lines = max(label.count('\n') + bool(label) for label in labels)
    foot, head = 0.08 + 0.16 * lines, (0.4 if title else 0.05)
    tile = min(LARGEST_TILE, (WIDTH - left - 0.05) / len(images))
    tile = max(tile, max(map(text_width, labels)) + 0.08)
    told = f'{len(images)} images{": " + "; ".join(labels) if any(labels) else ""}'.replace(
        '\n', ' '
    )
    picture = Picture(
        max(left + tile * len(images) + 0.05, text_width(title, LARGE, 'bold') + 0.3),
        head + tile * (1 + len(maps)) + foot,
        f'{title + ". " if title else ""}{told}. Below each, marked on it: {", ".join(maps)}.',
    )
    axes, height = picture.sheet(), picture.get_figheight()
    picture.headline(title)
    for row, name in enumerate(['', *maps]):
        y = height - head - tile * (row + 1)
        axes.text(left - 0.12, y + tile / 2, name, ha='right', va='center', gid='map')
        for i, image in enumerate(images):
            grey = image if image.ndim == 3 else onp.repeat(image[..., None], 3, axis=2)
            drawn = _marked(grey, maps[name][i]) if name else grey
            draw_tile(axes, drawn, left + tile * i, y, tile)
    for i, label in enumerate(labels):
        x = left + tile * (i + 0.5)
        axes.text(x, foot - 0.05, label, ha='center', va='top', gid='label')
    axes.set(xlim=(0, picture.get_figwidth()), ylim=(0, height))
    return picture


def _one(image):
    """Return `image` as the only one of `tiles`. Raises ValueError for another shape than its."""
    image = array_of('image', image, finite=True)
    if not (image.ndim == 2 or (image.ndim == 3 and len(image) in (1, 3))) or not image.size:
        raise ValueError(f'image must be (H, W) or (1 or 3, H, W), got {image.shape}')
    return tiles(image[None])


def _tinted(values, colour):
    """Return `values` as (H, W, 3), from white at zero to `colour` at their highest."""
    share = onp.clip(values / (values.max() or 1), 0, 1)[..., None]
    return 1 - share * (1 - onp.array(to_rgb(colour)))


def _marked(image, values):
    """Lay `values` (h, w) on `image` (H, W, 3): the stronger, the more orange."""
    height, width = image.shape[:2]
    rows = onp.arange(height) * values.shape[0] // height
    columns = onp.arange(width) * values.shape[1] // width
    share = onp.clip(values / max(values.max(), 1e-12), 0, 1)[rows][:, columns, None] * 0.85
    return image * (1 - share) + share * onp.array(to_rgb(HEAT))
