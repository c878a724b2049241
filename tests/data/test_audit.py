"""Do the tools for looking at data see what is there, in images of any kind, and refuse what is none?"""

from d2l_ext import data
from d2l_ext.data import audit, download
from d2l_ext.data.audit import in_the_wild, nearest
from d2l_ext.data.corruptions import STEPS, WILD
from tools import find_near_copies as copies

import numpy as onp
import pytest


def random(seed=0):
    return onp.random.RandomState(seed)


def photos():
    """Two photographs, 427 x 640 in colour, at a fifth of their size."""
    # here, because it takes two seconds and one process alone runs these tests
    from sklearn.datasets import load_sample_image

    names = ('china.jpg', 'flower.jpg')
    return onp.stack([load_sample_image(name)[::5, ::5] for name in names])


IMAGES = {
    'grey': random().randint(0, 256, (3, 28, 28)).astype('uint8'),
    'colour, wide': random().randint(0, 256, (2, 9, 40, 3)).astype('uint8'),
    'floats': random().uniform(size=(2, 12, 12)).astype('float32'),
    'three rows of three': random().uniform(size=(3, 3, 3)),
    'one pixel': onp.full((1, 1, 1), 0.5),
    'photographs': photos(),
}
every_kind = pytest.mark.parametrize('images', IMAGES.values(), ids=IMAGES)


# in the wild


@every_kind
def test_strength_0_gives_the_images_back_as_a_copy(images):
    wild = in_the_wild(images, 0)

    assert wild is not images and wild.dtype == images.dtype
    assert (wild == images).all()


@every_kind
def test_the_wild_keeps_shape_type_and_range(images):
    before = images.copy()
    wild = in_the_wild(images, 1.0)

    assert (wild.shape, wild.dtype) == (images.shape, images.dtype)
    assert 0 <= wild.min() and wild.max() <= (255 if wild.dtype == onp.uint8 else 1)
    assert (images == before).all()
    assert (wild != images).any()


@pytest.mark.parametrize('step', WILD)
def test_each_step_alters_photographs_the_more_the_stronger(step):
    images = onp.concatenate([photos()] * 4)
    change = [
        abs(in_the_wild(images, strength, steps=[step]) - images.astype(float)).mean()
        for strength in (0.1, 0.5, 1.0)
    ]
    # an inverted share grows in steps: with 8 images it may not have begun
    assert 0 <= change[0] <= change[1] < change[2]


@pytest.mark.parametrize('step', STEPS)
def test_a_step_of_amount_0_alters_nothing(step):
    image = random().uniform(size=(7, 10, 3))

    assert onp.allclose(STEPS[step](image, 0, random()), image, atol=1e-12)


def test_the_same_seed_alters_alike_and_another_does_not():
    images = IMAGES['grey']

    assert (in_the_wild(images, 0.5, seed=1) == in_the_wild(images, 0.5, seed=1)).all()
    assert (in_the_wild(images, 0.5, seed=1) != in_the_wild(images, 0.5, seed=2)).any()


def test_an_image_does_not_depend_on_those_after_it():
    images = IMAGES['grey']

    assert (in_the_wild(images, 0.5)[0] == in_the_wild(images[:1], 0.5)[0]).all()


def test_floats_are_altered_as_bytes_are():
    grey = IMAGES['grey']
    as_floats = in_the_wild(grey / 255, 0.7) * 255

    assert abs(as_floats - in_the_wild(grey, 0.7)).max() <= 0.5 + 1e-6  # of rounding


def test_grey_and_its_three_channels_are_altered_alike_but_for_the_sensor():
    steps = [step for step in WILD if step != 'noise']
    grey = IMAGES['grey']
    colour = onp.repeat(grey[..., None], 3, axis=3)

    wild = in_the_wild(colour, 0.7, steps=steps)
    assert (wild == in_the_wild(grey, 0.7, steps=steps)[..., None]).all()


