"""GoogLeNet: as the lecture trains it, and as the paper does.

Szegedy et al. 2015, "Going deeper with convolutions" (arXiv 1409.4842), Table 1, Figures 2(b) and 3.
The defaults are the lecture's: they differ from the paper, which has local response normalization,
dropout of 0.4 and two auxiliary classifiers: `GoogLeNet(1000, lrn=True, dropout=0.4, aux=True)`.
Shapes in comments are channels x height x width for the paper's images, 3 x 224 x 224.
"""

from mxnet.gluon import nn

from ..runtime.arguments import brief, flag, number, one_of, whole
from .blocks import ACTIVATIONS, Concat, conv, max_pool, seq
from .network import Heads, Network, NetworkWithHeads

# Table 1: the channels inside each block, and what leaves it
# fmt: off
GOOGLENET = {
    #       1x1   3x3  3x3   5x5  5x5  pool
    #          reduce     reduce       proj
    '3a': ( 64,   96, 128,   16,  32,   32),  # 256 x 28 x 28
    '3b': (128,  128, 192,   32,  96,   64),  # 480 x 28 x 28
    '4a': (192,   96, 208,   16,  48,   64),  # 512 x 14 x 14
    '4b': (160,  112, 224,   24,  64,   64),  # 512 x 14 x 14
    '4c': (128,  128, 256,   24,  64,   64),  # 512 x 14 x 14
    '4d': (112,  144, 288,   32,  64,   64),  # 528 x 14 x 14
    '4e': (256,  160, 320,   32, 128,  128),  # 832 x 14 x 14
    '5a': (256,  160, 320,   32, 128,  128),  # 832 x 7 x 7
    '5b': (384,  192, 384,   48, 128,  128),  # 1024 x 7 x 7
}
# fmt: on


def GoogLeNet(classes=10, *, stage2_activation='relu', lrn=False, dropout=0.0, aux=False):
    """Build GoogLeNet: five stages and a dense layer, images (N, C, H, W) to scores (N, classes).

    The lecture's own stage 2 has no activations: `stage2_activation=None` gives that version. `lrn`
    normalizes around the second stage's convolutions, `dropout` acts on the pooled channels. With `aux`
    it returns (main, aux_4a, aux_4d) in training, for `joint_loss`, and takes no images below 65 x 65.
    5 977 530 parameters with 1 input channel and 10 classes, 6 998 552 with 3 and 1000, and
    13 378 280 with auxiliary classifiers.
    """
    classes = whole('classes', classes)
    dropout = number('dropout', dropout, least=0, below=1)
    lrn, aux = flag('lrn', lrn), flag('aux', aux)
    if stage2_activation is not None:
        one_of('stage2_activation', stage2_activation, ACTIVATIONS)
    stages = dict(
        stage1=seq(
            conv(64, kernel=7, strides=2),  # 64 x 112 x 112
            max_pool(kernel=3, strides=2),  # 64 x 56 x 56
            *([LRN()] if lrn else []),
        ),
        stage2=seq(
            conv(64, kernel=1, activation=stage2_activation),
            conv(192, kernel=3, activation=stage2_activation),  # 192 x 56 x 56
            *([LRN()] if lrn else []),
            max_pool(kernel=3, strides=2),  # 192 x 28 x 28
        ),
        stage3=seq(
            **inception_blocks(stage='3'),  # 480 x 28 x 28
            pool=max_pool(kernel=3, strides=2),  # 480 x 14 x 14
        ),
        stage4=seq(
            **inception_blocks(stage='4'),  # 832 x 14 x 14
            pool=max_pool(kernel=3, strides=2),  # 832 x 7 x 7
        ),
        stage5=seq(
            **inception_blocks(stage='5'),  # 1024 x 7 x 7
            pool=nn.GlobalAvgPool2D(),  # 1024 x 1 x 1
            **({'dropout': nn.Dropout(dropout)} if dropout else {}),
        ),
    )
    main = nn.Dense(classes)
    if not aux:
        return Network('GoogLeNet', **stages, head=main)
    heads = Heads(
        main,
        sources={'aux_4a': (512, 14, 14), 'aux_4d': (528, 14, 14)},  # only the channels bind
        aux_4a=auxiliary_classifier(classes),
        aux_4d=auxiliary_classifier(classes),
    )
    taps = {'stage4.inception_4a': 'aux_4a', 'stage4.inception_4d': 'aux_4d'}  # section 5
    return NetworkWithHeads('GoogLeNet', taps, **stages, head=heads)


