"""Does a network multiply in 16 bits where that is asked for and possible, and only there?"""

import json

from d2l_ext import __main__ as command
from d2l_ext import data, networks, runtime, training
from d2l_ext.training import amp, device_limits
from d2l_ext.training.checkpoint import Checkpoint
from d2l_ext.weights import safetensors_files

import mxnet as mx
import numpy as onp
import pytest
from mxnet import np

mx.npx.set_np()
computes = pytest.mark.skipif(
    not runtime.cpu_has('avx512_bf16'), reason='this CPU has no AVX-512 BF16'
)


@pytest.fixture(scope='module')
def batches():
    few, _ = data.load_data_fashion_mnist(32, 32, sample='quick', seed=0, standardize=True)
    return data.ImageBatches(few.images[::20], few.labels[::20], 32, seed=0, standardize=True)


def built(seed=0):
    mx.random.seed(seed)
    net = networks.GoogLeNet()
    net.initialize(training.INITIALIZERS['he']())
    net(np.zeros((1, 1, 32, 32)))
    return net


def fit(net, batches, epochs=1, **options):
    batches.epoch = 0  # the same order each time
    return training.fit(net, batches, epochs=epochs, lr=0.002, progress=False, **options)


def nodes(net):
    """Return the nodes of the graph that computes for `net`."""
    out = amp.lowered(net, 'bfloat16')._cached_graph[1]
    return json.loads(out.tojson(remove_amp_cast=False))['nodes']


def casts(net):
    """Return what the graph of `net` is cast to, cast by cast."""
    return [node['attrs']['dtype'] for node in nodes(net) if node['op'] == 'amp_cast']


def test_images_and_weights_are_cast_and_the_scores_cast_back():
    # the images (and again, by AMP), 58 weights and 58 biases; the scores
    assert casts(built()) == ['bfloat16'] * 118 + ['float32']


def test_a_block_with_a_pooling_on_its_images_is_lowered_too():
    block = networks.Inception(8, (8, 8), (8, 8), 8)
    block.initialize()
    block(np.zeros((1, 4, 8, 8)))
    found = nodes(block)
    pooling = next(node for node in found if node['op'] == 'Pooling')
    source = found[pooling['inputs'][0][0]]
    assert (source['op'], source['attrs']['dtype']) == ('amp_cast', 'bfloat16')


def test_normalization_keeps_its_own_numbers_in_32_bits():
    net = networks.InceptionBN(10)
    net.initialize()
    net(np.zeros((1, 1, 32, 32)))
    convolutions = [p for p in net.collect_params('.*weight').values() if len(p.shape) == 4]
    # images twice, weights of 69 convolutions, weights and biases of the dense layer
    assert casts(net).count('bfloat16') == 2 + len(convolutions) + 2


@pytest.mark.parametrize('aux', [False, True])
def test_without_its_casts_the_graph_trains_to_the_same_weights(monkeypatch, aux):
    # so on every CPU; casts alone need its instructions
    monkeypatch.setattr(amp.amp, 'convert_symbol', lambda symbol, *_, **__: symbol)
    monkeypatch.setattr(amp.mx.sym, 'amp_cast', lambda data, dtype: data)
    X, y = np.random.uniform(size=(4, 1, 75, 75)), np.array([0, 1, 2, 3])
    trained = []
    for precision in ('float32', 'bfloat16'):
        mx.random.seed(0)
        net = networks.GoogLeNet(aux=aux)
        net.initialize(training.INITIALIZERS['he']())
        net(X)
        before = net(X)
        learner = training.Learner(net, classes=10, device=mx.cpu(), precision=precision)
        mx.random.seed(1)  # of dropout
        loss, _ = learner.step(X, y, 0.01)
        assert abs(net(X) - before).max() > 0
        trained.append((loss, net(X), learner.evaluate([(X, y)])))
    (loss, scores, accuracy), other = trained
    assert other[0] == pytest.approx(loss, rel=1e-5)
    assert abs(scores - other[1]).max() < 1e-4
    assert other[2] == accuracy


@computes
def test_it_learns_in_16_bits_and_is_then_the_network_that_it_was(batches):
    histories, nets = {}, {}
    for name in ('float32', 'bfloat16'):
        nets[name] = net = built()
        histories[name] = fit(net, batches, 2, precision=name)
        assert {p.data().dtype for p in net.collect_params().values()} == {onp.dtype('float32')}
    low, full = (histories[name].epochs for name in ('bfloat16', 'float32'))
    assert low[1]['loss'] < low[0]['loss']
    assert 0 < abs(low[0]['loss'] - full[0]['loss']) < 0.05
    # the scores of the trained weights, in a network that never was another
    X = next(iter(batches))[0]
    other = built(1)
    for name, parameter in safetensors_files.parameters(other).items():
        trained = safetensors_files.parameters(nets['bfloat16'])[name]
        safetensors_files.put(parameter, safetensors_files.values(trained))
    other.hybridize(static_alloc=True, static_shape=True)
    assert (nets['bfloat16'](X) == other(X)).all()


@computes
def test_auxiliary_classifiers_learn_in_16_bits_too():
    images, _ = data.load_data_fashion_mnist(32, 75, sample='quick', seed=0, standardize=True)
    few = data.ImageBatches(images.images[::50], images.labels[::50], 20, seed=0, standardize=True)
    net = networks.GoogLeNet(aux=True)
    net.initialize(training.INITIALIZERS['he']())
    history = training.fit(net, few, epochs=1, lr=0.002, precision='bfloat16', progress=False)
    assert onp.isfinite(history[-1]['loss'])
    assert net(next(iter(few))[0]).shape == (20, 10)


# what cannot be


class Context:
    def __init__(self, kind, device_id=0):
        self.device_type, self.device_id = kind, device_id

    def __str__(self):
        return f'{self.device_type}({self.device_id})'


def test_an_unknown_precision_is_refused_before_the_first_step(batches):
    with pytest.raises(ValueError, match="one of float32, bfloat16, got 'half'"):
        fit(built(), batches, precision='half')


def test_a_cpu_without_the_instructions_is_told(monkeypatch):
    monkeypatch.setattr(runtime, 'cpu_has', lambda flag: flag != 'avx512_bf16')
    with pytest.raises(ValueError, match=r'no instructions for it \(AVX-512 BF16\); take float32'):
        device_limits.check_precision('bfloat16', [mx.cpu()])


def test_a_gpu_is_refused():
    with pytest.raises(
        ValueError, match=r'gpu\(0\): MXNet multiplies it on CPUs alone; take float32'
    ):
        device_limits.check_precision('bfloat16', [Context('gpu')])


@computes
def test_a_training_does_not_go_on_in_another_precision(batches, tmp_path):
    fit(built(), batches, precision='bfloat16', checkpoint=tmp_path)
    assert Checkpoint(tmp_path, 1).load()
    with pytest.raises(ValueError, match='precision is bfloat16 there, float32 here'):
        fit(built(), batches, checkpoint=tmp_path)


def test_the_command_line_hands_it_on(monkeypatch, capsys):
    assert command.main(['train', '--torch', '--precision', 'bfloat16']) == 2
    assert '--precision is for Gluon' in capsys.readouterr().err
    assert command.main(['train', '--profile', 'quick', '--precision', 'half']) == 2
    assert 'precision must be one of' in capsys.readouterr().err
    asked = []
    monkeypatch.setattr(command.distributed, 'launch', lambda line, *_: asked.append(line) or 0)
    assert command.main(['train', '--workers', '2', '--precision', 'bfloat16']) == 0
    assert asked[0][asked[0].index('--precision') + 1] == 'bfloat16'
