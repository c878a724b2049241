"""Refuse what cannot be trained on, before anything is changed, in a sentence that names it."""

import math
from numbers import Integral

import numpy as onp

from ..runtime.arguments import brief, flag, number, one_of, whole
from .recipes import OPTIMIZERS, OPTIONS, SCHEDULES


def check_options(*, epochs, lr, schedule, optimizer, momentum, weight_decay):
    """Raise ValueError unless a training can work with these numbers and names."""
    whole('epochs', epochs)
    number('lr', lr, above=0)
    one_of('schedule', schedule, SCHEDULES)
    check_optimizer(optimizer, momentum, weight_decay)


def check_kinds(loss, history, about, progress):
    """Raise ValueError unless these arguments of `fit` are of the kind that it takes."""
    if not callable(loss):
        raise ValueError(f'loss must be a function of (outputs, y), got {brief(loss)}')
    if history is not None and not hasattr(history, 'epochs'):
        raise ValueError(f'history must be a History, got {brief(history)}')
    if about is not None and not isinstance(about, dict):
        raise ValueError(f'about must be a dict, got {brief(about)}')
    flag('progress', progress)


def check_optimizer(optimizer, momentum, weight_decay):
    """Raise ValueError unless there is such an `optimizer`, and it can work with these numbers."""
    one_of('optimizer', optimizer, OPTIMIZERS)
    number('momentum', momentum, least=0, below=1)
    number('weight_decay', weight_decay, least=0, below=1)


def by_epoch(train_iter, epochs) -> list:
    """Return the batches of each epoch; `train_iter` may be a dict {first epoch: batches}.

    Raises ValueError unless its keys are whole numbers, 1 among them.
    """
    if not isinstance(train_iter, dict):
        return [train_iter] * epochs
    good = all(isinstance(k, Integral) and not isinstance(k, bool) and k > 0 for k in train_iter)
    if not good or 1 not in train_iter:
        raise ValueError(
            f'train_iter must say from which epoch on, from 1, got the keys {brief(list(train_iter))}'
        )
    latest = (max(k for k in train_iter if k <= epoch) for epoch in range(1, epochs + 1))
    return [train_iter[key] for key in latest]


def check_data(plan, test_iter, outputs, dtype='float32', workers=1, devices=1) -> int:
    """Refuse empty or misshapen data and wrong labels; return the number of classes.

    All batches of a list are looked at, the first one of others, and all labels where they are at hand
    (`labels`, as of ImageBatches). `outputs(images, name)` gives how many scores the network has for
    `images`, an array (1, C, H, W), and refuses it itself, under that name, where it must.
    """
    named = [('train_iter', batches) for batches in {id(b): b for b in plan}.values()]
    named += [('test_iter', test_iter)] if test_iter is not None else []
    for name, batches in named:
        if length(batches, name) == 0:
            raise ValueError(f'{name} is empty: give at least one batch')
    for name, batches in named:
        looked_at = batches if isinstance(batches, (list, tuple)) else [next(iter(batches))]
        classes = None
        for batch in looked_at:
            X, y = pair(batch, name)
            images = check_images(X, name, dtype)
            if classes is None:
                classes = outputs(images[:1], name)
            labels = check_labels(y, len(images), classes, name)
            if name == 'train_iter':
                check_division(len(labels), workers, devices)
        if hasattr(batches, 'labels'):
            check_labels(batches.labels, len(batches.labels), classes, name)
            last = len(batches.labels) % getattr(batches, 'batch_size', 1)
            if name == 'train_iter' and last:
                check_division(last, workers, devices)
    return classes


def length(batches, name) -> int:
    """Return how many `batches` there are; ValueError if they do not know, as a generator."""
    try:
        return len(batches)
    except TypeError:
        raise ValueError(
            f'{name} must know its length and be gone through again each epoch, got '
            f'{type(batches).__name__}: give a list of batches'
        ) from None


def pair(batch, name):
    """Return a batch as (X, y); ValueError if it is anything else."""
    if not isinstance(batch, (tuple, list)):
        raise ValueError(f'{name} must give (X, y), got {type(batch).__name__}')
    if len(batch) != 2:
        raise ValueError(f'{name} must give (X, y), got {len(batch)} parts')
    return batch


def check_batch(X, y, classes, name='train_iter', dtype='float32'):
    """Return a batch as NumPy arrays: images of `dtype` (N, C, H, W), labels int32 (N,).

    Raises ValueError, under the data's `name`, for any other images or labels.
    """
    images = check_images(X, name, dtype)
    return images, check_labels(y, len(images), classes, name)


