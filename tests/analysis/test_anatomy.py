"""Does `anatomy` count the shapes, parameters and multiply-adds that a pencil counts?"""

from d2l_ext.analysis import anatomy
from d2l_ext.networks import GoogLeNet
from d2l_ext.networks.blocks import conv, conv_bn, seq

import mxnet as mx
import numpy as onp
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
        # 3*3 inputs x 2 channels, each to 4 channels of 2*2
        (lambda: nn.Conv2DTranspose(4, 2, 2), (1, 2, 3, 3), (1, 4, 6, 6), 36, 288),
        (lambda: nn.Conv2DTranspose(4, 2, 2, groups=2), (1, 2, 3, 3), (1, 4, 6, 6), 20, 144),
        (lambda: nn.Embedding(10, 3), (1, 5), (1, 5, 3), 30, 0),
    ],
)
def test_a_layer_counts_as_on_paper(layer, shape, out, params, macs):
    assert measure(layer(), shape) == (out, params, macs)


class Twice(nn.HybridBlock):
    """Send the images through one layer twice."""

    def __init__(self):
        super().__init__()
        self.shared = nn.Conv2D(4, 3, padding=1)
        self.last = nn.Conv2D(4, 1)

    def hybrid_forward(self, F, x):
        return self.last(self.shared(self.shared(x)))


def twice_in_a_chain():
    net, shared = nn.HybridSequential(), nn.Conv2D(4, 3, padding=1)
    net.add(shared, shared, nn.Conv2D(4, 1))
    return net


def shared_weights():
    net, first = nn.HybridSequential(), nn.Conv2D(4, 3, padding=1)
    net.add(first, nn.Conv2D(4, 3, padding=1, params=first.params), nn.Conv2D(4, 1))
    return net


@pytest.mark.parametrize('make', [Twice, twice_in_a_chain, shared_weights])
def test_what_is_used_twice_has_its_parameters_once(make):
    net, shape = make(), (1, 4, 8, 8)
    # 4*4*9 weights and 4 biases, then 4*4 and 4; 64 places x 36 x 4, twice, and 64 x 4 x 4
    assert anatomy.count_parameters(net, shape) == 148 + 20
    assert anatomy.count_macs(net, shape) == 2 * 9216 + 1024
    net.initialize()
    net(np.zeros(shape))
    assert anatomy.count_parameters(net) == 148 + 20
    if make is not shared_weights:
        table = anatomy.summary(net, shape)
        assert table.column('parameters') == [148, 20]
        assert table.column('MACs') == [2 * 9216, 1024]
        assert table.total[3:5] == [168, 2 * 9216 + 1024]


def test_running_statistics_are_counted_apart():
    net, shape = seq(conv_bn(4, 3), conv(2, 1)), (1, 1, 8, 8)
    net.initialize()
    net(np.ones(shape))

    # 4*9 weights, 4 scales and 4 shifts; 2*4 weights and 2 biases
    assert anatomy.count_parameters(net) == anatomy.count_parameters(net, shape) == 44 + 10
    assert anatomy.count_statistics(net) == 8


def test_statistics_of_an_open_network_are_refused():
    with pytest.raises(ValueError, match='is still open .* give the network one batch first'):
        anatomy.count_statistics(seq(conv_bn(4, 3)))


@pytest.mark.parametrize('shape', [[1, 1, 8, 8], tuple(onp.array([1, 1, 8, 8]))])
def test_a_list_and_numbers_of_numpy_are_a_shape(shape):
    assert anatomy.count_macs(conv(4, 3), shape) == 64 * 9 * 4


def test_forgotten_arrays_of_numpy_are_named():
    net = GoogLeNet()
    net.initialize()
    X = np.ones((1, 1, 64, 64))
    with mx.util.np_array(False):
        for ask in (lambda: net(X), lambda: anatomy.summary(net, X.shape)):
            with pytest.raises(RuntimeError, match=r'call npx.set_np\(\) first'):
                ask()


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


def test_a_shape_that_does_not_fit_is_named(capfd):
    net = GoogLeNet()
    net.initialize()
    net(np.ones((1, 1, 64, 64)))

    with pytest.raises(ValueError, match=r'shape \(1, 3, 64, 64\) does not fit this network'):
        anatomy.trace(net, (1, 3, 64, 64))
    assert capfd.readouterr() == ('', '')


@pytest.mark.parametrize('shape', [(), (1, 0, 8, 8), (1, 1, 8.0, 8), (1, -1, 8, 8)])
def test_a_shape_must_be_positive_integers(shape):
    with pytest.raises(ValueError, match=r'shape must be \(N, C, H, W\), whole numbers >= 1, got'):
        anatomy.trace(conv(4, 3), shape)


def test_a_block_that_cannot_be_traced_is_named():
    with pytest.raises(TypeError, match='net must be a HybridBlock, got Sequential'):
        anatomy.trace(nn.Sequential(), (1, 1, 8, 8))
