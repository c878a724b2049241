"""Can a student's own network take the place of the course's on the site, and is another refused?"""

import json
import subprocess
import sys
from pathlib import Path

from d2l_ext import networks, training
from d2l_ext.training import pretrained
from tools import playground_network

import numpy as onp
import pytest
from mxnet import np, npx
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
MOST = 14e6  # bytes of network, images and what is known of them


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Return `own(net)`: the path at which `train --save` would have left a network."""
    monkeypatch.setattr(playground_network, 'BUILD', tmp_path / 'build')
    monkeypatch.setattr(playground_network, 'EACH', 1)

    def save(net):
        net.initialize(training.INITIALIZERS['he']())
        net(np.zeros(pretrained.SHAPE))
        _, history = pretrained.load_trained()
        pretrained.save_trained(net, history, tmp_path / 'mine', lambda net: 0.5)
        return tmp_path / 'mine'

    return save


@pytest.mark.slow  # 8 s; making the site does the same with the course's network
def test_a_network_of_ones_own_takes_the_place(own, tmp_path, monkeypatch):
    for name in playground_network.RUNTIME:
        (tmp_path / 'dist').mkdir(exist_ok=True)
        (tmp_path / 'dist' / name).touch()
    monkeypatch.setattr(playground_network.site_assets, 'fetch', lambda package: tmp_path)
    net = networks.GoogLeNet()
    path = own(net)
    playground_network.write(tmp_path / 'made', path)
    told = json.loads((tmp_path / 'made' / 'network.json').read_text())
    assert sorted(told['labels']) == list(range(10))
    assert all(len(found['branches']) == 3 for found in told['best'].values())
    named = dict(told['branches'])
    images = onp.fromfile(tmp_path / 'made' / 'images.bin', 'uint8').reshape(-1, 48, 48)
    means = onp.fromfile(tmp_path / 'made' / 'means.bin', '<f4')
    assert len(means) == sum(named.values())
    running = playground_network.session(tmp_path / 'made' / 'network.onnx')
    board = playground_network.Board(running, named, means, images, onp.array(told['labels']))
    expected = npx.softmax(net(np.array(board.X))).asnumpy().argmax(axis=1)
    assert told['right'] == (expected == told['labels']).sum()
    assert told['fields']['3a.branch5x5'] == [59, 8, 0]
    found = onp.fromfile(tmp_path / 'made' / 'exciting.bin', '<u2')
    assert len(found) == 8 * sum(named.values()) and len(told['sample']) == 1000
    assert Image.open(tmp_path / 'made' / 'sample.png').size == (40 * 28, 25 * 28)
    assert sum(file.stat().st_size for file in (tmp_path / 'made').iterdir()) < MOST


def test_the_images_that_excite_a_channel_most_come_first(monkeypatch):
    monkeypatch.setattr(playground_network, 'SHOWN', 2)
    maps = onp.zeros((3, 2, 2, 2))
    maps[2, 0, 1, 0], maps[1, 0, 0, 1], maps[0, 1, 1, 1] = 3, 2, 5
    found, highest = playground_network.exciting([maps, maps[:, :1] + 1])
    # image * 4 + place; of equal images and places the first
    assert found.tolist() == [[2 * 4 + 2, 1 * 4 + 1], [0 * 4 + 3, 1 * 4], [2 * 4 + 2, 1 * 4 + 1]]
    assert highest.tolist() == [3, 5, 4]


def test_a_sheet_has_its_images_in_rows(monkeypatch):
    monkeypatch.setattr(playground_network, 'COLUMNS', 2)
    images = onp.arange(4, dtype='uint8')[:, None, None].repeat(2, axis=1).repeat(3, axis=2)
    assert onp.asarray(playground_network.sheet(images))[[0, 0, 2, 3], [0, 3, 0, 5]].tolist() == [
        0, 1, 2, 3,
    ]  # fmt: skip


def test_another_architecture_is_refused_in_one_sentence(own, tmp_path):
    path = own(networks.GoogLeNet(7))
    with pytest.raises(ValueError, match='mine.safetensors does not fit at head'):
        playground_network.write(tmp_path / 'made', path)
    assert not (tmp_path / 'made').exists()


def test_the_site_says_what_is_missing(tmp_path):
    made = subprocess.run(
        [sys.executable, '-m', 'tools.build_site', '--model', tmp_path / 'nothing'],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert made.returncode == 1 and made.stdout == ''
    assert made.stderr.startswith('--model: no history at ') and made.stderr.count('\n') == 1
