"""Files: written whole or not at all, and known by their hash."""

import contextlib
import errno
import hashlib
import os
import shutil
from pathlib import Path

from . import arguments


def replace(path, content):
    """Write `content` (bytes, or text) beside `path`, then move it into place.

    Who reads finds the old file or the new one, whenever the writing ends; a failed one leaves nothing.
    """
    replace_all({arguments.path_of('path', path): content})


def replace_all(contents):
    """Write files that belong together, {path: bytes or text}, as `replace` does: all, or none.

    None is moved into place before all are written. A link stays one: the file that it leads to is
    written. A file keeps its mode; one that may not be written to is refused, as by `open`. A device
    or a pipe, such as /dev/null, is written to and stays what it is. Raises ValueError, before any, for
    what cannot be the path of a file.
    """
    besides = {}
    try:
        for number, (path, content) in enumerate(arguments.dict_of('contents', contents).items()):
            content, path = _bytes('content', content), arguments.path_of('path', path)
            if is_device(path):
                Path(path).write_bytes(content)
                continue
            path = Path(os.path.realpath(path))
            if path.is_dir():
                raise ValueError(f'path must be that of a file, got the folder {path}')
            if path.exists() and not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = besides[path] = _beside(path, number)
            with open(beside, 'wb') as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                shutil.copymode(path, beside)
        for path, beside in besides.items():
            os.replace(beside, path)
    finally:
        for beside in besides.values():
            with contextlib.suppress(OSError):
                beside.unlink()


def is_device(path) -> bool:
    """Tell whether what is at `path` takes bytes and is no file on a disk: a device, a pipe."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def _beside(path, number) -> Path:
    """Return where to write what will be `path`: a name that is not longer than a file's may be."""
    start = os.fsdecode(os.fsencode(path.name)[:100])
    return path.with_name(f'.{start}.{os.getpid()}.{number}')


def content(path) -> bytes:
    """Return what the file at `path` holds.

    Raises ValueError, in one line, if there is none to be read: a folder, or nothing.
    """
    arguments.path_of('path', path)
    if Path(path).is_dir():
        raise ValueError(f'{path} is a folder: give a file')
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise ValueError(f'{path} is missing: give a file') from None
    except OSError as error:
        raise ValueError(f'{path} cannot be read: {error.strerror}') from None


def _bytes(name, content) -> bytes:
    if not isinstance(content, (str, bytes)):
        raise TypeError(f'{name} must be bytes or a text, got {arguments.brief(content)}')
    return content.encode() if isinstance(content, str) else content


def sha256(content) -> str:
    """Return the SHA-256 of `content` (bytes, or text) in hexadecimal digits."""
    return hashlib.sha256(_bytes('content', content)).hexdigest()
