"""Inception-ResNet-V2: Inception blocks that add to their input, scaled so that training stays steady.

Szegedy et al. 2017 (arXiv 1602.07261), section 3.2 and Figures 16 to 19, as its authors released it: the
form whose weights timm publishes. Differs from the paper: V3's stem and a block 5b instead of V4's stem;
10, 20 and 10 residual blocks instead of 5, 10 and 5; other channels in the sums; the last block adds all
of its residual and ends without ReLU.
"""

from ..runtime.arguments import number, whole
from . import shared_blocks
from .blocks import Concat, Residual, avg_pool, conv, conv_bn, max_pool, seq, units
from .network import Network

# #1x1, (#1x1, #5x5), (#1x1, #3x3, #3x3), #pooled 1x1
INCEPTION_RESNET_V2_5B = (96, (48, 64), (64, 96, 96), 64)
# #1x1, (#1x1, #3x3), (#1x1, #3x3, #3x3), #linear 1x1 (Figure 16)
INCEPTION_RESNET_V2_A = (32, (32, 32), (32, 48, 64), 320)
# #3x3, (#1x1, #3x3, #3x3): n, (k, l, m) of Figure 7 (Table 1)
REDUCTION_RESNET_V2_A = (384, (256, 256, 384))
# #1x1, (#1x1, #1x7, #7x1), #linear 1x1 (Figure 17)
INCEPTION_RESNET_V2_B = (192, (128, 160, 192), 1088)
# (#1x1, #3x3), (#1x1, #3x3), (#1x1, #3x3, #3x3) (Figure 18)
REDUCTION_RESNET_V2_B = ((256, 384), (256, 288), (256, 288, 320))
# #1x1, (#1x1, #1x3, #3x1), #linear 1x1 (Figure 19)
INCEPTION_RESNET_V2_C = (192, (192, 224, 256), 2080)
# how much of their residual the blocks A, B and C add (section 3.3: between 0.1 and 0.3)
SCALES = (0.17, 0.1, 0.2)


def inception_resnet_v2_a(scale=SCALES[0]):
    """Build a block of Figure 16, at 35 x 35, on 320 channels."""
    c1, c3, d3, channels = INCEPTION_RESNET_V2_A
    branches = Concat(
        branch1x1=conv_bn(c1, 1),
        branch3x3=units((c3[0], 1), (c3[1], 3)),
        branch3x3dbl=units((d3[0], 1), (d3[1], 3), (d3[2], 3)),
    )
    return _add(branches, channels, scale)


def inception_resnet_v2_b(scale=SCALES[1]):
    """Build a block of Figure 17, at 17 x 17, on 1088 channels."""
    c1, c7, channels = INCEPTION_RESNET_V2_B
    branch7x7 = units((c7[0], 1), (c7[1], (1, 7)), (c7[2], (7, 1)))
    return _add(Concat(branch1x1=conv_bn(c1, 1), branch7x7=branch7x7), channels, scale)


def inception_resnet_v2_c(scale=SCALES[2], activation='relu'):
    """Build a block of Figure 19, at 8 x 8, on 2080 channels."""
    c1, c3, channels = INCEPTION_RESNET_V2_C
    branch3x3 = units((c3[0], 1), (c3[1], (1, 3)), (c3[2], (3, 1)))
    return _add(Concat(branch1x1=conv_bn(c1, 1), branch3x3=branch3x3), channels, scale, activation)


def reduction_resnet_v2_b():
    """Build the block of Figure 18, between 17 x 17 and 8 x 8."""
    first, second, double = REDUCTION_RESNET_V2_B
    return Concat(
        branch3x3=units((first[0], 1), (first[1], 3, 2, 0)),
        branch3x3_2=units((second[0], 1), (second[1], 3, 2, 0)),
        branch3x3dbl=units((double[0], 1), (double[1], 3), (double[2], 3, 2, 0)),
        branch_pool=max_pool(padding=0),
    )


def InceptionResNetV2(classes=1000, *, dropout=0.2, scales=SCALES):
    """Build Inception-ResNet-V2: images (N, C, H, W), 299 x 299 in the paper, to scores (N, classes).

    `scales` is how much of their residual the blocks A, B and C add; (1, 1, 1) is the network that
    section 3.3 warns of. 55 843 464 parameters with 3 channels and 1000 classes.
    """
    whole('classes', classes)
    number('dropout', dropout, least=0, below=1)
    a, b, c = _check_scales(scales)
    inception_5b = shared_blocks.inception_5x5(*INCEPTION_RESNET_V2_5B, avg_pool())
    return Network(
        'Inception-ResNet-V2',
        stem=shared_blocks.stem_v3(),
        stage5=seq(
            inception_5b=inception_5b,
            **{f'residual_{i}': inception_resnet_v2_a(a) for i in range(1, 11)},
        ),
        stage6=seq(
            reduction_6a=shared_blocks.reduction_3x3(*REDUCTION_RESNET_V2_A),
            **{f'residual_{i}': inception_resnet_v2_b(b) for i in range(1, 21)},
        ),
        stage7=seq(
            reduction_7a=reduction_resnet_v2_b(),
            **{f'residual_{i}': inception_resnet_v2_c(c) for i in range(1, 10)},
            residual_10=inception_resnet_v2_c(1.0, activation=None),
            conv_7b=conv_bn(1536, 1),
        ),
        head=shared_blocks.classifier(classes, dropout),
    )


def _add(branches, channels, scale, activation='relu'):
    # the 1x1 is linear: it only brings the branches to the channels of their input
    return Residual(seq(branches, conv(channels, 1, activation=None)), scale, activation)


def _check_scales(scales):
    numbers = isinstance(scales, (tuple, list)) and all(
        isinstance(scale, (int, float)) and not isinstance(scale, bool) for scale in scales
    )
    if not (numbers and len(scales) == 3):
        raise ValueError(f'scales must be three numbers, for the blocks A, B and C, got {scales!r}')
    return scales
