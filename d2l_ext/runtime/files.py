"""Files: written whole or not at all, and known by their hash."""

import contextlib
import hashlib
import os
from pathlib import Path

from . import arguments


def replace(path, content):
    """Write `content` (bytes, or text) beside `path`, then move it into place.

    Who reads finds the old file or the new one, whenever the writing ends; a failed one leaves nothing.
    """
    replace_all({arguments.path_of('path', path): content})


def replace_all(contents):
    """Write files that belong together, {path: bytes or text}, as `replace` does: all, or none.

    None is moved into place before all are written. Raises ValueError, before any, for what cannot be
    the path of a file.
    """
    besides = {}
    try:
        for path, content in arguments.dict_of('contents', contents).items():
            _check('content', content)
            path = Path(arguments.path_of('path', path))
            if path.is_dir():
                raise ValueError(f'path must be that of a file, got the folder {path}')
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = besides[path] = path.with_name(f'.{path.name}.{os.getpid()}')
            with open(beside, 'wb') as file:
                file.write(content.encode() if isinstance(content, str) else content)
                file.flush()
                os.fsync(file.fileno())
        for path, beside in besides.items():
            os.replace(beside, path)
    finally:
        for beside in besides.values():
            with contextlib.suppress(OSError):
                beside.unlink()


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


def _check(name, content):
    if not isinstance(content, (str, bytes)):
        raise TypeError(f'{name} must be bytes or a text, got {arguments.brief(content)}')


def sha256(content) -> str:
    """Return the SHA-256 of `content` (bytes, or text) in hexadecimal digits."""
    _check('content', content)
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
