"""Where a training step of (d) spends its time: what could still be gained, and where it could not."""

from d2l_ext.figures import bars
from d2l_ext.tables import Table

from ..driver import Contestant
from ..report import figures_table
from ..spread import Figure, over, spread

TITLE = 'A training step of (d), by what oneDNN computes: GoogLeNet 96x96, batch 128'


def convolutions(numbers) -> float:
    """Return the share of a step that convolutions take, their changes of layout left out."""
    own = numbers['profile']
    return sum(ms for kind, ms in own['ms'].items() if 'convolution' in kind) / own['step_ms']


FIGURES = {'convolutions : step': Figure(convolutions)}


def rounds(quick):
    return 1 if quick else 3


def contestants(quick):
    steps = {'steps': 3, 'warm_up': 4} if quick else {'steps': 8, 'warm_up': 8}
    return {
        'profile': Contestant('benchmarks.contestants.profile:measure', steps, ('images',)),
    }


def _kinds(found) -> dict:
    """Return {kind of work: spread of its ms}."""
    kinds = next((r['profile']['ms'] for r in found['rounds'] if 'profile' in r), {})
    return {
        kind: spread(over(found['rounds'], lambda r, kind=kind: r['profile']['ms'][kind]))
        for kind in kinds
    }


def tables(found):
    rows = [[kind, *told.values()] for kind, told in _kinds(found).items()]
    return [Table(['ms a step', 'median', 'min', 'max'], rows), figures_table(found)]


def picture(found):
    kinds = _kinds(found) or {'profile': 'failed'}
    strong = [kind for kind in kinds if 'convolution' in kind]
    title = TITLE
    if found['figures']:
        share = found['figures']['convolutions : step']['median']
        title = f'{share:.0%} of a training step of (d) is spent in the convolutions themselves'
    return bars(kinds, 'ms a step, median; the line spans all rounds', title, strong)
