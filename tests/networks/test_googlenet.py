"""Does GoogLeNet have the paper's shapes, and the parameters and multiply-adds that we count?"""

from d2l_ext.analysis import anatomy
from d2l_ext.networks import GoogLeNet

import pytest
from mxnet import autograd, np

# channels x height x width after each stage (the lecture at 96; Table 1 at 224)
STAGES = {
    96: [(64, 24, 24), (192, 12, 12), (480, 6, 6), (832, 3, 3), (1024, 1, 1), (10,)],
    224: [(64, 56, 56), (192, 28, 28), (480, 14, 14), (832, 7, 7), (1024, 1, 1), (10,)],
}


@pytest.mark.parametrize('size', STAGES)
def test_stage_shapes(size):
    net, X = GoogLeNet(), np.ones((1, 1, size, size))
    net.initialize()
    shapes = []
    for stage in net:
        X = stage(X)
        shapes.append(X.shape[1:])

    assert shapes == STAGES[size]


@pytest.mark.parametrize('channels, classes, count', [(1, 10, 5977530), (3, 1000, 6998552)])
def test_parameters(channels, classes, count):
    net = GoogLeNet(classes)
    net.initialize()
    net(np.ones((1, channels, 64, 64)))

    assert sum(p.data().size for p in net.collect_params().values()) == count


@pytest.mark.parametrize(
    'channels, classes, size, macs',
    [(1, 10, 96, 276066304), (1, 10, 224, 1502982144), (3, 1000, 224, 1582671872)],
)
def test_macs(channels, classes, size, macs):
    assert anatomy.count_macs(GoogLeNet(classes), (1, channels, size, size)) == macs


def test_every_parameter_receives_a_gradient():
    net = GoogLeNet()
    net.initialize()
    with autograd.record():
        loss = net(np.random.uniform(size=(4, 1, 64, 64))).sum()
    loss.backward()
    without = [n for n, p in net.collect_params().items() if float(abs(p.grad()).max()) == 0]

    assert without == []


def test_stage2_of_the_lecture_has_no_activations():
    ours, lecture = GoogLeNet(), GoogLeNet(stage2_activation=None)

    assert [layer.act is None for layer in ours.stage2[:2]] == [False, False]
    assert [layer.act is None for layer in lecture.stage2[:2]] == [True, True]


@pytest.mark.parametrize('classes', [0, -1, 2.5, True, 'ten'])
def test_classes_must_be_a_positive_integer(classes):
    with pytest.raises(ValueError, match='classes must be a whole number >= 1, got'):
        GoogLeNet(classes)
