"""Does every tensor of a PyTorch file come to its place in our network, and nothing else anywhere?"""

import json
import os
import pickle
import random
import struct
import sys

from d2l_ext.networks import InceptionResNetV2, InceptionV3, InceptionV4
from d2l_ext.networks.blocks import conv, conv_bn, seq
from d2l_ext.weights import safetensors_files, torch_port
from d2l_ext.weights.torch_port import load_torch

import numpy as onp
import pytest
from mxnet import np
from mxnet.gluon import nn

THEIRS = {
    'first.conv.weight': (4, 2, 3, 3),
    'first.bn.weight': (4,),
    'first.bn.bias': (4,),
    'first.bn.running_mean': (4,),
    'first.bn.running_var': (4,),
    'first.bn.num_batches_tracked': (),
    'second.weight': (6, 4, 1, 1),
    'second.bias': (6,),
    'last.weight': (5, 6),
    'last.bias': (5,),
}


def network():
    return seq(body=seq(conv_bn(4, 3), conv(6, 1)), pool=nn.GlobalAvgPool2D(), scores=nn.Dense(5))


def state(**other):
    """Return tensors of THEIRS, each value another; `other` gives a tensor another shape, or none."""
    shapes = {**THEIRS, **{name.replace('__', '.'): shape for name, shape in other.items()}}
    start, tensors = 1, {}
    for name, shape in shapes.items():
        if shape is not None:
            size = int(onp.prod(shape))
            tensors[name] = onp.arange(start, start + size, dtype='float32').reshape(shape)
            start += size
    return tensors


def values(net):
    return [safetensors_files.values(p) for p in net.collect_params().values()]


def fresh():
    return network()


def initialized():
    net = network()
    net.initialize()
    return net


def bound():
    net = initialized()
    net(np.ones((1, 2, 8, 8)))
    return net


def hybridized():
    net = initialized()
    net.hybridize(static_alloc=True, static_shape=True)
    net(np.ones((1, 2, 8, 8)))
    return net


@pytest.mark.parametrize('build', [fresh, initialized, bound, hybridized])
def test_every_tensor_comes_to_its_place(build):
    net, tensors = build(), state()
    table = load_torch(net, tensors)
    expected = [t for name, t in tensors.items() if 'num_batches' not in name]

    assert all(map(onp.array_equal, values(net), expected))
    assert table.rows == [
        ['body.0.conv', 'first.conv', 'weight'],
        ['body.0.norm', 'first.bn', 'weight, bias, running_mean, running_var'],
        ['body.1', 'second', 'weight, bias'],
        ['scores', 'last', 'weight, bias'],
    ]


def test_a_hybridized_network_computes_with_what_was_loaded():
    net, imperative, X = hybridized(), bound(), np.ones((1, 2, 8, 8))
    for each in (net, imperative):
        load_torch(each, state())

    assert net(X).asnumpy() == pytest.approx(imperative(X).asnumpy(), rel=1e-6)


@pytest.mark.parametrize(
    'other, text',
    [
        (
            {'second__weight': (6, 3, 1, 1)},
            'body.1 (weight 6 x 4 x 1 x 1, bias 6) cannot take second (weight 6 x 3 x 1 x 1, bias 6)',
        ),
        ({'last__weight': (5, 7)}, 'scores (weight 5 x 6, bias 5) cannot take last (weight 5 x 7,'),
        ({'last__bias': (5, 1)}, 'cannot take last (weight 5 x 6, bias 5 x 1)'),
        ({'last__bias': None}, 'scores (weight 5 x 6, bias 5) cannot take last (weight 5 x 6)'),
        (
            {'first__conv__bias': (4,)},
            'body.0.conv (weight 4 x 2 x 3 x 3) cannot take first.conv (',
        ),
        (
            {'first__bn__running_var': None},
            'body.0.norm (weight 4, bias 4, running_mean 4, running',
        ),
        ({'more__weight': (3, 3)}, 'more (weight 3 x 3) has no place in the network'),
        (
            {'last__weight': None, 'last__bias': None},
            'nothing is left for scores (weight 5 x 6, bias 5)',
        ),
    ],
)
def test_a_mismatch_is_named_on_both_sides_and_nothing_is_loaded(other, text):
    net = bound()
    before = values(net)
    with pytest.raises(ValueError) as caught:
        load_torch(net, state(**other))

    assert text in str(caught.value)
    assert str(caught.value).endswith('; nothing was loaded')
    assert all(map(onp.array_equal, values(net), before))


def test_more_than_one_mismatch_is_counted():
    with pytest.raises(ValueError, match='and 1 more; nothing was loaded'):
        load_torch(bound(), state(second__weight=(6, 3, 1, 1), last__weight=(5, 7)))


