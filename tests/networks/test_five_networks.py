"""Do the five networks have their papers' channels, parameters and costs, and refuse what is too small?"""

from d2l_ext import figures, networks
from d2l_ext.analysis import anatomy, deferred_init
from d2l_ext.networks import (
    GoogLeNet,
    InceptionBN,
    InceptionResNetV2,
    InceptionV3,
    InceptionV4,
    joint_loss,
)
from d2l_ext.networks.blocks import Residual, conv
from d2l_ext.networks.googlenet import LRN, auxiliary_classifier
from d2l_ext.networks.inception_bn import INCEPTION_BN, inception_bn_block
from d2l_ext.networks.inception_v3 import (
    TransformInput,
    TruncatedNormal,
    inception_v3_a,
    inception_v3_c,
)
from d2l_ext.weights import safetensors_files

import mxnet as mx
import numpy as onp
import pytest
from mxnet import autograd, np

# name: network, size in the paper, parameters, smallest images
FAMILY = {
    'GoogLeNet': (GoogLeNet, 224, 6998552, 1),
    'Inception-BN': (InceptionBN, 224, 11194984, 1),
    'Inception-V3': (InceptionV3, 299, 23834568, 75),
    'Inception-V4': (InceptionV4, 299, 42679816, 75),
    'Inception-ResNet-V2': (InceptionResNetV2, 299, 55843464, 75),
}
# with auxiliary classifiers: network, their number, parameters, smallest images in training
WITH_HEADS = {
    'GoogLeNet': (lambda classes: GoogLeNet(classes, aux=True), 2, 13378280, 65),
    'Inception-V3': (lambda classes: InceptionV3(classes, aux=True, dropout=0), 1, 27161264, 299),
}
family = pytest.mark.parametrize('name', FAMILY)
with_heads = pytest.mark.parametrize('name', WITH_HEADS)


def images(size, channels=3, batch=2):
    return np.random.normal(size=(batch, channels, size, size))


def train(net, X):
    """Return the outputs in training, and leave the gradients of their sum in the parameters."""
    with autograd.record():
        outputs = net(X)
        total = sum(o.sum() for o in outputs) if isinstance(outputs, tuple) else outputs.sum()
    total.backward()
    return outputs


def trainable(net):
    return [p for p in net.collect_params().values() if p.grad_req != 'null']


# the papers' numbers


@family
def test_parameters(name):
    build, size, count, _ = FAMILY[name]

    assert anatomy.count_parameters(build(1000), (1, 3, size, size)) == count


@with_heads
def test_parameters_with_auxiliary_classifiers_after_a_pass_without_them(name):
    build, _, count, _ = WITH_HEADS[name]
    net = build(1000)
    net.initialize()
    net(images(75))

    assert sum(p.data().size for p in trainable(net)) == anatomy.count_parameters(net) == count


def test_parameters_of_inception_bn_by_hand():
    """Kernel x kernel x channels in x channels out, shift and scale; paper's channels between blocks."""
    units = [(7, 3, 64), (1, 64, 64), (3, 64, 192)]
    c_in = 192
    outputs = (256, 320, 576, 576, 576, 576, 576, 1024, 1024, 1024)
    for (c1, r3, c3, rd, d3, _, proj), c_out in zip(INCEPTION_BN.values(), outputs, strict=True):
        units += [
            (1, c_in, c1),
            (1, c_in, r3),
            (3, r3, c3),
            (1, c_in, rd),
            (3, rd, d3),
            (3, d3, d3),
        ]
        units += [(1, c_in, proj)]
        c_in = c_out
    total = sum(k * k * a * b + 2 * b for k, a, b in units) + 1024 * 1000 + 1000

    assert total == FAMILY['Inception-BN'][2]


@pytest.mark.parametrize(
    'build, gmacs', [(InceptionV3, 5.73), (InceptionV4, 12.28), (InceptionResNetV2, 13.18)]
)
def test_macs_at_299_are_the_published_ones(build, gmacs):
    macs = anatomy.count_macs(build(1000), (1, 3, 299, 299))

    assert macs / 1e9 == pytest.approx(gmacs, rel=0.01)


