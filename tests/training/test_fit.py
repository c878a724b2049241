"""Does training learn, keep its history, survive the stop button, and refuse what cannot work?"""

import json

from d2l_ext import training
from d2l_ext.data import ImageBatches
from d2l_ext.networks.blocks import conv, seq
from d2l_ext.training.history import History

import mxnet as mx
import numpy as onp
import pytest
from mxnet import np
from mxnet.gluon import nn


def batches(labels=None, images=32, channels=1):
    """Two classes that a mean tells apart: dark images and bright ones."""
    labels = onp.arange(images) % 2 if labels is None else onp.array(labels)
    X = (
        onp.random.RandomState(0).rand(len(labels), channels, 8, 8) * 0.2
        + 0.6 * labels[:, None, None, None]
    )
    return [
        (np.array(X[i : i + 8], dtype='float32'), np.array(labels[i : i + 8], dtype='int32'))
        for i in range(0, len(labels), 8)
    ]


def network():
    net = seq(conv(4, 3), nn.GlobalAvgPool2D(), nn.Dense(2))
    net.initialize(mx.init.Xavier())
    return net


def fit(net=None, data=None, test=None, **options):
    options = {'epochs': 2, 'lr': 0.5, 'progress': False} | options
    return training.fit(net or network(), data or batches(), test, **options)


def test_training_learns():
    history = fit(test=batches(), epochs=20)

    assert history[-1]['loss'] < history[0]['loss'] / 2
    assert history[-1]['test_accuracy'] == 1


class Counted(list):
    """Batches that count how often their images were looked at."""

    def __init__(self, size):
        super().__init__([(np.ones((2, 1, size, size)), np.array([0, 1], dtype='int32'))])
        self.looks = 0

    def __iter__(self):
        self.looks += 1
        return super().__iter__()


class TwoHeads(nn.Block):
    """A network that scores twice in training: the second time with the classes the wrong way round."""

    def __init__(self):
        super().__init__()
        self.net = network()

    def forward(self, x):
        scores = self.net(x)
        return (scores, scores[:, ::-1]) if mx.autograd.is_training() else scores


def test_auxiliary_scores_add_to_the_loss_at_three_tenths_and_not_to_the_accuracy():
    net = TwoHeads()
    X, y = batches()[0]
    scores = net(X)
    cross_entropy = mx.gluon.loss.SoftmaxCrossEntropyLoss()
    wanted = cross_entropy(scores, y) + 0.3 * cross_entropy(scores[:, ::-1], y)
    history = fit(net, [(X, y)], epochs=1)

    assert history[0]['loss'] == pytest.approx(float(wanted.mean()), rel=1e-5)
    assert history[0]['train_accuracy'] == float((scores.argmax(1).astype('int32') == y).mean())


def test_a_loss_of_ones_own_is_the_one_that_falls():
    history = fit(loss=lambda scores, y: 5 + (scores**2).sum(axis=1), epochs=20, lr=0.1)

    assert history[-1]['loss'] < history[0]['loss']
    assert 5 <= history[-1]['loss'] < 5.01


def test_each_epoch_trains_on_its_own_images():
    small, large = Counted(4), Counted(8)
    fit(data={1: small, 3: large}, epochs=4)

    assert small.looks == large.looks == 1 + 2  # the check before the first step, two epochs


def test_the_schedule_runs_over_all_epochs_of_all_lengths(monkeypatch):
    asked = []
    monkeypatch.setitem(training.SCHEDULES, 'noted', lambda done: asked.append(done) or 1.0)
    short, long = batches(images=8), batches(images=32)
    fit(data={1: short, 2: long}, epochs=2, schedule='noted')

    assert asked == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])


@pytest.mark.parametrize('resize, last', [(32, 32), ({1: 32, 2: 48}, 48)])
def test_a_recipe_says_which_images_it_takes(resize, last):
    recipe = {**training.RECIPES['quick'], 'resize': resize}
    train, test = training.load(recipe, sample='quick')

    X, _ = next(iter(test))
    assert X.shape == (recipe['batch_size'], 1, last, last)
    assert {epoch: b.images.shape[1] for epoch, b in train.items()} == (
        resize if isinstance(resize, dict) else {1: resize}
    )


