"""Does a picture of dots show every dot, with its name beside it and beside no other?"""

from d2l_ext import figures

import pytest

FORMS = {'float32': (10.5, 100), 'int8': (4.85, 101), 'ONNX': (4.7, 100), 'wrong': (5.1, 741)}


def names(picture):
    picture.canvas.draw()
    texts = [text for text in picture.axes[0].texts if text.get_gid() == 'name']
    return {text.get_text(): text.get_window_extent() for text in texts}


def test_every_dot_is_drawn_once():
    drawn = figures.dots(FORMS, 'ms', 'errors').axes[0]

    assert drawn.collections[0].get_offsets().tolist() == [list(pair) for pair in FORMS.values()]
    assert (drawn.get_xlim()[0], drawn.get_ylim()[0]) == (0, 0)
    assert drawn.get_legend() is None


def test_names_stand_in_the_panel_and_cover_neither_dots_nor_each_other():
    more = {'a longer name': (4.8, 95), 'a long name at the edge': (10.9, 100)}
    picture = figures.dots(FORMS | more, 'ms', 'errors')
    boxes = names(picture)
    axes = picture.axes[0]
    dots = axes.transData.transform(axes.collections[0].get_offsets())

    assert len(boxes) == 6
    for name, box in boxes.items():
        assert axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1, name
        assert not any(box.contains(*dot) for dot in dots), name
        assert not any(box.overlaps(other) for key, other in boxes.items() if key != name), name


def test_a_name_stands_near_its_own_dot():
    picture = figures.dots(FORMS, 'ms', 'errors')
    axes = picture.axes[0]
    for name, box in names(picture).items():
        x, y = axes.transData.transform(FORMS[name])
        across = max(box.x0 - x, x - box.x1, 0)
        assert across < 20 and abs((box.y0 + box.y1) / 2 - y) < 40, name


def test_the_alt_text_names_the_dots_and_no_number():
    told = figures.dots({'a': (1, 2), 'b': (3, 4)}, 'ms', 'errors', 'Forms').alt

    assert told == 'Forms. Dots, errors by ms: a, b.'


@pytest.mark.parametrize(
    ('points', 'told'),
    [
        ({}, 'points must be a dict of at least one entry, got {}'),
        ({'a': (1, 2, 3)}, r"points\['a'\] must be a pair \(x, y\), got \(1, 2, 3\)"),
        ({str(i): (1, 1) for i in range(13)}, 'points must hold 1 to 12 dots, got 13'),
    ],
)
def test_what_cannot_be_drawn_is_named(points, told):
    with pytest.raises(ValueError, match=told):
        figures.dots(points, 'x', 'y')
