"""Do the building blocks give the shapes and the numbers that they say?"""

from d2l_ext.networks import GoogLeNet, Inception
from d2l_ext.networks.blocks import Concat, conv, is_layer, max_pool, seq, walk

import mxnet as mx
import pytest
from mxnet import np


def block_3a():
    return Inception(64, (96, 128), (16, 32), 32)


@pytest.mark.parametrize(
    'channels, message',
    [
        ((0, (96, 128), (16, 32), 32), 'c1 must be a whole number >= 1, got 0'),
        ((64, 128, (16, 32), 32), r'c2 must be a pair \(reduce, channels\), got 128'),
        ((64, (96, 128), (16, 32, 64), 32), 'c3 must be a pair'),
        ((64, (96, 128), (16, 2.5), 32), 'c3 must be a whole number >= 1, got 2.5'),
    ],
)
def test_inception_refuses_wrong_channels_by_name(channels, message):
    with pytest.raises(ValueError, match=message):
        Inception(*channels)


@pytest.mark.parametrize('build', [lambda: conv(4, 3), GoogLeNet])
def test_what_is_built_before_set_np_is_refused(build):
    with mx.util.np_array(False), pytest.raises(RuntimeError, match=r'call npx.set_np\(\) first'):
        build()


@pytest.mark.parametrize('size', [7, 28])
def test_inception_keeps_the_grid_and_adds_channels(size):
    net = block_3a()
    net.initialize()

    assert net(np.ones((2, 192, size, size))).shape == (2, 256, size, size)


@pytest.mark.parametrize('kernel', [1, 3, (1, 7), (7, 1)])
def test_conv_keeps_the_grid_unless_told(kernel):
    net = conv(4, kernel)
    net.initialize()

    assert net(np.ones((1, 3, 9, 8))).shape == (1, 4, 9, 8)


@pytest.mark.parametrize('kernel', [2, (2, 3), (3, 2)])
def test_even_kernel_needs_padding(kernel):
    with pytest.raises(ValueError, match='kernel must be odd to keep the grid'):
        conv(4, kernel)


def test_conv_without_padding_shrinks_the_grid():
    net = conv(4, 3, strides=2, padding=0)
    net.initialize()

    assert net(np.ones((1, 3, 9, 9))).shape == (1, 4, 4, 4)


def test_conv_ends_in_relu_unless_told():
    X = np.random.normal(size=(1, 3, 5, 5))
    linear, rectified = conv(4, 1, activation=None), conv(4, 1)
    linear.initialize()
    rectified.initialize()
    linear(X), rectified(X)  # binds both
    rectified.weight.set_data(linear.weight.data())

    assert float(linear(X).min()) < 0
    assert float(abs(np.maximum(linear(X), 0) - rectified(X)).max()) < 1e-6


def test_hybridized_equals_imperative():
    net, X = block_3a(), np.random.uniform(size=(2, 192, 14, 14))
    net.initialize()
    imperative = net(X)
    net.hybridize(static_alloc=True, static_shape=True)

    assert float(abs(net(X) - imperative).max()) < 1e-5  # float32, other order of sums


def test_concat_joins_branches_in_the_order_given():
    net = Concat(b=conv(1, 1, activation=None), a=conv(2, 1, activation=None))
    net.initialize()
    X = np.random.normal(size=(1, 3, 4, 4))
    out = net(X)

    assert float(abs(out[:, :1] - net.b(X)).max()) < 1e-6
    assert float(abs(out[:, 1:] - net.a(X)).max()) < 1e-6


def test_every_branch_computes_what_its_name_says():
    net, X = block_3a(), np.random.normal(size=(1, 192, 8, 8))
    net.initialize()
    out = net(X)
    pooled = net.branch_pool[1](max_pool(3, strides=1)(X))

    assert float(abs(out[:, 224:] - pooled).max()) < 1e-5
    assert float(abs(out[:, :64] - net.branch1x1(X)).max()) < 1e-6


def test_names_of_parameters_read_as_the_structure():
    names = [path for path, block in walk(seq(body=seq(block_3a()))) if is_layer(block)]

    assert names[:3] == ['body.0.branch1x1', 'body.0.branch3x3.0', 'body.0.branch3x3.1']


def test_save_and_load_restore_the_output(tmp_path):
    net, X = block_3a(), np.random.uniform(size=(1, 192, 7, 7))
    net.initialize()
    before = net(X)
    net.save_parameters(str(tmp_path / 'block.params'))
    again = block_3a()
    again.load_parameters(str(tmp_path / 'block.params'))

    assert float(abs(again(X) - before).max()) == 0
