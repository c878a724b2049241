"""One check of arguments for all functions: NumPy's integers and floats are numbers, booleans are not.

mxnet is imported where it is used, as in `data`.
"""

import os
import reprlib
from collections.abc import Mapping
from numbers import Integral, Real

import numpy as onp

FINITE, TINY = (float(limit) for limit in (onp.finfo('float32').max, onp.finfo('float32').tiny))
LARGEST = 2**31 - 1  # that a side of MXNet's arrays can be
LONGEST = 255  # bytes of a file's name that the systems take
SHORT = reprlib.Repr()
SHORT.maxtuple = SHORT.maxlist = SHORT.maxdict = 8
SHORT.maxstring = SHORT.maxother = 80


def brief(value) -> str:
    """Write what `value` is in one line, a long one shortened: for an error."""
    return ' '.join(SHORT.repr(value).split())


def reason_of(error) -> str:
    """Return what an error of MXNet says, in one line: its traceback of C++ stands above it."""
    lines = [line for line in str(error).splitlines() if line.strip()] or ['']
    return lines[-1].split('Error: ')[-1].strip()


def whole(name, value, least=1, hint='', most=None) -> int:
    """Return `value` as int; `hint` says what to give instead.

    Raises ValueError, with the argument's `name`, unless it is a whole number of at least `least`, and
    of at most `most`, by default LARGEST.
    """
    good = isinstance(value, Integral) and not isinstance(value, bool)
    if not (good and least <= value <= (LARGEST if most is None else most)):
        if most is None and good and value > LARGEST:
            most = LARGEST
        bounds = f'>= {least}' if most is None else f'from {least} to {most}'
        refusal = f'{name} must be a whole number {bounds}, got {brief(value)}'
        raise ValueError(f'{refusal}: {hint}' if hint else refusal)
    return int(value)


def seed_of(value, hint='') -> int:
    """Return `value` as int; raises ValueError unless it is a seed, which has 32 bits everywhere.

    MXNet would take a greater one modulo 2**32, and so draw as another seed does, without a word.
    """
    return whole('seed', value, 0, hint, most=2**32 - 1)


def number(name, value, *, above=None, least=None, most=None, below=None) -> float:
    """Return `value` as float.

    Raises ValueError, with the argument's `name`, unless it is a finite number within the bounds.
    """
    bounds = {'>': above, '>=': least, '<=': most, '<': below}
    bounds = {sign: bound for sign, bound in bounds.items() if bound is not None}
    good = isinstance(value, Real) and not isinstance(value, bool)
    # a whole number may be larger than any fraction; what MXNet cannot hold is no number to it
    good = good and (value == 0 or TINY <= abs(value) <= FINITE)
    good = good and (above is None or value > above) and (least is None or value >= least)
    if not (good and (most is None or value <= most) and (below is None or value < below)):
        wanted = ' and '.join(f'{sign} {bound}' for sign, bound in bounds.items())
        if isinstance(value, Real) and 0 < abs(value) < TINY:
            wanted = f'that is 0 or at least {TINY:.2g} in size'
        raise ValueError(
            f'{name} must be a number {wanted or "that is finite"}, got {brief(value)}'
        )
    return float(value)


def flag(name, value) -> bool:
    """Return `value`; raises ValueError, with the argument's `name`, unless it is True or False."""
    if not isinstance(value, (bool, onp.bool_)):
        raise ValueError(f'{name} must be True or False, got {brief(value)}')
    return bool(value)


def one_of(name, value, names) -> str:
    """Return `value`; raises ValueError, with the argument's `name`, unless it is one of `names`."""
    if not isinstance(value, str) or value not in names:
        raise ValueError(f'{name} must be one of {", ".join(names) or "none"}, got {brief(value)}')
    return value


def class_numbers(name, values, count=None, classes=None):
    """Return `values` as a NumPy array of class numbers (N,): labels, or the classes to look for.

    Raises ValueError, with the argument's `name`, unless they are whole numbers from 0, as many as
    `count` and below `classes` where those are given.
    """
    values = array_of(name, values, what='whole numbers (N,) from 0')
    if values.ndim != 1 or not values.size or values.dtype.kind not in 'ui' or values.min() < 0:
        least = values.min() if values.dtype.kind in 'uif' and values.size else values.dtype
        raise ValueError(
            f'{name} must be whole numbers (N,) from 0, got shape {values.shape}, least {least}'
        )
    if count is not None and len(values) != count:
        raise ValueError(f'{name} must be one an image, got {len(values)} for {count} images')
    if classes is not None and values.max() >= classes:
        raise ValueError(f'{name} must be below {classes}, got {values.max()}')
    return values


