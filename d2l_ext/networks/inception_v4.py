"""Inception-V4: uniform blocks without a heritage, behind a stem that forks three times.

Szegedy et al. 2017, "Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning"
(arXiv 1602.07261), Figures 3 to 9 and Table 1.
Shapes in comments are channels x height x width for the paper's images, 3 x 299 x 299.
"""

from ..runtime.arguments import number, whole
from . import shared_blocks
from .blocks import Concat, avg_pool, conv_bn, max_pool, seq
from .network import Network


def InceptionV4(classes=1000, *, dropout=0.2):
    """Build Inception-V4 (Figure 9): images (N, C, H, W), 299 x 299 in the paper, to (N, classes).

    42 679 816 parameters with 3 channels and 1000 classes.
    """
    classes = whole('classes', classes)
    dropout = number('dropout', dropout, least=0, below=1)
    return Network(
        'Inception-V4',
        stem=stem_v4(),  # 384 x 35 x 35
        stage5=seq(
            **{f'inception_5{letter}': inception_v4_a() for letter in 'bcde'},  # 384 x 35 x 35
        ),
        stage6=seq(
            reduction_6a=reduction_v4_a(),  # 1024 x 17 x 17
            **{f'inception_6{letter}': inception_v4_b() for letter in 'bcdefgh'},
        ),
        stage7=seq(
            reduction_7a=reduction_v4_b(),  # 1536 x 8 x 8
            **{f'inception_7{letter}': inception_v4_c() for letter in 'bcd'},
        ),
        head=shared_blocks.classifier(classes, dropout),
    )


def stem_v4():
    """Build the stem of Figure 3: images (N, C, 299, 299) to (N, 384, 35, 35)."""
    return seq(
        conv_1a=conv_bn(32, kernel=3, strides=2, padding=0),  # 32 x 149 x 149
        conv_2a=conv_bn(32, kernel=3, padding=0),  # 32 x 147 x 147
        conv_2b=conv_bn(64, kernel=3),  # 64 x 147 x 147
        mixed_3a=Concat(  # 160 x 73 x 73
            branch_pool=max_pool(kernel=3, strides=2, padding=0),
            branch3x3=conv_bn(96, kernel=3, strides=2, padding=0),
        ),
        mixed_4a=Concat(  # 192 x 71 x 71
            branch3x3=seq(conv_bn(64, kernel=1), conv_bn(96, kernel=3, padding=0)),
            branch7x7x3=seq(
                conv_bn(64, kernel=1),
                conv_bn(64, kernel=(1, 7)),
                conv_bn(64, kernel=(7, 1)),
                conv_bn(96, kernel=3, padding=0),
            ),
        ),
        mixed_5a=Concat(  # 384 x 35 x 35
            branch3x3=conv_bn(192, kernel=3, strides=2, padding=0),
            branch_pool=max_pool(kernel=3, strides=2, padding=0),
        ),
    )


def inception_v4_a():
    """Build a block of Figure 4, at 35 x 35."""
    return shared_blocks.inception_3x3(
        branch1x1=96,
        branch3x3=(64, 96),
        branch3x3dbl=(64, 96, 96),
        branch_pool=96,
        pool=avg_pool(kernel=3, strides=1),
    )


def reduction_v4_a():
    """Build the block of Figure 7, between 35 x 35 and 17 x 17; its channels stand in Table 1."""
    return shared_blocks.reduction_3x3(branch3x3=384, branch3x3dbl=(192, 224, 256))


def inception_v4_b():
    """Build a block of Figure 5, at 17 x 17."""
    return shared_blocks.inception_7x7(
        branch1x1=384,
        branch7x7=(192, 224, 256),
        branch7x7dbl=(192, 192, 224, 224, 256),
        branch_pool=128,
        pool=avg_pool(kernel=3, strides=1),
    )


def reduction_v4_b():
    """Build the block of Figure 8, between 17 x 17 and 8 x 8."""
    return shared_blocks.reduction_7x7(branch3x3=(192, 192), branch7x7x3=(256, 256, 320, 320))


def inception_v4_c():
    """Build a block of Figure 6, at 8 x 8: branches that end in a 1x3 beside a 3x1."""
    return Concat(
        branch1x1=conv_bn(256, kernel=1),
        branch3x3=seq(conv_bn(384, kernel=1), shared_blocks.split_3x3(256)),  # 512 x 8 x 8
        branch3x3dbl=seq(
            conv_bn(384, kernel=1),
            conv_bn(448, kernel=(3, 1)),
            conv_bn(512, kernel=(1, 3)),
            shared_blocks.split_3x3(256),  # 512 x 8 x 8
        ),
        branch_pool=seq(avg_pool(kernel=3, strides=1), conv_bn(256, kernel=1)),
    )
