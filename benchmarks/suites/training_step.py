"""A training step with its data, GoogLeNet 96x96, batch 128, float32: four ways to run it."""

from d2l_ext.figures import bars

from ..driver import Contestant
from ..report import contestants_table, figures_table, spread_of
from ..spread import Figure, ratio, value

TITLE = 'Training step with data: GoogLeNet 96x96, batch 128'
TITLES = {
    'lecture': '(a) the lecture’s notebook as it stands',
    'pytorch': '(b) PyTorch eager, as the book writes it',
    'channels_last': '(c) the same, channels_last',
    'ours': '(d) ours',
    'workers': '(d) with d2l’s loader, four workers',
    'mxnet_bfloat16': 'another precision: (d) in bfloat16, MXNet’s AMP',
    'bfloat16': 'another precision: (c) in bfloat16',
}
FIGURES = {
    '(d) : (a)': Figure(ratio('ours', 'lecture'), {'median at least': 2.3}),
    '(d) : (b)': Figure(ratio('ours', 'pytorch'), {'median at least': 1.5}),
    '(d) : (c)': Figure(ratio('ours', 'channels_last'), {'median at least': 1.1}),
    '(d) peak memory, GB': Figure(value('ours', 'peak_bytes', 1e9), {'max at most': 2.5}),
}


def rounds(quick):
    return 2 if quick else 5


def contestants(quick):
    steps = {'steps': 3, 'warm_up': 4} if quick else {'steps': 12, 'warm_up': 8}
    pytorch, last = 'benchmarks.contestants.pytorch:measure', {**steps, 'layout': 'channels_last'}
    others = 'benchmarks.contestants.variants'
    return {
        'lecture': Contestant('benchmarks.contestants.lecture:measure', steps, ('images',)),
        'pytorch': Contestant(pytorch, steps, ('torch', 'images')),
        'channels_last': Contestant(pytorch, last, ('torch', 'images')),
        'ours': Contestant('benchmarks.contestants.ours:measure', steps, ('images',)),
        'workers': Contestant(f'{others}:workers', steps, ('images',)),
        'mxnet_bfloat16': Contestant(f'{others}:bfloat16', steps, ('AVX-512 BF16', 'images')),
        'bfloat16': Contestant(
            pytorch, {**last, 'precision': 'bfloat16'}, ('torch', 'AMX', 'images')
        ),
    }


def tables(found):
    return [
        contestants_table(found, TITLES, 'images_per_s', 'images/s'),
        figures_table(found, 'memory: of the training process, without its data workers'),
    ]


def picture(found):
    values = {
        called: spread_of(found, name, 'images_per_s') or found['missing'].get(name, 'failed')
        for name, called in TITLES.items()
    }
    told = [
        f'{figure["median"]:.2f} times {name[-3:]}'
        for name, figure in found['figures'].items() if name.startswith('(d) : ')
    ]  # fmt: skip
    title = f'GoogLeNet, a training step with data: ours runs {", ".join(told)}' if told else TITLE
    return bars(
        values, 'images/s, median; the line spans all rounds', title,
        strong=(TITLES['ours'],), hatched=(TITLES['mxnet_bfloat16'], TITLES['bfloat16']),
    )  # fmt: skip
