"""Does the network in PyTorch have our scores and gradients, and train to the same weights?

Skipped without PyTorch (`make torch`).
"""

import shutil
from inspect import Parameter, signature
from pathlib import Path

from d2l_ext import training
from d2l_ext.data import ImageBatches, load_data_fashion_mnist
from d2l_ext.networks import GoogLeNet
from d2l_ext.weights import safetensors_files, torch_port

import mxnet as mx
import numpy as onp
import pytest
from mxnet import np

torch = pytest.importorskip('torch', reason='needs PyTorch: make torch')
twin = pytest.importorskip('d2l_ext.training.torch_learner')

ROOT = Path(__file__).parents[2]
SIZE = 32


def pair(in_channels=1, **more):
    """Return Gluon's network and PyTorch's with the same weights."""
    mx.random.seed(0)
    gluon = GoogLeNet(**more)
    gluon.initialize(training.INITIALIZERS['he']())
    gluon(np.zeros((1, in_channels, SIZE, SIZE)))
    net = twin.GoogLeNet(in_channels=in_channels, **more)
    torch_port.give_torch(gluon, net)
    return gluon, net


def batches(size, kind='float32'):
    """Return batches of the sample as (X, y)."""
    images, _ = load_data_fashion_mnist(1, SIZE, sample='quick')
    few = ImageBatches(images.images, images.labels, size, seed=0, standardize=True)
    return ((X.astype(kind), y) for X, y in few)


def apart(ours, theirs):
    """Return the largest difference as a share of the largest value."""
    return abs(ours - theirs).max() / abs(theirs).max()


def learners(gluon, net, optimizer='sgd'):
    options = {
        'classes': 10, 'optimizer': optimizer, 'momentum': 7 / 8, 'weight_decay': 1 / 2048,
    }  # fmt: skip
    return (
        training.Learner(gluon, device=mx.cpu(), **options),
        twin.Learner(net, device='cpu', **options),
    )


@pytest.mark.parametrize('in_channels, classes, count', [(1, 10, 5_977_530), (3, 1000, 6_998_552)])
def test_the_twin_has_the_parameters_of_the_paper(in_channels, classes, count):
    net = twin.GoogLeNet(classes, in_channels)

    assert sum(p.numel() for p in net.parameters()) == count


