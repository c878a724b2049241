"""The suites, in the order in which they run.

Each is a module: TITLE; FIGURES, {name: Figure}; `rounds(quick)` and `contestants(quick)`; `tables`
and `picture` of what was found.
"""

from . import cost, family, limit, profile, time_to_accuracy, training_step, waiting

SUITES = {
    'training_step': training_step,
    'limit': limit,
    'profile': profile,
    'cost': cost,
    'waiting': waiting,
    'time_to_accuracy': time_to_accuracy,
    'family': family,
}
# those of one group are measured in the same rounds
GROUPS = (
    ('training_step', 'limit'),
    ('profile',),
    ('time_to_accuracy',),
    ('family',),
    ('waiting',),
    ('cost',),
)
