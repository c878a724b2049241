"""The networks of the course, one file each, its table of channels on top."""

from .googlenet import Inception, googlenet
from .inception_v3 import TruncatedNormal, inception_v3
from .network import joint_loss

__all__ = ['Inception', 'TruncatedNormal', 'googlenet', 'inception_v3', 'joint_loss']
