"""Helpers of the course "Inception in Gluon". Import this before mxnet."""

from . import runtime

__version__ = '0.1.0'

runtime.prepare()


def __getattr__(name):
    # looked up late, so that `import d2l_ext` stays quick and imports no mxnet
    if name == 'train_ch5':
        from .training.trainer import train_ch5

        return train_ch5
    if name == 'load_data_fashion_mnist':
        from .data.fashion_mnist import load_data_fashion_mnist

        return load_data_fashion_mnist
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
