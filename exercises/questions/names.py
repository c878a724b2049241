"""What the check of a question may use, beside `numbers`, `output` and `says` of its page."""

import math
import statistics
import struct

from d2l_ext import analysis, data, networks, training
from d2l_ext.analysis import count_macs as macs
from d2l_ext.analysis import count_parameters as parameters
from d2l_ext.analysis import receptive_fields
from d2l_ext.networks.blocks import Concat, conv, conv_bn, max_pool, seq
from d2l_ext.networks.googlenet import GOOGLENET
from d2l_ext.networks.inception_bn import INCEPTION_BN, inception_bn_block
from d2l_ext.networks.inception_resnet_v2 import inception_resnet_v2_a

from mxnet.gluon import nn

__all__ = [
    'GOOGLENET',
    'INCEPTION_BN',
    'Concat',
    'analysis',
    'block_3a',
    'conv',
    'conv_bn',
    'data',
    'inception_bn_block',
    'inception_resnet_v2_a',
    'macs',
    'math',
    'max_pool',
    'naive',
    'networks',
    'nn',
    'out',
    'parameters',
    'seen_by',
    'seq',
    'statistics',
    'struct',
    'training',
]


def out(net, shape) -> tuple:
    """Return what leaves `net` for an input of `shape` (N, C, H, W), without the batch axis."""
    return analysis.trace(net, shape)[-1].out_shape[1:]


def seen_by(*layers) -> int:
    """Return the side of the square of the input that one output of `layers`, in a row, sees."""
    net = seq(block=Concat(branch=seq(*layers)))
    return receptive_fields.receptive_field(net, 'block', 'branch').size


def block_3a():
    """Build GoogLeNet's first block."""
    return networks.Inception(64, (96, 128), (16, 32), 32)


def naive(c1, c3, c5):
    """Build a block without reductions: lesson 01."""
    return Concat(
        branch1x1=conv(c1, 1),
        branch3x3=conv(c3, 3),
        branch5x5=conv(c5, 5),
        branch_pool=max_pool(kernel=3, strides=1),
    )
