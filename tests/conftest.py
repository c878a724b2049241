import importlib.util
import os
from pathlib import Path
from types import SimpleNamespace

os.environ['D2L_EXT_PROFILE'] = 'quick'  # before any test asks

import d2l_ext  # noqa: E402,F401  prepares numpy and threads before mxnet is imported

import pytest  # noqa: E402
from mxnet import npx  # noqa: E402

npx.set_np()


@pytest.fixture(autouse=True)
def seeded():
    import mxnet as mx

    mx.random.seed(0)


@pytest.fixture
def small():
    """A network of one block on 8 x 8 images, whose answers can be worked out."""
    from d2l_ext.networks.blocks import Concat, conv, seq

    from mxnet import np
    from mxnet.gluon import nn

    block = Concat(branch1x1=conv(2, 1), branch3x3=seq(conv(2, 1), conv(3, 3)))
    net = seq(inception_3a=block, pool=nn.GlobalAvgPool2D(), head=nn.Dense(4))
    net.initialize()
    net(np.zeros((1, 1, 8, 8)))
    return net


@pytest.fixture(scope='session')
def pytorch():
    """PyTorch, torchvision and timm as `torch`, `torchvision`, `timm`; a skip where PyTorch is not."""
    torch = pytest.importorskip('torch', reason='needs PyTorch')
    declared = declare_operators(torch)
    import timm
    import torchvision

    yield SimpleNamespace(torch=torch, torchvision=torchvision, timm=timm)
    del declared


def declare_operators(torch):
    """Let torchvision be imported beside a PyTorch that it was not built for; its models need no more.

    Its compiled operators then cannot be loaded, and without the names of two it gives up.
    """
    folder = Path(importlib.util.find_spec('torchvision').origin).parent
    for compiled in folder.glob('_C*'):
        try:
            torch.ops.load_library(str(compiled))
        except OSError:
            continue
        return None
    library = torch.library.Library('torchvision', 'DEF')
    for name in ('nms', 'qnms'):
        library.define(f'{name}(Tensor a) -> Tensor')
    return library
