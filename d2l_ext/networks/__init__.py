"""The networks of the course, one file each, its table of channels on top."""

from .googlenet import Inception, googlenet
from .inception_bn import inception_bn
from .inception_resnet_v2 import inception_resnet_v2
from .inception_v3 import TruncatedNormal, inception_v3
from .inception_v4 import inception_v4
from .network import joint_loss

__all__ = [
    'Inception',
    'TruncatedNormal',
    'googlenet',
    'inception_bn',
    'inception_resnet_v2',
    'inception_v3',
    'inception_v4',
    'joint_loss',
]
