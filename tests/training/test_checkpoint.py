"""Does a training survive: the stop, the kill, the full disk, the damaged file; and to the same result?"""

import json
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

from d2l_ext import networks, runtime, training
from d2l_ext.data import ImageBatches
from d2l_ext.networks import GoogLeNet
from d2l_ext.networks.blocks import conv, seq, walk
from d2l_ext.runtime.files import sha256
from d2l_ext.training import identity
from d2l_ext.training.checkpoint import Checkpoint
from d2l_ext.training.loop import check_same
from d2l_ext.weights import safetensors_files

import mxnet as mx
import numpy as onp
import pytest
from mxnet import np
from mxnet.gluon import nn

ROOT = Path(__file__).parents[2]


def network(classes=2, dropout=0.5):
    net = seq(conv(4, 3), nn.GlobalAvgPool2D(), nn.Dropout(dropout), nn.Dense(classes))
    mx.random.seed(1)
    net.initialize(mx.init.Xavier(), force_reinit=True)
    return net


def batches(images=80, size=8):
    random = onp.random.RandomState(0)
    labels = onp.arange(images) % 2
    pixels = random.randint(0, 60, (images, 8, 8)) + 150 * labels[:, None, None]
    return ImageBatches(pixels.astype('uint8'), labels.astype('uint8'), size, seed=3)


def fit(folder, net=None, stop=None, epochs=3, **more):
    """Train for three epochs of ten steps; `stop` presses Ctrl-C before that step."""
    net = net or network()
    steps = [0]

    def loss(outputs, y):
        steps[0] += 1
        if steps[0] == stop:
            raise KeyboardInterrupt
        return mx.gluon.loss.SoftmaxCrossEntropyLoss()(outputs, y)

    options = {'lr': 0.1, 'momentum': 0.9, 'every': 4, 'schedule': 'one_cycle', 'loss': loss}
    history = training.fit(
        net, batches(), batches(), epochs=epochs, progress=False, checkpoint=folder,
        **{**options, **more},
    )  # fmt: skip
    return net, history


def values(net):
    return {
        name: safetensors_files.values(p) for name, p in safetensors_files.parameters(net).items()
    }


def told(history):
    return [(e['epoch'], e['loss'], e['train_accuracy'], e['test_accuracy']) for e in history]


