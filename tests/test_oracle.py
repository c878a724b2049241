"""Does the block give the same numbers as code that is not ours? Here: NumPy, from the definition."""

import json
from pathlib import Path

from d2l_ext.networks import Inception

import numpy as onp
import pytest
from mxnet import np
from mxnet.gluon import nn
from numpy.lib.stride_tricks import sliding_window_view

LESSONS = Path(__file__).parents[1] / 'notebooks'


def windows(x, size, fill):
    """Return every size x size patch of (C, H, W) as (C, H, W, size, size)."""
    edge = size // 2
    padded = onp.pad(x, ((0, 0), (edge, edge), (edge, edge)), constant_values=fill)
    return sliding_window_view(padded, (size, size), axis=(1, 2))


def convolve(x, layer):
    weight, bias = layer.weight.data().asnumpy(), layer.bias.data().asnumpy()
    out = onp.einsum('chwij,ocij->ohw', windows(x, weight.shape[-1], 0), weight)
    return onp.maximum(out + bias[:, None, None], 0)


def inception(x, net):
    """Compute Figure 2(b) of Szegedy et al. 2015 on one image (C, H, W)."""
    pooled = windows(x, 3, -onp.inf).max(axis=(3, 4))
    branches = [
        convolve(x, net.branch1x1),
        convolve(convolve(x, net.branch3x3[0]), net.branch3x3[1]),
        convolve(convolve(x, net.branch5x5[0]), net.branch5x5[1]),
        convolve(pooled, net.branch_pool[1]),
    ]
    return onp.concatenate(branches)


@pytest.fixture
def block():
    net = Inception(4, (3, 5), (2, 3), 6)
    net.initialize()
    net(np.ones((1, 7, 9, 9)))
    for parameter in net.collect_params('.*bias').values():
        parameter.set_data(np.random.normal(size=parameter.shape))
    return net


def test_the_block_agrees_with_numpy(block):
    x = onp.random.RandomState(0).normal(size=(7, 9, 9)).astype('float32')

    # float32, sums of up to 175 products
    assert block(np.array(x[None]))[0].asnumpy() == pytest.approx(inception(x, block), abs=1e-5)


def test_the_class_of_lesson_01_is_the_modules(block):
    cells = json.loads((LESSONS / '01_inception_block.ipynb').read_text())['cells']
    sources = [''.join(cell['source']) for cell in cells if cell['cell_type'] == 'code']
    scope = {'nn': nn}
    for source in sources:
        if source.startswith(('def conv', 'class Inception')):
            exec(source, scope)
    theirs = scope['Inception'](4, (3, 5), (2, 3), 6)
    theirs.initialize()
    X = np.random.normal(size=(2, 7, 9, 9))
    theirs(X)
    pairs = zip(block.collect_params().values(), theirs.collect_params().values(), strict=True)
    for ours, other in pairs:
        other.set_data(ours.data())  # refuses another shape

    assert float(abs(theirs(X) - block(X)).max()) < 1e-5
