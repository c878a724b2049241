"""Two variations on (d): who prepares its batches, and in which precision it computes."""

from .clock import BATCH, SIZE, Clock


def workers(steps, warm_up):
    """Return images/s of (d) with d2l's loader, whose four processes prepare the batches."""
    from .lecture import d2l_batches
    from .ours import Some, built

    training, net = built()
    from mxnet import npx

    clock = Clock(steps, warm_up, npx.waitall)
    batches = Some(d2l_batches(), warm_up + steps, clock=clock)
    training.fit(net, batches, epochs=1, lr=0.1, progress=False)
    return {'images_per_s': clock.images_per_s()}


def bfloat16(steps, warm_up):
    """Return images/s of (d)'s network in MXNet's automatic mixed precision, images in memory.

    It knows the operators of MXNet's older interface only, so the network is given those, and the
    loop is written out.
    """
    import d2l_ext  # noqa: F401  before mxnet

    import mxnet as mx
    from mxnet import autograd, gluon, nd
    from mxnet.contrib import amp

    amp.init('bfloat16')
    from d2l_ext import blocks, networks

    def join(self, F, x):
        return F.concat(*(branch(x) for branch in self._children.values()), dim=1)

    blocks.Concat.hybrid_forward = join
    net = networks.googlenet()
    net.initialize(mx.init.Xavier())
    net.hybridize(static_alloc=True, static_shape=True)
    trainer = gluon.Trainer(net.collect_params(), 'sgd', {'learning_rate': 0.1})
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    X, y = nd.random.uniform(shape=(BATCH, 1, SIZE, SIZE)), nd.zeros((BATCH,))
    clock = Clock(steps, warm_up, nd.waitall)
    while True:
        with autograd.record():
            error = loss(net(X), y)
        error.backward()
        trainer.step(BATCH)
        if clock.step():
            return {'images_per_s': clock.images_per_s()}
