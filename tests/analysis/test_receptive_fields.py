"""Is a receptive field by the formula the one that the gradient finds?"""

from d2l_ext.analysis import activations, receptive_fields
from d2l_ext.networks import GoogLeNet
from d2l_ext.networks.blocks import Concat, avg_pool, conv, max_pool, seq

import numpy as onp
import pytest
from mxnet import np


def opened(net, size):
    net.initialize()
    net(np.zeros((1, 1, size, size)))
    return receptive_fields.open_up(net)


@pytest.mark.parametrize(
    ('layers', 'field'),
    [
        ([], (1, 1, 0)),
        ([conv(1, 7, 2)], (7, 2, 0)),  # padded by 3: the first output lies on pixel 0
        ([conv(1, 3, padding=0)], (3, 1, 1)),
        ([conv(1, 3), conv(1, 3)], (5, 1, 0)),
        ([max_pool(), conv(1, 5)], (11, 2, 0)),
        ([avg_pool(2, 2, 0), avg_pool(2, 2, 0)], (4, 4, 1.5)),
    ],
)
def test_the_formula_by_hand(layers, field):
    net = seq(*layers, block=Concat(branch1x1=conv(1, 1)))

    assert receptive_fields.receptive_field(net, 'block', 'branch1x1') == field


def test_the_widest_branch_before_counts():
    block = Concat(branch1x1=conv(1, 1), branch5x5=conv(1, 5), branch3x3=conv(1, 3))
    net = seq(a=block, b=Concat(branch1x1=conv(1, 1), branch3x3=seq(conv(1, 1), conv(1, 3))))

    assert receptive_fields.receptive_field(net, 'a', 'branch3x3').size == 3
    assert receptive_fields.receptive_field(net, 'b', 'branch3x3').size == 7


@pytest.mark.parametrize('branch', ['branch1x1', 'branch3x3', 'branch5x5', 'branch_pool'])
def test_the_gradient_reaches_as_far_as_the_formula_says(branch):
    net = opened(GoogLeNet(), 128)
    seen = receptive_fields.pixels_seen(net, np.ones((1, 1, 128, 128)), '3b', branch)
    field = receptive_fields.receptive_field(net, '3b', branch)
    rows = onp.flatnonzero(seen.any(axis=1))

    assert receptive_fields.extent(seen) == field.size
    # the map is 16 wide: its middle output is number 8
    assert rows.mean() == field.first + 8 * field.stride


def test_an_unknown_branch_is_refused():
    with pytest.raises(ValueError, match='branch of 3a must be one of branch1x1, '):
        receptive_fields.receptive_field(GoogLeNet(), '3a', 'branch7x7')


def test_energy_is_the_sum_of_the_squares_of_the_channels():
    # signs drawn anew for every image average the products of two channels away
    net = seq(a=Concat(branch1x1=conv(2, 1, activation=None)))
    net.initialize()
    net(np.zeros((1, 1, 3, 3)))
    net.a.branch1x1.weight.set_data(np.array([3.0, 4.0]).reshape(2, 1, 1, 1))
    seen = receptive_fields.pixels_seen(net, np.ones((2000, 1, 3, 3)), 'a', 'branch1x1')

    assert seen[1, 1] == pytest.approx(25, rel=0.1)  # 24 * 2000 ** -0.5 / 25 is .02 a deviation
    assert onp.count_nonzero(seen) == 1


def test_images_are_left_without_a_gradient():
    net = opened(seq(a=Concat(branch3x3=conv(2, 3))), 9)
    X = np.ones((1, 1, 9, 9))
    receptive_fields.pixels_seen(net, X, 'a', 'branch3x3')

    assert X.grad is None


def test_nothing_seen_has_no_extent():
    assert receptive_fields.extent(onp.zeros((5, 5))) == 0


@pytest.mark.parametrize(('share', 'wanted'), [(0.5, 1), (0.6, 3), (0.95, 5)])
def test_the_side_of_the_square_that_holds_a_share(share, wanted):
    seen = onp.zeros((7, 7))
    seen[3, 3], seen[2, 3], seen[5, 5] = 5, 4, 1

    assert receptive_fields.side(seen, centre=3, share=share) == wanted


@pytest.mark.parametrize('share', [0, 1.1, '0.9', float('nan')])
def test_a_share_that_no_square_holds_is_refused(share):
    with pytest.raises(ValueError, match='share must be a number > 0 and <= 1, got'):
        receptive_fields.side(onp.ones((3, 3)), centre=1, share=share)


@pytest.mark.parametrize('seed', [-1, 0.5, None])
def test_a_seed_that_draws_no_signs_is_refused(seed):
    net = seq(a=Concat(branch1x1=conv(1, 1)))
    with pytest.raises(ValueError, match='seed must be a whole number from 0 to 4294967295, got'):
        receptive_fields.pixels_seen(net, np.ones((1, 1, 3, 3)), 'a', 'branch1x1', seed)


def test_a_centre_between_pixels_has_an_even_side():
    seen = onp.zeros((4, 4))
    seen[1:3, 1:3] = 1

    assert receptive_fields.side(seen, centre=1.5) == 2


def test_fields_grow_through_the_blocks_of_googlenet():
    net = GoogLeNet()
    sizes = [
        receptive_fields.receptive_field(net, b, 'branch5x5').size for b in activations.blocks(net)
    ]

    assert sizes == [59, 91, 171, 235, 299, 363, 427, 587, 715]


def test_the_effective_side_is_taken_around_the_middle_output():
    # one 3 x 3 of equal weights: 9 pixels of equal energy, all of them are needed for 90 %
    net = opened(seq(conv(1, 3, 2), a=Concat(branch1x1=conv(1, 1))), 16)

    assert receptive_fields.effective_side(net, np.ones((1, 1, 16, 16)), 'a', 'branch1x1') == 3
    assert receptive_fields.effective_side(net, np.ones((1, 1, 16, 16)), 'a', 'branch1x1', 0.1) == 1


def test_sheets_hold_the_images_in_reading_order():
    images = onp.arange(8).reshape(8, 1, 1, 1) * onp.ones((1, 2, 3, 3))
    made = receptive_fields.sheets(images, 2)

    assert made.shape == (1, 2, 6, 6)
    assert made[0, 1, ::3, ::3].tolist() == [[0, 1], [2, 3]]
    assert receptive_fields.sheets(images, 2, count=2)[1, 0, ::3, ::3].tolist() == [[4, 5], [6, 7]]
    with pytest.raises(ValueError, match='images must be 9 or more for 1 sheets, got 8'):
        receptive_fields.sheets(images, 3)
    for wrong in ({'side': 0}, {'side': 1.5}, {'side': 2, 'count': 0}):
        with pytest.raises(ValueError, match='(side|count) must be a whole number >= 1, got'):
            receptive_fields.sheets(images, **wrong)
