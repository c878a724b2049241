"""How cost grows with resolution, batch size and width: images/s and memory, training and inference."""

from d2l_ext.tables import Table

from .. import draw
from ..driver import Contestant
from ..report import GB, spread_of
from ..spread import Figure, spread

TITLE = 'How cost grows: GoogLeNet, random images in memory'
BASE = {'size': 96, 'batch': 32, 'width': 1}
AXES = {
    'size': ('resolution, pixels a side', (32, 48, 64, 96, 128, 160, 224)),
    'batch': ('images a batch', (1, 4, 16, 32, 64, 128, 256)),
    'width': ('width, times the channels', (0.5, 1, 2)),
}
QUICK = {'size': (48, 96), 'batch': (32,), 'width': (1,)}


def points(quick):
    """Return every point once: BASE with one of its values changed."""
    found = []
    for axis, (_, values) in AXES.items():
        for setting in QUICK[axis] if quick else values:
            point = {**BASE, axis: setting}
            if point not in found:
                found.append(point)
    return found


def name(what, point):
    """Write a contestant's name: train 96x96 batch 32 width 1."""
    return f'{what} {point["size"]}x{point["size"]} batch {point["batch"]} width {point["width"]}'


def rounds(quick):
    return 2 if quick else 3


def contestants(quick):
    more = {'train': {'seconds': 1.5}, 'infer': {'seconds': 0.5}}
    if quick:
        more = {'train': {'seconds': 1.0, 'warm_up': 2}, 'infer': {'seconds': 0.3, 'warm_up': 2}}
    return {
        name(what, point): Contestant(
            f'benchmarks.contestants.cost:{what}', {**point, **more[what]}
        )
        for point in points(quick)
        for what in (('train',) if quick and point != BASE else ('train', 'infer'))
    }


def _fusion(point):
    infer = name('infer', point)
    return lambda numbers: numbers[infer]['fused_images_per_s'] / numbers[infer]['images_per_s']


FIGURES = {
    f'fused : plain, {name("infer", point)}': Figure(_fusion(point)) for point in points(False)
}


def _row(found, point):
    """Return medians: training, inference, fused inference (images/s); memory of the first two."""
    told = [
        spread_of(found, name('train', point), 'images_per_s'),
        spread_of(found, name('infer', point), 'images_per_s'),
        spread_of(found, name('infer', point), 'fused_images_per_s'),
        spread_of(found, name('train', point), 'peak_bytes', GB),
        spread_of(found, name('infer', point), 'peak_bytes', GB),
    ]
    return [entry and entry['median'] for entry in told]


def tables(found):
    rows = []
    for point in points(False):
        row = _row(found, point)
        if any(row):
            rows.append([point['size'], point['batch'], float(point['width']), *row])
    columns = [
        'pixels',
        'batch',
        'width',
        'training',
        'inference',
        'fused',
        'GB training',
        'GB inference',
    ]
    failures = [f'{e["contestant"]}: {e["words"]}' for e in found['failures']]
    gains = [figure['median'] for figure in found['figures'].values()]
    told = [Table(columns, rows, title='\n'.join(['images/s, medians', *failures]))]
    if gains:
        gain = spread(gains)
        row = ['fused : plain', gain['median'], gain['min'], gain['max']]
        columns = ['within a round; over the points', 'median', 'min', 'max']
        told.append(Table(columns, [row]))
    return told


def picture(found):
    series = ('training', 'inference', 'inference, fused by oneDNN')
    panels = {}
    for axis, (label, values) in AXES.items():
        rows = {value: _row(found, {**BASE, axis: value}) for value in values}
        rows = {value: row for value, row in rows.items() if any(row)}
        panels[label] = (
            {series[i]: {v: row[i] for v, row in rows.items() if row[i]} for i in range(3)},
            {series[i]: {v: row[3 + i] for v, row in rows.items() if row[3 + i]} for i in range(2)},
        )
    return draw.growth(
        panels, 'Cost by resolution, batch and width (the others are 96x96, batch 32, width 1)'
    )
