"""Does the probe time a training step, with one thread and with all, and respect what the user set?"""

import os
import subprocess
import sys
import time

from d2l_ext import runtime
from d2l_ext.diagnostics import speed
from d2l_ext.diagnostics.speed import Speed

import pytest


@pytest.fixture
def fresh(monkeypatch):
    """Nothing is measured yet, and the user set no number of threads; what is set here is undone."""
    monkeypatch.setenv('OMP_NUM_THREADS', '4')  # by runtime.prepare
    monkeypatch.setenv(speed.KEPT, '')
    monkeypatch.setattr(runtime, 'THREADS_GIVEN', False)
    monkeypatch.setattr(runtime, 'usable_cpus', lambda: 4)


def test_the_quicker_number_of_threads_is_chosen_and_of_equals_the_smaller():
    assert Speed({1: 5.0, 2: 3.0}).threads == 2
    assert Speed({1: 3.0, 2: 5.0}).threads == 1
    assert Speed({2: 3.0, 1: 3.0}).threads == 1


def test_a_speed_says_both_figures_the_quicker_first():
    assert str(Speed({1: 5.12, 2: 3.2})) == '40 images/s with 2 threads, 25 with 1'
    assert str(Speed({1: 3.2, 2: 5.12})) == '40 images/s with 1 thread, 25 with 2'
    assert str(Speed({1: 3.2})) == '40 images/s with 1 thread'


def test_one_thread_and_all_are_timed_once(fresh, monkeypatch):
    asked = []
    monkeypatch.setattr(speed, '_time', lambda counts: asked.append(counts) or {1: 2.0, 4: 1.0})

    assert speed.measure().steps == {1: 2.0 * speed.SCALE, 4: speed.SCALE}
    assert speed.measure().threads == 4
    assert asked == [[1, 4]]


def test_on_one_cpu_there_is_nothing_to_compare(fresh, monkeypatch):
    monkeypatch.setattr(runtime, 'usable_cpus', lambda: 1)

    assert speed._counts() == [1]


@pytest.mark.parametrize(
    ('given', 'counts'), [('7', [7]), ('3,2', [3]), ('0', [4]), ('all', [4]), ('', [4])]
)
def test_a_number_of_threads_that_the_user_set_stays_and_is_the_only_one_tried(
    fresh, monkeypatch, given, counts
):
    monkeypatch.setattr(runtime, 'THREADS_GIVEN', True)
    monkeypatch.setenv('OMP_NUM_THREADS', given)
    monkeypatch.setattr(speed, '_time', lambda counts: dict.fromkeys(counts, 1.0))

    assert list(speed.choose().steps) == counts
    assert os.environ['OMP_NUM_THREADS'] == given


def test_processes_started_later_take_the_quicker_number(fresh, monkeypatch):
    monkeypatch.setattr(speed, '_time', lambda counts: {1: 1.0, 4: 2.0})
    speed.choose()

    assert os.environ['OMP_NUM_THREADS'] == '1'
    code = 'from d2l_ext.diagnostics import speed; print(speed.measure().steps[4] / speed.SCALE)'
    told = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stdout
    assert float(told) == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize('kept', ['fast', '1', '1:', '1:x', '0:2', '1:0', '1:nan', '1:inf', '1:2,'])
def test_an_answer_in_another_form_is_refused(monkeypatch, kept):
    monkeypatch.setenv(speed.KEPT, kept)

    with pytest.raises(ValueError, match='D2L_EXT_STEP_SECONDS must be like 1:5.0,2:3.1, got'):
        speed.measure()


def test_a_cell_may_take_150_steps_and_never_less_than_300_seconds(monkeypatch):
    monkeypatch.setenv(speed.KEPT, '1:9.0,2:4.0')

    assert speed.cell_seconds() == 600
    assert speed.cell_seconds(0.62) == 300
    assert speed.cell_seconds(2.01) == 302


def test_a_step_is_timed_with_the_threads_asked_for(fresh, monkeypatch):
    # what stands between the two processes: both answer, in turn, and both are ended
    seen, popen = [], subprocess.Popen

    def started(*args, env, **more):
        seen.append((env['OMP_NUM_THREADS'], popen(*args, env=env, **more)))
        return seen[-1][1]

    monkeypatch.setattr(subprocess, 'Popen', started)
    monkeypatch.setattr(speed, 'ROUNDS', 1)
    monkeypatch.setattr(speed, 'WARM_UP', 0)

    found = speed._time([1, 2])

    assert list(found) == [1, 2] and all(0.001 < seconds < 60 for seconds in found.values())
    assert [threads for threads, _ in seen] == ['1', '2']
    assert [process.returncode for _, process in seen] == [-9, -9]


@pytest.fixture
def instead(tmp_path, monkeypatch):
    """Let the process that times a step run a program of ours instead."""

    def write(code):
        path = tmp_path / 'python'
        path.write_text(f'#!/bin/sh\n{code}\n')
        path.chmod(0o755)
        monkeypatch.setattr(sys, 'executable', str(path))

    return write


def test_a_process_that_fails_is_told_with_its_last_words(fresh, instead):
    instead('echo a first line >&2; echo no such network >&2')

    with pytest.raises(RuntimeError, match='the process that times a step ended: no such network$'):
        speed.measure()
    assert not os.environ[speed.KEPT]


def test_a_process_that_hangs_is_ended(fresh, instead, monkeypatch):
    monkeypatch.setattr(speed, 'PATIENCE', 0.2)
    instead('exec sleep 60')
    start = time.perf_counter()

    with pytest.raises(RuntimeError, match='ended: no words'):
        speed.measure()
    assert time.perf_counter() - start < 50
