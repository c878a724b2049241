"""Make MXNet 1.9.1 importable and quick on this machine, and say where to compute.

MXNet retired in 2023. Four things keep it from running well today, and all must be cured before the
first `import mxnet`: it uses names that NumPy has dropped since 1.24, it imports large libraries that
it does not need, it starts with half as many OpenMP threads as there are CPUs, and the C library hands
its memory back to the kernel at every step.
"""

import ctypes
import math
import os
import platform
import sys
import types
import warnings
from pathlib import Path

from . import arm, cpu_load, gpu, mxnet_imports

PROFILES = ('quick', 'lecture')
# mallopt(3): no mapping of their own for large blocks, no giving back, one heap for all threads
M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8
KEEP_MEMORY = {M_MMAP_MAX: 0, M_TRIM_THRESHOLD: 2**31 - 1, M_ARENA_MAX: 1}
NEVER_PARALLEL = 2**31 - 1  # numbers: a copy of so many is never divided among threads
FINANCIAL = ('fv', 'ipmt', 'irr', 'mirr', 'nper', 'npv', 'pmt', 'ppmt', 'pv', 'rate')


def threads_asked() -> int:
    """Return what OMP_NUM_THREADS asks for, the first number of a list; 0 where it is no number."""
    first = os.environ.get('OMP_NUM_THREADS', '').split(',')[0].strip()
    return int(first) if first.isdecimal() else 0


THREADS_GIVEN = threads_asked() > 0  # by the user: looked up before `prepare` sets it


def prepare():
    """Prepare this process for `import mxnet`; does nothing that is not needed.

    Warns once, with the remedy, if mxnet came first and failed or took too few threads.
    """
    started = 'mxnet' in sys.modules
    broken = not started and any(name.startswith('mxnet.') for name in sys.modules)
    if broken:
        warnings.warn(
            'mxnet was imported before d2l_ext and failed: restart the kernel and '
            'import d2l_ext first',
            stacklevel=3,
        )
    if not started:
        gpu.prepare()
        arm.prepare()
        restore_numpy_names()
        mxnet_imports.prepare(afterwards=keep_to_one_thread)
        given = os.environ.get('OMP_NUM_THREADS')
        if given and not THREADS_GIVEN:
            warnings.warn(
                f'OMP_NUM_THREADS must be a whole number >= 1, got {given!r}: all {usable_cpus()} CPUs '
                'are used',
                stacklevel=3,
            )
        # MXNet ends the process for what is no single number
        os.environ['OMP_NUM_THREADS'] = str(threads_asked() or usable_cpus())
        if not {'OMP_WAIT_POLICY', 'GOMP_SPINCOUNT'} & set(os.environ):
            # Turns that a thread waits for the others before it sleeps: to wake it is expensive on a
            # virtual machine, to wait keeps others from the CPU. On two CPUs (Xeon with AVX-512,
            # virtual; batch 32, 48x48) none gave 209 images/s, 2 000 gave 294, 10 000 gave 327; three
            # trainings at once 113, 88 and 78 each. Beside one busy program none gave 149 and 2 000
            # gave 131; on an older EPYC a step took 0.8 s there with none and 1.6 s with 10 000.
            os.environ['GOMP_SPINCOUNT'] = '2000'
        # From how many numbers on MXNet's own copies take threads: see `keep_to_one_thread`.
        os.environ.setdefault('MXNET_CPU_PARALLEL_SIZE', str(NEVER_PARALLEL))
        keep_freed_memory()
    elif 'OMP_NUM_THREADS' not in os.environ and usable_cpus() > 1:
        warnings.warn(
            f'mxnet was imported before d2l_ext and uses {max(1, (os.cpu_count() or 1) // 2)} of '
            f'{usable_cpus()} CPUs: restart the kernel and import d2l_ext first',
            stacklevel=3,
        )


