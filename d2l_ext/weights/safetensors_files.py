"""The weights of a network in a file: safetensors, which hold names, shapes and numbers, no code.

A weight is named by the path of its layer: `stage3.inception_3a.branch3x3.1.weight`.
"""

import mxnet as mx
import numpy as onp
from mxnet import init, np

from ..networks.blocks import check_network, walk
from ..runtime.arguments import array_of, brief, dict_of, one_of, text_of
from ..runtime.files import content, replace

# safetensors' name of a kind of number -> NumPy's; bfloat16, which NumPy lacks, is half a float32
DTYPES = {
    'F64': '<f8', 'F32': '<f4', 'F16': '<f2', 'BF16': '<u2', 'I64': '<i8', 'I32': '<i4', 'U8': '|u1',
}  # fmt: skip
WRITTEN = [kind for name, kind in DTYPES.items() if name != 'BF16']
SAVED = ('float16', 'float32', 'float64')


def parameters(net) -> dict:
    """Return every parameter of `net` by its name, in the order of the layers."""
    return {
        f'{path}.{name[len(block.prefix) :]}'.lstrip('.'): parameter
        for path, block in walk(net)
        for name, parameter in block.params.items()
    }


def save(net, path, dtype='float32'):
    """Write the weights of `net` to `path` as numbers of `dtype`: float16 halves the file.

    Raises ValueError for a network without weights, if a dimension is still open (give the network one
    batch first), for a `dtype` that holds no fractions, and for a weight that is too large for it.
    """
    one_of('dtype', dtype, SAVED)
    named = parameters(net)
    if not named:
        raise ValueError(f'net must have weights, got {brief(net)}')
    for name, parameter in named.items():
        if any(n <= 0 for n in parameter.shape or (0,)):
            raise ValueError(f'{name} has no shape yet: give the network one batch first')
        if parameter._data is None:
            raise ValueError(f'{name} has no values yet: initialize the network first')
    tensors = {name: values(parameter) for name, parameter in named.items()}
    for name, array in tensors.items():
        check_range(name, array, dtype)
    write({name: array.astype(dtype) for name, array in tensors.items()}, path)


def check_range(name, array, dtype):
    """Raise ValueError if a number of `array` is too large for `dtype`: it would become infinity."""
    kind = onp.dtype(dtype)
    if (large := abs(array[onp.isfinite(array)]).max(initial=0)) > onp.finfo(kind).max:
        raise ValueError(f'{name} holds {large:.3g}, too large for {kind}: take float32')


def values(parameter):
    """Return the numbers of a parameter as an array; the same on each device where it is.

    Waits until MXNet has nothing left to do. In prediction a convolution rearranges its weights in place,
    and `asnumpy` does not wait for that: while the pass still runs, it can copy a mixture of two orders.
    """
    mx.nd.waitall()
    return parameter.list_data()[0].asnumpy()


def copy(source, target):
    """Give `target` the weights of `source`, a network of the same parameters in the same order.

    Raises ValueError, before anything is copied, if they are not as many or a shape differs.
    """
    for name, net in (('source', source), ('target', target)):
        check_network(name, net)
    ours, theirs = (list(net.collect_params().values()) for net in (source, target))
    if len(ours) != len(theirs):
        raise ValueError(
            f'target must have the parameters of source, {len(ours)}, got {len(theirs)}: build it alike'
        )
    for mine in ours:
        if mine._data is None:
            raise ValueError(f'source has no values yet for {mine.name}: give it one batch first')
    numbers = [values(mine) for mine in ours]
    for mine, other, array in zip(ours, theirs, numbers, strict=True):
        if not fits(other.shape, mine.shape):
            raise ValueError(
                f'target must have the parameters of source: {other.name} is {other.shape}, '
                f'{mine.name} {mine.shape}; nothing was copied'
            )
        check_range(mine.name, array, other.dtype)
    for other, array in zip(theirs, numbers, strict=True):
        put(other, array)


def load(net, path):
    """Put the weights that `save` wrote to `path` into `net`, fresh or bound, also one cast to float16.

    Raises ValueError, before anything is loaded, if a name or a shape differs, or a number is too large
    for the network; the message has it.
    """
    tensors, named = read(path), parameters(net)
    for name in [*named, *tensors]:
        ours = named[name].shape if name in named else None
        theirs = tensors[name].shape if name in tensors else None
        if ours is None or theirs is None or not fits(ours, theirs):
            raise ValueError(
                f'{path} does not fit at {name}: the network has {ours}, the file {theirs}; '
                'nothing was loaded'
            )
    for name, parameter in named.items():
        check_range(name, tensors[name], parameter.dtype)
    for name, parameter in named.items():
        put(parameter, tensors[name])


def fits(shape, given) -> bool:
    """Tell whether a parameter of `shape`, where 0 or -1 is an open dimension, can take `given`."""
    return len(shape) == len(given) and all(
        n in (m, 0, -1) for n, m in zip(shape, given, strict=True)
    )


def put(parameter, array):
    """Set a parameter to `array`, on the devices where it is; binds open dimensions."""
    try:
        devices = parameter.list_ctx()
    except RuntimeError:  # never initialized
        devices = None
    if devices is None or any(n <= 0 for n in parameter.shape):
        parameter.shape = array.shape
        # Gluon draws float32 alone; what it would draw is overwritten at once
        start = None if onp.dtype(parameter.dtype) == onp.float32 else init.Zero()
        parameter.initialize(start, ctx=devices, force_reinit=True)
    parameter.set_data(np.array(array, dtype=parameter.dtype))


def read(path) -> dict:
    """Read the tensors of a safetensors file by name; bfloat16 becomes float32.

    Raises ValueError for a missing or damaged file.
    """
    return unpack(content(path), path)


def unpack(stored, path) -> dict:
    """Return the tensors by name that the bytes of a safetensors file hold; `path` is for errors."""
    from safetensors import SafetensorError, deserialize

    try:
        entries = deserialize(stored)
    except SafetensorError as error:
        raise ValueError(f'{path} is damaged, or no safetensors file: {error}') from None
    return {name: _array(name, **entry) for name, entry in entries}


def write(tensors, path):
    """Write arrays by name to `path` as safetensors, whole or not at all."""
    replace(path, packed(tensors))


def packed(tensors) -> bytes:
    """Return arrays by name as the bytes of a safetensors file."""
    from safetensors.numpy import save

    arrays = {}
    for name, given in dict_of('tensors', tensors).items():
        text_of('a name in tensors', name)
        found = array_of(f'tensors[{name!r}]', given)
        if found.dtype.str not in WRITTEN:
            raise ValueError(
                f'tensors[{name!r}] must be one of {", ".join(WRITTEN)}, got {found.dtype}'
            )
        # its C code reads memory as it lies
        arrays[name] = onp.ascontiguousarray(found).reshape(found.shape)
    return save(arrays)


def _array(name, dtype, shape, data):
    if dtype not in DTYPES:
        raise ValueError(f'{name} must be one of {", ".join(DTYPES)}, got {dtype}')
    array = onp.frombuffer(data, DTYPES[dtype]).reshape(shape)
    return (array.astype('<u4') << 16).view('<f4') if dtype == 'BF16' else array
