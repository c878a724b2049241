"""Fashion-MNIST as batches: found, resized once, cached, iterated.

mxnet is imported where it is used, so that the doctor can look for the data even where it fails.
"""

import contextlib
import os
import warnings
from pathlib import Path

import numpy as onp
from tqdm import tqdm

from .. import runtime
from ..runtime.arguments import array_of, brief, class_numbers, flag, seed_of, shape_of, whole
from . import download
from .download import cache, fetch, original

CLASSES = ('t-shirt', 'trouser', 'pullover', 'dress', 'coat',
           'sandal', 'shirt', 'sneaker', 'bag', 'ankle boot')  # fmt: skip
MEAN, STD = 0.2860, 0.3530  # of the 60 000 training images, in [0, 1]

SAMPLE = Path(__file__).parent / 'sample' / 'fashion_mnist_sample.npz'


def resized(images, size, step=1000):
    """Yield `images` (n, h, w) in blocks of `step`, resized to `size` as Gluon's Resize does.

    Raises ValueError, when the first block is asked for, unless they are images of uint8 and a size.
    """
    from mxnet import np, npx

    images, size, step = _grey(images), shape_of('size', size, axes=2), whole('step', step)

    title = f'resizing to {size[0]}x{size[1]}'
    for start in tqdm(range(0, len(images), step), desc=title, delay=2, leave=False):
        block = images[start : start + step]
        if block.shape[1:] != size:
            block = np.array(block[..., None], dtype='uint8')
            block = npx.image.resize(block, size=size[::-1], interp=1).asnumpy()[..., 0]
        yield block


def cached(folder, name, size):
    """Return the images of one file resized to `size`: a memory map that processes share."""
    path = cache() / f'{download.FILES[name][:12]}-{size[0]}x{size[1]}.npy'
    try:
        if (images := mapped(path)) is None:
            with download.alone(cache()):
                if (images := mapped(path)) is None:  # no other process was quicker
                    images = store(path, original(folder, name), size)
    except OSError as error:
        warnings.warn(
            f'the cache {cache()} cannot be used ({error.strerror}), so every start resizes all '
            'images in memory: set D2L_EXT_CACHE to a folder with free space',
            stacklevel=3,
        )
        images = onp.concatenate(list(resized(original(folder, name), size)))
    return images


def mapped(path):
    """Map the images in `path` read-only; None if the file is absent or cut short."""
    with contextlib.suppress(FileNotFoundError, ValueError, EOFError):
        return onp.load(path, mmap_mode='r')


def store(path, images, size):
    """Write `images`, resized to `size`, and map them: all of them, or nothing under this name."""
    part = path.with_suffix('.part')
    header = {'descr': '|u1', 'fortran_order': False, 'shape': (len(images), *size)}
    try:
        with open(part, 'wb') as file:  # not through a map: a full disk would be a bus error
            onp.lib.format.write_array_header_1_0(file, header)
            for block in resized(images, size):
                file.write(block.tobytes())
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return mapped(path)


class ImageBatches:
    """Iterate over (X, y): X float32 (N, 1, H, W) in [0, 1], or standardized, and y int32 (N,).

    With a `seed`, each `iter()` starts the next epoch, in the order that seed and epoch decide;
    without one, the images come in their own order. The last batch may be smaller.

    Raises ValueError unless `images` are uint8 (N, H, W) and `labels` whole numbers (N,) from 0.
    """

    def __init__(self, images, labels, batch_size, *, seed=None, standardize=False):
        self.images = _grey(images)
        self.labels = class_numbers('labels', labels, len(self.images))
        self.batch_size = whole('batch_size', batch_size, 1, 'the lecture takes 128')
        self.seed = None if seed is None else seed_of(seed)
        self.standardize, self.epoch = flag('standardize', standardize), 0

    def __len__(self):
        return -(-len(self.images) // self.batch_size)

    def __iter__(self):
        order = onp.arange(len(self.images))
        if self.seed is not None:  # RandomState draws the same on every NumPy
            onp.random.RandomState([self.seed, self.epoch]).shuffle(order)
        self.epoch += 1
        return self._batches(order)

    def _batches(self, order):
        from mxnet import np

        for start in range(0, len(order), self.batch_size):
            chosen = order[start : start + self.batch_size]
            X = onp.divide(self.images[chosen, None], 255, dtype='float32')
            if self.standardize:
                X = (X - onp.float32(MEAN)) / onp.float32(STD)
            yield np.array(X), np.array(self.labels[chosen], dtype='int32')


def _grey(images):
    """Return images as a NumPy array, the same one where they are; ValueError unless uint8 (N, H, W)."""
    images = array_of('images', images, what='grey, (N, H, W), at least one')
    if images.ndim != 3 or not images.size:
        raise ValueError(f'images must be grey, (N, H, W), at least one, got shape {images.shape}')
    if images.dtype != onp.uint8:
        raise ValueError(
            f'images must be uint8, 0 to 255, got {images.dtype}: from floats of 0 to 1 they come by '
            "(images * 255).round().astype('uint8')"
        )
    return images


def load_data_fashion_mnist(
    batch_size, resize=None, *, sample=None, seed=0, root=None, standardize=False
):
    """Return the training and the test images of Fashion-MNIST as two ImageBatches.

    `resize` is a side in pixels or (height, width). `sample` is 'quick' (embedded, 300 and 100
    images a class), 'lecture' (all 70 000) or None: the profile's, or 'lecture' if `root` names a
    folder. `standardize` subtracts the training images' mean and divides by their deviation.
    Raises ValueError for a wrong argument, DataError if the images are nowhere to be had.
    """
    batch_size = whole('batch_size', batch_size, 1, 'the lecture takes 128')
    seed = seed_of(seed, 'it decides the order of the training images')
    standardize = flag('standardize', standardize)
    size = (28, 28) if resize is None else resize
    size = size if isinstance(size, tuple) else (size, size)
    if len(size) != 2:
        raise ValueError(
            f'resize must be a side or (height, width), got {brief(resize)}: try resize=96'
        )
    size = tuple(whole('resize', side, 1, 'give pixels, such as resize=96') for side in size)
    if sample is None:
        sample = 'lecture' if root else runtime.profile()
    known = isinstance(sample, str) and sample in runtime.PROFILES
    if not known or (sample == 'quick' and root):
        raise ValueError(f"sample must be 'quick' (without root) or 'lecture', got {brief(sample)}")

    if sample == 'quick':
        with onp.load(SAMPLE) as file:
            arrays = [file[name] for name in download.FILES]
        arrays[::2] = [onp.concatenate(list(resized(images, size))) for images in arrays[::2]]
    else:
        folder = fetch(root).folder
        train, train_labels, test, test_labels = download.FILES
        arrays = [
            cached(folder, train, size),
            original(folder, train_labels),
            cached(folder, test, size),
            original(folder, test_labels),
        ]
    return (
        ImageBatches(*arrays[:2], batch_size, seed=seed, standardize=standardize),
        ImageBatches(*arrays[2:], batch_size, standardize=standardize),
    )
