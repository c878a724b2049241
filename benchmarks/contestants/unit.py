"""R, the course's unit of time: one training step of the lecture's network on the machine at hand."""

import os
import time

from .clock import BATCH, SIZE


def measure(steps=3, warm_up=4, batch=BATCH, size=SIZE):
    """Return the seconds of the quickest of `steps` steps after `warm_up` others, on all usable CPUs.

    The network is `GoogLeNet()`, hybridized, in float32, its batch random images in memory.
    """
    import d2l_ext  # noqa: F401
    from d2l_ext import runtime

    os.environ['OMP_NUM_THREADS'] = str(runtime.usable_cpus())  # whatever the course would take
    from .ours import built

    training, net = built()
    from mxnet import np, npx

    X, y, ends = np.random.uniform(size=(batch, 1, size, size)), np.zeros(batch, dtype='int32'), []

    class Repeated:
        def __len__(self):
            return warm_up + steps

        def __iter__(self):
            for _ in range(warm_up + steps):
                npx.waitall()
                ends.append(time.perf_counter())
                yield X, y

    training.fit(net, Repeated(), epochs=1, lr=1e-3, progress=False)
    npx.waitall()
    ends.append(time.perf_counter())
    taken = [end - start for start, end in zip(ends, ends[1:], strict=False)]
    return {'seconds': min(taken[warm_up:]), 'steps': taken}