def test_branch_sums_of_inception_bn_give_the_papers_output_column():
    channels, sums = 192, []
    for c1, _, c3, _, d3, _, proj in INCEPTION_BN.values():
        channels = c1 + c3 + d3 + (proj or channels)
        sums.append(channels)

    assert sums == [256, 320, 576, 576, 576, 576, 576, 1024, 1024, 1024]


# outputs of every row: the slides' table for V3, Figure 9 and 15 of the V4 paper, Figure 5 of BN's
ROWS = {
    'Inception-V3': """
        stem.conv_1a 32x149 stem.conv_2a 32x147 stem.conv_2b 64x147 stem.pool_3a 64x73
        stem.conv_3b 80x73 stem.conv_4a 192x71 stem.pool_5a 192x35
        stage5.inception_5b 256x35 stage5.inception_5c 288x35 stage5.inception_5d 288x35
        stage6.reduction_6a 768x17 stage6.inception_6b 768x17 stage6.inception_6e 768x17
        stage7.reduction_7a 1280x8 stage7.inception_7b 2048x8 stage7.inception_7c 2048x8
        head.pool 2048x1""",
    'Inception-V4': """
        stem.conv_2b 64x147 stem.mixed_3a 160x73 stem.mixed_4a 192x71 stem.mixed_5a 384x35
        stage5.inception_5e 384x35 stage6.reduction_6a 1024x17 stage6.inception_6h 1024x17
        stage7.reduction_7a 1536x8 stage7.inception_7d 1536x8 head.pool 1536x1""",
    'Inception-ResNet-V2': """
        stem 192x35 stage5.inception_5b 320x35 stage5.residual_10 320x35
        stage6.reduction_6a 1088x17 stage6.residual_20 1088x17 stage7.reduction_7a 2080x8
        stage7.residual_10 2080x8 stage7.conv_7b 1536x8 head.pool 1536x1""",
    'Inception-BN': """
        stage1 64x56 stage2 192x28 stage3.inception_3a 256x28 stage3.inception_3b 320x28
        stage3.inception_3c 576x14 stage4.inception_4d 576x14 stage4.inception_4e 1024x7
        stage5.inception_5a 1024x7 stage5.inception_5b 1024x7 head.pool 1024x1""",
}


@pytest.mark.parametrize('name', ROWS)
def test_rows_of_the_papers_table(name):
    build, size, _, _ = FAMILY[name]
    shapes = {c.path: c.out_shape[1:] for c in anatomy.trace(build(10), (1, 3, size, size))}
    words = ROWS[name].split()
    expected = {path: row.split('x') for path, row in zip(words[::2], words[1::2], strict=True)}
    expected = {path: (int(c), int(side), int(side)) for path, (c, side) in expected.items()}

    assert {path: shapes[path] for path in expected} == expected


@pytest.mark.parametrize(
    'name, counts',
    [
        ('Inception-V3', {'stage5': 3, 'stage6': 5, 'stage7': 3}),
        ('Inception-V4', {'stage5': 4, 'stage6': 8, 'stage7': 4}),
        ('Inception-ResNet-V2', {'stage5': 11, 'stage6': 21, 'stage7': 12}),
        ('Inception-BN', {'stage3': 3, 'stage4': 5, 'stage5': 2}),
    ],
)
def test_blocks_in_a_stage(name, counts):
    net = FAMILY[name][0](10)

    assert {stage: len(getattr(net, stage)) for stage in counts} == counts


# how they behave


@family
def test_any_channels_and_classes(name):
    build, _, _, smallest = FAMILY[name]
    net = build(7)
    net.initialize()

    # 3 channels and 10 classes in the tests below
    assert net(images(smallest, channels=1)).shape == (2, 7)


@pytest.fixture(scope='module')
def primed(request):
    """A network of the family with weights, not hybridized; what a test changes it changes back."""
    net = FAMILY[request.param][0](10)
    net.initialize(mx.init.Xavier())
    return net


