"""Does a picture of points show every point, in the colour and the marker of its group?"""

from d2l_ext import figures
from d2l_ext.figures.scatter_plots import MARKS

import numpy as onp
import pytest

POINTS = onp.random.RandomState(0).normal(size=(40, 2))
WHO = onp.tile(['studio', 'wild'], 20)


def drawn(axes):
    """Return {marker's colour: its points} of one panel."""
    found = {}
    for collection in axes.collections:
        colour = tuple(collection.get_facecolor()[0][:3]) if len(collection.get_offsets()) else None
        found.setdefault(colour, []).extend(map(tuple, collection.get_offsets()))
    found.pop(None, None)
    return found


def test_every_point_is_drawn_once_in_the_colour_of_its_group():
    red, blue = ((0xD5 / 255, 0x5E / 255, 0), (0, 0x72 / 255, 0xB2 / 255))
    found = drawn(figures.scatter(POINTS, {'collection': WHO}).axes[0])

    assert set(found) == {red, blue}
    assert sorted(found[red]) == sorted(map(tuple, POINTS[::2]))
    assert sorted(found[blue]) == sorted(map(tuple, POINTS[1::2]))


def test_groups_are_told_apart_without_colour():
    assert len({marker for _, marker in MARKS}) == len(MARKS) == 10


@pytest.mark.parametrize('many', [2, 3, 10])
def test_no_colour_stands_for_a_group_in_either_panel(many):
    groups = {'collection': onp.arange(40) % min(many, 3), 'class': onp.arange(40) % many}
    few, others = (drawn(axes) for axes in figures.scatter(POINTS, groups).axes)

    assert len(few) == min(many, 3) and len(others) == many
    assert not set(few) & set(others)
    for found in (few, others):
        assert sum(map(len, found.values())) == 40


def test_each_way_to_group_has_a_panel_of_the_same_points():
    shown = figures.scatter(POINTS, {'collection': WHO, 'class': onp.arange(40) % 10}).axes

    assert [axes.get_title(loc='left') for axes in shown] == ['collection', 'class']
    assert shown[0].get_xlim() == shown[1].get_xlim()
    assert len(drawn(shown[1])) == 10


def test_the_legend_keeps_the_order_of_appearance_and_of_numbers():
    shown = figures.scatter(POINTS, {'a': ['z', 'b'] * 20, 'b': [9, 1] * 20}).axes
    texts = [[text.get_text() for text in axes.get_legend().texts] for axes in shown]

    assert texts == [['z', 'b'], ['1', '9']]


def test_no_legend_is_cut_off_by_the_picture():
    names = onp.array([f'a rather long name {i}' for i in range(10)])[onp.arange(40) % 10]
    picture = figures.scatter(POINTS, {'collection': WHO, 'class': names}, title='Both')
    picture.canvas.draw()

    for axes in picture.axes:
        box = axes.get_legend().get_window_extent()
        assert box.x0 >= 0 and box.y0 >= 0
        assert box.x1 <= picture.bbox.x1


def test_the_alt_text_names_panels_and_groups_and_no_number():
    told = figures.scatter(POINTS, {'collection': WHO}, title='Two').alt

    assert told == 'Two. Points in a plane, collection: studio, wild.'


@pytest.mark.parametrize(
    ('points', 'groups', 'told'),
    [
        (POINTS.T, {'a': WHO}, r'points must be \(N, 2\), got \(2, 40\)'),
        (POINTS[:0], {'a': WHO}, r'points must be \(N, 2\), got \(0, 2\)'),
        (POINTS * onp.nan, {'a': WHO}, 'points must be finite'),
        (POINTS, {}, 'groups must be a dict of at least one entry, got {}'),
        (POINTS, dict.fromkeys('abc', WHO), 'groups must hold 1 or 2 panels, got 3'),
        (POINTS, {'a': WHO[:9]}, r"groups\['a'\] must be one a point, 40, got shape \(9,\)"),
        (POINTS, {'a': range(40)}, r"groups\['a'\] must be of at most 10 groups, got 40"),
    ],
)
def test_what_cannot_be_drawn_is_named(points, groups, told):
    with pytest.raises(ValueError, match=told):
        figures.scatter(points, groups)
