"""Does importing d2l_ext make MXNet importable and quick, and does it leave the user's choices alone?"""

import ctypes
import os
import subprocess
import sys

from d2l_ext import runtime
from d2l_ext.runtime import cpu_load, environment, gpu

import pytest


def python(code, **env):
    """Run `code` in a fresh interpreter; return what it printed and what it said on stderr."""
    clean = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(('OMP_', 'GOMP_', 'D2L_EXT_PROFILE'))
    }
    done = subprocess.run(
        [sys.executable, '-c', code], env=clean | env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr.strip()


def test_import_is_silent_and_imports_no_mxnet():
    code = 'import sys, d2l_ext; print({"mxnet", "d2l_ext.diagnostics.speed"} & set(sys.modules))'

    assert python(code) == ('set()', '')


def test_mxnet_imports_and_computes_after_d2l_ext():
    code = 'import d2l_ext; from mxnet import np, npx; npx.set_np(); print(float(np.ones(3).sum()))'

    assert python(code)[0] == '3.0'


def test_threads_are_the_usable_cpus():
    code = 'import d2l_ext, os; print(os.environ["OMP_NUM_THREADS"])'

    assert python(code)[0] == str(runtime.usable_cpus())


def test_a_thread_count_that_the_user_set_stays():
    code = 'import d2l_ext, os; print(os.environ["OMP_NUM_THREADS"])'

    assert python(code, OMP_NUM_THREADS='7')[0] == '7'


@pytest.mark.parametrize(
    'given, taken, told',
    [('2,3', '2', ''), ('', None, ''), *[(bad, None, bad) for bad in ('abc', '1.5', '0', '-1')]],
)
def test_a_number_of_threads_that_would_end_the_process_is_mended(given, taken, told):
    code = 'import d2l_ext, mxnet, os; print(os.environ["OMP_NUM_THREADS"])'
    threads, words = python(code, OMP_NUM_THREADS=given)

    assert threads == (taken or str(runtime.usable_cpus()))
    assert bool(told) == (f'OMP_NUM_THREADS must be a whole number >= 1, got {given!r}' in words)


def test_threads_wait_for_a_moment_and_then_let_other_programs_compute():
    names = 'GOMP_SPINCOUNT', 'MXNET_CPU_PARALLEL_SIZE'
    code = f'import d2l_ext, os; print(*map(os.environ.get, {names}))'

    assert python(code)[0] == f'2000 {2**31 - 1}'
    assert python(code, GOMP_SPINCOUNT='7')[0] == f'7 {2**31 - 1}'
    assert python(code, OMP_WAIT_POLICY='passive')[0] == f'None {2**31 - 1}'
    assert python(code, MXNET_CPU_PARALLEL_SIZE='9')[0] == '2000 9'


OWN_THREADS = """
import d2l_ext, os
if {spoiled}:
    from d2l_ext.runtime import environment, mxnet_imports
    next(f for f in sys.meta_path if isinstance(f, mxnet_imports.Spared)).afterwards = lambda: None
from mxnet import np, npx
from mxnet.gluon import nn
npx.set_np()
layer = nn.Conv2D(64, 3)
layer.initialize()
maps = layer(np.ones((32, 32, 32, 32)))
maps.wait_to_read()
before = len(os.listdir('/proc/self/task'))
{copies}
print(len(os.listdir('/proc/self/task')) - before)
"""


@pytest.mark.skipif(sys.platform != 'linux', reason='threads are counted in /proc')
@pytest.mark.parametrize(
    'copies', ['np.array(np.ones(3_000_000).asnumpy()).asnumpy()', 'maps.asnumpy()']
)
def test_the_main_thread_takes_no_threads_of_its_own(copies):
    code = OWN_THREADS.format(copies=copies, spoiled=False)
    assert python(code, OMP_NUM_THREADS='2')[0] == '0'

    spoiled = 'import sys\n' + OWN_THREADS.format(copies=copies, spoiled=True)
    assert int(python(spoiled, OMP_NUM_THREADS='2', MXNET_CPU_PARALLEL_SIZE='9')[0]) > 0


FAULTS = """
import ctypes, resource, d2l_ext
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = libc.malloc(100_000_000)
    ctypes.memset(ctypes.c_void_p(block), 1, 100_000_000)
    libc.free(block)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(faults() > 1000, faults() > 1000)
"""
glibc = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), 'mallopt'), reason='not glibc')


@glibc
def test_freed_memory_is_kept_for_the_next_step():
    assert python(FAULTS)[0] == 'True False'


@glibc
def test_memory_settings_that_the_user_made_stay():
    assert python(FAULTS, MALLOC_TRIM_THRESHOLD_='131072')[0] == 'True True'


def test_names_that_numpy_still_has_are_left_alone():
    code = (
        'import numpy; before = dict(vars(numpy)); import d2l_ext; '
        'print([k for k, v in before.items() if vars(numpy)[k] is not v])'
    )

    assert python(code)[0] == '[]'


