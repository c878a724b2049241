"""Do class maps and occlusion mark what decides, and do their tests tell good maps from bad ones?"""

from d2l_ext.analysis import activations, receptive_fields, saliency
from d2l_ext.networks.blocks import Concat, conv, max_pool, seq
from d2l_ext.weights import safetensors_files

import numpy as onp
import pytest
from mxnet import np, npx
from mxnet.gluon import nn


def ready(net, shape=(1, 1, 8, 8)):
    net.initialize()
    net(np.zeros(shape))
    return net


def images(n=2, size=8):
    return np.random.normal(size=(n, 1, size, size))


def test_a_class_map_is_the_gradient_times_the_maps(small):
    X = images(3)
    classes = [0, 3, 1]
    maps = activations.forward(small, X, stop='pool').asnumpy()
    # the mean of 64 places, then a dense layer: the gradient is its weight over 64, anywhere
    weight = safetensors_files.values(small.head.weight)[classes] / 64
    wanted = onp.maximum((weight[:, :, None, None] * maps).sum(axis=1), 0)

    assert wanted.any()
    assert onp.allclose(saliency.class_map(small, X, classes, '3a'), wanted, atol=1e-7)


def test_a_class_map_is_right_through_max_pooling():
    # one channel a place: the score is a sum of maxima, each place counts as often as it wins
    net = ready(
        seq(a=Concat(branch1x1=conv(1, 1)), pool=max_pool(), head=nn.Dense(2)), (1, 1, 8, 8)
    )
    X = images(3)
    maps = activations.forward(net, X, stop='pool')
    gradients = onp.zeros(maps.shape)
    scores = net.head(net.pool(maps))[:, 1].asnumpy()
    for place in onp.ndindex(8, 8):
        moved = maps.copy()
        moved[(slice(None), 0, *place)] += 1e-3
        moved = net.head(net.pool(moved))[:, 1].asnumpy()
        gradients[(slice(None), 0, *place)] = (moved - scores) / 1e-3
    wanted = onp.maximum(gradients.mean(axis=(2, 3)).reshape(3, 1, 1) * maps.asnumpy()[:, 0], 0)

    for _ in range(3):  # a gradient of leftovers differs from time to time
        assert onp.allclose(saliency.class_map(net, X, [1, 1, 1], 'a'), wanted, atol=2e-3)


def test_a_recorded_gradient_of_max_pooling_is_one_a_window():
    # oneDNN's pooling, which takes 16 channels, keeps where the maximum was in training alone
    pool, x = max_pool(), np.random.normal(size=(2, 16, 9, 9))
    for _ in range(3):
        x.attach_grad()
        with activations.recorded(pool):
            out = pool(x)
        out.backward()
        assert float(x.grad.sum()) == out.size
        assert set(x.grad.asnumpy()[x.grad.asnumpy() > 0].tolist()) <= {1, 2, 3, 4}


@pytest.mark.parametrize(
    ('layer', 'path'),
    [(nn.BatchNorm(), 'norm'), (nn.Dropout(0.5), 'norm')],
    ids=['norm', 'dropout'],
)
def test_a_network_that_is_another_in_training_has_no_class_map(layer, path):
    net = ready(seq(a=Concat(branch1x1=conv(1, 1)), norm=layer, head=nn.Dense(2)))
    with pytest.raises(ValueError, match=f'training as in prediction, but {path} does not'):
        saliency.class_map(net, images(), [0, 0], 'a')


def test_a_class_map_needs_a_block_and_a_class_an_image(small):
    with pytest.raises(ValueError, match="block must be one of 3a, pool, got 'head'"):
        saliency.class_map(small, images(), [0, 1], 'head')
    with pytest.raises(ValueError, match='classes must be one an image, got 1 for 2 images'):
        saliency.class_map(small, images(), [0], '3a')


@pytest.mark.parametrize(
    ('classes', 'told'),
    [
        ([0, 4], 'classes must be below 4, got 4'),
        ([0, -1], r'classes must be whole numbers \(N,\) from 0, .* least -1'),
        ([0, 1.5], 'classes must be whole numbers'),
        (['0', '3'], 'classes must be whole numbers'),
        ([True, False], 'classes must be whole numbers .* least bool'),
        ([[0], [1]], r'classes must be whole numbers .* shape \(2, 1\)'),
        (3, r'classes must be whole numbers .* shape \(\)'),
        (None, 'classes must be whole numbers'),
    ],
)
def test_a_class_that_the_network_has_not_is_refused(small, classes, told):
    with pytest.raises(ValueError, match=told):
        saliency.class_map(small, images(), classes, '3a')
    with pytest.raises(ValueError, match=told):
        saliency.occlusion(small, images(), classes, patch=4)


