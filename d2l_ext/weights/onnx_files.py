"""A network as an ONNX file, which programs without MXNet run: written, read, made smaller.

MXNet's exporter is of 2022 and asks onnx for two things that have changed since; they are given to it
for as long as it runs. It also hands the weights over number by number; as bytes, which it gets here, a
network is written in half the time (V3: 2.8 s, not 5.8).
"""

import contextlib
import json
import logging
import sys
import types
from pathlib import Path

import mxnet as mx
import numpy as onp
import onnx

from .. import runtime
from ..runtime.arguments import path_of, shape_of
from ..runtime.files import replace
from .graph_files import (
    INPUT,
    INT8,
    as_images,
    check_float32,
    check_same,
    graph,
    scores,
    scratch,
    some_images,
)

OPSET = 13  # the newest operators that MXNet's exporter knows
# what the exporter and onnx's checker raise where they cannot write a network
REFUSED = (AttributeError, NotImplementedError, LookupError, TypeError, ValueError, RuntimeError,
           mx.MXNetError, onnx.checker.ValidationError)  # fmt: skip
OUTPUT, BATCH = 'scores', 'N'
# operators of NumPy's interface that it does not know -> those of before, which do the same
OLDER = {
    '_np_copy': '_copy',
    '_npi_add': 'broadcast_add',
    '_npi_multiply_scalar': '_mul_scalar',
}


def save_onnx(net, path, shape):
    """Write `net` to the file `path` as ONNX of opset 13, for images of `shape` (N, C, H, W).

    The file takes any number of images of that size. Raises ValueError if a parameter has no values
    yet, for another shape, for an operator that MXNet's exporter, `mx.onnx.export_model`, lacks, and
    if onnxruntime computes other scores from the file than `net` gives.
    """
    model, images = exported(net, shape)
    with scratch() as folder:
        onnx.save(model, folder / 'net.onnx')
        check_same(load_onnx(folder / 'net.onnx')(images), scores(net, images))
    replace(path, model.SerializeToString())


def exported(net, shape):
    """Return (model, images): `net` as a model of onnx, and images of `shape` to compare the two on.

    Raises ValueError as `save_onnx` does, but compares nothing.
    """
    shape = shape_of('shape', shape, axes=4)
    symbol, parameters = graph(net)
    check_float32(parameters)
    images = some_images(symbol, parameters, shape)
    numbers = {name.partition(':')[2]: array.as_nd_ndarray() for name, array in parameters.items()}
    # MXNet prints the arguments of an operator before it refuses it
    with scratch() as folder, _onnx_of_2022(), contextlib.redirect_stdout(None):
        try:
            file = mx.onnx.export_model(
                _older(symbol), numbers, [tuple(shape)], [onp.float32], str(folder / 'net.onnx'),
                dynamic=True, dynamic_input_shapes=[(BATCH, *shape[1:])],
            )  # fmt: skip
            model = onnx.load(file)
            _tidy(model)
            onnx.checker.check_model(model, full_check=True)
        except REFUSED as error:
            told = ' '.join(str(error).split())
            raise ValueError(f'net cannot be written as ONNX: {told}') from None
    return model, images


def save_onnx_int8(source, path, images):
    """Write the ONNX file `source` to `path` with weights and values of 8 bits.

    `images` (N, C, H, W), some hundred of those the network was trained on, show how large the numbers
    of a layer get. Source: onnxruntime's static quantization, weights channel by channel.
    """
    from onnxruntime import quantization

    images = as_images(images)
    expected = load_onnx(source)(images[:16])  # refuses what is no ONNX file
    batches = iter([{INPUT: images[i : i + 50]} for i in range(0, len(images), 50)])

    class Batches(quantization.CalibrationDataReader):
        def get_next(self):
            return next(batches, None)

    with scratch() as folder, _without_log():
        quantization.quant_pre_process(str(source), str(folder / 'ready.onnx'))
        quantization.quantize_static(
            str(folder / 'ready.onnx'),
            str(folder / 'net.onnx'),
            Batches(),
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
        )
        check_same(load_onnx(folder / 'net.onnx')(images[:16]), expected, INT8)
        replace(path, (folder / 'net.onnx').read_bytes())


