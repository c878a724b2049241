"""The trained network of the playground as files: the graph, test images, what is known of its branches."""

import itertools
import json
import shutil
from functools import partial
from pathlib import Path

from d2l_ext import data, pictures
from d2l_ext.analysis.receptive_fields import receptive_field
from d2l_ext.figures import BRANCH_COLOURS
from d2l_ext.runtime.files import sha256
from d2l_ext.training import pretrained
from d2l_ext.weights import gated_files
from d2l_ext.weights.graph_files import INPUT
from d2l_ext.weights.onnx_files import OUTPUT, session
from tools import site_assets

import numpy as onp
from mxnet.util import use_np
from PIL import Image
from scipy.special import log_softmax

BUILD = site_assets.BUILD.parent
RUNTIME = ('ort.wasm.bundle.min.mjs', 'ort-wasm-simd-threaded.wasm')
EACH = 10  # test images of each class
SHOWN = 8  # images that excite a channel most
COLUMNS = 40
SEARCHED = 6  # branches, those that cost least alone, of which every three are tried


def write(folder, path=pretrained.TRAINED):
    """Write to `folder` what the page needs to run the network that `train --save` wrote to `path`.

    network.onnx and the runtime for it; images.bin, test images of 48 x 48 bytes; means.bin, what each
    channel of each branch gives in the mean, float32; sample.png, all test images of the sample as they
    are, COLUMNS a row; exciting.bin and highest.bin, what `exciting` finds in them; network.json. Made
    once in build/, since the search for the best three branches takes most of a minute. Raises ValueError
    or FileNotFoundError where `load_trained` does.
    """
    net, _ = use_np(pretrained.load_trained)(path)
    sources = (Path(f'{path}.safetensors'), Path(__file__), Path(gated_files.__file__))
    mark = sha256(b''.join(source.read_bytes() for source in sources))
    made = BUILD / f'playground-network-{mark[:12]}'
    if not made.exists():
        beside = made.with_name(f'.{made.name}')
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        use_np(compute)(net, beside)
        beside.rename(made)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(made, folder)
    package = site_assets.fetch('onnxruntime-web')
    for name in RUNTIME:
        shutil.copy(package / 'dist' / name, folder)


def compute(net, folder):
    """Write all but the runtime: see `write`."""
    gated_files.save_gated(net, folder / 'network.onnx', pretrained.SHAPE)
    named = gated_files.branches(net)
    running = session(folder / 'network.onnx')
    load = partial(data.load_data_fashion_mnist, 1000, sample='quick', standardize=True)
    train, test = load(pretrained.SHAPE[-1])

    def maps(batches):
        X, _ = next(iter(batches))
        return running.run([*named], {INPUT: X.asnumpy(), **gated_files.all_on(named)})

    means = onp.concatenate([values.mean(axis=(0, 2, 3)) for values in maps(train)])
    found, highest = exciting(maps(test))
    chosen = onp.sort(
        onp.concatenate([onp.flatnonzero(test.labels == c)[:EACH] for c in range(10)])
    )
    images, labels = test.images[chosen], test.labels[chosen]
    board = Board(running, named, means, images, labels)
    told = {
        'branches': [*named.items()],
        'labels': labels.tolist(),
        'mean': data.MEAN,
        'std': data.STD,
        'colours': BRANCH_COLOURS,
        'fields': {name: receptive_field(net, *name.split('.')) for name in named},
        'sample': test.labels.tolist(),
        'right': board.off((), 'zero')[0],
        'best': {fill: board.best(fill) for fill in ('zero', 'mean')},
    }
    (folder / 'images.bin').write_bytes(images.tobytes())
    (folder / 'means.bin').write_bytes(means.astype('<f4').tobytes())
    (folder / 'exciting.bin').write_bytes(found.astype('<u2').tobytes())
    (folder / 'highest.bin').write_bytes(highest.astype('<f4').tobytes())
    sheet(load()[1].images).save(folder / 'sample.png', optimize=True)
    (folder / 'network.json').write_text(json.dumps(told), encoding='utf-8')


def exciting(maps):
    """Find for each channel of `maps`, (N, C, h, w) each, the SHOWN images that excite it most.

    Returns (C, SHOWN) numbers, best first, image * h * w + the place of the highest value there, and each
    channel's highest value, of the channels of all maps.
    """
    found, highest = [], []
    for values in maps:
        flat = values.reshape(*values.shape[:2], -1)
        peaks, places = flat.max(axis=2).T, flat.argmax(axis=2).T
        images = onp.argsort(-peaks, axis=1, kind='stable')[:, :SHOWN]
        found.append(images * flat.shape[2] + onp.take_along_axis(places, images, axis=1))
        highest.append(peaks.max(axis=1))
    return onp.concatenate(found), onp.concatenate(highest)


def sheet(images) -> Image.Image:
    """Lay images (N, H, W) side by side, COLUMNS a row."""
    n, height, width = images.shape
    tiles = images.reshape(n // COLUMNS, COLUMNS, height, width).swapaxes(1, 2)
    return Image.fromarray(tiles.reshape(n // COLUMNS * height, COLUMNS * width))


class Board:
    """The network with branches switched off, on some images."""

    def __init__(self, running, named, means, images, labels):
        self.running, self.named, self.labels = running, named, labels
        self.X = pictures.standardized(images)
        ends = onp.cumsum(list(named.values()))
        self.parts = dict(zip(named, onp.split(means, ends[:-1]), strict=True))

    def off(self, branches, fill) -> tuple:
        """Return how many images are right without `branches`, and the mean cross-entropy."""
        gates = onp.array([name not in branches for name in self.named], 'float32')
        offsets = [
            part * (fill == 'mean' and name in branches) for name, part in self.parts.items()
        ]
        (scores,) = self.running.run([OUTPUT], {
            INPUT: self.X, gated_files.GATES: gates,
            gated_files.OFFSETS: onp.concatenate(offsets).astype('float32'),
        })  # fmt: skip
        loss = -log_softmax(scores, axis=1)[onp.arange(len(scores)), self.labels].mean()
        return int((scores.argmax(axis=1) == self.labels).sum()), float(loss)

    def best(self, fill) -> dict:
        """Find the three branches that cost least: most images right, of those the lowest loss."""

        def cost(branches):
            right, loss = self.off(branches, fill)
            return -right, loss

        alone = sorted(self.named, key=lambda name: cost([name]))[:SEARCHED]
        found = min(itertools.combinations(alone, 3), key=cost)
        ordered = [name for name in self.named if name in found]
        return {'branches': ordered, 'right': self.off(found, fill)[0]}
