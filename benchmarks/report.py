"""What a suite leaves: one JSON with every round's raw numbers, a figure, tables."""

import json
import time
from importlib.metadata import PackageNotFoundError, version

from d2l_ext import runtime
from d2l_ext.runtime import cpu_load
from d2l_ext.runtime.files import replace
from d2l_ext.tables import Table

from . import spread

RESULTS, QUICK = 'benchmarks/results', 'build/bench'
GB = 1e9


def result(name, suite, command, rounds, failures, missing, pieces=1) -> dict:
    """Return what is kept of a suite: `rounds` holds {contestant: numbers} of each round.

    `pieces` is how many commands gave them; a suite's `more(rounds)`, where it has one, is added.
    """
    return {
        'suite': name,
        'command': command,
        'date': time.strftime('%Y-%m-%d'),
        'machine': {**runtime.machine(), 'threads': str(runtime.usable_cpus())},
        'versions': {package: _version(package) for package in ('mxnet', 'd2l', 'numpy', 'torch')},
        'rounds': rounds,
        'pieces': pieces,
        'figures': spread.figures(rounds, suite.FIGURES),
        **(suite.more(rounds) if hasattr(suite, 'more') else {}),
        'missing': missing,
        'failures': failures,
    }


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def save(found, picture, folder):
    """Write SUITE.json and SUITE.png (if there is a picture) to `folder`, whole or not at all."""
    replace(folder / f'{found["suite"]}.json', json.dumps(found, indent=1) + '\n')
    if picture:
        replace(folder / f'{found["suite"]}.png', picture.png())


def load(folder, name) -> dict:
    """Return the result of a suite. Raises FileNotFoundError if none was recorded."""
    return json.loads((folder / f'{name}.json').read_text(encoding='utf-8'))


def spread_of(found, contestant, what, scale=1):
    """Return median, min and max of a contestant's number, or None if no round has it."""
    values = spread.over(found['rounds'], spread.value(contestant, what, scale))
    return spread.spread(values) if values else None


def contestants_table(found, titles, what, unit, title='') -> Table:
    """Tabulate one number of the contestants in `titles`, {name: how it is called}.

    The last column says why a contestant has none.
    """
    rows, notes = [], {**found['missing']}
    for failure in found['failures']:
        words = failure['words'].splitlines()[-1]
        notes.setdefault(failure['contestant'], f'failed in round {failure["round"]}: {words}')
    for name, called in titles.items():
        told = spread_of(found, name, what) or dict.fromkeys(('median', 'min', 'max'))
        peak = spread_of(found, name, 'peak_bytes', GB) or {'max': None}
        numbers = [told['median'], told['min'], told['max'], peak['max']]
        rows.append([called, *numbers, notes.get(name, '')])
    return Table([unit, 'median', 'min', 'max', 'memory, GB', 'note'], rows, title=title)


def figures_table(found, title='') -> Table:
    """Tabulate the figures of a suite, what is wanted of them, and whether it is reached."""
    rows = [
        [
            name, figure['median'], figure['min'], figure['max'],
            ', '.join(f'{wish} {bound:g}' for wish, bound in figure['wanted'].items()),
            spread.reached(figure),
        ]
        for name, figure in found['figures'].items()
    ]  # fmt: skip
    return Table(['within a round', 'median', 'min', 'max', 'wanted', 'reached'], rows, title=title)


def origin(found) -> str:
    """Say in one line what made a result."""
    machine, versions = found['machine'], found['versions']
    torch = f', PyTorch {versions["torch"]}' if versions['torch'] else ''
    others = [run['others_cpus'] or 0 for numbers in found['rounds'] for run in numbers.values()]
    busy = sum(cpus > cpu_load.MUCH for cpus in others)
    return (
        f'{found["date"]}, {machine["cpus_usable"]} CPUs ({machine["cpu"]}), MXNet '
        f'{versions["mxnet"]}{torch}; rounds of `{found["command"]}`: {len(found["rounds"])}'
        + (f', in {found["pieces"]} pieces' if found.get('pieces', 1) > 1 else '')
        + (
            f'\n{busy} of {len(others)} runs began while others computed: run it again'
            if busy
            else ''
        )
    )
