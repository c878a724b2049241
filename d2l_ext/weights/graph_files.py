"""A network as a file that runs without its Python class: MXNet's graph, oneDNN's, int8, ONNX.

A graph is two files, PATH-symbol.json with the operators and PATH-0000.params with the numbers. Every
function takes a network of images (N, C, H, W) that has its weights, leaves it as it is, and writes
whole files or none. The graphs of oneDNN and int8 are for the CPU. Before a file gets its name it is
loaded and its scores are compared with those of the network.
"""

import contextlib
import json
import os
import tempfile
import warnings
from pathlib import Path

import mxnet as mx
import numpy as onp
from mxnet import gluon

from .. import runtime
from ..networks.blocks import passed
from ..runtime.arguments import array_of, brief, numpy_arrays, one_of, path_of, reason_of, shape_of
from ..runtime.files import content, replace_all

SUFFIXES = ('-symbol.json', '-0000.params')
INPUT = 'data'  # what the graph calls its images
# how far the scores of a file may be from the network's, of their size: by rounding, by 8 bits
SAME, INT8 = 1e-3, 0.5
SIDES = (8, 16, 32, 64, 75, 96, 128, 224, 299)  # tried first: sides of images


def save_graph(net, path, shape=None):
    """Write the graph of `net` and its parameters to PATH-symbol.json and PATH-0000.params.

    `shape` (N, C, H, W) is that of images to compare on, by default the smallest squares that fit.
    Raises ValueError if a parameter has no values yet, or the file gives other scores.
    """
    symbol, parameters = graph(net)
    images = some_images(symbol, parameters, shape)
    with scratch() as folder:
        _write(symbol, parameters, folder / 'net')
        check_same(scores(load_graph(folder / 'net'), images), scores(net, images))
        _keep(folder / 'net', path)


def load_graph(path, device=None):
    """Return the network in PATH-symbol.json and PATH-0000.params, hybridized; no class is needed.

    It computes on `device`, by default on the CPU, for which fused and int8 graphs are made. Raises
    ValueError if a file is missing or damaged.
    """
    files = _there(path)
    device = device or mx.cpu()
    try:
        with _without_warnings():
            net = gluon.SymbolBlock.imports(str(files[0]), [INPUT], str(files[1]), device)
    except (mx.MXNetError, AssertionError, ValueError, OSError, LookupError, TypeError) as error:
        told = reason_of(error)
        raise ValueError(f'{path} is damaged, or its halves are of two networks: {told}') from None
    net.hybridize(static_alloc=True, static_shape=True)
    return net


def save_fused(net, path, shape=None):
    """Write the graph of `net` as `save_graph` does, with the fused operators of oneDNN.

    A convolution, the norm and the activation behind it become one operator.
    """
    _check_onednn()
    symbol, parameters = graph(net)
    check_float32(parameters)
    images = some_images(symbol, parameters, shape)
    with scratch() as folder:
        _write(symbol.get_backend_symbol('MKLDNN'), parameters, folder / 'net')
        check_same(scores(load_graph(folder / 'net'), images), scores(net, images))
        _keep(folder / 'net', path)


def save_int8(net, path, images, mode='naive'):
    """Write the graph of `net` with whole numbers of 8 bits between its layers.

    `images`, some hundred of those it was trained on, show how large the numbers of a layer get: their
    range in `mode` 'naive', the range that keeps most information in 'entropy'. The file keeps float32
    weights; oneDNN rounds them, channel by channel, when the network runs for the first time. Raises
    ValueError on ARM with SVE, where this did not end within five minutes on an emulated CPU.
    """
    from mxnet.contrib.quantization import quantize_net_v2

    _check_onednn()
    if runtime.cpu_has('sve'):
        raise ValueError('int8 of oneDNN does not end on this ARM CPU: take save_onnx_int8')
    one_of('mode', mode, ('naive', 'entropy'))
    images = mx.np.array(as_images(images)).as_nd_ndarray()
    symbol, parameters = graph(net)
    check_float32(parameters)
    with scratch() as folder, _without_warnings(), _quiet_subgraphs():
        _write(symbol, parameters, folder / 'floats')
        # MXNet's quantization knows the arrays of before NumPy's interface alone
        with mx.util.np_array(False):
            graph_file, numbers = map(str, _files(folder / 'floats'))
            floats = gluon.SymbolBlock.imports(graph_file, [INPUT], numbers)
            whole = quantize_net_v2(
                floats,
                quantized_dtype='auto',
                quantize_granularity='channel-wise',
                calib_data=mx.io.NDArrayIter(images, batch_size=min(50, len(images))),
                calib_mode=mode,
            )
            whole.hybridize()
            # waited for, as `safetensors_files.values` does, for the same reason
            whole(images[:1]).wait_to_read()
            whole.export(str(folder / 'net'))
        few = images[:16].asnumpy()
        check_same(scores(load_graph(folder / 'net'), few), scores(net, few), INT8)
        _keep(folder / 'net', path)


