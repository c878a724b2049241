"""Do a heat map, the maps of branches and a map laid on an image show what they were given?"""

from d2l_ext import figures

import numpy as onp
import pytest
from matplotlib.colors import to_hex, to_rgb

BRANCHES = ['branch1x1', 'branch_pool']


def told(picture, gid):
    return [text.get_text() for text in picture.axes[0].texts if text.get_gid() == gid]


def cells(picture):
    patches = [patch for patch in picture.axes[0].patches if patch.get_gid() == 'cell']
    return [to_hex(patch.get_facecolor()) for patch in patches]


def contrast(colour, other):
    """Return the contrast of two colours as WCAG defines it: 1 to 21, 4.5 for small text at least."""
    linear = [
        [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(which)]
        for which in (colour, other)
    ]
    dark, light = sorted(onp.array(linear) @ (0.2126, 0.7152, 0.0722))
    return (light + 0.05) / (dark + 0.05)


def pixels(picture):
    return [image.get_array() for image in picture.axes[0].images]


# heat map


def test_every_cell_bears_its_number_in_the_order_of_rows():
    drawn = figures.heatmap([[1, 2], [3, -4.26]], ['3a', '3b'], BRANCHES, 'points', form='{:.1f}')

    assert told(drawn, 'number') == ['1.0', '2.0', '3.0', '-4.3']
    assert (told(drawn, 'row'), told(drawn, 'column')) == (['3a', '3b'], BRANCHES)
    assert told(drawn, 'unit') == ['points']


def test_zero_is_white_the_farthest_is_full_and_the_sign_is_the_colour():
    drawn = cells(figures.heatmap([[0, -2], [1, float('nan')]], 'ab', 'cd', 'points'))

    assert drawn == ['#ffffff', '#e69f00', '#abdaf4', '#f4f4f4']


def test_two_maps_of_one_full_value_have_the_same_shades():
    first = cells(figures.heatmap([[1, 2]], ['a'], BRANCHES, 'points', full=4))
    second = cells(figures.heatmap([[2, 4]], ['a'], BRANCHES, 'points', full=4))

    assert first[1] == second[0] != second[1]
    with pytest.raises(ValueError, match='full must be a number >= 4.0, got 3'):
        figures.heatmap([[2, 4]], ['a'], BRANCHES, 'points', full=3)


def test_a_map_of_zeros_is_white():
    assert set(cells(figures.heatmap([[0, 0]], 'a', 'bc', 'points'))) == {'#ffffff'}


def test_every_number_is_read_easily_on_its_shade():
    picture = figures.heatmap(onp.linspace(-1, 1, 21)[None], 'a', range(21), 'points')
    numbers = [text for text in picture.axes[0].texts if text.get_gid() == 'number']

    for text, shade in zip(numbers, cells(picture), strict=True):
        assert contrast(text.get_color(), shade) > 6


def test_every_count_of_a_confusion_matrix_is_read_easily_on_its_shade():
    labels, told = onp.repeat(0, 10), [0] * 3 + [1] * 7
    axes = figures.confusion_matrix([*labels, 1], [*told, 1], 'ab').axes[0]
    image = axes.images[0]

    for text in [text for text in axes.texts if text.get_gid() == 'count']:
        column, row = map(int, text.get_position())
        shade = image.cmap(image.norm(image.get_array()[row, column]))
        assert contrast(text.get_color(), shade) > 6


@pytest.mark.parametrize('title', ['', 'A title'])
def test_no_text_of_a_heat_map_leaves_the_picture(title):
    drawn = figures.heatmap(onp.zeros((9, 4)), range(9), ['branch3x3dbl'] * 4, 'u', title)
    drawn.canvas.draw()
    box = drawn.bbox
    for text in drawn.axes[0].texts:
        extent = text.get_window_extent()
        assert box.x0 <= extent.x0 and extent.x1 <= box.x1, text.get_text()
        assert box.y0 <= extent.y0 and extent.y1 <= box.y1, text.get_text()


def test_the_alt_text_of_a_heat_map_names_rows_columns_and_unit():
    drawn = figures.heatmap([[0.123, 4]], ['3a'], BRANCHES, 'points lost', 'Silenced')

    assert drawn.alt == (
        'Silenced. Map of numbers, points lost: rows 3a; columns branch1x1, branch_pool.'
    )


def test_names_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r'values must be \(1, 2\), .* got \(2, 2\)'):
        figures.heatmap(onp.zeros((2, 2)), ['3a'], BRANCHES, 'points')


# maps of branches


