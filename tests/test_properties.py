"""Does every public function give a right result, or say in one line which argument cannot be?

TABLE has the public functions, with what each of their arguments may be and what a right result is.
Hypothesis draws arguments that are right, and puts others in the place of up to two of them. A refusal is
an error that our own code raises, in one line, with the name of an argument; it changes no network, no
array and no file. `make test` draws the same examples each time, `make test-all` others and more.
"""

import functools
import hashlib
import importlib
import inspect
import io
import json
import math
import pkgutil
import re
import traceback
import warnings
from importlib.util import find_spec
from pathlib import Path

import d2l_ext
from d2l_ext import analysis, data, figures, networks, pictures, tables, training, weights
from d2l_ext.analysis import activations, deferred_init, receptive_fields, saliency
from d2l_ext.data import audit, corruptions
from d2l_ext.diagnostics import speed
from d2l_ext.figures import explorer
from d2l_ext.networks import blocks, inception_bn, inception_resnet_v2, inception_v3, shared_blocks
from d2l_ext.runtime import arguments, files
from d2l_ext.training import checkpoint, pretrained, recipes, validation
from d2l_ext.weights import graph_files, onnx_files, safetensors_files, torch_port

import mxnet as mx
import numpy as onp
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mxnet import np
from mxnet.gluon import nn
from PIL import Image

PACKAGE = Path(d2l_ext.__file__).parent
REFUSED = (ValueError, TypeError, OSError, data.DataError)
if not find_spec('torch'):
    REFUSED += (ImportError,)  # a .pth is read by PyTorch


class Made:
    """A value that is made when it is used, anew for each example or once for all."""

    def __init__(self, name, make, once=False):
        self.name, self.make = name, functools.cache(make) if once else make

    def __repr__(self):
        return self.name


class TwoLines:
    """What no function takes, and what must not break a message in two."""

    def __repr__(self):
        return 'two\nlines'


def fresh():
    """A block of two branches and a dense layer, on images of 8 x 8: GoogLeNet in small."""
    block = blocks.Concat(branch1x1=blocks.conv(2, 1), branch3x3=blocks.conv(2, 3))
    net = blocks.seq(inception_3a=block, pool=nn.GlobalAvgPool2D(), head=nn.Dense(4))
    net.initialize()
    net(np.zeros((1, 1, 8, 8)))
    return net


def unbound():
    return blocks.seq(inception_3a=blocks.Concat(branch1x1=blocks.conv(2, 1)))


def noted():
    net = unbound()
    deferred_init.note(net)
    net.initialize()
    net(np.zeros((1, 1, 8, 8)))
    return net


def normed():
    net = blocks.seq(blocks.conv_bn(2, 1), nn.Dense(4))
    net.initialize()
    net(np.zeros((1, 1, 8, 8)))
    return net


def pixels(*shape):
    return onp.random.RandomState(0).uniform(size=shape).astype('float32')


def stored(kind='PNG', size=(20, 30)):
    file = io.BytesIO()
    Image.new('RGB', size, 'navy').save(file, kind)
    return file.getvalue()


FOLDER = Path('.')  # of the test that runs: see `folder`


def file_of(name, content):
    def write():
        path = FOLDER / name
        path.write_bytes(content() if callable(content) else content)
        return str(path)

    return Made(name, write)


@functools.cache
def saved(kind):
    """The bytes of a file that we wrote ourselves."""
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / 'net'
        if kind == 'safetensors':
            safetensors_files.save(fresh(), path)
        elif kind == 'onnx':
            onnx_files.save_onnx(fresh(), path, (1, 1, 8, 8))
        else:
            graph_files.save_graph(fresh(), path)
            path = Path(f'{path}{kind}')
        return path.read_bytes()


def graph_of(*missing):
    def write():
        for suffix in graph_files.SUFFIXES:
            if suffix not in missing:
                (FOLDER / f'graph{suffix}').write_bytes(saved(suffix))
        return str(FOLDER / 'graph')

    return Made('a graph', write)


class Good:
    """What an argument may be: `plain`, and what else: values, or strategies for them."""

    def __init__(self, plain, *others):
        self.plain = plain
        self.strategy = st.one_of(
            st.just(plain), *(o if isinstance(o, st.SearchStrategy) else st.just(o) for o in others)
        )


NET = Made('net', fresh, once=True)
FRESH = Made('fresh()', fresh)
X = Made('X', lambda: np.array(pixels(2, 1, 8, 8)), once=True)
OUT = Made('a file to write', lambda: str(FOLDER / 'out'))
GREY = (pixels(4, 6, 6) * 255).astype('uint8')
FLOATS = pixels(4, 6, 6)
LABELS = onp.array([0, 1, 0, 1])
FEATURES = pixels(12, 3)
MAPS = pixels(2, 4, 4)
EPOCHS = [{'epoch': 1, 'loss': 1.5, 'train_accuracy': 0.5, 'test_accuracy': None}]
SIDES = st.integers(1, 40)

net = Good(NET)
images = Good(GREY, FLOATS, onp.zeros((2, 5, 5, 3), 'uint8'))
labels = Good(LABELS, LABELS.tolist(), LABELS.astype('uint8'))
title = Good('', 'a title', 'five $ and 1 $', st.text(max_size=5))
seed = Good(0, st.integers(0, 2**31 - 1), onp.int64(3))
count = Good(1, st.integers(1, 4), onp.int64(2))
shape = Good((1, 1, 8, 8), st.tuples(st.integers(1, 3), st.just(1), SIDES, SIDES), [2, 1, 8, 8])
share = Good(0.5, st.floats(0.01, 1), 1, onp.float32(0.5))
names = Good(['a', 'b'], ('a', 'b'), onp.array(['a', 'b']))
classes = Good(4, st.integers(1, 20), onp.int64(3))
kernel = Good(3, 1, 5, (1, 3), [3, 1], onp.int64(3))
scale = Good(0.1, st.floats(-2, 2), 1, onp.float32(0.5))
features = Good(FEATURES, FEATURES.tolist(), FEATURES.astype('float32'))
block = Good('3a')
branch = Good('branch1x1', 'branch3x3')
images_x = Good(X, Made('np.ones', lambda: np.ones((1, 1, 8, 8))))
out = Good(OUT)
BATCHES = Made('batches', lambda: [(np.array(pixels(3, 1, 8, 8)), np.array([0, 1, 3]))])
batches = Good(BATCHES, Made('[1 image]', lambda: [(np.ones((1, 1, 8, 8)), np.zeros(1, 'int32'))]))

