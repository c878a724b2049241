"""Does training learn, keep its history, survive the stop button, and refuse what cannot work?"""

from d2l_ext import networks, training
from d2l_ext.data import ImageBatches
from d2l_ext.networks.blocks import conv, seq
from d2l_ext.runtime.files import sha256
from d2l_ext.training import pretrained
from d2l_ext.training.history import History
from d2l_ext.weights import safetensors_files

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
    assert safetensors_files.values(net[0].weight).ravel() == pytest.approx([0.5, -0.5], abs=1e-5)


def test_the_first_step_of_adam_is_as_long_for_every_gradient():
    net = seq(nn.Dense(2, use_bias=False, in_units=2), nn.Flatten())
    net.initialize(mx.init.Constant(0.0))
    X = np.array([[[[1.0]], [[100.0]]]] * 2)
    fit(net, [(X, np.array([0, 0], dtype='int32'))], epochs=1, lr=0.25, optimizer='adam')

    # Kingma and Ba, algorithm 1: the mean is divided by the root of the mean square, both corrected
    assert safetensors_files.values(net[0].weight).ravel() == pytest.approx(
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


def test_a_history_saved_under_a_bare_name_is_that_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ('h', 'lecture'):  # the second is a recorded one too
        History([{'epoch': 7}]).save(name)

        assert History.load(name).epochs == [{'epoch': 7}]


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
        ([(np.ones((4, 1, 8, 8)),)], r'must give \(X, y\), got 1 parts'),
        ([(np.ones((4, 1, 8, 8)), np.zeros(4), np.zeros(4))], r'must give \(X, y\), got 3 parts'),
        ([np.ones((4, 1, 8, 8))], r'must give \(X, y\), got ndarray'),
        ([(np.ones((0, 1, 8, 8)), np.zeros(0))], 'train_iter gives an empty batch'),
        (
            [(np.ones((4, 1, 8, 8), dtype='uint8'), np.zeros(4))],
            r'in fractions, got uint8: .* / 255',
        ),
        ([('images', np.zeros(4))], r'must give X as \(N, C, H, W\)'),
        ((batch for batch in batches()), 'must know its length .* got generator'),
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


GOOD_X = onp.random.RandomState(0).rand(4, 1, 8, 8).astype('float32')
WRONG_LABELS = {
    'a column': ([[0], [1], [0], [1]], r'y as \(N,\).* got \(4, 1\)'),
    'one-hot': (onp.eye(2)[[0, 1, 0, 1]], r'y as \(N,\).* got \(4, 2\)'),
    'a fraction': ([0, 1, 0.5, 1], 'labels as whole numbers, got 0.5'),
    'no number': ([0, 1, float('nan'), 1], 'labels as whole numbers, got nan'),
    'infinite': ([0, 1, float('inf'), 1], 'labels as whole numbers, got inf'),
    'a word': (['shirt'] * 4, 'labels as whole numbers, got <U5'),
    'too high': ([0, 1, 2, 1], 'labels from 0 to 1, got 0 to 2'),
    'negative': ([0, 1, -1, 1], 'labels from 0 to 1, got -1 to 1'),
    'too few': ([0, 1], '4 images with 2 labels'),
}
WRONG_PIXELS = [float('nan'), float('inf'), -float('inf')]


class Feed:
    """Batches that know their length and nothing else, as a data loader's."""

    def __init__(self, *batches):
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __iter__(self):
        return iter(self.batches)


class Once:
    """Batches, one an epoch, that are gone when they have been given."""

    def __init__(self, batches):
        self.left = iter(batches)

    def __len__(self):
        return 1

    def __iter__(self):
        return self.left


def weights(net):
    return [safetensors_files.values(p) for p in net.collect_params().values()]


@pytest.mark.parametrize('where', ['list', 'loader', 'step', 'evaluate', 'predict'])
@pytest.mark.parametrize('y, message', WRONG_LABELS.values(), ids=WRONG_LABELS)
def test_wrong_labels_of_any_batch_are_named_before_a_weight_changes(y, message, where):
    good = batches()[0]
    net = network()
    net(good[0])
    learner = training.Learner(net, classes=2, device=mx.cpu())
    before = weights(net)
    with pytest.raises(ValueError, match=message):
        if where == 'list':
            fit(net, [good, (GOOD_X, y)])
        elif where == 'loader':
            fit(net, Feed((GOOD_X, y), good))
        elif where == 'step':  # as the second batch of a loader is
            learner.step(GOOD_X, y, 0.1)
        elif where == 'evaluate':
            learner.evaluate([good, (GOOD_X, y)])
        else:
            training.predict(net, [good, (GOOD_X, y)], mx.cpu())

    assert all((a == b).all() for a, b in zip(before, weights(net), strict=True))


@pytest.mark.parametrize('pixel', WRONG_PIXELS)
def test_one_pixel_that_is_no_number_is_named(pixel):
    net, X = network(), GOOD_X.copy()
    X[2, 0, 3, 3] = pixel
    learner = training.Learner(net, classes=2, device=mx.cpu())
    for call in (
        lambda: fit(net, [(X, [0, 1, 0, 1])]),
        lambda: learner.step(X, [0, 1, 0, 1], 0.1),
        lambda: training.predict(net, [(X, [0, 1, 0, 1])]),
        lambda: training.evaluate(net, [(np.array(X), np.array([0, 1, 0, 1]))]),
    ):
        with pytest.raises(ValueError, match='_iter gives pixels that are no finite numbers'):
            call()


FORMS = {
    'float64': lambda X, y: (np.array(X, dtype='float64'), np.array(y, dtype='int64')),
    'float16': lambda X, y: (np.array(X, dtype='float16'), np.array(y, dtype='uint8')),
    'NumPy': lambda X, y: (onp.array(X), onp.array(y)),
    'lists': lambda X, y: [onp.array(X).tolist(), list(y)],
    'old arrays': lambda X, y: (mx.nd.array(X), mx.nd.array(y)),
    'float labels': lambda X, y: (np.array(X), np.array(y, dtype='float32')),
}


@pytest.mark.parametrize('form', FORMS)
def test_images_in_any_form_train_to_the_same_result(form):
    X, y = GOOD_X.astype('float16').astype('float32'), onp.array([0, 1, 0, 1])
    losses = []
    for data in ([(np.array(X), np.array(y, dtype='int32'))], [FORMS[form](X, y)]):
        mx.random.seed(0)
        losses.append([entry['loss'] for entry in fit(data=data, epochs=3).epochs])

    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


def test_a_plain_loader_of_gluon_trains():
    X, y = GOOD_X, onp.array([0, 1, 0, 1])
    loader = mx.gluon.data.DataLoader(mx.gluon.data.ArrayDataset(X, y), 2)

    assert fit(data=loader)[-1]['loss'] > 0


def test_data_of_another_length_than_they_said_are_told():
    X = mx.gluon.data.ArrayDataset(GOOD_X[[0, 1, 2, 3, 0]], onp.array([0, 1, 0, 1, 0]))
    rolling = mx.gluon.data.DataLoader(X, 2, last_batch='rollover')  # 2 batches, then 3
    with pytest.raises(ValueError, match='train_iter must give 2 batches an epoch, .*, got more'):
        fit(data=rolling, epochs=2)

    once = Once([(GOOD_X, [0, 1, 0, 1])] * 2)  # one to look at, and one epoch
    with pytest.raises(ValueError, match='train_iter must give 1 batches an epoch, .*, got 0'):
        fit(data=once, epochs=2)


def test_a_loss_that_gives_a_mean_is_refused():
    net = network()
    net(batches()[0][0])
    before = weights(net)
    cross_entropy = mx.gluon.loss.SoftmaxCrossEntropyLoss()
    with pytest.raises(
        ValueError, match=r'one number an image, \(8,\), got \(\): leave out its mean'
    ):
        fit(net, loss=lambda scores, y: cross_entropy(scores, y).mean())

    assert all((a == b).all() for a, b in zip(before, weights(net), strict=True))


def test_a_loss_that_takes_the_main_scores_alone_is_told_of_the_others():
    net = networks.GoogLeNet(2, aux=True)
    net.initialize(mx.init.Xavier())
    X = onp.zeros((2, 1, 65, 65), 'float32')
    net(np.array(X))
    before = weights(net)
    with pytest.raises(
        ValueError, match='loss must take the 3 outputs .*: take networks.joint_loss'
    ):
        fit(net, [(X, [0, 1])], loss=mx.gluon.loss.SoftmaxCrossEntropyLoss())

    assert all((a == b).all() for a, b in zip(before, weights(net), strict=True))


def test_a_tensor_with_a_gradient_is_named():
    torch = pytest.importorskip('torch', reason='needs PyTorch')
    with pytest.raises(ValueError, match='train_iter must give X as an array .*, without gradient'):
        fit(data=[(torch.tensor(GOOD_X, requires_grad=True), [0, 1, 0, 1])])


def test_an_empty_batch_leaves_later_networks_as_they_are():
    empty = (np.ones((0, 1, 8, 8)), np.zeros(0))
    for call in (fit, lambda data: training.predict(network(), data)):
        with pytest.raises(ValueError, match='empty batch'):
            call(data=[empty])
    fresh = seq(nn.Dense(2))  # of another shape: nothing in this process was bound to it
    fresh.initialize()

    assert fresh(np.ones((2, 3))).shape == (2, 2)


@pytest.mark.parametrize('data', [[8, 8, 1], ImageBatches])
def test_a_last_batch_that_is_too_small_is_refused_before_the_first_step(data):
    devices = [mx.cpu(0), mx.cpu(1)]
    net = network()
    net.collect_params().reset_ctx(devices)
    if data is ImageBatches:
        given = ImageBatches(onp.zeros((17, 8, 8), 'uint8'), onp.zeros(17, 'uint8'), 8)
    else:
        given = [(np.ones((n, 1, 8, 8)), np.zeros(n)) for n in data]
    steps = []

    def loss(scores, y):
        steps.append(1)
        return mx.gluon.loss.SoftmaxCrossEntropyLoss()(scores, y)

    with pytest.raises(ValueError, match='a batch of 1 images cannot be divided over 1 workers'):
        fit(net, given, device=devices, loss=loss)
    assert steps == []


@pytest.mark.parametrize(
    'device, message',
    [
        ('cpu', "device must be a context of MXNet, such as mx.cpu.*got 'cpu'"),
        ([], r'device must be a context of MXNet.*got \[\]'),
        ([mx.cpu(), mx.cpu()], 'device names one twice'),
        (mx.cpu(1), r'net is on \[cpu\(0\)\], device is \[cpu\(1\)\]: call net.collect_params'),
        ([mx.cpu(0), mx.cpu(1)], r'net is on \[cpu\(0\)\]'),
    ],
)
def test_a_device_that_cannot_be_is_named(device, message):
    with pytest.raises(ValueError, match=message):
        fit(device=device)


@pytest.mark.parametrize('device', ['cpu', mx.cpu(1)])
def test_a_device_to_predict_on_is_named(device):
    with pytest.raises(ValueError, match='device'):
        training.evaluate(network(), batches(), device)


def test_weights_of_16_bits_are_named():
    net = network()
    net.cast('float16')
    for call in (fit, lambda net: training.evaluate(net, batches())):
        with pytest.raises(ValueError, match='weights of float16: call net.cast'):
            call(net)


@pytest.mark.parametrize('call', ['fit', 'predict', 'evaluate', 'load_trained'])
def test_a_forgotten_set_np_is_named(call):
    net, data = network(), batches()
    mx.npx.reset_np()
    try:
        with pytest.raises(RuntimeError, match=r'call npx.set_np\(\) first'):
            if call == 'fit':
                training.fit(net, data, epochs=1, lr=0.1, progress=False)
            elif call == 'load_trained':
                pretrained.load_trained()
            else:
                getattr(training, call)(net, data)
    finally:
        mx.npx.set_np()


# a recipe


def ten_classes(**more):
    return seq(conv(4, 3), nn.GlobalAvgPool2D(), nn.Dense(10), **more)


def test_a_recipe_trains_a_network_from_its_images_on():
    recipe = {**training.RECIPES['quick'], 'epochs': 1, 'batch_size': 300, 'resize': 8}
    losses = []
    for seed in (0, 0, 1):
        net = ten_classes()
        history = training.run(net, recipe, sample='quick', seed=seed, progress=False)
        losses.append(history[0]['loss'])

    assert losses[0] == pytest.approx(losses[1], rel=1e-5) and losses[0] != losses[2]
    assert history.about == {'seed': 1, 'images': 3000, 'recipe': recipe}
    assert history[0]['test_accuracy'] == training.evaluate(
        net, training.load(recipe, sample='quick')[1]
    )


QUICK = training.RECIPES['quick']


@pytest.mark.parametrize(
    'build, recipe, more, message',
    [
        (ten_classes, 'nope', {}, "recipe must be one of lecture, .*, got 'nope'"),
        (ten_classes, 3, {}, 'recipe must be one of .*, got 3'),
        (ten_classes, {'lr': 1}, {}, 'recipe lacks batch_size, epochs'),
        (ten_classes, {**QUICK, 'rate': 1}, {}, 'recipe has no use for rate'),
        (ten_classes, {**QUICK, 'init': 'lecun'}, {}, "init must be one of xavier, he, got 'lecun'"),
        (ten_classes, {**QUICK, 'epochs': 0}, {}, 'epochs must be a whole number'),
        (ten_classes, {**QUICK, 'resize': {2: 8}}, {}, 'resize must say the size from epoch 1'),
        (ten_classes, {**QUICK, 'resize': '8'}, {}, "resize must be a whole number >= 1, got '8'"),
        (ten_classes, 'quick', {'lr': 1}, 'lr is said by the recipe'),
        (ten_classes, 'quick', {'seed': -1}, 'seed must be a whole number from 0 to 4294967295'),
        (network, 'quick', {}, 'recipe trains on 10 classes, net has 2 outputs'),
        (lambda: networks.GoogLeNet(stage2_activation=None), 'quick', {},
         "stage 2 with activation relu, net has None: build it with stage2_activation='relu'"),
        (networks.GoogLeNet, 'lecture', {}, 'stage 2 with activation None, net has relu'),
        (lambda: networks.InceptionV3(10), 'quick', {}, 'needs images of at least 75 x 75'),
    ],
)  # fmt: skip
def test_what_a_recipe_does_not_train_is_refused_as_it_was(build, recipe, more, message):
    net = build()
    net.initialize(mx.init.Constant(0.5), force_reinit=True)
    with pytest.raises(ValueError, match=message):
        training.run(net, recipe, sample='quick', progress=False, **more)

    weight = list(net.collect_params('.*weight').values())[-1]
    weight.shape = tuple(max(n, 1) for n in weight.shape)
    weight._finish_deferred_init()
    assert (weight.data() == 0.5).all()


def test_a_network_that_is_bound_to_colour_is_refused():
    net = ten_classes()
    net.initialize()
    net(np.ones((1, 3, 8, 8)))
    with pytest.raises(ValueError, match='recipe gives images of 1 channels, net is bound to 3'):
        training.run(net, 'quick', sample='quick')


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
        ({'optimizer': ['sgd']}, 'optimizer must be one of sgd, adam'),
        ({'schedule': None}, 'schedule must be one of constant, one_cycle, got None'),
        ({'lr': '0.9'}, "lr must be a number > 0, got '0.9'"),
        ({'lr': True}, 'lr must be a number > 0, got True'),
        *[
            ({name: value}, f'{name} must be a number >= 0 and < 1, got {value!r}')
            for name in ('momentum', 'weight_decay')
            for value in (1.5, -1, float('nan'), '0.9', True, None)
        ],
        ({'loss': 'mean'}, r"loss must be a function of \(outputs, y\), got 'mean'"),
        ({'history': 3}, 'history must be a History, got 3'),
        ({'checkpoint': True}, 'checkpoint must be a path, got True'),
        ({'checkpoint': ''}, "checkpoint must be a path, got ''"),
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


# what is in a file in place of a history, of a network's record
CONTENTS = {
    'folder': None,
    'empty': b'',
    'HTML': b'<!DOCTYPE html><html>Not found</html>',
    'cut': b'{"about": {}, "interrupted": false, "epochs": [{"epo',
    'wrong encoding': '{"about": {"seed": "é"}, "interrupted": false, "epochs": []}'.encode(
        'latin-1'
    ),
    'wrong content': b'{"epochs": []}',
    'a list': b'[1, 2]',
    'epochs of numbers': b'{"about": {}, "interrupted": false, "epochs": [1, 2]}',
    'epochs without a number': b'{"about": {}, "interrupted": false, "epochs": [{}]}',
}


@pytest.mark.parametrize('content', CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize('read', [History.load, pretrained.load_trained])
def test_a_file_that_holds_no_history_is_named(tmp_path, content, read):
    path = tmp_path / 'x.json'
    path.mkdir() if content is None else path.write_bytes(content)

    with pytest.raises(ValueError, match='x.json is not a saved history') as told:
        read(path if read == History.load else tmp_path / 'x')
    assert '\n' not in str(told.value)


WEIGHTS = {
    'missing': (False, FileNotFoundError, 'no weights at .*x.safetensors'),
    'folder': (None, ValueError, 'x.safetensors is damaged'),
    'cut': (b'short', ValueError, 'x.safetensors is damaged: its SHA-256'),
    'right hash, HTML': (b'<html>', ValueError, 'x.safetensors is damaged, or no safetensors file'),
}


@pytest.mark.parametrize('content, error, message', WEIGHTS.values(), ids=WEIGHTS)
def test_weights_that_cannot_be_loaded_are_named(tmp_path, content, error, message):
    about = {'sha256': sha256(b'<html>'), 'recipe': {'stage2_activation': 'relu'}}
    History([], about).save(tmp_path / 'x.json')
    path = tmp_path / 'x.safetensors'
    if content is None:
        path.mkdir()
    elif content:
        path.write_bytes(content)

    with pytest.raises(error, match=message):
        pretrained.load_trained(tmp_path / 'x')


def test_a_record_without_a_hash_is_named(tmp_path):
    History([], {'seed': 0}).save(tmp_path / 'x.json')
    with pytest.raises(ValueError, match='x.json does not describe a trained network'):
        pretrained.load_trained(tmp_path / 'x')
