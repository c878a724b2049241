"""Shapes, parameters and multiply-adds of any HybridBlock, without computing or binding anything.

The block is called once on a symbol; MXNet's own shape inference does the rest. So a network that was
never initialized can be measured at any resolution, and stays as it was.
"""

import contextlib
import math
from dataclasses import dataclass

import mxnet as mx
from mxnet.gluon import nn

from ..networks.blocks import check_network, is_layer, walk
from ..runtime.arguments import brief, numpy_arrays, reason_of, shape_of, whole
from ..tables import Table


@dataclass(frozen=True)
class Call:
    """One call of a block in a forward pass; shapes with the batch axis.

    `params` and `macs` are those of the block's own weights: zero for a block that only holds others.
    `params` counts what is trained, no running statistics, at the first call of a weight alone. `macs`
    counts one image: convolutions and dense layers, no pooling, norms, biases, activations.
    """

    path: str  # stage3.inception_3a.branch3x3.1, empty for the whole
    kind: str  # Conv2D
    is_layer: bool
    in_shape: tuple
    out_shape: tuple
    params: int
    macs: int


def trace(net, shape) -> list[Call]:
    """List every call that an input of `shape` (N, C, H, W) causes, inner calls before outer ones.

    Raises ValueError for a shape that is not positive integers or does not fit `net`, TypeError for a
    block that is no HybridBlock.
    """
    if not isinstance(net, nn.HybridBlock):
        raise TypeError(f'net must be a HybridBlock, got {brief(net)}: derive it from one')
    shape = shape_of('shape', shape)
    numpy_arrays()
    calls = []
    paths = {}  # a block that stands at two places is called by the path of the first
    for path, block in walk(net):
        paths.setdefault(block, path)
    handles = [
        block.register_forward_hook(
            lambda block, given, made: calls.append((paths[block], block, given[0], made))
        )
        for block in paths
    ]
    try:
        net(mx.sym.var('data').as_np_ndarray())
    finally:
        for handle in handles:
            handle.detach()
    shapes, weights = _infer(net, calls, shape)
    left = set(weights)
    measured = []
    for i, (path, block, _, _) in enumerate(calls):
        own = {name: weights[name] for name in block.params if name in weights}
        # a weight that is used again is not another one
        params = sum(math.prod(own[name]) for name in own.keys() & left)
        left -= own.keys()
        macs = _macs(block, own, shapes[2 * i], shapes[2 * i + 1])
        kind = type(block).__name__
        measured.append(
            Call(path, kind, is_layer(block), shapes[2 * i], shapes[2 * i + 1], params, macs)
        )
    return measured


def summary(net, shape, depth=None) -> Table:
    """Make a table of `net` on an input of `shape` (N, C, H, W): a row a layer, and the totals.

    A layer that is used twice has one row, with its parameters once and its multiply-adds twice.
    `depth` 1 gives a row a stage, 2 a row a block in a stage. Outputs are channels x height x width,
    MACs and the share of them count one image.
    """
    if depth is not None:
        whole('depth', depth, hint='or leave it out')
    calls = trace(net, shape)
    last = calls[-1]
    total_params, total_macs = (sum(getattr(c, what) for c in calls) for what in ('params', 'macs'))
    rows, shown = [], set()
    for call in calls:
        if call.path in shown:
            continue
        if depth is None:
            wanted, inside = call.is_layer, [c for c in calls if c.path == call.path]
        else:
            level = call.path.count('.') + 1
            wanted = call.path and (level == depth or (level < depth and call.is_layer))
            inside = [c for c in calls if (c.path + '.').startswith(call.path + '.')]
        if wanted:
            shown.add(call.path)
            macs = sum(c.macs for c in inside)
            share = f'{macs / total_macs:.1%}' if total_macs else ''
            params = sum(c.params for c in inside)
            kind = call.kind
            if kind == 'HybridSequential':  # says nothing; what it holds does
                kind = f'{len({c.path for c in inside if c.is_layer})} layers'
            rows.append([call.path or kind, kind, call.out_shape[1:], params, macs, share])
    columns = ['name', 'kind', 'output', 'parameters', 'MACs', 'share']
    total = ['total', '', last.out_shape[1:], total_params, total_macs, '']
    return Table(columns, rows, total=total)


def count_parameters(net, shape=None) -> int:
    """Count the values of the parameters that are trained; running statistics are not.

    With the `shape` (N, C, H, W) of an input, which is needed while some are open, those that a
    prediction uses are counted: no auxiliary classifiers. Without one, all of them.

    Raises ValueError if dimensions are open and no `shape` is given.
    """
    if shape is not None:
        return sum(call.params for call in trace(net, shape))
    trained = [p for p in parameters(net) if not is_statistic(p)]
    return _size(trained, 'give the shape of an input')


def count_statistics(net) -> int:
    """Count the running means and variances of `net`, which are kept with its weights but not trained.

    Raises ValueError if dimensions are open: give the network one batch first.
    """
    statistics = [p for p in parameters(net) if is_statistic(p)]
    return _size(statistics, 'give the network one batch first')


def parameters(net) -> list:
    """Return the parameters of `net`; raises TypeError for what is no network."""
    check_network('net', net)
    return list(net.collect_params().values())


def is_statistic(parameter) -> bool:
    """Tell whether a parameter is a running mean or variance of a batch normalization."""
    return parameter.name.endswith(('running_mean', 'running_var'))


def _size(parameters, hint) -> int:
    """Count the values of `parameters`; ValueError, with the `hint`, if a dimension is open."""
    for p in parameters:
        if p.shape is None or any(n <= 0 for n in p.shape):
            raise ValueError(f'{p.name} is still open {p.shape}: {hint}')
    return sum(math.prod(p.shape) for p in parameters)


def count_macs(net, shape) -> int:
    """Count the multiply-adds of one image of `shape` (N, C, H, W); N does not matter.

    Compare: Szegedy et al. 2015, Table 1, column "ops".
    """
    return sum(call.macs for call in trace(net, shape))


def _infer(net, calls, shape):
    """Return the shapes of every call's input and output, and of every weight by its name."""
    group = mx.sym.Group([s for _, _, given, made in calls for s in (given, made)])
    names = group.list_arguments()
    bound = {
        p.name: p.shape
        for p in net.collect_params().values()
        if p.name in names and p.shape and all(n > 0 for n in p.shape)
    }
    try:
        with contextlib.redirect_stdout(None):  # MXNet prints all arguments before it raises
            weights, shapes, _ = group.infer_shape(data=shape, **bound)
    except mx.MXNetError as error:
        raise ValueError(f'shape {shape} does not fit this network: {reason_of(error)}') from None
    return shapes, dict(zip(names, weights, strict=True))


def _macs(block, own, in_shape, out_shape):
    kernel = own.get(block.weight.name, ()) if hasattr(block, 'weight') else ()
    if len(kernel) < 2 or isinstance(block, nn.Embedding):  # an embedding looks its rows up
        return 0
    # each output value of a convolution or a dense layer takes one multiply-add a weight of its row; in
    # a transposed convolution each input value gives one
    transposed = getattr(block, '_op_name', '').lower() == 'deconvolution'
    return math.prod((in_shape if transposed else out_shape)[1:]) * math.prod(kernel[1:])