WRONG = st.one_of(
    st.sampled_from(
        [
            None, True, False, -1, 0, 1.5, -0.5, 10**30, 10**400, math.nan, math.inf, -math.inf, 1 + 2j,
            '', ' ', 'a', 'relu', '3', 'a\0b', 'a\nb', '名', 'a' * 300, '/', '.', 'no/such/file',
            b'', b'\x00', (), [], {}, (1,), (1, 1, 8), (1, 1, 8, 0), (1, 1, -8, 8), (1, 2, 8, 8), (2.0, 3),
            [1, 'a'], [[1], [1, 2]], [None], {'a': 1}, {1: 'a'}, {'a': {}}, {'a': None}, {'a': []},
            {'a': {'b': 'c'}}, {'a': [math.nan]}, TwoLines(), {'a': TwoLines()},
            onp.bool_(True), onp.int64(-3), onp.float32(math.nan), onp.datetime64('2020-01-01'),
            onp.zeros(0), onp.zeros((0, 3)), onp.zeros((3, 3)), onp.zeros((2, 1, 8, 8)), onp.array('a'),
            onp.array([math.nan, 1]), onp.array([999, 3]), onp.array([-1, 1]), onp.array([1.5, 2.5]),
            onp.array([True, False]), onp.array(['a', 'b']), onp.array([None, {}]), onp.zeros((2, 2), 'c8'),
            onp.full((2, 4, 4), math.inf), onp.zeros((4, 6, 6), 'int8'), onp.zeros((1, 1, 1, 1, 1, 1)),
            Made('np.zeros((1, 3, 8, 8))', lambda: np.zeros((1, 3, 8, 8))),
            Made('np.zeros((0, 1, 8, 8))', lambda: np.zeros((0, 1, 8, 8))),
            Made('NaN pixels', lambda: np.full((2, 1, 8, 8), math.nan)),
            Made('np.zeros(3)', lambda: np.zeros(3)),
            Made('mx.nd.zeros', lambda: mx.nd.zeros((1, 1, 8, 8))),
            Made('int32', lambda: np.zeros((1, 1, 8, 8), 'int32')),
            Made('never initialized', unbound), Made('nn.Block', nn.Block), Made('seq()', blocks.seq),
            Made('nn.Dense', lambda: nn.Dense(3)), Made('a folder', lambda: str(FOLDER)),
            Made('a generator', lambda: (n for n in [1, 2])), Made('no context', lambda: [mx.cpu(), 'cpu']),
            [((), ())], [(1, 2, 3)], [(onp.zeros((1, 1, 8, 8)), [9])], [(onp.zeros((1, 1, 8, 8)), [0.5])],
            {0: []}, {1: []}, {True: []},
        ]
    ),
    st.integers(-300, 300), st.just(2**40), st.floats(),
    st.text(st.characters(exclude_characters='/'), max_size=6), st.binary(max_size=6),
    st.lists(st.integers(-3, 3), max_size=4),
    st.builds(
        file_of, st.sampled_from(['bytes', 'bytes.safetensors', 'bytes.pth', 'bytes.png']),
        st.binary(max_size=80),
    ),
)  # fmt: skip


class Case:
    """A row of TABLE: the function, what its arguments may be, what its result must be.

    `right(result, given)` raises or returns False for a wrong result. `kept` are arguments that once gave
    a fault, each with plain ones beside it. Hypothesis alone takes 5 ms an example: 50, fewer of what is
    dearer, keep the file to a minute of one core.
    """

    def __init__(self, call, right, kept=(), examples=50, names=(), **allowed):
        self.call, self.right, self.examples, self.allowed = call, right, examples, allowed
        self.kept = [self.plain() | one for one in kept]
        self.names = [*allowed, *names]

    def plain(self):
        return {name: good.plain for name, good in self.allowed.items()}

    @functools.cached_property
    def strategy(self):
        @st.composite
        def arguments_of(draw):
            chosen = {name: draw(good.strategy) for name, good in self.allowed.items()}
            for name in draw(st.lists(st.sampled_from(list(chosen)), max_size=2, unique=True)):
                chosen[name] = draw(WRONG)
            return chosen

        return arguments_of()


def digest(value):
    """Return what tells whether a network, an array or a folder has changed."""
    if isinstance(value, nn.Block):
        return [
            (name, p.shape, p._data and [array.asnumpy().tobytes() for array in p.list_data()])
            for name, p in value.collect_params().items()
        ]
    if isinstance(value, (onp.ndarray, mx.nd.NDArray)):
        array = value if isinstance(value, onp.ndarray) else value.asnumpy()
        return array.tobytes() if array.dtype != object else None
    return None


def contents(folder):
    return {
        path: hashlib.sha256(path.read_bytes()).digest() if path.is_file() else None
        for path in folder.rglob('*')
    }


def check(case, chosen):
    """Call the function of `case` with what was chosen; raise AssertionError for what may not be."""
    given_ = {name: v.make() if isinstance(v, Made) else v for name, v in chosen.items()}
    before = {name: digest(value) for name, value in given_.items()}, contents(FOLDER)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            result = case.call(**given_)
    except Exception as error:
        told = str(error)
        last = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
        assert isinstance(error, REFUSED), repr(error)
        assert PACKAGE in last.parents or isinstance(error, OSError), f'{last}: {error!r}'
        assert told and len(told.splitlines()) == 1, told
        named = any(re.search(rf'(?<!\w){name}(?!\w)', told, re.IGNORECASE) for name in case.names)
        named = named or any(type(v) is str and v and v in told for v in given_.values())  # a path
        assert named or isinstance(error, (OSError, ImportError)), told
        after = {name: digest(value) for name, value in given_.items()}, contents(FOLDER)
        assert after == before, f'changed after: {told}'
    else:
        assert case.right(result, given_) is not False, result


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(globals(), 'FOLDER', tmp_path)


# what right results are


def is_block(result, given_):
    return isinstance(result, nn.HybridBlock)


def is_table(result, given_):
    """A table that can be shown in every way."""
    text, page = str(result), result._repr_html_()
    return isinstance(result, tables.Table) and text and page.endswith('</table>')


def is_picture(result, given_):
    return isinstance(result, figures.Picture) and len(result.alt) > 5


def is_finite(result, given_=None):
    return onp.isfinite(onp.asarray(result, float)).all()


def is_count(result, given_):
    return type(result) is int and result >= 0


def gives(shape_, block_, channels=1):
    """Does a block make this of an image of 8 x 8?"""
    block_.initialize()
    return block_(np.zeros((1, channels, 8, 8))).shape == shape_


def loads_back(result, given_):
    other = fresh()
    safetensors_files.load(other, given_['path'])
    ours, theirs = digest(given_['net']), digest(other)
    return [one[1:2] for one in ours] == [one[1:2] for one in theirs]


def same_scores(result, given_):
    graph = graph_files.load_graph(given_['path'])
    x = np.array(pixels(2, 1, 8, 8))
    return onp.allclose(graph(x).asnumpy(), given_['net'](x).asnumpy(), atol=1e-5)


def of_net(given_, right):
    """Tell whether a result is right; of another network than NET, that there is one is enough."""
    return given_['net'] is not NET.make() or right


def is_history(result, given_):
    return (
        isinstance(result, training.History) and len(result) and math.isfinite(result[-1]['loss'])
    )


def silenced(net, block, branch, value):
    with activations.silenced(net, block, branch, value):
        return activations.branch_maps(net, np.ones((1, 1, 8, 8)))[block][branch]


def resized(images, size, step):
    return onp.concatenate(list(data.resized(images, size, step)))


def epochs_of(**options):
    """Draw one epoch of an ImageBatches."""
    return list(data.ImageBatches(**options))


def conv_size(side_, kernel_, stride, pad):
    return (side_ + 2 * pad - kernel_) // stride + 1


def pooled(result, given_):
    k, s, p = (given_[name] for name in ('kernel', 'strides', 'padding'))
    (kh, kw), (sh, sw), (ph, pw) = (
        v if isinstance(v, (tuple, list)) else (v, v) for v in (k, s, p)
    )
    wanted = (1, 1, conv_size(8, kh, sh, ph), conv_size(8, kw, sw, pw))
    return min(wanted) < 1 or result(np.zeros((1, 1, 8, 8))).shape == wanted


def convolved(result, given_):
    return isinstance(result, nn.Conv2D) and result._channels == given_['channels']


def built(result, given_):
    shape_ = (1, given_['classes'])
    return analysis.trace(result, (1, 3, 299, 299))[-1].out_shape == shape_


def by_formula(result, given_):
    """4 scores of 2 + 2 channels; 1x1 of 1 channel to 2, 3x3 of 1 channel to 2, at each pixel."""
    height, width = given_['shape'][2:]
    return of_net(given_, result == height * width * (2 + 18) + 4 * 4)


def ranks_agree(result, given_):
    return -1 - 1e-9 <= result <= 1 + 1e-9


def history(epochs, about, path):
    training.History(epochs, about).save(path)
    json.loads(Path(path).read_bytes(), parse_constant=lambda name: 1 / 0)  # no NaN: it is not JSON
    return training.History.load(path)


