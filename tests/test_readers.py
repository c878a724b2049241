"""Does everything that reads a file say in one line what is wrong with it, and change nothing?"""

import gzip
import shutil
from pathlib import Path

from d2l_ext import data, pictures
from d2l_ext.data import download
from d2l_ext.networks.blocks import conv, seq
from d2l_ext.weights import graph_files, onnx_files, safetensors_files, torch_port

import numpy as onp
import pytest
from mxnet import np
from PIL import Image

SHAPE = (1, 2, 9, 9)


def network(channels=3):
    net = seq(first=conv(channels, 3), second=conv(2, 1))
    net.initialize()
    net(np.ones(SHAPE))
    return net


def save_torch(net, path):
    torch = pytest.importorskip('torch', reason='needs PyTorch')
    named = safetensors_files.parameters(net).items()
    torch.save({name: torch.tensor(safetensors_files.values(p)) for name, p in named}, path)


def save_picture(net, path):
    noise = onp.random.RandomState(len(net[0].bias.shape)).randint(0, 256, (60, 40, 3))
    Image.fromarray(noise.astype('uint8')).save(path)


def save_data(net, path):
    for name in download.FILES:
        content = gzip.compress(bytes(2000) + name.encode())
        (path.parent / f'{name}.gz').write_bytes(content)


def without_suffix(path):
    return str(path).removesuffix('-symbol.json').removesuffix('-0000.params')


def read_weights(net, path):
    safetensors_files.load(net, path)


def read_torch(net, path):
    torch_port.load_torch(net, path)


def read_graph(net, path):
    graph_files.load_graph(without_suffix(path))


# what reads -> (name of the file, who writes it, who reads it)
READERS = {
    'weights': ('net.safetensors', safetensors_files.save, read_weights),
    'weights by load_torch': ('net.safetensors', safetensors_files.save, read_torch),
    'PyTorch': ('net.pth', save_torch, read_torch),
    'a graph': ('net-symbol.json', None, read_graph),
    'the numbers of a graph': ('net-0000.params', None, read_graph),
    'operators': ('net-symbol.json', None, lambda net, p: graph_files.operators(without_suffix(p))),
    'ONNX': (
        'net.onnx',
        lambda net, path: onnx_files.save_onnx(net, path, SHAPE),
        lambda net, path: onnx_files.load_onnx(path),
    ),
    'ONNX for int8': (
        'net.onnx',
        lambda net, path: onnx_files.save_onnx(net, path, SHAPE),
        lambda net, path: onnx_files.save_onnx_int8(path, f'{path}.int8', onp.zeros(SHAPE)),
    ),
    'a picture': ('own.png', save_picture, lambda net, path: pictures.prepare(path)),
    'data': (f'{list(download.FILES)[0]}.gz', save_data, lambda net, path: data.fetch(path.parent)),
}
HTML = b'<!DOCTYPE html>\n<html><body>404: not found\nsee above</body></html>\n'
DAMAGES = {
    'missing': lambda path: path.unlink(),
    'folder': lambda path: (path.unlink(), path.mkdir()),
    'empty': lambda path: path.write_bytes(b''),
    'HTML': lambda path: path.write_bytes(HTML),
    'cut': lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    'encoding': lambda path: path.write_bytes(path.read_bytes().decode('latin-1').encode('utf-16')),
    'another one': None,
}
# of another network, and yet whole: what can be read is read
WHOLE = ('operators', 'ONNX', 'ONNX for int8', 'a picture', 'a graph')


def write(reader, net, folder):
    name, save, _ = READERS[reader]
    path = folder / name
    folder.mkdir()
    if save:
        save(net, path)
    else:
        graph_files.save_graph(net, without_suffix(path))
    return path


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv('D2L_EXT_CACHE', str(tmp_path / 'cache'))


@pytest.mark.parametrize(
    ('reader', 'damage'),
    [
        (reader, damage)
        for reader in READERS
        for damage in DAMAGES
        if damage != 'another one' or reader not in WHOLE
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_one_line(reader, damage, tmp_path, capfd):
    path = write(reader, network(), tmp_path / 'files')
    if damage == 'another one':
        other = write(reader, network(channels=5), tmp_path / 'others')
        shutil.copy(other, path)
    else:
        DAMAGES[damage](path)
    net = network()
    before = {name: safetensors_files.values(p) for name, p in net.collect_params().items()}
    capfd.readouterr()

    with pytest.raises((ValueError, data.DataError)) as caught:
        READERS[reader][2](net, path)

    told = str(caught.value)
    assert '\n' not in told and 'Traceback' not in told
    if damage != 'another one':
        assert Path(path.name).stem.split('-')[0] in told
    assert capfd.readouterr() == ('', '')
    after = {name: safetensors_files.values(p) for name, p in net.collect_params().items()}
    assert all((before[name] == after[name]).all() for name in before)
