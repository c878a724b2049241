"""Mixed precision: MXNet's AMP has a network multiply in 16 bits; weights and sums keep 32.

`amp.init` changes MXNet's older operators for the rest of the process, and not those of `mx.np`. So
here AMP's other half is used, which rewrites the graph of one network.
"""

import contextlib

import mxnet as mx
from mxnet.contrib.amp import amp
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