of_the_family = pytest.mark.parametrize('primed', FAMILY, indirect=True, scope='module')


def without_gradient(net):
    """Return the names of the parameters that the last backward pass did not reach."""
    return [p.name for p in trainable(net) if float(abs(p.grad()).max()) == 0]


@of_the_family
def test_every_parameter_receives_a_gradient(primed):
    assert train(primed, images(107)).shape == (2, 10)
    assert without_gradient(primed) == []


@of_the_family
def test_hybridized_equals_imperative(primed):
    X = images(107)
    imperative = primed(X)
    primed.hybridize(static_alloc=True, static_shape=True)
    hybridized = primed(X)
    primed.hybridize(False)

    assert float(abs(hybridized - imperative).max()) < 1e-5 * float(abs(imperative).max())


@with_heads
def test_with_heads_too_every_parameter_receives_a_gradient_and_hybridized_equals_imperative(name):
    build, _, _, smallest = WITH_HEADS[name]
    net, X = build(10), images(smallest)
    net.initialize(mx.init.Xavier())
    for head in net.head._children.values():
        if hasattr(head, 'dropout'):
            head.dropout._rate = 0
    imperative = train(net, X)
    assert without_gradient(net) == []
    net.hybridize(static_alloc=True, static_shape=True)

    # float32 through batch norms of two images: see test_other_implementations
    for ours, other in zip(train(net, X), imperative, strict=True):
        assert float(abs(ours - other).max()) < 1e-3 * float(abs(other).max())


@with_heads
@pytest.mark.parametrize('hybridized', [False, True])
def test_heads_answer_in_training_alone(name, hybridized):
    build, heads, _, smallest = WITH_HEADS[name]
    net, X = build(7), images(smallest)
    net.initialize()
    if hybridized:
        net.hybridize(static_alloc=True, static_shape=True)
    with autograd.train_mode():
        trained = net(X)

    assert [scores.shape for scores in trained] == [(2, 7)] * (1 + heads)
    assert net(X).shape == (2, 7)


@with_heads
def test_heads_cost_nothing_in_prediction(name):
    shape = (1, 3, 224, 224)
    plain, helped = FAMILY[name][0](10), WITH_HEADS[name][0](10)

    for count in (anatomy.count_macs, anatomy.count_parameters):
        assert count(helped, shape) == count(plain, shape)


def test_a_head_of_googlenet_computes_the_papers_at_14_x_14():
    """What makes the head fit other grids does nothing to the 4 x 4 that 14 x 14 leaves."""
    head, X = auxiliary_classifier(5), np.random.normal(size=(2, 512, 14, 14))
    head.initialize()
    pooled = head.conv(head.pool(X))
    expected = head.scores(head.hidden(pooled))

    assert pooled.shape == (2, 128, 4, 4)
    assert float(abs(head(X) - expected).max()) == 0


@pytest.mark.parametrize('size', [96, 224])
def test_heads_of_googlenet_are_not_tied_to_a_size(size):
    net = GoogLeNet(10, aux=True)
    net.initialize()
    train(net, images(65))

    assert [scores.shape for scores in train(net, images(size))] == [(2, 10)] * 3


def test_a_network_with_heads_is_saved_and_loaded_whole(tmp_path):
    build, _, _, smallest = WITH_HEADS['GoogLeNet']
    net, again, X = build(10), build(10), images(smallest)
    net.initialize()
    net(X)
    net.save_parameters(str(tmp_path / 'net.params'))
    again.load_parameters(str(tmp_path / 'net.params'))
    head = [n.head.aux_4d(np.ones((1, 528, 14, 14))) for n in (net, again)]

    assert float(abs(again(X) - net(X)).max()) == float(abs(head[0] - head[1]).max()) == 0


def test_a_network_with_heads_can_be_bound_anew():
    net = GoogLeNet(10, aux=True)
    net.initialize()
    deferred_init.note(net)
    net(images(64))
    deferred_init.rebind(net)

    assert [scores.shape for scores in train(net, images(96, channels=1))] == [(2, 10)] * 3


