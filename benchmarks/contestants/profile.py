"""Where a training step of (d) spends its time, by oneDNN's own account."""

import os
import statistics
import subprocess
import sys
import time

KINDS = {
    ('convolution', 'forward_training'): 'convolution, forward',
    ('convolution', 'backward_data'): 'convolution, gradient of the input',
    ('convolution', 'backward_weights'): 'convolution, gradient of the weights',
    'reorder': 'change of layout',
    'pooling_v2': 'pooling',
    'eltwise': 'ReLU',
}
REST, OUTSIDE = 'other oneDNN', 'outside oneDNN'


def measure(steps, warm_up):
    """Return the milliseconds of a median step, whole and by kind of work.

    What oneDNN does not do itself, such as sums of gradients, updates of weights and the wait between
    two calls, is the rest of the step's time.
    """
    told = subprocess.run(
        [sys.executable, '-m', __name__, str(steps), str(warm_up)],
        env={**os.environ, 'DNNL_VERBOSE': '1'}, stdout=subprocess.PIPE, check=True, text=True,
    ).stdout  # fmt: skip
    parts = [_parts(text) for text in told.split('STEP')[warm_up:][:steps]]
    kinds = dict.fromkeys(kind for part in parts for kind in part)
    return {
        'step_ms': statistics.median(sum(part.values()) for part in parts),
        'ms': {kind: statistics.median(part.get(kind, 0) for part in parts) for kind in kinds},
    }


def _parts(text) -> dict:
    """Return {kind of work: ms} of a step: a line a primitive, its seconds last."""
    parts = dict.fromkeys([*KINDS.values(), REST], 0.0)
    for line in text.splitlines():
        fields = line.split(',')
        if fields[:2] == ['dnnl_verbose', 'exec']:
            kind = KINDS.get((fields[3], fields[5])) or KINDS.get(fields[3], REST)
            parts[kind] += float(fields[-1])
    seconds = float(text.splitlines()[-1])
    return {**parts, OUTSIDE: 1000 * seconds - sum(parts.values())}


class Marks:
    """Prints the seconds of every step behind what oneDNN told of it."""

    def __init__(self, wait):
        self.wait, self.start = wait, time.perf_counter()

    def step(self):
        self.wait()
        print(f'{time.perf_counter() - self.start}\nSTEP', flush=True)
        self.start = time.perf_counter()


def main(steps, warm_up):
    """Train as (d) does, and print."""
    from .ours import Some, built, load

    train_iter, _ = load()
    training, net = built()
    from mxnet import npx

    some = Some(train_iter, warm_up + steps, clock=Marks(npx.waitall))
    training.fit(net, some, epochs=1, lr=0.1, progress=False)


if __name__ == '__main__':
    main(*map(int, sys.argv[1:]))
