"""Fashion-MNIST: find, verify, cache, resize, iterate.

mxnet is imported where it is used, so that the doctor can look for the data even where it fails.
Source: Xiao, Rasul and Vollgraf 2017, arXiv 1708.07747 (MIT licence, Zalando SE).
"""

import contextlib
import fcntl
import gzip
import hashlib
import os
import time
import warnings
import zlib
from collections import namedtuple
from numbers import Integral
from pathlib import Path

import numpy as onp
from tqdm import tqdm

from . import runtime

CLASSES = ('t-shirt', 'trouser', 'pullover', 'dress', 'coat',
           'sandal', 'shirt', 'sneaker', 'bag', 'ankle boot')  # fmt: skip
MEAN, STD = 0.2860, 0.3530  # of the 60 000 training images, in [0, 1]

# SHA-256 of the unpacked files: the gzip wrappers differ between mirrors
FILES = {
    'train-images-idx3-ubyte': 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
    'train-labels-idx1-ubyte': 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
    't10k-images-idx3-ubyte': '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
    't10k-labels-idx1-ubyte': '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
}
MIRRORS = (
    'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
    'https://apache-mxnet.s3-accelerate.dualstack.amazonaws.com/gluon/dataset/fashion-mnist/',
)
Source = namedtuple('Source', 'kind folder')  # kind: folder, cache, package or download
PAUSES = (0, 1, 4)  # seconds before each round of tries over the mirrors
PACKAGE = Path('/usr/share/datasets/fashion-mnist')  # Debian's dataset-fashion-mnist
SAMPLE = Path(__file__).parent / 'sample' / 'fashion_mnist_sample.npz'
REMEDY = (
    'Three things would help: install the system package (apt install dataset-fashion-mnist); '
    'or set D2L_EXT_DATA to a folder that holds the four files ({}; unpacked or .gz); or connect '
    'to the network once and run `python -m d2l_ext data`. Without any of them '
    'D2L_EXT_PROFILE=quick works on the embedded sample.'
).format(', '.join(FILES))


class DataError(RuntimeError):
    """Fashion-MNIST is missing, incomplete or damaged; the message says what to do."""


def cache() -> Path:
    """Return the folder in which this user's processes share downloads and resized images."""
    home = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return Path(os.environ.get('D2L_EXT_CACHE') or Path(home) / 'd2l_ext').expanduser()


