"""Look before you train: images class by class, two collections beside each other, copies, doubts.

Images are arrays (N, H, W) or (N, H, W, 3) of any size, uint8 or floats from 0 to 1; labels are whole
numbers (N,) from 0; features (N, D). Whatever is drawn at random is drawn from a seed.
"""

import numpy as onp

from ..runtime.arguments import (
    array_of,
    brief,
    class_numbers,
    dict_of,
    names_of,
    one_of,
    seed_of,
    whole,
)
from ..runtime.arguments import number as checked_number
from ..tables import Table
from .corruptions import STEPS, WILD


def in_the_wild(images, strength, seed=0, steps=tuple(WILD)):
    """Return `images` as if taken outside a studio: the same shape and type, altered by `strength`.

    `strength` goes from 0, which alters nothing, to 1: the amounts in WILD. `steps` names the
    transformations, by default all. Seed and place in `images` decide what happens to an image, so
    it turns the same way at every strength. Raises ValueError for other shapes, values and names.
    """
    images = _images('images', images)
    strength = checked_number('strength', strength, least=0, most=1)
    seed_of(seed)
    steps = [one_of('each of steps', step, list(WILD)) for step in names_of('steps', steps)]
    if strength == 0:
        return images.copy()
    in_bytes = images.dtype == onp.uint8
    random = onp.random.RandomState()  # draws the same on every NumPy; costs more than its seeding
    wild = onp.empty_like(images)
    for i, image in enumerate(images):
        seen = onp.divide(image, 255) if in_bytes else image.astype(float)
        seen = seen.reshape(*image.shape[:2], -1)
        for number, (step, (amount, _)) in enumerate(WILD.items()):
            if step in steps:
                random.seed([seed, i, number])
                seen = onp.clip(STEPS[step](seen, amount * strength, random), 0, 1)
        wild[i] = (onp.rint(seen * 255) if in_bytes else seen).reshape(image.shape)
    return wild


def by_class(labels, count, classes=None):
    """Return the indices of the first `count` images of each class, a class after the other.

    `classes` are the numbers of the classes wanted, in their order; by default all up to the highest.
    Raises ValueError if a class has fewer images.
    """
    labels, count = class_numbers('labels', labels), whole('count', count, 1)
    chosen = []
    wanted = range(labels.max() + 1) if classes is None else class_numbers('classes', classes)
    for number in wanted:
        found = onp.flatnonzero(labels == number)
        if len(found) < count:
            raise ValueError(f'labels must hold {count} of class {number}, got {len(found)}')
        chosen.append(found[:count])
    return onp.concatenate(chosen)


def summary(collections, classes) -> Table:
    """Count each class of each collection, with the mean and the spread of its values, 0 to 1.

    `collections` is {name: (images, labels)}, `classes` the classes' names. The spread is the standard
    deviation of all values. Raises ValueError for lengths that differ, and for a class that is empty.
    """
    columns, rows = ['class'], [[name] for name in names_of('classes', classes)]
    if not rows:
        raise ValueError(f'classes must name at least one class, got {brief(classes)}')
    for title, pair in dict_of('collections', collections).items():
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise ValueError(
                f'collections[{title!r}] must be a pair (images, labels), got {brief(pair)}'
            )
        images, labels = pair
        images = _images(title, images)
        labels = class_numbers(f'{title}: labels', labels, len(images), len(rows))
        columns += [f'{title}: count', 'mean', 'spread']
        scale = 255 if images.dtype == onp.uint8 else 1
        for number, row in enumerate(rows):
            members = images[labels == number] / scale
            if not len(members):
                raise ValueError(f'{title}: labels must hold every class, got no {row[0]!r}')
            row += [len(members), float(members.mean()), float(members.std())]
    return Table(columns, rows)


def nearest(images, among=None, block=1000):
    """Return, for each of `images`, the index of the most similar image and the similarity.

    It is looked for in `among`, by default in the other ones of `images`. Similarity is the correlation
    of the values, 1 for images that differ in brightness and contrast alone; an image of one value
    has 0 with all others. Memory is bounded: `block` times `block` similarities at a time.
    Raises ValueError for images of different shapes, and if there is no other image.
    """
    images, _ = _images('images', images), whole('block', block, 1)
    pool = images if among is None else _images('among', among)
    if pool.shape[1:] != images.shape[1:]:
        raise ValueError(f'among must hold images of {images.shape[1:]}, got {pool.shape[1:]}')
    if among is None and len(images) < 2:
        raise ValueError('images must be at least 2 to be compared with each other, got 1')
    index, best = onp.zeros(len(images), int), onp.full(len(images), -onp.inf, 'float32')
    for start in range(0, len(images), block):
        rows = slice(start, start + block)
        mine, own = _centred(images[rows]), onp.arange(start, min(start + block, len(images)))
        for first in range(0, len(pool), block):
            similar = mine @ _centred(pool[first : first + block]).T
            if among is None:
                similar[onp.arange(first, first + similar.shape[1]) == own[:, None]] = -onp.inf
            column = similar.argmax(axis=1)
            values = similar[onp.arange(len(own)), column]
            better = values > best[rows]
            index[own[better]], best[own[better]] = column[better] + first, values[better]
    return index, best


