"""Where a training step spends its time: what could still be gained, and where it could not.

The step of (d), and one of the fast recipe's first epoch, beside PyTorch's step of the same recipe.
"""

from d2l_ext.figures import stacked_bars
from d2l_ext.tables import Table

from ..driver import Contestant
from ..report import figures_table
from ..spread import Figure, over, ratio, spread

TITLE = 'A training step, by what oneDNN computes: GoogLeNet'
TITLES = {
    'profile': '(d)',
    'recipe': 'fast recipe, ours',
    'recipe_torch': 'fast recipe, PyTorch channels_last',
}
LAYOUT, OUTSIDE, REST = 'change of layout', 'outside oneDNN', 'the rest of oneDNN'
SHOWN = {LAYOUT: LAYOUT, OUTSIDE: OUTSIDE}  # as the figure has them; what oneDNN does else is one


def share(contestant, word):
    """Return the formula of the share of a step that the kinds of work with `word` in them take."""
    return lambda numbers: (
        sum(ms for kind, ms in numbers[contestant]['ms'].items() if word in kind)
        / numbers[contestant]['step_ms']
    )


FIGURES = {
    'convolutions : step': Figure(share('profile', 'convolution')),
    'outside oneDNN : step': Figure(share('profile', OUTSIDE)),
    'fast recipe, convolutions : step': Figure(share('recipe', 'convolution')),
    'fast recipe, outside oneDNN : step': Figure(share('recipe', OUTSIDE)),
    'fast recipe, PyTorch’s convolutions : step': Figure(share('recipe_torch', 'convolution')),
    'fast recipe, PyTorch’s step : our step': Figure(ratio('recipe_torch', 'recipe', 'step_ms')),
}


def rounds(quick):
    return 1 if quick else 3


def contestants(quick):
    steps = {'steps': 3, 'warm_up': 4} if quick else {'steps': 8, 'warm_up': 8}
    call, recipe = 'benchmarks.contestants.profile:measure', {**steps, 'recipe': 'fast'}
    return {
        'profile': Contestant(call, steps, ('images',)),
        'recipe': Contestant(call, recipe, ('images',)),
        'recipe_torch': Contestant(call, {**recipe, 'library': 'torch'}, ('torch', 'images')),
    }


def _kinds(found, contestant) -> dict:
    """Return {kind of work: spread of its ms} of a contestant."""
    kinds = next((r[contestant]['ms'] for r in found['rounds'] if contestant in r), {})
    return {
        kind: spread(over(found['rounds'], lambda r, kind=kind: r[contestant]['ms'][kind]))
        for kind in kinds
    }


def _shape(found, contestant) -> str:
    """Write a contestant's size and batch."""
    told = next(r[contestant] for r in found['rounds'] if contestant in r)
    return f'{told.get("size", 96)}x{told.get("size", 96)}, batch {told.get("batch", 128)}'


def tables(found):
    told = []
    for contestant, called in TITLES.items():
        rows = [[kind, *ms.values()] for kind, ms in _kinds(found, contestant).items()]
        if rows:
            title = f'{called}: {_shape(found, contestant)}'
            told.append(Table(['ms a step', 'median', 'min', 'max'], rows, title=title))
    notes = [f'{name}: {reason}' for name, reason in found['missing'].items()]
    notes += [f'{entry["contestant"]}: {entry["words"]}' for entry in found['failures']]
    return [*told, figures_table(found, '\n'.join(notes))]


def picture(found):
    rows = {}
    for contestant, called in TITLES.items():
        parts = {}
        for kind, ms in _kinds(found, contestant).items():
            shown = 'convolutions' if 'convolution' in kind else SHOWN.get(kind, REST)
            parts[shown] = parts.get(shown, 0) + max(0, ms['median'])
        if parts:
            rows[f'{called}, {_shape(found, contestant)}'] = parts
    title = TITLE
    if told := found['figures'].get('convolutions : step'):
        title = f'{told["median"]:.0%} of a training step of (d) is spent in the convolutions'
    return stacked_bars(rows, 'ms', title=title) if rows else None
