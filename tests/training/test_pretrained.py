"""Is the trained network that comes with the course the one that its record describes?"""

import shutil

from d2l_ext import data, training
from d2l_ext.training import pretrained

import pytest


@pytest.fixture(scope='module')
def loaded():
    return pretrained.load_trained()


def test_it_is_small_and_accurate(loaded):
    _, history = loaded
    assert pretrained.TRAINED.with_suffix('.safetensors').stat().st_size < 13e6
    assert history.about['test_accuracy'] >= 0.89
    assert history.about['recipe']['resize'] == {'1': 32, '3': pretrained.SHAPE[-1]}


def test_its_recipe_is_still_there(loaded):
    _, history = loaded
    recorded = {'optimizer': 'sgd', **history.about['recipe']}  # there was no other one to name
    recorded['resize'] = {
        int(epoch): size for epoch, size in recorded['resize'].items()
    }  # JSON's keys
    assert recorded == training.RECIPES['trained']


def test_it_recognizes_the_embedded_test_images(loaded):
    net, history = loaded
    _, test_iter = data.load_data_fashion_mnist(
        100, pretrained.SHAPE[-1], sample='quick', standardize=True
    )
    # 1 000 of the 10 000 images: one standard deviation is .01
    assert abs(training.evaluate(net, test_iter) - history.about['test_accuracy']) < 0.02


@pytest.fixture
def copy(tmp_path):
    for suffix in ('.safetensors', '.json'):
        shutil.copy(pretrained.TRAINED.with_suffix(suffix), tmp_path)
    return tmp_path / 'googlenet'


def test_a_changed_byte_is_noticed(copy):
    file = copy.with_suffix('.safetensors')
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(ValueError, match='googlenet.safetensors is damaged: its SHA-256 is'):
        pretrained.load_trained(copy)


def test_what_is_saved_is_scored_as_it_will_be_loaded(loaded, tmp_path):
    net, history = loaded
    seen = []
    before = net.head.weight.data().copy()
    net.head.weight.set_data(before * 1.0001)  # less than 16 bits can tell

    def score(net):
        seen.append(float(abs(net.head.weight.data() - before).max()))
        return 0.5

    pretrained.save_trained(net, history, tmp_path / 'new', score)
    _, saved = pretrained.load_trained(tmp_path / 'new')

    assert seen == [0]
    assert saved.about['test_accuracy'] == 0.5
