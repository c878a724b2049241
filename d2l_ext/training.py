"""Train, evaluate, predict; keep the history. `train_ch5` is the lecture's own call."""

import mxnet as mx
import numpy as onp
from mxnet import autograd, gluon
from mxnet.gluon.parameter import DeferredInitializationError

from . import data, runtime, weights
from .checkpoint import Checkpoint
from .checks import by_epoch, check_arguments, check_channels, check_data, check_labels
from .loop import loop
from .networks import joint_loss
from .recipes import INITIALIZERS, OPTIONS, RECIPES, SCHEDULES  # noqa: F401  lessons find them here


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
    checkpoint=None, every=100,
):  # fmt: skip
    """Train an initialized `net` by stochastic gradient descent; returns a History.

    `train_iter` and `test_iter` know their length and give (X, y): X (N, C, H, W), y class indices
    (N,). A dict of them, such as {1: small, 3: large}, trains on `small` from epoch 1 and on `large`
    from epoch 3. `lr` is the highest learning rate, `schedule` a name in SCHEDULES. `loss(outputs, y)`
    gives (N,), from what `net` gave in training: scores, or a tuple with the main ones first. With
    `progress` a bar shows loss, accuracy and images/s, and in a notebook a learning curve grows.
    Ctrl-C (the stop button) ends the training and keeps the network and the history so far. `history`
    takes over what was trained before, so that the curve goes on.

    With `checkpoint`, a folder, the training is kept there `every` so many steps and after each epoch;
    the same call goes on from the last good one, with the same data to the same result. (A seed of the
    random state is drawn from the step at each of them, so that dropout too goes on as it would have.)

    Raises ValueError, before the first step, for data or arguments that cannot work, and
    FloatingPointError when the loss is no longer a number.
    """
    device = device or runtime.device()
    check_arguments(epochs=epochs, lr=lr, schedule=schedule)
    plan = by_epoch(train_iter, epochs)
    classes = check_data(plan, test_iter, lambda X, name: _outputs(net, X, device, name))
    net.hybridize(static_alloc=True, static_shape=True)
    learner = Learner(net, loss, device, classes, momentum=momentum, wd=weight_decay)
    return loop(
        learner, plan, test_iter, lr=lr, schedule=schedule, progress=progress, history=history,
        checkpoint=Checkpoint(checkpoint, every) if checkpoint is not None else None,
    )  # fmt: skip


class Learner:
    """A network of Gluon that takes steps of stochastic gradient descent; for `loop`."""

    def __init__(self, net, loss, device, classes, **sgd):
        self.net, self.loss, self.device, self.classes = net, loss, device, classes
        self.sgd = SGD(**sgd)
        self.trainer = gluon.Trainer(net.collect_params(), self.sgd)
        shapes = {name: list(p.shape) for name, p in weights.parameters(net).items()}
        self.about = {**sgd, **shapes}

    def step(self, X, y, lr):
        """Take one step; return the batch's summed loss and the number of right answers."""
        check_labels(y, self.classes)
        X, y = X.as_in_ctx(self.device), y.as_in_ctx(self.device)
        self.trainer.set_learning_rate(lr)
        with autograd.record():
            outputs = self.net(X)
            losses = self.loss(outputs, y)
        losses.backward()
        self.trainer.step(len(y))
        scores = outputs[0] if isinstance(outputs, tuple) else outputs
        return float(losses.sum()), int((scores.argmax(axis=1).astype(y.dtype) == y).sum())

    def evaluate(self, test_iter):
        """Return the accuracy on `test_iter`."""
        return evaluate(self.net, test_iter, self.device)

    def tensors(self) -> dict:
        """Return weights and momenta by name, as arrays."""
        named = weights.parameters(self.net)
        order = {id(p): i for i, p in enumerate(self.net.collect_params().values())}
        momenta = {name: self.sgd.momenta.get(order[id(p)]) for name, p in named.items()}
        return {
            **{f'weight.{name}': p.data().asnumpy() for name, p in named.items()},
            **{f'momentum.{name}': m.asnumpy() for name, m in momenta.items() if m is not None},
        }

    def restore(self, tensors):
        """Take over what `tensors` gave."""
        named = weights.parameters(self.net)
        for i, parameter in enumerate(self.net.collect_params().values()):
            name = next(name for name, p in named.items() if p is parameter)
            weights.put(parameter, tensors[f'weight.{name}'])
            self.sgd.loaded[i] = tensors.get(f'momentum.{name}')

    def reseed(self, number):
        """Seed what dropout draws from."""
        mx.random.seed(number)


class SGD(mx.optimizer.SGD):
    """Gluon's own, which notes its momenta: the Trainer can only pickle them."""

    def __init__(self, **options):
        super().__init__(**options)
        self.momenta, self.loaded = {}, {}

    def create_state(self, index, weight):
        state = super().create_state(index, weight)
        if state is not None:
            if self.loaded.get(index) is not None:
                state[:] = mx.nd.array(self.loaded[index], ctx=weight.ctx)
            self.momenta[index] = state
        return state


def _outputs(net, X, device, name):
    """Return the number of scores that `net` gives for X; refuse X if it is bound to others."""
    for parameter in net.collect_params().values():
        try:
            parameter.list_data()
        except DeferredInitializationError:
            continue
        except RuntimeError:
            raise ValueError(
                'net is not initialized: call net.initialize(mx.init.Xavier()) first'
            ) from None
    kernels = [p.shape for p in net.collect_params('.*weight').values() if len(p.shape or ()) == 4]
    if kernels and kernels[0][1] > 0:
        check_channels(kernels[0][1], X, name)
    return net(X[:1].as_in_ctx(device)).shape[-1]


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
    options = {name: recipe[name] for name in OPTIONS}
    return fit(net, train_iter, test_iter, device=device, **options, **more)
