"""Mixed precision: MXNet's AMP has a network multiply in 16 bits; weights and sums keep 32.

`amp.init` changes MXNet's older operators for the rest of the process, and not those of `mx.np`. So
here AMP's other half is used, which rewrites the graph of one network.
"""

import ml_dtypes  # noqa: F401  tells NumPy of bfloat16, by whose name AMP casts
import mxnet as mx
from mxnet import autograd
from mxnet.contrib.amp import amp
from mxnet.gluon import SymbolBlock


def lowered(net, precision):
    """Return what computes as `net` in `precision`: itself in float32, in bfloat16 a graph of it.

    The graph has the weights of `net`. They, their gradients and what it gives stay in 32 bits: casts
    stand before each convolution and dense layer. It gives what `net` gives in training.
    """
    if precision == 'float32':
        return net
    data = mx.sym.var('data', dtype='float32')
    # AMP takes what a pooling gives for low, even where it pools images of 32 bits: cast before it
    with autograd.train_mode():
        given = net(mx.sym.amp_cast(data, dtype=precision).as_np_ndarray())
    scores = given if isinstance(given, tuple) else (given,)
    out = mx.sym.Group([one.as_nd_ndarray() for one in scores])
    names = out.list_inputs()  # the weights too are cast in the graph, not once and for all
    out = amp.convert_symbol(out, precision, data_names=names).as_np_ndarray()
    graph = SymbolBlock(out, data.as_np_ndarray(), params=net.collect_params())
    graph.hybridize(static_alloc=True, static_shape=True)
    return graph
