"""Can the branches of a network in an ONNX file be seen and switched off, and is it the same network?"""

from d2l_ext import data, networks, training
from d2l_ext.analysis import activations, saliency
from d2l_ext.networks.blocks import conv, seq
from d2l_ext.networks.googlenet import Inception
from d2l_ext.training import pretrained
from d2l_ext.weights import gated_files, safetensors_files
from d2l_ext.weights.onnx_files import session

import numpy as onp
import pytest
from mxnet import np, npx
from mxnet.gluon import nn
from scipy.special import softmax

MOST = 13e6  # bytes that the page's file may have


@pytest.fixture(scope='module')
def fresh():
    """A network with biases, and images for it."""
    net = networks.GoogLeNet(7)
    net.initialize(training.INITIALIZERS['he']())
    X = np.random.normal(size=(3, 1, 48, 48))  # 2 x 2 places at the end
    net(X)
    for bias in net.collect_params('.*bias').values():
        bias.set_data(np.random.normal(scale=0.1, size=bias.shape))
    return net, X


@pytest.fixture(scope='module')
def opened(fresh, tmp_path_factory):
    """Return `run(X, wanted=['scores'], gates=, offsets=)` of the file of `fresh` in 32 bits."""
    net, X = fresh
    file = tmp_path_factory.mktemp('gated') / 'net.onnx'
    gated_files.save_gated(net, file, X.shape, 'float32')
    return runner(file, gated_files.branches(net))


def runner(file, named):
    running = session(file)

    def run(X, wanted=('scores',), **gating):
        return running.run([*wanted], {'data': X.asnumpy(), **gated_files.all_on(named), **gating})

    return run


def close(found, expected, most=1e-5):
    """Hold numbers to `most`, of the largest where it is above 1."""
    expected = expected.asnumpy() if hasattr(expected, 'asnumpy') else expected
    assert found.shape == expected.shape
    assert abs(expected).max() > 0.01  # so that it means something
    return abs(found - expected).max() <= most * max(1, abs(expected).max())


def test_all_branches_on_is_the_network_to_1e_5(fresh, opened):
    net, X = fresh
    assert close(*opened(X), net(X))
    assert close(*opened(X[:1]), net(X[:1]))


def test_every_branch_gives_its_maps_to_1e_5(fresh, opened):
    net, X = fresh
    named = gated_files.branches(net)
    maps = activations.branch_maps(net, X)
    expected = {f'{block}.{name}': m for block, made in maps.items() for name, m in made.items()}
    assert list(named) == list(expected) and len(named) == 36
    for (name, wanted), found in zip(expected.items(), opened(X, named), strict=True):
        assert named[name] == wanted.shape[1]
        assert close(found, wanted), name


def test_the_class_maps_add_up_to_the_scores_and_are_grad_cam_to_1e_5(fresh, opened):
    net, X = fresh
    scores, maps = opened(X, ['scores', 'class_maps'])
    assert maps.shape == (3, 7, 2, 2)
    assert close(maps.mean(axis=(2, 3)) + safetensors_files.values(net.head.bias), scores)
    expected = [4 * saliency.class_map(net, X, [c] * 3, '5b') for c in range(7)]
    assert close(onp.maximum(maps, 0), onp.stack(expected, axis=1))


@pytest.mark.parametrize('block', ['3a', '4c', '5b'])
@pytest.mark.parametrize('branch', ['branch1x1', 'branch5x5', 'branch_pool'])
def test_a_gate_of_zero_silences_its_branch_and_offsets_fill_it(fresh, opened, block, branch):
    net, X = fresh
    named = gated_files.branches(net)
    name = f'{block}.{branch}'
    values = onp.random.RandomState(0).uniform(0, 2, named[name]).astype('float32')
    gates, offsets = gated_files.all_on(named).values()
    gates[list(named).index(name)] = 0
    with activations.silenced(net, block, branch):
        assert close(*opened(X, gates=gates), net(X))
    first = sum(named[other] for other in list(named)[: list(named).index(name)])
    offsets[first : first + named[name]] = values
    with activations.silenced(net, block, branch, values):
        assert close(*opened(X, gates=gates, offsets=offsets), net(X))


def test_weights_of_16_bits_differ_by_their_rounding(fresh, opened, tmp_path):
    net, X = fresh
    gated_files.save_gated(net, tmp_path / 'net.onnx', X.shape)
    (scores,) = opened(X)
    (rounded,) = runner(tmp_path / 'net.onnx', gated_files.branches(net))(X)
    apart = abs(rounded - scores).max() / abs(scores).max()
    print(f'16 bits: {apart:.1e} of the largest score')
    assert 0 < apart < 2e-3


def test_the_course_network_has_at_most_13_mb_and_loses_nothing(tmp_path):
    net, _ = pretrained.load_trained()
    file = tmp_path / 'net.onnx'
    gated_files.save_gated(net, file, pretrained.SHAPE)
    _, test = data.load_data_fashion_mnist(100, 48, sample='quick', standardize=True)
    X, _ = next(iter(test))
    (scores,) = runner(file, gated_files.branches(net))(X)
    # its weights are stored in 16 bits, so the file rounds none of them
    assert abs(softmax(scores, axis=1) - npx.softmax(net(X)).asnumpy()).max() < 1e-5
    assert file.stat().st_size <= MOST


@pytest.mark.parametrize(
    ('make', 'told'),
    [
        (lambda: seq(conv(3, 3)), 'net has no blocks of branches: give a GoogLeNet'),
        (
            lambda: networks.InceptionV3(7),
            'stage5.inception_5b.branch1x1 must be a chain that ends in a convolution',
        ),
    ],
)
def test_a_network_without_plain_branches_is_refused(make, told, tmp_path):
    net = make()
    with pytest.raises(ValueError, match=told):
        gated_files.save_gated(net, tmp_path / 'net.onnx', (1, 3, 75, 75))
    assert not any(tmp_path.iterdir())


def test_a_network_without_a_mean_at_its_end_is_refused(tmp_path):
    net = seq(block=Inception(2, (1, 2), (1, 2), 2), head=nn.Dense(10))
    net.initialize()
    net(np.zeros((1, 1, 8, 8)))
    with pytest.raises(
        ValueError, match='net must end in a mean over all places and a dense layer'
    ):
        gated_files.save_gated(net, tmp_path / 'net.onnx', (1, 1, 8, 8))
    assert not any(tmp_path.iterdir())


def test_other_numbers_and_too_large_weights_are_refused(fresh, tmp_path):
    net, X = fresh
    with pytest.raises(ValueError, match="dtype must be one of float32, float16, got 'int8'"):
        gated_files.save_gated(net, tmp_path / 'net.onnx', X.shape, 'int8')
    bias = net.head.bias
    before = bias.data().copy()
    bias.set_data(before + 1e5)
    with pytest.raises(ValueError, match='too large for float16: take float32'):
        gated_files.save_gated(net, tmp_path / 'net.onnx', X.shape)
    bias.set_data(before)
    assert not any(tmp_path.iterdir())
