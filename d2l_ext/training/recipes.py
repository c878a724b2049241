"""How the course trains, as data: whole recipes, initializations, schedules of the learning rate."""

import math

import mxnet as mx

from ..networks.blocks import ACTIVATIONS
from ..runtime.arguments import brief, flag, one_of, whole

# The whole experiment as data. `lecture` is the lecture's own, stage 2 without activations included:
# 60 000 images, five epochs. `fast` gets further in a fraction of the time (lesson 06). `quick` is for
# 3 000 images: in so few steps plain gradient descent hardly leaves its starting loss, and Adam does.
# `trained` made the network that comes with the course: two epochs at 32x32, a last one at 48x48,
# where it is tested.
RECIPES = {
    'lecture': {
        'batch_size': 128, 'resize': 96, 'standardize': False, 'stage2_activation': None,
        'init': 'xavier',
        'epochs': 5, 'optimizer': 'sgd', 'lr': 0.1, 'momentum': 0.0, 'weight_decay': 0.0,
        'schedule': 'constant',
    },
    'fast': {
        'batch_size': 128, 'resize': 32, 'standardize': True, 'stage2_activation': 'relu',
        'init': 'he',
        'epochs': 2, 'optimizer': 'adam', 'lr': 1e-3, 'momentum': 0.9, 'weight_decay': 0.0,
        'schedule': 'one_cycle',
    },
    'quick': {
        'batch_size': 32, 'resize': 32, 'standardize': True, 'stage2_activation': 'relu',
        'init': 'he',
        'epochs': 3, 'optimizer': 'adam', 'lr': 5e-4, 'momentum': 0.9, 'weight_decay': 0.0,
        'schedule': 'one_cycle',
    },
    'trained': {
        'batch_size': 128, 'resize': {1: 32, 3: 48}, 'standardize': True,
        'stage2_activation': 'relu', 'init': 'he',
        'epochs': 3, 'optimizer': 'sgd', 'lr': 0.06, 'momentum': 0.9, 'weight_decay': 5e-4,
        'schedule': 'one_cycle',
    },
}  # fmt: skip

# what `fit` takes of a recipe
OPTIONS = ('epochs', 'optimizer', 'lr', 'momentum', 'weight_decay', 'schedule')

OPTIMIZERS = ('sgd', 'adam')  # Adam's momentum is its beta1

INITIALIZERS = {
    'xavier': mx.init.Xavier,
    # He et al. 2015, equation 10: variance 2 / inputs, for layers that end in ReLU
    'he': lambda: mx.init.MSRAPrelu(factor_type='in', slope=0),
}

# share of the training that is done -> share of the highest learning rate
SCHEDULES = {
    'constant': lambda done: 1.0,
    # Smith and Topin 2018: up in a straight line for a quarter of the way, down along a cosine
    'one_cycle': lambda done: (
        0.04 + 0.96 * done / 0.25
        if done < 0.25
        else 0.5 * (1 + math.cos(math.pi * (done - 0.25) / 0.75))
    ),
}


def recipe_of(recipe) -> dict:
    """Return the recipe of this name, or, of a dict, the recipe that it is.

    Raises ValueError for an unknown name, and for a dict that lacks an entry or has another one.
    """
    if isinstance(recipe, str) and recipe in RECIPES:
        return RECIPES[recipe]
    if not isinstance(recipe, dict):
        raise ValueError(
            f'recipe must be one of {", ".join(RECIPES)}, got {brief(recipe)}: or give a dict like theirs'
        )
    wanted = set(RECIPES['lecture'])
    for told, names in (('lacks', wanted - set(recipe)), ('has no use for', set(recipe) - wanted)):
        if names:
            raise ValueError(f'recipe {told} {", ".join(sorted(map(str, names)))}')
    one_of('init', recipe['init'], INITIALIZERS)
    whole('batch_size', recipe['batch_size'])
    if recipe['stage2_activation'] is not None:
        one_of('stage2_activation', recipe['stage2_activation'], ACTIVATIONS)
    flag('standardize', recipe['standardize'])
    return recipe


def sizes_of(recipe) -> dict:
    """Return {epoch: (height, width)} of the images of `recipe` from each such epoch on.

    Raises ValueError, naming `resize`, unless it is a size, or a dict of them that begins at epoch 1.
    """
    recipe = recipe_of(recipe)
    sizes = recipe['resize'] if isinstance(recipe['resize'], dict) else {1: recipe['resize']}
    if 1 not in sizes:
        raise ValueError(f'resize must say the size from epoch 1 on, got {brief(sizes)}')
    told = {}
    for epoch, size in sizes.items():
        told[whole('resize', epoch, hint='its keys are epochs')] = (
            size if isinstance(size, tuple) else (size, size)
        )
        if len(told[epoch]) != 2:
            raise ValueError(f'resize must be a side or (height, width), got {brief(size)}')
        for side in told[epoch]:
            whole('resize', side, hint='give pixels, such as 32')
    return told
