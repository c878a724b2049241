"""Weights and graphs in files: safetensors, PyTorch's, ONNX, int8.

Imports `runtime`, `networks` and `tables`.
"""

from .safetensors_files import copy

__all__ = ['copy']