class Inception(Concat):
    """Join a 1x1, a 3x3, a 5x5 convolution and a pooled projection of one input (N, C, H, W): Figure 2(b).

    `c1` and `c4` are channels, `c2` and `c3` pairs (reduce, channels), as in the lecture. The output is
    (N, c1 + c2[1] + c3[1] + c4, H, W). Raises ValueError for anything else than positive integers.
    """

    def __init__(self, c1, c2, c3, c4):
        whole('c1', c1)
        _check_pair('c2', c2)
        _check_pair('c3', c3)
        whole('c4', c4)
        super().__init__(
            branch1x1=conv(c1, kernel=1),
            branch3x3=seq(conv(c2[0], kernel=1), conv(c2[1], kernel=3)),
            branch5x5=seq(conv(c3[0], kernel=1), conv(c3[1], kernel=5)),
            branch_pool=seq(max_pool(kernel=3, strides=1), conv(c4, kernel=1)),
        )


def inception_blocks(stage) -> dict:
    """Build the Inception blocks of `stage`, '3', '4' or '5', by name: {'inception_3a': block, …}."""
    one_of('stage', stage, ('3', '4', '5'))
    return {
        f'inception_{name}': Inception(
            conv1x1, (reduce3x3, conv3x3), (reduce5x5, conv5x5), pool_proj
        )
        for name, (conv1x1, reduce3x3, conv3x3, reduce5x5, conv5x5, pool_proj) in GOOGLENET.items()
        if name.startswith(stage)
    }


def auxiliary_classifier(classes):
    """Build the classifier that GoogLeNet has on the side, a block's output to scores (N, classes).

    Differs from the paper on grids other than 14 x 14: what its pooling leaves is averaged, or
    repeated, to the 4 x 4 that the dense layer is made for. Source: section 5 of the paper.
    """
    classes = whole('classes', classes)
    return seq(
        pool=nn.AvgPool2D(5, strides=3),
        fit=AdaptiveAvgPool(4),
        conv=conv(128, kernel=1),  # 128 x 4 x 4
        hidden=nn.Dense(1024, activation='relu'),
        dropout=nn.Dropout(0.7),
        scores=nn.Dense(classes),
    )


class LRN(nn.HybridBlock):
    """Local response normalization: divide each value by what 5 channels have at its place (N, C, H, W).

    The divisor is (1 + 1e-4 / 5 * sum of their squares) ** 0.75. Krizhevsky et al. 2012, section 3.3;
    the paper gives no constants, these are those of Caffe's GoogLeNet.
    """

    def hybrid_forward(self, F, x):
        x = x.as_nd_ndarray()
        return F.LRN(x, nsize=5, alpha=1e-4, beta=0.75, knorm=1).as_np_ndarray()


class AdaptiveAvgPool(nn.HybridBlock):
    """Average (N, C, H, W) to (N, C, size, size), whatever H and W are."""

    def __init__(self, size):
        super().__init__()
        self.size = whole('size', size)

    def hybrid_forward(self, F, x):
        pooled = F.contrib.AdaptiveAvgPooling2D(x.as_nd_ndarray(), output_size=self.size)
        return pooled.as_np_ndarray()


def _check_pair(name, value):
    if not (isinstance(value, (tuple, list)) and len(value) == 2):
        raise ValueError(f'{name} must be a pair (reduce, channels), got {brief(value)}')
    for channels in value:
        whole(name, channels)