def test_a_branch_is_drawn_in_its_colour_from_white_at_zero():
    maps = {'3a': {'branch1x1': [[0, 2], [1, 2]], 'branch_pool': [[0, 0], [0, 0]]}}
    drawn = figures.branch_maps(
        {k: {n: onp.array(m) for n, m in v.items()} for k, v in maps.items()}
    )
    first, second = pixels(drawn)

    assert to_hex(first[0, 1]) == figures.BRANCH_COLOURS['branch1x1'].lower()
    assert to_hex(first[0, 0]) == '#ffffff' and 0 < first[1, 0, 0] < 1
    assert (second == 1).all()


def test_each_block_tells_its_grid_and_each_row_its_branch():
    maps = {
        '3a': {name: onp.ones((6, 6)) for name in BRANCHES},
        '5b': {'branch1x1': onp.ones((2, 3))},
    }
    drawn = figures.branch_maps(maps, 'Maps')

    assert told(drawn, 'grid') == ['6×6', '2×3']
    assert (told(drawn, 'block'), told(drawn, 'branch')) == (['3a', '5b'], BRANCHES)
    assert len(pixels(drawn)) == 3
    assert drawn.alt == 'Maps. Maps of 2 blocks (3a, 5b), 2 branches (branch1x1, branch_pool).'


@pytest.mark.parametrize('shape', [(4, 6), (1, 4, 6), (3, 4, 6)])
def test_the_image_of_the_maps_stands_left_of_them(shape):
    image = onp.linspace(0, 1, onp.prod(shape)).reshape(shape)
    maps = {'3a': {name: onp.ones((2, 2)) for name in BRANCHES}}
    drawn = figures.branch_maps(maps, image=image)
    (left, *_), (first, *_), _ = [shown.get_extent() for shown in drawn.axes[0].images]

    assert (
        pixels(drawn)[0] == (image if len(shape) == 2 else image.transpose(1, 2, 0).squeeze())
    ).all()
    assert left < first and told(drawn, 'image') == ['4×6']
    assert drawn.alt.startswith('An image, and maps of 1 blocks')


def test_an_image_of_another_shape_is_refused_by_name():
    with pytest.raises(
        ValueError, match=r'image must be \(H, W\) or \(1 or 3, H, W\), got \(2, 4, 6\)'
    ):
        figures.branch_maps({'3a': {'b': onp.ones((2, 2))}}, image=onp.ones((2, 4, 6)))


@pytest.mark.parametrize(
    ('maps', 'message'),
    [
        ({}, 'maps must be a dict of at least one entry, got {}'),
        ({'3a': {'b': onp.ones(3)}}, r"maps\['3a'\]\['b'\] must be \(H, W\), got \(3,\)"),
    ],
)
def test_maps_that_cannot_be_drawn_are_named(maps, message):
    with pytest.raises(ValueError, match=message):
        figures.branch_maps(maps)


# a map on an image


def test_a_map_marks_its_share_of_the_image_and_leaves_the_rest():
    images = onp.full((1, 4, 4), 0.5)
    drawn = figures.overlay(images, {'class map': onp.array([[[0, 2], [-1, 1]]])})
    grey, marked = pixels(drawn)

    assert (grey == 0.5).all()
    assert (marked[:2, :2] == 0.5).all() and (marked[2:, :2] == 0.5).all()
    assert marked[0, 3, 0] > marked[3, 3, 0] > 0.5 > marked[3, 3, 2]
    assert (marked[:2, 2:] == marked[0, 3]).all()


def test_a_map_without_anything_marks_nothing():
    drawn = figures.overlay(onp.full((1, 4, 4), 0.5), {'none': onp.zeros((1, 2, 2))})

    assert (pixels(drawn)[1] == 0.5).all()


def test_rows_are_maps_and_columns_images():
    maps = {'class map': onp.ones((3, 2, 2)), 'occlusion': onp.ones((3, 5, 5))}
    drawn = figures.overlay(
        onp.zeros((3, 1, 8, 8)), maps, ['coat', 'bag', 'bag\nfor coat'], 'Where'
    )

    assert len(pixels(drawn)) == 9
    assert [name for name in told(drawn, 'map') if name] == ['class map', 'occlusion']
    assert told(drawn, 'label') == ['coat', 'bag', 'bag\nfor coat']
    assert drawn.alt == (
        'Where. 3 images: coat; bag; bag for coat. Below each, marked on it: class map, occlusion.'
    )


@pytest.mark.parametrize(
    ('maps', 'labels', 'message'),
    [
        ({}, None, 'maps must be a dict of at least one entry, got {}'),
        ({'m': onp.ones((1, 2, 2))}, None, r"maps\['m'\] must be \(2, h, w\), got \(1, 2, 2\)"),
        ({'m': onp.ones((2, 2, 2))}, ['coat'], 'labels must be one an image, got 1 for 2 images'),
    ],
)
def test_what_does_not_fit_the_images_is_named(maps, labels, message):
    with pytest.raises(ValueError, match=message):
        figures.overlay(onp.zeros((2, 4, 4)), maps, labels)
