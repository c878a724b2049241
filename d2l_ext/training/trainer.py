"""Train, evaluate, predict; keep the history. `train_ch5` is the lecture's own call."""

import mxnet as mx
import numpy as onp
from mxnet.gluon import HybridBlock, nn

from .. import data
from ..analysis import anatomy
from ..networks import joint_loss
from ..networks.blocks import check_network, passed
from ..runtime.arguments import LARGEST, brief, iterable, number, numpy_arrays, whole
from .checkpoint import Checkpoint
from .device_limits import check_precision
from .gluon_learner import Learner, as_mxnet, check_where, devices_of, dtype_of
from .loop import loop
from .recipes import INITIALIZERS, OPTIONS, recipe_of, sizes_of
from .validation import (
    by_epoch,
    check_channels,
    check_classes,
    check_data,
    check_images,
    check_kinds,
    check_labels,
    check_options,
    check_recipes_own,
    check_stage2,
    pair,
)


def train_ch5(net, train_iter, test_iter, num_epochs, lr, device=None):
    """Train as the lecture's `d2l.train_ch5` did: Xavier, SGD, live curve; returns a History.

    Draws all parameters anew (Xavier, `force_reinit`), as the lecture's function does, once the data
    have been looked at.
    """
    whole('num_epochs', num_epochs)
    number('lr', lr, above=0)
    devices = devices_of(device)
    check_network('net', net)
    check_data([train_iter], test_iter, lambda images, name: _classes(net, images))
    net.initialize(INITIALIZERS['xavier'](), ctx=devices, force_reinit=True)
    return fit(net, train_iter, test_iter, epochs=num_epochs, lr=lr, device=devices)


def fit(
    net, train_iter, test_iter=None, *, epochs, lr, optimizer='sgd', momentum=0.0,
    weight_decay=0.0, schedule='constant', loss=joint_loss, device=None, progress=True, history=None,
    checkpoint=None, every=100, about=None, kvstore=None, precision='float32',
):  # fmt: skip
    """Train an initialized `net`; returns a History.

    `device` may be a list of devices, among which each batch is divided; `kvstore` is the store over
    which workers divide it (`distributed`). `precision` is that of the multiplications: 'float32', or
    through MXNet's AMP 'bfloat16' on CPUs that have instructions for it. It is not always quicker: of
    two CPUs with AVX-512 BF16 one gained, one lost. Weights stay in 32 bits.

    `train_iter` and `test_iter` know their length and give (X, y): X fractions (N, C, H, W), y the
    number of each image's class (N,). A dict of them, such as {1: small, 3: large}, trains on `small`
    from epoch 1 and on `large` from epoch 3. `optimizer` is a name in OPTIMIZERS; Adam's `momentum` is
    its beta1, the share that it keeps of its mean gradient. `lr` is the highest learning rate,
    `schedule` a name in SCHEDULES.

    `loss(outputs, y)` gives (N,), from what `net` gave in training: scores, or a tuple with the main
    ones first. With `progress` a bar shows loss, accuracy and images/s, and in a notebook a learning
    curve grows. Ctrl-C (the stop button) ends the training and keeps the network and the history so
    far. `history` takes over what was trained before, so that the curve goes on.

    With `checkpoint`, a folder, the training is kept there `every` so many steps and after each epoch;
    the same call goes on from the last good one, with the same data to the same result. (A seed of the
    random state is drawn from the step at each of them, so that dropout too goes on as it would have.)
    With more `epochs` it goes on too, where the schedule has the same rates up to there. Data, network
    and arguments must be those of the checkpoint, and so must `about`, what else decides the result,
    such as {'seed': 0}.

    Raises ValueError, before a step changes anything, for data or arguments that cannot work,
    FloatingPointError when the loss is no longer a number, and MemoryError, with a batch size that
    should fit, when a GPU has no memory left.
    """
    numpy_arrays()
    check_options(
        epochs=epochs, lr=lr, schedule=schedule, optimizer=optimizer, momentum=momentum,
        weight_decay=weight_decay,
    )  # fmt: skip
    check_kinds(loss, history, about, progress)
    # NumPy's numbers are taken, but not by MXNet's optimizers, nor by JSON
    epochs, lr = int(epochs), float(lr)
    momentum, weight_decay = float(momentum), float(weight_decay)
    devices = devices_of(device)
    check_precision(precision, devices)
    check_where(net, devices, alone=True)
    plan = by_epoch(train_iter, epochs)
    classes = check_data(
        plan, test_iter, lambda images, name: _outputs(net, images, devices[0], name),
        dtype_of(net), kvstore.num_workers if kvstore else 1, len(devices),
    )  # fmt: skip
    net.hybridize(static_alloc=True, static_shape=True)
    learner = Learner(
        net, classes=classes, device=devices, loss=loss, optimizer=optimizer, momentum=momentum,
        weight_decay=weight_decay, kvstore=kvstore, precision=precision,
    )  # fmt: skip
    if checkpoint is not None:
        checkpoint = Checkpoint(checkpoint, every, writes=learner.rank == 0)
    return loop(
        learner, plan, test_iter, lr=lr, schedule=schedule, progress=progress, history=history,
        checkpoint=checkpoint, about=about,
    )  # fmt: skip


def _outputs(net, images, device, name) -> int:
    """Return the number of scores that `net` gives for one image; refuse it if bound to others."""
    bound = _bound_channels(net)
    if bound:
        check_channels(bound, images, name)
    return _scores(net, mx.np.array(images, dtype=images.dtype, ctx=device), name).shape[1]