def test_joint_loss_adds_the_heads_at_their_weight():
    """Equal scores for 4 classes cost log 4 each, whatever the label."""
    even = np.zeros((2, 4))
    labels = np.array([0, 3])

    for outputs, weight, total in (
        ((even,) * 3, 0.3, 1.6),
        ((even,) * 2, 0.4, 1.4),
        (even, 0.3, 1),
    ):
        loss = joint_loss(outputs, labels, weight).asnumpy()
        assert loss == pytest.approx([total * onp.log(4)] * 2, rel=1e-5)


@pytest.mark.parametrize('sure, cost', [(0, 0.0), (1, 30.0), (2, 9.0)])
def test_joint_loss_tells_the_main_scores_from_the_others(sure, cost):
    """30 for a wrong answer of the main scores, 0.3 of that for one of the others."""
    right, wrong = np.array([[30.0, 0.0]]), np.array([[0.0, 30.0]])
    outputs = [right, right, right]
    if sure:
        outputs[sure - 1] = wrong

    assert float(joint_loss(tuple(outputs), np.array([0]))) == pytest.approx(cost, abs=1e-3)


def test_inception_bn_without_normalization_has_biases_instead():
    net = InceptionBN(10, unit=conv)
    net.initialize()
    net(images(32))
    names = [name.rsplit('_', 1)[1] for name in net.collect_params()]

    assert set(names) == {'weight', 'bias'}
    assert anatomy.count_macs(net, (1, 3, 224, 224)) == anatomy.count_macs(
        InceptionBN(10), (1, 3, 224, 224)
    )


def test_the_papers_googlenet_normalizes_and_drops():
    paper, lecture = GoogLeNet(10, lrn=True, dropout=0.4), GoogLeNet(10)
    kinds = [
        [call.kind for call in anatomy.trace(net, (1, 3, 224, 224)) if call.is_layer]
        for net in (paper, lecture)
    ]

    assert kinds[0][:7] == ['Conv2D', 'MaxPool2D', 'LRN', 'Conv2D', 'Conv2D', 'LRN', 'MaxPool2D']
    assert kinds[0][-3:] == ['GlobalAvgPool2D', 'Dropout', 'Dense']
    assert [kind for kind in kinds[0] if kind not in ('LRN', 'Dropout')] == kinds[1]


def test_lrn_agrees_with_its_formula():
    x = onp.random.RandomState(0).normal(size=(2, 7, 3, 3)) * 100
    squares = onp.pad(x**2, ((0, 0), (2, 2), (0, 0), (0, 0)))
    sums = sum(squares[:, i : i + 7] for i in range(5))
    expected = x / (1 + 1e-4 / 5 * sums) ** 0.75

    assert LRN()(np.array(x, dtype='float32')).asnumpy() == pytest.approx(expected, rel=1e-5)


def test_transform_input_undoes_one_normalization_and_does_another():
    mean, deviation = onp.array([0.485, 0.456, 0.406]), onp.array([0.229, 0.224, 0.225])
    pixels = onp.random.RandomState(0).uniform(size=(2, 3, 4, 5))
    normalized = (pixels.transpose(0, 2, 3, 1) - mean) / deviation
    given = np.array(normalized.transpose(0, 3, 1, 2))

    assert TransformInput()(given).asnumpy() == pytest.approx(2 * pixels - 1, abs=1e-6)


def test_transform_input_comes_before_the_stem():
    plain, transforming = InceptionV3(10), InceptionV3(10, transform_input=True)
    plain.initialize()
    transforming.initialize()
    X = images(75)
    plain(X), transforming(X)
    pairs = zip(
        plain.collect_params().values(), transforming.collect_params().values(), strict=True
    )
    for ours, other in pairs:
        other.set_data(ours.data())

    assert float(abs(transforming(X) - plain(TransformInput()(X))).max()) < 1e-5


