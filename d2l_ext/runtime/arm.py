"""The libraries of Arm that MXNet's wheel for Linux on aarch64 asks for, and nobody ships.

libmxnet.so names libarmpl_lp64_mp.so, libamath.so and libastring.so, but takes nothing from them that
OpenBLAS, LAPACKE and the C library lack. So each name is given to a library without code, a stand-in,
that only asks for those. A link called libamath.so would not do: the loader knows a library that is
there by the name written in the library, and reads its search path when the process starts.
"""

import ctypes
import platform
import struct
import sys
import tempfile
from pathlib import Path

from .gpu import Refusal

# what MXNet asks for -> what answers
STAND_INS = {
    'libarmpl_lp64_mp.so': ['libopenblas.so.0', 'liblapacke.so.3'],
    'libamath.so': ['libm.so.6'],
    'libastring.so': ['libc.so.6'],
}
# of Debian and Ubuntu; tools/bootstrap.py asks for the same before anything is installed
PACKAGES = {
    'libgomp.so.1': 'libgomp1',
    'libopenblas.so.0': 'libopenblas0-pthread',
    'liblapacke.so.3': 'liblapacke',
}
AARCH64 = 183  # the ELF format's number of that machine
HEADER, SEGMENT = 64, 56  # bytes, of the ELF format in 64 bits
LOAD, DYNAMIC, STACK = 1, 2, 0x6474E551
END, NEEDED, STRINGS, SYMBOLS, STRINGS_SIZE, SYMBOL_SIZE, NAME = 0, 1, 5, 6, 10, 11, 14


def here() -> bool:
    """Tell whether this is Linux on aarch64."""
    return (platform.system(), platform.machine()) == ('Linux', 'aarch64')


def prepare():
    """Load what MXNet's wheel for ARM needs, on Linux on aarch64; elsewhere do nothing.

    What is missing is told when mxnet is imported, as an ImportError that names the packages.
    """
    if not here():
        return
    missing = [package for library, package in PACKAGES.items() if not loadable(library)]
    if missing:
        reason = f'MXNet on ARM needs libraries: apt-get install {" ".join(missing)}'
        sys.meta_path.insert(0, Refusal('mxnet', reason))
    else:
        load(STAND_INS)


def loadable(library) -> bool:
    """Tell whether the shared library `library` can be loaded, and load it."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def load(stand_ins, machine=AARCH64):
    """Load a stand-in for each name of {name: libraries that it asks for}; leaves no file."""
    with tempfile.TemporaryDirectory() as folder:
        for name, needed in stand_ins.items():
            path = Path(folder) / name
            path.write_bytes(stand_in(name, needed, machine))
            ctypes.CDLL(str(path))  # stays loaded


def stand_in(name, needed, machine=AARCH64) -> bytes:
    """Return a shared library (ELF, 64 bits) called `name` that holds nothing and asks for `needed`."""
    strings, tags = b'\0', []
    for tag, text in [(NAME, name), *((NEEDED, library) for library in needed)]:
        tags.append((tag, len(strings)))
        strings += text.encode() + b'\0'
    start = HEADER + 3 * SEGMENT
    symbols = start + len(strings) + -len(strings) % 8
    dynamic = symbols + 24  # the table of symbols holds the empty one that every table begins with
    tags += [
        (STRINGS, start), (STRINGS_SIZE, len(strings)), (SYMBOLS, symbols), (SYMBOL_SIZE, 24), (END, 0)
    ]  # fmt: skip
    size = dynamic + 16 * len(tags)
    library = struct.pack(
        '<4s5B7x2HI3QI6H', b'\x7fELF', 2, 1, 1, 0, 0, 3, machine, 1, 0, HEADER, 0, 0,
        HEADER, SEGMENT, 3, 64, 0, 0,
    )  # fmt: skip
    both, page = 6, 1 << 16  # the largest page of any kernel on ARM
    # the loader writes into the dynamic table; without the last one it wants a stack that runs code
    library += struct.pack('<2I6Q', LOAD, both, 0, 0, 0, size, size, page)
    library += struct.pack(
        '<2I6Q', DYNAMIC, both, dynamic, dynamic, dynamic, size - dynamic, size - dynamic, 8
    )
    library += struct.pack('<2I6Q', STACK, both, 0, 0, 0, 0, 0, 16)
    library += strings.ljust(symbols - start, b'\0') + bytes(24)
    return library + b''.join(struct.pack('<2Q', *tag) for tag in tags)
