"""Pictures of images: a montage with labels, and which class was taken for which."""

import numpy as onp
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from ..runtime.arguments import array_of, names_of, whole
from .picture import INK, WIDTH, Picture, styled, text_width

LARGEST_TILE, LINE = 1.3, 0.155  # inches
WRONG, WRONG_TEXT = '#D55E00', '#A94A00'  # the text darker, to be read on white
SHARE = '#56B4E9'  # of a whole row; light enough for dark numbers


@styled
def montage(images, labels=None, columns=10, predictions=None, title=None) -> Picture:
    """Draw `images`, (N, H, W) or (N, 1 or 3, H, W), in rows of `columns`, their labels below.

    Values are 0 to 255 (integers) or 0 to 1; floats beyond are stretched to their range. With
    `predictions`, each image also tells what it was taken for: a tick if that is its label, else a
    cross and a frame. Labels are texts or numbers. Raises ValueError for other shapes and lengths.
    """
    images = tiles(images)
    columns = whole('columns', columns)
    if predictions is not None and labels is None:
        raise ValueError('predictions need labels, got none: give both')
    labels = _texts('labels', labels, len(images))
    predictions = _texts('predictions', predictions, len(images))
    columns = min(columns, len(images))
    tile = min(LARGEST_TILE, WIDTH / columns)
    captions = _captions(len(images), labels, predictions)
    widest = max((text_width(text, weight='bold') for text in captions if text), default=0)
    tile = max(tile, widest + 0.06)
    rows = -(-len(images) // columns)
    lines = max(text.count('\n') + bool(text) for text in captions)
    pitch = tile + LINE * lines + (0.06 if lines else 0)
    head = 0.38 if title else 0.03
    width = columns * tile
    picture = Picture(width, head + rows * pitch + 0.03, '')
    picture.alt = _alt(images, labels, predictions)
    axes, top = picture.sheet(), picture.get_figheight() - head
    picture.headline(title, left=0.06, down=0.1)
    for i, image in enumerate(images):
        x, y = i % columns * tile, top - i // columns * pitch - tile
        wrong = predictions is not None and predictions[i] != labels[i]
        draw_tile(axes, image, x, y, tile, WRONG if wrong else None, linewidth=2.5, gid='wrong')
        for line, text in enumerate(captions[i].split('\n')):
            weight, colour = ('bold', WRONG_TEXT) if wrong and line else ('normal', INK)
            axes.text(
                x + tile / 2, y - LINE * line, text,
                ha='center', va='top', weight=weight, color=colour, gid='caption',
            )  # fmt: skip
    axes.set(xlim=(0, width), ylim=(0, picture.get_figheight()))
    return picture


def draw_tile(axes, pixels, x, y, side, frame=None, linewidth=1.5, gid=None):
    """Draw an image, with a frame in the colour `frame`, in the square of `side` inches at (x, y)."""
    left, right, bottom, top = x + 0.04, x + side - 0.04, y + 0.04, y + side - 0.04
    axes.imshow(
        pixels, cmap='gray', vmin=0, vmax=1, extent=(left, right, bottom, top),
        interpolation='nearest', aspect='auto',
    )  # fmt: skip
    if frame:
        axes.add_patch(
            Rectangle((left, bottom), side - 0.08, side - 0.08, fill=False, edgecolor=frame,
                      linewidth=linewidth, gid=gid)
        )  # fmt: skip


def tiles(images):
    """Return images as (N, H, W) or (N, H, W, 3), floats from 0 to 1."""
    images = array_of('images', images)
    shape = images.shape
    if not (images.ndim == 3 or (images.ndim == 4 and shape[1] in (1, 3))) or not images.size:
        raise ValueError(f'images must be (N, H, W) or (N, 1 or 3, H, W), got {shape}')
    if images.ndim == 4:
        images = images[:, 0] if shape[1] == 1 else images.transpose(0, 2, 3, 1)
    if images.dtype.kind in 'ui':
        return images / 255
    if not onp.isfinite(images).all():
        raise ValueError('images must be finite, got NaN or infinity')
    images = images.astype(float)  # booleans, and floats of 16 bits, which would overflow
    low, high = min(0, images.min()), max(1, images.max())
    return (images - low) / (high - low)


def _texts(name, values, count):
    if values is None:
        return None
    texts = names_of(name, values)
    if len(texts) != count:
        raise ValueError(f'{name} must be one an image, got {len(texts)} for {count} images')
    return texts


def _captions(count, labels, predictions):
    if labels is None:
        return [''] * count
    if predictions is None:
        return labels
    pairs = zip(labels, predictions, strict=True)
    return [f'{label}\n{"✓" if label == guess else "✗"} {guess}' for label, guess in pairs]


def _alt(images, labels, predictions):
    # without the predictions, which differ from machine to machine
    if predictions is not None:
        return f'{len(images)} images, each with its label and what it was taken for.'
    return f'{len(images)} images{": " + ", ".join(labels) if labels else ""}.'


@styled
def confusion_matrix(labels, predictions, classes, title=None) -> Picture:
    """Draw how often each of `classes` (rows) was taken for each (columns); nothing for never.

    `labels` and `predictions` are class indices. The shade is the share of the row. Raises
    ValueError for indices that `classes` has not.
    """
    classes = names_of('classes', classes)
    labels = _indices('labels', labels, classes)
    predictions = _indices('predictions', predictions, classes)
    if len(labels) != len(predictions):
        counts = f'{len(labels)} and {len(predictions)}'
        raise ValueError(f'labels and predictions must be equally many, got {counts}')
    counts = onp.zeros((len(classes), len(classes)), int)
    onp.add.at(counts, (labels, predictions), 1)
    shares = counts / onp.maximum(1, counts.sum(axis=1, keepdims=True))
    cell = max(0.42, text_width(counts.max()) + 0.12)
    names = max(text_width(name) for name in classes)
    side = cell * len(classes)
    left, bottom, head = names + 0.5, names * 0.71 + 0.5, 0.45 if title else 0.12
    # without the counts, which differ from machine to machine
    alt = f'Confusion matrix of {len(classes)} classes: a row a label, a column a prediction.'
    picture = Picture(left + side + 0.35, bottom + side + head, alt)
    axes = picture.panel(left, bottom, side, side)
    shade = LinearSegmentedColormap.from_list('shares', ['white', SHARE])
    axes.imshow(shares, cmap=shade, vmin=0, vmax=1)
    for row, column in zip(*counts.nonzero(), strict=True):
        axes.text(column, row, str(counts[row, column]), ha='center', va='center', gid='count')
    axes.set_xticks(range(len(classes)), classes, rotation=45, ha='right', rotation_mode='anchor')
    axes.set_yticks(range(len(classes)), classes)
    axes.set(xlabel='predicted', ylabel='label')
    axes.set_xticks(onp.arange(len(classes) + 1) - 0.5, minor=True)
    axes.set_yticks(onp.arange(len(classes) + 1) - 0.5, minor=True)
    axes.grid(which='minor', color='#DDDDDD', linewidth=0.8)
    axes.tick_params(which='both', length=0)
    axes.spines[:].set_visible(False)
    picture.headline(title, down=0.1)
    return picture


def _indices(name, values, classes):
    values = array_of(name, values)
    whole = values.dtype.kind in 'ui' or (values.dtype.kind == 'f' and (values % 1 == 0).all())
    if values.ndim != 1 or not len(values) or not whole:
        raise ValueError(
            f'{name} must be a list of class indices, got {values.dtype}, shape {values.shape}'
        )
    if values.min() < 0 or values.max() >= len(classes):
        worst = values.min() if values.min() < 0 else values.max()
        raise ValueError(f'{name} must be 0 to {len(classes) - 1}, got {worst}: give all classes')
    return values.astype(int)
