"""One check of numbers for all arguments: NumPy's integers and floats are numbers, booleans are not."""

import math
from numbers import Integral, Real


def whole(name, value, least=1, hint='') -> int:
    """Return `value` as int; `hint` says what to give instead.

    Raises ValueError, with the argument's `name`, unless it is a whole number of at least `least`.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        told = f'{name} must be a whole number >= {least}, got {value!r}'
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
        told = ' and '.join(f'{sign} {bound}' for sign, bound in bounds.items())
        raise ValueError(f'{name} must be a number {told}, got {value!r}')
    return float(value)


def shape_of(name, value, axes=None) -> tuple:
    """Return `value` as a tuple of int: a shape, such as that of a batch of images, (N, C, H, W).

    Raises ValueError, with the argument's `name`, unless it is whole numbers of at least 1, and as many as
    `axes` asks for.
    """
    good = isinstance(value, (tuple, list)) and len(value) in ((axes,) if axes else range(1, 6))
    if not good or any(isinstance(n, bool) or not isinstance(n, Integral) or n < 1 for n in value):
        raise ValueError(f'{name} must be (N, C, H, W), whole numbers >= 1, got {value!r}')
    return tuple(int(n) for n in value)
