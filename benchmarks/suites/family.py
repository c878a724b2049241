"""The whole family trained: five networks on the same 3 000 images, by the recipe `quick`, three seeds.

GoogLeNet is trained once more with its two auxiliary classifiers, whose losses weigh 0.3 each.

The images are those that come with the course, at the smallest size that all five take. Three thousand
small grey images say nothing about which network is best on ImageNet.
"""

from d2l_ext.figures import dots
from d2l_ext.tables import Table
from d2l_ext.training import RECIPES

from ..driver import Contestant
from ..report import spread_of
from ..spread import UNIT, Figure, in_units, value

TITLE = 'The family trained: 3 000 images of 75 x 75, scored on 1 000 test images'
NETWORKS = {
    'GoogLeNet': 'GoogLeNet',
    'InceptionBN': 'Inception-BN',
    'InceptionV3': 'Inception-V3',
    'InceptionV4': 'Inception-V4',
    'InceptionResNetV2': 'Inception-ResNet-V2',
}
AUX = 'GoogLeNet_aux'
TRAINED = {**NETWORKS, AUX: 'GoogLeNet with auxiliary classifiers'}
# at the smallest size that V3, V4 and Inception-ResNet-V2 take
RECIPE = {**RECIPES['quick'], 'resize': 75}
FIGURES = {
    **{f'{told}, test accuracy': Figure(value(name, 'test_accuracy')) for name, told in TRAINED.items()},
    **{f'{told}, R': Figure(in_units(name), least=1) for name, told in NETWORKS.items()},
    'R, seconds': Figure(value(UNIT, 'seconds')),
}  # fmt: skip


def rounds(quick):
    return 1 if quick else 3  # a round is a seed


def contestants(quick):
    options, unit = {'recipe': RECIPE}, {}
    if quick:  # one step
        options = {'recipe': {**RECIPE, 'epochs': 1}, 'images': RECIPE['batch_size']}
        unit = {'steps': 1, 'warm_up': 1}
    call = 'benchmarks.contestants.family:measure'
    return {
        UNIT: Contestant('benchmarks.contestants.unit:measure', unit),
        **{
            name: Contestant(call, {'network': name, **options}, counted='seed')
            for name in NETWORKS
        },
        AUX: Contestant(call, {'network': 'GoogLeNet', 'aux': True, **options}, counted='seed'),
    }


def tables(found):
    """Tabulate each network's cost and accuracy, the median of the seeds, and each seed's accuracies.

    Seeds may come from several machines: the cost is counted in R, in the rounds that measured it.
    """
    rows, epochs = [], []
    for name, called in TRAINED.items():
        runs = [numbers[name] for numbers in found['rounds'] if name in numbers]
        if not runs:
            continue
        cost = found['figures'].get(f'{called}, R', {}).get('median')
        told = spread_of(found, name, 'test_accuracy')
        rows.append([called, runs[0]['parameters'], runs[0]['macs'], cost, *told.values()])
        for run in runs:
            curve = ', '.join(f'{epoch["test_accuracy"]:.3f}' for epoch in run['epochs'])
            epochs.append([called, run['seed'], run['cpu'], run['cpus'], curve])
    notes = [f'{entry["contestant"]}: {entry["words"]}' for entry in found['failures']]
    columns = ['network', 'parameters', 'MACs', 'R', 'accuracy', 'min', 'max']
    return [
        Table(columns, rows, title='\n'.join(['medians of the seeds', *notes])),
        Table(['network', 'seed', 'machine', 'CPUs', 'test accuracy after each epoch'], epochs),
    ]


def picture(found):
    points = {}
    for name, called in TRAINED.items():
        runs = [numbers[name] for numbers in found['rounds'] if name in numbers]
        if runs:
            accuracy = spread_of(found, name, 'test_accuracy')['median']
            points[called] = (runs[0]['macs'] / 1e9, accuracy)
    unit = 'test accuracy, median of the seeds'
    return dots(points, 'billion MACs an image', unit, TITLE) if points else None
