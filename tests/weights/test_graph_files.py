"""Does an exported network give the same scores without its class, in MXNet and in onnxruntime?"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from d2l_ext import data, networks, training
from d2l_ext.__main__ import main
from d2l_ext.networks.blocks import conv, conv_bn, seq
from d2l_ext.training import pretrained
from d2l_ext.weights import graph_files, onnx_files

import numpy as onp
import onnx
import pytest
from mxnet import autograd, gluon, np
from mxnet.gluon import nn

# the smallest images that each network of the course takes, few classes
FAMILY = {
    'googlenet': (lambda: networks.GoogLeNet(7), (1, 16, 16)),
    'googlenet of the paper': (
        lambda: networks.GoogLeNet(7, lrn=True, dropout=0.4, aux=True),
        (3, 65, 65),
    ),
    'inception_bn': (lambda: networks.InceptionBN(7), (3, 32, 32)),
    'inception_v3': (lambda: networks.InceptionV3(7), (3, 75, 75)),
    'blocks of inception_v3': (
        lambda: cut(networks.InceptionV3(7), [0], [0, 1], [0, 1]),
        (3, 75, 75),
    ),
    'blocks of inception_v4': (
        lambda: cut(networks.InceptionV4(7), [0], [0, 1], [0, 1]),
        (3, 75, 75),
    ),
    'blocks of inception_resnet_v2': (
        lambda: cut(networks.InceptionResNetV2(7), [0, 1], [0, 1], [0, 1, -2, -1]),
        (3, 75, 75),
    ),
    'inception_v4': (lambda: networks.InceptionV4(7), (3, 75, 75)),
    'inception_resnet_v2': (lambda: networks.InceptionResNetV2(7), (3, 75, 75)),
}
# whole they take 3 to 9 s; one block of each kind is tried by itself
LONG = ('inception_v3', 'inception_v4', 'inception_resnet_v2')


def cut(net, *chosen):
    """Return `net` with the chosen blocks of its three stages alone: one of each kind."""
    stages = zip((net.stage5, net.stage6, net.stage7), chosen, strict=True)
    return seq(net.stem, *(seq(*(stage[i] for i in blocks)) for stage, blocks in stages), net.head)


def ready(make, shape, count=3):
    """Return a network with weights and running statistics of its own, and images for it."""
    net = make()
    net.initialize(training.INITIALIZERS['he']())
    X = np.random.normal(size=(count, *shape))
    with autograd.record():  # a step moves the running statistics away from 0 and 1
        net(X)
    return net, X


class Adaptive(nn.HybridBlock):
    """Pool to 4 x 4, which MXNet's exporter cannot."""

    def hybrid_forward(self, F, x):
        return F.contrib.AdaptiveAvgPooling2D(x.as_nd_ndarray(), output_size=4).as_np_ndarray()


def nan_network():
    net = chain(nn.Dense(3))
    net[0].weight.set_data(net[0].weight.data() * float('nan'))
    return net


def small():
    return seq(first=conv_bn(8, 3), second=conv(8, 3), pool=nn.GlobalAvgPool2D(), head=nn.Dense(4))


@pytest.fixture(scope='module')
def course():
    """The trained network, images for it, the test images (1 000), and its accuracy on them."""
    net, _ = pretrained.load_trained()
    train, test = data.load_data_fashion_mnist(250, 48, sample='quick', standardize=True)
    return net, next(iter(train))[0], test, training.evaluate(net, test)


def equal(scores, expected):
    """Hold scores to 1e-5, of the largest where it is above 1."""
    scores, expected = (s.asnumpy() if hasattr(s, 'asnumpy') else s for s in (scores, expected))
    assert scores.shape == expected.shape
    assert onp.abs(expected).max() > 0.1  # so that it means something
    return onp.abs(scores - expected).max() <= 1e-5 * max(1, onp.abs(expected).max())


