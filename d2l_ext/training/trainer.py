"""Train, evaluate, predict; keep the history. `train_ch5` is the lecture's own call."""

import mxnet as mx
import numpy as onp
from mxnet.gluon.parameter import DeferredInitializationError

from .. import data, runtime
from ..networks import joint_loss
from .amp import lowered
from .checkpoint import Checkpoint
from .device_limits import check_precision
from .gluon_learner import Learner
from .history import History  # noqa: F401  lessons find it here
from .loop import loop
from .recipes import INITIALIZERS, OPTIMIZERS, OPTIONS, RECIPES, SCHEDULES  # noqa: F401  lessons find them here
from .validation import by_epoch, check_arguments, check_channels, check_data


def train_ch5(net, train_iter, test_iter, num_epochs, lr, device=None):
    """Train as the lecture's `d2l.train_ch5` did: Xavier, SGD, live curve; returns a History.

    Draws all parameters anew (Xavier, `force_reinit`), as the lecture's function does.
    """
    device = device or runtime.device()
    net.initialize(INITIALIZERS['xavier'](), ctx=device, force_reinit=True)
    return fit(net, train_iter, test_iter, epochs=num_epochs, lr=lr, device=device)


def fit(
    net, train_iter, test_iter=None, *, epochs, lr, optimizer='sgd', momentum=0.0,
    weight_decay=0.0, schedule='constant', loss=joint_loss, device=None, progress=True, history=None,
    checkpoint=None, every=100, kvstore=None, precision='float32',
):  # fmt: skip
    """Train an initialized `net`; returns a History.

    `device` may be a list of devices, among which each batch is divided; `kvstore` is the store over
    which workers divide it (`distributed`). `precision` is that of the multiplications: 'float32', and
    through MXNet's AMP 'bfloat16' on CPUs or 'float16' on GPUs that have instructions for it. It is
    not always quicker: of two CPUs with AVX-512 BF16 one gained, one lost. Weights stay in 32 bits.

    `train_iter` and `test_iter` know their length and give (X, y): X (N, C, H, W), y class indices
    (N,). A dict of them, such as {1: small, 3: large}, trains on `small` from epoch 1 and on `large`
    from epoch 3. `optimizer` is a name in OPTIMIZERS; Adam's `momentum` is its beta1, the share that it
    keeps of its mean gradient. `lr` is the highest learning rate, `schedule` a name in SCHEDULES.
    `loss(outputs, y)` gives (N,), from what `net` gave in training: scores, or a tuple with the main
    ones first. With `progress` a bar shows loss, accuracy and images/s, and in a notebook a learning
    curve grows. Ctrl-C (the stop button) ends the training and keeps the network and the history so
    far. `history` takes over what was trained before, so that the curve goes on.

    With `checkpoint`, a folder, the training is kept there `every` so many steps and after each epoch;
    the same call goes on from the last good one, with the same data to the same result. (A seed of the
    random state is drawn from the step at each of them, so that dropout too goes on as it would have.)

    Raises ValueError, before the first step, for data or arguments that cannot work,
    FloatingPointError when the loss is no longer a number, and MemoryError, with a batch size that
    should fit, when a GPU has no memory left.
    """
    device = device or runtime.device()
    devices = device if isinstance(device, (list, tuple)) else [device]
    check_arguments(epochs=epochs, lr=lr, schedule=schedule, optimizer=optimizer)
    check_precision(precision, devices)
    plan = by_epoch(train_iter, epochs)
    classes = check_data(plan, test_iter, lambda X, name: _outputs(net, X, devices[0], name))
    with lowered(net, precision):
        net.hybridize(static_alloc=True, static_shape=True)
        learner = Learner(
            net, loss, devices, classes, kvstore, precision, optimizer, momentum=momentum,
            wd=weight_decay,
        )  # fmt: skip
        if checkpoint is not None:
            checkpoint = Checkpoint(checkpoint, every, writes=learner.rank == 0)
        return loop(
            learner, plan, test_iter, lr=lr, schedule=schedule, progress=progress, history=history,
            checkpoint=checkpoint,
        )  # fmt: skip


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
