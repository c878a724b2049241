"""Train, evaluate, predict; keep the history. `train_ch5` is the lecture's own call."""

import math
import time

import mxnet as mx
import numpy as onp
from mxnet import autograd, gluon
from mxnet.gluon.parameter import DeferredInitializationError

from . import data, figures, runtime
from .history import History
from .networks import joint_loss
from .progress import bar as progress_bar
from .recipes import INITIALIZERS, RECIPES, SCHEDULES  # noqa: F401  the lessons find them here


def train_ch5(net, train_iter, test_iter, num_epochs, lr, device=None):
    """Train as the lecture's `d2l.train_ch5` did: Xavier, SGD, live curve; returns a History.

    Draws all parameters anew (Xavier, `force_reinit`), as the lecture's function does.
    """
    device = device or runtime.device()
    net.initialize(INITIALIZERS['xavier'](), ctx=device, force_reinit=True)
    return fit(net, train_iter, test_iter, epochs=num_epochs, lr=lr, device=device)


def fit(
    net, train_iter, test_iter=None, *, epochs, lr, momentum=0.0, weight_decay=0.0,
    schedule='constant', loss=joint_loss, device=None, progress=True, history=None,
):  # fmt: skip
    """Train an initialized `net` by stochastic gradient descent; returns a History.

    `train_iter` and `test_iter` know their length and give (X, y): X (N, C, H, W), y class indices
    (N,). A dict of them, such as {1: small, 3: large}, trains on `small` from epoch 1 and on `large`
    from epoch 3. `lr` is the highest learning rate, `schedule` a name in SCHEDULES. `loss(outputs, y)`
    gives (N,), from what `net` gave in training: scores, or a tuple with the main ones first. With
    `progress` a bar shows loss, accuracy and images/s, and in a notebook a learning curve grows.
    Ctrl-C (the stop button) ends the training and keeps the network and the history so far. `history`
    takes over what was trained before, so that the curve goes on.

    Raises ValueError, before the first step, for data or arguments that cannot work, and
    FloatingPointError when the loss is no longer a number.
    """
    device = device or runtime.device()
    _check_arguments(epochs=epochs, lr=lr, schedule=schedule)
    plan = _by_epoch(train_iter, epochs)
    classes = _check_data(net, plan, test_iter, device)
    net.hybridize(static_alloc=True, static_shape=True)
    trainer = gluon.Trainer(
        net.collect_params(), 'sgd', {'learning_rate': lr, 'momentum': momentum, 'wd': weight_decay}
    )
    history = history or History()
    curve = figures.LiveCurve() if progress else None
    steps = sum(map(len, plan))
    bar = progress_bar(total=steps, disable=not progress)
    rate_at, step, first = SCHEDULES[schedule], 0, len(history)
    try:
        for epoch, batches in enumerate(plan):
            running = _Running()
            for i, (X, y) in enumerate(batches):
                trainer.set_learning_rate(lr * rate_at(step / steps))
                step += 1
                total, correct = _step(net, trainer, loss, X, y, classes, device)
                if not math.isfinite(total):
                    raise FloatingPointError(_not_finite(total, epoch + 1, i + 1, trainer))
                running.add(len(y), total, correct)
                bar.set_postfix_str(
                    f'epoch {first + epoch + 1}, loss {running.loss:.3f}, accuracy '
                    f'{running.accuracy:.3f}, {running.images_per_s:.0f} images/s',
                    refresh=False,
                )
                bar.update()
            entry = {'epoch': first + epoch + 1, **running.entry(), 'test_accuracy': None}
            if test_iter is not None:
                entry['test_accuracy'] = evaluate(net, test_iter, device)
            history.epochs.append(entry)
            if curve:
                curve.update(history)
    except KeyboardInterrupt:
        history.interrupted = True
    finally:
        bar.close()
    return history


def _step(net, trainer, loss, X, y, classes, device):
    """Take one step; return the batch's summed loss and the number of right answers."""
    _check_labels(y, classes)
    X, y = X.as_in_ctx(device), y.as_in_ctx(device)
    with autograd.record():
        outputs = net(X)
        losses = loss(outputs, y)
    losses.backward()
    trainer.step(len(y))
    scores = outputs[0] if isinstance(outputs, tuple) else outputs
    return float(losses.sum()), int((scores.argmax(axis=1).astype(y.dtype) == y).sum())


class _Running:
    """Sums of one epoch."""

    def __init__(self):
        self.images, self.loss_sum, self.correct, self.start = 0, 0.0, 0, time.perf_counter()

    def add(self, images, loss, correct):
        self.images += images
        self.loss_sum += loss
        self.correct += correct
        self.seconds = time.perf_counter() - self.start

    loss = property(lambda self: self.loss_sum / self.images)
    accuracy = property(lambda self: self.correct / self.images)
    images_per_s = property(lambda self: self.images / self.seconds)

    def entry(self):
        return {
            'loss': self.loss, 'train_accuracy': self.accuracy,
            'seconds': self.seconds, 'images_per_s': self.images_per_s,
        }  # fmt: skip


