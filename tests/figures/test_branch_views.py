"""Does the picture of receptive fields draw each branch's square as large as it is?"""

from d2l_ext import figures

import numpy as onp
import pytest


def test_each_square_has_the_size_of_its_branch():
    picture = figures.fields(onp.zeros((28, 28)), {'branch1x1': 1, 'branch5x5': 5}, 14, 14)

    one, five = (p for p in picture.axes[0].patches if p.get_gid() == 'field')
    assert five.get_width() == pytest.approx(5 * one.get_width())
    assert 'branch1x1 1×1, branch5x5 5×5' in picture.alt


def test_a_place_at_the_edge_is_refused():
    with pytest.raises(ValueError, match='row must be'):
        figures.fields(onp.zeros((28, 28)), {'branch1x1': 1}, 2, 14)
