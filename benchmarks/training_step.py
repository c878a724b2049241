"""Time GoogLeNet's training steps, data included: the lecture's notebook as it stands, and ours.

    python benchmarks/training_step.py

Each contestant runs in a process of its own, in turn, over several rounds, on all 60 000 images at
96x96, batch 128, float32. Writes results/training_step.json beside this file and prints the table.
The lecture's contestant runs its code as it stands (`nn.Block`, `np.concatenate`, d2l's loader with
four workers, MXNet's default threads); only two things are done for it: NumPy's old names are put
back, without which it cannot import MXNet, and the data set is read from this machine.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

RESULTS = Path(__file__).parent / 'results'
BATCH, SIZE, WARM_UP = 128, 96, 3


def lecture(steps):
    """Return images/s of the lecture's notebook as it stands."""
    import d2l_ext  # noqa: F401  NumPy's old names

    del os.environ['OMP_NUM_THREADS']  # MXNet's default threads
    from d2l_ext import data

    from d2l import mxnet as d2l
    from mxnet import autograd, gluon, init, np, npx
    from mxnet.gluon import nn

    npx.set_np()

    def read_here(self):
        part, folder = 'train' if self._train else 't10k', data.fetch().folder
        self._data = np.array(
            data.original(folder, f'{part}-images-idx3-ubyte')[..., None], dtype='uint8'
        )
        self._label = np.array(data.original(folder, f'{part}-labels-idx1-ubyte'), dtype='int32')

    gluon.data.vision.FashionMNIST._get_data = read_here

    class Inception(nn.Block):
        def __init__(self, c1, c2, c3, c4):
            super().__init__()
            self.p1_1 = nn.Conv2D(c1, kernel_size=1, activation='relu')
            self.p2_1 = nn.Conv2D(c2[0], kernel_size=1, activation='relu')
            self.p2_2 = nn.Conv2D(c2[1], kernel_size=3, padding=1, activation='relu')
            self.p3_1 = nn.Conv2D(c3[0], kernel_size=1, activation='relu')
            self.p3_2 = nn.Conv2D(c3[1], kernel_size=5, padding=2, activation='relu')
            self.p4_1 = nn.MaxPool2D(pool_size=3, strides=1, padding=1)
            self.p4_2 = nn.Conv2D(c4, kernel_size=1, activation='relu')

        def forward(self, x):
            parts = (
                self.p1_1(x),
                self.p2_2(self.p2_1(x)),
                self.p3_2(self.p3_1(x)),
                self.p4_2(self.p4_1(x)),
            )
            return np.concatenate(parts, axis=1)

    from d2l_ext.networks.googlenet import GOOGLENET

    def stage(name):
        return [
            Inception(c1, (r3, c3), (r5, c5), c4)
            for block, (c1, r3, c3, r5, c5, c4) in GOOGLENET.items()
            if block.startswith(name)
        ]

    def pool():
        return nn.MaxPool2D(pool_size=3, strides=2, padding=1)

    net = nn.Sequential()
    net.add(nn.Conv2D(64, kernel_size=7, strides=2, padding=3, activation='relu'), pool())
    net.add(nn.Conv2D(64, kernel_size=1), nn.Conv2D(192, kernel_size=3, padding=1), pool())
    net.add(
        *stage('3'), pool(), *stage('4'), pool(), *stage('5'), nn.GlobalAvgPool2D(), nn.Dense(10)
    )

    # the loop of d2l.train_ch6 (the lecture's train_ch5 is gone from d2l), without its plot
    device = d2l.try_gpu()
    net.initialize(force_reinit=True, ctx=device, init=init.Xavier())
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), 'sgd', {'learning_rate': 0.1})
    train_iter, _ = d2l.load_data_fashion_mnist(batch_size=BATCH, resize=SIZE)
    metric, clock = d2l.Accumulator(3), Clock()
    for X, y in train_iter:
        X, y = X.as_in_ctx(device), y.as_in_ctx(device)
        with autograd.record():
            y_hat = net(X)
            batch_loss = loss(y_hat, y)
        batch_loss.backward()
        trainer.step(X.shape[0])
        metric.add(batch_loss.sum(), d2l.accuracy(y_hat, y), X.shape[0])
        if clock.step() == steps:
            return clock.images_per_s()


def ours(steps):
    """Return images/s of the course's own training."""
    import d2l_ext  # noqa: F401

    import mxnet as mx
    from mxnet import npx

    npx.set_np()
    from d2l_ext import training
    from d2l_ext.data import load_data_fashion_mnist
    from d2l_ext.networks import googlenet

    train_iter, _ = load_data_fashion_mnist(BATCH, SIZE, sample='lecture')
    net = googlenet()
    net.initialize(mx.init.Xavier())

    class Timed:
        """The first `steps` batches; a batch is asked for when the step before it is done."""

        labels = train_iter.labels

        def __len__(self):
            return steps + WARM_UP

        def __iter__(self):
            for _, batch in zip(range(len(self)), train_iter, strict=False):
                yield batch
                clock.step()

    clock = Clock()
    training.fit(net, Timed(), epochs=1, lr=0.1, progress=False)
    return clock.images_per_s()


class Clock:
    """Counts steps; its time begins after WARM_UP of them."""

    def __init__(self):
        self.steps = 0

    def step(self) -> int:
        self.steps += 1
        self.now = time.perf_counter()
        if self.steps == WARM_UP:
            self.start = self.now
        return self.steps - WARM_UP

    def images_per_s(self):
        return BATCH * (self.steps - WARM_UP) / (self.now - self.start)


CONTESTANTS = {'lecture': lecture, 'ours': ours}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--steps', type=int, default=20)
    parser.add_argument('--contestant', choices=CONTESTANTS, help='run one, print its images/s')
    chosen = parser.parse_args()
    if chosen.contestant:
        print(json.dumps(CONTESTANTS[chosen.contestant](chosen.steps)))
        return
    speeds = {name: [] for name in CONTESTANTS}
    for turn in range(chosen.rounds):
        for name in CONTESTANTS:
            command = [sys.executable, __file__, '--contestant', name, '--steps', str(chosen.steps)]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            speeds[name].append(json.loads(output.splitlines()[-1]))
            print(f'round {turn + 1}: {name} {speeds[name][-1]:.1f} images/s', flush=True)
    report(chosen, speeds)


def report(chosen, speeds):
    """Print the table and write the JSON. The ratio is taken within each round, then its median."""
    from d2l_ext.runtime import machine
    from d2l_ext.tables import Table

    ratios = [a / b for a, b in zip(speeds['ours'], speeds['lecture'], strict=True)]
    rows = [
        [name, statistics.median(values), min(values), max(values)]
        for name, values in [*speeds.items(), ('ours : lecture', ratios)]
    ]
    print(Table(['images/s', 'median', 'min', 'max'], rows))
    RESULTS.mkdir(exist_ok=True)
    result = {
        'command': f'python benchmarks/training_step.py --rounds {chosen.rounds} --steps {chosen.steps}',
        'date': time.strftime('%Y-%m-%d'),
        'batch': BATCH,
        'size': SIZE,
        'images_per_s': speeds,
        'ratio': ratios,
        'machine': machine(),
    }
    (RESULTS / 'training_step.json').write_text(json.dumps(result, indent=2) + '\n')


if __name__ == '__main__':
    main()