window = dict(kernel=kernel, strides=Good(1, 2, (1, 2)), padding=Good(0, 1, (0, 0), [0, 0]))
predictions = Good(LABELS, [1, 1, 0, 0])
maps_of = Good({'3a': {'branch1x1': MAPS[0], 'branch3x3': MAPS[1]}}, {'a$': {'b': [[1, 2]]}})
fit_options = dict(
    net=Good(FRESH), train_iter=batches, test_iter=Good(None, BATCHES), epochs=Good(1, 2, onp.int64(1)),
    lr=Good(0.1, st.floats(1e-4, 0.5), onp.float32(0.1), 1), optimizer=Good('sgd', 'adam'),
    momentum=Good(0.0, 0.9, onp.float32(0.5)), weight_decay=Good(0.0, 1e-3),
    schedule=Good('constant', 'one_cycle'), loss=Good(networks.joint_loss),
    device=Good(None, Made('cpu', mx.cpu), Made('[cpu]', lambda: [mx.cpu()])), progress=Good(False),
    history=Good(None, Made('a history', lambda: training.History(EPOCHS))),
    checkpoint=Good(None, Made('a new folder', lambda: str(FOLDER / 'checkpoints' / 'here'))),
    every=Good(1, 100), about=Good(None, {'seed': 0}), precision=Good('float32'),
)  # fmt: skip
recipe = {**training.RECIPES['quick'], 'epochs': 1}
recipes_ = Good('quick', *training.RECIPES, recipe, {**recipe, 'resize': (32, 40)},
                {**recipe, 'resize': {1: 32, 3: 48}})  # fmt: skip
recipes_wrong = [
    {'recipe': recipe | change}
    for change in (
        {'resize': None}, {'resize': {}}, {'resize': {2: 32}}, {'resize': {1: 'a'}}, {'resize': (1, 2, 3)},
        {'batch_size': True}, {'stage2_activation': []}, {'standardize': 'no'}, {'init': None},
    )
]  # fmt: skip

