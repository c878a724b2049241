"""Look into a trained network: what its branches give, what it is without one, what it finds alike.

All works on a chain of steps, as `Network` and its stages are, that holds blocks of branches (`Concat`);
a block is named as in the paper, '3a' for `stage3.inception_3a`. Nothing is trained or hybridized here.
"""

import contextlib

import numpy as onp
from mxnet import autograd, np
from mxnet.gluon import HybridBlock, nn

from ..networks.blocks import Concat, is_layer, passed, walk
from ..runtime.arguments import array_of, brief, images_of, one_of, whole


def steps(net) -> dict:
    """Return {name: block} of the chain `net`, from the images to the scores.

    A block of branches is one step, a layer outside of them another: `stage1.0`, `3a`, `head`. Raises
    TypeError for what is no network.
    """
    if not isinstance(net, HybridBlock):
        raise TypeError(f'net must be a HybridBlock, got {brief(net)}')
    named = {}
    for path, block in _chain(net):
        short = path.rsplit('.', 1)[-1].removeprefix('inception_')
        named[short if isinstance(block, Concat) and short not in named else path] = block
    return named


def _chain(block, path=''):
    if isinstance(block, nn.HybridSequential):
        for name, child in block._children.items():
            yield from _chain(child, f'{path}.{name}' if path else name)
    else:
        yield path, block


def blocks(net) -> dict:
    """Return {name: {branch: block}} of the blocks of branches in `net`, in order."""
    return {
        name: dict(step._children) for name, step in steps(net).items() if isinstance(step, Concat)
    }


def branch_of(net, block, branch):
    """Return that branch; raises ValueError, with the names there are, for another name."""
    there = blocks(net)
    one_of('block', block, there)
    return there[block][one_of(f'branch of {block}', branch, there[block])]


def forward(net, x, start=None, stop=None):
    """Send `x` through the steps of `net` from `start` up to, not with, `stop`: all by default.

    Raises ValueError, with the names there are, for a step that `net` has not or that comes before
    `start`, and for an `x` that does not fit.
    """
    chain = steps(net)
    for name, value in (('start', start), ('stop', stop)):
        if value is not None:
            one_of(name, value, chain)
    names = list(chain)
    first = 0 if start is None else names.index(start)
    last = len(names) if stop is None else names.index(stop)
    if last < first:
        raise ValueError(f'stop must come after start, {start}, got {stop!r}')
    for name in names[first:last]:
        x = passed(chain[name], x, 'x')
    return x


def branch_maps(net, X) -> dict:
    """Return {block: {branch: what it gives for the images X}}, as NumPy arrays (N, C, H, W).

    Raises ValueError unless X are images that fit.
    """
    maps, x = {}, images_of('X', X)
    for name, step in steps(net).items():
        if isinstance(step, Concat):
            made = {branch: passed(block, x) for branch, block in step._children.items()}
            maps[name] = {branch: out.asnumpy() for branch, out in made.items()}
            x = np.concatenate(list(made.values()), axis=1)
        else:
            x = passed(step, x)
    return maps


@contextlib.contextmanager
def silenced(net, block, branch, value=0.0):
    """Let a branch give `value`, a number or one a channel (C,), for every image: `with silenced(…):`.

    Its last weights are set to zero, its last biases to `value`, and both put back at the end, also
    after an error. `value` stands before the branch's last ReLU, so none may be negative. Raises
    ValueError for an unknown name, a negative value, or a branch without weights.
    """
    layers = _endings(branch_of(net, block, branch))
    check_initialized(net)
    value = array_of('value', value)
    if value.dtype.kind == 'b' or value.ndim > 1:
        raise ValueError(f'value must be a number, or one a channel, got {brief(value)}')
    with onp.errstate(over='ignore'):
        value = value.astype('float32')
    wrong = value[~(onp.isfinite(value) & (value >= 0))]
    if wrong.size:
        raise ValueError(
            f'value must be 0 or more, as after a ReLU, got {wrong[0]:g}: give finite numbers'
        )
    if not layers:
        raise ValueError(f'{branch} of {block} has no weights that could be silenced')
    pairs = [_weight_and_bias(layer) for layer in layers]
    if value.any() and any(bias is None for _, bias in pairs):
        raise ValueError(f'{branch} of {block} has no bias: only value=0 can be had')
    channels = [weight.shape[0] for weight, _ in pairs]
    if value.ndim and value.shape != (sum(channels),):
        raise ValueError(f'value must be a number or ({sum(channels)},), got shape {value.shape}')
    parts = onp.split(onp.broadcast_to(value, sum(channels)), onp.cumsum(channels)[:-1])
    kept = [(p, p.list_data()[0].copy()) for pair in pairs for p in pair if p is not None]
    try:
        for (weight, bias), part in zip(pairs, parts, strict=True):
            weight.set_data(np.zeros(weight.shape))
            if bias is not None:
                bias.set_data(np.array(part))
        yield
    finally:
        for parameter, data in kept:
            parameter.set_data(data)


def _endings(block) -> list:
    """Return the convolutions or norms that come last in `block`: several where it forks at its end."""
    if is_layer(block):
        return [block] if isinstance(block, (nn.Conv2D, nn.BatchNorm)) else []
    children = list(block._children.values())
    if isinstance(block, Concat):
        return [layer for child in children for layer in _endings(child)]
    for child in reversed(children):
        last = _endings(child)
        if last:
            return last
    return []


def _weight_and_bias(layer):
    if isinstance(layer, nn.BatchNorm):
        return layer.gamma, layer.beta
    return layer.weight, layer.bias


def check_initialized(net):
    """Raise ValueError unless all parameters of `net` have values."""
    for path, block in walk(net):
        for name, parameter in block.params.items():
            if parameter._data is None:
                raise ValueError(f'net has no values for {path}, {name}: give it one batch first')


def recorded(net):
    """Return `autograd.record()`, in training mode, for a gradient with respect to what `net` is given.

    In prediction mode MXNet's max pooling passes back numbers that mean nothing (apache/mxnet #10994).
    Raises ValueError for a network that computes something else in training.
    """
    other = [
        path
        for path, block in walk(net)
        if isinstance(block, nn.BatchNorm) or (isinstance(block, nn.Dropout) and block._rate)
    ]
    if other:
        raise ValueError(
            f'net must compute the same in training as in prediction, but {other[0]} does not: '
            'build it without batch normalization and dropout'
        )
    return autograd.record()


def rows(name, value):
    """Return `value` (N, …) as rows (N, D) of float32; ValueError unless finite numbers, one at least."""
    value = array_of(name, value, finite=True)
    if not value.ndim or not value.size:
        raise ValueError(f'{name} must be (N, …), at least one row, got shape {value.shape}')
    return value.astype('float32').reshape(len(value), -1)


def neighbours(queries, others, count):
    """Find for each row of `queries` (N, D) the `count` rows of `others` (M, D) of the closest direction.

    Returns (N, count), indices by falling cosine. Rows are flattened. Raises ValueError if D differs
    or `count` is more than there are.
    """
    a, b = rows('queries', queries), rows('others', others)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f'others must have rows of {a.shape[1]}, as queries, got {b.shape[1]}')
    whole('count', count, 1, most=len(b))
    a, b = (x / onp.maximum(onp.linalg.norm(x, axis=1, keepdims=True), 1e-12) for x in (a, b))
    return onp.argsort(-(a @ b.T), axis=1, kind='stable')[:, :count]