def test_open_dimensions_take_what_comes_and_given_ones_do_not():
    load_torch(fresh(), state(first__conv__weight=(4, 3, 3, 3)))

    with pytest.raises(
        ValueError, match=r'body.0.conv \(weight 4 x -1 x 3 x 3\) cannot take first'
    ):
        load_torch(fresh(), state(first__conv__weight=(4, 3, 5, 5)))


# files


def write_safetensors(path, tensors, kinds=None):
    """Write as the format's description says: length of the header, header, numbers."""
    header, content = {'__metadata__': {'format': 'pt'}}, b''
    for name, array in sorted(tensors.items()):
        raw = array.tobytes()
        kind = (kinds or {}).get(
            name, {'f': 'F', 'i': 'I'}[array.dtype.kind] + f'{array.itemsize * 8}'
        )
        shape, ends = list(array.shape), [len(content), len(content) + len(raw)]
        header[name] = {'dtype': kind, 'shape': shape, 'data_offsets': ends}
        content += raw
    told = json.dumps(header).encode()
    path.write_bytes(struct.pack('<Q', len(told)) + told + content)


@pytest.mark.parametrize('kind', ['float16', 'float32', 'float64'])
def test_a_safetensors_file_is_read(tmp_path, kind):
    tensors = {name: array.astype(kind) for name, array in state().items()}
    tensors['first.bn.num_batches_tracked'] = onp.array(7)
    write_safetensors(tmp_path / 'net.safetensors', tensors)
    read = torch_port.read(tmp_path / 'net.safetensors')

    assert read.keys() == tensors.keys()
    assert all(onp.array_equal(read[name], tensors[name]) for name in tensors)


def test_bfloat16_is_the_upper_half_of_a_float32(tmp_path):
    halves = onp.array([0x3F80, 0xC040, 0x0000], dtype='<u2')  # 1, -3, 0
    path = tmp_path / 'net.safetensors'
    write_safetensors(path, {'x': halves.view('<i2')}, {'x': 'BF16'})

    assert torch_port.read(path)['x'].tolist() == [1, -3, 0]


def damaged(good):
    """Give (what is wrong, content) of files that are no safetensors files."""
    length = struct.unpack('<Q', good[:8])[0]

    def with_header(change):
        header = json.loads(good[8 : 8 + length])
        change(header)
        told = json.dumps(header).encode()
        return struct.pack('<Q', len(told)) + told + good[8 + length :]

    yield 'empty', b''
    yield 'cut off in its header', good[: length // 2]
    yield 'cut off in its numbers', good[:-1]
    yield 'no JSON', good[:8] + b'x' * length + good[8 + length :]
    yield 'a list', struct.pack('<Q', 2) + b'[]'
    yield 'a huge header', b'\xff' * 8 + good[8:]
    yield 'unknown kind', with_header(lambda h: h['second.bias'].update(dtype='Q4'))
    yield 'negative offset', with_header(lambda h: h['second.bias'].update(data_offsets=[-24, 0]))
    yield 'other shape', with_header(lambda h: h['second.bias'].update(shape=[7]))
    yield 'no shape', with_header(lambda h: h['second.bias'].pop('shape'))
    yield 'pickle', pickle.dumps(state())


def test_a_damaged_safetensors_file_is_refused_by_its_path(tmp_path):
    path = tmp_path / 'net.safetensors'
    write_safetensors(path, state())
    torch_port.read(path)
    seen = 0
    for what, content in damaged(path.read_bytes()):
        path.write_bytes(content)
        with pytest.raises(ValueError) as caught:
            torch_port.read(path)
        assert str(caught.value).startswith(f'{path} is damaged, or no safetensors file: '), what
        seen += 1
    assert seen == 11


@pytest.mark.parametrize('name', ['net.params', 'net.pkl', 'net'])
def test_another_kind_of_file_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match='path must end in .safetensors or .pth, got'):
        load_torch(network(), tmp_path / name)


def test_a_pth_file_without_pytorch_says_what_helps(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'torch', None)

    with pytest.raises(ImportError, match='net.pth needs PyTorch to be read: make torch, or take'):
        load_torch(network(), str(tmp_path / 'net.pth'))


