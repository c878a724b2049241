"""Does `anatomy` count the shapes, parameters and multiply-adds that a pencil counts?"""

from d2l_ext.analysis import anatomy
from d2l_ext.networks import GoogLeNet
from d2l_ext.networks.blocks import conv, seq

import pytest
from mxnet import np
from mxnet.gluon import nn


def measure(layer, shape):
    call = anatomy.trace(layer, shape)[-1]
    return call.out_shape, call.params, call.macs


@pytest.mark.parametrize(
    'layer, shape, out, params, macs',
    [
        # 5*5 outputs x 3*3*2 weights x 4 channels; 4*2*9 weights + 4 biases
        (lambda: nn.Conv2D(4, 3, padding=1), (1, 2, 5, 5), (1, 4, 5, 5), 76, 1800),
        # strides 2: a 3x3 grid remains of 5x5
        (lambda: nn.Conv2D(4, 3, 2, 1), (1, 2, 5, 5), (1, 4, 3, 3), 76, 648),
        # asymmetric kernel 1x7, grid 5x1: 5 outputs x 7*2 x 4
        (lambda: nn.Conv2D(4, (1, 7)), (1, 2, 5, 7), (1, 4, 5, 1), 60, 280),
        # two groups: each output reads one of the two channels
        (lambda: nn.Conv2D(4, 3, padding=1, groups=2), (1, 2, 5, 5), (1, 4, 5, 5), 40, 900),
        (lambda: nn.Conv2D(4, 3, padding=1, use_bias=False), (1, 2, 5, 5), (1, 4, 5, 5), 72, 1800),
        (lambda: nn.Dense(3), (1, 2, 2, 2), (1, 3), 27, 24),
        (lambda: nn.MaxPool2D(3, 2, ceil_mode=True), (1, 2, 6, 6), (1, 2, 3, 3), 0, 0),
        (lambda: nn.MaxPool2D(3, 2), (1, 2, 6, 6), (1, 2, 2, 2), 0, 0),
        (lambda: nn.GlobalAvgPool2D(), (1, 2, 6, 6), (1, 2, 1, 1), 0, 0),
    ],
)
def test_a_layer_counts_as_on_paper(layer, shape, out, params, macs):
    assert measure(layer(), shape) == (out, params, macs)


def test_macs_do_not_depend_on_the_batch():
    net = seq(conv(4, 3), conv(2, 1))

    assert anatomy.count_macs(net, (8, 3, 5, 5)) == anatomy.count_macs(net, (1, 3, 5, 5))


def test_measuring_binds_nothing():
    net = GoogLeNet()
    anatomy.summary(net, (1, 1, 96, 96))

    assert net.stage1[0].weight.shape == (64, -1, 7, 7)


def test_a_hybridized_network_measures_the_same():
    net = GoogLeNet()
    net.initialize()
    net.hybridize()
    net(np.ones((1, 1, 64, 64)))

    assert anatomy.count_macs(net, (1, 1, 96, 96)) == 276066304


def test_rows_by_stage_add_up_to_the_rows_by_layer():
    net, shape = GoogLeNet(), (1, 1, 96, 96)
    sums = [sum(anatomy.summary(net, shape, depth).column('MACs')) for depth in (1, 2, None)]

    assert sums == [276066304] * 3


def test_the_totals_are_those_of_the_network():
    assert anatomy.summary(GoogLeNet(), (1, 1, 96, 96)).total[3:5] == [5977530, 276066304]


def test_parameters_of_an_open_network_need_a_shape():
    with pytest.raises(ValueError, match='is still open .* give the shape of an input'):
        anatomy.count_parameters(GoogLeNet())


def test_a_shape_that_does_not_fit_is_named():
    net = GoogLeNet()
    net.initialize()
    net(np.ones((1, 1, 64, 64)))

    with pytest.raises(ValueError, match=r'shape \(1, 3, 64, 64\) does not fit this network'):
        anatomy.trace(net, (1, 3, 64, 64))


@pytest.mark.parametrize('shape', [(), (1, 0, 8, 8), (1, 1, 8.0, 8), (1, -1, 8, 8)])
def test_a_shape_must_be_positive_integers(shape):
    with pytest.raises(ValueError, match=r'shape must be \(N, C, H, W\), whole numbers >= 1, got'):
        anatomy.trace(conv(4, 3), shape)


def test_a_block_that_cannot_be_traced_is_named():
    with pytest.raises(TypeError, match='net must be a HybridBlock, got Sequential'):
        anatomy.trace(nn.Sequential(), (1, 1, 8, 8))