def files(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize('optimizer', ['sgd', 'adam'])
@pytest.mark.parametrize('stop', [2, 5, 9, 11, 12, 20, 30])
def test_an_interrupted_training_goes_on_to_the_same_bits(tmp_path, stop, optimizer):
    whole, history = fit(tmp_path / 'whole', optimizer=optimizer)
    _, first = fit(tmp_path / 'parts', stop=stop, optimizer=optimizer)
    assert first.interrupted
    again, rest = fit(tmp_path / 'parts', optimizer=optimizer)

    assert not rest.interrupted
    assert told(rest) == told(history)
    ours, theirs = values(again), values(whole)
    assert all((ours[name] == theirs[name]).all() for name in theirs)


def test_it_goes_on_and_does_not_begin_anew(tmp_path):
    fit(tmp_path, stop=20)
    seen = []

    def loss(outputs, y):
        seen.append(len(y))
        return mx.gluon.loss.SoftmaxCrossEntropyLoss()(outputs, y)

    fit(tmp_path, loss=loss)
    assert len(seen) == 30 - 16  # it lost the steps after the 16th: less than an interval


def test_a_finished_training_gives_its_result_at_once(tmp_path):
    net, history = fit(tmp_path)
    again, same = fit(tmp_path, stop=1)

    assert told(same) == told(history)
    assert (values(again)['3.weight'] == values(net)['3.weight']).all()


def test_the_last_two_are_kept_and_nothing_else(tmp_path):
    fit(tmp_path)

    assert [name[:13] for name in files(tmp_path)] == ['step-00000028', 'step-00000030']


def test_a_damaged_checkpoint_is_told_and_the_one_before_it_used(tmp_path):
    _, history = fit(tmp_path / 'whole')
    fit(tmp_path / 'parts', stop=20)
    last = tmp_path / 'parts' / files(tmp_path / 'parts')[-1]
    content = bytearray(last.read_bytes())
    content[-5] ^= 1
    last.write_bytes(content)
    with pytest.warns(UserWarning, match='step-00000016.* is damaged: the one before it is used'):
        _, rest = fit(tmp_path / 'parts')

    assert told(rest) == told(history)


@pytest.mark.parametrize('length', [0, 100])
def test_a_file_that_was_cut_short_is_damaged(tmp_path, length):
    fit(tmp_path, stop=20)
    last = tmp_path / files(tmp_path)[-1]
    last.write_bytes(last.read_bytes()[:length])
    with pytest.warns(UserWarning, match='is damaged'):
        assert Checkpoint(tmp_path).load()[0]['place']['step'] == 12


@pytest.mark.parametrize(
    'other, message',
    [
        ({'net': lambda: network(classes=3)}, r'3.weight is \[2, 4\] there, \[3, 4\] here'),
        ({'lr': 0.2}, 'lr is 0.1 there, 0.2 here'),
        ({'momentum': 0.5}, 'momentum is 0.9 there, 0.5 here'),
        ({'optimizer': 'adam'}, 'optimizer is sgd there, adam here'),
        ({'epochs': 2}, 'epochs is 3 there, 2 here'),
        ({'schedule': 'constant'}, 'schedule is one_cycle there, constant here'),
    ],
)
def test_another_trainings_checkpoint_is_refused_and_kept(tmp_path, other, message):
    fit(tmp_path, stop=20)
    before = files(tmp_path)
    other = dict(other)
    net = other.pop('net', network)()
    net(np.zeros((1, 1, 8, 8)))
    start = values(net)
    with pytest.raises(ValueError, match=f'made by another training: {message}'):
        fit(tmp_path, net=net, **other)

    assert files(tmp_path) == before
    assert all((start[name] == values(net)[name]).all() for name in start)


def other_batches(**more):
    """The batches of this file, changed in one way."""
    given = batches()
    if 'label' in more:
        given.labels = given.labels.copy()
        given.labels[more['label']] ^= 1
    if 'image' in more:
        given.images = given.images.copy()
        given.images[more['image']] ^= 1
    for name in ('seed', 'standardize', 'batch_size'):
        setattr(given, name, more.get(name, getattr(given, name)))
    return given


@pytest.mark.parametrize(
    'changed, message',
    [
        ({'image': 0}, 'first batch of train_iter is [0-9a-f]{12} there, [0-9a-f]{12} here'),
        ({'image': -1}, 'last batch of train_iter is'),
        ({'label': 40}, 'hash of the labels of train_iter is'),
        ({'seed': 4}, 'seed of train_iter is 3 there, 4 here'),
        ({'seed': None}, 'seed of train_iter is 3 there, None here'),
        ({'standardize': True}, 'standardize of train_iter is False there, True here'),
        ({'batch_size': 10}, 'number of batches of train_iter is 10 there, 8 here'),
    ],
)
@pytest.mark.parametrize('which', ['train', 'test'])
def test_other_data_are_refused_by_name(tmp_path, changed, message, which):
    options = {'epochs': 1, 'lr': 0.1, 'progress': False, 'checkpoint': tmp_path}
    training.fit(network(), batches(), batches(), **options)
    data = {'train': batches(), 'test': batches(), which: other_batches(**changed)}
    with pytest.raises(ValueError, match=message.replace('train_iter', f'{which}_iter')):
        training.fit(network(), data['train'], data['test'], **options)


def test_a_list_in_another_order_is_refused(tmp_path):
    given = list(batches())
    options = {'epochs': 1, 'lr': 0.1, 'progress': False, 'checkpoint': tmp_path}
    training.fit(network(), given, **options)
    with pytest.raises(ValueError, match='first batch of train_iter is'):
        training.fit(network(), given[::-1], **options)


@pytest.mark.parametrize(
    'here, there, message',
    [
        (network(dropout=0.2), network(), r'layer 2 is Dropout\(p = 0.5.*Dropout\(p = 0.2'),
        (GoogLeNet(stage2_activation=None), GoogLeNet(), r'layer stage2.0 is Conv2D.*relu'),
        (GoogLeNet(lrn=True), GoogLeNet(), r'layer stage1.2 is None there, LRN'),
        (
            GoogLeNet(),
            GoogLeNet(dropout=0.4),
            r'layer stage5.dropout is Dropout.* there, None here',
        ),
    ],
    ids=['dropout', 'stage2_activation', 'lrn', 'no dropout'],
)
def test_another_structure_of_the_same_weights_is_named(here, there, message):
    ours, theirs = (identity.of_layers(walk(net)) for net in (here, there))
    with pytest.raises(ValueError, match=message):
        check_same(theirs, ours)


def test_a_network_without_its_dropout_is_refused(tmp_path):
    fit(tmp_path, stop=20)
    with pytest.raises(ValueError, match='layer 2 is Dropout.*0.5.* there'):
        fit(tmp_path, net=network(dropout=0.2))


def test_another_loss_is_refused(tmp_path):
    fit(tmp_path, stop=20)
    with pytest.raises(ValueError, match='loss is loss there, joint_loss here'):
        fit(tmp_path, loss=networks.joint_loss)


def test_the_seed_of_a_recipe_is_part_of_its_training(tmp_path):
    recipe = {**training.RECIPES['quick'], 'epochs': 1, 'batch_size': 1000, 'resize': 8}

    def run(recipe=recipe, seed=0):
        net = seq(conv(4, 3), nn.GlobalAvgPool2D(), nn.Dense(10))
        return training.run(
            net, recipe, sample='quick', seed=seed, progress=False, checkpoint=tmp_path
        )

    first = run()
    assert told(run()) == told(first)
    with pytest.raises(ValueError, match='seed is 0 there, 1 here'):
        run(seed=1)
    for name, value in {'init': 'xavier', 'standardize': False, 'resize': 9, 'lr': 1.0}.items():
        with pytest.raises(ValueError, match=f'{name} is .* there, {value} here'):
            run({**recipe, name: value})


def test_more_epochs_go_on_to_the_same_bits_at_a_constant_rate(tmp_path):
    constant = {'schedule': 'constant'}
    whole, history = fit(tmp_path / 'whole', epochs=5, **constant)
    fit(tmp_path / 'parts', epochs=3, **constant)
    seen = []

    def loss(outputs, y):
        seen.append(len(y))
        return mx.gluon.loss.SoftmaxCrossEntropyLoss()(outputs, y)

    longer, rest = fit(tmp_path / 'parts', epochs=5, loss=loss, **constant)

    assert len(seen) == 20
    assert told(rest) == told(history)
    ours, theirs = values(longer), values(whole)
    assert all((ours[name] == theirs[name]).all() for name in theirs)


def test_more_epochs_of_one_cycle_are_told_how(tmp_path):
    fit(tmp_path)
    with pytest.raises(ValueError, match="'one_cycle' spreads .* with epochs=3, then fit its net"):
        fit(tmp_path, epochs=5)


def test_two_devices_keep_their_training(tmp_path):
    devices = [mx.cpu(1), mx.cpu(2)]
    found = []
    for stop in (None, 20, None):
        net = network(dropout=0)  # each device draws its own
        net.collect_params().reset_ctx(devices)
        folder = tmp_path / ('whole' if not found else 'parts')
        found.append(fit(folder, net=net, stop=2 * stop if stop else None, device=devices)[1])

    assert found[1].interrupted and told(found[2]) == told(found[0])


def rewritten(folder, change):
    """Change the last checkpoint of `folder`, and give it the name of its new hash."""
    path = folder / files(folder)[-1]
    content = change(path.read_bytes())
    path.unlink()
    (folder / f'{path.name[:14]}{sha256(content)}.safetensors').write_bytes(content)


def without(name):
    def change(content):
        tensors = safetensors_files.unpack(content, 'x')
        del tensors[name]
        return safetensors_files.packed(tensors)

    return change


def with_state(**more):
    def change(content):
        tensors = safetensors_files.unpack(content, 'x')
        state = {**json.loads(tensors['state'].tobytes()), **more}
        text = onp.frombuffer(json.dumps(state).encode(), 'uint8')
        return safetensors_files.packed({**tensors, 'state': text})

    return change


@pytest.mark.parametrize(
    'change, message',
    [
        (lambda content: b'', 'is no checkpoint of this version'),
        (lambda content: b'<html>Not found</html>', 'is no checkpoint of this version'),
        (lambda content: content[:100], 'is no checkpoint of this version'),
        (without('state'), 'is no checkpoint of this version'),
        (with_state(more=1), 'is no checkpoint of this version'),
        (with_state(place={'steps': 3}), 'holds no checkpoint of this version'),
        (without('weight.0.weight'), r'without the weights of this network \(weight.0.weight\)'),
    ],
    ids=['empty', 'HTML', 'cut', 'no state', 'other state', 'other place', 'no weights'],
)
def test_a_right_hash_with_wrong_content_is_one_sentence(tmp_path, change, message):
    fit(tmp_path, stop=20)
    rewritten(tmp_path, change)
    net = network()
    net(np.zeros((1, 1, 8, 8)))
    start = values(net)
    with pytest.raises(ValueError, match=message) as error:
        fit(tmp_path, net=net)

    assert '\n' not in str(error.value)
    assert all((start[name] == values(net)[name]).all() for name in start)


def test_a_folder_in_place_of_a_checkpoint_is_damaged(tmp_path):
    fit(tmp_path, stop=20)
    path = tmp_path / files(tmp_path)[-1]
    path.unlink()
    path.mkdir()
    with pytest.warns(UserWarning, match='is damaged: the one before it is used'):
        assert Checkpoint(tmp_path).load()[0]['place']['step'] == 12


def test_a_full_disk_does_not_harm_the_training(tmp_path, monkeypatch):
    plain, history = fit(tmp_path / 'good')

    def full(path, content):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr('d2l_ext.training.checkpoint.replace', full)
    with pytest.warns(
        UserWarning, match=r'no checkpoint at step 4 \(No space left on device'
    ) as seen:
        net, same = fit(tmp_path / 'full')

    assert 'the training goes on, there is none yet' in str(seen[0].message)
    assert told(same) == told(history)
    assert files(tmp_path / 'full') == []


def test_a_real_full_disk_leaves_no_half_written_file(tmp_path):
    if (
        os.geteuid() != 0
        or subprocess.run(
            ['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', tmp_path], capture_output=True
        ).returncode
    ):
        pytest.skip('needs the right to mount a small file system')
    try:
        (tmp_path / 'here').mkdir()
        with pytest.raises(OSError), open(tmp_path / 'other', 'wb', buffering=0) as file:
            while True:
                file.write(b'x' * 100)
        with pytest.warns(UserWarning, match='No space left on device'):
            _, history = fit(tmp_path / 'here')
        assert len(history) == 3
        assert files(tmp_path / 'here') == []
        (tmp_path / 'other').unlink()
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            fit(tmp_path / 'here', stop=20)
        assert len(files(tmp_path / 'here')) == 2
    finally:
        subprocess.run(['umount', tmp_path], check=True)


def test_a_folder_that_is_a_file_is_refused_before_the_first_step(tmp_path):
    (tmp_path / 'file').write_text('mine')
    with pytest.raises(
        ValueError, match='checkpoint=.* cannot be written to .*: name another folder'
    ):
        fit(tmp_path / 'file')
    assert (tmp_path / 'file').read_text() == 'mine'


def test_a_read_only_folder_is_refused_before_the_first_step(tmp_path, monkeypatch):
    def refuse(self, content):
        raise OSError(30, 'Read-only file system')

    monkeypatch.setattr(Path, 'write_bytes', refuse)  # root writes wherever the mode forbids it
    with pytest.raises(ValueError, match=r'cannot be written to \(Read-only file system\)'):
        fit(tmp_path)


@pytest.mark.parametrize('every', [0, -1, 1.5, True])
def test_an_impossible_interval_is_refused(tmp_path, every):
    with pytest.raises(ValueError, match=f'every must be a whole number >= 1, got {every}'):
        fit(tmp_path, every=every)


def test_what_a_killed_writer_left_is_removed(tmp_path):
    (tmp_path / '.step-00000004-x.safetensors.123').write_bytes(b'half')
    fit(tmp_path, stop=6)

    assert all(name.startswith('step-') for name in files(tmp_path))


TRAINS = """
import sys
sys.path.insert(0, 'tests/training')
from test_checkpoint import fit
net, history = fit(sys.argv[1])
"""


@pytest.mark.slow  # two minutes on one core
def test_killed_at_random_moments_it_always_resumes(tmp_path, kills=4):
    """SIGKILL a training again and again; `make torture` does so thirty times, and records it."""
    start = time.monotonic()
    kills = int(os.environ.get('D2L_EXT_KILLS', kills))
    whole, history = fit(tmp_path / 'whole')
    random, reached, killed, ended = onp.random.RandomState(0), 0, 0, []
    parts = tmp_path / 'parts-0'
    env = {**os.environ, 'OMP_NUM_THREADS': '1'}
    while killed < kills:
        child = subprocess.Popen([sys.executable, '-c', TRAINS, parts], cwd=ROOT, env=env)
        begun, last = time.monotonic(), None
        while child.poll() is None and time.monotonic() - begun < 120:
            names = files(parts) if parts.exists() else []
            if names != last and random.rand() < 0.3:  # while something is written
                time.sleep(random.rand() * 0.02)
                child.send_signal(signal.SIGKILL)
                break
            last = names
        child.wait()
        with warnings.catch_warnings():
            warnings.simplefilter('error')  # no checkpoint may be damaged
            found = Checkpoint(parts).load()
        step = found[0]['place']['step'] if found else 0
        assert step >= reached
        reached = step
        killed += child.returncode == -signal.SIGKILL
        if reached == 30:  # it came to its end: the next one begins anew
            ended.append(parts)
            parts, reached = tmp_path / f'parts-{len(ended)}', 0
    for folder in [*ended, parts]:
        net, rest = fit(folder)
        assert told(rest) == told(history)
        assert all((values(net)[name] == value).all() for name, value in values(whole).items())
        assert all(name.startswith('step-') for name in files(folder))
    if 'D2L_EXT_KILLS' in os.environ:
        record = {
            'command': 'make torture',
            'date': time.strftime('%Y-%m-%d'),
            'kills': killed,
            'trainings, each ended with the same bits': len(ended) + 1,
            'seconds': round(time.monotonic() - start),
            'machine': runtime.machine(),
        }
        (ROOT / 'tests/training/torture.json').write_text(json.dumps(record, indent=1) + '\n')


def test_nothing_in_a_checkpoint_is_code(tmp_path):
    fit(tmp_path, stop=6)
    tensors = safetensors_files.read(tmp_path / files(tmp_path)[-1])

    assert json.loads(tensors['state'].tobytes())['place']['step'] == 4
    assert {'weight.0.weight', 'momentum.0.weight', 'weight.3.bias'} <= set(tensors)
