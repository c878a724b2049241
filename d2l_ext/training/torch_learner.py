"""GoogLeNet in PyTorch: the twin of `networks.GoogLeNet`, from the same table, trained by the same recipes.

PyTorch is an extra (`make torch`), and the way onto cards that MXNet's GPU wheel cannot use. Weights
cross over by `torch_port.load_torch` and `torch_port.give_torch`.
"""

from collections import OrderedDict

try:
    import torch
    from torch import nn
except ImportError:
    raise ImportError(
        'PyTorch is not installed: run `make torch`, then restart the kernel'
    ) from None

from .. import data
from ..networks.googlenet import GOOGLENET
from ..runtime.arguments import one_of
from . import identity
from .checkpoint import Checkpoint
from .loop import loop
from .trainer import by_recipe
from .validation import (
    by_epoch,
    check_batch,
    check_channels,
    check_classes,
    check_data,
    check_images,
    check_kinds,
    check_labels,
    check_losses,
    check_optimizer,
    check_options,
    check_stage2,
    on_host,
    pair,
)


def conv(in_channels, channels, kernel_size, strides=1, activation='relu'):
    """Return the layers of one convolution: it keeps the grid at stride 1, ReLU unless None.

    With `in_channels` None it is lazy: the first pass finds them.
    """
    padding = kernel_size // 2
    if in_channels is None:
        layer = nn.LazyConv2d(channels, kernel_size, strides, padding)
    else:
        layer = nn.Conv2d(in_channels, channels, kernel_size, strides, padding)
    return [layer, nn.ReLU()] if activation else [layer]


class Inception(nn.Module):
    """Join a 1x1, a 3x3, a 5x5 convolution and a pooled projection of one input (N, C, H, W).

    `in_channels` is C, or None to find it at the first pass; the others are those of
    `networks.Inception`, and so is the output.
    """

    def __init__(self, in_channels, c1, c2, c3, c4):
        super().__init__()
        reduce3, reduce5 = (None, None) if in_channels is None else (c2[0], c3[0])
        self.branch1x1 = nn.Sequential(*conv(in_channels, c1, 1))
        self.branch3x3 = nn.Sequential(*conv(in_channels, c2[0], 1), *conv(reduce3, c2[1], 3))
        self.branch5x5 = nn.Sequential(*conv(in_channels, c3[0], 1), *conv(reduce5, c3[1], 5))
        self.branch_pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(in_channels, c4, 1))

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.children()], dim=1)


def GoogLeNet(classes=10, in_channels=1, stage2_activation='relu'):
    """Build the lecture's GoogLeNet, images (N, in_channels, H, W) to scores (N, classes).

    `in_channels` None gives the lazy form, whose every input channel is found at the first pass. The
    defaults and `stage2_activation` are those of `networks.GoogLeNet`; so are names and order of layers.
    """
    width = in_channels

    def known(channels):
        return None if in_channels is None else channels

    def pool():
        return nn.MaxPool2d(3, 2, 1)

    stages = OrderedDict(
        stage1=nn.Sequential(*conv(width, 64, 7, 2), pool()),
        stage2=nn.Sequential(
            *conv(known(64), 64, 1, activation=stage2_activation),
            *conv(known(64), 192, 3, activation=stage2_activation),
            pool(),
        ),
        stage3=nn.Sequential(), stage4=nn.Sequential(), stage5=nn.Sequential(),
    )  # fmt: skip
    width = 192
    for name, (c1, r3, c3, r5, c5, c4) in GOOGLENET.items():
        block = Inception(known(width), c1, (r3, c3), (r5, c5), c4)
        stages[f'stage{name[0]}'].add_module(f'inception_{name}', block)
        width = c1 + c3 + c5 + c4
    stages['stage3'].add_module('pool', pool())
    stages['stage4'].add_module('pool', pool())
    stages['stage5'].add_module('pool', nn.AdaptiveAvgPool2d(1))
    stages['flatten'] = nn.Flatten()
    stages['head'] = nn.LazyLinear(classes) if in_channels is None else nn.Linear(width, classes)
    return nn.Sequential(stages)


INITIALIZERS = {
    'xavier': nn.init.xavier_uniform_,
    # as in recipes.py: variance 2 / inputs
    'he': lambda weight: nn.init.kaiming_normal_(weight, nonlinearity='relu'),
}


def initialize(net, name, seed=0):
    """Draw the weights of `net` as a recipe's `init` (xavier, he) says; biases are 0, as in Gluon."""
    one_of('name', name, INITIALIZERS)
    torch.manual_seed(seed)
    for parameter in net.parameters():
        (INITIALIZERS[name] if parameter.ndim > 1 else nn.init.zeros_)(parameter.data)


