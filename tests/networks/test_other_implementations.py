"""Do our blocks and networks give the same numbers as NumPy, MXNet's model zoo, torchvision and timm?

The block: NumPy, from the definition. The networks, with the same random weights: MXNet's model zoo,
torchvision and timm. They compute in float64, because in float32 two right answers of a hundred layers
differ in their gradients by percents: where a sum lies near zero, ReLU lets it pass on one side only.

`make test` compares scores at full size, in float32, and a step with its gradient on the smallest images
that a network trains on; `make test-all` everything at every size.
"""

import json
import subprocess
import sys
from pathlib import Path

from d2l_ext.networks import Inception, InceptionResNetV2, InceptionV3, InceptionV4
from d2l_ext.networks.inception_v3 import TransformInput
from d2l_ext.weights import safetensors_files
from d2l_ext.weights.torch_port import load_torch

import numpy as onp
import pytest
from mxnet import autograd, np
from mxnet.gluon import nn
from numpy.lib.stride_tricks import sliding_window_view

LESSONS = Path(__file__).parents[2] / 'notebooks'
CLOSE = 1e-9  # relative, float64; 1e-4 in float32
PAPER, SMALL = (299, 299), (139, 107)
slow = pytest.mark.slow

# whose: their network without dropout, ours, the outputs in training, small images that it trains on,
# and another size
THEIRS = {
    'torchvision V3': (
        lambda lib: lib.torchvision.models.Inception3(init_weights=False, dropout=0.0),
        lambda: InceptionV3(aux=True, dropout=0.0),
        2,
        PAPER,
        (315, 351),
    ),
    'timm V3': (
        lambda lib: lib.timm.create_model('inception_v3', aux_logits=True),
        lambda: InceptionV3(aux=True, dropout=0.0),
        2,
        PAPER,
        (351, 315),
    ),
    'timm V4': (
        lambda lib: lib.timm.create_model('inception_v4'),
        lambda: InceptionV4(dropout=0.0),
        1,
        SMALL,
        (160, 193),
    ),
    'timm Inception-ResNet-V2': (
        lambda lib: lib.timm.create_model('inception_resnet_v2'),
        lambda: InceptionResNetV2(dropout=0.0),
        1,
        SMALL,
        (193, 160),
    ),
}


def windows(x, size, fill):
    """Return every size x size patch of (C, H, W) as (C, H, W, size, size)."""
    edge = size // 2
    padded = onp.pad(x, ((0, 0), (edge, edge), (edge, edge)), constant_values=fill)
    return sliding_window_view(padded, (size, size), axis=(1, 2))


def convolve(x, layer):
    weight, bias = safetensors_files.values(layer.weight), safetensors_files.values(layer.bias)
    out = onp.einsum('chwij,ocij->ohw', windows(x, weight.shape[-1], 0), weight)
    return onp.maximum(out + bias[:, None, None], 0)


def inception(x, net):
    """Compute Figure 2(b) of Szegedy et al. 2015 on one image (C, H, W)."""
    pooled = windows(x, 3, -onp.inf).max(axis=(3, 4))
    branches = [
        convolve(x, net.branch1x1),
        convolve(convolve(x, net.branch3x3[0]), net.branch3x3[1]),
        convolve(convolve(x, net.branch5x5[0]), net.branch5x5[1]),
        convolve(pooled, net.branch_pool[1]),
    ]
    return onp.concatenate(branches)


@pytest.fixture
def block():
    net = Inception(4, (3, 5), (2, 3), 6)
    net.initialize()
    net(np.ones((1, 7, 9, 9)))
    for parameter in net.collect_params('.*bias').values():
        parameter.set_data(np.random.normal(size=parameter.shape))
    return net


def test_the_block_agrees_with_numpy(block):
    x = onp.random.RandomState(0).normal(size=(7, 9, 9)).astype('float32')

    # float32, sums of up to 175 products
    assert block(np.array(x[None]))[0].asnumpy() == pytest.approx(inception(x, block), abs=1e-5)


def test_the_class_of_lesson_01_is_the_modules(block):
    cells = json.loads((LESSONS / '01_inception_block.ipynb').read_text())['cells']
    sources = [''.join(cell['source']) for cell in cells if cell['cell_type'] == 'code']
    scope = {'nn': nn}
    for source in sources:
        if source.startswith(('def conv', 'class Inception')):
            exec(source, scope)
    theirs = scope['Inception'](4, (3, 5), (2, 3), 6)
    theirs.initialize()
    X = np.random.normal(size=(2, 7, 9, 9))
    theirs(X)
    pairs = zip(block.collect_params().values(), theirs.collect_params().values(), strict=True)
    for ours, other in pairs:
        other.set_data(ours.data())  # refuses another shape

    assert float(abs(theirs(X) - block(X)).max()) < 1e-5


