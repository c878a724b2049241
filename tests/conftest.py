import os

os.environ['D2L_EXT_PROFILE'] = 'quick'  # before any test asks

import d2l_ext  # noqa: E402,F401  prepares numpy and threads before mxnet is imported

import pytest  # noqa: E402
from mxnet import npx  # noqa: E402

npx.set_np()


@pytest.fixture(autouse=True)
def seeded():
    import mxnet as mx

    mx.random.seed(0)
