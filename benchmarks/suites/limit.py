"""The limit: what the machine does in a large matrix product, and the share that (d) reaches."""

from d2l_ext.figures import bars

from ..driver import Contestant
from ..report import figures_table, spread_of
from ..spread import Figure, over, spread
from . import training_step

TITLE = 'The limit: a product of two 4096 x 4096 float32 matrices, in the same rounds'
PRODUCTS = {
    'numpy': 'NumPy, a @ b',
    'mxnet_dot': 'MXNet, np.dot',
    'mxnet_dense': 'MXNet, dense layer',
}


def products(numbers) -> dict:
    """Return the rates of a round's products in GFLOP/s."""
    return {name: numbers[name]['gflops'] for name in PRODUCTS if name in numbers}


def ours(numbers):
    """Return the rate of (d) in GFLOP/s."""
    # a multiply-add is two operations; the backward pass takes twice those of the forward pass
    return 3 * 2 * numbers['ours']['macs'] * numbers['ours']['images_per_s'] / 1e9


def share(numbers):
    """Return the share of the quickest product's rate that (d) reaches in a round."""
    return ours(numbers) / products(numbers)[best(numbers)]


def best(numbers):
    """Return the name of the quickest product of a round."""
    rates = products(numbers)
    if not rates:
        raise KeyError('no product in this round')
    return max(rates, key=rates.get)


FIGURES = {
    '(d) : quickest product': Figure(share, {'median at least': 0.65}),
    '(d) : NumPy’s product': Figure(lambda numbers: ours(numbers) / products(numbers)['numpy']),
    '(d), GFLOP/s': Figure(ours),
}


def rounds(quick):
    return training_step.rounds(quick)


def contestants(quick):
    seconds = {'seconds': 0.5 if quick else 4}
    return {
        **{
            name: Contestant(f'benchmarks.contestants.product:{name}', seconds)
            for name in PRODUCTS
        },
        'ours': training_step.contestants(quick)['ours'],
    }  # fmt: skip


def _rows(found):
    """Return (title, by, spread, why not) of the products and of (d)."""
    rows = []
    for name, called in PRODUCTS.items():
        by = next((numbers[name]['by'] for numbers in found['rounds'] if name in numbers), '')
        rows.append((called, by, spread_of(found, name, 'gflops')))
    values = over(found['rounds'], ours)
    return [*rows, ('(d) ours, training', 'oneDNN', spread(values) if values else None)]


def tables(found):
    from d2l_ext.tables import Table

    empty = dict.fromkeys(('median', 'min', 'max'))
    rows = [[called, by, *(told or empty).values()] for called, by, told in _rows(found)]
    return [Table(['GFLOP/s', 'by', 'median', 'min', 'max'], rows), figures_table(found)]


def picture(found):
    values = {
        f'{called} ({by})' if by else called: told or 'failed' for called, by, told in _rows(found)
    }
    told, title = found['figures'].get('(d) : quickest product'), TITLE
    if told:
        names = [best(numbers) for numbers in found['rounds'] if products(numbers)]
        quickest = PRODUCTS[max(set(names), key=names.count)]
        title = (
            f'Training reaches {told["median"]:.0%} of the rate of the quickest 4096 x 4096 product: '
            f'{quickest}'
        )
    strong = [name for name in values if 'ours' in name]
    return bars(values, 'GFLOP/s, median; the line spans all rounds', title, strong)
