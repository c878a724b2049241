"""Two variations on (d): who prepares its batches, and in which precision it computes."""

from .clock import BATCH, SIZE, Clock
from .ours import Some, built, load


def workers(steps, warm_up, batch=BATCH, size=SIZE, sample='lecture'):
    """Return images/s of (d) with d2l's loader, whose four processes prepare the batches."""
    from .lecture import d2l_batches

    return _fitted(lambda: d2l_batches(batch, size, sample), steps, warm_up, batch)


def bfloat16(steps, warm_up, batch=BATCH, size=SIZE, sample='lecture'):
    """Return images/s of (d) in MXNet's automatic mixed precision."""
    batches = load(batch, size, sample)[0]
    return _fitted(lambda: batches, steps, warm_up, batch, precision='bfloat16')


def _fitted(batches, steps, warm_up, batch, **options):
    training, net = built()
    from mxnet import npx

    clock = Clock(steps, warm_up, npx.waitall, batch)
    some = Some(batches(), warm_up + steps, clock=clock)
    training.fit(net, some, epochs=1, lr=0.1, progress=False, **options)
    return {'images_per_s': clock.images_per_s()}