@pytest.mark.parametrize(
    'name', [pytest.param(n, marks=pytest.mark.slow if n in LONG else ()) for n in FAMILY]
)
def test_onnx_of_every_network_gives_its_scores_at_any_batch_size(name, tmp_path):
    make, shape = FAMILY[name]
    net, X = ready(make, shape)
    file = tmp_path / 'net.onnx'

    onnx_files.save_onnx(net, file, (1, *shape))

    again = onnx_files.load_onnx(file)
    expected = net(X)
    assert equal(again(X.asnumpy()), expected)
    assert equal(again(X.asnumpy()[:1]), expected[:1])


def test_onnx_is_clean(tmp_path):
    net, X = ready(small, (2, 9, 9))
    file = tmp_path / 'net.onnx'
    onnx_files.save_onnx(net, file, X.shape)

    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    assert [(o.domain, o.version) for o in model.opset_import] == [('', 13)]
    assert model.ir_version == 7
    (images,), (scores,) = model.graph.input, model.graph.output
    sizes = [
        [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in (images, scores)
    ]
    assert (images.name, scores.name) == ('data', 'scores')
    assert sizes[0] == ['N', 2, 9, 9] and sizes[1][0] == 'N'
    # as bytes, not number by number, which takes twice as long
    assert all(tensor.raw_data for tensor in model.graph.initializer)


def test_the_exporter_leaves_onnx_as_it_was(tmp_path):
    net, X = ready(small, (2, 9, 9))
    newest, make = onnx.defs.onnx_opset_version(), onnx.helper.make_tensor
    onnx_files.save_onnx(net, tmp_path / 'net.onnx', X.shape)

    assert onnx.defs.onnx_opset_version() == newest and onnx.helper.make_tensor is make
    assert not hasattr(onnx, 'mapping') and 'onnx.mapping' not in sys.modules


@pytest.mark.parametrize('save', [graph_files.save_graph, graph_files.save_fused])
@pytest.mark.parametrize('name', ['googlenet', 'googlenet of the paper', 'inception_bn'])
def test_a_graph_gives_the_same_scores(name, save, tmp_path):
    make, shape = FAMILY[name]
    net, X = ready(make, shape)
    save(net, tmp_path / 'net')
    again = graph_files.load_graph(tmp_path / 'net')

    assert type(again) is gluon.SymbolBlock
    assert equal(again(X), net(X))
    assert equal(again(X[:1]), net(X[:1]))


def test_a_graph_is_loaded_where_the_course_is_not(tmp_path):
    net, X = ready(small, (2, 9, 9))
    graph_files.save_graph(net, tmp_path / 'net')
    onp.save(tmp_path / 'X.npy', X.asnumpy())
    code = (
        'from mxnet import gluon, np, npx; npx.set_np(); import sys, numpy\n'
        'net = gluon.SymbolBlock.imports("net-symbol.json", ["data"], "net-0000.params")\n'
        'numpy.save("scores.npy", net(np.array(numpy.load("X.npy"))).asnumpy())\n'
        'assert "d2l_ext.networks.blocks" not in sys.modules'
    )
    # today's NumPy is prepared by d2l_ext; nothing else of it is used
    code = 'import d2l_ext\n' + code
    root = Path(__file__).parents[2]
    subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', code], cwd=tmp_path, check=True,
        env={**os.environ, 'PYTHONPATH': str(root)},
    )  # fmt: skip
    assert equal(onp.load(tmp_path / 'scores.npy'), net(X))


def test_the_network_is_left_as_it_was(tmp_path):
    net, X = ready(small, (2, 9, 9))
    before = net(X).asnumpy()
    for save in (graph_files.save_graph, graph_files.save_fused):
        save(net, tmp_path / 'net')
    graph_files.save_int8(net, tmp_path / 'net', X)

    assert not net._active  # nobody hybridized it
    assert (net(X).asnumpy() == before).all()
    assert isinstance(net(X), np.ndarray)


def test_fusion_joins_convolution_norm_and_activation(tmp_path):
    net, _ = ready(small, (2, 9, 9))
    graph_files.save_graph(net, tmp_path / 'plain')
    graph_files.save_fused(net, tmp_path / 'fused')

    assert graph_files.operators(tmp_path / 'plain') == {
        'Convolution': 2, 'Activation': 2, 'BatchNorm': 1, 'Pooling': 1, 'FullyConnected': 1,
    }  # fmt: skip
    assert graph_files.operators(tmp_path / 'fused') == {
        '_sg_mkldnn_conv': 2, 'Pooling': 1, '_sg_mkldnn_fully_connected': 1,
    }  # fmt: skip


