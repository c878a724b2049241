"""Does the doctor find a fit machine fit, and name what is wrong together with its remedy?"""

import json
import os
import subprocess
import sys
from pathlib import Path

from d2l_ext.__main__ import main
from d2l_ext.diagnostics import speed
from d2l_ext.runtime import gpu

import pytest

ROOT = Path(__file__).parents[2]


def by_name(told):
    return {check['name']: check for check in json.loads(told)}


def test_the_doctor_finds_this_machine_fit():
    # a training step is taken as timed already: test_speed.py times one
    env = {k: v for k, v in os.environ.items() if k != 'D2L_EXT_PROFILE'}
    done = subprocess.run(
        [sys.executable, '-m', 'd2l_ext', 'doctor', '--json'],
        env=env | {speed.KEPT: '1:5.12,2:3.2'}, capture_output=True, text=True,
    )  # fmt: skip
    checks = by_name(done.stdout)

    assert done.returncode == 0
    assert checks['MXNet']['seen'].startswith('1.9.1')
    assert checks['speed']['seen'] == 'training step: 40 images/s with 2 threads, 25 with 1'
    assert checks['speed']['ok'] is True


@pytest.fixture
def doctor(monkeypatch, capsys):
    """Let the doctor look under other settings, in this process: MXNet is imported once."""
    monkeypatch.delenv('D2L_EXT_PROFILE')

    def look(**env):
        for name, value in {speed.KEPT: '1:5.12,2:3.2', **env}.items():
            monkeypatch.setenv(name, value)
        return main(['doctor', '--json']), by_name(capsys.readouterr().out)

    return look


def test_the_doctor_says_when_one_thread_is_quicker(doctor):
    status, checks = doctor(D2L_EXT_STEP_SECONDS='1:5.12,2:6.4')

    assert status == 0
    assert checks['speed']['seen'] == 'training step: 25 images/s with 1 thread, 20 with 2'
    assert 'set OMP_NUM_THREADS=1 while they run' in checks['speed']['remedy']


def test_the_doctor_says_what_is_wrong_and_exits_1(doctor):
    status, checks = doctor(D2L_EXT_PROFILE='fast')

    assert status == 1
    assert checks['profile']['remedy'] == 'unset D2L_EXT_PROFILE'


def test_the_doctor_says_why_mxnet_cannot_be_imported_and_goes_on(tmp_path):
    (tmp_path / 'mxnet.py').write_text("raise OSError('libarmpl_lp64_mp.so: no such file')")
    done = subprocess.run(
        [sys.executable, '-m', 'd2l_ext', 'doctor', '--json'],
        env=os.environ | {'PYTHONPATH': f'{tmp_path}{os.pathsep}{ROOT}'},
        capture_output=True, text=True,
    )  # fmt: skip
    checks = by_name(done.stdout)

    assert (done.returncode, done.stderr) == (1, '')
    assert checks['MXNet']['seen'] == 'OSError: libarmpl_lp64_mp.so: no such file'
    assert checks['GPU']['seen'] == 'none used: MXNet cannot be imported'
    assert checks['speed']['seen'].endswith('OSError: libarmpl_lp64_mp.so: no such file')
    assert checks['NumPy']['ok'] and checks['Fashion-MNIST']['seen']


def test_where_mxnet_is_refused_the_doctor_repeats_what_to_do(doctor, monkeypatch):
    monkeypatch.setattr(sys, 'meta_path', list(sys.meta_path))
    sys.meta_path.insert(0, gpu.Refusal('mxnet', 'MXNet on ARM needs libraries: apt-get install x'))
    monkeypatch.delitem(sys.modules, 'mxnet', raising=False)
    status, checks = doctor()

    assert status == 1
    assert checks['MXNet']['seen'] == 'mxnet, not loaded'
    assert checks['MXNet']['remedy'] == 'MXNet on ARM needs libraries: apt-get install x'


def test_the_doctor_counts_idle_cpus_as_slow_not_as_broken(doctor):
    status, checks = doctor(OMP_NUM_THREADS='99')

    assert status == 0
    assert checks['threads']['ok'] is False
