"""Does a picture of lines show every line, where it belongs?"""

from d2l_ext import figures

import numpy as onp
import pytest


def axes(*args, **options):
    return figures.lines(*args, **options).axes[0]


def test_every_line_goes_through_its_points():
    drawn = axes({'a': {1: 2.0, 4: 5.0}, 'b': [7, 8, 9]}, 'x', 'y').lines

    assert [line.get_label() for line in drawn] == ['a', 'b']
    assert drawn[0].get_xydata().tolist() == [[1, 2], [4, 5]]
    assert drawn[1].get_xydata().tolist() == [[1, 7], [2, 8], [3, 9]]


def test_words_stand_on_the_axis_in_their_order():
    shown = axes({'a': {'3a': 1, '3b': 2}, 'b': {'3b': 4, '4a': 5}}, 'block', 'y')

    assert [tick.get_text() for tick in shown.get_xticklabels()] == ['3a', '3b', '4a']
    assert shown.lines[1].get_xdata().tolist() == [1, 2]


@pytest.mark.parametrize('log', ['', 'x', 'y', 'xy'])
def test_the_axes_that_are_named_are_logarithmic(log):
    shown = axes({'a': [1, 10, 100]}, 'x', 'y', log=log)

    assert (shown.get_xscale() == 'log', shown.get_yscale() == 'log') == ('x' in log, 'y' in log)


def test_few_places_on_a_logarithmic_axis_are_its_ticks():
    shown = axes({'a': {0.03: 1, 0.1: 2, 1.0: 3}}, 'x', 'y', log='x')

    assert [tick.get_text() for tick in shown.get_xticklabels()] == ['0.03', '0.1', '1']


@pytest.mark.parametrize('highest', [7, 70, 700])
def test_a_logarithmic_axis_of_few_powers_of_ten_has_several_numbers(highest):
    shown = axes({'a': {x: x * highest / 9 for x in range(1, 10)}}, 'x', 'y', log='xy')

    for axis, (low, high) in ((shown.xaxis, shown.get_xlim()), (shown.yaxis, shown.get_ylim())):
        told = [
            text.get_text()
            for at, text in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
            if low <= at <= high
        ]
        assert len(told) >= 3 and all(float(text) > 0 for text in told)


def test_a_linear_axis_begins_at_zero_where_all_is_above():
    assert axes({'a': [90, 100]}, 'x', 'y').get_ylim()[0] == 0
    assert axes({'a': [-90, 100]}, 'x', 'y').get_ylim()[0] < -90


def test_no_tick_of_whole_numbers_stands_beyond_the_last():
    shown = axes({'a': dict(enumerate(range(21)))}, 'block', 'y')
    low, high = shown.get_xlim()

    assert [tick for tick in shown.get_xticks() if low <= tick <= high] == [0, 5, 10, 15, 20]


def test_what_is_not_finite_leaves_a_gap():
    drawn = axes({'a': [1, float('inf'), 3]}, 'x', 'y').lines[0].get_ydata()

    assert onp.isnan(drawn).tolist() == [False, True, False]


def test_a_point_between_two_gaps_is_marked_wherever_it_stands():
    ys = [1.0] * 40 + [onp.nan, 2.0, onp.nan] + [1.0] * 6
    (line,) = axes({'a': ys}, 'x', 'y').lines

    assert 41 in line.get_markevery()
    assert len(line.get_markevery()) < 16  # of 49 points


def test_the_alt_text_names_the_lines_and_no_number():
    told = figures.lines({'deep': [0.123], 'flat': [4.5]}, 'step', 'loss', title='Losses').alt

    assert told == 'Losses. Lines, loss by step: deep, flat.'


def test_lines_are_told_apart_without_colour():
    drawn = axes({name: [1, 2] for name in 'abcdef'}, 'x', 'y').lines

    assert len({(line.get_marker(), line.get_linestyle()) for line in drawn}) == 6


@pytest.mark.parametrize(
    ('series', 'told'),
    [
        ({}, 'series must be a dict of at least one entry, got {}'),
        ({str(i): [1] for i in range(7)}, 'series must hold 1 to 6 lines, got 7'),
        ({'a': []}, r"series\['a'\] must hold at least one point"),
    ],
)
def test_what_cannot_be_drawn_is_named(series, told):
    with pytest.raises(ValueError, match=told):
        figures.lines(series, 'x', 'y')


def test_a_level_is_a_dotted_line_across_and_in_the_words():
    picture = figures.accuracy_by_time({'a': [(1, 0.5), (20, 0.8)]}, levels={'theirs': 0.7})
    drawn = {line.get_label(): line for line in picture.axes[0].get_lines()}

    assert set(drawn['theirs'].get_ydata()) == {0.7} and drawn['theirs'].get_linestyle() == ':'
    assert picture.alt.endswith('a: 0.800 after 20 s; dotted, theirs: 0.700.')
    with pytest.raises((TypeError, ValueError), match=r"levels\['theirs'\] must be"):
        figures.accuracy_by_time({'a': [(1, 0.5)]}, levels={'theirs': 'high'})