def test_mxnet_imported_first_with_too_few_threads_is_said_once():
    code = (
        'from d2l_ext.runtime import environment; import os, sys, types; del os.environ["OMP_NUM_THREADS"]; '
        'sys.modules["mxnet"] = types.ModuleType("mxnet"); environment.usable_cpus = lambda: 64; '
        'environment.prepare()'
    )
    said = python(code)[1]

    assert said.count('restart the kernel and import d2l_ext first') == 1
    assert 'of 64 CPUs' in said


def test_mxnet_that_failed_before_us_is_said():
    code = 'import sys, types; sys.modules["mxnet.base"] = types.ModuleType("base"); import d2l_ext'

    assert 'mxnet was imported before d2l_ext and failed: restart the kernel' in python(code)[1]


@pytest.mark.parametrize(
    'files, quota',
    [
        ({'proc': '0::/\n', 'cpu.max': '150000 100000\n'}, 1.5),
        ({'proc': '0::/\n', 'cpu.max': 'max 100000\n'}, None),
        # the tightest of the group and its parents counts
        ({'proc': '0::/a/b\n', 'a/cpu.max': '200000 100000', 'a/b/cpu.max': 'max 100000'}, 2.0),
        ({'proc': '0::/a/b\n', 'a/cpu.max': '200000 100000', 'a/b/cpu.max': '400000 100000'}, 2.0),
        (
            {'proc': '3:cpu,cpuacct:/a\n', 'cpu/a/cpu.cfs_quota_us': '300000',
             'cpu/a/cpu.cfs_period_us': '100000'},
            3.0,
        ),
        ({'proc': '3:cpu:/a\n', 'cpu/a/cpu.cfs_quota_us': '-1'}, None),
        ({'proc': '5:memory:/a\n'}, None),
    ],
)  # fmt: skip
def test_the_cgroup_quota_is_read(tmp_path, files, quota):
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)

    assert environment._cgroup_quota(root=tmp_path, own=tmp_path / 'proc') == quota


def test_a_quota_below_the_affinity_cuts_the_cpus(monkeypatch):
    monkeypatch.setattr(os, 'sched_getaffinity', lambda pid: set(range(16)), raising=False)
    monkeypatch.setattr(environment, '_cgroup_quota', lambda: 2.5)

    assert runtime.usable_cpus() == 3


def test_the_profile_is_quick_without_a_gpu(monkeypatch):
    monkeypatch.delenv('D2L_EXT_PROFILE')
    monkeypatch.setattr(environment, 'gpu_state', lambda: gpu.State((), ''))

    assert runtime.profile() == 'quick'


def test_the_profile_is_lecture_with_a_gpu(monkeypatch):
    monkeypatch.delenv('D2L_EXT_PROFILE')
    monkeypatch.setattr(environment, 'gpu_state', lambda: gpu.State((0,), '1 GPU'))

    assert runtime.profile() == 'lecture'


@pytest.mark.parametrize(
    ('load', 'since', 'others', 'busy'),
    [
        (0.2, 0.0, 0.0, False), (4.4, 0.1, 0.2, False), (4.6, 0.0, 0.0, True), (0.2, 0.0, 1.0, True),
        (0.2, 0.3, 0.0, True), (0.2, None, None, False),
    ],
)  # fmt: skip
def test_a_machine_is_busy_when_its_cpus_are_wanted_or_others_compute_now_or_did(
    monkeypatch, load, since, others, busy
):
    monkeypatch.setattr(environment, 'usable_cpus', lambda: 4)
    monkeypatch.setattr(os, 'getloadavg', lambda: (load, 9, 9))
    monkeypatch.setattr(cpu_load, 'since', lambda: since)
    monkeypatch.setattr(cpu_load, 'others', lambda: others)

    assert runtime.busy() is busy


def test_what_others_computed_since_the_last_look_leaves_out_our_own(monkeypatch, tmp_path):
    stat, own, clock = tmp_path / 'stat', [5.0, 0.0, 0.0, 0.0], iter([10.0, 20.0, 30.0])
    monkeypatch.setattr(os, 'times', lambda: own)
    monkeypatch.setattr(cpu_load.time, 'monotonic', lambda: next(clock))
    stat.write_text('cpu 1000 0 0 9 9 0 0 0 0 0\n')
    since = cpu_load.Since(stat)
    stat.write_text('cpu 2300 0 100 9 9 0 0 100 0 0\n')  # 15 s of CPUs in 10 s
    own[:2] = 11.0, 1.0  # of which 7 s are ours

    assert since() == pytest.approx(0.8)
    own[2] = 1.0  # a child that has ended
    stat.write_text('cpu 2400 0 100 9 9 0 0 100 0 0\n')
    assert since() == pytest.approx(0)


def test_where_no_one_counts_nothing_is_known(tmp_path):
    assert cpu_load.Since(tmp_path / 'none')() is None


def test_an_unknown_profile_is_refused(monkeypatch):
    monkeypatch.setenv('D2L_EXT_PROFILE', 'fast')

    with pytest.raises(ValueError, match="must be quick or lecture, got 'fast'"):
        runtime.profile()
