"""Is every shape in a comment of the networks' files the one that the network gives?"""

import re
import sys
from pathlib import Path

from d2l_ext import networks
from d2l_ext.analysis import anatomy
from d2l_ext.networks import GoogLeNet, InceptionBN, InceptionResNetV2, InceptionV3, InceptionV4
from d2l_ext.networks.blocks import walk

import pytest
from mxnet import gluon

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