def predict(net, data_iter, device=None):
    """Return (labels, probabilities) of all images as NumPy arrays (n,) and (n, classes)."""
    device = device or runtime.device()
    labels, probabilities = [], []
    for X, y in data_iter:
        scores = mx.npx.softmax(net(X.as_in_ctx(device)), axis=1)
        labels.append(y.asnumpy())
        probabilities.append(scores.asnumpy())
    if not labels:
        raise ValueError('data_iter is empty: give at least one batch')
    return onp.concatenate(labels), onp.concatenate(probabilities)


def evaluate(net, data_iter, device=None) -> float:
    """Return the share of images whose highest score is their label's."""
    labels, probabilities = predict(net, data_iter, device)
    return float((probabilities.argmax(axis=1) == labels).mean())


def _check_arguments(epochs, lr, schedule):
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
        raise ValueError(f'epochs must be a positive integer, got {epochs!r}')
    if not (isinstance(lr, (int, float)) and math.isfinite(lr) and lr > 0):
        raise ValueError(f'lr must be a positive number, got {lr!r}')
    if schedule not in SCHEDULES:
        raise ValueError(f'schedule must be one of {", ".join(SCHEDULES)}, got {schedule!r}')


def _by_epoch(train_iter, epochs) -> list:
    """Return the batches of each epoch."""
    if not isinstance(train_iter, dict):
        return [train_iter] * epochs
    if 1 not in train_iter or not all(isinstance(key, int) and key > 0 for key in train_iter):
        raise ValueError(
            f'train_iter must say from which epoch on, from 1, got the keys {list(train_iter)}'
        )
    latest = (max(k for k in train_iter if k <= epoch) for epoch in range(1, epochs + 1))
    return [train_iter[key] for key in latest]


def _check_data(net, plan, test_iter, device) -> int:
    """Refuse what cannot be trained on; return the number of classes that `net` tells apart."""
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
        _check_channels(net, X, name)
        classes = net(X[:1].as_in_ctx(device)).shape[-1]
        _check_labels(getattr(batches, 'labels', y), classes, name)
    return classes


def _check_channels(net, X, name):
    for parameter in net.collect_params().values():
        try:
            parameter.list_data()
        except DeferredInitializationError:
            continue
        except RuntimeError:
            raise ValueError(
                'net is not initialized: call net.initialize(mx.init.Xavier()) first'
            ) from None
    weights = [p.shape for p in net.collect_params('.*weight').values() if len(p.shape or ()) == 4]
    if weights and weights[0][1] > 0 and weights[0][1] != X.shape[1]:
        raise ValueError(
            f'{name} gives images of {X.shape[1]} channels, net is bound to {weights[0][1]}: '
            'build it anew, or rebind it (lesson 04)'
        )


def _check_labels(y, classes, name='train_iter'):
    low, high = int(y.min()), int(y.max())
    if low < 0 or high >= classes:
        raise ValueError(
            f'{name} must give labels from 0 to {classes - 1}, got {low} to {high}: '
            f'net has {classes} outputs'
        )


def _not_finite(loss, epoch, step, trainer):
    return (
        f'loss is {loss} at step {step} of epoch {epoch}: the learning rate '
        f'{trainer.learning_rate:g} is probably too high, try a tenth of it on a network '
        'initialized anew; else look for inputs that are not numbers'
    )


def load(recipe, *, sample=None, seed=0):
    """Return {epoch: training images from it on} and the test images of `recipe`, for `fit`.

    `sample` is that of load_data_fashion_mnist. The test images have the resolution that the recipe
    ends with.
    """
    sizes = recipe['resize'] if isinstance(recipe['resize'], dict) else {1: recipe['resize']}
    pairs = {
        epoch: data.load_data_fashion_mnist(
            recipe['batch_size'], size, sample=sample, seed=seed,
            standardize=recipe['standardize'],
        )
        for epoch, size in sizes.items()
    }  # fmt: skip
    return {epoch: train for epoch, (train, _) in pairs.items()}, pairs[max(pairs)][1]


def run(recipe, train_iter, test_iter, net, *, seed=0, device=None, **more):
    """Initialize `net` as `recipe` (an entry of RECIPES) says and `fit` it; returns a History."""
    device = device or runtime.device()
    mx.random.seed(seed)
    net.initialize(INITIALIZERS[recipe['init']](), ctx=device, force_reinit=True)
    keys = ('epochs', 'lr', 'momentum', 'weight_decay', 'schedule')
    options = {key: recipe[key] for key in keys}
    return fit(net, train_iter, test_iter, device=device, **options, **more)
