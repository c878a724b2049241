"""Two variations on (d): who prepares its batches, and in which precision it computes."""

from .clock import Clock
from .ours import Some, built, load


def workers(steps, warm_up):
    """Return images/s of (d) with d2l's loader, whose four processes prepare the batches."""
    from .lecture import d2l_batches

    return _fitted(d2l_batches, steps, warm_up)


def bfloat16(steps, warm_up):
    """Return images/s of (d) in MXNet's automatic mixed precision."""
    return _fitted(lambda: load()[0], steps, warm_up, precision='bfloat16')


def _fitted(batches, steps, warm_up, **options):
    training, net = built()
    from mxnet import npx

    clock = Clock(steps, warm_up, npx.waitall)
    some = Some(batches(), warm_up + steps, clock=clock)
    training.fit(net, some, epochs=1, lr=0.1, progress=False, **options)
    return {'images_per_s': clock.images_per_s()}