def _centred(images):
    """Return each image as a row of mean 0 and length 1, or of zeros if all its values are one."""
    rows = images.reshape(len(images), -1).astype('float32')
    rows -= rows.mean(axis=1, keepdims=True)
    length = onp.linalg.norm(rows, axis=1, keepdims=True)
    return onp.divide(rows, length, out=onp.zeros_like(rows), where=length > 1e-3)


def project(features, method='pca', seed=0):
    """Return `features` (N, D) as points (N, 2) of a plane, by 'pca' or by 'tsne'.

    PCA is linear and keeps the directions of most spread. t-SNE, after PCA to 50 dimensions, keeps
    neighbours together and says nothing by distances; its points are the same on one machine only.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    features, seed = _features('features', features, 5, columns=2), seed_of(seed)
    one_of('method', method, ('pca', 'tsne'))
    if method == 'pca':
        return PCA(2, random_state=seed).fit_transform(features)
    fewer = PCA(min(50, *features.shape), random_state=seed).fit_transform(features)
    perplexity = min(30, (len(fewer) - 1) / 3)
    return TSNE(perplexity=perplexity, init='pca', random_state=seed).fit_transform(fewer)


def separability(features_a, features_b, folds=5, seed=0) -> float:
    """Return how well a linear classifier tells two collections apart: 0.5 is chance, 1 always.

    The mean of both collections' accuracies, on folds that it was not fitted to. No image may be in
    both, in whatever form: its copies would be recognized. Raises ValueError for fewer than `folds`.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    folds, seed = whole('folds', folds, 2), seed_of(seed)
    a, b = _features('features_a', features_a, folds), _features('features_b', features_b, folds)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f'features_b must have {a.shape[1]} columns, got {b.shape[1]}')
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    split = StratifiedKFold(folds, shuffle=True, random_state=seed)
    whose = onp.repeat([0, 1], [len(a), len(b)])
    both = onp.concatenate([a, b])
    # its many small products take four times as long with two threads
    with threadpool_limits(1):
        scores = cross_val_score(model, both, whose, cv=split, scoring='balanced_accuracy')
    return float(scores.mean())


def purity(features, groups, neighbours=10) -> float:
    """Return which share of each image's nearest `neighbours` is of its own group, on average."""
    from sklearn.neighbors import NearestNeighbors

    neighbours = whole('neighbours', neighbours, 1)
    features = _features('features', features, neighbours + 1)
    groups = onp.array(names_of('groups', groups))
    _equally_many('groups', groups, 'features', features)
    near = NearestNeighbors(n_neighbors=neighbours).fit(features).kneighbors(return_distance=False)
    return float((groups[near] == groups[:, None]).mean())


def doubts(labels, probabilities):
    """Return the indices of all images, the one whose label the network doubts most first.

    `probabilities` (N, classes) are those of `training.predict`; doubted is a label of little
    probability. Raises ValueError for lengths that differ, and for labels beyond the classes.
    """
    probabilities = _features('probabilities', probabilities, 1)
    labels = class_numbers('labels', labels, *probabilities.shape)
    return onp.argsort(probabilities[onp.arange(len(labels)), labels], kind='stable')


def _images(name, images):
    """Return images as an array; ValueError unless (N, H, W) or (N, H, W, 3), uint8 or 0 to 1."""
    images = array_of(name, images)
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] != 3) or not images.size:
        raise ValueError(
            f'{name} must be (N, H, W) or (N, H, W, 3), got {images.shape}: '
            'one image alone is image[None], channels come last'
        )
    if images.dtype == onp.uint8:
        return images
    if images.dtype.kind != 'f':
        raise ValueError(f'{name} must be uint8, or floats from 0 to 1, got {images.dtype}')
    low, high = images.min(), images.max()
    if not (low >= 0 and high <= 1):
        raise ValueError(f'{name} must be 0 to 1 as floats, got {low:g} to {high:g}: rescale them')
    return images


def _features(name, features, least, columns=1):
    features = array_of(name, features, finite=True)
    if features.ndim != 2 or len(features) < least or features.shape[1] < columns:
        wanted = f'{least} rows' + (f' and {columns} columns' if columns > 1 else '')
        raise ValueError(f'{name} must be (N, D) of at least {wanted}, got {features.shape}')
    return features


def _equally_many(name, values, other, others):
    if len(values) != len(others):
        raise ValueError(f'{name} must be as many as {other}, got {len(values)} for {len(others)}')