def graph(net):
    """Return (symbol, parameters): what `net` computes when it does not train, and with which numbers.

    Parameters are arrays on the CPU, by name, 'arg:' before the trained and 'aux:' before the others.
    Raises ValueError if one has no values yet.
    """
    if not isinstance(net, gluon.HybridBlock):
        raise TypeError(f'net must be a HybridBlock, got {brief(net)}')
    numpy_arrays()
    symbol = net(mx.sym.var(INPUT).as_np_ndarray())
    if isinstance(symbol, (tuple, list)):
        raise ValueError(f'net must have one output, got {len(symbol)}')
    named, arrays = net.collect_params(), {}
    kinds = {'arg': symbol.list_arguments(), 'aux': symbol.list_auxiliary_states()}
    for kind, names in kinds.items():
        for name in names:
            if name != INPUT:
                try:
                    data = named[name].data(named[name].list_ctx()[0])
                except (RuntimeError, gluon.parameter.DeferredInitializationError):
                    raise ValueError(
                        f'net has no values yet for {name}: initialize it, or load its weights, '
                        'and give it one batch'
                    ) from None
                arrays[f'{kind}:{name}'] = data.as_in_ctx(mx.cpu())
    return symbol, arrays


def check_float32(parameters):
    """Raise ValueError if a parameter, of `graph`, is of other numbers: only MXNet's graph has those."""
    for name, array in parameters.items():
        if array.dtype != onp.float32:
            raise ValueError(
                f'{name[4:]} is {array.dtype}: oneDNN, int8 and ONNX take float32, so call '
                "net.cast('float32') first"
            )


def some_images(symbol, parameters, shape=None):
    """Return random images (2, C, H, W) for a graph, of `shape` or the smallest squares that fit it.

    Raises ValueError if none of up to 512 x 512 fits.
    """
    kinds = [array.dtype for array in parameters.values()]
    dtype = 'float16' if onp.dtype('float16') in kinds else 'float32'
    if shape is not None:
        shape = (2, *shape_of('shape', shape, axes=4)[1:])
    else:
        known = {name.partition(':')[2]: array.shape for name, array in parameters.items()}
        nodes = json.loads(symbol.tojson())['nodes']
        readers = [
            known.get(nodes[node['inputs'][1][0]]['name'], ())
            for node in nodes
            if node['op'] == 'Convolution' and nodes[node['inputs'][0][0]]['name'] == INPUT
        ]
        channels = readers[0][1:2] if readers else range(1, 5)
        shape = next(
            (tried for side in (*SIDES, *range(1, 513)) for c in channels
             if _takes(symbol, tried := (2, c, side, side), known)), None,
        )  # fmt: skip
        if shape is None:
            raise ValueError('no square images fit net: give the shape of some, (N, C, H, W)')
    return onp.random.RandomState(0).normal(size=shape).astype(dtype)


def _takes(symbol, shape, known) -> bool:
    """Tell whether the graph takes images of `shape`, by MXNet's shape inference alone."""
    try:
        with contextlib.redirect_stdout(None):  # it prints the arguments before it raises
            names = symbol.list_arguments()
            given = {name: known[name] for name in names if name in known}
            return symbol.infer_shape(**given, **{INPUT: shape})[1] is not None
    except mx.MXNetError:
        return False


