"""Inception-BN, also called V2: batch normalization after every convolution, two 3x3 in place of each 5x5.

Ioffe and Szegedy 2015, "Batch Normalization" (arXiv 1502.03167), Figure 5. Differs from the paper: its
table prints 128 for the pool projections of 4c and 4d, which contradicts the 576 channels that it gives
as their output; its authors' code has the 96 that fit. The first convolution is not a separable one.
"""

from ..runtime.arguments import whole
from . import shared_blocks
from .blocks import Concat, avg_pool, conv_bn, max_pool, seq, units
from .network import Network

# block: #1x1, #3x3 reduce, #3x3, double #3x3 reduce, double #3x3, pool, pool proj (Figure 5); a block
# without #1x1 halves the grid, and its pooling passes all channels through
INCEPTION_BN = {
    '3a': (64, 64, 64, 64, 96, 'avg', 32),
    '3b': (64, 64, 96, 64, 96, 'avg', 64),
    '3c': (0, 128, 160, 64, 96, 'max', 0),
    '4a': (224, 64, 96, 96, 128, 'avg', 128),
    '4b': (192, 96, 128, 96, 128, 'avg', 128),
    '4c': (160, 128, 160, 128, 160, 'avg', 96),
    '4d': (96, 128, 192, 160, 192, 'avg', 96),
    '4e': (0, 128, 192, 192, 256, 'max', 0),
    '5a': (352, 192, 320, 160, 224, 'avg', 128),
    '5b': (352, 192, 320, 192, 224, 'max', 128),
}


def inception_bn_block(c1, r3, c3, rd, d3, pool, proj, unit=conv_bn):
    """Build the block of one row of the table; `pool` is 'avg' or 'max'."""
    if pool not in ('avg', 'max'):
        raise ValueError(f"pool must be 'avg' or 'max', got {pool!r}")
    if not c1:
        return Concat(
            branch3x3=units((r3, 1), (c3, 3, 2), unit=unit),
            branch3x3dbl=units((rd, 1), (d3, 3), (d3, 3, 2), unit=unit),
            branch_pool=max_pool(),
        )
    pooled = max_pool(strides=1) if pool == 'max' else avg_pool()
    return shared_blocks.inception_3x3(c1, (r3, c3), (rd, d3, d3), proj, pooled, unit)


def InceptionBN(classes=1000, *, unit=conv_bn):
    """Build Inception-BN: images (N, C, H, W), 224 x 224 in the paper, to scores (N, classes).

    `unit` builds a convolution with what follows it: `blocks.conv` gives the same network without
    normalization. 11 194 984 parameters with 3 channels and 1000 classes.
    """
    whole('classes', classes)
    if not callable(unit):
        raise ValueError(f'unit must build a layer as conv_bn and conv do, got {unit!r}')
    return Network(
        'Inception-BN',
        stage1=seq(unit(64, 7, 2), max_pool()),
        stage2=seq(unit(64, 1), unit(192, 3), max_pool()),
        **{
            f'stage{number}': seq(
                **{
                    f'inception_{name}': inception_bn_block(*row, unit=unit)
                    for name, row in INCEPTION_BN.items()
                    if name.startswith(number)
                }
            )
            for number in '345'
        },
        head=shared_blocks.classifier(classes, dropout=0.0),  # section 4.2.1 takes it out
    )
