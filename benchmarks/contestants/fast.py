"""Our fast recipe on all 60 000 images, run as a person runs it."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

IMAGES = 60_000


def measure(seed, recipe='fast'):
    """Return the seconds of the training and the accuracy on the test images at its end.

    The seconds are all but those of loading the data: what the record says of them, else the sum of
    the epochs' training. `wall` is that of the whole command, its start and the data included.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / 'history.json'
        command = [sys.executable, '-m', 'd2l_ext', 'train', '--recipe', recipe]
        command += ['--seed', str(seed), '--out', str(out)]
        environment = {**os.environ, 'D2L_EXT_PROFILE': 'lecture'}  # all images
        start = time.perf_counter()
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        wall = time.perf_counter() - start
        record = json.loads(out.read_text())
    about, epochs = record['about'], record['epochs']
    if about['images'] != IMAGES:
        raise ValueError(f'the recipe must train on {IMAGES} images, got {about["images"]}')
    return {
        'seconds': about.get('seconds') or sum(epoch['seconds'] for epoch in epochs),
        'test_accuracy': epochs[-1]['test_accuracy'],
        'wall': wall,
        'peak_bytes': 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
        'seed': seed,
        'recipe': about['recipe'],
        'epochs': epochs,
    }
