"""What many rounds say: values and ratios within a round, their median, least and greatest."""

import statistics
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

UNIT = 'R'  # the contestant that measures it


@dataclass(frozen=True)
class Figure:
    """A number that each round gives, and what is wanted of it over the rounds.

    `formula` takes a round, {contestant: numbers}. `wanted` reads {'median at least': 2.3}; its keys
    are median, min or max with 'at least' or 'at most'. `least` rounds must give it to say so.
    """

    formula: Callable
    wanted: dict = field(default_factory=dict)
    least: int = 3


def value(contestant, what, scale=1):
    """Return the formula of one number of one contestant, divided by `scale`."""
    return lambda numbers: numbers[contestant][what] / scale


def ratio(top, bottom, what='images_per_s'):
    """Return the formula of a ratio between two contestants within one round."""
    return lambda numbers: numbers[top][what] / numbers[bottom][what]


def in_units(contestant):
    """Return the formula of a contestant's seconds in R, the unit that the round measured."""
    return ratio(contestant, UNIT, 'seconds')


def over(rounds, formula) -> list:
    """Apply `formula` to each round; one that lacks a contestant gives nothing."""
    values = []
    for numbers in rounds:
        with suppress(KeyError):
            values.append(formula(numbers))
    return values


def spread(values) -> dict:
    """Return median, min and max of `values`. Raises ValueError if there are none."""
    if not values:
        raise ValueError('values must hold at least one number: no round has them')
    return {'median': statistics.median(values), 'min': min(values), 'max': max(values)}


def figures(rounds, formulas) -> dict:
    """Evaluate {name: Figure} over the rounds; what no round gives is left out."""
    found = {name: over(rounds, figure.formula) for name, figure in formulas.items()}
    return {
        name: {'rounds': values, **spread(values), 'wanted': formulas[name].wanted}
        for name, values in found.items()
        if values
    }


def reached(figure) -> bool | None:
    """Tell whether an entry of `figures` is what was wanted; None if nothing was."""
    if not figure['wanted']:
        return None
    verdicts = []
    for wish, bound in figure['wanted'].items():
        which, _, side = wish.split()
        told = figure[which]
        verdicts.append(told >= bound if side == 'least' else told <= bound)
    return all(verdicts)
