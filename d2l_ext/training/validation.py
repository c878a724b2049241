"""Refuse what cannot be trained on, before the first step, in a sentence that names it."""

import math

from ..runtime.arguments import number, whole
from .recipes import OPTIMIZERS, SCHEDULES


def check_arguments(epochs, lr, schedule, optimizer):
    """Raise ValueError unless the arguments of `fit` can work."""
    whole('epochs', epochs)
    number('lr', lr, above=0)
    if schedule not in SCHEDULES:
        raise ValueError(f'schedule must be one of {", ".join(SCHEDULES)}, got {schedule!r}')
    if optimizer not in OPTIMIZERS:
        raise ValueError(f'optimizer must be one of {", ".join(OPTIMIZERS)}, got {optimizer!r}')


def by_epoch(train_iter, epochs) -> list:
    """Return the batches of each epoch; `train_iter` may be a dict {first epoch: batches}.

    Raises ValueError unless its keys are whole numbers, 1 among them.
    """
    if not isinstance(train_iter, dict):
        return [train_iter] * epochs
    if 1 not in train_iter or not all(isinstance(key, int) and key > 0 for key in train_iter):
        raise ValueError(
            f'train_iter must say from which epoch on, from 1, got the keys {list(train_iter)}'
        )
    latest = (max(k for k in train_iter if k <= epoch) for epoch in range(1, epochs + 1))
    return [train_iter[key] for key in latest]


def check_data(plan, test_iter, outputs) -> int:
    """Refuse empty or misshapen data and wrong labels; return the number of classes.

    `outputs(X, name)` gives how many scores the network has for one image of X (N, C, H, W), and
    refuses X itself, under that name, where it must.
    """
    named = [('train_iter', batches) for batches in {id(b): b for b in plan}.values()]
    named += [('test_iter', test_iter)] if test_iter is not None else []
    for name, batches in named:
        if len(batches) == 0:
            raise ValueError(f'{name} is empty: give at least one batch')
    for name, batches in named:
        X, y = next(iter(batches))
        if X.ndim != 4:
            raise ValueError(f'{name} must give X as (N, C, H, W), got {X.shape}')
        if len(X) != len(y):
            raise ValueError(f'{name} gives {len(X)} images with {len(y)} labels')
        classes = outputs(X, name)
        check_labels(getattr(batches, 'labels', y), classes, name)
    return classes


def check_channels(bound, X, name):
    """Raise ValueError unless X (N, C, H, W) has the channels that the network is `bound` to."""
    if bound != X.shape[1]:
        raise ValueError(
            f'{name} gives images of {X.shape[1]} channels, net is bound to {bound}: '
            'build it anew, or rebind it (lesson 04)'
        )


def check_labels(y, classes, name='train_iter'):
    """Raise ValueError unless all labels are from 0 to classes - 1."""
    low, high = int(y.min()), int(y.max())
    if low < 0 or high >= classes:
        raise ValueError(
            f'{name} must give labels from 0 to {classes - 1}, got {low} to {high}: '
            f'net has {classes} outputs'
        )


def check_loss(loss, epoch, step, lr):
    """Raise FloatingPointError, with the likely cause, unless the loss is a finite number."""
    if not math.isfinite(loss):
        raise FloatingPointError(
            f'loss is {loss} at step {step} of epoch {epoch}: the learning rate '
            f'{lr:g} is probably too high, try a tenth of it on a network '
            'initialized anew; else look for inputs that are not numbers'
        )
