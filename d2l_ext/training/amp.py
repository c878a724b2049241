"""Mixed precision: MXNet's AMP has a network multiply in 16 bits; weights and sums keep 32.

`amp.init` changes MXNet's older operators for the rest of the process, and not those of `mx.np`. So
here AMP's other half is used, which rewrites the graph of one network.
"""

import contextlib
from types import SimpleNamespace

import mxnet as mx
import numpy as onp
from mxnet.contrib.amp import amp
from mxnet.contrib.amp.loss_scaler import LossScaler
from mxnet.gluon import HybridBlock


@contextlib.contextmanager
def lowered(net, precision):
    """Let `net`, once it is hybridized inside the `with`, multiply in `precision`.

    What it gives, its weights and their gradients stay in 32 bits: casts stand before each convolution
    and dense layer. Afterwards it is again the network that it was.
    """
    blocks = []
    if precision != 'float32':
        net.apply(lambda block: blocks.append(block) if isinstance(block, HybridBlock) else None)
    for block in blocks:
        block._get_graph = _with_casts(block._get_graph, precision)
    try:
        yield
    finally:
        for block in blocks:
            del block._get_graph
            block._clear_cached_op()


def _with_casts(get_graph, precision):
    def graph(*args):
        data, out = get_graph(*args)
        # AMP takes what a pooling gives for low, even where it pools images of 32 bits: cast before it
        low = {x.name: mx.sym.amp_cast(x.as_nd_ndarray(), dtype=precision) for x in data}
        out = out.as_nd_ndarray()(**low)
        names = out.list_inputs()  # the weights too are cast in the graph, not once and for all
        return data, amp.convert_symbol(out, precision, data_names=names).as_np_ndarray()

    return graph


class Scaler:
    """The scale of a loss, so that small gradients are not lost in float16; other precisions have 1.

    MXNet's own rule: half as large after a step whose gradients overflow, which is left out, and twice
    as large after 2 000 good ones.
    """

    def __init__(self, precision):
        self.amp = LossScaler() if precision == 'float16' else None

    scale = property(lambda self: self.amp._next_loss_scale if self.amp else 1)

    def overflows(self, gradients) -> bool:
        """Tell whether one of `gradients` is not finite; then, or else, the scale changes."""
        # MXNet's operator knows older arrays only
        return bool(self.amp) and self.amp.has_overflow(
            [SimpleNamespace(_grad=[gradient.as_nd_ndarray()]) for gradient in gradients]
        )

    def state(self) -> dict:
        """Return what a checkpoint must hold, as an array."""
        if not self.amp:
            return {}
        return {'scaler': onp.array([self.amp._next_loss_scale, self.amp._unskipped])}

    def restore(self, tensors):
        """Take over what `state` gave."""
        if self.amp:
            scale, good = tensors['scaler'].tolist()
            self.amp._next_loss_scale, self.amp._unskipped = scale, round(good)