def test_weights_of_v3_are_drawn_within_two_deviations():
    mx.random.seed(0)
    net = InceptionV3(1000, aux=True)
    net.initialize(TruncatedNormal())
    net(images(75))
    drawn = [
        net.stem.conv_4a.conv.weight,
        net.head.main.scores.weight,
        net.head.aux.conv_0.conv.weight,
        net.head.aux.conv_1.conv.weight,
        net.head.aux.scores.weight,
    ]
    values = [safetensors_files.values(p) for p in drawn]
    sigmas = (0.1, 0.1, 0.1, 0.01, 0.001)

    assert [v.std() / s for v, s in zip(values, sigmas, strict=True)] == pytest.approx(
        # the deviation of a normal variable that is known to lie within two
        [0.8796] * 5, rel=0.01,
    )  # fmt: skip
    assert [abs(v).max() / s for v, s in zip(values, sigmas, strict=True)] == pytest.approx(
        [2] * 5, abs=0.01
    )


def test_a_residual_block_adds_a_share_to_its_input():
    block, X = Residual(conv(3, 1, activation=None), 0.17), np.random.normal(size=(1, 3, 4, 4))
    block.initialize()
    expected = np.maximum(X + 0.17 * block.body(X), 0)

    assert float(abs(block(X) - expected).max()) == 0


def test_residual_blocks_have_the_releases_scales():
    net = InceptionResNetV2(10)
    scales = {
        stage: [b.scale for b in getattr(net, stage) if isinstance(b, Residual)]
        for stage in ('stage5', 'stage6', 'stage7')
    }

    assert scales == {'stage5': [0.17] * 10, 'stage6': [0.1] * 20, 'stage7': [0.2] * 9 + [1.0]}
    assert net.stage7.residual_10.activation is None


def test_parameters_are_named_by_the_structure(tmp_path):
    net = InceptionV3(10)
    net.initialize()
    net(images(75))
    net.save_parameters(str(tmp_path / 'v3.params'))
    names = list(mx.npx.load(str(tmp_path / 'v3.params')))

    assert names[0] == 'stem.conv_1a.conv.weight'
    assert 'stage7.inception_7b.branch3x3dbl.2.branch1x3.norm.running_var' in names


def test_stages_can_be_taken_by_a_slice():
    net = InceptionBN(10)
    net.initialize()

    assert net[:3](images(64)).shape == (2, 576, 4, 4)


def test_a_slice_of_a_network_with_heads_has_none():
    net = GoogLeNet(10, aux=True)
    net.initialize()

    assert train(net[:4], images(64)).shape == (2, 832, 2, 2)


# too small, and wrong


@family
def test_the_smallest_size_is_the_smallest_that_works(name):
    build, _, _, smallest = FAMILY[name]
    net = build(10)

    assert net.smallest() == (smallest, smallest)
    anatomy.trace(net, (1, 3, smallest, smallest))
    if smallest > 1:
        with pytest.raises(ValueError, match='does not fit this network'):
            anatomy.trace(net, (1, 3, smallest - 1, smallest))


@pytest.mark.parametrize('hybridized', [False, True])
@pytest.mark.parametrize('name', ['Inception-V3', 'Inception-V4', 'Inception-ResNet-V2'])
def test_images_that_are_too_small_are_refused(name, hybridized):
    net = FAMILY[name][0](10)
    net.initialize()
    if hybridized:
        net.hybridize()

    with pytest.raises(ValueError) as caught:
        net(np.zeros((1, 3, 80, 74)))
    assert str(caught.value) == (
        f'{name} needs images of at least 75 x 75, got 80 x 74: resize them'
    )


@pytest.mark.parametrize('hybridized', [False, True])
@with_heads
def test_heads_need_larger_images_in_training(name, hybridized):
    build, _, _, smallest = WITH_HEADS[name]
    net = build(10)
    net.initialize()
    if hybridized:
        net.hybridize()
    net(images(smallest - 1))

    with pytest.raises(ValueError) as caught:
        train(net, images(smallest - 1))
    assert str(caught.value) == (
        f'{name} needs images of at least {smallest} x {smallest} in training, for its auxiliary '
        f'classifiers, got {smallest - 1} x {smallest - 1}: resize them'
    )
    train(net, images(smallest))


