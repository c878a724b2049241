"""What the networks share as wholes: a chain of stages, auxiliary classifiers beside it, their loss."""

from mxnet import autograd, gluon, np
from mxnet.gluon import nn
from mxnet.ndarray import NDArray

from ..runtime.arguments import numpy_arrays
from .blocks import Concat, is_layer


class Network(nn.HybridSequential):
    """A chain of stages, images (N, C, H, W) to scores (N, classes), that refuses too small images.

    `title` names it in errors; `channels` are those that the images must have, None for any. Raises
    ValueError for an input that is no batch of images, or smaller than the kernels need; the smallest
    size is computed from the layers.
    """

    def __init__(self, title='this network', channels=None, prefix=None, params=None, **stages):
        super().__init__(prefix, params)
        self.title, self.channels = title, channels
        for name, stage in stages.items():
            setattr(self, name, stage)

    def forward(self, x):
        # here in both modes: hybridized code no longer sees the images, a symbol has no shape
        if isinstance(x, NDArray):
            numpy_arrays()
            self.check(x.shape)
        return super().forward(x)

    def check(self, shape):
        """Raise ValueError if images of `shape` (N, C, H, W) do not fit, with the smallest that do."""
        if len(shape) != 4:
            raise ValueError(f'{self.title} needs images as (N, C, H, W), got {shape}')
        if 0 in shape[:2]:
            raise ValueError(f'{self.title} needs at least one image, got a batch of shape {shape}')
        if self.channels not in (None, shape[1]):
            raise ValueError(
                f'{self.title} was built for images of {self.channels} channels, got {shape[1]}'
            )
        smallest = self.smallest()
        if shape[2] < smallest[0] or shape[3] < smallest[1]:
            raise ValueError(
                f'{self.title} needs images of at least {smallest[0]} x {smallest[1]}'
                f'{self._when()}, got {shape[2]} x {shape[3]}: resize them'
            )

    def smallest(self) -> tuple:
        """Return the height and width of the smallest images that the network takes now."""
        return tuple(_needed(self, axis, 1) for axis in (0, 1))

    def _when(self):
        return ''


class NetworkWithHeads(Network):
    """A Network with auxiliary classifiers, which are computed in training and cost nothing later.

    `taps` says where each starts: {'stage4.inception_4a': 'aux_4a'}. The last stage is a `Heads` that
    holds them. In training it returns (main, aux_4a, …), else the main scores alone, as any Network.
    """

    def __init__(self, title='this network', taps=None, **options):
        super().__init__(title, **options)
        self.taps = taps or {}  # none in a slice

    def forward(self, x):
        if not (self.taps and autograd.is_training()):
            return super().forward(x)
        if isinstance(x, NDArray):
            self.check(x.shape)
        outputs = []
        for path, block in self._steps():
            x = block(x)
            if path in self.taps:
                outputs.append(getattr(self.head, self.taps[path])(x))
        return (x, *outputs)

    def hybridize(self, active=True, **options):
        """Make a graph of every stage: one graph cannot have three outputs in training, one later."""
        for stage in self._children.values():
            stage.hybridize(active, **options)

    def smallest(self) -> tuple:
        """Return the height and width of the smallest images: in training also the heads need room."""
        if not autograd.is_training():
            return super().smallest()
        return tuple(self._smallest_in_training(axis) for axis in (0, 1))

    def _smallest_in_training(self, axis):
        needed = 1
        for path, block in reversed(list(self._steps())):
            if path in self.taps:
                head = getattr(self.head, self.taps[path])
                needed = max(needed, _needed(head, axis, 1))
            needed = _needed(block, axis, needed)
        return needed

    def _steps(self):
        """Give (path, block) from the images to the scores; a stage with a tap inside in its blocks."""
        for name, stage in self._children.items():
            if any(path.startswith(f'{name}.') for path in self.taps):
                for inner, block in stage._children.items():
                    yield f'{name}.{inner}', block
            else:
                yield name, stage

    def _when(self):
        return ' in training, for its auxiliary classifiers' if autograd.is_training() else ''


class Heads(nn.HybridBlock):
    """The main classifier `main`, and beside it the auxiliary ones, which only a network calls.

    `sources` are the shapes (C, H, W) that the auxiliary ones read: by then they must be bound, since
    the first pass may be one without them.
    """

    def __init__(self, main, sources, **aux):
        super().__init__()
        self.main = main
        for name, head in aux.items():
            head.infer_shape(np.zeros((1, *sources[name])))
            setattr(self, name, head)

    def hybrid_forward(self, F, x):
        return self.main(x)

    def hybridize(self, active=True, **options):
        """Make a graph of every head, so that none needs the others."""
        for head in self._children.values():
            head.hybridize(active, **options)


def joint_loss(outputs, labels, weight=0.3):
    """Return the cross-entropy of each image (N,): the main scores', plus `weight` times each other's.

    `outputs` is what a network gave: scores (N, classes), or a tuple of them, the main ones first.
    Source: 0.3 as in Szegedy et al. 2015, section 5.
    """
    main, *others = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
    cross_entropy = gluon.loss.SoftmaxCrossEntropyLoss()
    return cross_entropy(main, labels) + weight * sum(cross_entropy(o, labels) for o in others)


def _needed(block, axis, out):
    """Return how long the input of `block` must be on `axis` (0 height, 1 width) for `out` outputs."""
    if is_layer(block):
        options = getattr(block, '_kwargs', {})
        if 'kernel' not in options:
            return out
        if options.get('global_pool'):
            return 1
        kernel, stride, pad = (options[name][axis] for name in ('kernel', 'stride', 'pad'))
        return max(1, (out - 1) * stride + kernel - 2 * pad)
    children = [block.main] if isinstance(block, Heads) else list(block._children.values())
    if isinstance(block, Concat):
        return max(_needed(child, axis, out) for child in children)
    for child in reversed(children):
        out = _needed(child, axis, out)
    return out
