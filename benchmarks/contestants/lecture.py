"""(a) The lecture's notebook as it stands.

Its `nn.Block`, `np.concatenate`, stage 2 without activations, d2l's loader with four workers, MXNet's
default threads and memory. Only two things are done for it: NumPy's old names are put back, without
which it cannot import MXNet, and the data set is read from this machine.
"""

import importlib
import sys
import types
import warnings

from ..driver import ROOT
from .clock import BATCH, SIZE, Clock
from .images import originals


def restore_numpy_names():
    """Put NumPy's old names back as the course does, and prepare nothing else that it prepares."""
    package = types.ModuleType('d2l_ext')  # without its __init__, which sets threads and memory
    package.__path__ = [str(ROOT / 'd2l_ext')]
    sys.modules['d2l_ext'] = package
    importlib.import_module('d2l_ext.runtime.environment').restore_numpy_names()
    for name in [name for name in sys.modules if name.partition('.')[0] == 'd2l_ext']:
        del sys.modules[name]


def d2l_batches(batch=BATCH, size=SIZE, sample='lecture'):
    """Return d2l's own batches of the training images, which are read from this machine."""
    from d2l import mxnet as d2l
    from mxnet import gluon, np

    arrays = originals(sample)

    def read_here(self):
        images, labels = arrays[:2] if self._train else arrays[2:]
        self._data = np.array(images[..., None], dtype='uint8')
        self._label = np.array(labels, dtype='int32')

    gluon.data.vision.FashionMNIST._get_data = read_here
    return d2l.load_data_fashion_mnist(batch_size=batch, resize=size)[0]


def measure(steps, warm_up, batch=BATCH, size=SIZE, sample='lecture'):
    """Return images/s of the lecture's training."""
    restore_numpy_names()
    import mxnet  # noqa: F401  before d2l_ext, so that it has its default threads and memory

    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # that they are the default
        from d2l_ext.networks.googlenet import GOOGLENET

    from d2l import mxnet as d2l
    from mxnet import autograd, gluon, init, np, npx
    from mxnet.gluon import nn

    npx.set_np()

    class Inception(nn.Block):
        def __init__(self, c1, c2, c3, c4):
            super().__init__()
            self.p1_1 = nn.Conv2D(c1, kernel_size=1, activation='relu')
            self.p2_1 = nn.Conv2D(c2[0], kernel_size=1, activation='relu')
            self.p2_2 = nn.Conv2D(c2[1], kernel_size=3, padding=1, activation='relu')
            self.p3_1 = nn.Conv2D(c3[0], kernel_size=1, activation='relu')
            self.p3_2 = nn.Conv2D(c3[1], kernel_size=5, padding=2, activation='relu')
            self.p4_1 = nn.MaxPool2D(pool_size=3, strides=1, padding=1)
            self.p4_2 = nn.Conv2D(c4, kernel_size=1, activation='relu')

        def forward(self, x):
            parts = (
                self.p1_1(x),
                self.p2_2(self.p2_1(x)),
                self.p3_2(self.p3_1(x)),
                self.p4_2(self.p4_1(x)),
            )
            return np.concatenate(parts, axis=1)

    def stage(name):
        return [
            Inception(c1, (r3, c3), (r5, c5), c4)
            for block, (c1, r3, c3, r5, c5, c4) in GOOGLENET.items()
            if block.startswith(name)
        ]

    def pool():
        return nn.MaxPool2D(pool_size=3, strides=2, padding=1)

    net = nn.Sequential()
    net.add(nn.Conv2D(64, kernel_size=7, strides=2, padding=3, activation='relu'), pool())
    net.add(nn.Conv2D(64, kernel_size=1), nn.Conv2D(192, kernel_size=3, padding=1), pool())
    net.add(
        *stage('3'), pool(), *stage('4'), pool(), *stage('5'), nn.GlobalAvgPool2D(), nn.Dense(10)
    )

    # the loop of d2l.train_ch6 (the lecture's train_ch5 is gone from d2l), without its plot
    device = d2l.try_gpu()
    net.initialize(force_reinit=True, ctx=device, init=init.Xavier())
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), 'sgd', {'learning_rate': 0.1})
    metric, clock = d2l.Accumulator(3), Clock(steps, warm_up, npx.waitall, batch)
    for X, y in d2l_batches(batch, size, sample):
        X, y = X.as_in_ctx(device), y.as_in_ctx(device)
        with autograd.record():
            y_hat = net(X)
            batch_loss = loss(y_hat, y)
        batch_loss.backward()
        trainer.step(X.shape[0])
        metric.add(batch_loss.sum(), d2l.accuracy(y_hat, y), X.shape[0])
        if clock.step():
            return {'images_per_s': clock.images_per_s()}
