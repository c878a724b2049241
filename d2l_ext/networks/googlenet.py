"""GoogLeNet, as the lecture trains it.

Szegedy et al. 2015, "Going deeper with convolutions" (arXiv 1409.4842), Table 1 and Figure 2(b).
Differs from the paper: no local response normalization, no dropout, no auxiliary classifiers.
"""

from mxnet.gluon import nn

from ..blocks import Concat, conv, max_pool, seq

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


def googlenet(classes=10, *, stage2_activation='relu'):
    """Build the lecture's network: five stages and a dense layer, (N, C, H, W) to (N, classes).

    The lecture's own stage 2 has no activations: `stage2_activation=None` gives that version.
    5 977 530 parameters with 1 input channel and 10 classes, 6 998 552 with 3 and 1000.
    """
    _check_positive('classes', classes)
    return seq(
        stage1=seq(conv(64, 7, strides=2), max_pool()),
        stage2=seq(
            conv(64, 1, activation=stage2_activation),
            conv(192, 3, activation=stage2_activation),
            max_pool(),
        ),
        stage3=seq(**_inceptions('3'), pool=max_pool()),
        stage4=seq(**_inceptions('4'), pool=max_pool()),
        stage5=seq(**_inceptions('5'), pool=nn.GlobalAvgPool2D()),
        head=nn.Dense(classes),
    )


def _inceptions(stage):
    return {
        f'inception_{name}': Inception(c1, (r3, c3), (r5, c5), c4)
        for name, (c1, r3, c3, r5, c5, c4) in GOOGLENET.items()
        if name.startswith(stage)
    }


def _check_channels(**channels):
    for name, value in channels.items():
        if name in ('c2', 'c3'):
            if not (isinstance(value, (tuple, list)) and len(value) == 2):
                raise ValueError(f'{name} must be a pair (reduce, channels), got {value!r}')
            for entry in value:
                _check_positive(name, entry)
        else:
            _check_positive(name, value)


def _check_positive(name, value):
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f'{name} must be a positive integer, got {value!r}')
