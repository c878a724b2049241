"""The trained network that comes with the course, so that no lesson has to train one to look into it.

`make trained` makes it: GoogLeNet by the recipe `trained`, weights of 16 bits in
`records/googlenet.safetensors`, and what is known of it in `records/googlenet.json`.
"""

from pathlib import Path

from mxnet import np

from ..networks import GoogLeNet
from ..runtime.arguments import numpy_arrays, path_of
from ..runtime.files import sha256
from ..weights import safetensors_files
from .gluon_learner import devices_of
from .history import RECORDS, History

TRAINED = RECORDS / 'googlenet'  # .safetensors, .json
SHAPE = (1, 1, 48, 48)  # of the images that it was last trained on


def load_trained(path=TRAINED, device=None):
    """Return (net, history): GoogLeNet with trained weights, hybridized, and how it was trained.

    It takes standardized images (N, 1, 48, 48), as `load_data_fashion_mnist(…, 48, standardize=True)`
    gives them; `history.about` holds its test accuracy, with these weights, on all 10 000 test images.
    Raises FileNotFoundError if one of the two files is missing, ValueError if the weights are not those
    that the record describes.
    """
    numpy_arrays()
    device = devices_of(device)[0]
    path_of('path', path)
    file, record = (Path(f'{path}{suffix}') for suffix in ('.safetensors', '.json'))
    history = History.load(record)
    try:
        wanted, recipe = history.about['sha256'], history.about['recipe']
        stage2_activation = recipe['stage2_activation']
    except (KeyError, TypeError) as error:
        raise ValueError(
            f'{record} does not describe a trained network: it lacks {error}'
        ) from None
    if not file.exists():
        raise FileNotFoundError(f'no weights at {file}, beside {record.name}')
    found = sha256(file.read_bytes()) if file.is_file() else 'that of a folder'
    if found != wanted:
        raise ValueError(
            f'{file} is damaged: its SHA-256 is {found}, its record has '
            f'{wanted}; take it from the repository anew'
        )
    net = GoogLeNet(stage2_activation=stage2_activation)
    net.initialize(ctx=device)
    net(np.zeros(SHAPE, ctx=device))
    safetensors_files.load(net, file)
    net.hybridize(static_alloc=True, static_shape=True)
    return net, history


def save_trained(net, history, path, score):
    """Write `net` in 16 bits to PATH.safetensors, and to PATH.json `history` with the file's hash.

    `score(net)` gives the test accuracy, of the weights as they are after rounding.
    """
    file = Path(f'{path}.safetensors')
    safetensors_files.save(net, file, 'float16')
    safetensors_files.load(net, file)
    history.about |= {'test_accuracy': score(net), 'sha256': sha256(file.read_bytes())}
    history.save(Path(f'{path}.json'))
