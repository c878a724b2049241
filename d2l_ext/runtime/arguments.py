"""One check of numbers for all arguments: NumPy's integers and floats are numbers, booleans are not."""

import math
from numbers import Integral, Real

import numpy as onp


def whole(name, value, least=1, hint='', most=None) -> int:
    """Return `value` as int; `hint` says what to give instead.

    Raises ValueError, with the argument's `name`, unless it is a whole number of at least `least`, and
    of at most `most` if that is given.
    """
    good = isinstance(value, Integral) and not isinstance(value, bool) and value >= least
    if not good or (most is not None and value > most):
        bounds = f'>= {least}' if most is None else f'from {least} to {most}'
        told = f'{name} must be a whole number {bounds}, got {value!r}'
        raise ValueError(f'{told}: {hint}' if hint else told)
    return int(value)


def number(name, value, *, above=None, least=None, most=None, below=None) -> float:
    """Return `value` as float.

    Raises ValueError, with the argument's `name`, unless it is a finite number within the bounds.
    """
    bounds = {'>': above, '>=': least, '<=': most, '<': below}
    bounds = {sign: bound for sign, bound in bounds.items() if bound is not None}
    good = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    good = good and (above is None or value > above) and (least is None or value >= least)
    if not (good and (most is None or value <= most) and (below is None or value < below)):
        told = ' and '.join(f'{sign} {bound}' for sign, bound in bounds.items()) or 'that is finite'
        raise ValueError(f'{name} must be a number {told}, got {value!r}')
    return float(value)


def one_of(name, value, names) -> str:
    """Return `value`; raises ValueError, with the argument's `name`, unless it is one of `names`."""
    if not isinstance(value, str) or value not in names:
        raise ValueError(f'{name} must be one of {", ".join(names) or "none"}, got {value!r}')
    return value


def class_numbers(name, values, count=None, classes=None):
    """Return `values` as a NumPy array of class numbers (N,): labels, or the classes to look for.

    Raises ValueError, with the argument's `name`, unless they are whole numbers from 0, as many as
    `count` and below `classes` where those are given.
    """
    values = values.asnumpy() if hasattr(values, 'asnumpy') else onp.asarray(values)
    if values.ndim != 1 or not values.size or values.dtype.kind not in 'ui' or values.min() < 0:
        told = values.min() if values.dtype.kind in 'uif' and values.size else values.dtype
        raise ValueError(
            f'{name} must be whole numbers (N,) from 0, got shape {values.shape}, least {told}'
        )
    if count is not None and len(values) != count:
        raise ValueError(f'{name} must be one an image, got {len(values)} for {count} images')
    if classes is not None and values.max() >= classes:
        raise ValueError(f'{name} must be below {classes}, got {values.max()}')
    return values


def numpy_arrays():
    """Raise RuntimeError unless MXNet computes with NumPy's arrays, as all of the course does."""
    import mxnet as mx

    if not mx.util.is_np_array():
        raise RuntimeError('MXNet does not compute with np arrays yet: call npx.set_np() first')


def shape_of(name, value, axes=None) -> tuple:
    """Return `value` as a tuple of int: a shape, such as that of a batch of images, (N, C, H, W).

    Raises ValueError, with the argument's `name`, unless it is whole numbers of at least 1, and as many as
    `axes` asks for.
    """
    good = isinstance(value, (tuple, list)) and len(value) in ((axes,) if axes else range(1, 6))
    if not good or any(isinstance(n, bool) or not isinstance(n, Integral) or n < 1 for n in value):
        raise ValueError(f'{name} must be (N, C, H, W), whole numbers >= 1, got {value!r}')
    return tuple(int(n) for n in value)
