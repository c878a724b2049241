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

from ..networks.googlenet import GOOGLENET
from .checkpoint import Checkpoint
from .loop import loop
from .recipes import OPTIONS
from .validation import by_epoch, check_arguments, check_channels, check_data, check_labels


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
    if name not in INITIALIZERS:
        raise ValueError(f'name must be one of {", ".join(INITIALIZERS)}, got {name!r}')
    torch.manual_seed(seed)
    for parameter in net.parameters():
        (INITIALIZERS[name] if parameter.ndim > 1 else nn.init.zeros_)(parameter.data)


def tensors(X, y, device='cpu', layout=torch.contiguous_format):
    """Turn a batch of `data.ImageBatches` into tensors: X float32 (N, C, H, W), y int64 (N,)."""
    X, y = torch.from_numpy(X.asnumpy()), torch.from_numpy(y.asnumpy()).long()
    return X.to(device, memory_format=layout), y.to(device)


def best_device() -> str:
    """Return 'cuda' if PyTorch can use a GPU, else 'cpu'."""
    return 'cuda' if torch.cuda.is_available() else 'cpu'


def machine() -> dict:
    """Describe PyTorch and where it computes, as it is kept beside recorded results."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {'torch': torch.__version__, 'gpu': gpu}


def run(recipe, train_iter, test_iter, net, *, seed=0, **more):
    """Initialize `net` as `recipe` (an entry of RECIPES) says and `fit` it; returns a History."""
    initialize(net, recipe['init'], seed)
    options = {name: recipe[name] for name in OPTIONS}
    return fit(net, train_iter, test_iter, **options, **more)


def fit(
    net, train_iter, test_iter=None, *, epochs, lr, optimizer='sgd', momentum=0.0,
    weight_decay=0.0, schedule='constant', device=None, layout=torch.channels_last, dtype=None, progress=True,
    history=None, checkpoint=None, every=100,
):  # fmt: skip
    """Train `net` as `training.fit` does a network of Gluon; returns a History.

    Other arguments, and errors, are those of `training.fit`. `layout` is a memory format; `dtype`
    (torch.bfloat16) that of automatic mixed precision, None for float32 throughout.
    Differs from Gluon where the rate changes: PyTorch multiplies the momentum by the rate of the step at
    hand, Gluon each gradient by the rate of its own step. And in Adam's first steps: Gluon adds epsilon
    before it corrects the variance, PyTorch after.
    """
    device = device or best_device()
    check_arguments(epochs=epochs, lr=lr, schedule=schedule, optimizer=optimizer)
    plan = by_epoch(train_iter, epochs)
    net.to(device, memory_format=layout)
    classes = check_data(plan, test_iter, lambda X, name: _outputs(net, X, device, name))
    learner = Learner(
        net, device, layout, dtype, classes, optimizer, momentum=momentum, weight_decay=weight_decay
    )
    return loop(
        learner, plan, test_iter, lr=lr, schedule=schedule, progress=progress, history=history,
        checkpoint=Checkpoint(checkpoint, every) if checkpoint is not None else None,
    )  # fmt: skip


class Learner:
    """A network of PyTorch that takes the steps of an optimizer; for `loop`."""

    # what the optimizer keeps of each weight: our name of it, PyTorch's
    KEPT = {
        'sgd': {'momentum': 'momentum_buffer'},
        'adam': {'mean': 'exp_avg', 'variance': 'exp_avg_sq', 'updates': 'step'},
    }

    def __init__(self, net, device, layout, dtype, classes, optimizer='sgd', **options):
        self.net, self.device, self.layout, self.classes = net, device, layout, classes
        self.mixed = torch.autocast(torch.device(device).type, dtype, enabled=dtype is not None)
        self.kept = self.KEPT[optimizer]
        shapes = {name: list(p.shape) for name, p in net.named_parameters()}
        self.about = {'optimizer': optimizer, **options, **shapes}
        if optimizer == 'adam':
            options['betas'] = (options.pop('momentum'), 0.999)
        rule = {'sgd': torch.optim.SGD, 'adam': torch.optim.Adam}[optimizer]
        self.optimizer = rule(net.parameters(), lr=0.1, **options)

    def step(self, X, y, lr):
        """Take one step; return the batch's summed loss and the number of right answers."""
        check_labels(y, self.classes)
        X, y = tensors(X, y, self.device, self.layout)
        self.optimizer.param_groups[0]['lr'] = lr
        self.net.train()
        self.optimizer.zero_grad()
        with self.mixed:
            scores = self.net(X)
            loss = nn.functional.cross_entropy(scores, y)
        loss.backward()
        self.optimizer.step()
        return float(loss.detach()) * len(y), int((scores.argmax(dim=1) == y).sum())

    def evaluate(self, test_iter):
        """Return the accuracy on `test_iter`."""
        return evaluate(self.net, test_iter, self.device, self.layout)

    def tensors(self) -> dict:
        """Return weights and what the optimizer keeps of each, by name, as arrays."""
        told = {f'weight.{n}': _array(t) for n, t in self.net.state_dict().items()}
        for name, parameter in self.net.named_parameters():
            state = self.optimizer.state[parameter]
            for kind, theirs in self.kept.items():
                if state.get(theirs) is not None:
                    told[f'{kind}.{name}'] = _array(state[theirs])
        return told

    def restore(self, tensors):
        """Take over what `tensors` gave."""
        for name, ours in self.net.state_dict().items():
            ours.copy_(torch.from_numpy(tensors[f'weight.{name}'].copy()))
        for name, parameter in self.net.named_parameters():
            for kind, theirs in self.kept.items():
                if f'{kind}.{name}' in tensors:
                    array = torch.from_numpy(tensors[f'{kind}.{name}'].copy())
                    if theirs != 'step':  # a number, which stays where it is
                        array = torch.empty_like(parameter).copy_(array)
                    self.optimizer.state[parameter][theirs] = array

    def reseed(self, number):
        """Seed what dropout draws from."""
        torch.manual_seed(number)


def _array(tensor):
    return tensor.detach().cpu().contiguous().numpy()


def _outputs(net, X, device, name):
    """Return the number of scores that `net` gives for X; refuse X if it is bound to others."""
    first = next(net.parameters())
    if not isinstance(first, nn.UninitializedParameter):
        check_channels(first.shape[1], X, name)
    with torch.no_grad():
        return net(torch.from_numpy(X[:1].asnumpy()).to(device)).shape[-1]


def evaluate(net, data_iter, device='cpu', layout=torch.contiguous_format) -> float:
    """Return the share of images whose highest score is their label's."""
    net.eval()
    right = images = 0
    with torch.no_grad():
        for X, y in data_iter:
            X, y = tensors(X, y, device, layout)
            right += int((net(X).argmax(dim=1) == y).sum())
            images += len(y)
    return right / images
