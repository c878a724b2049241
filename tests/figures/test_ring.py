"""Does the picture of a ring all-reduce show what the algorithm does, from the first step to the last?"""

from d2l_ext import figures

import pytest


def drawn(workers, gid):
    return [text.get_text() for text in figures.ring_all_reduce(workers).axes[0].texts
            if text.get_gid() == gid]  # fmt: skip


def test_each_worker_ends_with_every_gradient_in_every_piece():
    sums = drawn('ABCD', 'sum')

    assert sums[:16] == [name for name in 'ABCD' for _ in range(4)]
    assert sums[-16:] == ['ABCD'] * 16


def test_after_reduce_scatter_each_worker_holds_one_piece_of_the_sum():
    sums = drawn('ABCD', 'sum')

    after = sums[48:64]
    assert [after[i : i + 4].count('ABCD') for i in range(0, 16, 4)] == [1, 1, 1, 1]


def test_every_worker_sends_in_every_step():
    picture = figures.ring_all_reduce('ABC')

    sent = [patch for patch in picture.axes[0].patches if patch.get_gid() == 'sent']
    assert len(sent) == 3 * 2 * (3 - 1)
    assert drawn('ABC', 'step') == [
        'reduce-scatter, step 1', 'reduce-scatter, step 2', 'after reduce-scatter',
        'all-gather, step 1', 'all-gather, step 2', 'after all-gather',
    ]  # fmt: skip


@pytest.mark.parametrize('workers', ['AB', 'ABCD'])
def test_all_lies_inside_the_picture(workers):
    picture = figures.ring_all_reduce(workers, 'A title')
    picture.canvas.draw()
    width, height = picture.get_size_inches() * picture.dpi
    for text in picture.axes[0].texts:
        box = text.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= width and 0 <= box.y0 < box.y1 <= height, text.get_text()


@pytest.mark.parametrize('workers', ['A', 'ABCDE'])
def test_too_few_and_too_many_workers_are_refused(workers):
    with pytest.raises(ValueError, match=f'workers must name 2 to 4, got {len(workers)}'):
        figures.ring_all_reduce(workers)
