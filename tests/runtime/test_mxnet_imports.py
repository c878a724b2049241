"""Is `import mxnet` spared what it does not need, and is all of it there for who asks?"""

import pytest
from test_environment import python

LATER = ['scipy.sparse', 'scipy.stats', 'onnx', 'requests']


def test_mxnet_is_imported_without_what_it_does_not_need():
    code = f"""
import sys
import d2l_ext, mxnet
print([name for name in {LATER + ['sklearn', 'pandas']} if name in sys.modules])
print([finder for finder in sys.meta_path if 'd2l_ext' in type(finder).__module__])
"""

    assert python(code) == ('[]\n[]', '')


def test_all_others_import_the_modules_themselves():
    code = f"""
import d2l_ext, mxnet
from importlib import import_module
for name in {[*LATER, 'scipy.sparse.linalg']}:
    found = import_module(name)
    package, _, last = name.rpartition('.')
    assert not package or getattr(import_module(package), last) is found
    print(type(found).__name__, found.__spec__.origin.endswith('.py'))
"""

    assert set(python(code)[0].splitlines()) == {'module True'}


@pytest.mark.parametrize('first', ['', 'import scipy.sparse, scipy.stats'])
def test_what_mxnet_holds_does_its_work(first):
    code = f"""
{first}
import d2l_ext, mxnet as mx
import numpy as onp
print(mx.contrib.quantization.stats.entropy([0.5, 0.5]) > 0.69)
from scipy import sparse
there = mx.nd.sparse.csr_matrix(sparse.csr_matrix(onp.eye(3)))
print((there.asscipy() != sparse.csr_matrix(onp.eye(3))).nnz)
print(mx.gluon.utils.requests.get.__module__)
"""

    assert python(code)[0] == 'True\n0\nrequests.api'


def test_a_module_that_is_asked_for_meanwhile_is_imported_then():
    code = """
import d2l_ext, sys
class Asks:
    def find_spec(self, name, path=None, target=None):
        if name == 'mxnet.gluon':  # in the middle of it
            import scipy.stats
            print(type(sys.modules['scipy.stats']).__name__, scipy.stats.rankdata([2, 1]).tolist())
            print(type(sys.modules['scipy.stats']).__name__)
sys.meta_path.insert(0, Asks())
import mxnet
import scipy.stats
print(type(scipy.stats).__name__, scipy.stats is sys.modules['scipy.stats'])
"""

    assert python(code)[0] == 'StandIn [2.0, 1.0]\nmodule\nmodule True'


def test_an_import_of_mxnet_that_failed_leaves_nothing_broken():
    code = """
import d2l_ext, sys
class Breaks:
    def find_spec(self, name, path=None, target=None):
        if name == 'mxnet.gluon':
            raise ImportError('broken')
sys.meta_path.insert(0, Breaks())
try:
    import mxnet
except ImportError as error:
    print(error)
from scipy.stats import rankdata
import sklearn.base
print(rankdata([2, 1]).tolist())
"""

    assert python(code)[0] == 'broken\n[2.0, 1.0]'
