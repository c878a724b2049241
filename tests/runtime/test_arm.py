"""Does MXNet's wheel for ARM get the libraries that nobody ships, or a word about what is missing?"""

import json
import platform
import subprocess
import sys
from pathlib import Path

from d2l_ext.runtime import arm
from tools import bootstrap, try_arm

import pytest

ROOT = Path(__file__).parents[2]
HOST = {'x86_64': 62, 'aarch64': arm.AARCH64}.get(platform.machine())
# a libmxnet.so without code, and Debian's libraries without code: what is left is the names
FAKED = """
import ctypes, os, sys
from d2l_ext.runtime import arm
folder, machine = sys.argv[1], int(sys.argv[2])
def make(name, needed):
    with open(os.path.join(folder, name), 'wb') as file:
        file.write(arm.stand_in(name, needed, machine))
    return os.path.join(folder, name)
ctypes.CDLL(make('libopenblas.so.0', ['libm.so.6']))
ctypes.CDLL(make('liblapacke.so.3', ['libc.so.6']))
mxnet = make('libmxnet.so', list(arm.STAND_INS))
try:
    ctypes.CDLL(mxnet)
except OSError as error:
    print(error)
arm.load(arm.STAND_INS, machine)
loaded = ctypes.CDLL(mxnet)
loaded.cos.restype, loaded.cos.argtypes = ctypes.c_double, [ctypes.c_double]
print(loaded.cos(0.0))
stack = [line for line in open('/proc/self/maps') if line.rstrip().endswith('[stack]')]
print('x' in stack[0].split()[1])
"""


@pytest.mark.skipif(HOST is None or platform.system() != 'Linux', reason='needs ELF in 64 bits')
def test_a_library_that_asks_for_arms_libraries_loads_and_finds_what_it_calls(tmp_path):
    work = tmp_path / 'scratch'
    work.mkdir()
    done = subprocess.run(
        [sys.executable, '-c', FAKED, str(tmp_path), str(HOST)], cwd=ROOT, text=True,
        env={'PATH': '/usr/bin:/bin', 'TMPDIR': str(work)}, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    before, cosine, stack_runs_code = done.stdout.splitlines()

    assert before.startswith('libarmpl_lp64_mp.so: cannot open shared object file')
    assert cosine == '1.0'
    assert stack_runs_code == 'False'
    assert list(work.iterdir()) == []


@pytest.fixture
def machine(monkeypatch):
    """Return a function that makes this a machine: its system, its name, what cannot be loaded."""
    monkeypatch.setattr(sys, 'meta_path', list(sys.meta_path))

    def choose(system, name, missing=()):
        loaded = []
        monkeypatch.setattr(platform, 'system', lambda: system)
        monkeypatch.setattr(platform, 'machine', lambda: name)
        monkeypatch.setattr(arm, 'loadable', lambda library: library not in missing)
        monkeypatch.setattr(arm, 'load', loaded.append)
        return loaded

    return choose


def test_the_stand_ins_are_loaded_on_linux_on_arm_alone(machine):
    loaded = machine('Linux', 'aarch64')
    arm.prepare()
    assert loaded == [arm.STAND_INS]
    for other in (('Linux', 'x86_64'), ('Darwin', 'arm64')):
        loaded = machine(*other, missing=arm.PACKAGES)
        arm.prepare()
        assert loaded == []


def test_all_that_is_missing_is_told_in_one_line_when_mxnet_is_imported(machine, monkeypatch):
    loaded = machine('Linux', 'aarch64', missing=['libopenblas.so.0', 'liblapacke.so.3'])
    monkeypatch.delitem(sys.modules, 'mxnet', raising=False)
    arm.prepare()
    with pytest.raises(ImportError) as told:
        import mxnet  # noqa: F401

    assert str(told.value) == (
        'MXNet on ARM needs libraries: apt-get install libopenblas0-pthread liblapacke'
    )
    assert loaded == []


def test_the_set_up_asks_for_the_same_packages():
    assert bootstrap.LIBRARIES['aarch64'] == arm.PACKAGES


def test_the_numbers_for_arm_are_those_of_this_machine():
    far = try_arm.apart(try_arm.numbers(), json.loads(try_arm.RECORD.read_text()))

    assert max(far.values()) < try_arm.MOST
