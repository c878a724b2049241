"""Blocks that more than one of the networks has; a branch is a row of (channels, kernel, …) steps."""

from mxnet.gluon import nn

from .blocks import Concat, conv_bn, max_pool, seq, units


def stem_v3():
    """Bring images (N, C, 299, 299) to (N, 192, 35, 35): the stem of V3 and of Inception-ResNet-V2."""
    return seq(
        conv_1a=conv_bn(32, 3, 2, 0),
        conv_2a=conv_bn(32, 3, 1, 0),
        conv_2b=conv_bn(64, 3),
        pool_3a=max_pool(padding=0),
        conv_3b=conv_bn(80, 1),
        conv_4a=conv_bn(192, 3, 1, 0),
        pool_5a=max_pool(padding=0),
    )


def inception_3x3(c1, c3, d3, proj, pool, unit=conv_bn):
    """Join a 1x1, a 3x3, two 3x3 in a row and a projection of what `pool` leaves.

    `c3` is (reduce, channels), `d3` (reduce, channels, channels).
    """
    return Concat(
        branch1x1=unit(c1, 1),
        branch3x3=units((c3[0], 1), (c3[1], 3), unit=unit),
        branch3x3dbl=units((d3[0], 1), (d3[1], 3), (d3[2], 3), unit=unit),
        branch_pool=seq(pool, unit(proj, 1)),
    )


def inception_5x5(c1, c5, d3, proj, pool):
    """Join a 1x1, a 5x5, two 3x3 in a row and a projection; arguments as of `inception_3x3`."""
    return Concat(
        branch1x1=conv_bn(c1, 1),
        branch5x5=units((c5[0], 1), (c5[1], 5)),
        branch3x3dbl=units((d3[0], 1), (d3[1], 3), (d3[2], 3)),
        branch_pool=seq(pool, conv_bn(proj, 1)),
    )


def inception_7x7(c1, c7, d7, proj, pool):
    """Join a 1x1, a factorized 7x7, two of them in a row and a projection of what `pool` leaves.

    `c7` is (reduce, 1x7, 7x1), `d7` (reduce, 7x1, 1x7, 7x1, 1x7).
    """
    wide, tall = (1, 7), (7, 1)
    return Concat(
        branch1x1=conv_bn(c1, 1),
        branch7x7=units((c7[0], 1), (c7[1], wide), (c7[2], tall)),
        branch7x7dbl=units((d7[0], 1), (d7[1], tall), (d7[2], wide), (d7[3], tall), (d7[4], wide)),
        branch_pool=seq(pool, conv_bn(proj, 1)),
    )


def inception_1x3(c1, c3, steps, proj, pool):
    """Join a 1x1, a 3x3 split in two, a longer row split in two and a projection of what `pool` leaves.

    A 3x3 is split into a 1x3 beside a 3x1. `c3` is (reduce, channels of each half, in both branches);
    `steps` are those of the longer row up to its split.
    """
    return Concat(
        branch1x1=conv_bn(c1, 1),
        branch3x3=seq(conv_bn(c3[0], 1), _split_3x3(c3[1])),
        branch3x3dbl=seq(*units(*steps), _split_3x3(c3[1])),
        branch_pool=seq(pool, conv_bn(proj, 1)),
    )


def _split_3x3(channels):
    return Concat(branch1x3=conv_bn(channels, (1, 3)), branch3x1=conv_bn(channels, (3, 1)))


def reduction_3x3(c3, d3):
    """Halve the grid by a 3x3, by two 3x3 in a row and by pooling: 35 x 35 to 17 x 17.

    `c3` is a number of channels, `d3` (reduce, channels, channels).
    """
    return Concat(
        branch3x3=conv_bn(c3, 3, 2, 0),  # no padding: the grid must shrink
        branch3x3dbl=units((d3[0], 1), (d3[1], 3), (d3[2], 3, 2, 0)),
        branch_pool=max_pool(padding=0),
    )


def reduction_7x7(c3, c7):
    """Halve the grid by a 3x3, by a factorized 7x7 with a 3x3 and by pooling: 17 x 17 to 8 x 8.

    `c3` is (reduce, channels), `c7` (reduce, 1x7, 7x1, 3x3).
    """
    return Concat(
        branch3x3=units((c3[0], 1), (c3[1], 3, 2, 0)),
        branch7x7x3=units((c7[0], 1), (c7[1], (1, 7)), (c7[2], (7, 1)), (c7[3], 3, 2, 0)),
        branch_pool=max_pool(padding=0),
    )


def classifier(classes, dropout):
    """Build what ends a network: the mean of each channel, dropout, a dense layer."""
    return seq(pool=nn.GlobalAvgPool2D(), dropout=nn.Dropout(dropout), scores=nn.Dense(classes))
