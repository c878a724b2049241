"""Does the picture of data parallelism divide the batch as the learner does?"""

from d2l_ext import figures

import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch


def texts(*arguments):
    return [text.get_text() for text in figures.data_parallel(*arguments).axes[0].texts]


def test_every_device_has_its_share():
    told = texts(32, ['cpu(0)', 'cpu(1)', 'cpu(2)'])

    assert 'batch\n32 images' in told
    assert [t for t in told if 'weights' in t and 'cpu' in t] == [
        'cpu(0): weights,\n11 images', 'cpu(1): weights,\n11 images', 'cpu(2): weights,\n10 images'
    ]  # fmt: skip


def test_the_sum_goes_back_to_every_device():
    picture = figures.data_parallel(32, ['a', 'b', 'c'])
    axes = picture.axes[0]
    (way,) = [line for line in axes.lines if line.get_gid() == 'way back']
    boxes = [p for p in axes.patches if isinstance(p, FancyBboxPatch)]
    below = min(box.get_y() for box in boxes)

    assert min(way.get_ydata()) < below
    arrows = [p for p in axes.patches if isinstance(p, FancyArrowPatch)]
    assert len(arrows) == 3 * 3 + 3  # to a device, to its gradient, to the sum; and the way back


def test_the_alt_text_says_it():
    alt = figures.data_parallel(32, ['a', 'b'], 'One step').alt

    assert alt.startswith('One step. A batch of 32 images is divided (a 16, b 16);')


@pytest.mark.parametrize('count', [1, 6])
def test_all_lies_inside_the_picture(count):
    picture = figures.data_parallel(64, [f'gpu({i})' for i in range(count)], 'A title')
    picture.canvas.draw()
    width, height = picture.get_size_inches() * picture.dpi
    for text in picture.axes[0].texts:
        box = text.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= width and 0 <= box.y0 < box.y1 <= height, text.get_text()


@pytest.mark.parametrize(
    'images, devices, message',
    [(32, [], 'devices must name 1 to 6, got 0'), (1, ['a', 'b'], 'images must be 2 or more')],
)
def test_what_cannot_be_divided_is_refused(images, devices, message):
    with pytest.raises(ValueError, match=message):
        figures.data_parallel(images, devices)
