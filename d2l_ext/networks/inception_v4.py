"""Inception-V4: uniform blocks without a heritage, behind a stem that forks three times.

Szegedy et al. 2017, "Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning"
(arXiv 1602.07261), Figures 3 to 9 and Table 1.
"""

from ..runtime.arguments import number, whole
from . import shared_blocks
from .blocks import Concat, avg_pool, conv_bn, max_pool, seq, units
from .network import Network

# #1x1, (#1x1, #3x3), (#1x1, #3x3, #3x3), #pooled 1x1 (Figure 4)
INCEPTION_V4_A = (96, (64, 96), (64, 96, 96), 96)
# #3x3, (#1x1, #3x3, #3x3): n, (k, l, m) of Figure 7 (Table 1)
REDUCTION_V4_A = (384, (192, 224, 256))
# #1x1, (#1x1, #1x7, #7x1), (#1x1, #7x1, #1x7, #7x1, #1x7), #pooled 1x1 (Figure 5)
INCEPTION_V4_B = (384, (192, 224, 256), (192, 192, 224, 224, 256), 128)
# (#1x1, #3x3), (#1x1, #1x7, #7x1, #3x3) (Figure 8)
REDUCTION_V4_B = ((192, 192), (256, 256, 320, 320))
# #1x1, (#1x1, #1x3 and #3x1), the second branch of the kind up to there, #pooled 1x1 (Figure 6)
INCEPTION_V4_C = (256, (384, 256), ((384, 1), (448, (3, 1)), (512, (1, 3))), 256)


def stem_v4():
    """Bring images (N, C, 299, 299) to (N, 384, 35, 35): Figure 3."""
    return seq(
        conv_1a=conv_bn(32, 3, 2, 0),
        conv_2a=conv_bn(32, 3, 1, 0),
        conv_2b=conv_bn(64, 3),
        mixed_3a=Concat(branch_pool=max_pool(padding=0), branch3x3=conv_bn(96, 3, 2, 0)),
        mixed_4a=Concat(
            branch3x3=units((64, 1), (96, 3, 1, 0)),
            branch7x7x3=units((64, 1), (64, (1, 7)), (64, (7, 1)), (96, 3, 1, 0)),
        ),
        mixed_5a=Concat(branch3x3=conv_bn(192, 3, 2, 0), branch_pool=max_pool(padding=0)),
    )


def inception_v4_a():
    """Build a block of Figure 4, at 35 x 35."""
    return shared_blocks.inception_3x3(*INCEPTION_V4_A, avg_pool())


def inception_v4_b():
    """Build a block of Figure 5, at 17 x 17."""
    return shared_blocks.inception_7x7(*INCEPTION_V4_B, avg_pool())


def inception_v4_c():
    """Build a block of Figure 6, at 8 x 8."""
    return shared_blocks.inception_1x3(*INCEPTION_V4_C, avg_pool())


def reduction_v4_a():
    """Build the block of Figure 7, between 35 x 35 and 17 x 17."""
    return shared_blocks.reduction_3x3(*REDUCTION_V4_A)


def reduction_v4_b():
    """Build the block of Figure 8, between 17 x 17 and 8 x 8."""
    return shared_blocks.reduction_7x7(*REDUCTION_V4_B)


def InceptionV4(classes=1000, *, dropout=0.2):
    """Build Inception-V4 (Figure 9): images (N, C, H, W), 299 x 299 in the paper, to (N, classes).

    42 679 816 parameters with 3 channels and 1000 classes.
    """
    whole('classes', classes)
    number('dropout', dropout, least=0, below=1)
    return Network(
        'Inception-V4',
        stem=stem_v4(),
        stage5=seq(**{f'inception_5{name}': inception_v4_a() for name in 'bcde'}),
        stage6=seq(
            reduction_6a=reduction_v4_a(),
            **{f'inception_6{name}': inception_v4_b() for name in 'bcdefgh'},
        ),
        stage7=seq(
            reduction_7a=reduction_v4_b(),
            **{f'inception_7{name}': inception_v4_c() for name in 'bcd'},
        ),
        head=shared_blocks.classifier(classes, dropout),
    )