def test_one_step_is_the_step_of_gradient_descent():
    net = seq(nn.Dense(2, use_bias=False, in_units=1), nn.Flatten())
    net.initialize(mx.init.Constant(0.0))
    X = np.ones((2, 1, 1, 1))
    fit(net, [(X, np.array([0, 0], dtype='int32'))], epochs=1, lr=1.0)

    # the gradient of the mean loss at equal scores is p - 1 = -1/2 and p = 1/2
    assert net[0].weight.data().asnumpy().ravel() == pytest.approx([0.5, -0.5], abs=1e-5)


def test_the_first_step_of_adam_is_as_long_for_every_gradient():
    net = seq(nn.Dense(2, use_bias=False, in_units=2), nn.Flatten())
    net.initialize(mx.init.Constant(0.0))
    X = np.array([[[[1.0]], [[100.0]]]] * 2)
    fit(net, [(X, np.array([0, 0], dtype='int32'))], epochs=1, lr=0.25, optimizer='adam')

    # Kingma and Ba, algorithm 1: the mean is divided by the root of the mean square, both corrected
    assert net[0].weight.data().asnumpy().ravel() == pytest.approx(
        [0.25, 0.25, -0.25, -0.25], rel=1e-4
    )


def test_adam_keeps_of_its_mean_what_momentum_says():
    net = seq(nn.Dense(2, use_bias=False, in_units=1), nn.Flatten())
    net.initialize(mx.init.Constant(0.0))
    X, y = np.ones((2, 1, 1, 1)), np.array([0, 0], dtype='int32')
    learner = training.Learner(net, classes=2, device=mx.cpu(), optimizer='adam', momentum=0.5)
    learner.step(X, y, 0.25)

    # the gradient is p - 1 = -1/2, and its mean begins at 0
    tensors = learner.tensors()
    assert tensors['mean.0.weight'].ravel() == pytest.approx([-0.25, 0.25], rel=1e-4)
    assert tensors['variance.0.weight'].ravel() == pytest.approx([0.00025, 0.00025], rel=1e-4)


def test_what_an_optimizer_keeps_is_named_after_its_weight():
    net = seq(*(nn.Dense(i + 1) for i in range(12)))  # dense10 comes before dense2 in the alphabet
    net.initialize(mx.init.Xavier())
    X, y = np.ones((2, 1, 1, 1)), np.array([0, 0], dtype='int32')
    net(X)
    learner = training.Learner(net, classes=12, device=mx.cpu(), momentum=0.5)
    learner.step(X, y, 0.25)
    shapes = {name: array.shape for name, array in learner.tensors().items()}

    assert all(
        shape == shapes[name.replace('momentum', 'weight', 1)]
        for name, shape in shapes.items()
        if name.startswith('momentum')
    )


def test_the_same_seed_gives_the_same_training():
    losses = []
    for _ in range(2):
        mx.random.seed(3)
        losses.append([entry['loss'] for entry in fit().epochs])

    assert losses[0] == pytest.approx(losses[1], rel=1e-5)  # threads may sum in another order


def test_one_cycle_rises_for_a_quarter_and_ends_at_zero():
    rate = training.SCHEDULES['one_cycle']

    assert [round(rate(done), 3) for done in (0, 0.125, 0.25, 0.625, 1)] == [0.04, 0.52, 1, 0.5, 0]


def test_he_initialization_has_the_variance_of_equation_10():
    layer = nn.Dense(400, in_units=500)
    layer.initialize(training.INITIALIZERS['he']())

    # 200 000 draws: the standard error of the variance is 0.3 %
    assert float(layer.weight.data().var()) == pytest.approx(2 / 500, rel=0.02)


def test_train_ch5_draws_new_weights_as_the_lecture_does():
    net = network()
    net(batches()[0][0])
    before = net[0].weight.data().copy()
    history = training.train_ch5(net, batches(), batches(), num_epochs=1, lr=1e-9)

    assert len(history) == 1
    assert float(abs(net[0].weight.data() - before).max()) > 1e-3


def test_a_history_survives_its_file(tmp_path):
    history = fit()
    history.about = {'seed': 0}
    history.save(tmp_path / 'a' / 'history.json')
    again = History.load(tmp_path / 'a' / 'history.json')

    assert (again.epochs, again.about) == (history.epochs, {'seed': 0})


def test_history_goes_on_where_it_was():
    net = network()
    history = fit(net, epochs=1)
    fit(net, epochs=2, history=history)

    assert [entry['epoch'] for entry in history.epochs] == [1, 2, 3]