@pytest.mark.parametrize('step', ['rotation', 'scale', 'light', 'blur'])
def test_channels_do_not_mix(step):
    red = IMAGES['colour, wide'] * onp.array([1, 0, 0], 'uint8')

    assert not in_the_wild(red, 1, steps=[step])[..., 1:].any()


def test_rotation_turns_around_the_centre():
    class Most:  # draws the greatest value
        def uniform(self, low=0, high=1):
            return high

    image = onp.zeros((5, 5, 1))
    image[2, 4] = 1  # to the right of the centre
    turned = STEPS['rotation'](image, 90, Most())

    assert onp.argwhere(turned[..., 0] > 0.99).tolist() in ([[0, 2]], [[4, 2]])
    assert turned.sum() == pytest.approx(1)


# by class


def test_by_class_gives_the_first_of_each_in_the_order_asked_for():
    labels = [1, 0, 1, 0, 2, 2, 1]

    assert audit.by_class(labels, 2).tolist() == [1, 3, 0, 2, 4, 5]
    assert audit.by_class(labels, 1, classes=[2, 1]).tolist() == [4, 0]


def test_the_summary_counts_and_measures_each_class_of_each_collection():
    images = onp.array([0, 51, 255], 'uint8')[:, None, None] * onp.ones((3, 2, 2), 'uint8')
    bright = onp.ones((2, 4, 5, 3))  # another size, in colour, in floats
    table = audit.summary({'a': (images, [0, 0, 1]), 'b': (bright, [1, 0])}, ['x', 'y'])

    assert table.columns == ['class', 'a: count', 'mean', 'spread', 'b: count', 'mean', 'spread']
    assert table.rows[0] == ['x', 2, pytest.approx(0.1), pytest.approx(0.1), 1, 1.0, 0.0]
    assert table.rows[1] == ['y', 1, 1.0, 0.0, 1, 1.0, 0.0]


# copies


@pytest.mark.parametrize('images', [IMAGES['grey'], photos()], ids=['grey', 'photographs'])
def test_a_copy_is_found_whatever_its_brightness_and_contrast(images):
    strangers = random(5).randint(0, 256, (7, *images.shape[1:])).astype('uint8')
    darker = (images * 0.5 + 20).astype('uint8')
    index, similarity = nearest(images, onp.concatenate([strangers, darker]), block=2)

    assert index.tolist() == [7 + i for i in range(len(images))]
    assert (similarity > 0.999).all()


def test_similarity_is_the_correlation():
    a, b = random(1).uniform(size=(2, 1, 6, 6))
    _, similarity = nearest(a, b)

    assert similarity[0] == pytest.approx(onp.corrcoef(a.ravel(), b.ravel())[0, 1], abs=1e-6)


@pytest.mark.parametrize('block', [1, 2, 4, 1000])
def test_blocks_change_nothing_and_no_image_is_its_own_copy(block):
    images = random(2).uniform(size=(9, 5, 5))
    images[6] = images[2]
    correlations = onp.corrcoef(images.reshape(9, -1)) - 2 * onp.eye(9)
    index, similarity = nearest(images, block=block)

    assert index.tolist() == correlations.argmax(axis=1).tolist()
    assert (index[6], index[2]) == (2, 6)
    assert onp.allclose(similarity, correlations.max(axis=1), atol=1e-6)


def test_the_nearest_may_be_an_opposite_but_never_the_image_itself():
    image = random().uniform(size=(1, 4, 4))
    index, similarity = nearest(onp.concatenate([image, 1 - image]))

    assert index.tolist() == [1, 0]
    assert onp.allclose(similarity, -1, atol=1e-6)


def test_an_image_of_one_value_is_like_no_other():
    images = onp.stack([onp.full((4, 4), 0.3), random().uniform(size=(4, 4))])

    assert nearest(images)[1].tolist() == [0, 0]


def test_memory_is_bounded_by_the_block(monkeypatch):
    sizes, centred = [], audit._centred
    monkeypatch.setattr(audit, '_centred', lambda x: sizes.append(len(x)) or centred(x))
    nearest(random().uniform(size=(70, 3, 3)), random().uniform(size=(33, 3, 3)), block=16)

    assert max(sizes) == 16


