"""Files that are written whole or not at all."""

import contextlib
import os
from pathlib import Path


def replace(path, content):
    """Write `content` (bytes, or text) beside `path`, then move it into place.

    Who reads finds the old file or the new one, whenever the writing ends; a failed one leaves nothing.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f'.{path.name}.{os.getpid()}')
    try:
        with open(beside, 'wb') as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()
