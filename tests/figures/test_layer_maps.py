"""Does the map of layers show every layer of a network, with its numbers, inside its box?"""

from d2l_ext import figures, networks
from d2l_ext.networks.blocks import Concat, conv, max_pool, seq

import pytest
from mxnet.gluon import nn


def texts(picture, kind):
    return [text.get_text() for text in picture.axes[0].texts if text.get_gid() == kind]


@pytest.fixture(scope='module')
def googlenet():
    return figures.layer_map(networks.GoogLeNet(), (1, 1, 96, 96))


def test_every_layer_has_a_box_with_its_kernel_and_channels(googlenet):
    boxes = texts(googlenet, 'label')

    # 57 convolutions, a dense layer, 5 poolings between the blocks and 9 inside them
    assert len(boxes) == 57 + 1 + 5 + 9
    assert boxes[5:12] == [
        '1×1\n64',
        '1×1\n96',
        '3×3\n128',
        '1×1\n16',
        '5×5\n32',
        '3×3\nmax pool',
        '1×1\n32',
    ]
    assert boxes.count('3×3\nmax pool') == 9 and boxes[-1] == 'dense, 1024 → 10'
    assert texts(googlenet, 'name') == ['', '', '', '', '', *'3a 3b'.split(), '', *'4a 4b 4c 4d 4e'.split(),
                                        '', *'5a 5b'.split(), '', '']  # fmt: skip
    assert texts(googlenet, 'stage') == ['stage1', 'stage2', 'stage3', 'stage4', 'stage5', 'head']
    assert texts(googlenet, 'shape')[-3:] == ['1024 × 3 × 3', '1024 × 1 × 1', '10']


def test_each_text_is_inside_its_box(googlenet):
    googlenet.canvas.draw()
    axes = googlenet.axes[0]
    boxes = [patch.get_window_extent() for patch in axes.patches if patch.get_gid() == 'box']
    labels = [text.get_window_extent() for text in axes.texts if text.get_gid() == 'label']

    for box, label in zip(boxes, labels, strict=True):
        assert box.x0 < label.x0 and label.x1 < box.x1 and box.y0 < label.y0 and label.y1 < box.y1


def test_the_words_hold_all_numbers(googlenet):
    assert (
        '3a: [branch1x1: 1×1 conv, 192 → 64; branch3x3: 1×1 conv, 192 → 96, then' in googlenet.alt
    )
    assert googlenet.alt.endswith('head: dense, 1024 → 10, 10.')


@pytest.mark.parametrize(
    ('net', 'shape', 'parts'),
    [
        (networks.GoogLeNet(1000, aux=True), (1, 3, 224, 224),
         'stage1 stage2 stage3 4a aux_4a 4b 4c 4d aux_4d 4e pool stage5 main'),
        (networks.InceptionV3(1000, aux=True), (1, 3, 299, 299),
         'stem stage5 stage6 aux stage7 main'),
    ],
)  # fmt: skip
def test_each_classifier_stands_after_the_block_that_it_reads(net, shape, parts):
    picture = figures.head_map(net, shape)
    assert texts(picture, 'label') == parts.split()
    assert texts(picture, 'shape')[-1] == '1000'
    test_each_text_is_inside_its_box(picture)


def test_a_network_without_auxiliary_classifiers_has_none_to_draw():
    with pytest.raises(ValueError, match='net must have auxiliary classifiers'):
        figures.head_map(networks.GoogLeNet(), (1, 1, 96, 96))


@pytest.mark.parametrize(
    ('net', 'words'),
    [
        (nn.Dense(3), 'net must be a HybridSequential with children, got Dense'),
        (seq(stage=seq(a=seq(conv(2, 1), conv(2, 3)))), 'net has a chain of layers at stage.a'),
        (
            seq(stage=seq(a=Concat(b=Concat(c=conv(2, 1)), d=max_pool(strides=1)))),
            'net has branches inside',
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(net, words):
    with pytest.raises(ValueError, match=words):
        figures.layer_map(net, (1, 1, 8, 8))