# 8 bits


def test_int8_loses_at_most_a_point(course, tmp_path):
    net, X, test, accuracy = course
    graph_files.save_int8(net, tmp_path / 'net', X)
    whole = graph_files.load_graph(tmp_path / 'net')

    assert graph_files.operators(tmp_path / 'net')['_contrib_quantized_concat'] == 9
    assert training.evaluate(whole, test) >= accuracy - 0.01


@pytest.mark.slow  # lesson 16 measures both, and its last cell checks them
def test_int8_onnx_is_a_quarter_and_loses_at_most_a_point(course, tmp_path):
    net, X, test, accuracy = course
    floats, whole = tmp_path / 'net.onnx', tmp_path / 'int8.onnx'
    onnx_files.save_onnx(net, floats, pretrained.SHAPE)
    onnx_files.save_onnx_int8(floats, whole, X)
    again = onnx_files.load_onnx(whole)

    right = sum((again(X.asnumpy()).argmax(1) == y.asnumpy()).sum() for X, y in test)
    assert right / len(test.images) >= accuracy - 0.01
    assert 0.2 < graph_files.size(whole) / graph_files.size(floats) < 0.3
    onnx.checker.check_model(onnx.load(whole), full_check=True)


# errors


def test_a_network_without_weights_is_refused(tmp_path):
    for net in (small(), networks.GoogLeNet()):
        for save in (graph_files.save_graph, graph_files.save_fused):
            with pytest.raises(ValueError, match='has no values yet for .*_weight: initialize it'):
                save(net, tmp_path / 'net')
        net.initialize()  # shapes still open
        with pytest.raises(
            ValueError, match='has no values yet for .*_weight: .* give it one batch'
        ):
            onnx_files.save_onnx(net, tmp_path / 'net.onnx', (1, 1, 48, 48))
        with pytest.raises(
            ValueError, match='has no values yet for .*_weight: .* give it one batch'
        ):
            graph_files.save_int8(net, tmp_path / 'net', onp.zeros((1, 1, 48, 48)))
    assert os.listdir(tmp_path) == []


def test_wrong_arguments_are_refused(tmp_path):
    net, X = ready(small, (2, 9, 9))
    with pytest.raises(
        ValueError, match=r'shape must be \(N, C, H, W\), whole numbers >= 1, got \(2, 9, 9\)'
    ):
        onnx_files.save_onnx(net, tmp_path / 'net.onnx', (2, 9, 9))
    with pytest.raises(ValueError, match="mode must be one of naive, entropy, got 'best'"):
        graph_files.save_int8(net, tmp_path / 'net', X, mode='best')
    with pytest.raises(ValueError, match=r'images must be \(N, C, H, W\), .* got \(0, 2, 9, 9\)'):
        graph_files.save_int8(net, tmp_path / 'net', X[:0])
    assert os.listdir(tmp_path) == []


def test_int8_is_refused_where_it_does_not_end(tmp_path, monkeypatch):
    monkeypatch.setattr(graph_files.runtime, 'cpu_has', lambda flag: flag == 'sve')
    net, X = ready(small, (2, 9, 9))
    with pytest.raises(
        ValueError, match='int8 of oneDNN does not end on this ARM CPU: take save_onnx'
    ):
        graph_files.save_int8(net, tmp_path / 'net', X)
    assert os.listdir(tmp_path) == []


def test_an_operator_that_onnx_lacks_is_named(tmp_path):
    class Odd(nn.HybridBlock):
        def hybrid_forward(self, F, x):
            return F.np.arctanh(x)

    with pytest.raises(ValueError, match='net cannot be written as ONNX: .* op type _npi_arctanh'):
        onnx_files.save_onnx(Odd(), tmp_path / 'net.onnx', (1, 1, 2, 2))
    assert os.listdir(tmp_path) == []


