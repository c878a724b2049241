"""Search the full set for test images that have a near-copy among the training images.

python d2l_ext/sample/copies.py: how many there are by similarity, and the pairs of .999 and more,
go to near_copies.npz. Six seconds on two cores.
"""

from pathlib import Path

from d2l_ext import inspection, sources

import numpy as onp

COPIES = Path(__file__).with_name('near_copies.npz')
LEVELS, SAME = (0.95, 0.97, 0.98, 0.99, 0.999), 0.999


def search():
    """Return what is to be stored, as a dict of arrays; `sources.fetch` says where it comes from."""
    folder = sources.fetch().folder
    train, train_labels, test, test_labels = (sources.original(folder, n) for n in sources.FILES)
    index, similarity = inspection.nearest(test, train)
    pairs = onp.flatnonzero(similarity >= SAME)
    pairs = pairs[onp.argsort(-similarity[pairs])]
    return {
        'levels': onp.array(LEVELS),
        'counts': onp.array([(similarity >= level).sum() for level in LEVELS]),
        'index': onp.stack([pairs, index[pairs]], axis=1),
        'images': onp.stack([test[pairs], train[index[pairs]]], axis=1),
        'labels': onp.stack([test_labels[pairs], train_labels[index[pairs]]], axis=1),
    }


if __name__ == '__main__':
    onp.savez_compressed(COPIES, **search())
    print(f'{COPIES.name}: {COPIES.stat().st_size} bytes')
