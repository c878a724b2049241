"""A person's own picture, made into what the network was trained on, and recognized.

Fashion-MNIST's images are grey and 28 x 28: the garment bright on black, cut to its own size, its
longer side filling the image (Xiao et al. 2017, section 2). Any picture that Pillow reads is brought
to that, and from there takes the same way as the training images.
"""

import contextlib
import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as onp
from PIL import Image, ImageFile, ImageOps

from . import data
from .runtime.arguments import array_of, path_of, whole
from .tables import Table
from .training.pretrained import SHAPE, load_trained

HEIC = (b'heic', b'heix', b'heim', b'heis', b'hevc', b'hevx', b'mif1', b'msf1')  # kinds of it
NO_PIXELS = ('EPS', 'WMF')  # drawings: another program would have to be run to paint them
SIDE = 28  # of Fashion-MNIST's images
LARGE = 1024  # pixels a side: what has more is made smaller at once
WHITES = tuple(2**bits - 1 for bits in (8, 10, 12, 14, 16))
CUT_SHORT = 'colours of 16 bits'  # a note in a picture's `info`: Pillow keeps the upper 8 of them
FAINT = 24  # of 255: what is no brighter belongs to the background
# what Pillow's readers raise on damaged files
DAMAGED = (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, OverflowError,
           RuntimeError, MemoryError, struct.error, zlib.error,
           Image.DecompressionBombError)  # fmt: skip


def predict(file, net=None, top=3) -> Table:
    """Say what the picture in `file` shows: the `top` classes with their probabilities, best first.

    `file` is a path, an open file, a picture of Pillow or an array (H, W) or (H, W, 3) of uint8, `net` a
    network that takes standardized images (N, 1, 48, 48); without one, the course's trained network.
    Raises ValueError for what is not a picture, and for a network of other than the ten classes.
    """
    from mxnet import cpu, np, npx

    from .networks.blocks import check_network, passed

    top = whole('top', top, 1, f'there are {len(data.CLASSES)} classes')
    image = prepare(file)
    net = load_trained()[0] if net is None else net
    check_network('net', net)
    device = next((p.list_ctx()[0] for p in net.collect_params().values() if p._data), cpu())
    scores = passed(net, np.array(standardized(image[None]), ctx=device), 'net')
    if scores.shape != (1, len(data.CLASSES)):
        raise ValueError(
            f'net must give scores of {len(data.CLASSES)} classes, (1, {len(data.CLASSES)}), '
            f'got {scores.shape}: train one on Fashion-MNIST, or leave net out'
        )
    shares = npx.softmax(scores, axis=1).asnumpy()[0]
    best = shares.argsort()[::-1][:top]
    return Table(['class', 'probability'], [[data.CLASSES[i], float(shares[i])] for i in best])


def prepare(file):
    """Return the picture in `file` as the network sees it: uint8 (48, 48), bright on black."""
    grey = grey_levels(read(file))
    small = Image.fromarray(squared(cut(on_black(grey)))).resize((SIDE, SIDE), Image.LANCZOS)
    return next(data.resized(onp.asarray(small)[None], SHAPE[-2:]))[0]


def standardized(images):
    """Return uint8 images (N, H, W) as the network's input: float32 (N, 1, H, W)."""
    images = array_of('images', images, axes=3)
    if images.dtype != onp.uint8:
        raise ValueError(f'images must be uint8, 0 to 255, got {images.dtype}')
    return ((images[:, None] / 255 - data.MEAN) / data.STD).astype('float32')


def read(file) -> Image.Image:
    """Open the picture in `file`, upright; of an animation the first frame.

    Raises ValueError if it cannot be opened, is no picture, is damaged, or has far too many pixels.
    """
    if hasattr(file, 'asnumpy'):
        file = file.asnumpy()
    if isinstance(file, onp.ndarray):
        if (
            file.dtype != onp.uint8
            or not file.size
            or file.ndim > 3
            or file.shape[2:] not in ((), (3,))
            or file.ndim < 2
        ):
            raise ValueError(
                'file, an array, must be uint8, (H, W) or (H, W, 3), to be a picture, '
                f'got {file.dtype} {file.shape}'
            )
        file = Image.fromarray(file)
    if isinstance(file, Image.Image):
        return upright(file, 'the picture')
    if not isinstance(file, (str, Path)) and not hasattr(file, 'read'):
        raise ValueError(
            'file must be a path, an open file, a picture of Pillow or an array, '
            f'got {type(file).__name__}'
        )
    if isinstance(file, io.TextIOBase) or getattr(file, 'closed', False):
        raise ValueError("file must be open for its bytes to be read: open(path, 'rb')")
    name = f'{file}' if isinstance(file, (str, Path)) else 'the file'
    if isinstance(file, (str, Path)):
        path_of('file', file)
        if not Path(file).exists():
            raise ValueError(f'{name} does not exist: give the path of a picture')
        if Path(file).is_dir():
            raise ValueError(f'{name} is a folder: give the path of one picture')
    try:
        with quiet():
            picture = Image.open(file)
    except Image.UnidentifiedImageError:
        if is_heic(file):
            raise ValueError(
                f'{name} is in HEIC, as telephones of Apple take it, which Pillow does not read: send it '
                'as JPEG, or set Camera, Formats to "Most Compatible"'
            ) from None
        raise ValueError(
            f'{name} is not a picture that Pillow reads: save it as PNG or JPEG'
        ) from None
    except Image.DecompressionBombError:
        raise ValueError(f'{name} has too many pixels: make it smaller first') from None
    except PermissionError:
        raise ValueError(f'{name} cannot be read: you have no permission to') from None
    except DAMAGED as error:
        if 'MAX_TEXT' in str(error):  # Pillow's guard against bombs
            raise ValueError(
                f'{name} has longer notes, or a larger colour profile, than Pillow reads: save it without'
            ) from None
        raise ValueError(f'{name} is damaged and cannot be read: {one_line(error)}') from None
    if picture.format in NO_PIXELS or isinstance(picture, ImageFile.StubImageFile):
        raise ValueError(f'{name} is {picture.format}, no pixels: save the picture as PNG or JPEG')
    return upright(picture, name)