def scores(net, images):
    """Return what `net` gives for NumPy's `images`, as float64."""
    device = next((p.list_ctx()[0] for p in net.collect_params().values()), mx.cpu())
    made = passed(net, mx.np.array(images, dtype=images.dtype, ctx=device), 'shape')
    return made.asnumpy().astype('float64')


def check_same(made, expected, most=SAME):
    """Raise ValueError unless a file's scores are those of its network, `expected`.

    `most` is how far they may be apart: the norm of the difference, as a share of their norm.
    """
    if not onp.isfinite(expected).all():
        raise ValueError(
            'net gives NaN or infinity: nothing was written; train it anew, or load other weights'
        )
    if made.shape != expected.shape:
        raise ValueError(
            f'the file gives {made.shape}, net {expected.shape}: nothing was written; take another kind '
            'of file'
        )
    apart = onp.linalg.norm(made - expected) / max(onp.linalg.norm(expected), 1e-6)
    if not apart <= most:
        raise ValueError(
            f'the file gives other scores than net, {apart:.2%} apart, at most {most:.2%} is rounding: '
            'nothing was written; take another kind of file'
        )


def operators(path) -> dict:
    """Count the operators of the graph in PATH-symbol.json by name, the most frequent first.

    Raises ValueError if a file is missing or damaged.
    """
    file = _there(path)[0]
    try:
        nodes = [node['op'] for node in json.loads(content(file).decode())['nodes']]
    except (KeyError, TypeError, ValueError):
        raise ValueError(f'{file} is damaged, or no graph: save_graph writes one') from None
    counts = {name: nodes.count(name) for name in nodes if name != 'null'}
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def size(path) -> int:
    """Return the bytes of the graph at PATH, both files, or of the one file that PATH is."""
    path_of('path', path)
    files = [Path(path)] if Path(path).is_file() else _there(path)
    return sum(file.stat().st_size for file in files)


def as_images(images):
    """Return `images` as a float32 NumPy array (N, C, H, W); ValueError if it is none, or empty."""
    images = array_of('images', images, finite=True)
    if images.ndim != 4 or not images.size:
        raise ValueError(f'images must be (N, C, H, W), at least one, got {images.shape}')
    if images.dtype.kind != 'f':
        raise ValueError(
            f'images must be fractions, prepared as for the training, got {images.dtype}'
        )
    return images.astype('float32')


@contextlib.contextmanager
def scratch():
    """Give a folder that is gone afterwards, for libraries that only write to a path."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _files(path):
    if os.path.basename(path) in ('', os.curdir, os.pardir):
        raise ValueError(f'path must end with the name of a graph, got {brief(path)}')
    return [Path(f'{path}{suffix}') for suffix in SUFFIXES]


def _there(path):
    """Return both files of the graph at `path`; ValueError if one is missing."""
    path_of('path', path)
    files = _files(path)
    for file in files:
        if not file.is_file():
            raise ValueError(f'{file} does not exist: save_graph writes both files')
    return files


def _write(symbol, parameters, prefix):
    graph_file, numbers = map(str, _files(prefix))
    symbol.save(graph_file)
    mx.npx.save(numbers, parameters)


def _keep(prefix, path):
    """Move the graph at `prefix` to `path`, both files or none."""
    path_of('path', path)
    pairs = zip(_files(path), _files(prefix), strict=True)
    replace_all({file: made.read_bytes() for file, made in pairs})


def _check_onednn():
    if not mx.runtime.Features().is_enabled('MKLDNN'):
        raise ValueError('this MXNet was built without oneDNN: take save_graph or ONNX')


@contextlib.contextmanager
def _without_warnings():
    with warnings.catch_warnings():
        # MXNet asks for the type of the input, which the parameters tell
        warnings.filterwarnings('ignore', 'Cannot decide (type|shape) for the following arguments')
        yield


@contextlib.contextmanager
def _quiet_subgraphs():
    """Keep MXNet from telling on stderr that it fuses operators to find the ranges."""
    name = 'MXNET_SUBGRAPH_VERBOSE'
    before = os.environ.get(name)
    os.environ.setdefault(name, '0')
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