class Evil:
    """What makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def test_a_pth_file_is_read_and_runs_nothing(tmp_path, pytorch):
    torch, path = pytorch.torch, tmp_path / 'net.pth'
    for name in ('net.pth', 'pytorch_model.bin'):
        torch.save({n: torch.tensor(array) for n, array in state().items()}, tmp_path / name)
        net = network()
        load_torch(net, tmp_path / name)
        assert safetensors_files.values(net.scores.bias).tolist() == state()['last.bias'].tolist()

    torch.save({'x': Evil(tmp_path / 'made')}, path)
    with pytest.raises(
        ValueError, match='net.pth holds no weights that can be read without running'
    ):
        load_torch(network(), path)
    assert not (tmp_path / 'made').exists()
    torch.load(path, weights_only=False)
    assert (tmp_path / 'made').exists()  # so it would have


@pytest.mark.parametrize(
    'weights, text',
    [
        (network(), 'weights must be a state_dict, or the path of a file, got HybridSequential'),
        ({'first.conv.weight': 'a'}, "first.conv.weight must be an array of numbers, got 'a'"),
    ],
)
def test_what_holds_no_tensors_is_refused(weights, text):
    with pytest.raises(ValueError) as caught:
        load_torch(network(), weights)
    assert text in str(caught.value)


@pytest.mark.parametrize('name', ['net.pth', 'net.pth.tar', 'net.pt', 'net.safetensors'])
@pytest.mark.parametrize('content', [None, 'folder', b'', b'<html>404</html>', b'PK\x03\x04cut'])
def test_what_is_no_file_of_weights_is_one_sentence(tmp_path, pytorch, name, content):
    path = tmp_path / name
    if content == 'folder':
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)

    with pytest.raises(ValueError) as caught:
        load_torch(network(), path)
    assert str(caught.value).startswith(str(path)) and '\n' not in str(caught.value)


def test_a_whole_model_is_not_opened(tmp_path, pytorch):
    pytorch.torch.save(pytorch.torch.nn.Linear(2, 3), tmp_path / 'model.pth')

    with pytest.raises(ValueError, match=r'a whole model; save model.state_dict\(\)'):
        load_torch(network(), tmp_path / 'model.pth')


@pytest.mark.parametrize('prefix', ['module.', '_orig_mod.', 'model.', 'module._orig_mod.'])
@pytest.mark.parametrize('around', [None, 'state_dict', 'model', 'model_state_dict'])
def test_what_programs_put_around_weights_is_taken_off(prefix, around):
    weights = {f'{prefix}{name}': array for name, array in state().items()}
    net = network()
    load_torch(net, {around: weights, 'epoch': 3} if around else weights)

    assert safetensors_files.values(net.scores.bias).tolist() == state()['last.bias'].tolist()


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_weights_that_are_no_numbers_are_refused_before_anything_is_loaded(value):
    weights = state()
    weights['last.bias'] = weights['last.bias'] * value
    net = network()
    net.initialize()

    with pytest.raises(ValueError, match='last.bias holds NaN or infinity; nothing was loaded'):
        load_torch(net, weights)
    assert all(min(p.shape or (0,)) < 1 for p in net.collect_params('.*weight').values())


# the order of names


@pytest.mark.parametrize(
    'make, build',
    [
        (lambda lib: lib.torchvision.models.Inception3(init_weights=False), InceptionV3),
        (lambda lib: lib.timm.create_model('inception_v4'), InceptionV4),
        (lambda lib: lib.timm.create_model('inception_resnet_v2'), InceptionResNetV2),
    ],
    ids=['V3', 'V4', 'Inception-ResNet-V2'],
)
@pytest.mark.parametrize('order', ['by name', 'at random'])
def test_their_names_may_come_in_any_order(pytorch, make, build, order):
    """A safetensors file is sorted by name, so the order of the network must be found again."""
    given = make(pytorch).state_dict()
    names = list(given)
    if order == 'by name':
        names.sort()
    else:
        random.Random(0).shuffle(names)
    found = [name for name, _ in torch_port._modules({name: given[name] for name in names})]
    # PyTorch gives them as they were built: with the auxiliary classifier before the last stage
    aux = [n for n in dict.fromkeys(n.rpartition('.')[0] for n in given) if n.startswith('Aux')]
    built = [n for n in dict.fromkeys(n.rpartition('.')[0] for n in given) if n not in aux]

    assert found == built + aux


def test_weights_with_an_auxiliary_classifier_need_a_network_with_one(pytorch):
    theirs = pytorch.torchvision.models.Inception3(init_weights=False)

    with pytest.raises(
        ValueError, match=r'AuxLogits.conv0.conv \(weight 128 x 768 x 1 x 1\) has no'
    ):
        load_torch(InceptionV3(), theirs.state_dict())
    theirs.AuxLogits = None
    load_torch(InceptionV3(), theirs.state_dict())
    with pytest.raises(ValueError, match=r'head.aux.conv_0.conv .* \(build it without aux\)'):
        load_torch(InceptionV3(aux=True), theirs.state_dict())