TABLE = {
    # networks
    'networks.blocks.conv': Case(
        blocks.conv, convolved, channels=count, kernel=kernel, strides=Good(1, 2, (1, 2)),
        padding=Good(None, 0, 1, (1, 0)), activation=Good('relu', None, 'tanh'), use_bias=Good(True, False),
        kept=[{'use_bias': onp.zeros(0)}, {'channels': 'a'}, {'kernel': (1, 2, 3)},
              {'activation': 'swish'}, {'strides': 0}],
    ),
    'networks.blocks.conv_bn': Case(
        blocks.conv_bn, is_block, channels=count, kernel=kernel, strides=Good(1, 2),
        padding=Good(None, 0, 1),
    ),
    'networks.blocks.max_pool': Case(blocks.max_pool, pooled, **window, kept=[{'padding': 3}]),
    'networks.blocks.avg_pool': Case(
        blocks.avg_pool, pooled, **window, count_include_pad=Good(False, True),
        kept=[{'count_include_pad': onp.zeros(0)}, {'kernel': 'a'}],
    ),
    'networks.blocks.seq': Case(
        lambda **layers: blocks.seq(**layers), lambda made, g: len(made) == 2,
        a=Good(Made('conv', lambda: blocks.conv(1, 1))), b=Good(FRESH), kept=[{'a': 3}],
    ),
    'networks.blocks.Concat': Case(
        blocks.Concat, lambda made, g: list(made._children) == ['a', 'b'],
        a=Good(Made('conv', lambda: blocks.conv(1, 1))), b=Good(FRESH), kept=[{'b': None}],
    ),
    'networks.blocks.Residual': Case(
        blocks.Residual,
        lambda made, g: not isinstance(g['body'], nn.Conv2D) or gives((1, 1, 8, 8), made),
        body=Good(Made('conv', lambda: blocks.conv(1, 3))), scale=scale,
        activation=Good('relu', None), kept=[{'scale': 'a'}, {'scale': 2e-309}, {'activation': 'swish'}],
    ),
    'networks.blocks.walk': Case(
        lambda block: [path for path, _ in blocks.walk(block)],
        lambda paths, g: paths[0] == '' and len(set(paths)) == len(paths),
        block=Good(NET), names=['net'], kept=[{'block': None}],
    ),
    'networks.blocks.is_layer': Case(
        lambda block: blocks.is_layer(block), lambda told, g: type(told) is bool, block=Good(NET),
    ),
    'networks.blocks.passed': Case(
        lambda net, X: blocks.passed(net, X), lambda scores, g: of_net(g, scores.shape == (len(g['X']), 4)),
        net=net, X=images_x, kept=[{'X': Made('empty', lambda: np.zeros((0, 1, 8, 8)))}],
    ),
    'networks.GoogLeNet': Case(
        networks.GoogLeNet, built, classes=classes, stage2_activation=Good('relu', None, 'tanh'),
        lrn=Good(False, True), dropout=Good(0.0, 0.4), aux=Good(False, True), examples=12,
        kept=[{'stage2_activation': 'swish'}, {'classes': 10**30}, {'classes': onp.int64(3)}],
    ),
    'networks.InceptionBN': Case(
        networks.InceptionBN, built, classes=classes, unit=Good(blocks.conv_bn, blocks.conv), examples=10
    ),
    'networks.InceptionV3': Case(
        networks.InceptionV3, built, classes=classes, aux=Good(False, True), dropout=Good(0.5, 0),
        transform_input=Good(False, True), examples=5, kept=[{'classes': onp.int64(3)}],
    ),
    'networks.InceptionV4': Case(
        networks.InceptionV4, built, classes=classes, dropout=Good(0.2, 0), examples=4
    ),
    'networks.InceptionResNetV2': Case(
        networks.InceptionResNetV2, built, classes=classes, dropout=Good(0.2, 0),
        scales=Good((0.1, 0.1, 0.2), [1, 1, 1]), examples=4,
    ),
    'networks.Inception': Case(
        networks.Inception, lambda made,
        g: gives((1, g['c1'] + g['c2'][1] + g['c3'][1] + g['c4'], 8, 8), made),
        c1=count, c2=Good((1, 2), [3, 1]), c3=Good((1, 2)), c4=count, kept=[{'c2': (1, True)}],
    ),
    'networks.TruncatedNormal': Case(
        networks.TruncatedNormal, lambda made, g: made.sigma == float(g['sigma']), sigma=share,
        kept=[{'sigma': 'a'}],
    ),
    'networks.googlenet.inception_blocks': Case(
        importlib.import_module('d2l_ext.networks.googlenet').inception_blocks,
        lambda made, g: len(made) == {'3': 2, '4': 5, '5': 2}[g['stage']],
        stage=Good('3', '4', '5'), kept=[{'stage': '6'}, {'stage': ''}], examples=50,
    ),
    'networks.googlenet.auxiliary_classifier': Case(
        importlib.import_module('d2l_ext.networks.googlenet').auxiliary_classifier, is_block,
        classes=classes, kept=[{'classes': 'a'}],
    ),
    'networks.googlenet.AdaptiveAvgPool': Case(
        importlib.import_module('d2l_ext.networks.googlenet').AdaptiveAvgPool,
        lambda made, g: gives((1, 1, g['size'], g['size']), made), size=count,
    ),
    'networks.inception_bn.inception_bn_blocks': Case(
        inception_bn.inception_bn_blocks, lambda made, g: len(made) == {'3': 3, '4': 5, '5': 2}[g['stage']],
        stage=Good('3', '4', '5'), unit=Good(blocks.conv_bn, blocks.conv), examples=50,
        kept=[{'unit': 3}, {'unit': Made('never initialized', unbound)}],
    ),
    'networks.inception_resnet_v2.inception_resnet_v2_a': Case(
        inception_resnet_v2.inception_resnet_v2_a, is_block, scale=scale, examples=50
    ),
    'networks.inception_resnet_v2.inception_resnet_v2_b': Case(
        inception_resnet_v2.inception_resnet_v2_b, is_block, scale=scale, examples=50
    ),
    'networks.inception_resnet_v2.inception_resnet_v2_c': Case(
        inception_resnet_v2.inception_resnet_v2_c, is_block, scale=scale,
        activation=Good('relu', None), examples=50,
    ),
    'networks.inception_resnet_v2.linear_1x1': Case(
        inception_resnet_v2.linear_1x1, convolved, channels=count
    ),
    'networks.inception_v3.inception_v3_a': Case(
        inception_v3.inception_v3_a, is_block, pool_proj=count, examples=50
    ),
    'networks.inception_v3.inception_v3_c': Case(
        inception_v3.inception_v3_c, is_block, channels_7x7=count, examples=50
    ),
    'networks.inception_v3.auxiliary_classifier': Case(
        inception_v3.auxiliary_classifier, is_block, classes=classes, examples=50
    ),
    'networks.shared_blocks.classifier': Case(
        shared_blocks.classifier, is_block, classes=classes, dropout=Good(0.0, 0.5),
        kept=[{'classes': None}, {'dropout': 1}],
    ),
    'networks.shared_blocks.split_3x3': Case(shared_blocks.split_3x3, is_block, channels=count, examples=50),
    # analysis
    'analysis.trace': Case(
        analysis.trace,
        lambda calls, g: of_net(g, calls[-1].out_shape == (g['shape'][0], 4)), net=net, shape=shape
    ),
    'analysis.summary': Case(
        analysis.summary, is_table, net=net, shape=shape, depth=Good(None, 1, 2), examples=50
    ),
    'analysis.count_parameters': Case(
        analysis.count_parameters, lambda n, g: of_net(g, n == 4 + 20 + 20), net=net,
        shape=Good(None, (1, 1, 8, 8)),
        kept=[{'net': None}],
    ),
    'analysis.count_statistics': Case(
        analysis.count_statistics, is_count, net=Good(NET, Made('normed', normed)), kept=[{'net': None}]
    ),
    'analysis.count_macs': Case(analysis.count_macs, by_formula, net=net, shape=shape),
    'analysis.deferred_init.note': Case(
        deferred_init.note, is_table, net=Good(Made('unbound', unbound)), kept=[{'net': FRESH}, {'net': 3}]
    ),
    'analysis.deferred_init.report': Case(
        deferred_init.report, is_table, net=Good(Made('noted', noted)), kept=[{'net': ()}]
    ),
    'analysis.deferred_init.rebind': Case(
        lambda net, init: (deferred_init.rebind(net, init), net(np.zeros((1, 3, 9, 9))))[1],
        lambda scores, g: scores.shape == (1, 2, 9, 9), net=Good(Made('noted', noted)),
        init=Good(None, Made('Xavier', mx.init.Xavier)), kept=[{'init': 'xavier'}],
    ),
    'analysis.activations.steps': Case(
        activations.steps, lambda found,
        g: g['net'] is not NET.make() or list(found) == ['3a', 'pool', 'head'],
        net=net,
        kept=[{'net': None}],
    ),
    'analysis.activations.blocks': Case(
        activations.blocks, lambda found, g: type(found) is dict, net=net
    ),
    'analysis.activations.branch_of': Case(
        activations.branch_of, is_block, net=net, block=block, branch=branch
    ),
    'analysis.activations.forward': Case(
        activations.forward, lambda made, g: made.shape[0] == len(g['x']), net=net, x=images_x,
        start=Good(None, '3a'), stop=Good(None, 'pool', 'head'), examples=50,
        kept=[{'start': 'head', 'stop': '3a'}, {'x': Made('3 channels', lambda: np.zeros((1, 3, 8, 8)))},
              {'net': Made('never initialized', unbound), 'x': X}],
    ),
    'analysis.activations.branch_maps': Case(
        activations.branch_maps,
        lambda maps, g: of_net(g, list(maps.get('3a', ())) == ['branch1x1', 'branch3x3']), net=net,
        X=images_x, examples=50,
    ),
    'analysis.activations.silenced': Case(
        silenced, lambda maps, g: onp.allclose(maps, onp.reshape(g['value'], (-1, 1, 1))), net=Good(NET),
        block=block, branch=branch, value=Good(0.0, 1, [0.5, 1], onp.float32(2)), examples=50,
        kept=[{'value': 1e300}, {'value': True}, {'value': [[1.0, 2.0]]}],
    ),
    'analysis.activations.recorded': Case(
        activations.recorded, lambda made, g: hasattr(made, '__enter__'), net=net, kept=[{'net': 1}]
    ),
    'analysis.activations.check_initialized': Case(
        activations.check_initialized, lambda made, g: made is None, net=net
    ),
    'analysis.activations.neighbours': Case(
        activations.neighbours,
        lambda found, g: found.shape == (len(g['queries']), g['count']),
        queries=Good(FEATURES), others=features, count=count,
        kept=[{'queries': [[1], [1, 2]]}, {'queries': 5}, {'others': onp.zeros(0)}],
    ),
    'analysis.receptive_fields.receptive_field': Case(
        receptive_fields.receptive_field, lambda f,
        g: f.size == {'branch1x1': 1, 'branch3x3': 3}[g['branch']],
        net=net, block=block, branch=branch,
    ),
    'analysis.receptive_fields.pixels_seen': Case(
        receptive_fields.pixels_seen, lambda seen, g: seen.shape == (8, 8) and (seen >= 0).all(), net=net,
        X=images_x, block=block, branch=branch, seed=seed, examples=50,
        kept=[{'X': None}, {'seed': 2**40}],
    ),
    'analysis.receptive_fields.open_up': Case(
        receptive_fields.open_up, lambda made, g: made is g['net'], net=Good(FRESH), examples=50,
        kept=[{'net': None}]
    ),
    'analysis.receptive_fields.extent': Case(
        receptive_fields.extent, lambda rows, g: 0 <= rows <= len(g['seen']),
        seen=Good(onp.eye(3), [[0, 1], [0, 0]], onp.zeros((3, 3))), kept=[{'seen': 3}],
    ),
    'analysis.receptive_fields.side': Case(
        receptive_fields.side, lambda n, g: n >= 1, seen=Good(onp.ones((5, 5)), onp.eye(4)),
        centre=Good(2, 0, 1.5), share=share, kept=[{'seen': onp.zeros((3, 3))}, {'centre': 'a'}],
    ),
    'analysis.receptive_fields.effective_side': Case(
        receptive_fields.effective_side, lambda n, g: n in (1, 3), net=net, X=Good(X), block=block,
        branch=branch, share=share, examples=50, kept=[{'X': 3}],
    ),
    'analysis.receptive_fields.sheets': Case(
        receptive_fields.sheets,
        lambda made, g: made.shape == (g['count'], 1, *(n * g['side'] for n in g['images'].shape[2:])),
        images=Good(pixels(4, 1, 8, 8)), side=Good(2, 1), count=Good(1), kept=[{'images': None}],
    ),
    'analysis.saliency.class_map': Case(
        saliency.class_map, lambda maps, g: len(maps) == 2 and (maps >= 0).all(), net=net, X=Good(X),
        classes=Good([0, 3], onp.array([1, 1])), block=block, examples=50,
        kept=[{'block': 'pool'}, {'X': 1}],
    ),
    'analysis.saliency.occlusion': Case(
        saliency.occlusion, lambda lost, g: lost.shape[0] == 2 and (abs(lost) <= 1).all(), net=net,
        X=Good(X),
        classes=Good([0, 3]), patch=Good(4, 8), stride=Good(None, 4), fill=Good(0.0, 1), examples=50,
        kept=[{'fill': 10**400}, {'net': None}],
    ),
    'analysis.saliency.covered': Case(
        saliency.covered, lambda made, g: made.shape == (2, 1, 8, 8), X=Good(X), maps=Good(MAPS),
        count=Good(1, 0, 16), fill=Good(0.0, 2), examples=50, kept=[{'maps': None}],
    ),
    'analysis.saliency.spread': Case(
        saliency.spread, lambda made, g: made.sum() == pytest.approx(4 * MAPS.sum()), maps=Good(MAPS),
        size=Good((8, 8), [8, 8]), kept=[{'size': (9, 8)}, {'size': 8}, {'maps': 3}],
    ),
    'analysis.saliency.agreement': Case(
        saliency.agreement, ranks_agree, maps=Good(MAPS), others=Good(MAPS, MAPS + 1, onp.zeros((2, 4, 4))),
        kept=[{'others': [1]}, {'maps': None}],
    ),
    # data
    'data.resized': Case(
        resized, lambda made, g: made.shape == (4, *g['size']), images=Good(GREY),
        size=Good((8, 9), (6, 6)),
        step=Good(1000, 1, 3), kept=[{'size': 8}, {'step': 0}, {'images': FLOATS}],
    ),
    'data.ImageBatches': Case(
        epochs_of, lambda made, g: sum(len(y) for _, y in made) == 4, images=Good(GREY), labels=labels,
        batch_size=count, seed=Good(None, 0, 7), standardize=Good(False, True), examples=50,
        kept=[{'labels': [0.5] * 4}, {'images': 'a'}, {'labels': [[1], [1, 2]]},
              {'standardize': onp.zeros(3)}],
    ),
    'data.load_data_fashion_mnist': Case(
        data.load_data_fashion_mnist, lambda pair, g: [len(b.images) for b in pair] == [3000, 1000],
        batch_size=Good(128, 1), resize=Good(None, 8, (8, 9)), sample=Good('quick', None), seed=seed,
        standardize=Good(False, True), examples=25, kept=[{'seed': 2**33}, {'sample': []}],
    ),
    'data.audit.in_the_wild': Case(
        audit.in_the_wild, lambda made,
        g: made.shape == g['images'].shape and made.dtype == g['images'].dtype,
        images=images, strength=Good(0.5, 0, 1), seed=seed,
        steps=Good(tuple(corruptions.WILD), ['blur'], []),
        examples=40, kept=[{'steps': None}, {'images': None}, {'steps': 5}],
    ),
    'data.audit.by_class': Case(
        audit.by_class, lambda chosen, g: set(chosen) <= set(range(4)), labels=labels, count=Good(1, 2),
        classes=Good(None, [1], [0, 1]),
    ),
    'data.audit.summary': Case(
        audit.summary, is_table, collections=Good({'a': (GREY, LABELS)}, {'a': (FLOATS, LABELS)}),
        classes=names, kept=[{'collections': {'a': 3}}, {'classes': 5}, {'classes': []}],
        names=['labels', 'a'],
    ),
    'data.audit.nearest': Case(
        audit.nearest, lambda made, g: len(made[0]) == len(g['images']) and is_finite(made[1]),
        images=images,
        among=Good(None), block=Good(1000, 1), kept=[{'images': 'a'}],
    ),
    'data.audit.project': Case(
        audit.project, lambda points, g: points.shape == (12, 2) and is_finite(points), features=features,
        method=Good('pca'), seed=seed, examples=50,
        kept=[{'features': None}, {'features': pixels(8, 1)}],
    ),
    'data.audit.separability': Case(
        audit.separability, lambda told, g: 0 <= told <= 1, features_a=features, features_b=features,
        folds=Good(2, 3), seed=seed, examples=12, kept=[{'features_a': [[1], [1, 2]]}],
    ),
    'data.audit.purity': Case(
        audit.purity, lambda told, g: 0 <= told <= 1, features=features,
        groups=Good(onp.arange(12) % 3, list('abcdabcdabcd')), neighbours=Good(3, 11), examples=50,
        kept=[{'groups': 5}, {'groups': [[1]] * 12}],
    ),
    'data.audit.doubts': Case(
        audit.doubts, lambda order, g: sorted(order) == [0, 1, 2, 3], labels=labels,
        probabilities=Good(pixels(4, 2)), kept=[{'probabilities': [1]}],
    ),
    # weights
    'weights.copy': Case(
        lambda source, target: (weights.copy(source, target), source, target)[1:],
        lambda pair, g: [one[1:] for one in digest(pair[0])] == [one[1:] for one in digest(pair[1])],
        source=net, target=Good(FRESH),
        kept=[{'source': None}, {'target': 3}, {'source': Made('seq', unbound)}],
    ),
    'weights.safetensors_files.save': Case(
        safetensors_files.save, lambda made, g: g['dtype'] == 'float16' or loads_back(made, g), net=net,
        path=out, dtype=Good('float32', 'float16', 'float64'), examples=50,
        kept=[{'path': 'a\0b'}, {'path': Made('a folder', lambda: str(FOLDER))}, {'dtype': []},
            {'net': None},
              {'net': Made('never passed', unbound)}, {'net': Made('nn.Block', nn.Block)}],
        names=['weight'],
    ),
    'weights.safetensors_files.load': Case(
        lambda net, path: safetensors_files.load(net, path),
        lambda made, g: [p[1:] for p in digest(g['net'])] == [p[1:] for p in digest(fresh())] or True,
        net=Good(FRESH), path=Good(file_of('weights', lambda: saved('safetensors'))), examples=50,
        kept=[{'path': file_of('cut', lambda: saved('safetensors')[:90])}, {'path': 'a' * 300}],
    ),
    'weights.safetensors_files.read': Case(
        safetensors_files.read, lambda made, g: len(made) == 6,
        path=Good(file_of('weights', lambda: saved('safetensors'))),
    ),
    'weights.safetensors_files.write': Case(
        safetensors_files.write,
        lambda made, g: safetensors_files.read(g['path']).keys() == g['tensors'].keys(),
        tensors=Good({'a': FEATURES}, {'a': [1, 2]}, {'a': 3.0}), path=out,
        kept=[{'tensors': {0: []}}, {'tensors': {'a': 'b'}}, {'tensors': 3},
              {'tensors': {'a': onp.zeros(2, 'uint16')}}],
    ),
    'weights.safetensors_files.packed': Case(
        safetensors_files.packed, lambda made, g: type(made) is bytes, tensors=Good({'a': FEATURES})
    ),
    'weights.safetensors_files.parameters': Case(
        safetensors_files.parameters, lambda made, g: type(made) is dict, net=net, kept=[{'net': None}]
    ),
    'weights.graph_files.save_graph': Case(
        graph_files.save_graph, same_scores, net=net, path=out,
        shape=Good(None, (1, 1, 8, 8), [2, 1, 9, 9]),
        examples=30,
        kept=[{'net': None}, {'path': None}, {'shape': (1, 3, 8, 8)},
              {'net': Made('never initialized', unbound)}],
    ),
    'weights.graph_files.load_graph': Case(
        lambda path: graph_files.load_graph(path)(np.zeros((1, 1, 8, 8))),
        lambda scores, g: scores.shape == (1, 4), path=Good(graph_of()), examples=50,
        kept=[{'path': graph_of('-symbol.json')}, {'path': None}, {'path': '/'}, {'path': 'a' * 300}],
    ),
    'weights.graph_files.save_fused': Case(
        graph_files.save_fused, same_scores, net=net, path=out, shape=Good(None, (1, 1, 8, 8)), examples=20,
        kept=[{'path': ''}],
    ),
    'weights.graph_files.operators': Case(
        graph_files.operators, lambda made, g: made['Convolution'] == 2, path=Good(graph_of()), examples=50
    ),
    'weights.graph_files.size': Case(graph_files.size, is_count, path=Good(graph_of()), kept=[{'path': 3}]),
    'weights.graph_files.as_images': Case(
        graph_files.as_images, lambda made, g: made.dtype == 'float32' and made.ndim == 4,
        images=Good(pixels(2, 1, 8, 8)), kept=[{'images': 'a'}, {'images': [[1], [1, 2]]}],
    ),
    'weights.onnx_files.save_onnx': Case(
        onnx_files.save_onnx, lambda made,
        g: onnx_files.load_onnx(g['path'])(pixels(3, *g['shape'][1:])).shape == (3, 4),
        net=net, path=out, shape=Good((1, 1, 8, 8)), examples=10, kept=[{'path': None}, {'net': 1}],
    ),
    'weights.onnx_files.load_onnx': Case(
        lambda path, images: onnx_files.load_onnx(path)(images),
        lambda made, g: made.shape == (len(g['images']), 4),
        path=Good(file_of('net.onnx', lambda: saved('onnx'))), images=Good(pixels(2, 1, 8, 8)), examples=50,
        kept=[{'images': 'a'}, {'path': None}, {'path': file_of('empty', b'')}],
    ),
    'weights.torch_port.load_torch': Case(
        torch_port.load_torch, is_table, net=Good(FRESH),
        weights=Good(Made('state', lambda: {n: safetensors_files.values(p) for n, p in
                                            safetensors_files.parameters(fresh()).items()}),
                     file_of('net.safetensors', lambda: saved('safetensors'))),
        examples=50,
        kept=[{'weights': {1: 'a'}}, {'net': None}, {'weights': {'a.weight': [[1], [1, 2]]}}],
        names=['a.weight', 'a'],
    ),
    'weights.torch_port.read': Case(
        torch_port.read, lambda made, g: len(made) == 6,
        path=Good(file_of('net.safetensors', lambda: saved('safetensors'))),
        kept=[{'path': None}, {'path': 3}],
    ),
    # training
    'training.fit': Case(
        training.fit, is_history, **fit_options, examples=60,
        kept=[{'net': None}, {'checkpoint': 'a\0b'}, {'train_iter': {True: []}}, {'epochs': 2**40},
              {'lr': 10**400}, {'net': Made('never initialized', unbound)}, {'history': {}}],
    ),
    'training.predict': Case(
        training.predict, lambda made, g: len(made[0]) == len(made[1]), net=net, data_iter=batches,
        device=Good(None, Made('cpu', mx.cpu)), examples=50,
        kept=[{'data_iter': None}, {'data_iter': 5}, {'data_iter': onp.array('a')}, {'net': 3}],
    ),
    'training.evaluate': Case(
        training.evaluate, lambda made, g: 0 <= made <= 1, net=net, data_iter=batches, examples=50,
        kept=[{'data_iter': {}}],
    ),
    'training.train_ch5': Case(
        lambda **options: training.train_ch5(**options), is_history, net=Good(FRESH), train_iter=batches,
        test_iter=Good(None, BATCHES), num_epochs=Good(1), lr=Good(0.1), examples=20,
        kept=[{'net': None}, {'train_iter': 3}],
    ),
    'training.load': Case(
        training.load, lambda made, g: made[0][1].labels.shape == (3000,),
        recipe=Good(*[{**recipe, 'resize': 8}] * 2), sample=Good('quick', None), seed=seed, examples=20,
        kept=recipes_wrong, names=recipe,
    ),
    'training.run': Case(
        lambda net, recipe: training.run(net, recipe, progress=False), lambda made, g: False,
        net=Good(FRESH), recipe=Good({**recipe, 'batch_size': 0}), examples=60,
        kept=[*recipes_wrong, {'net': None}], names=recipe,
    ),
    'training.recipes.recipe_of': Case(
        recipes.recipe_of, lambda made, g: made.keys() == recipe.keys(), recipe=recipes_,
        kept=recipes_wrong,
        names=recipe,
    ),
    'training.recipes.sizes_of': Case(
        recipes.sizes_of, lambda made, g: 1 in made, recipe=recipes_, kept=recipes_wrong,
        names=recipe,
    ),
    'training.pretrained.load_trained': Case(
        pretrained.load_trained, lambda made, g: made[1].about['sha256'], path=Good(pretrained.TRAINED),
        device=Good(None, Made('cpu', mx.cpu)), examples=20,
        kept=[{'path': None}, {'device': 'cpu'}],
    ),
    'training.History': Case(
        history, lambda made, g: len(made) == len(g['epochs']),
        epochs=Good(EPOCHS, [], [{'epoch': 1, 'loss': onp.float32(2)}], [{'epoch': 1, 'loss': math.nan}]),
        about=Good(None, {'seed': onp.int64(0)}),
        path=Good(Made('history.json', lambda: str(FOLDER / 'h.json'))),
        kept=[{'epochs': 5}, {'epochs': onp.array('a')}, {'epochs': [3]}, {'about': {'a': 1j}},
              {'epochs': [{'epoch': 1.5}]}],
        names=['epoch'],
    ),
    'training.checkpoint.Checkpoint': Case(
        checkpoint.Checkpoint, lambda made, g: made.load() is None, every=Good(100, 1),
        folder=Good(Made('a new folder', lambda: str(FOLDER / 'checkpoints'))), names=['checkpoint'],
        kept=[{'folder': 'a\0b'}, {'folder': 'a\ud800'}],
    ),
    'training.validation.check_batch': Case(
        lambda X, y: validation.check_batch(X, y, 4), lambda made, g: made[1].dtype == 'int32',
        X=Good(pixels(3, 1, 8, 8)), y=Good([0, 1, 3], onp.array([0.0, 1, 3])), names=['train_iter'],
        kept=[{'X': [[1], [1, 2]]}, {'y': ['a', 'b', 'c']}],
    ),
    # figures
    'figures.bars': Case(
        figures.bars, is_picture,
        values=Good({'a': 1.5, 'b': 2}, {'$': {'median': 2, 'min': 1, 'max': 3}, 'c': 'no'}),
        unit=Good('images/s'), title=title, strong=Good((), ['a']), hatched=Good((), ['b']), examples=20,
        kept=[{'values': {'a': None}}, {'values': 3}, {'title': 3}, {'values': {1: 2}},
              {'unit': None}],
    ),
    'figures.stacked_bars': Case(
        figures.stacked_bars, is_picture, rows=Good({'3a': {'branch1x1': 64, 'b': 32}}, {'a': {'b$': 0.5}}),
        unit=Good('channels'), normalise=Good(False, True), title=title, examples=20,
        kept=[{'rows': {'a': {'b': None}}}, {'rows': {'a': 3}}, {'rows': {'a': {'b': math.inf}}}],
    ),
    'figures.learning_curve': Case(
        figures.learning_curve, is_picture,
        runs=Good(*[Made('a history', lambda: training.History(EPOCHS))] * 2), title=title, examples=15,
        kept=[
              {'runs': Made('a loss in words', lambda: training.History([{'epoch': 1, 'loss': 'a'}]))}],
    ),
    'figures.heatmap': Case(
        figures.heatmap, is_picture, values=Good(onp.eye(2), [[1, math.nan], [0, -1]]), rows=names,
        columns=names, unit=Good('%'), title=title, form=Good('{:.2f}', '{}'), examples=20,
        kept=[{'title': '\ud800'}, {'form': '{a}'}, {'form': '{'}, {'values': 'a'}, {'rows': 3},
              {'form': '{:d}'}],
    ),
    'figures.montage': Case(
        figures.montage, is_picture, images=Good(GREY, FLOATS, onp.zeros((4, 3, 5, 5))),
        labels=Good(None, list('abcd'), LABELS), columns=Good(10, 2), predictions=Good(None), title=title,
        examples=15, kept=[{'images': 'a'}, {'labels': 5}, {'images': FLOATS > 0.5}],
    ),
    'figures.confusion_matrix': Case(
        figures.confusion_matrix, is_picture, labels=Good(LABELS), predictions=predictions, classes=names,
        title=title, examples=15,
        kept=[{'labels': [0.5, 1, 0, 1]}, {'classes': 3}, {'labels': 'a'}],
    ),
    'figures.lines': Case(
        figures.lines, is_picture,
        series=Good({'a': [1, 2]}, {'a': {'x': 1.0, 'y': math.nan}}, {'b': {1: 2}}),
        xlabel=Good('x'), ylabel=Good('y'), title=title, log=Good('', 'y', 'xy'), examples=15,
        kept=[{'series': 3}, {'log': 'z'}, {'log': 'xy', 'series': {'a': {'x': 1.0}}},
              {'series': {'a': ['b']}}, {'xlabel': 3}, {'series': {'a': {None: 1}}}],
    ),
    'figures.dots': Case(
        figures.dots, is_picture, points=Good({'a': (1, 2)}, {'a': (0, 0), 'b$': onp.ones(2)}),
        xlabel=Good('x'), ylabel=Good('y'), title=title, examples=15,
        kept=[{'points': 3}, {'points': {'a': 5}}, {'points': {'a': (1, math.inf)}}, {'xlabel': 3}],
    ),
    'figures.accuracy_by_time': Case(
        figures.accuracy_by_time, is_picture, lines=Good({'a': [(1, 0.5), (20, 0.8)]}), title=title,
        levels=Good({}, {'b': 0.7}), examples=15,
        kept=[{'lines': {'a': [1]}}, {'lines': {'a': [(0, 0.5)]}}, {'lines': 3}],
    ),
    'figures.branch_maps': Case(
        figures.branch_maps, is_picture, maps=maps_of, title=title,
        image=Good(None, FLOATS[0], FLOATS[0][0]), examples=15,
        kept=[{'image': 3}, {'image': onp.zeros((2, 8, 8))}, {'maps': 3}, {'maps': {'a': {}}},
              {'maps': {'a': {'b': onp.zeros((0, 2))}}}],
    ),
    'figures.overlay': Case(
        figures.overlay, is_picture, images=Good(FLOATS[:2]), maps=Good({'a': MAPS}),
        labels=Good(None, ['a', 'b']),
        title=title, examples=15,
        kept=[{'maps': {'a': 'b'}}, {'labels': 5}, {'maps': {'a': MAPS * math.nan}}],
    ),
    'figures.data_parallel': Case(
        figures.data_parallel, is_picture, images=Good(8, onp.int64(9)), devices=names, title=title,
        examples=15,
        kept=[{'images': 2.5}, {'devices': 3}, {'images': None}],
    ),
    'figures.scatter': Case(
        figures.scatter, is_picture, points=Good(pixels(4, 2)),
        groups=Good({'a': list('abab')}, {'b': LABELS}),
        title=title, examples=12,
        kept=[{'points': 'a'}, {'groups': 3}, {'groups': {'a': [None, 1, 'b', 2]}}],
    ),
    'figures.fields': Case(
        figures.fields, is_picture, image=Good(FLOATS[0].repeat(4, 0).repeat(4, 1)),
        sizes=Good({'branch1x1': 1, 'branch3x3': onp.int64(3)}), row=Good(9, 5, 18), column=Good(9),
        title=title, examples=12,
        kept=[{'sizes': {}}, {'sizes': {'a': 'b'}}, {'image': 'a'}, {'row': 2}],
    ),
    'figures.ring_all_reduce': Case(
        figures.ring_all_reduce, is_picture, workers=Good('ABCD', ['a', 'b'], (1, 2, 3)), title=title,
        examples=8, kept=[{'workers': 3}, {'workers': 'A'}],
    ),
    'figures.layer_map': Case(
        figures.layer_map, is_picture, net=net, shape=Good((1, 1, 8, 8)), title=title, examples=8,
        kept=[{'net': 1}, {'shape': (1, 8)}],
    ),
    'figures.head_map': Case(
        figures.head_map, is_picture, net=Good(Made('aux', lambda: networks.GoogLeNet(aux=True))),
        shape=Good((1, 1, 65, 65)), title=title, examples=4, kept=[{'net': 1}, {'shape': (1, 8)}],
    ),
    'figures.stage_map': Case(
        figures.stage_map, is_picture, net=net, shape=Good((1, 1, 8, 8)), title=title, examples=12
    ),
    'figures.block_diagram': Case(
        figures.block_diagram, is_picture, block=Good(Made('3a', lambda: fresh()[0])), c_in=Good(1, 3),
        size=Good(None, 8, (8, 9)), title=title, width=Good(9, 5.5), examples=15,
        kept=[{'size': (1, 2, 3)}, {'size': True}, {'width': 'a'}, {'block': None}], names=['net',
              'shape'],
    ),
    'figures.explorer.arguments': Case(
        explorer.arguments, lambda made, g: explorer.positions(**made),
        values=Good((1, 2, 3, 4, 5, 6, 7, 8)),
        kept=[{'values': None}, {'values': [1]}, {'values': ['a'] * 8}],
    ),
    'figures.explorer.costs': Case(
        explorer.costs, is_table, c1=count, c2=Good((1, 2)), c3=Good((1, 2)), c4=count, c_in=count,
        size=Good(8, 1),
        examples=30, kept=[{'size': 'a'}, {'c_in': None}],
    ),
    'figures.explorer.Explorer': Case(
        explorer.Explorer, lambda made, g: made.values()['c1'] == 64, preset=Good('3a'), examples=8
    ),
    # tables, pictures
    'tables.Table': Case(
        tables.Table, is_table, columns=names,
        rows=Good([], [[1, 2]], [[math.nan, None]], onp.eye(2), [('a', True)]),
        title=title, total=Good(None, [1, 2]),
        kept=[{'rows': 3}, {'rows': onp.array('a')}, {'columns': 5}, {'rows': [3]}, {'total': 1}],
        names=['row'],
    ),
    'tables.show': Case(lambda value: tables.show(value), lambda made, g: type(made) is str,
                        value=Good(3, st.floats(), (1, 2), None)),
    'tables.plain': Case(
        lambda value: tables.plain(value), lambda made, g: getattr(made, 'shape', None) != (),
        value=Good(onp.float32(2), onp.array(3), Made('np.array(2)', lambda: np.array(2))),
    ),
    'pictures.predict': Case(
        pictures.predict, lambda made, g: len(made) == min(g['top'], 10),
        file=Good(Made('a PNG', lambda: io.BytesIO(stored())), GREY[0]), top=Good(3, 20), examples=10,
        net=Good(Made('trained', lambda: pretrained.load_trained()[0], once=True)),
        kept=[{'net': 3}, {'net': NET}, {'net': 0}],
    ),
    'pictures.prepare': Case(
        pictures.prepare, lambda made, g: made.shape == (48, 48) and made.dtype == 'uint8',
        file=Good(file_of('own.png', stored), *[file_of(f'own.{kind}', functools.partial(stored, kind))
                                               for kind in ('JPEG', 'GIF', 'BMP', 'TIFF', 'WEBP')],
                  GREY[0], Made('cut', lambda: io.BytesIO(stored()))),
        kept=[{'file': 'a' * 300}, {'file': 'a\0b'}, {'file': onp.zeros((2, 2, 3, 3), 'uint8')},
              {'file': file_of('cut.png', stored()[:60])}, {'file': onp.zeros((1, 1, 1), 'uint8')}],
    ),
    'pictures.read': Case(
        pictures.read, lambda made, g: isinstance(made, Image.Image), file=Good(file_of('own.png', stored))
    ),
    'pictures.standardized': Case(
        pictures.standardized, lambda made, g: made.shape == (4, 1, 6, 6), images=Good(GREY),
        kept=[{'images': FLOATS}, {'images': None}],
    ),
    # runtime, diagnostics
    'runtime.arguments.whole': Case(
        lambda n: arguments.whole('n', n), lambda made, g: made == g['n'] >= 1 and type(made) is int,
        n=Good(3, st.integers(1, 2**31 - 1), onp.uint8(7)),
        kept=[{'n': TwoLines()}, {'n': onp.zeros((3, 3))}, {'n': 10**400}],
    ),
    'runtime.arguments.number': Case(
        lambda n: arguments.number('n', n, above=0), lambda made, g: made == float(g['n']) > 0,
        n=Good(3, 0.5),
        kept=[{'n': 10**400}, {'n': 1e300}],
    ),
    'runtime.arguments.one_of': Case(
        lambda n: arguments.one_of('n', n, ['a', 'b']), lambda made, g: made in ('a', 'b'), n=Good('a', 'b')
    ),
    'runtime.arguments.class_numbers': Case(
        lambda values: arguments.class_numbers('values', values), lambda made, g: made.min() >= 0,
        values=labels,
        kept=[{'values': [[1], [1, 2]]}, {'values': None}],
    ),
    'runtime.arguments.shape_of': Case(
        lambda n: arguments.shape_of('n', n), lambda made, g: min(made) >= 1, n=shape,
        kept=[{'n': (2**40, 1)}]
    ),
    'runtime.files.replace': Case(
        files.replace, lambda made, g: Path(g['path']).stat().st_size >= len(g['content']), path=out,
        content=Good('text', b'bytes'),
        kept=[{'path': None}, {'content': 3}, {'path': 'a\0b'}, {'path': 3}],
    ),
    'runtime.files.replace_all': Case(
        files.replace_all, lambda made, g: all(Path(path).is_file() for path in g['contents']),
        contents=Good({'a': 'text', 'b': b'bytes'}), names=['path', 'content'],
        kept=[{'contents': {'a': 'text', 'b': 3}}, {'contents': {'a': 'text', '.': 'text'}},
              {'contents': 3}],
    ),
    'runtime.files.content': Case(
        files.content, lambda made, g: type(made) is bytes, path=Good(file_of('a file', b'abc')),
        kept=[{'path': 'a' * 300}, {'path': 'a\0b'}],
    ),
    'runtime.files.sha256': Case(
        files.sha256, lambda made, g: len(made) == 64, content=Good('text', b'bytes'),
        kept=[{'content': None}]
    ),
    'diagnostics.speed.cell_seconds': Case(
        lambda step: speed.cell_seconds(1 if step is None else step),  # None would measure
        lambda made, g: made >= 300, step=Good(0.5, 3), kept=[{'step': 'a'}],
    ),
}  # fmt: skip