@contextlib.contextmanager
def alone(folder):
    """Let one process at a time work in `folder`; a process that dies lets go of it."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / 'lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def locate(folder, name) -> Path:
    """Return the path of `name` in `folder`, unpacked or as .gz."""
    for path in (folder / name, folder / f'{name}.gz'):
        if os.path.isfile(path):
            return path
    raise DataError(f'{folder} has no {name} (unpacked or .gz): put all four files there')


def unpack(path, name):
    """Return the array in the file at `path`, images (n, 28, 28) or labels (n,), uint8.

    Raises DataError unless its unpacked content is that of `name`.
    """
    try:
        content = path.read_bytes()
        if content.startswith(b'\x1f\x8b'):  # some servers unpack a .gz on the way
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f'{path} cannot be read ({error}): get it again') from error
    if hashlib.sha256(content).hexdigest() != FILES[name]:
        raise DataError(f'{path} is not {name} as published (SHA-256 differs): get it again')
    shape = onp.frombuffer(content, '>i4', count=content[3], offset=4)
    return onp.frombuffer(content, 'u1', offset=4 + 4 * len(shape)).reshape(shape)


def original(folder, name):
    """Return the array in the file `name` of `folder`."""
    return unpack(locate(folder, name), name)


def verify(folder):
    """Raise DataError unless the four files lie in `folder` undamaged.

    Hashing them takes a second, so a stamp in the cache remembers their paths, sizes and times.
    """
    paths = [locate(folder, name) for name in FILES]
    marks = [(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    stamp = cache() / f'{hashlib.sha256(repr(marks).encode()).hexdigest()[:12]}.verified'
    if os.path.exists(stamp):
        return
    for path, name in zip(paths, FILES, strict=True):
        unpack(path, name)
    with contextlib.suppress(OSError):  # no stamp: verified again next time
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()


def find(root=None):
    """Return the Source of the verified files on this machine, or None where there is none.

    A folder that the user names (`root`, else D2L_EXT_DATA) is the only place looked at, and
    DataError says what is wrong with it. Else come the cache and the system's package.
    """
    if named := root or os.environ.get('D2L_EXT_DATA'):
        verify(folder := Path(named).expanduser())
        return Source('folder', folder)
    for kind, folder in (('cache', cache() / 'fashion-mnist'), ('package', PACKAGE)):
        with contextlib.suppress(DataError):
            verify(folder)
            return Source(kind, folder)
    return None


def fetch(root=None) -> Source:
    """Return the Source of the verified files; download them where there is none."""
    return find(root) or download(cache() / 'fashion-mnist')


def describe(source) -> str:
    """Say in one line where the images come from."""
    kinds = {'folder': 'the folder you named', 'package': 'the system package',
             'cache': 'the cache', 'download': 'the network, now in the cache'}  # fmt: skip
    return f'60 000 + 10 000 images, verified, from {kinds[source.kind]}: {source.folder}'


def download(folder) -> Source:
    """Put the four files into `folder`; DataError says what helps if no mirror serves them."""
    try:
        with alone(folder):
            try:
                verify(folder)  # another process may have been quicker
            except DataError:
                for name in FILES:
                    try:
                        original(folder, name)
                    except DataError:
                        download_file(folder, name)
                verify(folder)
    except OSError as error:
        raise DataError(f'{folder} cannot be used ({error}): set D2L_EXT_CACHE') from error
    return Source('download', folder)


def download_file(folder, name):
    """Put one file into `folder` from the first mirror that serves it undamaged."""
    import requests

    part, problems = folder / f'{name}.part', {}
    for pause in PAUSES:
        time.sleep(pause)
        for mirror in MIRRORS:
            try:
                transfer(f'{mirror}{name}.gz', part)
                unpack(part, name)
                return os.replace(part, folder / f'{name}.gz')
            except DataError as error:
                part.unlink()
                problems[mirror] = error
            except requests.RequestException as error:  # what came is kept for the next try
                problems[mirror] = error
        if all(isinstance(error, requests.ConnectionError) for error in problems.values()):
            break  # offline
    told = [f'{mirror}: {type(error).__name__}' for mirror, error in problems.items()]
    raise DataError(f'no mirror served {name} ({"; ".join(told)}). {REMEDY}')


def transfer(url, part):
    """Download `url` to the end of `part`, going on where an earlier try was cut off."""
    import pooch

    def start_over(response, **_):
        if response.status_code in (200, 416):  # it sends the whole file, or `part` is too long
            file.truncate(0)

    with open(part, 'ab') as file, tqdm(desc=part.stem, total=1, unit='B', unit_scale=True) as bar:
        headers = {'Range': f'bytes={file.tell()}-', 'Accept-Encoding': 'identity'}
        pooch.HTTPDownloader(
            bar, chunk_size=2**14, timeout=20, headers=headers, hooks={'response': start_over}
        )(url, file, None)


def resized(images, size, step=1000):
    """Yield `images` (n, h, w) in blocks of `step`, resized to `size` as Gluon's Resize does."""
    from mxnet import np, npx

    title = f'resizing to {size[0]}x{size[1]}'
    for start in tqdm(range(0, len(images), step), desc=title, delay=2, leave=False):
        block = images[start : start + step]
        if block.shape[1:] != size:
            block = np.array(block[..., None], dtype='uint8')
            block = npx.image.resize(block, size=size[::-1], interp=1).asnumpy()[..., 0]
        yield block


def cached(folder, name, size):
    """Return the images of one file resized to `size`: a memory map that processes share."""
    path = cache() / f'{FILES[name][:12]}-{size[0]}x{size[1]}.npy'
    try:
        if (images := mapped(path)) is None:
            with alone(cache()):
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
    """

    def __init__(self, images, labels, batch_size, *, seed=None, standardize=False):
        self.images, self.labels, self.batch_size = images, labels, batch_size
        self.seed, self.standardize, self.epoch = seed, standardize, 0

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


def whole(name, value, least, hint) -> int:
    """Return `value` as int; ValueError unless it is a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise ValueError(f'{name} must be a whole number >= {least}, got {value!r}: {hint}')
    return int(value)


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
    seed = whole('seed', seed, 0, 'it decides the order of the training images')
    size = (28, 28) if resize is None else resize
    size = size if isinstance(size, tuple) else (size, size)
    if len(size) != 2:
        raise ValueError(f'resize must be a side or (height, width), got {resize!r}: try resize=96')
    size = tuple(whole('resize', side, 1, 'give pixels, such as resize=96') for side in size)
    if sample is None:
        sample = 'lecture' if root else runtime.profile()
    if sample not in runtime.PROFILES or (sample == 'quick' and root):
        raise ValueError(f"sample must be 'quick' (without root) or 'lecture', got {sample!r}")

    if sample == 'quick':
        with onp.load(SAMPLE) as file:
            arrays = [file[name] for name in FILES]
        arrays[::2] = [onp.concatenate(list(resized(images, size))) for images in arrays[::2]]
    else:
        folder = fetch(root).folder
        train, train_labels, test, test_labels = FILES
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
