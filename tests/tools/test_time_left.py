"""Is the time left that of the lessons to come, at the pace of this machine?"""

import json

from tools.time_left import Pace, recorded, span

import pytest


@pytest.mark.parametrize(
    ('seconds', 'told'),
    [(0, '10 s'), (10, '10 s'), (11, '20 s'), (90, '90 s'), (91, '2 min'), (750, '12 min')],
)
def test_a_span_is_told_in_tens_of_seconds_then_in_minutes(seconds, told):
    assert span(seconds) == told


def test_first_the_timed_step_tells_what_is_left():
    pace = Pace({'a': 10, 'b': 20, 'c': 30}, 3.0)
    assert pace.left() == 180
    pace.begin('a')

    assert pace.told('a', 0) == ', 30 s' and pace.left({'a': 0}) == 180
    assert pace.told('a', 12) == ', 20 s' and pace.left({'a': 12}) == 168
    assert pace.told('a', 500) == ', 10 s' and pace.left({'a': 500}) == 150  # too long


def test_then_what_the_lessons_took_corrects_it():
    pace = Pace({'a': 20, 'b': 40}, 3.0)
    pace.begin('a')
    pace.end('a', 3 * 3.0 * 20)  # three times as long: another program came
    pace.begin('b')

    assert pace.told('b', 0) == ', 4 min' and pace.left({'b': 0}) == 240  # 40 R of 6 s


def test_lessons_that_run_at_once_share_what_is_left():
    pace = Pace({'a': 10, 'b': 20, 'c': 30}, 3.0, at_once=2)
    assert pace.left() == 90
    pace.begin('a')
    pace.begin('b')

    assert pace.left({'a': 20, 'b': 20}) == (10 + 40 + 90) / 2
    pace.end('a', 30)
    pace.end('b', 60)
    pace.begin('c')
    assert pace.left({'c': 0}) == 90  # the last one has nobody to share with


def test_a_lesson_that_was_never_recorded_counts_for_nothing():
    pace = Pace({'a': 0, 'b': 10}, 3.0)
    pace.begin('a')
    assert pace.told('a', 1) == ''
    pace.end('a', 100)
    pace.begin('b')

    assert pace.told('b', 0) == ', 30 s' and pace.left({'b': 0}) == 30


def test_nothing_is_told_where_the_speed_is_unknown():
    pace = Pace({'a': 10}, None)
    pace.begin('a')

    assert pace.told('a', 0) == '' and pace.left({'a': 0}) == 0


def test_the_r_of_lessons_comes_from_the_record_of_the_suite_waiting(tmp_path):
    path = tmp_path / 'waiting.json'
    assert recorded(path) == {}
    path.write_text(json.dumps({'rounds': []}))  # of an older form
    assert recorded(path) == {}
    path.write_text(json.dumps({'R': 3.0, 'lessons': {'05_training': 24.5}}))
    assert recorded(path) == {'05_training': 24.5}