@pytest.mark.parametrize(
    'call, text',
    [
        (lambda: InceptionV3(0), 'classes must be a whole number >= 1, got 0'),
        (lambda: InceptionV4('ten'), "classes must be a whole number >= 1, got 'ten'"),
        (lambda: InceptionBN(True), 'classes must be a whole number >= 1, got True'),
        (lambda: InceptionBN(unit=3), 'unit must build a layer as conv_bn and conv do, got 3'),
        (lambda: inception_v3_a(0), 'pool_proj must be a whole number >= 1, got 0'),
        (lambda: inception_v3_c(None), 'channels_7x7 must be a whole number >= 1, got None'),
        (
            lambda: inception_bn_block(64, 64, 64, 64, 96, 'min', 32),
            "pool must be one of avg, max, got 'min'",
        ),
        (lambda: GoogLeNet(dropout=1), 'dropout must be a number >= 0 and < 1'),
        (lambda: InceptionV3(dropout=-0.1), 'dropout must be a number >= 0 and < 1'),
        (lambda: InceptionV4(dropout='0'), "< 1, got '0'"),
        (lambda: InceptionResNetV2(scales=0.1), 'scales must be three numbers, for the blocks'),
        (lambda: InceptionResNetV2(scales=(1, 1)), 'blocks A, B and C, got (1, 1)'),
        (
            lambda: InceptionResNetV2(scales=(1, 'a', 1)),
            "scales[1] must be a number that is finite, got 'a'",
        ),
        (
            lambda: InceptionV3(10)(np.zeros((3, 299, 299))),
            'Inception-V3 needs images as (N, C, H, W), got (3, 299, 299)',
        ),
        (
            lambda: InceptionV3(10, transform_input=True)(np.zeros((1, 1, 299, 299))),
            'Inception-V3 was built for images of 3 channels, got 1',
        ),
    ],
)
def test_refusals(call, text):
    with pytest.raises(ValueError) as caught:
        call()
    assert text in str(caught.value)


# pictures, and the house


@family
def test_stages_can_be_drawn(name):
    build, size, _, _ = FAMILY[name]
    picture = figures.stage_map(build(1000), (1, 3, size, size))

    assert f'input 3 × {size} × {size}' in picture.alt
    assert picture.alt.endswith('head 1000.')


def test_stages_of_a_network_with_heads_are_drawn_without_them():
    assert 'aux' not in figures.stage_map(GoogLeNet(10, aux=True), (1, 1, 96, 96)).alt


@pytest.mark.parametrize(
    'path, c_in, size, words',
    [
        ('InceptionV3 stage7.inception_7b', 1280, 8, '384 + 384 = 768 channels'),
        ('InceptionV3 stage6.inception_6b', 768, 17, '1×7 conv, 128 → 128, then 7×1 conv, 128 →'),
        ('InceptionV4 stage7.inception_7b', 1536, 8, '3×1 conv, 384 → 448'),
        ('InceptionV4 stem', 3, 299, 'concat: 192 + 192 = 384 channels, output: 384 × 35 × 35'),
        ('InceptionResNetV2 stage6.residual_1', 1088, 17, '[shortcut: as it is; [branch1x1:'),
        ('InceptionResNetV2 stage7.residual_10', 2080, 8, '1×1 conv, 448 → 2080], sum: 2080'),
        ('InceptionBN stage3.inception_3c', 320, 28, 'concat: 160 + 96 + 320 = 576 channels'),
    ],
)
def test_blocks_can_be_drawn(path, c_in, size, words):
    builder, path = path.split()
    block = getattr(networks, builder)(10)
    for name in path.split('.'):
        block = getattr(block, name)

    assert words in figures.block_diagram(block, c_in, size).alt


def test_a_dense_layer_is_drawn_with_all_that_it_reads():
    alt = figures.block_diagram(auxiliary_classifier(1000), 512, 14).alt

    assert 'dense, 2048 → 1024' in alt and 'dense, 1024 → 1000' in alt
