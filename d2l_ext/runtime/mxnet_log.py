"""The remarks of MXNet's C++ log: what they look like, and how to keep them from a terminal.

`[11:43:53] ../src/…/mkldnn_pooling.cc:58: MKLDNN Pooling: training with prop_kind is forward_scoring`
comes wherever a mean pooling trains. It is no error. MXNet writes such lines straight to stderr; there
is no level of the log and no environment variable that switches them off.
"""

import contextlib
import os
import re
import subprocess
import sys

FORM = r'^\[\d\d:\d\d:\d\d\] \S+\.(cc|cu|cuh|h):\d+: .*\n?'
REMARK = re.compile(FORM, re.M)
# a program of its own: it still reads the last words of a process that has crashed
FILTER = f"""
import re, sys
for line in sys.stdin.buffer:
    if not re.match({FORM.encode()!r}, line):
        sys.stdout.buffer.write(line)
        sys.stdout.flush()
"""


def without(text) -> str:
    """Return `text` but for the lines that are remarks."""
    return REMARK.sub('', text)


@contextlib.contextmanager
def filtered():
    """Keep this process's remarks from stderr; all else that is written there arrives.

    What Python writes goes there directly, so that a progress bar is not held up.
    """
    stderr, python = os.dup(2), sys.stderr
    reader = subprocess.Popen(
        [sys.executable, '-ISc', FILTER], stdin=subprocess.PIPE, stdout=stderr,
        start_new_session=True,  # Ctrl-C is for this process
    )  # fmt: skip
    python.flush()
    if _writes_to(2, python):
        sys.stderr = open(
            stderr, 'w', buffering=1, errors=python.errors, closefd=False, encoding=python.encoding
        )
    os.dup2(reader.stdin.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        sys.stderr = python
        os.dup2(stderr, 2)
        reader.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):  # a process left behind still writes
            reader.wait(5)
        os.close(stderr)


def _writes_to(number, stream) -> bool:
    try:
        return stream.fileno() == number
    except (AttributeError, OSError, ValueError):
        return False
