"""What a network is and what it does, measured: shapes, costs, activations, receptive fields, saliency.

Imports `networks`, `runtime` and `tables`.
"""

from .anatomy import count_macs, count_parameters, count_statistics, summary, trace

__all__ = ['count_macs', 'count_parameters', 'count_statistics', 'summary', 'trace']
