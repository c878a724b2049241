"""Where a network looks: class maps and occlusion, and what such maps are worth."""

import numpy as onp
from mxnet import np, npx

from ..networks.blocks import passed
from ..runtime.arguments import array_of, class_numbers, images_of, number, one_of, shape_of, whole
from .activations import forward, recorded, steps


def class_map(net, X, classes, block):
    """Compute where `block` speaks for class classes[i] in image i: Grad-CAM, (N, height, width).

    The block's channels, weighted by the mean gradient of the class's score, are added; what is below
    zero counts as zero. Source: Selvaraju et al. 2017, equations 1 and 2.
    """
    names, X = list(steps(net)), images_of('X', X)
    after = names[names.index(one_of('block', block, names[:-1])) + 1]
    maps = forward(net, X, stop=after)
    if maps.ndim != 4:
        raise ValueError(f'block must give maps (N, C, H, W), got {maps.shape} of {block}')
    maps.attach_grad()
    with recorded(net):
        scores = forward(net, maps, start=after)
        total = npx.pick(scores, _chosen(classes, scores)).sum()
    total.backward()
    weights = maps.grad.mean(axis=(2, 3), keepdims=True)
    return npx.relu((weights * maps).sum(axis=1)).asnumpy()


def occlusion(net, X, classes, patch, stride=None, fill=0.0):
    """Measure what probability class classes[i] loses when a square of image i is set to `fill`.

    Returns (N, rows, columns), a number a place of the square of side `patch`, which moves by `stride`
    (by its side, if none is given). Source: Zeiler and Fergus 2014, section 4.2.
    """
    height, width = images_of('X', X).shape[2:]
    patch = whole('patch', patch, 1, most=min(height, width))
    stride = patch if stride is None else whole('stride', stride)
    fill, scores = number('fill', fill), passed(net, X)
    picked = _chosen(classes, scores)
    seen = npx.pick(npx.softmax(scores), picked)
    lost = [
        [
            (
                seen - npx.pick(npx.softmax(net(_covered(X, top, left, patch, fill))), picked)
            ).asnumpy()
            for left in range(0, width - patch + 1, stride)
        ]
        for top in range(0, height - patch + 1, stride)
    ]
    return onp.array(lost).transpose(2, 0, 1)


def _covered(X, top, left, patch, fill):
    X = X.copy()
    X[:, :, top : top + patch, left : left + patch] = fill
    return X


def _chosen(classes, scores):
    """Return `classes` as MXNet's array; ValueError for one that `scores` (N, classes) have not."""
    if scores.ndim != 2:
        raise ValueError(f'net must give scores (N, classes), got {scores.shape}')
    # npx.pick would take another class instead of one that does not exist
    return np.array(class_numbers('classes', classes, *scores.shape), ctx=scores.ctx)


def covered(X, maps, count, fill=0.0):
    """Return the images X with the `count` highest cells of each map set to `fill`.

    A cell of `maps` (N, h, w) covers its share of an image (N, C, H, W). Of equal cells the upper left
    goes first. Raises ValueError if the cells do not divide the image or there are fewer than `count`.
    """
    X, maps = images_of('X', X), array_of('maps', maps, axes=3, finite=True)
    n, h, w = maps.shape
    if not maps.size or n != len(X) or X.shape[2] % h or X.shape[3] % w:
        raise ValueError(
            f'maps must be ({len(X)}, h, w) that divide {X.shape[2]} x {X.shape[3]}, got {maps.shape}'
        )
    count, fill = whole('count', count, 0, most=h * w), number('fill', fill)
    best = onp.argsort(-maps.reshape(n, -1), axis=1, kind='stable')[:, :count]
    marks = onp.zeros((n, h * w))
    onp.put_along_axis(marks, best, 1, axis=1)
    marks = spread(marks.reshape(n, h, w), X.shape[2:])[:, None]
    return np.where(np.array(marks) > 0, np.array(fill, dtype=X.dtype), X)


def spread(maps, size):
    """Repeat the cells of `maps` (N, h, w) to (N, *size): whole multiples of h and w.

    Raises ValueError for other sizes.
    """
    maps = array_of('maps', maps, axes=3)
    height, width = shape_of('size', size, axes=2)
    if not maps.size or height % maps.shape[1] or width % maps.shape[2]:
        raise ValueError(f'size must be whole multiples of {maps.shape[1:]}, got {(height, width)}')
    return maps.repeat(height // maps.shape[1], axis=1).repeat(width // maps.shape[2], axis=2)


def agreement(maps, others) -> float:
    """Return the rank correlation (Spearman) of the cells of two maps (N, h, w), mean over the images.

    A map that is the same everywhere agrees with nothing: it counts as 0.
    """
    maps, others = (
        array_of(name, given, axes=3, finite=True)
        for name, given in (('maps', maps), ('others', others))
    )
    if maps.shape != others.shape or not maps.size:
        raise ValueError(f'maps must be of one shape, got {maps.shape} and {others.shape}')
    from scipy.stats import rankdata  # two thirds of a second, for this function alone

    ranks = [rankdata(m.reshape(len(m), -1), axis=1) for m in (maps, others)]
    a, b = (r - r.mean(axis=1, keepdims=True) for r in ranks)
    norms = onp.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return float(((a * b).sum(axis=1) / onp.maximum(norms, 1e-12)).mean())