def keep_to_one_thread():
    """Let OpenMP take no further threads for what this thread computes itself; call it after MXNet's import.

    MXNet computes in threads of its own. This one only copies, as `asnumpy` does, out of oneDNN's
    layouts too. The threads for that would be one more pool, and once a process has more threads than
    CPUs, GOMP cuts the turns to 100: batches of 32 at 32x32 trained on 241 images/s, and train on 385;
    48 steps towards an image that excites a channel took 3.6 s, and take 1.6.
    """
    try:  # what MXNet has loaded, else none
        library = ctypes.CDLL('libgomp.so.1', mode=getattr(os, 'RTLD_NOLOAD', 0))
    except OSError:
        return
    library.omp_set_num_threads(1)


def restore_numpy_names():
    """Give NumPy back the names that MXNet 1.9.1 looks up while it is imported.

    The only place where the course writes into a module that is not its own.
    Source: apache/mxnet issue 21165; NumPy's release notes 1.20, 1.24 and 2.0.
    """
    import numpy as onp

    names = {
        'bool': bool, 'int': int, 'float': float, 'complex': complex, 'object': object, 'str': str,
        'bool8': onp.bool_, 'float_': onp.float64,
        'NINF': -math.inf, 'PINF': math.inf, 'Inf': math.inf, 'Infinity': math.inf,
        'infty': math.inf, 'NaN': math.nan, 'NAN': math.nan, 'NZERO': -0.0, 'PZERO': 0.0,
        'round_': onp.round, 'product': onp.prod, 'cumproduct': onp.cumprod,
        'sometrue': onp.any, 'alltrue': onp.all, 'in1d': onp.isin, 'row_stack': onp.vstack,
        'trapz': getattr(onp, 'trapezoid', None),
        'msort': lambda a: onp.sort(a, axis=0),
        'asfarray': lambda a, dtype=float: onp.asarray(a, dtype=dtype),
        'compat': types.SimpleNamespace(unicode=str, long=int),
        **{name: _gone(name) for name in FINANCIAL},
    }  # fmt: skip
    with warnings.catch_warnings():
        # NumPy answers some of these names with a FutureWarning, others with its own AttributeError
        warnings.simplefilter('ignore')
        for name, value in names.items():
            try:
                getattr(onp, name)
            except AttributeError:
                setattr(onp, name, value)


def _gone(name):
    def missing(*args, **kwargs):
        raise NotImplementedError(f'numpy.{name} left NumPy in 1.20: use numpy-financial')

    return missing


def keep_freed_memory():
    """Let glibc keep the memory that MXNet frees for MXNet's next step.

    A training step takes and frees blocks of up to 75 MB. Those that come from the kernel each time
    are cleared page by page, some thousands of page faults a step. Settings that the user made, by
    MALLOC_... or GLIBC_TUNABLES, stay; other C libraries are left alone.
    """
    mallopt = getattr(ctypes.CDLL(None), 'mallopt', None) if os.name == 'posix' else None
    if mallopt and not any(name.startswith(('MALLOC_', 'GLIBC_TUNABLES')) for name in os.environ):
        for parameter, value in KEEP_MEMORY.items():
            mallopt(parameter, value)


def usable_cpus() -> int:
    """Count the CPUs that this process may use: its affinity, cut by the cgroup's CPU quota."""
    if hasattr(os, 'sched_getaffinity'):
        count = len(os.sched_getaffinity(0))
    else:  # macOS
        count = os.cpu_count() or 1
    quota = _cgroup_quota()
    return max(1, min(count, math.ceil(quota))) if quota else count


def cpu_has(flag) -> bool:
    """Tell whether Linux lists the instructions `flag`, such as avx512_bf16, of this CPU."""
    info = Path('/proc/cpuinfo')
    return info.exists() and flag in info.read_text(encoding='utf-8').split()


