"""What every network of the course is made of: `seq`, `conv`, `max_pool` and `Concat`.

Input channels are never written: Gluon's deferred initialization finds them at the first pass.
"""

from mxnet.gluon import nn


def seq(*layers, **named):
    """Chain layers; a keyword gives a layer its name, in the printout and in saved parameters."""
    chain = nn.HybridSequential()
    chain.add(*layers)
    for name, layer in named.items():
        setattr(chain, name, layer)
    return chain


def conv(channels, kernel_size, strides=1, padding=None, activation='relu'):
    """Convolve (N, C, H, W) to (N, channels, H', W') and apply `activation` (None for none).

    `kernel_size` is an int or (height, width). Without `padding` the grid keeps its size at stride 1,
    which needs an odd kernel: raises ValueError for an even one.
    """
    height, width = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    if padding is None:
        if height % 2 == 0 or width % 2 == 0:
            raise ValueError(
                f'kernel_size must be odd to keep the grid, got {kernel_size}: give padding'
            )
        padding = (height // 2, width // 2)
    return nn.Conv2D(channels, (height, width), strides, padding, activation=activation)


def max_pool(pool_size=3, strides=2, padding=1):
    """Take the largest of each window; as it stands, halves the grid."""
    return nn.MaxPool2D(pool_size, strides, padding)


class Concat(nn.HybridBlock):
    """Send the same input (N, C, H, W) through every branch and join the results on axis 1.

    Branches are keywords, joined in the order given; all must leave the same H and W.
    """

    def __init__(self, **branches):
        super().__init__()
        for name, branch in branches.items():
            setattr(self, name, branch)

    def hybrid_forward(self, F, x):
        # the operator `concat` stays in oneDNN's layout, np.concatenate reorders every branch twice
        outputs = [branch(x).as_nd_ndarray() for branch in self._children.values()]
        return F.concat(*outputs, dim=1).as_np_ndarray()


def walk(block, path=''):
    """Give (path, block) for `block` and all that it holds, down to its layers, in order.

    The path of a layer reads as in saved parameters: `stage3.inception_3a.branch3x3.1`.
    """
    yield path, block
    if not is_layer(block):
        for name, child in block._children.items():
            yield from walk(child, f'{path}.{name}' if path else name)


def is_layer(block) -> bool:
    """Tell whether `block` is one layer: it holds nothing, or only its own activation."""
    return all(isinstance(child, nn.Activation) for child in block._children.values())
