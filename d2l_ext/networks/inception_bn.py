"""Inception-BN, also called V2: batch normalization after every convolution, two 3x3 in place of each 5x5.

Ioffe and Szegedy 2015, "Batch Normalization" (arXiv 1502.03167), Figure 5. Differs from the paper: its
table prints 128 for the pool projections of 4c and 4d, which contradicts the 576 channels that it gives
as their output; its authors' code has the 96 that fit. The first convolution is not a separable one.
Shapes in comments are channels x height x width for the paper's images, 3 x 224 x 224.
"""

from mxnet.gluon import Block

from ..runtime.arguments import brief, one_of, whole
from . import shared_blocks
from .blocks import Concat, avg_pool, conv_bn, max_pool, seq
from .network import Network

# Figure 5: the channels inside each block, and what leaves it. A block without a 1x1 halves the grid, and
# its pooling passes all channels through
# fmt: off
INCEPTION_BN = {
    #       1x1   3x3  3x3   3x3dbl 3x3dbl  pool  pool
    #          reduce        reduce               proj
    '3a': ( 64,   64,  64,       64,  96,  'avg',  32),  # 256 x 28 x 28
    '3b': ( 64,   64,  96,       64,  96,  'avg',  64),  # 320 x 28 x 28
    '3c': (  0,  128, 160,       64,  96,  'max',   0),  # 576 x 14 x 14
    '4a': (224,   64,  96,       96, 128,  'avg', 128),  # 576 x 14 x 14
    '4b': (192,   96, 128,       96, 128,  'avg', 128),  # 576 x 14 x 14
    '4c': (160,  128, 160,      128, 160,  'avg',  96),  # 576 x 14 x 14
    '4d': ( 96,  128, 192,      160, 192,  'avg',  96),  # 576 x 14 x 14
    '4e': (  0,  128, 192,      192, 256,  'max',   0),  # 1024 x 7 x 7
    '5a': (352,  192, 320,      160, 224,  'avg', 128),  # 1024 x 7 x 7
    '5b': (352,  192, 320,      192, 224,  'max', 128),  # 1024 x 7 x 7
}
# fmt: on


def InceptionBN(classes=1000, *, unit=conv_bn):
    """Build Inception-BN: images (N, C, H, W), 224 x 224 in the paper, to scores (N, classes).

    `unit(channels, kernel=…, strides=…)` builds a convolution with what follows it: `blocks.conv` gives
    the same network without normalization. 11 194 984 parameters with 3 channels and 1000 classes.
    """
    classes = whole('classes', classes)
    _check_unit(unit)
    return Network(
        'Inception-BN',
        stage1=seq(
            unit(64, kernel=7, strides=2),  # 64 x 112 x 112
            max_pool(kernel=3, strides=2),  # 64 x 56 x 56
        ),
        stage2=seq(
            unit(64, kernel=1),
            unit(192, kernel=3),  # 192 x 56 x 56
            max_pool(kernel=3, strides=2),  # 192 x 28 x 28
        ),
        stage3=seq(**inception_bn_blocks('3', unit)),  # 576 x 14 x 14
        stage4=seq(**inception_bn_blocks('4', unit)),  # 1024 x 7 x 7
        stage5=seq(**inception_bn_blocks('5', unit)),  # 1024 x 7 x 7
        head=shared_blocks.classifier(classes, dropout=0.0),  # section 4.2.1 takes it out
    )


def inception_bn_blocks(stage, unit=conv_bn) -> dict:
    """Build the blocks of `stage`, '3', '4' or '5', by name: {'inception_3a': block, …}."""
    _check_unit(unit)
    one_of('stage', stage, ('3', '4', '5'))
    return {
        f'inception_{name}': inception_bn_block(*row, unit=unit)
        for name, row in INCEPTION_BN.items()
        if name.startswith(stage)
    }


def inception_bn_block(
    conv1x1, reduce3x3, conv3x3, reduce3x3dbl, conv3x3dbl, pool, pool_proj, unit=conv_bn
):
    """Build the block of one row of the table; `pool` is 'avg' or 'max'."""
    one_of('pool', pool, ('avg', 'max'))
    if not conv1x1:
        return Concat(
            branch3x3=seq(unit(reduce3x3, kernel=1), unit(conv3x3, kernel=3, strides=2)),
            branch3x3dbl=seq(
                unit(reduce3x3dbl, kernel=1),
                unit(conv3x3dbl, kernel=3),
                unit(conv3x3dbl, kernel=3, strides=2),
            ),
            branch_pool=max_pool(kernel=3, strides=2),
        )
    return shared_blocks.inception_3x3(
        branch1x1=conv1x1,
        branch3x3=(reduce3x3, conv3x3),
        branch3x3dbl=(reduce3x3dbl, conv3x3dbl, conv3x3dbl),
        branch_pool=pool_proj,
        pool=max_pool(kernel=3, strides=1) if pool == 'max' else avg_pool(kernel=3, strides=1),
        unit=unit,
    )


def _check_unit(unit):
    if not callable(unit) or isinstance(unit, Block):  # a layer is called with images
        raise ValueError(f'unit must build a layer as conv_bn and conv do, got {brief(unit)}')
