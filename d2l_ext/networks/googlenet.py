"""GoogLeNet: as the lecture trains it, and as the paper does.

Szegedy et al. 2015, "Going deeper with convolutions" (arXiv 1409.4842), Table 1, Figures 2(b) and 3.
The defaults are the lecture's: they differ from the paper, which has local response normalization,
dropout of 0.4 and two auxiliary classifiers: `GoogLeNet(1000, lrn=True, dropout=0.4, aux=True)`.
"""

from mxnet.gluon import nn

from ..runtime.arguments import number, whole
from .blocks import Concat, conv, max_pool, seq
from .network import Heads, Network, NetworkWithHeads

# block: #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj (Table 1)
GOOGLENET = {
    '3a': (64, 96, 128, 16, 32, 32),
    '3b': (128, 128, 192, 32, 96, 64),
    '4a': (192, 96, 208, 16, 48, 64),
    '4b': (160, 112, 224, 24, 64, 64),
    '4c': (128, 128, 256, 24, 64, 64),
    '4d': (112, 144, 288, 32, 64, 64),
    '4e': (256, 160, 320, 32, 128, 128),
    '5a': (256, 160, 320, 32, 128, 128),
    '5b': (384, 192, 384, 48, 128, 128),
}
AUXILIARY = ('4a', '4d')  # the blocks whose output an auxiliary classifier reads (section 5)


class Inception(Concat):
    """Join a 1x1, a 3x3, a 5x5 convolution and a pooled projection of one input (N, C, H, W).

    `c1` and `c4` are channels, `c2` and `c3` pairs (reduce, channels), as in the lecture. The output is
    (N, c1 + c2[1] + c3[1] + c4, H, W). Raises ValueError for anything else than positive integers.
    """

    def __init__(self, c1, c2, c3, c4):
        _check_channels(c1=c1, c2=c2, c3=c3, c4=c4)
        super().__init__(
            branch1x1=conv(c1, 1),
            branch3x3=seq(conv(c2[0], 1), conv(c2[1], 3)),
            branch5x5=seq(conv(c3[0], 1), conv(c3[1], 5)),
            branch_pool=seq(max_pool(3, strides=1), conv(c4, 1)),
        )


def GoogLeNet(classes=10, *, stage2_activation='relu', lrn=False, dropout=0.0, aux=False):
    """Build GoogLeNet: five stages and a dense layer, images (N, C, H, W) to scores (N, classes).

    The lecture's own stage 2 has no activations: `stage2_activation=None` gives that version. `lrn`
    normalizes around the second stage's convolutions, `dropout` acts on the pooled channels. With `aux`
    it returns (main, aux_4a, aux_4d) in training, for `joint_loss`, and takes no images below 65 x 65.
    5 977 530 parameters with 1 input channel and 10 classes, 6 998 552 with 3 and 1000, and
    13 378 280 with auxiliary classifiers.
    """
    whole('classes', classes)
    number('dropout', dropout, least=0, below=1)
    last = {'dropout': nn.Dropout(dropout)} if dropout else {}
    stages = {
        'stage1': seq(conv(64, 7, strides=2), max_pool(), *_norm(lrn)),
        'stage2': seq(
            conv(64, 1, activation=stage2_activation),
            conv(192, 3, activation=stage2_activation),
            *_norm(lrn),
            max_pool(),
        ),
        'stage3': seq(**_inceptions('3'), pool=max_pool()),
        'stage4': seq(**_inceptions('4'), pool=max_pool()),
        'stage5': seq(**_inceptions('5'), pool=nn.GlobalAvgPool2D(), **last),
    }
    main = nn.Dense(classes)
    if not aux:
        return Network('GoogLeNet', **stages, head=main)
    heads = {f'aux_{name}': auxiliary_classifier(classes) for name in AUXILIARY}
    # 14 x 14 in the paper; only the channels bind
    sources = {f'aux_{name}': (_channels(name), 14, 14) for name in AUXILIARY}
    taps = {f'stage4.inception_{name}': f'aux_{name}' for name in AUXILIARY}
    return NetworkWithHeads('GoogLeNet', taps, **stages, head=Heads(main, sources, **heads))


def auxiliary_classifier(classes):
    """Build the classifier that GoogLeNet has on the side, a block's output to scores (N, classes).

    Differs from the paper on grids other than 14 x 14: what its pooling leaves is averaged, or
    repeated, to the 4 x 4 that the dense layer is made for.
    """
    return seq(
        pool=nn.AvgPool2D(5, strides=3),
        fit=AdaptiveAvgPool(4),
        conv=conv(128, 1),
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
        self.size = size

    def hybrid_forward(self, F, x):
        pooled = F.contrib.AdaptiveAvgPooling2D(x.as_nd_ndarray(), output_size=self.size)
        return pooled.as_np_ndarray()


def _norm(wanted):
    return [LRN()] if wanted else []


def _inceptions(stage):
    return {
        f'inception_{name}': Inception(c1, (r3, c3), (r5, c5), c4)
        for name, (c1, r3, c3, r5, c5, c4) in GOOGLENET.items()
        if name.startswith(stage)
    }


def _channels(name):
    c1, _, c3, _, c5, c4 = GOOGLENET[name]
    return c1 + c3 + c5 + c4


def _check_channels(**channels):
    for name, value in channels.items():
        if name in ('c2', 'c3'):
            if not (isinstance(value, (tuple, list)) and len(value) == 2):
                raise ValueError(f'{name} must be a pair (reduce, channels), got {value!r}')
            for entry in value:
                whole(name, entry)
        else:
            whole(name, value)
