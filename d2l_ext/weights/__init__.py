"""Weights and graphs in files: safetensors, PyTorch's, ONNX, int8.

Imports `runtime`, `networks` and `tables`.
"""
