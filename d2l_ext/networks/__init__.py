"""The networks of the course, one file each, its table of channels on top."""

from .googlenet import Inception, googlenet
from .network import joint_loss

__all__ = ['Inception', 'googlenet', 'joint_loss']
