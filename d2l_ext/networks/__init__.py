"""The networks of the course, one file each, its table of channels on top."""

from .googlenet import Inception, googlenet

__all__ = ['Inception', 'googlenet']
