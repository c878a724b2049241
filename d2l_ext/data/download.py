"""Find, verify and download the four files of Fashion-MNIST.

Source: Xiao, Rasul and Vollgraf 2017, arXiv 1708.07747 (MIT licence, Zalando SE).
"""

import contextlib
import fcntl
import gzip
import os
import time
import zlib
from collections import namedtuple
from pathlib import Path

import numpy as onp
from tqdm import tqdm

from ..runtime.files import sha256

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
INSIDE = ('FashionMNIST/raw', 'raw', 'fashion-mnist')  # where torchvision and others put the files
DIGITS = bytes([5, 0, 4, 1, 9, 2, 1, 3, 1, 4])  # the first training labels of MNIST
PAUSES = (0, 1, 4)  # seconds before each round of tries over the mirrors
PACKAGE = Path('/usr/share/datasets/fashion-mnist')  # Debian's dataset-fashion-mnist
REMEDY = (
    'Three things would help: install the system package (apt install dataset-fashion-mnist); '
    'or set D2L_EXT_DATA to a folder that holds the four files ({}; unpacked or .gz); or connect '
    'to the network once and run `python -m d2l_ext data`: D2L_EXT_MIRROR=ADDRESS names a server '
    'of your own choice, which has them as .gz. Without any of them D2L_EXT_PROFILE=quick works on '
    'the embedded sample.'
).format(', '.join(FILES))


class DataError(RuntimeError):
    """Fashion-MNIST is missing, incomplete or damaged; the message says what to do."""


def cache() -> Path:
    """Return the folder in which this user's processes share downloads and resized images.

    Raises DataError if it would be in a home folder that nobody knows.
    """
    home = os.environ.get('XDG_CACHE_HOME') or '~/.cache'
    folder = os.path.expanduser(os.environ.get('D2L_EXT_CACHE') or f'{home}/d2l_ext')
    if folder.startswith('~'):
        raise DataError(f'no home folder is known for {folder}: set D2L_EXT_CACHE to a folder')
    return Path(folder)


@contextlib.contextmanager
def alone(folder):
    """Let one process at a time work in `folder`; a process that dies lets go of it."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / 'lock', 'w', encoding='utf-8') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def locate(folder, name) -> Path:
    """Return the path of `name` in `folder`, unpacked or as .gz."""
    for path in (folder / name, folder / f'{name}.gz'):
        if os.path.isfile(path):
            return path
    raise DataError(f'{folder} has no {name} (unpacked or .gz): {_advice(folder, name)}')


def _advice(folder, name):
    """Say what to do about a folder without the file `name`, by what lies there instead."""
    if not os.path.isdir(folder):
        wrong = 'no folder' if os.path.exists(folder) else 'missing'
        return f'it is {wrong}; give one with all four files'
    dotted = name.replace('-idx', '.idx')  # as some programs unpack it
    for suffix in ('', '.gz'):
        if os.path.isfile(folder / f'{dotted}{suffix}'):
            return f'rename {dotted}{suffix} to {name}{suffix}'
    for inside in INSIDE:
        if any(os.path.isfile(folder / inside / f'{name}{suffix}') for suffix in ('', '.gz')):
            return f'it is in {folder / inside}, so give that folder'
    return 'put all four files there'


def _holds_digits(folder) -> bool:
    """Tell whether `folder` has MNIST's digits: their files have the names of Fashion-MNIST's."""
    with contextlib.suppress(DataError, OSError, EOFError, zlib.error):
        content = locate(folder, list(FILES)[1]).read_bytes()
        if content.startswith(b'\x1f\x8b'):
            content = gzip.decompress(content)
        return content[8:18] == DIGITS
    return False


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
    if sha256(content) != FILES[name]:
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
    stamp = cache() / f'{sha256(repr(marks))[:12]}.verified'
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
        folder = Path(os.path.expanduser(named))
        try:
            verify(folder)
        except DataError as error:
            told = error
            if _holds_digits(folder):
                told = f'{folder} holds the digits of MNIST, not Fashion-MNIST: give another folder'
            raise DataError(f'{"" if root else "D2L_EXT_DATA: "}{told}') from None
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


def mirrors() -> tuple:
    """Return the addresses of folders to download from: the one in D2L_EXT_MIRROR comes first."""
    own = os.environ.get('D2L_EXT_MIRROR')
    if not own:
        return MIRRORS
    if not own.startswith(('https://', 'http://')):
        raise DataError(
            f'D2L_EXT_MIRROR must be an address that begins with https:// or http://, got {own!r}: '
            'set D2L_EXT_DATA for a folder of this machine'
        )
    return f'{own.rstrip("/")}/', *MIRRORS


def download_file(folder, name):
    """Put one file into `folder` from the first mirror that serves it undamaged.

    `pooch.retrieve` knows one address, one hash of the packed file, which differs from mirror to mirror,
    no second try, and begins a broken transfer anew; so of pooch only the transfer is used.
    """
    import requests

    part, problems = folder / f'{name}.part', {}
    for pause in PAUSES:
        time.sleep(pause)
        for mirror in mirrors():
            try:
                transfer(f'{mirror}{name}.gz', part)
                unpack(part, name)
                return os.replace(part, folder / f'{name}.gz')
            except DataError as error:
                part.unlink()
                problems[mirror] = error
            except OSError as error:  # what came is kept for the next try
                if error.errno is not None:  # of the disk; those of requests have none
                    raise
                problems[mirror] = error
        if all(isinstance(error, requests.ConnectionError) for error in problems.values()):
            break  # offline
    told = [
        f'{mirror}: {error if type(error) is OSError else type(error).__name__}'
        for mirror, error in problems.items()
    ]
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