def _cgroup_quota(root=Path('/sys/fs/cgroup'), own=Path('/proc/self/cgroup')):
    """Return the tightest CPU quota above this process in CPUs, or None where there is none."""
    try:
        entries = [line.split(':', 2) for line in own.read_text(encoding='utf-8').splitlines()]
    except OSError:
        return None
    quotas = []
    for _, controllers, path in entries:
        version1 = 'cpu' in controllers.split(',')
        if controllers and not version1:
            continue
        base = root / 'cpu' if version1 else root
        folder = base / path.lstrip('/')
        for level in [folder, *folder.parents]:
            quotas.append(_quota_v1(level) if version1 else _quota_v2(level))
            if level == base:
                break
    return min((q for q in quotas if q), default=None)


def _quota_v2(folder):
    try:
        quota, period = (folder / 'cpu.max').read_text(encoding='utf-8').split()
        return None if quota == 'max' else int(quota) / int(period)
    except (OSError, ValueError):
        return None


def _quota_v1(folder):
    try:
        quota, period = (
            int((folder / f'cpu.cfs_{name}_us').read_text(encoding='utf-8'))
            for name in ('quota', 'period')
        )
        return None if quota <= 0 else quota / period
    except (OSError, ValueError):
        return None


def device():
    """Return the MXNet context to compute on: the first GPU that MXNet can use, else the CPU."""
    import mxnet as mx

    usable = gpu_state().usable
    return mx.gpu(usable[0]) if usable else mx.cpu()


def gpu_state() -> gpu.State:
    """Return which GPUs MXNet can use, what was seen, and what to do about it."""
    try:
        import mxnet as mx
    except Exception:  # OSError where a shared library is missing; the doctor shows which
        return gpu.State((), 'none used: MXNet cannot be imported', 'see MXNet')
    return gpu.state(mx.runtime.Features().is_enabled('CUDA'))


def profile() -> str:
    """Return 'quick' or 'lecture': D2L_EXT_PROFILE, else 'lecture' where a GPU computes.

    Raises ValueError for another value of D2L_EXT_PROFILE.
    """
    chosen = os.environ.get('D2L_EXT_PROFILE')
    if chosen is None:
        return 'lecture' if gpu_state().usable else 'quick'
    if chosen not in PROFILES:
        raise ValueError(f'D2L_EXT_PROFILE must be quick or lecture, got {chosen!r}: unset it')
    return chosen


def busy() -> bool:
    """Tell whether other programs want the CPUs too: then a timing says nothing about ours.

    Over the last minute, on average, more threads wanted to run than there are CPUs, by half a CPU; or
    others use a third of a CPU right now, or used a fifth of one since the last call. Takes a fifth of a
    second.
    """
    meanwhile = cpu_load.since() or 0  # always asked, so that the next answer begins here
    if hasattr(os, 'getloadavg') and os.getloadavg()[0] > usable_cpus() + 0.5:
        return True
    return meanwhile > cpu_load.SOME or (cpu_load.others() or 0) > cpu_load.MUCH


def in_notebook() -> bool:
    """Tell whether this process is a notebook's kernel, which can replace what it has shown."""
    if 'IPython' not in sys.modules:
        return False
    return getattr(sys.modules['IPython'].get_ipython(), 'kernel', None) is not None


def machine() -> dict:
    """Describe this machine and its software, as it is kept beside recorded results."""
    from importlib.metadata import version

    info = Path('/proc/cpuinfo')
    lines = info.read_text(encoding='utf-8').splitlines() if info.exists() else []
    models = [line.split(':')[1].strip() for line in lines if line.startswith('model name')]
    return {
        'cpu': models[0] if models else platform.processor(),
        'cpus_usable': usable_cpus(),
        'threads': os.environ.get('OMP_NUM_THREADS'),
        'system': f'{platform.system()} {platform.machine()}',
        'python': platform.python_version(),
        **{name: version(name) for name in ('mxnet', 'numpy')},
    }
