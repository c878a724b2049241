"""Fashion-MNIST: download, batches, the sample of the course, and what to look at in its images.

Imports `runtime` and `tables`.
"""

from .download import DataError, describe, fetch
from .fashion_mnist import (
    CLASSES,
    MEAN,
    SAMPLE,
    STD,
    ImageBatches,
    load_data_fashion_mnist,
    resized,
)

__all__ = [
    'CLASSES',
    'MEAN',
    'SAMPLE',
    'STD',
    'DataError',
    'ImageBatches',
    'describe',
    'fetch',
    'load_data_fashion_mnist',
    'resized',
]
