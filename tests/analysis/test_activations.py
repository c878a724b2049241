"""Are the activations that we see those of the network, and does looking leave it as it was?"""

from d2l_ext.analysis import activations
from d2l_ext.networks import GoogLeNet, InceptionV3
from d2l_ext.networks.blocks import Concat, conv, conv_bn, max_pool, seq
from d2l_ext.weights import safetensors_files

import numpy as onp
import pytest
from mxnet import np

BRANCHES = ['branch1x1', 'branch3x3', 'branch5x5', 'branch_pool']
BLOCKS = ['3a', '3b', '4a', '4b', '4c', '4d', '4e', '5a', '5b']


def ready(net, shape=(2, 1, 48, 48)):
    net.initialize()
    net(np.zeros(shape))
    return net


def images(n=2, size=48):
    return np.random.normal(size=(n, 1, size, size))


@pytest.fixture
def net():
    return ready(GoogLeNet())


# names, and the chain


def test_blocks_and_branches_bear_the_names_of_the_paper(net):
    told = activations.blocks(net)

    assert list(told) == BLOCKS
    assert all(list(branches) == BRANCHES for branches in told.values())


def test_a_name_that_two_blocks_share_is_told_apart_by_its_path():
    def stage():
        return seq(inception_a=Concat(branch1x1=conv(1, 1)))

    assert list(activations.steps(seq(stage3=stage(), stage4=stage()))) == [
        'a',
        'stage4.inception_a',
    ]


@pytest.mark.parametrize(
    ('block', 'branch', 'message'),
    [
        ('6a', 'branch1x1', "block must be one of 3a, 3b, 4a, 4b, .*5b, got '6a'"),
        (
            '3a',
            'branch7x7',
            "branch of 3a must be one of branch1x1, .*branch_pool, got 'branch7x7'",
        ),
    ],
)
def test_a_name_that_is_not_there_is_refused_with_those_that_are(net, block, branch, message):
    with (
        pytest.raises(ValueError, match=message),
        activations.silenced(net, block, branch),
    ):
        pass


@pytest.mark.parametrize('hybridized', [False, True])
def test_the_steps_one_by_one_are_the_network(net, hybridized):
    X = images()
    wanted = net(X)
    if hybridized:
        net.hybridize(static_alloc=True, static_shape=True)
    for name in activations.steps(net):
        halfway = activations.forward(net, X, stop=name)
        assert abs(activations.forward(net, halfway, start=name) - wanted).max() < 1e-6


@pytest.mark.parametrize('which', ['start', 'stop'])
def test_an_unknown_step_is_refused(net, which):
    with pytest.raises(ValueError, match=f"{which} must be one of stage1.0, .*head, got '7'"):
        activations.forward(net, images(), **{which: '7'})


def test_maps_are_what_the_branches_give_and_join_to_the_block(net):
    X = images()
    maps = activations.branch_maps(net, X)

    assert list(maps) == BLOCKS and maps['3a']['branch5x5'].shape == (2, 32, 6, 6)
    for block, after in (('3a', '3b'), ('4e', 'stage4.pool')):
        joined = onp.concatenate(list(maps[block].values()), axis=1)
        assert onp.array_equal(joined, activations.forward(net, X, stop=after).asnumpy())


# switched off


@pytest.mark.parametrize('hybridized', [False, True])
def test_a_silent_branch_gives_zero_and_the_others_what_they_gave(net, hybridized):
    X = images()
    before = activations.branch_maps(net, X)['4a']
    if hybridized:
        net.hybridize(static_alloc=True, static_shape=True)
        net(X)
    with activations.silenced(net, '4a', 'branch3x3'):
        during, scores = activations.branch_maps(net, X)['4a'], net(X).asnumpy()

    assert (during['branch3x3'] == 0).all() and before['branch3x3'].any()
    assert all(onp.array_equal(during[b], before[b]) for b in BRANCHES if b != 'branch3x3')
    assert abs(scores - net(X).asnumpy()).max() > 0


