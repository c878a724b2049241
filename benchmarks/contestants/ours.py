"""(d) The course's own training: `fit` on the course's network, ReLU in stage 2, and its batches."""

from .clock import BATCH, SIZE, Clock


def prepare():
    """Find or download the images, and resize them once, so that no contestant has to."""
    images = load()
    return {'images': sum(len(batches.images) for batches in images)}


def measure(steps, warm_up, batch=BATCH, size=SIZE, sample='lecture'):
    """Return images/s. The peak of memory is that of the whole training on all 60 000 images.

    For it, what a whole epoch does and these steps do not is done after them: a last, smaller batch,
    the evaluation, and, before them, a touch of every image of the mapped files.
    """
    train_iter, test_iter = load(batch, size, sample)
    training, net = built()
    from d2l_ext.analysis import anatomy

    import mxnet as mx

    for batches in (train_iter, test_iter):
        batches.images.max()
    clock = Clock(steps, warm_up, mx.npx.waitall, batch)
    train, test = (len(batches.images) % batch or batch for batches in (train_iter, test_iter))
    some = Some(train_iter, warm_up + steps, train, clock)
    training.fit(net, some, Some(test_iter, 1, test), epochs=1, lr=0.1, progress=False)
    macs = anatomy.count_macs(net, (1, 1, size, size))
    return {'images_per_s': clock.images_per_s(), 'macs': macs}


def built():
    """Return the course's `training` and its network, initialized."""
    import d2l_ext  # noqa: F401  before mxnet

    import mxnet as mx

    mx.npx.set_np()
    from d2l_ext import training
    from d2l_ext.networks import GoogLeNet

    net = GoogLeNet()
    net.initialize(mx.init.Xavier())
    return training, net


class Some:
    """The first `count` batches, and one of `last` images; the next is asked for when one is done."""

    def __init__(self, batches, count, last=None, clock=None):
        self.batches, self.count, self.last, self.clock = batches, count, last, clock
        if hasattr(batches, 'labels'):
            self.labels = batches.labels

    def __len__(self):
        return self.count + 1

    def __iter__(self):
        batches = iter(self.batches)
        for _ in range(self.count):
            yield next(batches)
            if self.clock:
                self.clock.step()
        X, y = next(batches)
        yield X[: self.last], y[: self.last]


def load(batch=BATCH, size=SIZE, sample='lecture', **more):
    """Return the course's own batches of the training and of the test images."""
    import d2l_ext  # noqa: F401

    from mxnet import npx

    npx.set_np()
    from d2l_ext.data import load_data_fashion_mnist

    return load_data_fashion_mnist(batch, size, sample=sample, **more)
