"""Do the tables hold the paper's numbers, and are tables shown as they should be?"""

from d2l_ext.networks.googlenet import GOOGLENET
from d2l_ext.tables import Table, show

import numpy as onp
import pytest


def test_branch_sums_give_the_papers_output_column():
    sums = [c1 + c3 + c5 + c4 for c1, _, c3, _, c5, c4 in GOOGLENET.values()]

    assert sums == [256, 480, 512, 512, 512, 528, 832, 832, 1024]  # Table 1, "output size"


def test_the_table_has_the_papers_nine_blocks_in_order():
    assert ' '.join(GOOGLENET) == '3a 3b 4a 4b 4c 4d 4e 5a 5b'


@pytest.mark.parametrize(
    'value, text',
    [
        (5977530, '5 977 530'),
        (0.88194, '0.882'),
        ((480, 6, 6), '480 × 6 × 6'),
        (None, ''),
        (True, 'yes'),
        (1234.5, '1 234'),
        (float('nan'), 'nan'),
        (float('-inf'), '-inf'),
    ],
)
def test_entries_are_written_for_readers(value, text):
    assert show(value) == text


def test_a_table_aligns_numbers_right_and_rules_off_the_total():
    table = Table(['name', 'MACs'], [['a', 10], ['bcd', 2000]], total=['total', 2010])

    assert str(table).splitlines() == [
        'name    MACs',
        '------------',
        'a         10',
        'bcd    2 000',
        '------------',
        'total  2 010',
    ]


def test_a_table_aligns_numbers_that_were_written_right():
    table = Table(
        ['name', 'small', 'signed', 'shape'],
        [['a', '3e-07', '-0.020', '3 × 3'], ['b', '0.08', '+1 200.5', '12 × 12']],
    )

    assert str(table).splitlines()[2:] == [
        'a     3e-07    -0.020  3 × 3',
        'b      0.08  +1 200.5  12 × 12',
    ]


def test_a_table_aligns_percentages_right():
    table = Table(['name', 'share'], [['a', '2.6%'], ['b', '36.6%']])
    assert str(table).splitlines()[2:] == ['a      2.6%', 'b     36.6%']


def test_html_escapes_names():
    assert '&lt;b&gt;' in Table(['x'], [['<b>']])._repr_html_()


def test_a_frame_keeps_numbers():
    frame = Table(['name', 'MACs'], [['a', 10], ['b', 5]]).frame()

    assert frame['MACs'].sum() == 15


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match='row must have 2 entries'):
        Table(['a', 'b'], [[1]])


@pytest.mark.parametrize('kind', [onp.float32, onp.float64, onp.int64, onp.array])
def test_numpys_scalars_are_numbers(kind):
    table = Table(['name', 'value'], [['a', kind(2)]], total=['all', kind(2)])

    assert table.rows == [['a', 2]] and type(table.rows[0][1]) in (int, float)
    assert str(table).splitlines()[2].endswith(' 2') and '>2</td>' in table._repr_html_()


def test_two_columns_become_a_dict():
    table = Table(['name', 'size', 'MACs'], [['a', 1, 10], ['b', 2, 5]], total=['all', 3, 15])

    assert table.pairs('name', 'MACs') == {'a': 10, 'b': 5}
    with pytest.raises(KeyError, match='column must be one of'):
        table.pairs('name', 'nothing')
