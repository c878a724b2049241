"""A network as an ONNX file whose branches can be looked at and switched off, as a web page runs it."""

import numpy as onp
import onnx
from mxnet.gluon import nn
from onnx import TensorProto, helper, numpy_helper

from ..networks.blocks import Concat, walk
from ..runtime.arguments import one_of
from ..runtime.files import replace
from .graph_files import INPUT, SAME, check_same, scores, scratch
from .onnx_files import BATCH, OUTPUT, exported, session
from .safetensors_files import check_range

GATES, OFFSETS, CLASS_MAPS = 'gates', 'offsets', 'class_maps'
# how far the scores of a file of these numbers may be from the network's, of their size
APART = {'float32': SAME, 'float16': 1e-2}


def save_gated(net, path, shape, dtype='float16'):
    """Write `net` to `path` as ONNX for images of `shape`, with a gate and maps for every branch.

    Beside the images the file takes `gates`, a number for each branch, and `offsets`, one for each
    channel of all branches, both in the order of `branches(net)`: a branch hands on its maps times its
    gate plus its offsets. Ones and zeros give the network. Beside the scores the file gives the maps
    of each branch, before its gate, by the branch's name, and `class_maps`, (N, classes, height, width):
    what each place of the last maps says for each class. Weights are stored as numbers of `dtype`.
    Raises ValueError as `save_onnx` and `branches` do, for another `dtype`, for a weight that is too
    large for it, and for a network that does not end in a mean over all places and a dense layer.
    """
    one_of('dtype', dtype, APART)
    named = branches(net)
    model, images = exported(net, shape)
    with_gates(model.graph, named)
    with_class_maps(model.graph)
    if dtype == 'float16':
        in_halves(model.graph)
    onnx.checker.check_model(model, full_check=True)
    file = model.SerializeToString()
    with scratch() as folder:
        (folder / 'net.onnx').write_bytes(file)
        made, *_ = session(folder / 'net.onnx').run([OUTPUT], {INPUT: images, **all_on(named)})
    check_same(made, scores(net, images), APART[dtype])
    replace(path, file)


def branches(net) -> dict:
    """Return {'3a.branch1x1': channels, …}: the branches of the blocks of `net`, in order.

    Raises ValueError if there are none, or one is no chain of layers that ends in a convolution.
    """
    named = {}
    for path, block in walk(net):
        if isinstance(block, Concat):
            short = path.rsplit('.', 1)[-1].removeprefix('inception_')
            for name, branch in block._children.items():
                inside = [layer for _, layer in walk(branch)]
                last = inside[-1]
                if not isinstance(last, nn.Conv2D) or any(isinstance(b, Concat) for b in inside):
                    raise ValueError(
                        f'{path}.{name} must be a chain that ends in a convolution to have a gate: '
                        'give a GoogLeNet'
                    )
                named[f'{short}.{name}'] = last.weight.shape[0]
    if not named:
        raise ValueError('net has no blocks of branches: give a GoogLeNet')
    return named


def all_on(named) -> dict:
    """Return the gates and offsets that leave the network as it is, for the branches `named`."""
    return {
        GATES: onp.ones(len(named), 'float32'),
        OFFSETS: onp.zeros(sum(named.values()), 'float32'),
    }


def with_gates(graph, named):
    """Give a graph of onnx its gates, its offsets and the maps of its branches as outputs."""
    joins = [node for node in graph.node if node.op_type == 'Concat']
    read = [name for node in joins for name in node.input]
    if len(read) != len(named):
        raise ValueError(f'net has {len(named)} branches, but its graph joins {len(read)}')
    new = dict(zip(read, named, strict=True))
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [new.get(name, name) for name in names]
    sizes = [sum(named[name] for name in node.input) for node in joins]
    blocks = [node.input[0].partition('.')[0] for node in joins]
    nodes = [
        split(GATES, [f'{name}.gate' for name in named]),
        split(OFFSETS, [f'{block}.offsets' for block in blocks]),
    ]
    for node in graph.node:
        if node not in joins:
            nodes.append(node)
            continue
        block = node.input[0].partition('.')[0]
        gated = [f'{name}.gated' for name in node.input]
        nodes += [
            helper.make_node('Mul', [name, f'{name}.gate'], [after])
            for name, after in zip(node.input, gated, strict=True)
        ]
        (joined,) = node.output
        node.input[:], node.output[:] = gated, [f'{block}.joined']
        shaped = [f'{block}.offsets', 'column'], [f'{block}.column']
        nodes += [
            node,
            helper.make_node('Reshape', *shaped),
            helper.make_node('Add', [f'{block}.joined', f'{block}.column'], [joined]),
        ]
    sizes_of = {f'{GATES}.sizes': [1] * len(named), f'{OFFSETS}.sizes': sizes, 'column': [-1, 1, 1]}
    graph.initializer.extend(
        numpy_helper.from_array(onp.array(numbers, 'int64'), name)
        for name, numbers in sizes_of.items()
    )
    del graph.node[:]
    graph.node.extend(nodes)
    values = {name: [BATCH, channels, None, None] for name, channels in named.items()}
    graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in values.items()
    )
    graph.input.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape)
        for name, array in all_on(named).items()
    )


def with_class_maps(graph):
    """Give a graph of onnx its class maps as an output: the last maps, weighted as by the dense layer.

    Their mean over all places, plus the layer's bias, is the scores. Source: Zhou et al. 2016, equation 2.
    """
    pools = [i for i, node in enumerate(graph.node) if node.op_type == 'GlobalAveragePool']
    ending = list(graph.node)[pools[-1] if pools else 0 :]
    kinds = [node.op_type for node in ending if node.op_type != 'Dropout']
    if kinds != ['GlobalAveragePool', 'Flatten', 'Gemm']:
        raise ValueError(
            'net must end in a mean over all places and a dense layer to have class maps: '
            'give a GoogLeNet'
        )
    weight = ending[-1].input[1]
    graph.initializer.append(numpy_helper.from_array(onp.array([0, 0, 1, 1]), 'kernel'))
    graph.node.extend([
        helper.make_node('Reshape', [weight, 'kernel'], [f'{CLASS_MAPS}.weight']),
        helper.make_node('Conv', [ending[0].input[0], f'{CLASS_MAPS}.weight'], [CLASS_MAPS]),
    ])  # fmt: skip
    shape = [BATCH, None, None, None]
    graph.output.append(helper.make_tensor_value_info(CLASS_MAPS, TensorProto.FLOAT, shape))


def split(name, parts):
    """Return the node that cuts the input `name` into `parts`, of the sizes in `NAME.sizes`."""
    return helper.make_node('Split', [name, f'{name}.sizes'], parts, axis=0)


def in_halves(graph):
    """Store the weights of a graph of onnx in 16 bits; the file still computes in 32."""
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            array, name = numpy_helper.to_array(tensor), tensor.name
            check_range(name, array, 'float16')
            tensor.CopyFrom(numpy_helper.from_array(array.astype('float16'), f'{name}.half'))
            casts.append(helper.make_node('Cast', [tensor.name], [name], to=TensorProto.FLOAT))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend(casts + nodes)
