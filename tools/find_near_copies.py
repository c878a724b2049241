"""Search the full set for test images that have a near-copy among the training images.

python -m tools.find_near_copies: how many there are by similarity, and the pairs of .999 and more,
go to d2l_ext/data/sample/near_copies.npz. Six seconds on two cores.
"""

from d2l_ext.data import SAMPLE, audit, download

import numpy as onp

COPIES = SAMPLE.with_name('near_copies.npz')
LEVELS, SAME = (0.95, 0.97, 0.98, 0.99, 0.999), 0.999


def search():
    """Return what is to be stored, as a dict of arrays; `download.fetch` says where it comes from."""
    folder = download.fetch().folder
    train, train_labels, test, test_labels = (download.original(folder, n) for n in download.FILES)
    index, similarity = audit.nearest(test, train)
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
