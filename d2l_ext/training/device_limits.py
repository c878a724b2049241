"""What a device can do: the precision that it multiplies in, and how large a batch it holds."""

import math
import os

from .. import runtime
from ..analysis import anatomy
from ..runtime import gpu
from ..runtime.arguments import one_of

PRECISIONS = ('float32', 'bfloat16')
# What a training holds for each number that a layer gives: itself, its gradient, copies in other layouts,
# the library's workspaces. No GPU was measured; a test holds it against the peaks recorded on CPUs.
COPIES = 5
OF_THE_DRIVER = 2**29  # bytes that CUDA and its libraries take before anything else


def check_precision(precision, devices):
    """Raise ValueError unless all `devices` (MXNet contexts) can multiply in `precision`."""
    one_of('precision', precision, PRECISIONS)
    for device in devices if precision != 'float32' else ():
        if device.device_type != 'cpu':
            problem = 'MXNet multiplies it on CPUs alone'
        elif not runtime.cpu_has('avx512_bf16'):
            problem = 'this CPU has no instructions for it (AVX-512 BF16)'
        else:
            continue
        raise ValueError(
            f'precision={precision!r} does not work on {device}: {problem}; take float32'
        )


def fitting_batch(net, shape, memory) -> int:
    """Estimate how many images of `shape` (C, H, W) `net` trains on at once in `memory` bytes; 1 or more.

    Counts the weights three times (with gradients and momenta) and what each layer gives COPIES times.
    """
    calls = anatomy.trace(net, (1, *shape))
    weights = 4 * sum(call.params for call in calls)
    image = 4 * sum(math.prod(call.out_shape) for call in calls if call.is_layer)
    return max(1, int((memory - OF_THE_DRIVER - 3 * weights) / (COPIES * image)))


def too_large(net, shape, device) -> str:
    """Say that a batch of `shape` (N, C, H, W) did not fit on `device`, and which should."""
    images, half = shape[0], max(1, shape[0] // 2)
    told = f'{device} has no memory left for a batch of {images} images {shape[1:]}: '
    card = _card(device)
    if not (card and card.memory):
        return f'{told}take a batch_size of {half}'
    fits = min(fitting_batch(net, shape[1:], card.memory), half)
    return f'{told}a batch_size of {fits} should fit into its {card.memory / 2**30:.0f} GiB'


def _card(device):
    """Return what the driver says of an MXNet context, a gpu.Card; None where it says nothing."""
    try:
        cards = gpu.visible(gpu.survey()[1], os.environ.get('CUDA_VISIBLE_DEVICES'))
        return cards[device.device_id]
    except (gpu.GPUError, IndexError):
        return None
