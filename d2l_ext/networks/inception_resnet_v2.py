"""Inception-ResNet-V2: Inception blocks that add to their input, scaled so that training stays steady.

Szegedy et al. 2017 (arXiv 1602.07261), section 3.2 and Figures 16 to 19, as its authors released it: the
form whose weights timm publishes. Differs from the paper: V3's stem and a block 5b instead of V4's stem;
10, 20 and 10 residual blocks instead of 5, 10 and 5; other channels in the sums; the last block adds all
of its residual and ends without ReLU.
Shapes in comments are channels x height x width for the paper's images, 3 x 299 x 299.
"""

from ..runtime.arguments import brief, number, whole
from . import shared_blocks
from .blocks import Concat, Residual, avg_pool, conv, conv_bn, max_pool, seq
from .network import Network

# how much of their residual the blocks A, B and C add (section 3.3: between 0.1 and 0.3)
SCALES = (0.17, 0.1, 0.2)


def InceptionResNetV2(classes=1000, *, dropout=0.2, scales=SCALES):
    """Build Inception-ResNet-V2: images (N, C, H, W), 299 x 299 in the paper, to scores (N, classes).

    `scales` is how much of their residual the blocks A, B and C add; (1, 1, 1) is the network that
    section 3.3 warns of. 55 843 464 parameters with 3 channels and 1000 classes.
    """
    classes = whole('classes', classes)
    dropout = number('dropout', dropout, least=0, below=1)
    scale_a, scale_b, scale_c = _check_scales(scales)
    return Network(
        'Inception-ResNet-V2',
        stem=shared_blocks.stem_v3(),  # 192 x 35 x 35
        stage5=seq(
            inception_5b=inception_resnet_v2_5b(),  # 320 x 35 x 35
            **{f'residual_{i}': inception_resnet_v2_a(scale_a) for i in range(1, 11)},
        ),
        stage6=seq(
            reduction_6a=reduction_resnet_v2_a(),  # 1088 x 17 x 17
            **{f'residual_{i}': inception_resnet_v2_b(scale_b) for i in range(1, 21)},
        ),
        stage7=seq(
            reduction_7a=reduction_resnet_v2_b(),  # 2080 x 8 x 8
            **{f'residual_{i}': inception_resnet_v2_c(scale_c) for i in range(1, 10)},
            residual_10=inception_resnet_v2_c(scale=1.0, activation=None),
            conv_7b=conv_bn(1536, kernel=1),  # 1536 x 8 x 8
        ),
        head=shared_blocks.classifier(classes, dropout),
    )


def inception_resnet_v2_5b():
    """Build the block before the residual ones, at 35 x 35; the paper has V4's stem instead."""
    return shared_blocks.inception_5x5(
        branch1x1=96,
        branch5x5=(48, 64),
        branch3x3dbl=(64, 96, 96),
        branch_pool=64,
        pool=avg_pool(kernel=3, strides=1),
    )


def inception_resnet_v2_a(scale=SCALES[0]):
    """Build a block of Figure 16, at 35 x 35, on 320 channels."""
    branches = Concat(
        branch1x1=conv_bn(32, kernel=1),
        branch3x3=seq(conv_bn(32, kernel=1), conv_bn(32, kernel=3)),
        branch3x3dbl=seq(conv_bn(32, kernel=1), conv_bn(48, kernel=3), conv_bn(64, kernel=3)),
    )
    return Residual(seq(branches, linear_1x1(320)), scale)  # 320 x 35 x 35


def reduction_resnet_v2_a():
    """Build the block of Figure 7, between 35 x 35 and 17 x 17; its channels stand in Table 1."""
    return shared_blocks.reduction_3x3(branch3x3=384, branch3x3dbl=(256, 256, 384))


def inception_resnet_v2_b(scale=SCALES[1]):
    """Build a block of Figure 17, at 17 x 17, on 1088 channels."""
    branches = Concat(
        branch1x1=conv_bn(192, kernel=1),
        branch7x7=seq(
            conv_bn(128, kernel=1), conv_bn(160, kernel=(1, 7)), conv_bn(192, kernel=(7, 1))
        ),
    )
    return Residual(seq(branches, linear_1x1(1088)), scale)  # 1088 x 17 x 17


def reduction_resnet_v2_b():
    """Build the block of Figure 18, between 17 x 17 and 8 x 8."""
    return Concat(
        branch3x3=seq(conv_bn(256, kernel=1), conv_bn(384, kernel=3, strides=2, padding=0)),
        branch3x3_2=seq(conv_bn(256, kernel=1), conv_bn(288, kernel=3, strides=2, padding=0)),
        branch3x3dbl=seq(
            conv_bn(256, kernel=1),
            conv_bn(288, kernel=3),
            conv_bn(320, kernel=3, strides=2, padding=0),
        ),
        branch_pool=max_pool(kernel=3, strides=2, padding=0),
    )


def inception_resnet_v2_c(scale=SCALES[2], activation='relu'):
    """Build a block of Figure 19, at 8 x 8, on 2080 channels."""
    branches = Concat(
        branch1x1=conv_bn(192, kernel=1),
        branch3x3=seq(
            conv_bn(192, kernel=1), conv_bn(224, kernel=(1, 3)), conv_bn(256, kernel=(3, 1))
        ),
    )
    return Residual(seq(branches, linear_1x1(2080)), scale, activation)  # 2080 x 8 x 8


def linear_1x1(channels):
    """Build what only brings the branches to the channels of their input: a 1x1 without activation."""
    return conv(channels, kernel=1, activation=None)


def _check_scales(scales):
    if not (isinstance(scales, (tuple, list)) and len(scales) == 3):
        raise ValueError(
            f'scales must be three numbers, for the blocks A, B and C, got {brief(scales)}'
        )
    return [number(f'scales[{i}]', scale) for i, scale in enumerate(scales)]