def _scores(net, X, name):
    scores = passed(net, X, name)
    if getattr(scores, 'ndim', None) != 2:
        raise ValueError(
            f'net must give scores (N, classes), got {brief(getattr(scores, "shape", scores))}'
        )
    return scores


def _classes(net, images) -> int:
    """Return the number of scores that `net`, without weights as yet, gives; LARGEST if unknown."""
    if not isinstance(net, HybridBlock):
        return LARGEST
    return anatomy.trace(net, images.shape)[-1].out_shape[-1]


def _bound_channels(net) -> int:
    """Return the channels of the images that the first convolution takes; 0 for any."""
    for weight in net.collect_params('.*weight').values():
        if len(weight.shape or ()) == 4:
            return max(weight.shape[1], 0)
    return 0


def predict(net, data_iter, device=None):
    """Return (labels, probabilities) of all images as NumPy arrays (n,) and (n, classes).

    Raises ValueError for images, labels or a network that cannot be right.
    """
    numpy_arrays()
    device = devices_of(device)[0]
    dtype = 'float32'
    if hasattr(net, 'collect_params'):  # a graph from a file has none
        check_where(net, [device])
        dtype = dtype_of(net)
    if not iterable(data_iter):
        raise ValueError(f'data_iter must give batches (X, y), got {brief(data_iter)}')
    all_labels, probabilities = [], []
    for batch in data_iter:
        X, y = pair(batch, 'data_iter')
        images = check_images(X, 'data_iter', dtype)
        scores = _scores(net, as_mxnet(X, images).as_in_ctx(device), 'data_iter')
        labels = check_labels(y, len(images), scores.shape[1], 'data_iter')
        all_labels.append(labels)
        probabilities.append(mx.npx.softmax(scores, axis=1).asnumpy())
    if not all_labels:
        raise ValueError('data_iter is empty: give at least one batch')
    return onp.concatenate(all_labels), onp.concatenate(probabilities)


def evaluate(net, data_iter, device=None) -> float:
    """Return the share of images whose highest score is their label's."""
    labels, probabilities = predict(net, data_iter, device)
    return float((probabilities.argmax(axis=1) == labels).mean())


def load(recipe, *, sample=None, seed=0):
    """Return {epoch: training images from it on} and the test images of `recipe`, for `fit`.

    `sample` is that of load_data_fashion_mnist. The test images have the resolution that the recipe
    ends with.
    """
    recipe = recipe_of(recipe)
    pairs = {
        epoch: data.load_data_fashion_mnist(
            recipe['batch_size'], size, sample=sample, seed=seed,
            standardize=recipe['standardize'],
        )
        for epoch, size in sizes_of(recipe).items()
    }  # fmt: skip
    return {epoch: train for epoch, (train, _) in pairs.items()}, pairs[max(pairs)][1]


def run(net, recipe, *, sample=None, seed=0, device=None, **more):
    """Train `net` by a recipe, from loading its images to the last epoch; returns a History.

    `recipe` is a name in RECIPES, or a dict with the entries of one; `sample` is that of
    load_data_fashion_mnist; `seed` decides the first weights and the order of the images; `more` are
    arguments of `fit` that a recipe leaves open. All parameters are drawn anew. Raises ValueError,
    before anything is changed, for a network that the recipe does not train: another activation in
    stage 2, images of other than 1 channel, other than 10 classes.
    """
    numpy_arrays()
    check_network('net', net)
    devices = devices_of(device)

    def initialize(net, name, seed):
        mx.random.seed(seed)
        net.initialize(INITIALIZERS[name](), ctx=devices, force_reinit=True)

    more['device'] = devices
    return by_recipe(net, recipe, _check_network, initialize, fit, sample, seed, more)


def by_recipe(net, recipe, check, initialize, fit, sample, seed, more):
    """Train `net`, of Gluon or PyTorch, as `run` says, by three functions; returns a History.

    They are `check(net, recipe)`, `initialize(net, name, seed)` and `fit`; `more` are arguments of `fit`.
    """
    recipe = recipe_of(recipe)
    check_recipes_own(more)
    options = {name: recipe[name] for name in OPTIONS}
    check_options(**options)
    check(net, recipe)
    train, test = load(recipe, sample=sample, seed=seed)
    initialize(net, recipe['init'], seed)
    about = {'seed': seed, **{name: recipe[name] for name in recipe if name not in OPTIONS}}
    history = fit(net, train, test, about=about, **options, **more)
    history.about = {'seed': seed, 'images': len(train[1].images), 'recipe': recipe}
    return history


def _check_network(net, recipe):
    """Raise ValueError unless `net` is what `recipe`, a dict, trains."""
    stage2 = getattr(getattr(net, 'stage2', None), '_children', {}).values()
    activations = [layer.act for layer in stage2 if isinstance(layer, nn.Conv2D)]
    check_stage2({act._act_type if act else None for act in activations}, recipe)
    shape = (1, 1, *sizes_of(recipe)[1])
    bound = _bound_channels(net)
    if bound:
        check_channels(bound, onp.empty(shape), 'recipe')
    if hasattr(net, 'check'):
        net.check(shape)
    if isinstance(net, HybridBlock):  # of another block the first pass will tell
        check_classes(anatomy.trace(net, shape)[-1].out_shape[-1], len(data.CLASSES))
