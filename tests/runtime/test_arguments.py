"""Are numbers checked alike everywhere: NumPy's taken, booleans and all else refused by name?"""

from d2l_ext.runtime.arguments import number, shape_of, whole

import numpy as onp
import pytest


@pytest.mark.parametrize('value', [3, onp.int64(3), onp.uint8(3)])
def test_whole_numbers_of_python_and_numpy_are_taken(value):
    assert whole('n', value) == 3 and type(whole('n', value)) is int


@pytest.mark.parametrize('value', [True, onp.bool_(True), 3.0, '3', None, 0, -1, onp.int64(0), [3]])
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(ValueError, match='n must be a whole number >= 1, got .*: give more'):
        whole('n', value, hint='give more')


@pytest.mark.parametrize('value', [0.5, onp.float32(0.5), onp.float64(0.5)])
def test_numbers_of_python_and_numpy_are_taken(value):
    assert number('rate', value, least=0, below=1) == 0.5


@pytest.mark.parametrize('value', [-0.1, 1, float('nan'), float('inf'), True, '0.5', None, 1 + 0j])
def test_what_is_no_number_within_the_bounds_is_refused(value):
    with pytest.raises(ValueError, match='rate must be a number >= 0 and < 1, got'):
        number('rate', value, least=0, below=1)


def test_bounds_may_be_left_out_or_belong_to_the_range():
    assert number('x', -5) == -5 and number('x', 1, above=0, most=1) == 1
    for value in (0, 1.5):
        with pytest.raises(ValueError, match='x must be a number > 0 and <= 1'):
            number('x', value, above=0, most=1)


def test_a_shape_is_four_whole_numbers():
    assert shape_of('shape', [onp.int64(1), 3, 4, 5], axes=4) == (1, 3, 4, 5)
    for value in ((1, 3, 4), (1, 3, 4, 0), (1, 3, 4, True), 7, None, (1, 3, 4.0, 5)):
        with pytest.raises(ValueError, match=r'shape must be \(N, C, H, W\), whole numbers'):
            shape_of('shape', value, axes=4)