def test_the_stored_pairs_are_as_similar_as_they_are_said_to_be():
    stored = onp.load(copies.COPIES)
    _, similarity = zip(*(nearest(a[None], b[None]) for a, b in stored['images']), strict=True)

    assert len(stored['images']) == stored['counts'][-1]
    assert (onp.concatenate(similarity) >= copies.SAME).all()


def test_the_sample_agrees_with_the_full_search():
    with onp.load(data.SAMPLE) as sample:
        index, similarity = nearest(*(sample[list(download.FILES)[i]] for i in (2, 0)))
    counts = onp.load(copies.COPIES)['counts']

    assert [(similarity >= level).sum() for level in copies.LEVELS] == [170, 48, 7, 0, 0]
    assert counts.tolist() == [3637, 1600, 682, 89, 7]


@pytest.mark.slow  # half a minute of one CPU
@pytest.mark.skipif(
    not download.PACKAGE.is_dir(), reason='needs the system package dataset-fashion-mnist'
)
def test_the_search_of_the_full_set_gives_what_is_stored():
    stored, found = onp.load(copies.COPIES), copies.search()

    for name in set(found) - {'counts'}:
        assert (stored[name] == found[name]).all(), name
    # a pair at the border of a level falls on either side, by the order in which threads add
    assert abs(stored['counts'] - found['counts']).max() <= 1


# features


def two_clouds(distance, count=60):
    a, b = random().normal(size=(2, count, 20))
    b[:, 0] += distance
    return a, b


def test_what_is_drawn_alike_cannot_be_told_apart_and_what_is_far_can():
    assert 0.35 < audit.separability(*two_clouds(0)) < 0.65
    assert audit.separability(*two_clouds(8)) > 0.97


def test_chance_is_a_half_for_collections_of_different_sizes():
    a, b = two_clouds(0, 200)

    assert 0.4 < audit.separability(a, b[:20]) < 0.6


@pytest.mark.parametrize('method', ['pca', 'tsne'])
def test_a_projection_has_a_point_a_row_and_keeps_clouds_apart(method):
    points = audit.project(onp.concatenate(two_clouds(30)), method)

    assert points.shape == (120, 2)
    assert audit.purity(points, onp.repeat(['a', 'b'], 60)) > 0.99


@pytest.mark.parametrize('method', ['pca', 'tsne'])
def test_a_projection_is_the_same_twice(method):
    features = onp.concatenate(two_clouds(3))

    assert (audit.project(features, method) == audit.project(features, method)).all()


def test_purity_counts_neighbours_of_ones_own_group():
    line = onp.array([[0.0], [1.0], [10.0], [11.0]])

    assert audit.purity(line, ['a', 'a', 'b', 'b'], neighbours=1) == 1
    assert audit.purity(line, ['a', 'a', 'b', 'c'], neighbours=1) == 0.5


# labels


def test_the_least_probable_label_is_doubted_first():
    probabilities = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]]

    assert audit.doubts([0, 1, 1], probabilities).tolist() == [1, 2, 0]


# what cannot be looked at


def summarized(labels, count=2):
    return audit.summary({'mine': (onp.zeros((count, 4, 4)), labels)}, ['coat', 'bag'])


