"""Does a job end as a whole when one of its processes is lost, and go on later?"""

import io
import json
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

from d2l_ext.runtime import distributed

import pytest
from jobs import STEPS, command, left_over, train, until

pytestmark = pytest.mark.usefixtures('here')


def kill(role, sign=signal.SIGKILL):
    """Send a signal to one process of the job that runs."""
    os.kill(left_over(role)[0], sign)


LAUNCH = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in a shell's background ignores it
from d2l_ext.runtime import distributed
sys.exit(distributed.launch(sys.argv[1:], 2, again='the same command'))
"""
# a worker that does nothing, and ends by SIGKILL alone
DEAF = """
import os, signal, sys, time
from d2l_ext.runtime import distributed
distributed.take_role()
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(f'{sys.argv[1]}/{os.getpid()}', 'w').close()
time.sleep(120)
"""

# a worker that is slow to start: it asks for its role only when its launcher is gone
LATE = """
import os, sys, time
from d2l_ext.runtime import distributed
launcher = os.getppid()
open(f'{sys.argv[1]}/started-{os.getpid()}', 'w').close()
while os.getppid() == launcher:
    time.sleep(0.05)
distributed.take_role()
open(f'{sys.argv[1]}/survived', 'w').close()
time.sleep(120)
"""


def start(line, **env):
    """Start a job of a scheduler, a server and two workers, each of which runs `line`."""
    return subprocess.Popen(
        [sys.executable, '-c', LAUNCH, *line], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env={**os.environ, 'SLOW': '0.1', **env}, start_new_session=True,
    )  # fmt: skip


def start_deaf(folder):
    """Start a job of deaf workers; return it once both are so, and a scheduler and a server run."""
    job = start([sys.executable, '-c', DEAF, str(folder)])
    until(lambda: len([*folder.iterdir()]) == 2 and len(left_over()) == 4)
    return job


OTHERS = [pytest.param(role, marks=pytest.mark.slow) for role in ('server', 'scheduler')]


@pytest.mark.parametrize('role', ['worker', *OTHERS])
def test_when_one_dies_all_end_and_the_job_goes_on_later(tmp_path, role):
    job = start(command(tmp_path / 'told', tmp_path / 'kept'))
    until(lambda: len([*(tmp_path / 'kept').glob('step-*')]) == 2)
    kill(role)
    _, errors = job.communicate(timeout=60)

    assert job.returncode == 1
    assert f'{role} 0 died (signal SIGKILL)' in errors or f'{role} 1 died' in errors
    assert 'to go on from the last checkpoint: the same command' in errors
    assert left_over() == []

    assert distributed.launch(command(tmp_path / 'told', tmp_path / 'kept'), workers=2) == 0
    losses, epochs = json.loads((tmp_path / 'told').read_text())
    _, history = train()
    assert len(losses) < STEPS
    assert [e['loss'] for e in epochs] == pytest.approx([e['loss'] for e in history], abs=1e-3)


def test_ctrl_c_leaves_none_behind(tmp_path):
    job = start_deaf(tmp_path)
    job.send_signal(signal.SIGINT)
    _, errors = job.communicate(timeout=60)

    assert job.returncode == 130
    assert 'interrupted: the job was ended' in errors
    assert left_over() == []


def test_those_that_do_not_listen_are_given_their_seconds_together(monkeypatch):
    now, waited, signs = [0.0], [], []
    monkeypatch.setattr(distributed.time, 'monotonic', lambda: now[0])

    def wait(seconds):
        waited.append(seconds)
        now[0] += seconds
        raise subprocess.TimeoutExpired('it', seconds)

    child = SimpleNamespace(wait=wait, stdout=io.BytesIO())
    reader = SimpleNamespace(join=lambda seconds: None)
    deaf = SimpleNamespace(child=child, reader=reader, signal=signs.append)
    distributed.end([deaf] * 4)

    assert waited == [3, 0, 0, 0, 10, 0, 0, 0]
    assert signs == [signal.SIGTERM] * 4 + [signal.SIGKILL] * 4


def test_a_killed_launcher_leaves_none_behind(tmp_path):
    job = start_deaf(tmp_path)
    job.kill()
    job.communicate(timeout=60)

    until(lambda: left_over() == [])


def test_a_process_that_starts_after_its_launchers_death_ends_too(tmp_path):
    job = start([sys.executable, '-c', LATE, str(tmp_path)])
    until(lambda: len([*tmp_path.glob('started-*')]) == 2)
    job.kill()
    job.communicate(timeout=60)

    until(lambda: left_over() == [] or (tmp_path / 'survived').exists())
    assert not (tmp_path / 'survived').exists()


@pytest.mark.slow  # it waits for most of its time; another lost process is tried above
def test_a_worker_that_hears_nothing_ends_in_time(tmp_path):
    job = start(command(tmp_path / 'told', tmp_path / 'kept'), D2L_EXT_PATIENCE='5')
    until(lambda: [*(tmp_path / 'kept').glob('step-*')])
    kill('server', signal.SIGSTOP)  # it neither answers nor dies, as behind a cut wire
    begun = time.monotonic()
    out, errors = job.communicate(timeout=60)

    assert time.monotonic() - begun < 30
    assert job.returncode == 1
    assert 'no step for 5 s: a worker, a server or the network is gone' in errors
