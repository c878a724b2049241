"""Files: written whole or not at all, and known by their hash."""

import contextlib
import hashlib
import os
from pathlib import Path


def replace(path, content):
    """Write `content` (bytes, or text) beside `path`, then move it into place.

    Who reads finds the old file or the new one, whenever the writing ends; a failed one leaves nothing.
    """
    replace_all({path: content})


def replace_all(contents):
    """Write files that belong together, {path: bytes or text}, as `replace` does: all, or none.

    None is moved into place before all are written.
    """
    besides = {}
    try:
        for path, content in contents.items():
            path = Path(path)
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


def sha256(content) -> str:
    """Return the SHA-256 of `content` (bytes, or text) in hexadecimal digits."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