def chain(*layers, cast=None):
    net = nn.HybridSequential()
    net.add(*layers)
    net.initialize()
    net(np.ones((1, 2, 8, 8)))
    if cast:
        net.cast(cast)
    return net


REFUSED = {
    'mean with padding counted': (
        lambda: chain(nn.AvgPool2D(3, 2, 1, ceil_mode=True), nn.Dense(3)),
        'the file gives other scores than net, .* apart, .* nothing was written',
    ),
    'mean past the edge': (
        lambda: chain(nn.AvgPool2D(3, 2, ceil_mode=True)),
        'the file gives other scores than net',
    ),
    'norm of another axis': (
        lambda: chain(nn.Conv2D(3, 1), nn.BatchNorm(axis=2)),
        'net cannot be written as ONNX: batchnorm axis',
    ),
    'layer norm': (
        lambda: chain(nn.Flatten(), nn.LayerNorm()),
        'net cannot be written as ONNX: .* ReduceMean',
    ),
    'adaptive pooling': (Adaptive, 'net cannot be written as ONNX: .*AdaptiveAvgPooling2D'),
    'float16': (
        lambda: chain(nn.Conv2D(3, 1), cast='float16'),
        r"_weight is float16: .* take float32, so call net.cast\('float32'\) first",
    ),
    'NaN': (nan_network, 'net gives NaN or infinity: nothing was written'),
}


@pytest.mark.parametrize('name', REFUSED)
def test_what_onnx_would_give_wrongly_gets_no_file(name, tmp_path, capfd):
    make, told = REFUSED[name]
    with pytest.raises(ValueError, match=told) as caught:
        onnx_files.save_onnx(make(), tmp_path / 'net.onnx', (1, 2, 8, 8))
    assert '\n' not in str(caught.value) and os.listdir(tmp_path) == []
    assert capfd.readouterr().out == ''


@pytest.mark.parametrize('save', ['save_graph', 'save_fused', 'save_int8', 'save_onnx'])
def test_a_file_of_other_scores_gets_no_name(save, tmp_path, monkeypatch):
    net, X = ready(small, (2, 9, 9))
    source = onnx_files if save == 'save_onnx' else graph_files
    name = 'load_onnx' if save == 'save_onnx' else 'load_graph'
    load = getattr(source, name)
    monkeypatch.setattr(source, name, lambda path: wrong(load(path)))
    given = {'save_int8': (X,), 'save_onnx': (X.shape,)}.get(save, ())
    with pytest.raises(ValueError, match='the file gives other scores than net'):
        getattr(source, save)(net, tmp_path / 'net', *given)
    assert os.listdir(tmp_path) == []


def wrong(net):
    class Wrong:
        collect_params = getattr(net, 'collect_params', None)

        def __call__(self, images):
            return -net(images)

    return Wrong()


@pytest.mark.parametrize('save', ['save_fused', 'save_int8'])
def test_16_bits_are_named(save, tmp_path):
    given = (onp.zeros((1, 2, 8, 8)),) if save == 'save_int8' else ()
    with pytest.raises(ValueError, match='_weight is float16: oneDNN, int8 and ONNX take float32'):
        net = chain(nn.Conv2D(3, 1), cast='float16')
        getattr(graph_files, save)(net, tmp_path / 'net', *given)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ('images', 'told'),
    [
        (onp.zeros((1, 2, 5, 5)), r'images must be \(N, 2, 9, 9\) for .*, got \(1, 2, 5, 5\)'),
        (onp.zeros((2, 9, 9)), r'images must be .* got \(2, 9, 9\)'),
        (onp.zeros((1, 2, 9, 9), 'uint8'), 'images must be fractions, prepared .*, got uint8'),
        (onp.full((1, 2, 9, 9), onp.nan), 'images must be finite, got nan'),
        ('text', "images must be an array of numbers, got 'text'"),
        (None, 'images must be an array of numbers, got None'),
    ],
)
def test_onnx_says_which_size_it_takes(images, told, tmp_path):
    net, X = ready(small, (2, 9, 9))
    onnx_files.save_onnx(net, tmp_path / 'net.onnx', X.shape)
    with pytest.raises(ValueError, match=told):
        onnx_files.load_onnx(tmp_path / 'net.onnx')(images)


