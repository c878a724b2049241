"""Draw the embedded sample from the verified full set: python -m tools.draw_sample

300 training and 100 test images a class, without replacement, in the full set's order. The same
images always: RandomState draws the same on every NumPy. Indices into the full set are kept too.
"""

from d2l_ext import data
from d2l_ext.data import download

import numpy as onp

SEED = 1
PER_CLASS = {'train': 300, 't10k': 100}


def draw(labels, count, random):
    """Return the sorted indices of `count` images of each class."""
    picks = [random.choice(onp.flatnonzero(labels == c), count, replace=False) for c in range(10)]
    return onp.sort(onp.concatenate(picks)).astype('int32')


def main():
    folder, random = download.fetch().folder, onp.random.RandomState(SEED)
    full = {name: download.original(folder, name) for name in download.FILES}
    sample = {}
    for part, count in PER_CLASS.items():
        index = draw(full[f'{part}-labels-idx1-ubyte'], count, random)
        sample |= {name: array[index] for name, array in full.items() if name.startswith(part)}
        sample[f'{part}-index'] = index
    onp.savez_compressed(data.SAMPLE, **sample)
    print(f'{data.SAMPLE.name}: {data.SAMPLE.stat().st_size} bytes')


if __name__ == '__main__':
    main()
