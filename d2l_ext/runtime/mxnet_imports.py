"""What `import mxnet` can do without: libraries that it imports for a function or two of its own.

MXNet 1.9.1 imports scikit-learn, and with it pandas, for the base class of an interface that it had
given up by then (`mxnet.model.FeedForward`); SciPy's sparse matrices and statistics, ONNX and Requests
for functions that a training never calls. On a Xeon with AVX-512 that was 2.1 of the 3.2 seconds of
`import mxnet`, in each page and in each process.
"""

import importlib.abc
import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType

NEVER = 'sklearn'  # MXNet asks whether it is there, and takes `object` if not
LATER = ('scipy.sparse', 'scipy.stats', 'onnx', 'requests')  # imported when MXNet first uses them
LAST = 'mxnet.api'  # what `import mxnet` imports last


class StandIn(ModuleType):
    """What MXNet holds in place of a module: imports it when a name of it is asked for."""

    def __getattr__(self, name):
        if name.startswith('__'):  # Python's own questions, as whether it is a package
            raise AttributeError(name)
        _withdraw(self)
        return getattr(import_module(self.__name__), name)


class Spared(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """While mxnet is imported, find a stand-in for each module of LATER, and no scikit-learn.

    Both end with mxnet's last module: all others who import these modules get the modules themselves.
    Then `afterwards` is called.
    """

    def __init__(self, afterwards):
        self.given, self.afterwards = [], afterwards

    def find_spec(self, name, path=None, target=None):
        if 'mxnet' not in sys.modules:
            return None
        if name == LAST:
            sys.meta_path.remove(self)
            for module in self.given:
                _withdraw(module)
            self.afterwards()
        if name == NEVER:
            raise ModuleNotFoundError('mxnet is imported without it', name=name)
        return ModuleSpec(name, self) if name in LATER and not self.used(name) else None

    def used(self, name) -> bool:
        """Tell whether a stand-in was given for this module, and then asked for a name of it."""
        return any(module.__name__ == name for module in self.given)

    def create_module(self, spec):
        self.given.append(StandIn(spec.name))
        return self.given[-1]

    def exec_module(self, module):
        pass


def _withdraw(module):
    """Take a stand-in out of Python's list of modules, so that the next import finds the module."""
    package, _, name = module.__name__.rpartition('.')
    if sys.modules.get(module.__name__) is module:
        del sys.modules[module.__name__]
        if package:
            vars(sys.modules[package]).pop(name, None)


def prepare(afterwards=lambda: None):
    """Let the `import mxnet` that comes leave out what it can do without, and then call `afterwards`."""
    if not any(isinstance(finder, Spared) for finder in sys.meta_path):
        sys.meta_path.insert(0, Spared(afterwards))
