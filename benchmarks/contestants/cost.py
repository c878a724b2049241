"""How cost grows: images/s and memory of one resolution, batch size and width.

Images lie in memory, made at random: no data set, no loader.
"""

import json
import tempfile
import time
from pathlib import Path

from ..child import peak_bytes

# steps: a large batch settles late; a network that was warm once is soon so again
WARM_UP, AGAIN, LEAST = 8, 2, 3
BACKEND = 'MKLDNN'  # what MXNet 1.9.1 calls oneDNN; of another name it only logs that there is none
FUSED = '_sg_mkldnn_conv'  # the operator that fusion leaves
TOLERANCE = 1e-4  # of the largest output: fused sums run in another order


def train(size, batch, width, seconds=2.0, warm_up=WARM_UP):
    """Return images/s of the course's training steps."""
    mx, net, X = _made(size, batch, width)
    from d2l_ext import training

    net.hybridize(static_alloc=True, static_shape=True)
    learner = training.Learner(net, classes=10, device=mx.cpu())
    y = mx.np.zeros(batch, dtype='int32')

    def step():
        learner.step(X, y, 1e-3)
        mx.npx.waitall()

    return {'images_per_s': _rate(step, batch, seconds, warm_up)}


def infer(size, batch, width, seconds=0.5, turns=2, warm_up=WARM_UP):
    """Return images/s of the hybridized network, and with oneDNN's fusion, timed by turns.

    The peak of memory is that of the network without fusion. Raises ValueError if nothing was fused
    or the two do not agree.
    """
    _, net, X = _made(size, batch, width)
    net.hybridize(static_alloc=True, static_shape=True)

    def rate(net, warm_up):
        return _rate(lambda: net(X).wait_to_read(), batch, seconds, warm_up)

    rates = {'plain': [rate(net, warm_up)], 'fused': []}
    peak = peak_bytes()
    fused = _fused(net, X, scaled(width))
    for turn in range(turns):
        rates['fused'].append(rate(fused, AGAIN if turn else warm_up))
        if turn < turns - 1:
            rates['plain'].append(rate(net, AGAIN))
    plain, fused = (sum(rates[name]) / len(rates[name]) for name in ('plain', 'fused'))
    return {'images_per_s': plain, 'fused_images_per_s': fused, 'peak_bytes': peak}


def _fused(net, X, twin):
    """Give `twin` the parameters of `net` and fuse it; check that it gives the same outputs."""
    with tempfile.TemporaryDirectory() as folder:
        net.save_parameters(f'{folder}/net')
        twin.load_parameters(f'{folder}/net')
        twin.optimize_for(X, backend=BACKEND, static_alloc=True, static_shape=True)
        wanted, given = net(X), twin(X)
        twin.export(f'{folder}/twin')
        graph = json.loads(Path(f'{folder}/twin-symbol.json').read_text(encoding='utf-8'))
    if not any(node['op'] == FUSED for node in graph['nodes']):
        raise ValueError(f'backend {BACKEND!r} has fused nothing in this MXNet')
    apart = float(abs(wanted - given).max() / abs(wanted).max())
    if not apart <= TOLERANCE:
        raise ValueError(f'the fused network is off by {apart:.1e} of the largest output')
    return twin


def _rate(call, images, seconds, warm_up):
    """Return images/s of `call`, which waits for its result, timed for `seconds` and LEAST calls."""
    for _ in range(warm_up):
        call()
    count, start = 0, time.perf_counter()
    while (took := time.perf_counter() - start) < seconds or count < LEAST:
        call()
        count += 1
    return images * count / took


def _made(size, batch, width):
    """Return mxnet, an initialized network of this width and a batch of random images."""
    import d2l_ext  # noqa: F401

    import mxnet as mx

    mx.npx.set_np()
    net = scaled(width)
    net.initialize(mx.init.MSRAPrelu(factor_type='in', slope=0))  # outputs keep their size
    return mx, net, mx.np.random.uniform(size=(batch, 1, size, size))


def scaled(width):
    """Build the course's GoogLeNet with `width` times the channels in every convolution."""
    from d2l_ext.networks.blocks import conv, max_pool, seq
    from d2l_ext.networks.googlenet import GOOGLENET, Inception

    from mxnet.gluon import nn

    def wide(channels):
        return max(1, round(width * channels))

    def inceptions(stage):
        for block, row in GOOGLENET.items():
            if block.startswith(stage):
                c1, r3, c3, r5, c5, c4 = map(wide, row)
                yield Inception(c1, (r3, c3), (r5, c5), c4)

    return seq(
        conv(wide(64), kernel=7, strides=2), max_pool(),
        conv(wide(64), kernel=1), conv(wide(192), kernel=3), max_pool(),
        *inceptions('3'), max_pool(), *inceptions('4'), max_pool(),
        *inceptions('5'), nn.GlobalAvgPool2D(), nn.Dense(10),
    )  # fmt: skip
