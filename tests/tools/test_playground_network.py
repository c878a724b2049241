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

ROOT = Path(__file__).resolve().parents[2]


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
