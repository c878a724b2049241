"""How quick is this machine? R, the seconds of one training step, with one thread and with all of them.

R is the unit of every time in this course: a training step of the lecture's network, a batch of 128
images of 96x96. Beside other programs one thread may be quicker than all, so both are timed in turn.
"""

import contextlib
import math
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from .. import runtime
from ..runtime.arguments import number

BATCH, SIZE = 128, 96  # of R
# A whole step takes seconds on a slow CPU. A smaller one is timed, and an image counted as costing the
# same. On two CPUs with AVX-512, R is then 1.09 s; with 16 images it would be 1.28, with all 128 it is 0.97.
SMALL = 32
SCALE = BATCH / SMALL
WARM_UP, ROUNDS = 1, 3
PATIENCE = 180  # seconds after which a process that times counts as hung
KEPT = 'D2L_EXT_STEP_SECONDS'  # the answer, for the processes that this one starts
# a cell of a lesson counts as hung after so many steps, and never sooner than these seconds
CELL_STEPS, CELL_SECONDS = 150, 300


@dataclass(frozen=True)
class Speed:
    """The seconds of one training step by the number of threads, {1: 5.0, 2: 3.0}."""

    steps: dict

    @property
    def threads(self) -> int:
        """The number of threads that is quickest now; of equals the smaller."""
        return min(self.steps, key=lambda threads: (self.steps[threads], threads))

    @property
    def step(self) -> float:
        """R: the seconds of one training step with that number of threads."""
        return self.steps[self.threads]

    def __str__(self):
        """Write '43 images/s with 2 threads, 26 with 1'."""
        told = [f'{BATCH / self.step:.0f} images/s with {self.threads} thread']
        told[0] += 's' * (self.threads > 1)
        others = [threads for threads in self.steps if threads != self.threads]
        return ', '.join(told + [f'{BATCH / self.steps[n]:.0f} with {n}' for n in others])


def measure() -> Speed:
    """Time a training step with one thread and with all usable CPUs, each in a process of its own.

    Takes a few seconds, once: this process and those that it starts find the answer in the
    environment. A number of threads that the user set is the only one tried. Raises RuntimeError, with
    the last words of a process that failed, and ValueError for an answer kept in another form.
    """
    if kept := os.environ.get(KEPT):
        return Speed(_read(kept))
    steps = {threads: SCALE * seconds for threads, seconds in _time(_counts()).items()}
    os.environ[KEPT] = ','.join(f'{threads}:{seconds:.3g}' for threads, seconds in steps.items())
    return Speed(steps)


def choose() -> Speed:
    """`measure`, and let the processes started from now on take the quicker number of threads."""
    speed = measure()
    if not runtime.THREADS_GIVEN:
        os.environ['OMP_NUM_THREADS'] = str(speed.threads)
    return speed


def cell_seconds(step=None) -> int:
    """Return after how many seconds a lesson's cell counts as hung, where `step` is R in seconds.

    Without it, R is measured.
    """
    step = measure().step if step is None else number('step', step, above=0)
    return max(CELL_SECONDS, math.ceil(CELL_STEPS * step))


def _read(kept):
    try:
        steps = {int(n): float(s) for n, s in (part.split(':') for part in kept.split(','))}
    except ValueError:
        steps = {}
    if not steps or min(steps) < 1 or not 0 < min(steps.values()) <= max(steps.values()) < math.inf:
        raise ValueError(f'{KEPT} must be like 1:5.0,2:3.1, got {kept!r}: unset it')
    return steps


def _counts() -> list:
    """Return the numbers of threads to try."""
    if not runtime.THREADS_GIVEN:
        return sorted({1, runtime.usable_cpus()})
    return [runtime.threads_asked() or runtime.usable_cpus()]


def _time(counts) -> dict:
    """Return {threads: median seconds of a small step}. The processes take their steps in turn."""
    with contextlib.ExitStack() as stack:
        words = stack.enter_context(tempfile.TemporaryFile())
        started = {}
        for threads in counts:
            given = {} if runtime.THREADS_GIVEN else {'OMP_NUM_THREADS': str(threads)}
            started[threads] = process = subprocess.Popen(
                [sys.executable, '-m', 'd2l_ext.diagnostics.speed'], cwd=Path(__file__).parents[2],
                env={**os.environ, **given}, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words,
            )  # fmt: skip
            stack.callback(_end, process)
        hung = threading.Timer(PATIENCE, lambda: [p.kill() for p in started.values()])
        stack.callback(hung.cancel)
        hung.start()
        taken = {threads: [] for threads in counts}
        for _ in range(WARM_UP + ROUNDS):
            for threads, process in started.items():
                taken[threads].append(_ask(process, words))
        return {n: statistics.median(seconds[WARM_UP:]) for n, seconds in taken.items()}


def _ask(process, words) -> float:
    """Let a process take a step, when it is ready; return the seconds of the step."""
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write('\n')
        process.stdin.flush()
    told = process.stdout.readline()
    if not told:
        words.seek(0)
        last = words.read().decode(errors='replace').strip().splitlines()[-1:]
        raise RuntimeError(f'the process that times a step ended: {"".join(last) or "no words"}')
    return float(told)


def _end(process):
    process.kill()
    process.communicate()


def _main():
    """Be such a process: a line on stdin is answered by the seconds of a step."""
    step = _build()
    for _ in sys.stdin:
        start = time.perf_counter()
        step()
        print(time.perf_counter() - start, flush=True)


def _build():
    """Return a function that takes a small training step of the lecture's network on the CPU."""
    import mxnet as mx
    from mxnet import autograd, gluon, np, npx

    from ..networks import GoogLeNet

    npx.set_np()
    net = GoogLeNet()
    net.initialize(mx.init.Xavier())
    net.hybridize(static_alloc=True, static_shape=True)
    trainer = gluon.Trainer(net.collect_params(), 'sgd', {'learning_rate': 0.01})
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    X, y = np.random.uniform(size=(SMALL, 1, SIZE, SIZE)), np.zeros(SMALL)

    def step():
        with autograd.record():
            losses = loss(net(X), y)
        losses.backward()
        trainer.step(SMALL)
        npx.waitall()

    return step


if __name__ == '__main__':
    _main()
