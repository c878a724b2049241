"""The networks of the course, one file each, and the layers and blocks that they are made of.

Imports `runtime`.
"""

from .googlenet import GoogLeNet, Inception
from .inception_bn import InceptionBN
from .inception_resnet_v2 import InceptionResNetV2
from .inception_v3 import InceptionV3, TruncatedNormal
from .inception_v4 import InceptionV4
from .network import joint_loss

__all__ = [
    'Inception',
    'TruncatedNormal',
    'GoogLeNet',
    'InceptionBN',
    'InceptionResNetV2',
    'InceptionV3',
    'InceptionV4',
    'joint_loss',
]
