"""What decides the result of a training, so that a checkpoint is not taken for another one's."""

import hashlib

import numpy as onp

from .validation import on_host

SCALARS = (bool, int, float, str)


def of_epochs(plan, test_iter) -> list:
    """Return what the data of each epoch are: {what: value}; images by the hash of two batches.

    Of data that are neither ImageBatches nor a list, only the first batch and the number are known.
    """
    train = {id(batches): batches for batches in plan}  # most epochs have the same ones
    train = {key: of_batches(batches, 'train_iter') for key, batches in train.items()}
    test = {} if test_iter is None else of_batches(test_iter, 'test_iter')
    return [train[id(batches)] | test for batches in plan]


def of_batches(batches, name) -> dict:
    """Return number, first and last images, labels and order of the batches of this `name`."""
    told = {'number of batches': len(batches)}
    if all(hasattr(batches, name) for name in ('images', 'labels', 'batch_size')):
        size = batches.batch_size
        first, last = batches.images[:size], batches.images[-size:]
        labels = [batches.labels]
        for what in ('batch_size', 'seed', 'standardize'):
            told[what] = getattr(batches, what, None)
    else:
        known = batches if isinstance(batches, (list, tuple)) else [next(iter(batches))]
        first, last = known[0][0], known[-1][0]
        labels = [y for _, y in known]
    told['first batch'], told['last batch'] = digest([first]), digest([last])
    told['hash of the labels'] = digest(labels)
    return {f'{what} of {name}': value for what, value in told.items()}


def of_layers(layers) -> dict:
    """Return what each layer is, from pairs (path, layer) of a network of Gluon or PyTorch."""
    told = {}
    for path, layer in layers:
        text = repr(layer)
        if '\n' in text:  # it lists others: they have their own
            text = type(layer).__name__
        own = [
            f'{key}={value!r}'
            for key, value in sorted(vars(layer).items())
            # `training`: PyTorch's mode, which changes
            if isinstance(value, SCALARS) and key[0] != '_' and key != 'training'
        ]
        told[f'layer {path}' if path else 'net'] = ' '.join([text, *own])
    return told


def of_loss(loss) -> str:
    """Return the name of a loss: of a function its own, of a block of Gluon all that it prints."""
    return getattr(loss, '__name__', None) or repr(loss).partition(' at 0x')[0]


def digest(arrays) -> str:
    """Return the first digits of the SHA-256 of arrays: kind, shape and content."""
    whole = hashlib.sha256()
    for given in arrays:
        array = onp.ascontiguousarray(on_host(given, 'train_iter', 'X'))
        whole.update(f'{array.dtype} {array.shape}'.encode())
        whole.update(array.tobytes())
    return whole.hexdigest()[:12]