@pytest.mark.parametrize('block', ['head', 10, -1, 1.5, True, None, ['3a'], ''])
def test_a_block_that_the_network_has_not_is_refused_everywhere(small, block):
    X, told = images(), 'must be one of .*, got'
    with pytest.raises(ValueError, match=f'block {told}'):
        saliency.class_map(small, X, [0, 1], block)
    if block not in ('head', None):
        for side in ('start', 'stop'):
            with pytest.raises(ValueError, match=f'{side} {told}'):
                activations.forward(small, X, **{side: block})
    for look in (
        lambda *which: activations.branch_of(small, *which),
        lambda *which: activations.silenced(small, *which).__enter__(),
        lambda *which: receptive_fields.receptive_field(small, *which),
        lambda *which: receptive_fields.pixels_seen(small, X, *which),
        lambda *which: receptive_fields.effective_side(small, X, *which),
    ):
        with pytest.raises(ValueError, match=f'block {told}'):
            look(block, 'branch1x1')
        with pytest.raises(ValueError, match=f'branch of 3a {told}'):
            look('3a', block)


@pytest.mark.parametrize('stride', [0, -1, 1.5, True, '2'])
def test_a_stride_that_moves_nowhere_is_refused(stride):
    with pytest.raises(ValueError, match='stride must be a whole number >= 1, got'):
        saliency.occlusion(Corner(), np.ones((1, 1, 6, 6)), [1], 2, stride)


@pytest.mark.parametrize('fill', [None, '0', float('nan'), True])
def test_a_fill_that_is_no_number_is_refused(fill):
    with pytest.raises(ValueError, match='fill must be a number that is finite, got'):
        saliency.occlusion(Corner(), np.ones((1, 1, 6, 6)), [1], 2, fill=fill)
    with pytest.raises(ValueError, match='fill must be a number that is finite, got'):
        saliency.covered(images(), onp.zeros((2, 2, 2)), 1, fill)


class Corner(nn.HybridBlock):
    """Give the upper left pixel as the score of class 1, 0 for class 0."""

    def hybrid_forward(self, F, x):
        corner = x[:, 0, 0, 0]
        return F.np.stack([corner * 0, corner], axis=1)


def test_occlusion_finds_the_only_pixel_that_counts():
    X = np.ones((2, 1, 6, 6))
    lost = saliency.occlusion(Corner(), X, [1, 0], patch=2, fill=-1.0)
    p = npx.softmax(np.array([0.0, 1.0])).asnumpy()[1]

    assert lost.shape == (2, 3, 3)
    assert lost[0, 0, 0] == pytest.approx(p - (1 - p), abs=1e-6)
    assert lost[1, 0, 0] == pytest.approx((1 - p) - p, abs=1e-6)
    assert onp.count_nonzero(lost) == 2
    assert (X == 1).all()


def test_occlusion_moves_by_its_stride_inside_the_image():
    assert saliency.occlusion(Corner(), np.ones((1, 1, 6, 8)), [1], 4, stride=2).shape == (1, 2, 3)


@pytest.mark.parametrize('patch', [0, 7, 1.5, True, '3', None])
def test_a_patch_that_does_not_fit_is_refused(patch):
    with pytest.raises(ValueError, match='patch must be a whole number from 1 to 6, got'):
        saliency.occlusion(Corner(), np.ones((1, 1, 6, 6)), [1], patch)


# what a map is worth


def test_the_highest_cells_are_covered_and_nothing_else():
    X = np.ones((2, 1, 4, 6))
    maps = onp.array([[[0, 3, 1], [0, 0, 2]], [[1, 1, 1], [1, 1, 1]]])
    made = saliency.covered(X, maps, 2, fill=-1.0).asnumpy()[:, 0]

    assert (made[0] == onp.kron([[1, -1, 1], [1, 1, -1]], onp.ones((2, 2)))).all()
    assert (made[1] == onp.kron([[-1, -1, 1], [1, 1, 1]], onp.ones((2, 2)))).all()
    assert (X == 1).all()


@pytest.mark.parametrize(
    ('shape', 'count', 'message'),
    [
        ((2, 3, 3), 1, r'maps must be \(2, h, w\) that divide 8 x 8, got \(2, 3, 3\)'),
        ((1, 2, 2), 1, r'maps must be \(2, h, w\) that divide 8 x 8, got \(1, 2, 2\)'),
        ((2, 2, 2), 5, 'count must be a whole number from 0 to 4, got 5'),
    ],
)
def test_cells_that_cannot_be_covered_are_refused(shape, count, message):
    with pytest.raises(ValueError, match=message):
        saliency.covered(images(), onp.zeros(shape), count)


def test_agreement_is_that_of_ranks():
    a = onp.array([[[1, 2], [3, 4]], [[1, 2], [3, 4]]])
    b = onp.array([[[1, 4], [9, 16]], [[4, 3], [2, 1]]])

    assert saliency.agreement(a, b) == pytest.approx(0)  # 1 and -1
    assert saliency.agreement(a[:1], b[:1]) == pytest.approx(1)
    assert saliency.agreement(a, 0 * b) == 0
    # ranks 1, 2, 3, 4 and 1.5, 1.5, 3.5, 3.5: covariance 4, variances 5 and 4
    assert saliency.agreement(a[:1], a[:1] > 2) == pytest.approx(4 / 20**0.5)


def test_only_maps_of_one_shape_agree():
    with pytest.raises(ValueError, match='of one shape, got'):
        saliency.agreement(onp.zeros((1, 2, 2)), onp.zeros((1, 3, 3)))