# networks


def relative(ours, theirs):
    """Return the largest difference as a share of the largest value."""
    assert ours.shape == theirs.shape
    return float(abs(ours - theirs).max() / abs(theirs).max())


def draw(shape, seed=0):
    return onp.random.RandomState(seed).normal(size=shape)


def run_gluon(net, size, training, array=np.array):
    """Return the outputs on two random images and, with weighted scores as the loss, their gradient."""
    X, weights = (array(draw(s), dtype='float64') for s in ((2, 3, *size), (2, 1000)))
    X.attach_grad()
    with autograd.record(train_mode=training):
        outputs = net(X)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        loss = sum((scores * weights).sum() for scores in outputs)
    loss.backward(train_mode=training)  # else batch norm takes its statistics for the batch's
    return [scores.asnumpy() for scores in outputs], X.grad.asnumpy()


class Pair:
    """A network of theirs and one of ours that hold the same random weights."""

    def __init__(self, lib, make_theirs, make_ours, outputs, least, other):
        self.torch, self.theirs, self.make_ours = lib.torch, make_theirs(lib), make_ours
        self.outputs = outputs
        self.ours, self.results, self.statistics = make_ours(), {}, {}
        self.sizes = {'small': SMALL, 'least': least, 'paper': PAPER, 'other': other}
        lib.torch.manual_seed(0)
        with lib.torch.no_grad():
            for module in self.theirs.modules():
                randomize(module)
        self.start = {name: tensor.clone() for name, tensor in self.theirs.state_dict().items()}
        self.counts = {}  # of what each batch norm of theirs took the mean, last time
        for name, module in self.theirs.named_modules():
            if type(module).__name__.startswith('BatchNorm'):
                module.register_forward_hook(
                    lambda _, X, Y, name=name: self.counts.update({name: Y.numel() / Y.shape[1]})
                )
        # the gradients of the weights would cost a third of the time
        self.theirs.requires_grad_(False)
        self.ours.collect_params().setattr('grad_req', 'null')

    def run(self, size, training):
        """Return what theirs and ours compute, (outputs, gradient) each; the same weights every time."""
        size = self.sizes[size]
        if (size, training) not in self.results:
            self.start_in('float64', training)
            self.results[size, training] = (
                self.run_theirs(size),
                run_gluon(self.ours, size, training),
            )
            if training:
                self.statistics[size] = running(self.ours), running(self.load_theirs())
        return self.results[size, training]

    def start_in(self, dtype, training):
        """Give both the weights of the start, in `dtype`."""
        self.theirs.to(getattr(self.torch, dtype)).load_state_dict(self.start)
        self.theirs.train(training)
        self.theirs.aux_logits = training  # timm's V3 gives auxiliary scores in prediction too
        load_torch(self.ours, self.start)
        self.ours.cast(dtype)

    def run_theirs(self, size):
        X, weights = (self.torch.tensor(draw(s)) for s in ((2, 3, *size), (2, 1000)))
        outputs = self.theirs(X.requires_grad_())
        outputs = [outputs] if self.torch.is_tensor(outputs) else list(outputs)
        sum((scores * weights).sum() for scores in outputs).backward()
        return [scores.detach().numpy() for scores in outputs], X.grad.numpy()

    def scores_in_float32(self):
        """Return the scores of theirs and ours at the paper's size, as they predict."""
        self.start_in('float32', training=False)
        X = draw((2, 3, *PAPER)).astype('float32')
        with self.torch.no_grad():
            theirs = self.theirs(self.torch.tensor(X)).numpy()
        return theirs, self.ours(np.array(X)).asnumpy()

    def load_theirs(self):
        """Return a network of ours with what theirs holds now."""
        state = dict(self.theirs.state_dict())
        for name, n in self.counts.items():
            name = f'{name}.running_var'
            kept = 0.9 * self.start[name]
            # PyTorch divides the squares of a batch by n - 1, Gluon by n
            state[name] = kept + (state[name] - kept) * (n - 1) / n
        net = self.make_ours()
        load_torch(net, state)
        return net


def running(net):
    return [safetensors_files.values(p) for p in net.collect_params('.*running.*').values()]


