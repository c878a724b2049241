"""The limit: a product of two 4096 x 4096 float32 matrices, by each library at hand.

Each gives GFLOP/s over several seconds, 2 x 4096^3 operations a product, as a training step must hold
its own.
"""

import time

SIDE, SECONDS, WARM_UP = 4096, 4, 2


def numpy(seconds=SECONDS, side=SIDE):
    """NumPy's own BLAS."""
    import numpy as np

    a, b = (np.random.rand(side, side).astype('float32') for _ in range(2))
    blas = np.show_config(mode='dicts')['Build Dependencies']['blas']
    return {
        'gflops': _rate(lambda: a @ b, side, seconds),
        'by': f'{blas["name"]} {blas["version"]}',
    }


def mxnet_dot(seconds=SECONDS, side=SIDE):
    """MXNet's np.dot: its own BLAS."""
    np, npx = _mxnet()
    a, b = (np.random.uniform(size=(side, side)) for _ in range(2))
    return {'gflops': _rate(lambda: np.dot(a, b).wait_to_read(), side, seconds), 'by': 'OpenBLAS'}


def mxnet_dense(seconds=SECONDS, side=SIDE):
    """MXNet's dense layer without bias: oneDNN, as its convolutions."""
    np, npx = _mxnet()
    a, b = (np.random.uniform(size=(side, side)) for _ in range(2))

    def product():
        npx.fully_connected(a, b, num_hidden=side, no_bias=True).wait_to_read()

    return {'gflops': _rate(product, side, seconds), 'by': 'oneDNN'}


def _mxnet():
    import d2l_ext  # noqa: F401

    from mxnet import np, npx

    npx.set_np()
    return np, npx


def _rate(product, side, seconds):
    for _ in range(WARM_UP):
        product()
    count, start = 0, time.perf_counter()
    while (took := time.perf_counter() - start) < seconds or not count:
        product()
        count += 1
    return 2 * side**3 * count / took / 1e9
