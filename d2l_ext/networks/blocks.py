"""What every network of the course is made of: layers, and `seq`, `Concat`, `Residual` to join them.

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


def conv(channels, kernel, strides=1, padding=None, activation='relu', use_bias=True):
    """Convolve (N, C, H, W) to (N, channels, H', W') and apply `activation` (None for none).

    `kernel` is an int or (height, width). Without `padding` the grid keeps its size at stride 1, which
    needs an odd kernel: raises ValueError for an even one.
    """
    height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
    if padding is None:
        if height % 2 == 0 or width % 2 == 0:
            raise ValueError(f'kernel must be odd to keep the grid, got {kernel}: give padding')
        padding = (height // 2, width // 2)
    return nn.Conv2D(
        channels, (height, width), strides, padding, activation=activation, use_bias=use_bias
    )


def conv_bn(channels, kernel, strides=1, padding=None):
    """Convolve as `conv` does, normalize over the batch, apply ReLU; the norm's shift is the bias.

    Epsilon is the papers' 0.001; running statistics move by a tenth of the way at each step.
    """
    return seq(
        conv=conv(channels, kernel, strides, padding, activation=None, use_bias=False),
        norm=nn.BatchNorm(epsilon=0.001, momentum=0.9),
        relu=nn.Activation('relu'),
    )


def max_pool(kernel=3, strides=2, padding=1):
    """Take the largest of each window; as it stands, halves the grid."""
    return nn.MaxPool2D(kernel, strides, padding)


def avg_pool(kernel=3, strides=1, padding=1, count_include_pad=False):
    """Take the mean of each window, at the border of what lies inside; as it stands, keeps the grid."""
    return nn.AvgPool2D(kernel, strides, padding, count_include_pad=count_include_pad)


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


class Residual(nn.HybridBlock):
    """Add `scale` times what `body` makes of an input (N, C, H, W) to the input itself.

    `body` must leave the input's shape. `activation` is applied to the sum (None for none).
    """

    join = 'add'

    def __init__(self, body, scale=1.0, activation='relu'):
        super().__init__()
        self.scale = scale
        self.body = body
        self.activation = nn.Activation(activation) if activation else None

    def hybrid_forward(self, F, x):
        total = x + self.scale * self.body(x)
        return self.activation(total) if self.activation else total


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