SQUARES, ROWS = onp.zeros((4, 5, 5)), onp.eye(8)
REFUSED = {
    'one image without its axis': (
        lambda: in_the_wild(SQUARES[0], 1),
        r'images must be \(N, H, W\) or \(N, H, W, 3\), got \(5, 5\): one image alone is image\[',
    ),
    'channels first': (lambda: nearest(onp.zeros((2, 3, 8, 8))), r'images must .* \(2, 3, 8, 8\)'),
    'no image': (lambda: in_the_wild(SQUARES[:0], 1), r'images must be .*, got \(0, 5, 5\)'),
    'counts': (lambda: nearest(SQUARES.astype(int)), 'images must be uint8, .* got int64'),
    'standardized': (lambda: in_the_wild(SQUARES - 1, 1), 'images must be 0 to 1 .* got -1 to -1'),
    'not a number': (lambda: in_the_wild(SQUARES * onp.nan, 1), 'images must be 0 to 1 .* got nan'),
    'too strong': (
        lambda: in_the_wild(SQUARES, 1.5),
        'strength must be a number >= 0 and <= 1, got 1.5',
    ),
    'negative seed': (
        lambda: in_the_wild(SQUARES, 1, -1),
        'seed must be .* from 0 to 4294967295, got -1',
    ),
    'unknown step': (
        lambda: in_the_wild(SQUARES, 1, steps=['rain']),
        "each of steps must be one of rotation, .*, noise, got 'rain'",
    ),
    'few of a class': (
        lambda: audit.by_class([0, 0, 2], 1),
        'labels must hold 1 of class 1, got 0',
    ),
    'labels as texts': (lambda: audit.by_class(['a'], 1), r"labels must be whole .* \['a'\]"),
    'no label': (lambda: audit.by_class([], 1), r'labels must be whole .* shape \(0,\)'),
    'a negative label': (lambda: audit.by_class([-1, 0], 1), 'labels must be .* least -1'),
    'no count': (lambda: audit.by_class([0], 0), 'count must be a whole number >= 1, got 0'),
    'an empty class': (
        lambda: summarized([0, 0]),
        "mine: labels must hold every class, got no 'bag'",
    ),
    'a class without a name': (lambda: summarized([0, 2]), 'mine: labels must be below 2, got 2'),
    'a label missing': (
        lambda: summarized([0]),
        'mine: labels must be one an image, got 1 for 2 images',
    ),
    'nothing to compare with': (
        lambda: nearest(SQUARES[:1]),
        'images must be at least 2 to be compared with each other, got 1',
    ),
    'another size': (
        lambda: nearest(SQUARES, onp.zeros((2, 6, 6))),
        r'among must hold images of \(5, 5\), got \(6, 6\)',
    ),
    'an empty block': (lambda: nearest(SQUARES, block=0), 'block must be .* >= 1, got 0'),
    'one feature row': (
        lambda: audit.project(ROWS[:1]),
        r'features must be \(N, D\) of at least 5 rows and 2 columns, got \(1, 8\)',
    ),
    'maps for features': (
        lambda: audit.project(onp.zeros((9, 4, 2, 2))),
        r'features must be \(N, D\) .* got \(9, 4, 2, 2\)',
    ),
    'endless features': (
        lambda: audit.project(ROWS + onp.inf),
        'features must be finite, got inf',
    ),
    'another method': (
        lambda: audit.project(ROWS, 'umap'),
        "method must be one of pca, tsne, got 'umap'",
    ),
    'too few to fold': (
        lambda: audit.separability(ROWS, ROWS[:3]),
        r'features_b must be \(N, D\) of at least 5 rows, got \(3, 8\)',
    ),
    'other columns': (
        lambda: audit.separability(ROWS, ROWS[:, :4]),
        'features_b must have 8 columns, got 4',
    ),
    'one fold': (
        lambda: audit.separability(ROWS, ROWS, folds=1),
        'folds must be a whole number >= 2, got 1',
    ),
    'more neighbours than images': (
        lambda: audit.purity(ROWS, range(8), neighbours=8),
        r'features must be \(N, D\) of at least 9 rows, got \(8, 8\)',
    ),
    'a group missing': (
        lambda: audit.purity(ROWS, range(7), neighbours=2),
        'groups must be as many as features, got 7 for 8',
    ),
    'a label too many': (
        lambda: audit.doubts([0, 1], [[0.5, 0.5]]),
        'labels must be one an image, got 2 for 1 images',
    ),
    'a label beyond': (
        lambda: audit.doubts([2], [[0.5, 0.5]]),
        'labels must be below 2, got 2',
    ),
}


@pytest.mark.parametrize(('call', 'told'), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_by_name(call, told):
    with pytest.raises(ValueError, match=told):
        call()
