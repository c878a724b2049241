"""Does the first image fix a network's sizes, as the lessons say, and does `rebind` free them again?"""

from d2l_ext.analysis import anatomy, deferred_init
from d2l_ext.networks import GoogLeNet
from d2l_ext.networks.blocks import conv, seq
from d2l_ext.weights import safetensors_files

import mxnet as mx
import pytest
from mxnet import np
from mxnet.gluon import nn


def lenet():
    return seq(
        nn.Conv2D(6, 5, padding=2), nn.AvgPool2D(2, 2), nn.Conv2D(16, 5), nn.AvgPool2D(2, 2),
        nn.Flatten(), nn.Dense(120), nn.Dense(84), nn.Dense(10),
    )  # fmt: skip


def fails(net, shape):
    with pytest.raises(mx.MXNetError) as caught:
        net(np.ones(shape)).wait_to_read()
    return str(caught.value).strip().splitlines()[-1]


def bound(build, shape):
    net = build()
    net.initialize()
    deferred_init.note(net)
    net(np.ones(shape))
    return net


@pytest.mark.parametrize(
    'build, first, other, message',
    [
        (lenet, (1, 1, 64, 64), (1, 1, 128, 128), '[120,3136], inferred shape=(120,14400)'),
        (GoogLeNet, (1, 1, 96, 96), (1, 3, 96, 96), '[64,1,7,7], inferred shape=(64,3,7,7)'),
    ],
)
def test_force_reinit_draws_new_values_and_keeps_old_dimensions(build, first, other, message):
    net = bound(build, first)

    assert message in fails(net, other)
    net.initialize(force_reinit=True)
    assert message in fails(net, other)


def test_googlenet_takes_other_resolutions():
    net = bound(GoogLeNet, (1, 1, 96, 96))

    assert [net(np.ones((1, 1, n, n))).shape for n in (64, 128, 224)] == [(1, 10)] * 3


@pytest.mark.parametrize('hybridized', [False, True])
@pytest.mark.parametrize('measured', [False, True])
def test_rebind_takes_the_new_input(hybridized, measured):
    net = GoogLeNet()
    net.initialize()
    if hybridized:
        net.hybridize(static_alloc=True, static_shape=True)
    deferred_init.note(net)
    net(np.ones((1, 1, 96, 96)))
    if measured:  # anatomy's trace leaves a graph behind that knows the old shapes
        anatomy.summary(net, (1, 1, 96, 96))
    deferred_init.rebind(net)

    assert net(np.ones((1, 3, 64, 64))).shape == (1, 10)
    assert net.stage1[0].weight.shape == (64, 3, 7, 7)


def test_rebind_takes_the_new_input_of_a_network_hybridized_late():
    net = bound(GoogLeNet, (1, 1, 96, 96))
    net.hybridize()
    net(np.ones((1, 1, 96, 96)))  # its graph is traced with all shapes known
    deferred_init.rebind(net)

    assert net(np.ones((1, 3, 64, 64))).shape == (1, 10)


def test_rebind_initializes_as_told():
    net = bound(lambda: seq(conv(4, 3)), (1, 2, 5, 5))
    deferred_init.rebind(net, mx.init.Constant(0.5))
    net(np.ones((1, 3, 5, 5)))

    assert set(safetensors_files.values(net[0].weight).ravel().tolist()) == {0.5}


def test_rebind_draws_new_weights():
    net = bound(lambda: seq(conv(4, 3)), (1, 2, 5, 5))
    before = net[0].weight.data().copy()
    deferred_init.rebind(net)
    net(np.ones((1, 2, 5, 5)))

    assert float(abs(net[0].weight.data() - before).max()) > 0


def test_rebind_keeps_what_the_user_gave():
    net = seq(nn.Conv2D(4, 3, in_channels=2), nn.Conv2D(4, 3))
    net.initialize()
    deferred_init.note(net)
    net(np.ones((1, 2, 8, 8)))
    deferred_init.rebind(net)

    assert net[0].weight.shape == (4, 2, 3, 3)
    assert net[1].weight.shape == (4, -1, 3, 3)


def test_the_report_says_what_was_inferred():
    rows = deferred_init.report(bound(lenet, (1, 1, 64, 64))).rows

    assert ['5.weight', '120 × ?', '120 × 3136', 'axis 1: 3136'] in rows


def test_a_report_before_the_first_pass_says_open():
    assert set(deferred_init.note(GoogLeNet()).column('inferred')) == {'open'}


def test_rebind_refuses_what_was_never_noted():
    net = GoogLeNet()
    net.initialize()
    net(np.ones((1, 1, 64, 64)))
    before = net.head.weight.data().copy()

    with pytest.raises(ValueError, match='net was never noted: build it anew and call note'):
        deferred_init.rebind(net)
    assert float(abs(net.head.weight.data() - before).max()) == 0  # nothing was changed


def test_note_refuses_a_bound_network():
    net = GoogLeNet()
    net.initialize()
    net(np.ones((1, 1, 64, 64)))

    with pytest.raises(ValueError, match='no open dimension'):
        deferred_init.note(net)