def upright(picture, name) -> Image.Image:
    """Return a copy of `picture`, turned as its EXIF says; a broken EXIF says nothing.

    Raises ValueError if its pixels cannot be read.
    """
    cut_short = any(';16' in str(tile[3]) for tile in getattr(picture, 'tile', ()))
    if not all(picture.size):
        raise ValueError(
            f'{name} has no pixels, {picture.size[0]} x {picture.size[1]}: give another'
        )
    try:
        picture.load()
    except DAMAGED as error:
        raise ValueError(f'{name} is damaged and cannot be read: {one_line(error)}') from None
    picture.info[CUT_SHORT] = cut_short
    with quiet():
        try:
            return ImageOps.exif_transpose(picture)
        except DAMAGED:
            return picture.copy()


@contextlib.contextmanager
def quiet():
    """Let Pillow not warn: a broken EXIF is no damage, a telephone's 108 megapixels are no attack."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        yield


def is_heic(file) -> bool:
    """Tell whether `file`, a path or an open file, begins as those of Apple's telephones do."""
    with contextlib.suppress(*DAMAGED):
        if isinstance(file, (str, Path)):
            with open(file, 'rb') as opened:
                return is_heic(opened)
        file.seek(0)
        start = file.read(12)
        return start[4:8] == b'ftyp' and start[8:12] in HEIC
    return False


def one_line(error) -> str:
    """Return the first line of an error's message, or its kind where it has none."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def grey_levels(picture):
    """Return a Pillow image as grey levels, float (H, W) from 0 to 255.

    What is transparent lies on black if the rest is bright, on white if it is dark.
    """
    step = max(1, max(picture.size) // LARGE)
    if picture.mode[0] in 'IF':  # 16 and 32 bits a pixel, which Pillow would cut off at 255
        return deep_levels(onp.asarray(picture)[::step, ::step], floats=picture.mode == 'F')
    if picture.info.get(CUT_SHORT) and picture.mode in ('RGB', 'RGBA'):
        # cameras and scanners store 10, 12 or 14 bits in 16: of 4095, 15 is left
        most = max(high for _, high in picture.getextrema()[:3])
        white = next(white >> 8 for white in WHITES[1:] if most <= white >> 8)
        picture = picture.point(lambda level: min(255, level * 255 // white))
    if not picture.has_transparency_data:
        grey = picture.convert('RGB').convert('L').reduce(step)
        return onp.asarray(grey, dtype='float64')
    picture = picture.convert('RGBA').reduce(step)
    opacity = onp.asarray(picture.getchannel('A')) / 255
    levels = onp.asarray(picture.convert('RGB').convert('L'), dtype='float64')
    inside = (levels * opacity).sum() / max(opacity.sum(), 1e-9)
    return levels * opacity + (0 if inside > 127 else 255) * (1 - opacity)


def deep_levels(values, floats):
    """Bring values of more than 8 bits to 0 to 255.

    White is the greatest number of 8, 10, 12, 14 or 16 bits, the least of them that is enough: cameras
    and scanners store 12 bits in 16. For `floats` it may be 1. Beyond that it is the greatest value.
    """
    values = onp.nan_to_num(values.astype('float64'), posinf=0, neginf=0)
    values -= min(0, values.min())
    whites = (1, *WHITES) if floats else WHITES
    white = next((white for white in whites if values.max() <= white), values.max())
    return values * (255 / white)


def on_black(levels):
    """Turn a light background to dark and move it to 0: (H, W) from 0 to 255.

    The background is what most of the border pixels have.
    """
    border = onp.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]])
    if onp.median(border) > 127:
        levels, border = 255 - levels, 255 - border
    background = onp.median(border)
    return onp.clip((levels - background) * (255 / (255 - background)), 0, 255)


def cut(levels):
    """Cut away the rows and columns around the garment that hold nothing but background."""
    bright = levels > FAINT
    if not bright.any():
        return levels
    rows, columns = (onp.flatnonzero(bright.any(axis=axis)) for axis in (1, 0))
    return levels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def squared(levels):
    """Pad with black to a square, the picture in its middle: uint8 (side, side)."""
    height, width = levels.shape
    side = max(height, width)
    square = onp.zeros((side, side), 'uint8')
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = levels.round()
    return square
