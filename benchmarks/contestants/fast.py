"""Our fast recipe on all 60 000 images, by the course's own command; in MXNet, or by its PyTorch twin."""

import json
import tempfile
import time
from pathlib import Path


def measure(seed, recipe='fast', library='mxnet', profile='lecture', images=60_000):
    """Return the seconds of the training and the accuracy on the test images at its end.

    `library` 'torch' trains the same network by the same recipe in PyTorch, in the layout of memory
    that the twin takes, channels_last. The seconds are all but those of loading the data: what the
    record says of them, else the sum of the epochs' training. `wall` holds the data too, but not the
    import of the course.
    """
    from d2l_ext.__main__ import main

    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / 'history.json'
        command = ['train', '--profile', profile, '--recipe', recipe]
        command += ['--seed', str(seed), '--out', str(out)] + ['--torch'] * (library == 'torch')
        if status := main(command):
            raise RuntimeError(f'{" ".join(command)} ended with status {status}')
        record = json.loads(out.read_text(encoding='utf-8'))
    wall = time.perf_counter() - start
    about, epochs = record['about'], record['epochs']
    if about['images'] != images:
        raise ValueError(f'the recipe must train on {images} images, got {about["images"]}')
    return {
        'seconds': about.get('seconds') or sum(epoch['seconds'] for epoch in epochs),
        'test_accuracy': epochs[-1]['test_accuracy'],
        'wall': wall,
        'seed': seed,
        'recipe': about['recipe'],
        'epochs': epochs,
    }