def randomize(module):
    """Give a layer of theirs weights at which nothing vanishes, and statistics that count."""
    kind = type(module).__name__
    if kind in ('Conv2d', 'Linear'):
        module.weight.normal_(0, (2 / module.weight[0].numel()) ** 0.5)
        if module.bias is not None:
            module.bias.normal_(0, 0.5)
    elif kind.startswith('BatchNorm'):
        for values in (module.weight, module.running_var):
            values.uniform_(0.5, 1.5)
        for values in (module.bias, module.running_mean):
            values.normal_(0, 0.2)


# a second V3 takes as long as the first, and its step can be no smaller
@pytest.fixture(
    scope='module', params=[pytest.param(t, marks=slow if t == 'timm V3' else ()) for t in THEIRS]
)
def pair(request, pytorch):
    return Pair(pytorch, *THEIRS[request.param])


# a step on the least images; for `make test-all` predictions too, and others
SCORES = [pytest.param(size, False, marks=slow) for size in ('small', 'paper', 'other')]
STEPS = [('least', True), *(pytest.param(size, True, marks=slow) for size in ('paper', 'other'))]
every_case = pytest.mark.parametrize('size, training', SCORES + STEPS)


def test_same_scores_at_full_size_in_float32(pair):
    theirs, ours = pair.scores_in_float32()

    assert relative(ours, theirs) < 1e-4


@every_case
def test_same_scores(pair, size, training):
    (theirs, _), (ours, _) = pair.run(size, training)

    assert len(ours) == len(theirs) == (pair.outputs if training else 1)
    assert max(map(relative, ours, theirs)) < CLOSE


@every_case
def test_same_gradient_of_the_input(pair, size, training):
    (_, theirs), (_, ours) = pair.run(size, training)

    assert relative(ours, theirs) < CLOSE


@pytest.mark.parametrize('size, training', STEPS)
def test_same_running_statistics(pair, size, training):
    pair.run(size, training)
    ours, theirs = pair.statistics[pair.sizes[size]]

    # loaded through float32
    assert max(map(relative, ours, theirs)) < 1e-6


def test_same_transformed_input(pytorch):
    theirs = pytorch.torchvision.models.Inception3(init_weights=False, transform_input=True)
    X = draw((2, 3, 8, 9)).astype('float32')
    expected = theirs._transform_input(pytorch.torch.tensor(X)).numpy()

    assert relative(TransformInput()(np.array(X)).asnumpy(), expected) < 1e-6


def model_zoo(path, size, training):
    """Write weights and results of the model zoo's V3, which only runs without NumPy's arrays."""
    from mxnet import nd
    from mxnet.gluon.model_zoo.vision import inception_v3 as zoo_v3

    net = zoo_v3()
    net.features[-1]._rate = 0  # its dropout
    net.initialize()
    net(nd.zeros((1, 3, *PAPER)))
    weights = {}
    for i, (name, parameter) in enumerate(net.collect_params().items()):
        values = draw(parameter.shape, seed=i)
        if name.endswith('weight'):
            values *= (2 / values[0].size) ** 0.5
        elif name.endswith(('gamma', 'var')):
            values = 1 + 0.5 * onp.tanh(values)
        weights[f'{i:03}'] = values.astype('float32')
    net.cast('float64')
    net.collect_params().setattr('grad_req', 'null')
    for parameter, values in zip(net.collect_params().values(), weights.values(), strict=True):
        parameter.set_data(nd.array(values, dtype='float64'))
    (scores,), gradient = run_gluon(net, size, training, nd.array)
    onp.savez(path, **weights, scores=scores, gradient=gradient)


# it averages 8 x 8, so that no other grid works
@pytest.mark.parametrize(
    'size, training',
    [
        pytest.param(PAPER, False, marks=slow),
        pytest.param(PAPER, True, marks=slow),
        pytest.param((315, 323), False, marks=slow),
        pytest.param((315, 323), True, marks=slow),
    ],
)
def test_same_as_the_model_zoo(size, training, tmp_path):
    file = tmp_path / 'v3.npz'
    code = f'import test_other_implementations as here; here.model_zoo({str(file)!r}, {size}, {training})'
    subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', code], check=True, cwd=Path(__file__).parent
    )
    zoo = onp.load(file)
    net = InceptionV3(dropout=0.0)
    net.initialize()
    net(np.zeros((1, 3, 75, 75)))  # binds
    weights = [zoo[name] for name in zoo.files if name.isdigit()]
    for parameter, values in zip(net.collect_params().values(), weights, strict=True):
        parameter.set_data(np.array(values))  # refuses another shape
    net.cast('float64')
    net.collect_params().setattr('grad_req', 'null')
    (scores,), gradient = run_gluon(net, size, training)

    assert relative(scores, zoo['scores']) < CLOSE
    assert relative(gradient, zoo['gradient']) < CLOSE