def test_the_stop_button_keeps_network_and_history():
    class Stopped(list):
        asked = 0

        def __iter__(self):
            Stopped.asked += 1
            if Stopped.asked == 4:  # one look before training, two epochs, then the button
                raise KeyboardInterrupt
            return super().__iter__()

    net = network()
    history = fit(net, Stopped(batches()), epochs=9)

    assert (history.interrupted, len(history)) == (True, 2)
    assert 0 <= training.evaluate(net, batches()) <= 1


def test_predict_gives_probabilities_of_all_images():
    net = network()
    labels, probabilities = training.predict(net, batches(images=20))

    assert labels.tolist() == [0, 1] * 10
    assert probabilities.sum(axis=1) == pytest.approx(onp.ones(20), abs=1e-6)


def test_a_loss_that_is_no_number_stops_with_the_step_and_the_cause():
    with pytest.raises(
        FloatingPointError, match=r'at step \d+ of epoch \d+: the learning rate 1e\+30'
    ):
        fit(lr=1e30, epochs=3)


@pytest.mark.parametrize(
    'data, message',
    [
        ([], 'train_iter is empty'),
        (batches(labels=[0, 1, 2, 0]), 'labels from 0 to 1, got 0 to 2: net has 2 outputs'),
        (batches(labels=[0, -1, 1, 0]), 'labels from 0 to 1, got -1 to 1'),
        ([(np.ones((4, 8, 8)), np.zeros(4, dtype='int32'))], r'must give X as \(N, C, H, W\)'),
        ([(np.ones((4, 1, 8, 8)), np.zeros(3, dtype='int32'))], 'gives 4 images with 3 labels'),
        ({2: batches()}, r'from which epoch on, from 1, got the keys \[2\]'),
        ({1: batches(), 'two': batches()}, 'from which epoch on'),
    ],
)
def test_data_that_cannot_work_are_refused_before_the_first_step(data, message):
    net = network()
    net(batches()[0][0])
    before = net[0].weight.data().copy()

    with pytest.raises(ValueError, match=message):
        training.fit(net, data, epochs=1, lr=0.1, progress=False)
    assert float(abs(net[0].weight.data() - before).max()) == 0


def test_all_labels_are_looked_at_before_the_first_step():
    labels = onp.zeros(64, 'uint8')
    labels[-1] = 5
    data = ImageBatches(onp.zeros((64, 8, 8), 'uint8'), labels, 8)

    with pytest.raises(ValueError, match='got 0 to 5'):
        fit(data=data)


def test_other_channels_than_the_network_is_bound_to_are_named():
    net = network()
    net(np.ones((1, 3, 8, 8)))

    with pytest.raises(
        ValueError, match='train_iter gives images of 1 channels, net is bound to 3'
    ):
        fit(net)


def test_a_network_that_was_never_initialized_is_named():
    with pytest.raises(ValueError, match='net is not initialized: call net.initialize'):
        fit(seq(nn.Dense(2)))


@pytest.mark.parametrize(
    'options, message',
    [
        ({'epochs': 0}, 'epochs must be a whole number >= 1, got 0'),
        ({'epochs': 1.5}, 'epochs must be a whole number >= 1, got 1.5'),
        ({'lr': -1}, 'lr must be a number > 0, got -1'),
        ({'lr': float('nan')}, 'lr must be a number > 0, got nan'),
        ({'schedule': 'linear'}, "schedule must be one of constant, one_cycle, got 'linear'"),
        ({'optimizer': 'lars'}, "optimizer must be one of sgd, adam, got 'lars'"),
    ],
)
def test_arguments_that_cannot_work_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        fit(**options)


def test_the_recorded_training_is_the_lectures_and_reached_its_accuracy():
    recorded = History.load('lecture')

    # it was recorded when there was no other optimizer to name
    assert {'optimizer': 'sgd', **recorded.about['recipe']} == training.RECIPES['lecture']
    assert recorded.about['images'] == 60_000
    assert recorded[-1]['test_accuracy'] >= 0.87


def test_a_history_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='recorded ones are berkeley'):
        History.load('nothing')


def test_a_damaged_history_is_named(tmp_path):
    (tmp_path / 'x.json').write_text(json.dumps({'epochs': []}))

    with pytest.raises(ValueError, match='x.json is not a saved history'):
        History.load(tmp_path / 'x.json')
