"""Blocks that more than one of the networks has.

A block is given the channels of each branch, one number a convolution, in the order of the forward pass.
Shapes in comments are channels x height x width for images of 3 x 299 x 299.
"""

from mxnet.gluon import nn

from ..runtime.arguments import number, whole
from .blocks import Concat, conv_bn, max_pool, seq


def stem_v3():
    """Build the stem of V3 and of Inception-ResNet-V2: images (N, C, 299, 299) to (N, 192, 35, 35)."""
    return seq(
        conv_1a=conv_bn(32, kernel=3, strides=2, padding=0),  # 32 x 149 x 149
        conv_2a=conv_bn(32, kernel=3, padding=0),  # 32 x 147 x 147
        conv_2b=conv_bn(64, kernel=3),  # 64 x 147 x 147
        pool_3a=max_pool(kernel=3, strides=2, padding=0),  # 64 x 73 x 73
        conv_3b=conv_bn(80, kernel=1),  # 80 x 73 x 73
        conv_4a=conv_bn(192, kernel=3, padding=0),  # 192 x 71 x 71
        pool_5a=max_pool(kernel=3, strides=2, padding=0),  # 192 x 35 x 35
    )


def classifier(classes, dropout):
    """Build what ends a network: the mean of each channel, dropout, a dense layer."""
    classes = whole('classes', classes)
    dropout = number('dropout', dropout, least=0, below=1)
    return seq(pool=nn.GlobalAvgPool2D(), dropout=nn.Dropout(dropout), scores=nn.Dense(classes))


def inception_3x3(*, branch1x1, branch3x3, branch3x3dbl, branch_pool, pool, unit=conv_bn):
    """Join a 1x1, a 3x3, two 3x3 in a row and a 1x1 of what `pool` leaves."""
    return Concat(
        branch1x1=unit(branch1x1, kernel=1),
        branch3x3=in_a_row(branch3x3, kernels=(1, 3), unit=unit),
        branch3x3dbl=in_a_row(branch3x3dbl, kernels=(1, 3, 3), unit=unit),
        branch_pool=seq(pool, unit(branch_pool, kernel=1)),
    )


def inception_5x5(*, branch1x1, branch5x5, branch3x3dbl, branch_pool, pool):
    """Join a 1x1, a 5x5, two 3x3 in a row and a 1x1 of what `pool` leaves."""
    return Concat(
        branch1x1=conv_bn(branch1x1, kernel=1),
        branch5x5=in_a_row(branch5x5, kernels=(1, 5)),
        branch3x3dbl=in_a_row(branch3x3dbl, kernels=(1, 3, 3)),
        branch_pool=seq(pool, conv_bn(branch_pool, kernel=1)),
    )


def inception_7x7(*, branch1x1, branch7x7, branch7x7dbl, branch_pool, pool):
    """Join a 1x1, a factorized 7x7, two of them in a row and a 1x1 of what `pool` leaves."""
    wide, tall = (1, 7), (7, 1)
    return Concat(
        branch1x1=conv_bn(branch1x1, kernel=1),
        branch7x7=in_a_row(branch7x7, kernels=(1, wide, tall)),
        branch7x7dbl=in_a_row(branch7x7dbl, kernels=(1, tall, wide, tall, wide)),
        branch_pool=seq(pool, conv_bn(branch_pool, kernel=1)),
    )


def split_3x3(channels):
    """Join a 1x3 beside a 3x1, both of `channels`: what V3 and V4 have in place of a last 3x3."""
    return Concat(
        branch1x3=conv_bn(channels, kernel=(1, 3)), branch3x1=conv_bn(channels, kernel=(3, 1))
    )


def reduction_3x3(*, branch3x3, branch3x3dbl):
    """Halve the grid by a 3x3, by two 3x3 in a row and by pooling: 35 x 35 to 17 x 17.

    No padding where the strides are 2: the grid must shrink.
    """
    reduce, channels, last = branch3x3dbl
    return Concat(
        branch3x3=conv_bn(branch3x3, kernel=3, strides=2, padding=0),
        branch3x3dbl=seq(
            conv_bn(reduce, kernel=1),
            conv_bn(channels, kernel=3),
            conv_bn(last, kernel=3, strides=2, padding=0),
        ),
        branch_pool=max_pool(kernel=3, strides=2, padding=0),
    )


def reduction_7x7(*, branch3x3, branch7x7x3):
    """Halve the grid by a 3x3, by a factorized 7x7 with a 3x3 and by pooling: 17 x 17 to 8 x 8."""
    reduce, last = branch3x3
    reduce7x7, wide, tall, last7x7 = branch7x7x3
    return Concat(
        branch3x3=seq(conv_bn(reduce, kernel=1), conv_bn(last, kernel=3, strides=2, padding=0)),
        branch7x7x3=seq(
            conv_bn(reduce7x7, kernel=1),
            conv_bn(wide, kernel=(1, 7)),
            conv_bn(tall, kernel=(7, 1)),
            conv_bn(last7x7, kernel=3, strides=2, padding=0),
        ),
        branch_pool=max_pool(kernel=3, strides=2, padding=0),
    )


def in_a_row(channels, kernels, unit=conv_bn):
    """Chain one `unit` for each entry of `channels` and `kernels`."""
    return seq(*(unit(c, kernel=kernel) for c, kernel in zip(channels, kernels, strict=True)))