def test_the_lazy_twin_finds_what_the_other_declares():
    lazy, declared = twin.GoogLeNet(in_channels=None), twin.GoogLeNet()
    lazy(torch.zeros(1, 1, SIZE, SIZE))

    shapes = [{k: v.shape for k, v in net.state_dict().items()} for net in (lazy, declared)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize('size', [32, 48, 97])
def test_scores_agree_at_any_size(size):
    gluon, net = pair()
    X = onp.random.RandomState(0).rand(2, 1, size, size).astype('float32')

    assert apart(gluon(np.array(X)).asnumpy(), net(torch.from_numpy(X)).detach().numpy()) < 1e-5


def test_scores_agree_on_colour_and_without_stage_2s_activations():
    gluon, net = pair(3, stage2_activation=None)
    X = onp.random.RandomState(0).rand(2, 3, SIZE, SIZE).astype('float32')

    assert apart(gluon(np.array(X)).asnumpy(), net(torch.from_numpy(X)).detach().numpy()) < 1e-5


def one_step():
    """Return [parameter, how far its gradients are apart, and its values after the step]."""
    gluon, net = pair()
    X, y = next(batches(32))
    for learner in learners(gluon, net):
        learner.step(X, y, 1 / 64)

    ours = gluon.collect_params().values()
    return [
        [
            name,
            float(apart(parameter.grad().asnumpy() / len(y), theirs.grad.numpy())),
            float(apart(safetensors_files.values(parameter), theirs.detach().numpy())),
        ]
        for parameter, (name, theirs) in zip(ours, net.named_parameters(), strict=True)
    ]


def test_a_step_has_the_same_gradients_and_leaves_the_same_weights():
    found = one_step()

    assert len(found) == 116
    for name, gradients, values in found:
        assert gradients < 1e-4 and values < 1e-5, name


def test_adam_keeps_the_same_means_and_variances():
    # the weights differ a little: Gluon adds epsilon before the correction
    gluon, net = pair()
    X, y = next(batches(32))
    both = learners(gluon, net, 'adam')
    for learner in both:
        learner.step(X, y, 1 / 1024)
    ours, theirs = (learner.tensors() for learner in both)

    for kind, bound in (('mean', 1e-4), ('variance', 2e-4)):
        names = zip(safetensors_files.parameters(gluon), dict(net.named_parameters()), strict=True)
        for our_name, name in names:
            assert apart(ours[f'{kind}.{our_name}'], theirs[f'{kind}.{name}']) < bound, name


def fifty():
    """Return the losses of fifty steps of both, (50, 2)."""
    gluon, net = pair()
    gluon.cast('float64'), net.double()
    both = learners(gluon, net)
    return [
        [learner.step(X, y, 1 / 64)[0] / 8 for learner in both]
        for (X, y), _ in zip(batches(8, 'float64'), range(50), strict=False)
    ]


@pytest.mark.slow  # 40 s; one step is compared in make test
def test_fifty_steps_have_the_same_losses():
    # in float64, with rates that float32 holds exactly: else rounding is carried on, and a training of
    # 50 steps in float32 ends some tenths away from itself
    losses = onp.array(fifty())

    assert losses.shape == (50, 2)
    assert losses[-10:].mean() < losses[:10].mean()
    assert abs(losses[:, 0] - losses[:, 1]).max() < 1e-9


def test_weights_come_back_as_they_went():
    gluon, net = pair()
    again = GoogLeNet()
    torch_port.load_torch(again, net.state_dict())

    for name, parameter in safetensors_files.parameters(gluon).items():
        back = safetensors_files.values(safetensors_files.parameters(again)[name])
        assert (safetensors_files.values(parameter) == back).all(), name


def test_a_file_of_the_twin_loads_into_gluon(tmp_path):
    from safetensors.torch import save_file

    gluon, net = pair()
    save_file(net.state_dict(), tmp_path / 'twin.safetensors')
    again = GoogLeNet()
    torch_port.load_torch(again, tmp_path / 'twin.safetensors')

    assert (again.head.weight.data() == gluon.head.weight.data()).all()
    assert (again.stage1[0].weight.data() == gluon.stage1[0].weight.data()).all()


@pytest.mark.parametrize('lazy', [True, False])
def test_networks_without_shapes_are_refused(lazy):
    gluon = GoogLeNet()
    gluon.initialize()
    if lazy:
        gluon(np.zeros((1, 1, SIZE, SIZE)))

    with pytest.raises(ValueError, match='stage1.0.* has no shape yet: give the network one batch'):
        torch_port.give_torch(gluon, twin.GoogLeNet(in_channels=None if lazy else 1))


def test_another_network_is_refused_and_left_as_it_was():
    gluon, _ = pair()
    other = twin.GoogLeNet(classes=11)
    before = other.head.weight.detach().clone()

    with pytest.raises(ValueError, match='head .*cannot take head .*nothing was loaded'):
        torch_port.give_torch(gluon, other)
    assert torch.equal(other.head.weight, before)


@pytest.mark.parametrize('dtype', [None, pytest.param(torch.bfloat16, marks=pytest.mark.slow)])
def test_fit_learns_and_keeps_its_history(dtype):
    train, test = load_data_fashion_mnist(32, SIZE, sample='quick', standardize=True)
    few = ImageBatches(train.images[::8], train.labels[::8], 32, seed=0, standardize=True)
    part = ImageBatches(test.images[::5], test.labels[::5], 100, standardize=True)
    net = twin.GoogLeNet()
    twin.initialize(net, 'he')
    history = twin.fit(
        net, few, part, epochs=2, lr=0.01, momentum=0.9, schedule='one_cycle', device='cpu',
        dtype=dtype, progress=False,
    )  # fmt: skip

    assert history[1]['loss'] < 0.9 * history[0]['loss']
    assert history[1]['test_accuracy'] == twin.evaluate(net, part) > 0.3


def test_arrays_that_run_backwards_or_cannot_be_written_are_taken(recwarn):
    X = onp.random.RandomState(0).rand(4, 1, SIZE, SIZE).astype('float32')[..., ::-1]
    y = onp.array([0, 1, 2, 3])
    for array in (X, y):
        array.setflags(write=False)
    net = twin.GoogLeNet()
    history = twin.fit(net, [(X, y)], [(X, y)], epochs=1, lr=0.1, device='cpu', progress=False)

    assert len(history) == 1 and not recwarn.list


def test_bad_arguments_are_refused_as_gluons_fit_does():
    net = twin.GoogLeNet()
    gray = [(np.zeros((2, 1, SIZE, SIZE)), np.array([0, 1]))]
    colour = [(np.zeros((2, 3, SIZE, SIZE)), np.array([0, 1]))]
    with pytest.raises(ValueError, match='epochs must be a whole number >= 1, got 0'):
        twin.fit(net, gray, epochs=0, lr=0.1)
    with pytest.raises(ValueError, match='images of 3 channels, net is bound to 1'):
        twin.fit(net, colour, epochs=1, lr=0.1, device='cpu')
    with pytest.raises(ValueError, match='labels from 0 to 9, got 0 to 12'):
        twin.fit(net, [(gray[0][0], np.array([0, 12]))], epochs=1, lr=0.1, device='cpu')
    with pytest.raises(ValueError, match="name must be one of xavier, he, got 'lecun'"):
        twin.initialize(net, 'lecun')


WRONG_LABELS = {
    'a column': ([[0], [1]], r'y as \(N,\).* got \(2, 1\)'),
    'one-hot': (onp.eye(10)[[0, 1]], r'y as \(N,\).* got \(2, 10\)'),
    'a fraction': ([0, 2.7], 'labels as whole numbers, got 2.7'),
    'no number': ([0, float('nan')], 'labels as whole numbers, got nan'),
    'too high': ([0, 10], 'labels from 0 to 9, got 0 to 10'),
    'negative': ([0, -1], 'labels from 0 to 9, got -1 to 0'),
}


def little():
    """Return a network of PyTorch for ten classes that takes a moment."""
    torch.manual_seed(0)
    layers = [torch.nn.Conv2d(1, 4, 3), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()]
    return torch.nn.Sequential(*layers, torch.nn.Linear(4, 10))


@pytest.mark.parametrize('y, message', WRONG_LABELS.values(), ids=WRONG_LABELS)
def test_wrong_labels_are_refused_in_every_call(y, message):
    net, X = little(), onp.ones((2, 1, 8, 8), 'float32')
    learner = twin.Learner(net, classes=10, device='cpu')
    before = {name: t.clone() for name, t in net.state_dict().items()}
    for call in (
        lambda: twin.fit(net, [(X, y)], epochs=1, lr=0.1, device='cpu', progress=False),
        lambda: learner.step(X, y, 0.1),
        lambda: learner.evaluate([(X, y)]),
        lambda: twin.evaluate(net, [(X, y)]),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    assert all(torch.equal(t, before[name]) for name, t in net.state_dict().items())


def test_pixels_a_loss_and_devices_that_cannot_be_are_refused():
    X, y = onp.ones((2, 1, 8, 8), 'float32'), [0, 1]
    options = {'epochs': 1, 'lr': 0.1, 'progress': False}
    for data, more, message in (
        ([(X * float('nan'), y)], {}, 'pixels that are no finite numbers'),
        ([(X.astype('uint8'), y)], {}, 'X in fractions, got uint8'),
        ([(X[:0], [])], {}, 'empty batch'),
        ([(X, y, y)], {}, r'must give \(X, y\), got 3 parts'),
        ([(X, y)], {'loss': torch.nn.CrossEntropyLoss()}, r'one number an image, \(2,\), got \(\)'),
        ([(X, y)], {'device': 'tpu9'}, "device must be one of PyTorch, such as 'cpu', got 'tpu9'"),
        ([(X, y)], {'momentum': 1.5}, 'momentum must be a number >= 0 and < 1'),
        ([(X, y)], {'checkpoint': ''}, 'checkpoint must be a path'),
    ):
        with pytest.raises(ValueError, match=message):
            twin.fit(little(), data, **{'device': 'cpu', **options, **more})


def test_both_learners_take_the_same_arguments():
    names = [
        {n: p.kind for n, p in signature(each).parameters.items()}
        for each in (training.Learner, twin.Learner)
    ]
    common = list(names[0])[: list(names[0]).index('weight_decay') + 1]

    assert list(names[1])[: len(common)] == common
    assert {kind for each in names for n, kind in each.items() if n != 'net'} == {
        Parameter.KEYWORD_ONLY
    }
    assert signature(training.run) == signature(twin.run)


def test_a_recipe_trains_the_twin_and_refuses_another_network():
    recipe = {**training.RECIPES['quick'], 'epochs': 1, 'batch_size': 1000, 'resize': 8}
    history = twin.run(little(), recipe, sample='quick', device='cpu', progress=False)

    assert history.about == {'seed': 0, 'images': 3000, 'recipe': recipe}
    with pytest.raises(ValueError, match='stage 2 with activation None, net has relu'):
        twin.run(twin.GoogLeNet(), 'lecture')
    with pytest.raises(ValueError, match='trains on 10 classes, net has 7 outputs'):
        twin.run(twin.GoogLeNet(7), 'quick')


@pytest.mark.parametrize('name', ['he', 'xavier'])
def test_initialize_draws_as_the_recipe_says(name):
    net = twin.GoogLeNet()
    twin.initialize(net, name)
    weight = net.stage3.inception_3b.branch5x5[2].weight  # 96 x 32 x 5 x 5
    deviation = (2 / (32 * 25)) ** 0.5 if name == 'he' else (2 / ((32 + 96) * 25)) ** 0.5

    assert weight.std().item() == pytest.approx(deviation, rel=0.03)
    assert net.head.bias.abs().max().item() == 0


@pytest.mark.parametrize('optimizer', ['sgd', pytest.param('adam', marks=pytest.mark.slow)])
def test_an_interrupted_training_goes_on_to_the_same_bits(tmp_path, optimizer):
    torch.set_num_threads(1)
    train, _ = load_data_fashion_mnist(32, SIZE, sample='quick')

    def fit(folder, stop=None):
        few = ImageBatches(train.images[::60], train.labels[::60], 10, seed=0, standardize=True)
        net = twin.GoogLeNet()
        twin.initialize(net, 'he')
        steps = []

        def note(*_):
            steps.append(1)
            if stop and len(steps) > stop:
                raise KeyboardInterrupt

        net.register_forward_hook(note)
        history = twin.fit(
            net, few, epochs=2, lr=0.001, optimizer=optimizer, momentum=0.9, device='cpu',
            checkpoint=folder, every=2, progress=False,
        )  # fmt: skip
        return net.state_dict(), [(e['loss'], e['train_accuracy']) for e in history]

    whole, history = fit(tmp_path / 'whole')
    fit(tmp_path / 'parts', stop=7)
    again, rest = fit(tmp_path / 'parts')

    assert rest == history
    assert all(torch.equal(again[name], whole[name]) for name in whole)


@pytest.mark.slow  # up to a minute of compiling; lesson 12 shows the lines and a recorded time
@pytest.mark.skipif(not shutil.which('g++'), reason='torch.compile needs g++')
def test_a_compiled_network_gives_the_same_scores():
    _, net = pair()
    X, y = next(batches(8))
    A, _ = twin.tensors(X, y, 'cpu', torch.channels_last)
    net = net.to(memory_format=torch.channels_last).eval()
    with torch.no_grad():
        assert torch.allclose(torch.compile(net)(A), net(A), atol=1e-4)
