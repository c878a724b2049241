"""Does a picture of a few named points label each where it stands, and no label lie on another?"""

from itertools import combinations

from d2l_ext import figures

import pytest
from matplotlib.text import Text

CLOSE = {
    'GoogLeNet': [(0.19, 0.76), (0.19, 0.77), (0.19, 0.74)],
    'Inception-V4': [(0.428, 0.801), (0.428, 0.79), (0.428, 0.8)],
    'Inception-ResNet-V2': [(0.433, 0.8), (0.433, 0.81), (0.433, 0.79)],
}


def labels(picture):
    (axes,) = picture.axes
    picture.canvas.draw()
    return {text.get_text(): text for text in axes.texts if text.get_gid() == 'label'}


def test_every_dot_is_drawn_and_every_name_is_written():
    picture = figures.labelled_points(CLOSE, 'MACs', 'accuracy')
    dots = [tuple(map(tuple, c.get_offsets())) for c in picture.axes[0].collections]

    assert dots == [tuple(points) for points in CLOSE.values()]
    assert list(labels(picture)) == ['GoogLeNet', 'Inception-V4', 'Inception-ResNet-V2']
    assert 'Inception-V4 0.8 at 0.428' in picture.alt


def test_no_label_touches_another_or_leaves_the_picture():
    picture = figures.labelled_points(CLOSE, 'MACs', 'accuracy', 'A title')
    # an annotation's own extent holds its arrow too
    boxes = [Text.get_window_extent(text) for text in labels(picture).values()]

    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    assert all(0 < box.x0 and box.x1 < picture.bbox.x1 for box in boxes)
    assert all(0 < box.y0 and box.y1 < picture.bbox.y1 for box in boxes)


@pytest.mark.parametrize(
    ('points', 'words'),
    [
        ({}, 'points must be a dict of at least one entry, got {}'),
        ({'a': []}, 'points of a must be an array of 2 axes'),
        ({'a': [(1, float('nan'))]}, 'points of a must be finite, got nan'),
        ({'a': [(1, 2, 3)]}, r'points of a must be pairs \(x, y\)'),
    ],
)
def test_points_that_cannot_be_drawn_are_refused(points, words):
    with pytest.raises(ValueError, match=words):
        figures.labelled_points(points, 'x', 'y')