def load_onnx(path):
    """Return the network in the ONNX file `path` as a function, NumPy images to NumPy scores.

    It runs in onnxruntime, on all CPUs that this process may use. Raises ValueError if the file is
    missing or damaged.
    """
    running = session(path)
    kinds = [entry.type for entry in running.get_inputs()]
    if kinds != ['tensor(float)']:
        raise ValueError(f'{path} must take one input of float32, got {", ".join(kinds) or "none"}')
    sizes = tuple(running.get_inputs()[0].shape)
    name = running.get_inputs()[0].name

    def net(images):
        images = as_images(images)
        fits = images.ndim == len(sizes) and all(
            not isinstance(n, int) or n == m for n, m in zip(sizes, images.shape, strict=True)
        )
        if not fits:
            told = ', '.join(map(str, sizes))
            raise ValueError(f'images must be ({told}) for {path}, got {images.shape}: resize them')
        return running.run(None, {name: images})[0]

    return net


def session(path):
    """Return onnxruntime's session of the file `path`; ValueError if it cannot be one."""
    import onnxruntime
    from onnxruntime.capi.onnxruntime_pybind11_state import (
        Fail,
        InvalidGraph,
        InvalidProtobuf,
        RuntimeException,
    )
    from onnxruntime.capi.onnxruntime_pybind11_state import (
        NotImplemented as NoKernel,
    )

    path_of('path', path)
    if not Path(path).is_file():
        raise ValueError(f'{path} does not exist: save_onnx writes it')
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # its errors are told once, below
    options.intra_op_num_threads = runtime.usable_cpus()
    # threads that wait for work must not take the CPUs from whoever has some
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    try:
        return onnxruntime.InferenceSession(str(path), options, ['CPUExecutionProvider'])
    except (Fail, InvalidGraph, InvalidProtobuf, NoKernel, RuntimeException) as error:
        told = str(error).splitlines()[0]
        raise ValueError(
            f'{path} is no ONNX file, or a damaged one, or cannot run: {told}'
        ) from None


def _older(symbol):
    graph = json.loads(symbol.tojson())
    for node in graph['nodes']:
        node['op'] = OLDER.get(node['op'], node['op'])
    return mx.sym.load_json(json.dumps(graph))


def _tidy(model):
    """Name what comes out, and leave to the inputs the images alone, not the weights too."""
    graph = model.graph
    graph.name, model.producer_name = 'net', 'd2l_ext'
    model.ir_version = onnx.helper.find_min_ir_version_for(model.opset_import)
    weights = {tensor.name for tensor in graph.initializer}
    images = [value for value in graph.input if value.name not in weights]
    del graph.input[:]
    graph.input.extend(images)
    (output,) = graph.output
    for node in graph.node:
        node.output[:] = [OUTPUT if name == output.name else name for name in node.output]
    output.name = OUTPUT
    output.type.tensor_type.shape.dim[0].dim_param = BATCH


@contextlib.contextmanager
def _onnx_of_2022():
    """Give MXNet's exporter the onnx that it was written for: `onnx.mapping`, and an opset it knows.

    And a `make_tensor` that stores the numbers as bytes.

    The second place where the course writes into a module that is not its own; it is undone at once.
    Source: onnx 1.12, mapping.py; MXNet 1.9.1, onnx/mx2onnx/_export_model.py.
    """
    from onnx import defs

    mapping = types.ModuleType('onnx.mapping')
    types_of = {
        number: onnx.helper.tensor_dtype_to_np_dtype(number)
        for number in onnx.TensorProto.DataType.values()
        if number not in (onnx.TensorProto.UNDEFINED, onnx.TensorProto.STRING)
    }
    mapping.TENSOR_TYPE_TO_NP_TYPE = types_of
    mapping.NP_TYPE_TO_TENSOR_TYPE = {kind: number for number, kind in types_of.items()}
    make, newest, before = (
        onnx.helper.make_tensor,
        defs.onnx_opset_version,
        sys.modules.get('onnx.mapping'),
    )

    def as_bytes(name, data_type, dims, vals, raw=False):
        if not raw:
            kind = onnx.helper.tensor_dtype_to_np_dtype(data_type)
            vals = onp.asarray(vals, kind).tobytes()
        return make(name, data_type, dims, vals, raw=True)

    had = getattr(onnx, 'mapping', None)
    onnx.mapping = sys.modules['onnx.mapping'] = mapping
    defs.onnx_opset_version = lambda: OPSET
    onnx.helper.make_tensor = as_bytes
    try:
        yield
    finally:
        onnx.helper.make_tensor = make
        defs.onnx_opset_version = newest
        if before is None:
            del onnx.mapping, sys.modules['onnx.mapping']
        else:
            onnx.mapping, sys.modules['onnx.mapping'] = had, before


@contextlib.contextmanager
def _without_log():
    """Keep onnxruntime's advice on quantization to itself."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