# what is not in TABLE: the reason, and the names or the beginnings of names
LEFT_OUT = {
    'starts processes, or reads what the system says: tests/runtime': (
        'runtime.environment.cpu_has', 'runtime.distributed.', 'runtime.gpu.', 'runtime.arm.',
        'runtime.cpu_load.', 'runtime.mxnet_log.', 'runtime.mxnet_imports.', 'diagnostics.doctor.',
        'diagnostics.speed.Speed',
    ),
    'needs a whole GoogLeNet: tests/weights/test_gated_files.py': ('weights.gated_files.',),
    'looks for the data set or fetches it: test_readers.py, tests/data': (
        'data.download.', 'data.fashion_mnist.cached', 'data.fashion_mnist.mapped',
        'data.fashion_mnist.store',
    ),
    'is a step of audit.in_the_wild': ('data.corruptions.',),
    'is a part of a network of TABLE, with constants for channels': (
        'networks.shared_blocks.', 'networks.network.', 'networks.googlenet.LRN',
        'networks.inception_bn.inception_bn_block', 'networks.inception_v3.TransformInput',
        'networks.blocks.check_network',
    ),
    'is a part of a picture of TABLE': (
        'figures.picture.', 'figures.images.draw_tile', 'figures.images.tiles', 'figures.steps.',
        'figures.explorer.naive', 'figures.explorer.positions', 'figures.explorer.image',
        'figures.curves.LiveCurve', 'pictures.upright', 'pictures.is_heic', 'pictures.one_line',
        'pictures.grey_levels', 'pictures.deep_levels', 'pictures.on_black', 'pictures.cut',
        'pictures.squared',
    ),
    'is a part of a training, which fit checks before': (
        'training.loop.', 'training.identity.', 'training.gluon_learner.', 'training.validation.',
        'training.device_limits.', 'training.amp.', 'training.progress.', 'training.trainer.by_recipe',
        'training.pretrained.save_trained',
    ),
    'is a part of what writes or reads a file in TABLE': (
        'weights.graph_files.graph', 'weights.graph_files.check_', 'weights.graph_files.some_images',
        'weights.graph_files.scores', 'weights.onnx_files.exported', 'runtime.files.is_device',
        'weights.onnx_files.session', 'weights.torch_port.opened',
        'weights.safetensors_files.check_range', 'weights.safetensors_files.values',
        'weights.safetensors_files.fits', 'weights.safetensors_files.put',
        'weights.safetensors_files.unpack',
    ),
    'takes seconds a call: tests/weights': (
        'weights.graph_files.save_int8', 'weights.onnx_files.save_onnx_int8',
    ),
    'needs PyTorch: tests/training/test_torch_learner.py': (
        'training.torch_learner', 'weights.torch_port.give_torch',
    ),
    'is a result, or tells something of one': (
        'analysis.anatomy.Call', 'analysis.anatomy.is_statistic', 'analysis.anatomy.parameters',
        'analysis.activations.rows', 'analysis.receptive_fields.Field',
    ),
    'is what all of TABLE refuses by, a row for each of the others': ('runtime.arguments.',),
}  # fmt: skip