def tensors(X, y, device='cpu', layout=torch.contiguous_format):
    """Turn a batch of `data.ImageBatches` into tensors: X float32 (N, C, H, W), y int64 (N,)."""
    X, y = (_tensor(on_host(a, 'a batch', what)) for a, what in ((X, 'X'), (y, 'y')))
    return X.to(device, memory_format=layout), y.long().to(device)


def _tensor(array):
    """Return an array as a tensor, of a copy: PyTorch reads no array backwards, and none read-only."""
    return torch.from_numpy(array.copy())


def best_device() -> str:
    """Return 'cuda' if PyTorch can use a GPU, else 'cpu'."""
    return 'cuda' if torch.cuda.is_available() else 'cpu'


def machine() -> dict:
    """Describe PyTorch and where it computes, as it is kept beside recorded results."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {'torch': torch.__version__, 'gpu': gpu}


def device_of(device) -> torch.device:
    """Return `device` (a name, or PyTorch's own) as PyTorch's; None is the best one that there is.

    Raises ValueError for anything else, and for a GPU that PyTorch cannot use.
    """
    try:
        found = torch.device(device or best_device())
    except (RuntimeError, TypeError):
        raise ValueError(f"device must be one of PyTorch, such as 'cpu', got {device!r}") from None
    if found.type == 'cuda' and not torch.cuda.is_available():
        raise ValueError(f"device is {device!r}, but PyTorch finds no GPU: take 'cpu'")
    return found


def run(net, recipe, *, sample=None, seed=0, device=None, **more):
    """Train `net` by a recipe, as `training.run` does a network of Gluon; returns a History."""
    more['device'] = device_of(device)
    return by_recipe(net, recipe, _check_network, initialize, fit, sample, seed, more)


def _check_network(net, recipe):
    """Raise ValueError unless `net` is what `recipe`, a dict, trains."""
    stage2 = getattr(net, 'stage2', None)
    if stage2 is not None:
        has_relu = any(isinstance(layer, nn.ReLU) for layer in stage2)
        check_stage2({'relu' if has_relu else None}, recipe)
    layers = [layer for layer in net.modules() if isinstance(layer, nn.Linear)]
    if layers:
        check_classes(layers[-1].out_features, len(data.CLASSES))


def cross_entropy(scores, y):
    """Return the cross-entropy of each image (N,)."""
    return nn.functional.cross_entropy(scores, y, reduction='none')


def fit(
    net, train_iter, test_iter=None, *, epochs, lr, optimizer='sgd', momentum=0.0,
    weight_decay=0.0, schedule='constant', loss=cross_entropy, device=None, progress=True, history=None,
    checkpoint=None, every=100, about=None, layout=torch.channels_last, dtype=None,
):  # fmt: skip
    """Train `net` as `training.fit` does a network of Gluon; returns a History.

    Other arguments, and errors, are those of `training.fit`. `layout` is a memory format; `dtype`
    (torch.bfloat16) that of automatic mixed precision, None for float32 throughout.
    Differs from Gluon where the rate changes: PyTorch multiplies the momentum by the rate of the step at
    hand, Gluon each gradient by the rate of its own step. And in Adam's first steps: Gluon adds epsilon
    before it corrects the variance, PyTorch after.
    """
    check_options(
        epochs=epochs, lr=lr, schedule=schedule, optimizer=optimizer, momentum=momentum,
        weight_decay=weight_decay,
    )  # fmt: skip
    check_kinds(loss, history, about, progress)
    device = device_of(device)
    plan = by_epoch(train_iter, epochs)
    net.to(device, memory_format=layout)
    classes = check_data(
        plan, test_iter, lambda images, name: _outputs(net, images, device, name), dtype_of(net)
    )
    learner = Learner(
        net, classes=classes, device=device, loss=loss, optimizer=optimizer, momentum=momentum,
        weight_decay=weight_decay, layout=layout, dtype=dtype,
    )  # fmt: skip
    return loop(
        learner, plan, test_iter, lr=lr, schedule=schedule, progress=progress, history=history,
        checkpoint=Checkpoint(checkpoint, every) if checkpoint is not None else None, about=about,
    )  # fmt: skip


class Learner:
    """A network of PyTorch that takes the steps of an optimizer; for `loop`.

    `classes` is the number of its outputs; the other arguments are those of `fit`.
    """

    # what the optimizer keeps of each weight: our name of it, PyTorch's
    KEPT = {
        'sgd': {'momentum': 'momentum_buffer'},
        'adam': {'mean': 'exp_avg', 'variance': 'exp_avg_sq', 'updates': 'step'},
    }

    def __init__(
        self, net, *, classes, device=None, loss=cross_entropy, optimizer='sgd', momentum=0.0,
        weight_decay=0.0, layout=torch.contiguous_format, dtype=None,
    ):  # fmt: skip
        check_optimizer(optimizer, momentum, weight_decay)
        self.net, self.loss, self.classes = net, loss, classes
        self.device, self.layout = device_of(device), layout
        self.dtype = dtype_of(net)
        self.mixed = torch.autocast(self.device.type, dtype, enabled=dtype is not None)
        self.kept = self.KEPT[optimizer]
        shapes = {name: list(p.shape) for name, p in net.named_parameters()}
        self.about = {
            'optimizer': optimizer, 'momentum': momentum, 'weight_decay': weight_decay,
            'dtype': str(dtype), 'loss': identity.of_loss(loss), **shapes,
            **identity.of_layers(net.named_modules()),
        }  # fmt: skip
        if optimizer == 'adam':
            rule, options = torch.optim.Adam, {'betas': (momentum, 0.999)}
        else:
            rule, options = torch.optim.SGD, {'momentum': momentum}
        self.optimizer = rule(net.parameters(), lr=0.1, weight_decay=weight_decay, **options)

    def step(self, X, y, lr):
        """Take one step; return the batch's summed loss and the number of right answers.

        Raises ValueError, before a weight is changed, for images, labels or a loss that cannot be right.
        """
        images, labels = check_batch(X, y, self.classes, 'train_iter', self.dtype)
        X, y = tensors(images, labels, self.device, self.layout)
        self.net.train()
        with self.mixed:
            scores = self.net(X)
            losses = self.loss(scores, y)
        check_losses(losses.shape, len(y))
        self.optimizer.zero_grad()
        losses.mean().backward()
        self.optimizer.param_groups[0]['lr'] = lr
        self.optimizer.step()
        return float(losses.detach().sum()), int((scores.argmax(dim=1) == y).sum())

    def evaluate(self, test_iter):
        """Return the accuracy on `test_iter`."""
        return evaluate(self.net, test_iter, self.device, self.layout, 'test_iter')

    def tensors(self) -> dict:
        """Return weights and what the optimizer keeps of each, by name, as arrays."""
        arrays = {f'weight.{n}': _array(t) for n, t in self.net.state_dict().items()}
        for name, parameter in self.net.named_parameters():
            state = self.optimizer.state[parameter]
            for kind, theirs in self.kept.items():
                if state.get(theirs) is not None:
                    arrays[f'{kind}.{name}'] = _array(state[theirs])
        return arrays

    def restore(self, tensors):
        """Take over what `tensors` gave."""
        for name, ours in self.net.state_dict().items():
            ours.copy_(_tensor(tensors[f'weight.{name}']))
        for name, parameter in self.net.named_parameters():
            for kind, theirs in self.kept.items():
                if f'{kind}.{name}' in tensors:
                    array = _tensor(tensors[f'{kind}.{name}'])
                    if theirs != 'step':  # a number, which stays where it is
                        array = torch.empty_like(parameter).copy_(array)
                    self.optimizer.state[parameter][theirs] = array

    def reseed(self, number):
        """Seed what dropout draws from."""
        torch.manual_seed(number)


def _array(tensor):
    return tensor.detach().cpu().contiguous().numpy()


def dtype_of(net) -> str:
    """Return the kind of number that `net` computes in; ValueError unless it is float32 or float64."""
    kinds = {p.dtype for p in net.parameters() if p.is_floating_point()}
    for kind in (torch.float16, torch.bfloat16):
        if kind in kinds:
            raise ValueError(f'net has weights of {kind}: call net.float(), and give dtype={kind}')
    return 'float64' if torch.float64 in kinds else 'float32'


def _outputs(net, images, device, name) -> int:
    """Return the number of scores that `net` gives for an image; refuse it if bound to others."""
    first = next(net.parameters())
    if not isinstance(first, nn.UninitializedParameter) and first.ndim == 4:
        check_channels(first.shape[1], images, name)
    with torch.no_grad():
        return net(_tensor(images).to(device)).shape[-1]


def evaluate(
    net, data_iter, device='cpu', layout=torch.contiguous_format, name='data_iter'
) -> float:
    """Return the share of images whose highest score is their label's; `name` is for errors."""
    net.eval()
    dtype = dtype_of(net)
    right = images = 0
    with torch.no_grad():
        for batch in data_iter:
            X, y = pair(batch, name)
            pixels = check_images(X, name, dtype)
            scores = net(_tensor(pixels).to(device, memory_format=layout)).cpu().numpy()
            labels = check_labels(y, len(pixels), scores.shape[1], name)
            right += int((scores.argmax(axis=1) == labels).sum())
            images += len(labels)
    if not images:
        raise ValueError(f'{name} is empty: give at least one batch')
    return right / images
