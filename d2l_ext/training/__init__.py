"""Training: the recipes, the loop, what a training leaves, the network that was trained for the course.

Imports `analysis`, `data`, `figures`, `networks`, `runtime`, `tables` and `weights`.
"""

from .gluon_learner import Learner
from .history import History
from .recipes import INITIALIZERS, RECIPES, SCHEDULES
from .trainer import evaluate, fit, load, predict, run, train_ch5

__all__ = [
    'INITIALIZERS',
    'RECIPES',
    'SCHEDULES',
    'History',
    'Learner',
    'evaluate',
    'fit',
    'load',
    'predict',
    'run',
    'train_ch5',
]