def test_a_silent_branch_can_give_a_value_a_channel(small):
    X = images(size=8)
    with activations.silenced(small, '3a', 'branch3x3', [0, 1, 2.5]):
        made = activations.branch_maps(small, X)['3a']['branch3x3']

    assert (made == onp.array([0, 1, 2.5]).reshape(1, 3, 1, 1)).all()


@pytest.mark.parametrize('error', [None, RuntimeError])
def test_weights_are_put_back_also_after_an_error(net, error):
    def weights():
        return [safetensors_files.values(p) for p in net.collect_params().values()]

    before = weights()
    try:
        with activations.silenced(net, '3a', 'branch_pool', 1.0):
            changed = sum(not onp.array_equal(a, b) for a, b in zip(before, weights(), strict=True))
            if error:
                raise error
    except RuntimeError:
        pass

    assert changed == 2
    assert all(onp.array_equal(a, b) for a, b in zip(before, weights(), strict=True))


def test_a_normalized_branch_is_silenced_too():
    block = Concat(branch1x1=conv_bn(2, 1), branch3x3=conv_bn(2, 3))
    net = ready(seq(inception_a=block), (1, 1, 8, 8))
    with activations.silenced(net, 'a', 'branch3x3', [0, 3]):
        made = activations.branch_maps(net, images(size=8))['a']['branch3x3']

    assert (made[:, 0] == 0).all() and (made[:, 1] == 3).all()


def test_a_branch_that_forks_at_its_end_is_silent_in_all_its_parts():
    fork = seq(conv(2, 1), Concat(branch1x3=conv(1, (1, 3)), branch3x1=conv(2, (3, 1))))
    net = ready(seq(inception_e=Concat(branch1x1=conv(2, 1), branch3x3=fork)), (1, 1, 8, 8))
    with activations.silenced(net, 'e', 'branch3x3', [1, 2, 3]):
        made = activations.branch_maps(net, images(size=8))['e']['branch3x3']

    assert (made == onp.array([1, 2, 3]).reshape(1, 3, 1, 1)).all()


@pytest.mark.parametrize(
    ('value', 'message'),
    [
        (-1.0, 'value must be 0 or more, as after a ReLU, got -1'),
        ([0.0, float('inf'), 1.0], 'as after a ReLU, got inf: give finite numbers'),
        (float('nan'), 'as after a ReLU, got nan: give finite numbers'),
        ('none', "value must be an array of numbers, got 'none'"),
        ([1.0, 2.0], r'value must be a number or \(3,\), got shape \(2,\)'),
    ],
)
def test_a_value_that_a_branch_cannot_give_is_refused(small, value, message):
    with (
        pytest.raises(ValueError, match=message),
        activations.silenced(small, '3a', 'branch3x3', value),
    ):
        pass


def test_a_branch_without_weights_is_refused():
    net = ready(seq(a=Concat(branch_pool=max_pool(strides=1))), (1, 1, 8, 8))
    message = 'branch_pool of a has no weights that could be silenced'
    with pytest.raises(ValueError, match=message), activations.silenced(net, 'a', 'branch_pool'):
        pass


def test_a_network_with_other_blocks_can_be_looked_into():
    net = InceptionV3(10)
    told = activations.blocks(net)

    assert len(told) == 11 and all(told.values())


# neighbours


def test_neighbours_have_the_closest_direction_whatever_their_length():
    others = onp.array([[0.0, 1.0], [9.0, 9.0], [1.0, 0.1], [-1.0, 0.0]])

    assert activations.neighbours([[5.0, 0.0]], others, 3).tolist() == [[2, 1, 0]]


def test_images_can_be_compared_as_they_are():
    pixels = onp.random.RandomState(0).rand(4, 1, 3, 3)

    assert activations.neighbours(pixels, pixels, 1).ravel().tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ('others', 'count', 'message'),
    [
        ([[1, 2, 3]], 1, 'others must have rows of 2, as queries, got 3'),
        ([[1, 2]], 2, 'count must be a whole number from 1 to 1, got 2'),
    ],
)
def test_neighbours_that_cannot_be_had_are_refused(others, count, message):
    with pytest.raises(ValueError, match=message):
        activations.neighbours([[1, 2]], others, count)
