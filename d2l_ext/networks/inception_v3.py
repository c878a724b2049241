"""Inception-V3: 5x5 and 7x7 kernels as rows of smaller ones, reduction blocks, an auxiliary classifier.

Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision" (arXiv 1512.00567), Table
1, Figures 5 to 8 and 10, as its authors released it: the form whose weights torchvision and timm publish.
Differs from Table 1: the stem has a 1x1 to 80, a 3x3 to 192 and a pooling where the table has a 3x3 to
80, a 3x3 of stride 2 to 192 and a 3x3 to 288; the channels inside the blocks are the release's.
Shapes in comments are channels x height x width for the paper's images, 3 x 299 x 299.
"""

import math

import mxnet as mx
from mxnet.gluon import nn

from ..runtime.arguments import flag, number, whole
from . import shared_blocks
from .blocks import Concat, avg_pool, conv_bn, seq
from .network import Heads, Network, NetworkWithHeads

# ImageNet's red, green, blue: mean and standard deviation of a pixel from 0 to 1
IMAGENET = ((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))
# standard deviations of the initial weights: everywhere, and in two layers of the auxiliary classifier
STDDEV, STDDEV_AUX_5X5, STDDEV_AUX_SCORES = 0.1, 0.01, 0.001


def InceptionV3(classes=1000, *, aux=False, dropout=0.5, transform_input=False):
    """Build Inception-V3: images (N, C, H, W), 299 x 299 in the paper, to scores (N, classes).

    With `aux` it returns (main, aux) in training, for `joint_loss` at 0.4, and takes no images below
    299 x 299 there. `transform_input` takes images normalized by ImageNet's means and deviations.
    `TruncatedNormal` is its initializer. 23 834 568 parameters with 3 channels and 1000 classes,
    27 161 264 with the auxiliary classifier.
    """
    classes = whole('classes', classes)
    dropout = number('dropout', dropout, least=0, below=1)
    aux, transform_input = flag('aux', aux), flag('transform_input', transform_input)
    channels = 3 if transform_input else None
    stages = dict(
        **({'transform': TransformInput()} if transform_input else {}),
        stem=shared_blocks.stem_v3(),  # 192 x 35 x 35
        stage5=seq(
            inception_5b=inception_v3_a(pool_proj=32),  # 256 x 35 x 35
            inception_5c=inception_v3_a(pool_proj=64),  # 288 x 35 x 35
            inception_5d=inception_v3_a(pool_proj=64),
        ),
        stage6=seq(
            reduction_6a=reduction_v3_b(),  # 768 x 17 x 17
            inception_6b=inception_v3_c(channels_7x7=128),
            inception_6c=inception_v3_c(channels_7x7=160),
            inception_6d=inception_v3_c(channels_7x7=160),
            inception_6e=inception_v3_c(channels_7x7=192),
        ),
        stage7=seq(
            reduction_7a=reduction_v3_d(),  # 1280 x 8 x 8
            inception_7b=inception_v3_e(),  # 2048 x 8 x 8
            inception_7c=inception_v3_e(),
        ),
    )
    main = shared_blocks.classifier(classes, dropout)
    if not aux:
        return Network('Inception-V3', channels, **stages, head=main)
    heads = Heads(main, {'aux': (768, 17, 17)}, aux=auxiliary_classifier(classes))
    taps = {'stage6': 'aux'}
    return NetworkWithHeads('Inception-V3', taps, channels=channels, **stages, head=heads)


def inception_v3_a(pool_proj):
    """Build a block of Figure 5, at 35 x 35; the release has a 5x5 where the figure has a 3x3."""
    pool_proj = whole('pool_proj', pool_proj)
    return shared_blocks.inception_5x5(
        branch1x1=64,
        branch5x5=(48, 64),
        branch3x3dbl=(64, 96, 96),
        branch_pool=pool_proj,
        pool=release_pool(),
    )


def reduction_v3_b():
    """Build the block of Figure 10 between 35 x 35 and 17 x 17."""
    return shared_blocks.reduction_3x3(branch3x3=384, branch3x3dbl=(64, 96, 96))


def inception_v3_c(channels_7x7):
    """Build a block of Figure 6, at 17 x 17; `channels_7x7` are those inside the factorized 7x7."""
    inside = whole('channels_7x7', channels_7x7)
    return shared_blocks.inception_7x7(
        branch1x1=192,
        branch7x7=(inside, inside, 192),
        branch7x7dbl=(inside, inside, inside, inside, 192),
        branch_pool=192,
        pool=release_pool(),
    )


def reduction_v3_d():
    """Build the block between 17 x 17 and 8 x 8."""
    return shared_blocks.reduction_7x7(branch3x3=(192, 320), branch7x7x3=(192, 192, 192, 192))


def inception_v3_e():
    """Build a block of Figure 7, at 8 x 8: branches that end in a 1x3 beside a 3x1."""
    return Concat(
        branch1x1=conv_bn(320, kernel=1),
        branch3x3=seq(conv_bn(384, kernel=1), shared_blocks.split_3x3(384)),  # 768 x 8 x 8
        branch3x3dbl=seq(
            conv_bn(448, kernel=1),
            conv_bn(384, kernel=3),
            shared_blocks.split_3x3(384),  # 768 x 8 x 8
        ),
        branch_pool=seq(release_pool(), conv_bn(192, kernel=1)),
    )


def release_pool():
    """Average 3x3 as the published weights' code does; the paper's own counts no pixel of the padding."""
    return avg_pool(kernel=3, strides=1, count_include_pad=True)


def auxiliary_classifier(classes):
    """Build the classifier beside the last 17 x 17 block, to scores (N, classes); it needs 17 x 17."""
    classes = whole('classes', classes)
    head = seq(
        pool=nn.AvgPool2D(5, strides=3),  # 768 x 5 x 5
        conv_0=conv_bn(128, kernel=1),  # 128 x 5 x 5
        conv_1=conv_bn(768, kernel=5, padding=0),  # 768 x 1 x 1
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
        sigma = number('sigma', sigma, above=0)
        super().__init__(sigma=sigma)
        self.sigma = sigma

    def _init_weight(self, name, array):
        # the inverse of the cumulative distribution, between the shares that lie below -2 and 2
        edge = math.erf(2 / math.sqrt(2))
        uniform = mx.nd.random.uniform(-edge, edge, array.shape)
        values = mx.nd.erfinv(uniform) * (self.sigma * math.sqrt(2))
        array[:] = values.as_np_ndarray() if isinstance(array, mx.np.ndarray) else values