def test_missing_files_are_named(tmp_path):
    for read in (graph_files.load_graph, graph_files.operators, graph_files.size):
        with pytest.raises(ValueError, match='no-symbol.json does not exist: save_graph writes'):
            read(tmp_path / 'no')
    with pytest.raises(ValueError, match='no.onnx does not exist: save_onnx writes it'):
        onnx_files.load_onnx(tmp_path / 'no.onnx')


@pytest.mark.parametrize('suffix', graph_files.SUFFIXES)
@pytest.mark.parametrize('damage', [lambda b: b'', lambda b: b[: len(b) // 2], lambda b: b'text'])
def test_a_damaged_half_is_told_in_one_line(suffix, damage, tmp_path):
    net, _ = ready(small, (2, 9, 9))
    graph_files.save_graph(net, tmp_path / 'net')
    file = Path(f'{tmp_path / "net"}{suffix}')
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(ValueError, match='net is damaged, or its halves are of two') as caught:
        graph_files.load_graph(tmp_path / 'net')
    assert '\n' not in str(caught.value)


def test_halves_of_two_networks_are_refused(tmp_path):
    for name in ('one', 'other'):
        graph_files.save_graph(ready(small, (2, 9, 9))[0], tmp_path / name)
    shutil.copy(tmp_path / 'one-0000.params', tmp_path / 'other-0000.params')
    with pytest.raises(ValueError, match='other is damaged, or its halves are of two networks'):
        graph_files.load_graph(tmp_path / 'other')


@pytest.mark.parametrize('content', [b'', b'text', b'\x08\x07\x12'])
def test_a_damaged_onnx_file_is_told_in_one_line(content, tmp_path):
    (tmp_path / 'net.onnx').write_bytes(content)
    with pytest.raises(ValueError, match='net.onnx is no ONNX file, or a damaged one') as caught:
        onnx_files.load_onnx(tmp_path / 'net.onnx')
    assert '\n' not in str(caught.value)
    with pytest.raises(ValueError, match='net.onnx is no ONNX file'):
        onnx_files.save_onnx_int8(tmp_path / 'net.onnx', tmp_path / 'no', onp.zeros((1, 1, 2, 2)))


def test_a_failed_writing_leaves_what_was_there(tmp_path, monkeypatch):
    net, X = ready(small, (2, 9, 9))
    graph_files.save_graph(net, tmp_path / 'net')
    onnx_files.save_onnx(net, tmp_path / 'net.onnx', X.shape)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    written = []

    def full(descriptor):
        written.append(descriptor)
        if len(written) % 2 == 0:  # the second file of a pair
            raise OSError(28, 'No space left on device')

    monkeypatch.setattr(os, 'fsync', full)
    for save in (graph_files.save_graph, graph_files.save_fused):
        with pytest.raises(OSError, match='No space left'):
            save(net, tmp_path / 'net')
    written.append(None)
    with pytest.raises(OSError, match='No space left'):
        onnx_files.save_onnx(net, tmp_path / 'net.onnx', X.shape)

    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


# the command


def test_the_command_exports_the_trained_network(course, tmp_path, capsys):
    net, X, *_ = course
    assert main(['export', '--onnx', str(tmp_path / 'new' / 'net.onnx')]) == 0
    assert 'takes standardized images (1, 1, 48, 48), any number' in capsys.readouterr().out
    again = onnx_files.load_onnx(tmp_path / 'new' / 'net.onnx')
    assert equal(again(X[:5].asnumpy()), net(X[:5]))


def test_the_command_says_where_it_cannot_write(tmp_path, capsys):
    (tmp_path / 'file').write_text('')
    assert main(['export', '--onnx', str(tmp_path / 'file' / 'net.onnx')]) == 2
    told = capsys.readouterr().err
    assert "net.onnx' cannot be written: " in told and told.count('\n') == 1