def public():
    """Give {name: what it is} of all public functions and classes that take an argument."""
    found = {}
    for module in pkgutil.walk_packages(d2l_ext.__path__, 'd2l_ext.'):
        if module.name.endswith(
            ('__main__', 'torch_learner')
        ):  # test_command_line.py; needs PyTorch
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            own = getattr(value, '__module__', None) == module.name and not name.startswith('_')
            if own and (inspect.isfunction(value) or inspect.isclass(value)):
                if inspect.isclass(value) or inspect.signature(value).parameters:
                    found[f'{module.name}.{name}'.removeprefix('d2l_ext.')] = value
    return found


def test_every_public_function_is_in_the_table_or_left_out_with_a_reason():
    found, in_table = public(), set()
    for name in TABLE:
        value = d2l_ext
        for part in name.split('.'):
            value = getattr(value, part)
        in_table.add(value)
    reasons = tuple(name for names_ in LEFT_OUT.values() for name in names_)
    missing = [
        name
        for name, value in found.items()
        if value not in in_table and not name.startswith(reasons)
    ]
    unused = [reason for reason in reasons if not any(name.startswith(reason) for name in found)]

    assert missing == []
    assert unused == ['training.torch_learner']


@pytest.mark.parametrize('name', TABLE)
def test_a_right_result_or_one_line(name):
    run(TABLE[name], TABLE[name].examples)


@pytest.mark.slow
@pytest.mark.parametrize('name', TABLE)
def test_a_right_result_or_one_line_for_others_and_more(name):
    run(TABLE[name], TABLE[name].examples * 25, derandomize=False, print_blob=True)


def run(case, examples, **options):
    options = {'derandomize': True} | options
    test = given(case.strategy)(lambda chosen: check(case, chosen))
    for kept in [case.plain(), *case.kept]:
        test = example(kept)(test)
    settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck),
        **options,
    )(test)()  # fmt: skip
