"""Inception-V3: 5x5 and 7x7 kernels as rows of smaller ones, reduction blocks, an auxiliary classifier.

Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision" (arXiv 1512.00567), Table
1, Figures 5 to 8 and 10, as its authors released it: the form whose weights torchvision and timm publish.
Differs from Table 1: the stem has a 1x1 to 80, a 3x3 to 192 and a pooling where the table has a 3x3 to
80, a 3x3 of stride 2 to 192 and a 3x3 to 288; the channels inside the blocks are the release's.
"""

import math

import mxnet as mx
from mxnet.gluon import nn

from ..blocks import Concat, avg_pool, conv_bn, seq
from . import parts
from .network import Heads, Network, NetworkWithHeads, check_positive, check_rate

# block: its kind, and the channels in which it differs from the others of that kind
INCEPTION_V3 = {
    '5b': ('a', 32),  # pool proj
    '5c': ('a', 64),
    '5d': ('a', 64),
    '6a': ('b',),
    '6b': ('c', 128),  # inside the factorized 7x7
    '6c': ('c', 160),
    '6d': ('c', 160),
    '6e': ('c', 192),
    '7a': ('d',),
    '7b': ('e',),
    '7c': ('e',),
}
# ImageNet's red, green, blue: mean and standard deviation of a pixel from 0 to 1
IMAGENET = ((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))
# standard deviations of the initial weights: everywhere, and in two layers of the auxiliary classifier
STDDEV, STDDEV_AUX_5X5, STDDEV_AUX_SCORES = 0.1, 0.01, 0.001


def inception_v3_a(proj):
    """Build a block of Figure 5, at 35 x 35: the 5x5 of GoogLeNet, and another as two 3x3."""
    return parts.inception_5x5(64, (48, 64), (64, 96, 96), proj, _pool())


def reduction_v3_b():
    """Build the block of Figure 10 between 35 x 35 and 17 x 17."""
    return parts.reduction_3x3(384, (64, 96, 96))


def inception_v3_c(c7):
    """Build a block of Figure 6, at 17 x 17; `c7` are the channels inside the factorized 7x7."""
    return parts.inception_7x7(192, (c7, c7, 192), (c7, c7, c7, c7, 192), 192, _pool())


def reduction_v3_d():
    """Build the block between 17 x 17 and 8 x 8."""
    return parts.reduction_7x7((192, 320), (192, 192, 192, 192))


def inception_v3_e():
    """Build a block of Figure 7, at 8 x 8: branches that end in a 1x3 beside a 3x1."""
    return Concat(
        branch1x1=conv_bn(320, 1),
        branch3x3=seq(conv_bn(384, 1), parts.fork_3x3(384)),
        branch3x3dbl=seq(conv_bn(448, 1), conv_bn(384, 3), parts.fork_3x3(384)),
        branch_pool=seq(_pool(), conv_bn(192, 1)),
    )


def inception_v3(classes=1000, *, aux=False, dropout=0.5, transform_input=False):
    """Build Inception-V3: images (N, C, H, W), 299 x 299 in the paper, to scores (N, classes).

    With `aux` it returns (main, aux) in training, for `joint_loss` at 0.4, and takes no images below
    299 x 299 there. `transform_input` takes images normalized by ImageNet's means and deviations.
    `TruncatedNormal` is its initializer. 23 834 568 parameters with 3 channels and 1000 classes,
    27 161 264 with the auxiliary classifier.
    """
    check_positive('classes', classes)
    check_rate('dropout', dropout)
    stages = {'transform': TransformInput()} if transform_input else {}
    stages |= {
        'stem': parts.stem_v3(),
        'stage5': _stage('5'),
        'stage6': _stage('6'),
        'stage7': _stage('7'),
    }
    channels = 3 if transform_input else None
    main = parts.classifier(classes, dropout)
    if not aux:
        return Network('Inception-V3', channels, **stages, head=main)
    heads = Heads(main, {'aux': (768, 17, 17)}, aux=auxiliary_classifier(classes))
    return NetworkWithHeads('Inception-V3', {'stage6': 'aux'}, channels, **stages, head=heads)


def auxiliary_classifier(classes):
    """Build the classifier beside the last 17 x 17 block, to scores (N, classes); it needs 17 x 17."""
    head = seq(
        pool=nn.AvgPool2D(5, strides=3),
        conv_0=conv_bn(128, 1),
        conv_1=conv_bn(768, 5, 1, 0),
        mean=nn.GlobalAvgPool2D(),
        scores=nn.Dense(classes),
    )
    head.conv_1.conv.weight.init = TruncatedNormal(STDDEV_AUX_5X5)
    head.scores.weight.init = TruncatedNormal(STDDEV_AUX_SCORES)
    return head


class TransformInput(nn.HybridBlock):
    """Bring images (N, 3, H, W) from ImageNet's normalization to that of the release: -1 to 1.

    Undoes (p - mean) / deviation and does (p - 0.5) / 0.5, in one step.
    """

    def hybrid_forward(self, F, x):
        means = tuple((0.5 - mean) / deviation for mean, deviation in IMAGENET)
        deviations = tuple(0.5 / deviation for _, deviation in IMAGENET)
        return F.image.normalize(x.as_nd_ndarray(), means, deviations).as_np_ndarray()


@mx.init.register
class TruncatedNormal(mx.init.Initializer):
    """Draw from the normal distribution around 0, and nothing from beyond two standard deviations.

    `sigma` is the deviation before the cut; what is drawn has 0.88 of it.
    """

    def __init__(self, sigma=STDDEV):
        super().__init__(sigma=sigma)
        self.sigma = sigma

    def _init_weight(self, name, array):
        # the inverse of the cumulative distribution, between the shares that lie below -2 and 2
        edge = math.erf(2 / math.sqrt(2))
        uniform = mx.nd.random.uniform(-edge, edge, array.shape)
        values = mx.nd.erfinv(uniform) * (self.sigma * math.sqrt(2))
        array[:] = values.as_np_ndarray() if isinstance(array, mx.np.ndarray) else values


def _pool():
    # as in the published weights' code; the paper's own takes the mean of what lies inside
    return avg_pool(count_include_pad=True)


def _stage(number):
    kinds = {
        'a': ('inception', inception_v3_a),
        'b': ('reduction', reduction_v3_b),
        'c': ('inception', inception_v3_c),
        'd': ('reduction', reduction_v3_d),
        'e': ('inception', inception_v3_e),
    }
    blocks = {}
    for name, (kind, *channels) in INCEPTION_V3.items():
        if name.startswith(number):
            word, build = kinds[kind]
            blocks[f'{word}_{name}'] = build(*channels)
    return seq(**blocks)
