"""Where a training step spends its time, by oneDNN's own account: that of (d), and of the fast recipe.

The step of the recipe is taken by MXNet, and by the recipe's PyTorch twin in channels_last, whose
convolutions are oneDNN's too.
"""

import ctypes
import json
import os
import statistics
import subprocess
import sys
import time

from .clock import BATCH, SIZE

KINDS = {
    ('convolution', 'forward_training'): 'convolution, forward',
    ('convolution', 'backward_data'): 'convolution, gradient of the input',
    ('convolution', 'backward_weights'): 'convolution, gradient of the weights',
    'reorder': 'change of layout',
    'pooling_v2': 'pooling',
    'pooling': 'pooling',
    'eltwise': 'ReLU',
}
REST, OUTSIDE = 'other oneDNN', 'outside oneDNN'
VERBOSE = {'DNNL_VERBOSE': '1', 'ONEDNN_VERBOSE': '1'}  # its name in MXNet's oneDNN, in PyTorch's
FIRST = 1e-3  # a learning rate at which any network stays finite


def measure(steps, warm_up, recipe=None, library='mxnet', batch=BATCH, size=SIZE, sample='lecture'):
    """Return the milliseconds of a median step, whole and by kind of work.

    With a `recipe` (a name in RECIPES) batch, size and optimizer are those of its first epoch. What
    oneDNN does not do itself, such as sums of gradients, updates of weights and the wait between two
    calls, is the rest of the step's time.
    """
    options = {'batch': batch, 'size': size, 'more': {}}
    if recipe:
        options = taken_from(recipe)
    told = subprocess.run(
        [sys.executable, '-m', __name__, json.dumps(
            {'steps': steps, 'warm_up': warm_up, 'library': library, 'sample': sample, **options}
        )],
        env={**os.environ, **VERBOSE}, stdout=subprocess.PIPE, check=True, text=True,
    ).stdout  # fmt: skip
    parts = [_parts(text) for text in told.split('STEP')[warm_up:][:steps]]
    kinds = dict.fromkeys(kind for part in parts for kind in part)
    return {
        'step_ms': statistics.median(sum(part.values()) for part in parts),
        'ms': {kind: statistics.median(part.get(kind, 0) for part in parts) for kind in kinds},
        'batch': options['batch'],
        'size': options['size'],
    }


def taken_from(name) -> dict:
    """Return batch, size and optimizer of a recipe's first epoch."""
    import d2l_ext  # noqa: F401
    from d2l_ext.training.recipes import OPTIONS, RECIPES

    recipe = RECIPES[name]
    size = recipe['resize']
    return {
        'batch': recipe['batch_size'],
        'size': size[min(size)] if isinstance(size, dict) else size,
        'more': {
            option: recipe[option]
            for option in OPTIONS if option not in ('epochs', 'lr', 'schedule')
        },
    }  # fmt: skip


def _parts(text) -> dict:
    """Return {kind of work: ms} of a step: a line a primitive, its milliseconds last."""
    parts = dict.fromkeys([*KINDS.values(), REST], 0.0)
    for line in text.splitlines():
        told, found, what = line.partition(',exec,')  # what stands before depends on the version
        if told.startswith(('dnnl_verbose', 'onednn_verbose')) and found:
            _, name, _, way, *_, ms = what.split(',')
            parts[KINDS.get((name, way)) or KINDS.get(name, REST)] += float(ms)
    seconds = float(text.splitlines()[-1])
    return {**parts, OUTSIDE: 1000 * seconds - sum(parts.values())}


class Marks:
    """Prints the seconds of every step behind what oneDNN told of it."""

    def __init__(self, wait):
        self.libc = ctypes.CDLL(None)
        self.wait, self.start = wait, time.perf_counter()

    def step(self):
        self.wait()
        self.libc.fflush(None)  # what oneDNN told comes before the mark
        print(f'\n{time.perf_counter() - self.start}\nSTEP', flush=True)
        self.start = time.perf_counter()


def main(steps, warm_up, library, batch, size, sample, more):
    """Train, and print."""
    from .ours import Some, built, load

    train_iter, _ = load(batch, size, sample)
    if library == 'torch':
        import d2l_ext.training.torch_learner as training

        net, wait = training.GoogLeNet(), lambda: None
        training.initialize(net, 'he')
    else:
        training, net = built()
        from mxnet import npx

        wait = npx.waitall
    some = Some(train_iter, warm_up + steps, clock=Marks(wait))
    training.fit(net, some, epochs=1, lr=FIRST, progress=False, **more)


if __name__ == '__main__':
    main(**json.loads(sys.argv[1]))
