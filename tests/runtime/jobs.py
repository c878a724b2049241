"""A small job of many processes, for the tests of jobs: its training, its command, what it left over."""

import os
import sys
import time
from pathlib import Path

from d2l_ext import training
from d2l_ext.data import ImageBatches
from d2l_ext.networks.blocks import conv, seq
from d2l_ext.training import trainer

import mxnet as mx
import numpy as onp
from mxnet.gluon import nn

STEPS = 50


def network(devices=None):
    net = seq(conv(8, 3), nn.MaxPool2D(), conv(8, 3), nn.GlobalAvgPool2D(), nn.Dense(2))
    mx.random.seed(1)
    net.initialize(mx.init.Xavier(), ctx=devices or mx.cpu(), force_reinit=True)
    return net


def batches(size=16):
    random = onp.random.RandomState(0)
    labels = onp.arange(STEPS * size // 2) % 2
    pixels = random.randint(0, 100, (len(labels), 8, 8)) + 120 * labels[:, None, None]
    return ImageBatches(pixels.astype('uint8'), labels.astype('uint8'), size, seed=3)


class Noted(training.Learner):
    losses = []

    def step(self, X, y, lr):
        if os.environ.get('SLOW'):
            time.sleep(float(os.environ['SLOW']))
        total, right = super().step(X, y, lr)
        self.losses.append(total / len(y))
        return total, right


def train(device=None, **more):
    """Train two epochs of 25 steps; return the losses of the steps and the history."""
    Noted.losses = []
    plain, trainer.Learner = trainer.Learner, Noted
    try:
        history = training.fit(
            network(device), batches(), batches(), epochs=2, lr=0.1, momentum=0.9, device=device,
            progress=False, **more,
        )  # fmt: skip
    finally:
        trainer.Learner = plain
    return Noted.losses, history


WORKER = """
import json, sys
from d2l_ext.runtime import distributed
distributed.take_role()
import mxnet as mx
from mxnet import npx
npx.set_np()
sys.path.insert(0, 'tests/runtime')
from jobs import train
with distributed.joined() as store:
    print('worker', store.rank, 'of', store.num_workers, flush=True)
    losses, history = train(kvstore=store, checkpoint=sys.argv[2] if sys.argv[2:] else None, every=5)
    if store.rank == 0:
        open(sys.argv[1], 'w').write(json.dumps([losses, history.epochs]))
"""


def command(out, *more):
    return [sys.executable, '-c', WORKER, str(out), *map(str, more)]


def left_over(role=''):
    """Return the processes of this test's jobs that still run, as numbers."""
    found, own = [], f'D2L_EXT_JOB={os.environ["D2L_EXT_JOB"]}'.encode()
    for folder in Path('/proc').glob('[0-9]*'):
        try:
            environ = (folder / 'environ').read_bytes().split(b'\0')
            state = (folder / 'stat').read_text().rsplit(')')[1].split()[0]
        except OSError:
            continue
        of_a_job = any(entry.startswith(b'DMLC_ROLE=' + role.encode()) for entry in environ)
        if own in environ and of_a_job and state != 'Z':
            found.append(int(folder.name))
    return found


def until(condition, seconds=90):
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds
        time.sleep(0.05)
