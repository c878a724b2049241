"""How large a part of the image one output depends on: by the formula, and by what moves it."""

from typing import NamedTuple

import numpy as onp
from mxnet import np
from mxnet.gluon import nn

from ..networks.blocks import Concat, is_layer, passed, walk
from ..runtime.arguments import array_of, images_of, number, seed_of, whole
from .activations import branch_of, check_initialized, forward, recorded, steps


class Field(NamedTuple):
    """The square of pixels that one output depends on; output i has it around pixel first + i * stride."""

    size: int
    stride: int
    first: float


def receptive_field(net, block, branch) -> Field:
    """Compute by the formula how many pixels, in height, one output of a branch can depend on.

    A layer of kernel k widens the field by (k - 1) strides of what it reads; of several branches before
    it the widest counts. See Araujo et al. 2019, "Computing receptive fields of convolutional networks".
    """
    branch_of(net, block, branch)
    field = Field(1, 1, 0.0)
    for name, step in steps(net).items():
        if name == block:
            return _widened(step._children[branch], field)
        field = _widened(step, field)


def _widened(block, field):
    if is_layer(block):
        options = getattr(block, '_kwargs', {})
        if 'kernel' not in options:
            return field
        kernel, stride, pad = (options[name][0] for name in ('kernel', 'stride', 'pad'))
        return Field(
            field.size + (kernel - 1) * field.stride,
            field.stride * stride,
            field.first + ((kernel - 1) / 2 - pad) * field.stride,
        )
    children = block._children.values()
    if isinstance(block, Concat):
        return max((_widened(child, field) for child in children), key=lambda field: field.size)
    for child in children:
        field = _widened(child, field)
    return field


def pixels_seen(net, X, block, branch, seed=0):
    """Measure how much the output in the middle of a branch's map changes with each pixel of X.

    Returns the squared gradient, (H, W), averaged over images; the channels are added with signs drawn
    from `seed`, so that in the mean their squares add up. What is never read has exactly 0.
    """
    path, seed = branch_of(net, block, branch), seed_of(seed)
    X = images_of('X', X).copy()
    X.attach_grad()
    with recorded(net):
        out = passed(path, forward(net, X, stop=block))
        n, channels, height, width = out.shape
        signs = onp.random.RandomState(seed).choice([-1.0, 1.0], (n, channels))
        total = (out[:, :, height // 2, width // 2] * np.array(signs)).sum()
    total.backward()
    return (X.grad.asnumpy().astype('float64') ** 2).sum(axis=1).mean(axis=0)


def open_up(net):
    """Turn an initialized `net` into one whose gradient reaches all that its windows cover; returns it.

    A ReLU and a maximum pass the gradient of what they let through alone. So all weights become
    positive, 1 over a layer's inputs, and every max pooling a mean over the same window.
    """
    check_initialized(net)
    for _, block in list(walk(net)):
        for name, child in block._children.items():
            if isinstance(child, nn.MaxPool2D):
                kernel, stride, pad = (child._kwargs[key] for key in ('kernel', 'stride', 'pad'))
                block._children[name] = nn.AvgPool2D(kernel, stride, pad)
    for weight in net.collect_params('.*weight').values():
        weight.set_data(np.full(weight.shape, 1 / float(onp.prod(weight.shape[1:]))))
    return net


def extent(seen) -> int:
    """Return the rows from the first to the last that `seen` (H, W) is not zero in."""
    seen = array_of('seen', seen, axes=2, finite=True)
    rows = onp.flatnonzero(seen.any(axis=1))
    return int(rows[-1] - rows[0] + 1) if len(rows) else 0


def side(seen, centre, share=0.9) -> int:
    """Return the side of the smallest square around pixel (centre, centre) with `share` of all `seen`.

    Odd or even as needed: the square reaches as far on both sides as the edge of `seen` allows. Raises
    ValueError unless `seen` (H, W) is 0 or more, and somewhere more.
    """
    seen, centre = array_of('seen', seen, axes=2, finite=True), number('centre', centre)
    if not (seen >= 0).all() or not seen.any():
        raise ValueError('seen must be 0 or more, and somewhere more, got other numbers')
    share = number('share', share, above=0, most=1)
    rows, columns = onp.indices(seen.shape)
    distance = onp.maximum(abs(rows - centre), abs(columns - centre))
    order = onp.argsort(distance, axis=None, kind='stable')
    inside = onp.cumsum(seen.ravel()[order]) >= share * seen.sum()
    return int(2 * distance.ravel()[order][onp.argmax(inside)] + 1)


def effective_side(net, X, block, branch, share=0.9) -> int:
    """Measure the side of the square in which `share` of what moves a branch's middle output lies.

    The images X should be larger than the receptive field. Source: Luo et al. 2016, who count the
    pixels above a small share of the highest value instead.
    """
    share = number('share', share, above=0, most=1)
    path, X = branch_of(net, block, branch), images_of('X', X)
    rows = passed(path, forward(net, X[:1], stop=block)).shape[2]
    field = receptive_field(net, block, branch)
    centre = field.first + rows // 2 * field.stride
    return side(pixels_seen(net, X, block, branch), centre, share)


def sheets(images, side, count=1):
    """Lay images (N, C, H, W) side by side: `count` sheets of side x side of them, in their order.

    Raises ValueError if there are too few.
    """
    n, channels, height, width = array_of('images', images, axes=4).shape
    side, count = whole('side', side), whole('count', count)
    if count * side**2 > n:
        raise ValueError(f'images must be {count * side**2} or more for {count} sheets, got {n}')
    tiles = images[: count * side**2].reshape(count, side, side, channels, height, width)
    return tiles.transpose(0, 3, 1, 4, 2, 5).reshape(count, channels, side * height, side * width)
