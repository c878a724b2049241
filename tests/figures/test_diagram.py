"""Do the pictures say what is so, whole and readable, and once?"""

import base64
import io
from itertools import combinations
from types import SimpleNamespace

from d2l_ext import figures
from d2l_ext.networks import GoogLeNet, Inception
from d2l_ext.networks.blocks import Concat, conv, seq
from d2l_ext.networks.googlenet import GOOGLENET
from d2l_ext.networks.inception_v3 import inception_v3_e

import numpy as onp
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text
from mxnet import np
from mxnet.gluon import nn
from PIL import Image

CLASSES = ('t-shirt', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag')
CLASSES += ('ankle boot',)


class Residual(nn.HybridBlock):
    join = 'add'

    def __init__(self, *layers):
        super().__init__()
        self.body = seq(*layers)

    def hybrid_forward(self, F, x):
        return x + self.body(x) * 0.17


class Own(nn.HybridBlock):
    """A block as a learner writes it; with `twice`, one that no diagram can show."""

    def __init__(self, left, right, twice=False):
        super().__init__()
        self.left, self.right, self.twice = left, right, twice

    def hybrid_forward(self, F, x):
        left, right = self.left(x), self.right(x)
        return left * right if self.twice else F.np.concatenate([left, right], axis=1)


def inception_3a():
    return Inception(64, (96, 128), (16, 32), 32)


def six():
    return Concat(**{f'branch{i}': seq(conv(1024, 1), conv(1024, 3, 2)) for i in range(6)})


def residual():
    return Residual(Concat(branch1x1=conv(32, 1), branch3x3=conv(32, 3)), conv(320, 1))


def history(*accuracies, loss=2.0):
    """A history with these accuracies in the test; a loss of None was not recorded."""
    names = ('epoch', 'loss', 'train_accuracy', 'test_accuracy')
    rows = [(i, loss, a and a - 0.02, a) for i, a in enumerate(accuracies, 1)]
    return SimpleNamespace(epochs=[dict(zip(names, row, strict=True)) for row in rows])


def images(count, *shape):
    return onp.random.default_rng(0).integers(0, 256, (count, *shape), dtype=onp.uint8)


def resized(count):
    small = [Image.fromarray(image) for image in images(count, 12, 12)]
    return onp.stack([onp.asarray(image.resize((96, 96))) for image in small])


def channels():
    names = ('branch1x1', 'branch3x3', 'branch5x5', 'branch_pool')
    return {
        n: dict(zip(names, (a, c, e, f), strict=True))
        for n, (a, _, c, _, e, f) in GOOGLENET.items()
    }


def confusion():
    labels = onp.arange(2000) % 10
    return figures.confusion_matrix(labels, labels * (labels != 3), CLASSES, title='Confusions')


def speeds(title=''):
    spread = {'median': 100, 'min': 90, 'max': 120}
    values = {'half': 50, 'all': spread, 'bf16': 25, 'another': 'not installed'}
    return figures.bars(values, 'images/s', title, strong=('all',), hatched=('bf16',))


PICTURES = {
    '3a': lambda: figures.block_diagram(inception_3a(), 192, 28, title='inception (3a)'),
    '4e': lambda: figures.block_diagram(Inception(256, (160, 320), (32, 128), 128), 528),
    'v3 e': lambda: figures.block_diagram(inception_v3_e(), 1280, 8),
    'six branches': lambda: figures.block_diagram(six(), 1024),
    'residual': lambda: figures.block_diagram(residual(), 320, (35, 17)),
    'one branch': lambda: figures.block_diagram(Concat(branch1x1=conv(64, 1)), 192),
    'long names': lambda: figures.block_diagram(
        Concat(**{'a_name_that_is_longer_than_its_lane_' + c: conv(8, 1) for c in 'abcdef'}), 8
    ),
    'map 96': lambda: figures.stage_map(GoogLeNet(), (1, 1, 96, 96), title='GoogLeNet'),
    'map 224': lambda: figures.stage_map(GoogLeNet(), (1, 3, 224, 224)),
    'map of 10': lambda: figures.stage_map(
        seq(*(conv(512, 3) for _ in range(9))), (1, 3, 299, 299)
    ),
    'bars': lambda: figures.stacked_bars(channels(), title='Channels'),
    'shares': lambda: figures.stacked_bars(channels(), normalise=True),
    'curve': lambda: figures.learning_curve(history(0.62, 0.87, 0.88)),
    'curves': lambda: figures.learning_curve(
        {f'run {i}: a name of many words, 60 000 images': history(0.5, 0.88) for i in range(4)},
        title='Four alike',
    ),
    'lines': lambda: figures.lines(
        {
            f'{unit}, {name}': [3, 2, 1]
            for unit in ('plain', 'normalized')
            for name in ('He', 'Xavier')
        },
        'block',
        'standard deviation of the output',
        'Four lines',
    ),
    'montage': lambda: figures.montage(images(30, 28, 28), CLASSES * 3, title='Images'),
    'guesses': lambda: figures.montage(images(10, 28, 28), CLASSES, predictions=CLASSES[::-1]),
    'confusion': confusion,
    'speeds': lambda: speeds('Three and one that is not there'),
    'times': lambda: figures.accuracy_by_time(
        {
            'theirs, recorded': [(700, 0.6), (3500, 0.85)],
            **{f'ours, seed {i}': [(80 + i, 0.8), (220 + i, 0.88)] for i in range(3)},
        },
        'Accuracy by time',
    ),
}


@pytest.fixture(scope='module')
def drawn():
    """Each picture once, drawn, by name."""
    made = {name: make() for name, make in PICTURES.items()}
    for picture in made.values():
        picture.canvas.draw()
    return made


def texts(picture, gid=None):
    """The picture's texts that can be seen, or those of one kind."""
    axes = [axis for axes in picture.axes for axis in (axes.xaxis, axes.yaxis)]
    ticks = [(tick, *sorted(axis.get_view_interval())) for axis in axes for tick in axis.majorTicks]
    beyond = [tick.label1 for tick, low, high in ticks if not low <= tick.get_loc() <= high]
    return [
        text
        for text in picture.findobj(Text)
        if text.get_text().strip() and text.get_visible() and text not in beyond
        if gid in (None, text.get_gid())
    ]


def written(picture, gid):
    return [text.get_text() for text in texts(picture, gid)]


# what it claims


def test_diagram_names_every_layer_of_3a(drawn):
    assert written(drawn['3a'], 'label') == [
        'input: 192 × 28 × 28',
        '1×1 conv, 192 → 64',
        '1×1 conv, 192 → 96', '3×3 conv, 96 → 128',
        '1×1 conv, 192 → 16', '5×5 conv, 16 → 32',
        '3×3 max pool', '1×1 conv, 192 → 32',
        'concat: 64 + 128 + 32 + 32 = 256 channels\noutput: 256 × 28 × 28',
    ]  # fmt: skip


def test_diagram_without_size_shows_channels_alone(drawn):
    labels = written(drawn['4e'], 'label')
    assert labels[0] == 'input: 528 channels'
    assert labels[-1] == 'concat: 256 + 320 + 128 + 128 = 832 channels'


def test_diagram_shows_forks_inside_branches(drawn):
    labels = written(drawn['v3 e'], 'label')
    assert labels.count('concat: 384 + 384 = 768 channels') == 2
    assert labels[-1].startswith('concat: 320 + 768 + 768 + 192 = 2048 channels')
    names = written(drawn['v3 e'], 'branch')
    assert names == ['branch1x1', 'branch3x3', 'branch1x3', 'branch3x1', 'branch3x3dbl',
                     'branch1x3', 'branch3x1', 'branch_pool']  # fmt: skip


def test_diagram_shows_asymmetric_kernels_and_strides():
    block = Concat(
        branch7x7=seq(conv(128, (1, 7)), conv(192, (7, 1), (2, 1), (3, 0))),
        branch_pool=nn.MaxPool2D(3, (2, 1), 1),
        branch3x3=conv(384, 3, (2, 1)),
    )
    assert written(figures.block_diagram(block, 768), 'label')[1:4] == [
        '1×7 conv, 768 → 128', '7×1 conv, 128 → 192\nstride 2×1', '3×3 max pool\nstride 2×1',
    ]  # fmt: skip


def test_diagram_shows_a_residual_join(drawn):
    picture = drawn['residual']
    assert written(picture, 'label')[-1] == 'sum: 320 channels\noutput: 320 × 35 × 17'
    assert written(picture, 'branch') == ['shortcut', 'branch1x1', 'branch3x3']


@pytest.mark.parametrize('count', range(1, 7))
def test_a_lane_a_branch(count):
    block = Concat(**{f'branch{i}': conv(8, 1) for i in range(count)})
    picture = figures.block_diagram(block, 8)
    names = texts(picture, 'branch')
    assert len({t.get_position()[0] for t in names}) == len(names) == count


def test_diagram_of_a_block_written_out():
    picture = figures.block_diagram(Own(conv(64, 1), conv(32, 3)), 8)
    assert written(picture, 'label')[-1] == 'concat: 64 + 32 = 96 channels'


def test_drawing_binds_nothing():
    block = inception_3a()
    figures.block_diagram(block, 192)
    assert block.branch1x1.weight.shape[1] <= 0


def test_one_colour_a_branch():
    labels = {'branch1x1': '#0072b2', 'branch5x5': '#009e73'}
    rows = {'3a': {'branch5x5': 32, 'mine': 1, 'branch1x1': 64}}
    patches = figures.stacked_bars(rows).axes[0].patches
    drawn = {p.get_gid(): to_hex(p.get_facecolor()) for p in patches if p.get_gid()}
    assert {name: drawn[name] for name in labels} == labels
    assert drawn['mine'] not in labels.values()


def test_stage_shapes_at_96(drawn):
    shapes = ['1 × 96 × 96', '64 × 24 × 24', '192 × 12 × 12', '480 × 6 × 6', '832 × 3 × 3']
    assert written(drawn['map 96'], 'shape') == [*shapes, '1024 × 1 × 1', '10']
    names = ['input', 'stage1', 'stage2', 'stage3', 'stage4', 'stage5', 'head']
    assert written(drawn['map 96'], 'stage') == names


def test_stages_shrink_and_deepen(drawn):
    faces = [
        p.get_path().vertices for p in drawn['map 224'].axes[0].patches if p.get_gid() == 'face'
    ]
    fronts = [onp.ptp(corners, axis=0) for corners in faces[::3]][:-1]  # without the head
    thick, tall = onp.array(fronts).T
    assert (onp.diff(tall) < 0).all()
    assert (onp.diff(thick) > 0).all()


def test_map_at_96_is_smaller_than_at_224(drawn):
    small, large = (
        [p.get_path().vertices for p in drawn[name].axes[0].patches][0]
        for name in ('map 96', 'map 224')
    )
    # the square root of 96 / 224
    assert onp.ptp(small, axis=0)[1] / onp.ptp(large, axis=0)[1] == pytest.approx(0.655, abs=0.001)


def test_bars_are_as_long_as_their_numbers():
    picture = figures.stacked_bars(
        {'3a': {'branch1x1': 64, 'branch3x3': 128}, '3b': {'branch1x1': 128}}
    )
    widths = [p.get_width() for p in picture.axes[0].patches if p.get_gid()]
    assert onp.array(widths) / widths[0] == pytest.approx([1, 2, 2])
    assert written(picture, 'number') == ['64', '128', '128']
    assert written(picture, 'total') == ['192 channels', '128 channels']


def test_speeds_end_at_their_median_and_span_their_range():
    picture = speeds()
    patches, lines = picture.axes[0].patches, picture.axes[0].lines

    assert [patch.get_width() for patch in patches] == [50, 100, 25]
    assert list(lines[1].get_xdata()) == [90, 120]
    assert written(picture, 'number') == ['50', '100 (90 to 120)', '25', 'not installed']
    assert [bool(patch.get_hatch()) for patch in patches] == [False, False, True]
    assert len({patch.get_facecolor() for patch in patches}) == 2


def test_times_share_a_colour_up_to_the_comma(drawn):
    theirs, *ours = drawn['times'].axes[0].lines

    assert {line.get_color() for line in ours} == {ours[0].get_color()} != {theirs.get_color()}
    assert len({line.get_marker() for line in (theirs, *ours)}) == 4
    assert list(theirs.get_xdata()) == [700, 3500]


def test_bars_of_stages_do_not_borrow_the_colours_of_branches():
    picture = figures.stacked_bars({'MACs': {'stage1': 1, 'stage2': 2, 'stage3': 3}})
    used = [to_hex(p.get_facecolor()).upper() for p in picture.axes[0].patches if p.get_gid()]
    assert len(set(used)) == 3
    assert set(used).isdisjoint(figures.BRANCH_COLOURS.values())


def test_shares_are_of_their_row():
    rows = {'3a': {'branch1x1': 1, 'branch3x3': 3}, '3b': {'branch1x1': 10}}
    picture = figures.stacked_bars(rows, unit='MACs', normalise=True)
    assert written(picture, 'number') == ['25%', '75%', '100%']


def test_rows_of_two_units_name_none():
    picture = figures.stacked_bars({'MACs': {'a': 1}}, unit='', normalise=True)
    assert picture.alt == 'Bars, as shares of each row. MACs: a 1.'
    assert written(picture, 'total') == ['1']


def test_large_numbers_are_in_millions():
    picture = figures.stacked_bars(
        {'all': {'branch1x1': 9_633_792, 'branch3x3': 101_154_816}}, unit='MACs'
    )
    assert written(picture, 'number') == ['9.63', '101']
    assert written(picture, 'total') == ['111 million MACs']


def test_curves_tell_which_is_which():
    picture = figures.learning_curve(
        {'the lecture': history(0.69, 0.88), 'here': history(0.6, 0.7)}
    )
    assert sorted(written(picture, 'end')) == ['here 0.700', 'the lecture 0.880']
    keys = [text.get_text() for text in picture.legends[0].get_texts()]
    assert keys == ['the lecture', 'here', 'full marker: test', 'hollow and dotted: training']
    looks = {(line.get_color(), line.get_marker()) for line in picture.axes[1].lines}
    assert len(looks) == 2
    losses, accuracies = (
        {(line.get_markerfacecolor(), line.get_linestyle()) for line in axes.lines}
        for axes in picture.axes
    )
    assert losses == {('white', ':')} < accuracies  # the loss is of training, as its marker says


@pytest.mark.parametrize(
    'made, keys',
    [
        (history(0.6), ['test', 'training']),
        (history(None), ['training']),
        (history(None, loss=None), []),
    ],
)
def test_the_legend_has_what_is_drawn(made, keys):
    picture = figures.learning_curve(made)
    assert [text.get_text() for text in picture.legends[0].get_texts()] == keys


def test_values_that_are_missing_are_left_out():
    picture = figures.learning_curve(history(None, 0.7, loss=None))
    assert not picture.axes[0].lines
    assert [list(line.get_xdata()) for line in picture.axes[1].lines] == [[2], [2]]


def test_wrong_predictions_bear_a_cross_and_a_frame():
    picture = figures.montage(images(2, 28, 28), ['bag', 'coat'], predictions=['bag', 'shirt'])
    assert written(picture, 'caption') == ['bag', '✓ bag', 'coat', '✗ shirt']
    assert sum(p.get_gid() == 'wrong' for p in picture.axes[0].patches) == 1


@pytest.mark.parametrize('shape', [(28, 28), (1, 28, 28), (3, 28, 28)])
def test_montage_takes_bytes_and_floats_alike(shape):
    given = images(4, *shape)
    pixels = [
        onp.array([image.get_array() for image in figures.montage(kind).axes[0].images])
        for kind in (given, given / 255.0, np.array(given / 255.0))
    ]
    assert pixels[1] == pytest.approx(pixels[0])
    assert pixels[2] == pytest.approx(pixels[0], abs=1e-6)  # MXNet's floats are of 32 bits


def test_confusion_counts_rows_by_label():
    picture = figures.confusion_matrix(np.array([0, 0, 1]), onp.array([0, 1, 1]), ('bag', 'coat'))
    cells = {t.get_position(): t.get_text() for t in texts(picture, 'count')}
    assert cells == {(0, 0): '1', (1, 0): '1', (1, 1): '1'}  # (column, row); nothing for never


# whole and readable


@pytest.mark.parametrize('name', PICTURES)
def test_every_text_is_on_the_canvas(drawn, name):
    canvas = drawn[name].bbox
    out = [
        text.get_text()
        for text in texts(drawn[name])
        for box in [text.get_window_extent()]
        if box.x0 < 0 or box.y0 < 0 or box.x1 > canvas.x1 or box.y1 > canvas.y1
    ]
    assert out == []


@pytest.mark.parametrize('name', PICTURES)
def test_no_two_texts_touch(drawn, name):
    # turned texts have upright boxes that overlap: they are looked at, not measured
    upright = [text for text in texts(drawn[name]) if not text.get_rotation() % 90]
    boxes = [(text.get_text(), Text.get_window_extent(text)) for text in upright]
    assert [(a, b) for (a, one), (b, two) in combinations(boxes, 2) if one.overlaps(two)] == []


@pytest.mark.parametrize('name', ['3a', 'v3 e', 'six branches', 'residual', 'long names'])
def test_labels_fit_their_boxes(drawn, name):
    boxes = [p.get_window_extent() for p in drawn[name].axes[0].patches if p.get_gid() == 'box']
    for text, box in zip(texts(drawn[name], 'label'), boxes, strict=True):
        extent = text.get_window_extent()
        assert box.x0 < extent.x0 and extent.x1 < box.x1, text.get_text()
        assert box.y0 < extent.y0 and extent.y1 < box.y1, text.get_text()


@pytest.mark.parametrize('name', PICTURES)
def test_texts_are_large_enough(drawn, name):
    assert min(text.get_size() for text in texts(drawn[name])) >= 9


@pytest.mark.parametrize('name', ['3a', 'curves', 'confusion', 'resized'])
def test_file_is_small(drawn, name):
    picture = drawn.get(name) or figures.montage(resized(40))
    assert len(picture.png()) <= 100_000


# once


def test_a_cell_shows_it_once_and_in_words(shell):
    outputs = shell('figures.block_diagram(conv(64, 1), 192)')
    (data, metadata) = outputs[0]
    assert len(outputs) == 1
    assert data['text/plain'] == 'Diagram of Conv2D. input: 192 channels, then 1×1 conv, 192 → 64.'
    assert metadata['image/png']['alt'] == data['text/plain']
    image = Image.open(io.BytesIO(base64.b64decode(data['image/png'])))
    assert image.width == 2 * metadata['image/png']['width']


def test_live_curve_draws_an_epoch_once_in_one_place(shell):
    shell.kernel = True
    shell('curve.update(run(0.5)); curve.update(run(0.5)); curve.update(run(0.5, 0.6))')
    first, second = shell.published
    assert not first['update'] and second['update']
    assert first['transient'] == second['transient']
    assert first['data']['text/plain'] == second['data']['text/plain']


def test_live_curve_is_silent_outside_a_notebook(shell):
    assert shell('curve.update(run(0.5))') == []


@pytest.fixture
def shell(monkeypatch):
    """Runs a cell and gives what it shows, with the inline backend's own way to show figures."""
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.core.pylabtools import select_figure_formats

    class Publisher(DisplayPublisher):
        def publish(self, data, metadata=None, *, transient=None, update=False, **kwargs):
            session.published.append(
                {'data': data, 'metadata': metadata, 'transient': transient, 'update': update}
            )

    class Session:
        def __init__(self):
            self.published, self.kernel = [], False
            self.ip = InteractiveShell.instance(display_pub_class=Publisher)
            select_figure_formats(self.ip, {'png'})
            names = {'figures': figures, 'conv': conv, 'run': history, 'curve': figures.LiveCurve()}
            self.ip.push(names)

        def __call__(self, cell):
            if self.kernel:
                monkeypatch.setattr(self.ip, 'kernel', object(), raising=False)
            self.ip.run_cell(cell, store_history=False).raise_error()
            return [(p['data'], p['metadata']) for p in self.published]

    session = Session()
    yield session
    InteractiveShell.clear_instance()


# refusals


@pytest.mark.parametrize(
    'call, text',
    [
        (lambda: figures.block_diagram(conv(8, 1), 0), 'c_in must be a whole number >= 1, got 0'),
        (
            lambda: figures.block_diagram(conv(8, 1), 3, (1, 2, 3)),
            'size must be a whole number >= 1',
        ),
        (
            lambda: figures.block_diagram(Concat(**{f'b{i}': conv(1, 1) for i in range(9)}), 3),
            'block has 9 lanes side by side, at most 8: draw its parts',
        ),
        (
            lambda: figures.block_diagram(Own(conv(8, 1), conv(8, 1), twice=True), 3),
            'got Own at its top: write its branches with Concat',
        ),
        (
            lambda: figures.stage_map(conv(8, 1), (1, 1, 8, 8)),
            'net must be a HybridSequential with',
        ),
        (lambda: figures.stage_map(seq(conv(8, 1)), (1, 8, 8)), 'got (1, 8, 8)'),
        (lambda: figures.stacked_bars({}), 'rows must be a dict of at least one entry, got {}'),
        (
            lambda: figures.stacked_bars({'3a': {'x': -1}}),
            "rows['3a'] must be a number >= 0",
        ),
        (lambda: figures.stacked_bars({'3a': {'x': 0}}), "rows['3a'] must have a sum above 0"),
        (lambda: figures.learning_curve([1]), 'runs must be a History or a dict of them, got list'),
        (lambda: figures.learning_curve({'a': 1}), "runs['a'] must be a History or a dict of them"),
        (lambda: figures.learning_curve(history()), 'runs has no finished epoch: train first'),
        (lambda: figures.learning_curve({}), 'runs must be 1 to 6 histories, got 0'),
        (
            lambda: figures.bars({}, 'images/s'),
            'values must be a dict of at least one entry, got {}',
        ),
        (
            lambda: figures.accuracy_by_time({}),
            'lines must be a dict of at least one entry, got {}',
        ),
        (
            lambda: figures.accuracy_by_time({'a': [(1, 0.5)], 'b': []}),
            "lines['b'] must be pairs (seconds, accuracy)",
        ),
        (
            lambda: figures.accuracy_by_time({f'{i}': [(1, 0.5)] for i in range(7)}),
            'lines must be of at most 6 colours, got 7',
        ),
        (lambda: figures.montage(onp.zeros((28, 28))), 'got (28, 28)'),
        (
            lambda: figures.montage(images(2, 8, 8), ['a']),
            'labels must be one an image, got 1 for 2',
        ),
        (
            lambda: figures.montage(images(2, 8, 8), columns=0),
            'columns must be a whole number >= 1',
        ),
        (lambda: figures.montage(images(1, 8, 8), predictions=['a']), 'predictions need labels'),
        (lambda: figures.confusion_matrix([0, 2], [0, 1], 'ab'), 'labels must be 0 to 1, got 2'),
        (lambda: figures.confusion_matrix([0, 1], [0], 'ab'), 'must be equally many, got 2 and 1'),
    ],
)
def test_refusals(call, text):
    with pytest.raises(ValueError) as caught:
        call()
    assert text in str(caught.value)
