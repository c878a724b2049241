"""Helpers of the course "Inception in Gluon". Import this before mxnet."""

import os
import signal
import sys

# This package is the program: until its `main` begins, Ctrl-C ends it without a traceback. First of
# all, because NumPy, which `runtime` imports, takes a third of a second.
_started = os.path.basename(sys.argv[0]) if sys.argv else ''  # '-m' until the module is found
if _started == 'd2l-ext' or (_started == '-m' and 'd2l_ext' in sys.orig_argv):
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

from . import runtime  # noqa: E402

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