def numpy_arrays():
    """Raise RuntimeError unless MXNet computes with NumPy's arrays and shapes, as the course does."""
    import mxnet as mx

    if not (mx.util.is_np_array() and mx.util.is_np_shape()):
        raise RuntimeError(
            'MXNet does not compute with np arrays yet: call npx.set_np() first, in each thread'
        )


def shape_of(name, value, axes=None) -> tuple:
    """Return `value` as a tuple of int: a shape, such as that of a batch of images, (N, C, H, W).

    Raises ValueError, with the argument's `name`, unless it is whole numbers of at least 1, and as many as
    `axes` asks for.
    """
    good = isinstance(value, (tuple, list)) and len(value) in ((axes,) if axes else range(1, 6))
    if not good or any(
        isinstance(n, bool) or not isinstance(n, Integral) or not 1 <= n <= LARGEST for n in value
    ):
        wanted = '(H, W)' if axes == 2 else '(N, C, H, W)'
        raise ValueError(f'{name} must be {wanted}, whole numbers >= 1, got {brief(value)}')
    return tuple(int(n) for n in value)


def array_of(name, value, axes=None, finite=False, what='an array of numbers'):
    """Return `value`, a list or an array of any library, as a NumPy array of numbers.

    Raises ValueError, with the argument's `name`, for anything else, for other than so many `axes`, and,
    where it must be `finite`, for NaN and infinity. `what` says in the error what it should have been.
    """
    try:
        found = value.asnumpy() if hasattr(value, 'asnumpy') else onp.asanyarray(value)
    except (RuntimeError, TypeError, ValueError, OverflowError):
        found = onp.array(None)
    if found.dtype.kind not in 'biuf':
        raise ValueError(f'{name} must be {what}, got {brief(value)}')
    if axes is not None and found.ndim != axes:
        raise ValueError(f'{name} must be an array of {axes} axes, got shape {found.shape}')
    if finite and not onp.isfinite(found).all():
        raise ValueError(f'{name} must be finite, got {found[~onp.isfinite(found)][0]}')
    return found


def images_of(name, value):
    """Return `value`, images as an array of MXNet.

    Raises ValueError, with the argument's `name`, unless it is finite fractions (N, C, H, W).
    """
    import mxnet as mx

    if not isinstance(value, mx.np.ndarray):
        raise ValueError(
            f'{name} must be images as np.array(…) of MXNet gives them, got {brief(value)}'
        )
    if value.ndim != 4 or not value.size or onp.dtype(value.dtype).kind != 'f':
        raise ValueError(
            f'{name} must be fractions (N, C, H, W), at least one image, got {value.dtype} {value.shape}'
        )
    array_of(name, value, finite=True)
    return value


def text_of(name, value) -> str:
    """Return `value`; raises ValueError, with the argument's `name`, unless it is a text."""
    # half of a character, which Python's texts may hold, can neither be drawn nor written
    if not isinstance(value, str) or value != value.encode('utf-8', 'ignore').decode('utf-8'):
        raise ValueError(f'{name} must be a text, got {brief(value)}')
    return value


def iterable(value) -> bool:
    """Tell whether `value` can be gone through: an array without an axis has what it takes, and cannot."""
    return hasattr(value, '__iter__') and getattr(value, 'ndim', 1) > 0


def names_of(name, value) -> list:
    """Return `value`, a list, as texts; raises ValueError, with the argument's `name`, for anything else."""
    if isinstance(value, bytes) or not hasattr(value, '__iter__') or getattr(value, 'ndim', 1) != 1:
        raise ValueError(f'{name} must be a list of names, got {brief(value)}')
    return [str(entry) for entry in (value.asnumpy() if hasattr(value, 'asnumpy') else value)]


def dict_of(name, value):
    """Return `value`; raises ValueError, with the argument's `name`, unless it is a dict with an entry."""
    if not isinstance(value, Mapping) or not value:
        raise ValueError(f'{name} must be a dict of at least one entry, got {brief(value)}')
    return value


def path_of(name, value):
    """Return `value`; raises ValueError, with the argument's `name`, unless it can name a file."""
    good = isinstance(value, (str, os.PathLike)) and str(value).strip() and '\0' not in str(value)
    good = good and str(value).splitlines() == [str(value)]  # none of our errors is of two lines
    try:
        parts = os.fsencode(value).split(os.fsencode(os.sep)) if good else []
    except UnicodeEncodeError:  # half of a character
        good = False
    if not good or any(len(part) > LONGEST for part in parts):
        raise ValueError(f'{name} must be a path, got {brief(value)}')
    return value