def check_images(X, name, dtype='float32'):
    """Return X as a NumPy array of `dtype` (N, C, H, W); ValueError unless it is finite images."""
    images = on_host(X, name, 'X')
    if images.ndim != 4:
        raise ValueError(f'{name} must give X as (N, C, H, W), got {images.shape}')
    if len(images) == 0:
        raise ValueError(f'{name} gives an empty batch: leave it out')
    if images.dtype.kind != 'f':
        raise ValueError(
            f"{name} must give X in fractions, got {images.dtype}: try X.astype('float32') / 255"
        )
    images = images.astype(dtype, copy=False)
    if not onp.isfinite(images).all():
        raise ValueError(
            f'{name} gives pixels that are no finite numbers (NaN, infinity): leave those images out'
        )
    return images


def check_labels(y, images, classes, name='train_iter'):
    """Return y as a NumPy array of int32 (N,).

    Raises ValueError unless it is one whole number an image, each from 0 to classes - 1.
    """
    labels = on_host(y, name, 'y')
    if labels.ndim != 1:
        raise ValueError(
            f'{name} must give y as (N,), the number of each image’s class, got {labels.shape}'
        )
    if len(labels) != images:
        raise ValueError(f'{name} gives {images} images with {len(labels)} labels')
    if labels.dtype.kind not in 'biuf':
        raise ValueError(f'{name} must give labels as whole numbers, got {labels.dtype}')
    if labels.dtype.kind == 'f':
        wrong = labels[~(labels == onp.floor(labels)) | onp.isinf(labels)]  # NaN equals nothing
        if len(wrong):
            raise ValueError(f'{name} must give labels as whole numbers, got {wrong[0]}')
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= classes:
        raise ValueError(
            f'{name} must give labels from 0 to {classes - 1}, got {low} to {high}: '
            f'net has {classes} outputs'
        )
    return labels.astype('int32', copy=False)


def on_host(array, name, what):
    """Return an array of MXNet, NumPy or PyTorch, or a list, as a NumPy array."""
    try:
        return array.asnumpy() if hasattr(array, 'asnumpy') else onp.asarray(array)
    except (RuntimeError, TypeError, ValueError):  # the first of a tensor that has a gradient
        raise ValueError(
            f'{name} must give {what} as an array that NumPy reads, got a {type(array).__name__}: '
            'give it as one of NumPy, on the CPU, without gradient'
        ) from None


def check_division(images, workers, devices):
    """Raise ValueError if a batch has no image for some device."""
    if images < workers * devices:
        raise ValueError(
            f'a batch of {images} images cannot be divided over {workers} workers with '
            f'{devices} devices: take another batch_size, or fewer of them'
        )


def check_channels(bound, images, name):
    """Raise ValueError unless images (N, C, H, W) have the channels that the network is `bound` to."""
    if bound != images.shape[1]:
        raise ValueError(
            f'{name} gives images of {images.shape[1]} channels, net is bound to {bound}: '
            'build it anew, or rebind it (lesson 04)'
        )


def check_stage2(found, recipe):
    """Raise ValueError unless stage 2 of a GoogLeNet has the activation of `recipe`, a dict.

    `found` is the set of its activations, None those that are missing; empty for another network.
    """
    wanted = recipe['stage2_activation']
    if found - {wanted}:
        raise ValueError(
            f'recipe trains stage 2 with activation {wanted}, net has {(found - {wanted}).pop()}: '
            f'build it with stage2_activation={wanted!r}'
        )


def check_classes(outputs, classes):
    """Raise ValueError unless a network has an output for each of the recipe's classes."""
    if outputs != classes:
        raise ValueError(
            f'recipe trains on {classes} classes, net has {outputs} outputs: build it with {classes}'
        )


def check_recipes_own(more):
    """Raise ValueError for arguments of `fit` that are the recipe's to say."""
    for name in OPTIONS:
        if name in more:
            raise ValueError(
                f"{name} is said by the recipe: give {{**training.RECIPES['quick'], '{name}': …}}"
            )


def check_losses(shape, images):
    """Raise ValueError unless a loss of this shape is one number for each of the images."""
    if tuple(shape) != (images,):
        raise ValueError(
            f'loss must give one number an image, ({images},), got {tuple(shape)}: '
            'leave out its mean or sum'
        )


def check_loss(loss, epoch, step, lr):
    """Raise FloatingPointError, with the likely cause, unless the loss is a finite number."""
    if not math.isfinite(loss):
        raise FloatingPointError(
            f'loss is {loss} at step {step} of epoch {epoch}: the learning rate '
            f'{lr:g} is probably too high, try a tenth of it on a network '
            'initialized anew; else look for inputs that are not numbers'
        )
