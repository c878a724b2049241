"""What every network of the course is made of: layers, and `seq`, `Concat`, `Residual` to join them.

Input channels are never written: Gluon's deferred initialization finds them at the first pass.
"""

import mxnet as mx
from mxnet.gluon import Block, HybridBlock, nn

from ..runtime.arguments import brief, flag, number, numpy_arrays, one_of, reason_of, whole

ACTIVATIONS = ('relu', 'sigmoid', 'tanh', 'softrelu', 'softsign')


def seq(*layers, **named):
    """Chain layers; a keyword gives a layer its name, in the printout and in saved parameters.

    Raises TypeError for what is no HybridBlock.
    """
    _check_layers({**dict(enumerate(layers)), **named})
    chain = nn.HybridSequential()
    chain.add(*layers)
    for name, layer in named.items():
        setattr(chain, name, layer)
    return chain


def conv(channels, kernel, strides=1, padding=None, activation='relu', use_bias=True):
    """Convolve (N, C, H, W) to (N, channels, H', W') and apply `activation` (None for none).

    `kernel` is an int or (height, width). Without `padding` the grid keeps its size at stride 1, which
    needs an odd kernel: raises ValueError for an even one, and for what is no number or name of these,
    and RuntimeError before `npx.set_np()`.
    """
    numpy_arrays()  # a layer is of the kind of arrays that there are when it is built
    channels, strides = whole('channels', channels), _pair('strides', strides)
    height, width = kernel = _pair('kernel', kernel)
    if padding is None:
        if height % 2 == 0 or width % 2 == 0:
            raise ValueError(f'kernel must be odd to keep the grid, got {kernel}: give padding')
        padding = (height // 2, width // 2)
    padding = _pair('padding', padding, least=0)
    if activation is not None:
        one_of('activation', activation, ACTIVATIONS)
    use_bias = flag('use_bias', use_bias)
    return nn.Conv2D(channels, kernel, strides, padding, activation=activation, use_bias=use_bias)


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
    return nn.MaxPool2D(*_window(kernel, strides, padding))


def avg_pool(kernel=3, strides=1, padding=1, count_include_pad=False):
    """Take the mean of each window, at the border of what lies inside; as it stands, keeps the grid."""
    counted = flag('count_include_pad', count_include_pad)
    return nn.AvgPool2D(*_window(kernel, strides, padding), count_include_pad=counted)


class Concat(nn.HybridBlock):
    """Send the same input (N, C, H, W) through every branch and join the results on axis 1.

    Branches are keywords, joined in the order given; all must leave the same H and W.
    """

    def __init__(self, **branches):
        _check_layers(branches)
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
        _check_layers({'body': body})
        if activation is not None:
            one_of('activation', activation, ACTIVATIONS)
        super().__init__()
        self.scale = number('scale', scale)
        self.body = body
        self.activation = nn.Activation(activation) if activation else None

    def hybrid_forward(self, F, x):
        total = x + self.scale * self.body(x)
        return self.activation(total) if self.activation else total


def walk(block, path=''):
    """Give (path, block) for `block` and all that it holds, down to its layers, in order.

    The path of a layer reads as in saved parameters: `stage3.inception_3a.branch3x3.1`. Raises TypeError
    for what is no network.
    """
    check_network('net', block)
    yield path, block
    if not is_layer(block):
        for name, child in block._children.items():
            yield from walk(child, f'{path}.{name}' if path else name)


def is_layer(block) -> bool:
    """Tell whether `block` is one layer: it holds nothing, or only its own activation."""
    check_network('block', block)
    return all(isinstance(child, nn.Activation) for child in block._children.values())


def check_network(name, value):
    """Raise TypeError, with the argument's `name`, unless `value` is a network, or a layer, of Gluon."""
    if not isinstance(value, Block):
        raise TypeError(f'{name} must be a network of Gluon, got {brief(value)}')


def passed(net, X, name='X'):
    """Return what `net` makes of the array `X`, the argument `name`.

    Raises TypeError for what is no network, and ValueError if it was never initialized or X does not fit.
    """
    if not callable(net):  # a graph from a file is a function
        check_network('net', net)
    numpy_arrays()
    if not isinstance(X, mx.np.ndarray):
        raise ValueError(
            f'{name} must be an array as np.array(…) of MXNet gives it, got {brief(X)}'
        )
    if not X.size:
        # Gluon would take its shape for unknown: the next good batch, of any network, would fail too
        raise ValueError(f'{name} must hold something, got {X.shape}')
    try:
        return net(X)
    except RuntimeError as error:
        if isinstance(error, mx.MXNetError) or 'has not been initialized' not in str(error):
            raise _unfit(name, X, error) from None
        raise ValueError('net is not initialized: call net.initialize() first') from None
    except (AssertionError, ValueError) as error:  # of an inference of shapes
        raise _unfit(name, X, error) from None


def _unfit(name, X, error):
    return ValueError(f'{name} {X.shape} does not fit this network: {reason_of(error)}')


def _check_layers(layers):
    for name, layer in layers.items():
        if not isinstance(layer, HybridBlock):
            raise TypeError(f'{name} must be a layer, a HybridBlock, got {brief(layer)}')


def _pair(name, value, least=1) -> tuple:
    """Return a whole number, or a pair (height, width) of them, as such a pair; ValueError for others."""
    pair = value if isinstance(value, (tuple, list)) and len(value) == 2 else (value, value)
    return tuple(whole(name, side, least, hint='or a pair of them') for side in pair)


def _window(kernel, strides, padding) -> tuple:
    """Return kernel, strides and padding of a pooling as pairs; ValueError if a window may see nothing."""
    kernel, strides = _pair('kernel', kernel), _pair('strides', strides)
    padding = _pair('padding', padding, least=0)
    if any(pad >= side for pad, side in zip(padding, kernel, strict=True)):
        raise ValueError(f'padding must be below kernel {kernel}, got {padding}')
    return kernel, strides, padding
