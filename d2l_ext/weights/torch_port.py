"""Carry weights over: from PyTorch into our networks (torchvision's and timm's Inceptions), and back.

Layers are paired by structure: both sides in the order in which an image meets them, held together by the
kind and the shape of every tensor. No pickle is opened here: `.pth` is read only by PyTorch's own
`weights_only=True`.
"""

import io
import os
import re
import struct
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from pickle import UnpicklingError

import numpy as onp

from ..networks.blocks import is_layer, walk
from ..runtime import arguments
from ..runtime.files import content
from ..tables import Table
from .safetensors_files import check_range, fits, put, unpack, values

# Gluon's name of a parameter -> PyTorch's
NAMES = {'gamma': 'weight', 'beta': 'bias'}
PICKLED = ('.pth', '.pt', '.tar', '.bin')  # endings of PyTorch's files; .tar of .pth.tar
AROUND = ('state_dict', 'model', 'model_state_dict')  # where some programs put the weights
# what PyTorch raises on files that are none of its own, or damaged
UNREADABLE = (ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, MemoryError, OSError,
              RuntimeError, TypeError, UnpicklingError, ValueError, struct.error)  # fmt: skip
# counts the steps of a batch norm; nothing in Gluon reads it
UNUSED = 'num_batches_tracked'
# What torchvision and timm call the parts of a network, in the order in which an image meets them. A
# safetensors file is sorted by name, so order has to be found again; an auxiliary classifier is last.
PARTS = (
    'Conv2d_', 'Mixed_',  # inception_v3
    'features.',  # inception_v4
    'conv2d_1', 'conv2d_2', 'conv2d_3', 'conv2d_4', 'mixed_5', 'repeat.', 'mixed_6', 'repeat_1.',
    'mixed_7', 'repeat_2.', 'block8.', 'conv2d_7',  # inception_resnet_v2
    'fc', 'last_linear', 'classif', 'AuxLogits.',
    'stage', 'head',  # our own in PyTorch, torch_learner
)  # fmt: skip


def load_torch(net, weights) -> Table:
    """Load `weights` into `net`; returns which of its layers got which of theirs.

    `weights` is a state_dict (names to tensors or arrays), or the path of a .safetensors or .pth file.
    Names in the way of torchvision or timm may come in any order, others as PyTorch gives them. `net`
    may be fresh, initialized or bound. Raises ValueError, before anything is loaded, if a layer has no
    counterpart or a tensor another shape; the message names both sides.
    """
    if isinstance(weights, (str, os.PathLike)):
        weights = read(weights)
    if not isinstance(weights, Mapping):
        kind = type(weights).__name__
        raise ValueError(f'weights must be a state_dict, or the path of a file, got {kind}')
    pairs = _pairs(net, opened(weights))
    for _, (name, tensors) in pairs:
        for kind, array in tensors.items():
            if not onp.isfinite(array).all():
                raise ValueError(f'{name}.{kind} holds NaN or infinity; nothing was loaded')
    for (_, parameters), (name, tensors) in pairs:
        for kind, parameter in parameters.items():
            check_range(f'{name}.{kind}', tensors[kind], parameter.dtype)
    for (_, parameters), (_, tensors) in pairs:
        for kind, parameter in parameters.items():
            put(parameter, tensors[kind])
    return _table(pairs)


def give_torch(net, module) -> Table:
    """Copy the weights of `net` into `module`, a network of PyTorch; returns which went where.

    Raises ValueError, before anything is copied, if `net` or `module` is not bound yet, or where
    `load_torch` would.
    """
    state = module.state_dict()
    _check_bound(net, state)
    pairs = _pairs(net, state)
    for (_, parameters), (name, tensors) in pairs:
        for kind in tensors:
            theirs = state[f'{name}.{kind}']
            array = values(parameters[kind])
            # the tensors of a state_dict are the module's own
            theirs.copy_(theirs.new_tensor(array))
    return _table(pairs)


def _check_bound(net, state):
    lazy = [name for name, tensor in state.items() if 'Uninitialized' in type(tensor).__name__]
    open_ = [
        path for path, layer in _layers(net) for p in layer.values() if min(p.shape or (0,)) < 1
    ]
    if lazy or open_:
        raise ValueError(f'{(lazy or open_)[0]} has no shape yet: give the network one batch first')


def _pairs(net, weights) -> list:
    """Return [(layer of ours, module of theirs)]; ValueError where one has no counterpart."""
    pairs = [*zip_longest(_layers(net), _modules(weights), fillvalue=(None, {}))]
    wrong = [reason for pair in pairs if (reason := _mismatch(*pair))]
    if wrong:
        more = f', and {len(wrong) - 1} more' if len(wrong) > 1 else ''
        raise ValueError(f'the weights do not fit: {wrong[0]}{more}; nothing was loaded')
    return pairs


