"""Does GoogLeNet have the paper's shapes, and the parameters and multiply-adds that we count?"""

import re
import sys
from pathlib import Path

from d2l_ext import networks
from d2l_ext.analysis import anatomy
from d2l_ext.networks import GoogLeNet, InceptionBN, InceptionResNetV2, InceptionV3, InceptionV4
from d2l_ext.networks.blocks import walk

import pytest
from mxnet import autograd, gluon, np

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


FOLDER = Path(networks.__file__).parent
SHAPE = re.compile(r'# (\d+) x (\d+) x (\d+)$')
ROW = re.compile(r"    '(\d\w)': ")
# a network, the path of the part that is sent an input, and the shape of that input
PARTS = [
    (lambda: GoogLeNet(1000), '', (3, 224, 224)),
    (lambda: GoogLeNet(1000, aux=True), 'head.aux_4a', (512, 14, 14)),
    (InceptionBN, '', (3, 224, 224)),
    (InceptionV3, '', (3, 299, 299)),
    (lambda: InceptionV3(aux=True), 'head.aux', (768, 17, 17)),
    (InceptionV4, '', (3, 299, 299)),
    (InceptionResNetV2, '', (3, 299, 299)),
]


def written_shapes():
    """Return {(file, line): shape} of the comments that end in a shape, and {(file, line): row}."""
    shapes, rows = {}, {}
    for path in FOLDER.glob('*.py'):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if found := SHAPE.search(line):
                shapes[path.name, number] = tuple(map(int, found.groups()))
                if row := ROW.match(line):
                    rows[path.name, number] = row[1]
    return shapes, rows


@pytest.fixture
def lines_of(monkeypatch):
    """{a block: the lines of the networks' files that were at work when it was made}."""
    lines, init = {}, gluon.Block.__init__

    def noted(block, *args, **options):
        init(block, *args, **options)
        frame, found = sys._getframe(1), set()
        while frame:
            path = Path(frame.f_code.co_filename)
            if path.parent == FOLDER:
                found.add((path.name, frame.f_lineno))
            frame = frame.f_back
        lines[block] = found

    monkeypatch.setattr(gluon.Block, '__init__', noted)
    return lines


def test_every_shape_in_a_comment_is_the_one_that_the_network_gives(lines_of):
    shapes, rows = written_shapes()
    wrong, met = [], set()
    for build, part, shape in PARTS:
        net = build()
        part = dict(walk(net))[part]
        blocks = dict(walk(part))
        given = {}
        for call in anatomy.trace(part, (1, *shape)):
            lines = lines_of[blocks[call.path]]
            files = {file for file, _ in lines}
            named = call.path.rpartition('inception_')[2]
            lines |= {
                (file, n) for (file, n), row in rows.items() if row == named and file in files
            }
            # what a line makes ends in the last of its blocks that is called
            given |= dict.fromkeys(lines, call.out_shape[1:])
        met |= given.keys()
        wrong += [
            f'{file}:{number}: {shapes[file, number]} is {given[file, number]}'
            for file, number in shapes.keys() & given.keys()
            if shapes[file, number] != given[file, number]
        ]

    assert wrong == []
    assert shapes.keys() - met == set()
    assert len(shapes) > 60