def _table(pairs) -> Table:
    rows = [[path, name, ', '.join(parameters)] for (path, parameters), (name, _) in pairs]
    return Table(['ours', 'theirs', 'tensors'], rows)


def read(path) -> dict:
    """Read the tensors of a .safetensors or .pth file by name.

    Raises ValueError for another kind of file, or a damaged one, and ImportError for a .pth without
    PyTorch.
    """
    path = Path(arguments.path_of('path', path))
    if path.suffix not in ('.safetensors', *PICKLED):
        raise ValueError(f'path must end in .safetensors or .pth, got {path}')
    try:
        if path.suffix in PICKLED:
            import torch
    except ImportError:
        raise ImportError(
            f'{path.name} needs PyTorch to be read: make torch, or take .safetensors'
        ) from None
    stored = content(path)
    if path.suffix == '.safetensors':
        return unpack(stored, path)
    try:
        return torch.load(io.BytesIO(stored), map_location='cpu', weights_only=True)
    except UNREADABLE:
        raise ValueError(
            f'{path} holds no weights that can be read without running code: it is damaged, another kind '
            'of file, or a whole model; save model.state_dict()'
        ) from None


def opened(weights) -> Mapping:
    """Return a state_dict without what some programs put around it and before its names.

    Taken off are a dict's entry of AROUND, such as `state_dict`, and a prefix common to all names, such as
    `module.` of DataParallel and `_orig_mod.` of torch.compile.
    """
    for key in AROUND:
        if isinstance(weights.get(key), Mapping):
            weights = weights[key]
    while len(weights) > 1 and len(starts := {str(n).partition('.')[0] for n in weights}) == 1:
        (start,) = starts
        if start.startswith(PARTS) or any(str(name).count('.') < 2 for name in weights):
            break
        weights = {name[len(start) + 1 :]: tensor for name, tensor in weights.items()}
    return weights


def _layers(net):
    """Return (path, parameters by PyTorch's name) of every layer of `net` that has any, in order."""
    layers = []
    for path, block in walk(net):
        if is_layer(block) and block.params.keys():
            short = {name[len(block.prefix) :]: p for name, p in block.params.items()}
            layers.append((path, {NAMES.get(name, name): p for name, p in short.items()}))
    return layers


def _modules(weights):
    """Return (name, tensors by kind) of every module in `weights`, in the order of the network."""
    modules = {}
    for name, tensor in weights.items():
        if not isinstance(name, str):
            raise ValueError(
                f'weights must be tensors by name, got the name {arguments.brief(name)}'
            )
        module, _, kind = name.rpartition('.')
        if kind != UNUSED:
            modules.setdefault(module, {})[kind] = _array(name, tensor)
    known = all(name.startswith(PARTS) for name in modules)
    return (
        sorted(modules.items(), key=lambda item: _place(item[0])) if known else [*modules.items()]
    )


def _place(name):
    """Return what to sort a module's name by."""
    part = next(i for i, start in enumerate(PARTS) if name.startswith(start))
    # inside a block: 1x1, 5x5, then the double ones, then what is pooled; inside a unit: conv, bn
    name = re.sub(r'branch(\dx\d)dbl', r'branch_dbl\1', name)
    name = re.sub(r'bn$', 'norm', name)
    return part, [int(s) if s.isdigit() else s for s in re.split(r'(\d+)', name)]


def _array(name, tensor):
    if hasattr(tensor, 'detach'):  # PyTorch's; its bfloat16 is unknown to NumPy
        tensor = tensor.detach().cpu().float().numpy()
    with onp.errstate(over='ignore'):  # infinity is refused, by name
        return arguments.array_of(name, tensor).astype('float32')


def _mismatch(ours, theirs):
    """Say what keeps a layer of ours from taking a module of theirs; '' if nothing does."""
    (path, parameters), (name, tensors) = ours, theirs
    if path is None:
        hint = ' (build it with aux=True)' if name.startswith('AuxLogits.') else ''
        return f'{name} {_shapes(tensors)} has no place in the network{hint}'
    if name is None:
        hint = ' (build it without aux)' if path.startswith('head.aux') else ''
        return f'nothing is left for {path} {_shapes(parameters)}{hint}'
    taken = parameters.keys() == tensors.keys() and all(
        fits(parameter.shape, tensors[kind].shape) for kind, parameter in parameters.items()
    )
    return '' if taken else f'{path} {_shapes(parameters)} cannot take {name} {_shapes(tensors)}'


def _shapes(tensors):
    told = [f'{kind} {" x ".join(map(str, tensor.shape))}' for kind, tensor in tensors.items()]
    return f'({", ".join(told)})'
