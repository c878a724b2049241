"""Can the course run on this machine, and how well? Each check says what it saw and what to do."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from .. import data, runtime
from ..data import download
from ..runtime import gpu
from ..tables import Table
from . import speed


def examine(timed=False) -> list[dict]:
    """Look at everything the course rests on: name, what was seen, ok, and otherwise what to do.

    A check that is not ok but not `needed` only costs speed or the lecture profile. With `timed`, a
    training step is timed too, which takes some seconds.
    """
    cuda = [_cuda] if gpu.installed() else []
    timing = [_speed] if timed else []
    checks = [_python, _numpy, _mxnet, _d2l, _threads, *timing, _gpu, *cuda, _data, _profile]
    return [check() for check in checks]


def healthy(checks) -> bool:
    """Tell whether the course can run."""
    return all(check['ok'] or not check['needed'] for check in checks)


def table(checks=None) -> Table:
    """Return the checks as a Table, a row a check."""
    checks = examine() if checks is None else checks
    rows = [[c['name'], c['seen'], 'ok' if c['ok'] else c['remedy']] for c in checks]
    return Table(['what', 'seen', 'ok, or what to do'], rows)


def _check(name, seen, ok=True, remedy='', needed=True):
    return {'name': name, 'seen': seen, 'ok': ok, 'remedy': '' if ok else remedy, 'needed': needed}


def _python():
    ok = (3, 10) <= sys.version_info[:2] <= (3, 14)
    return _check(
        'Python',
        platform.python_version(),
        ok,
        'use CPython 3.10 to 3.13: make PYTHON=python3.13 run',
    )


def _numpy():
    return _package('numpy', 'NumPy')


def _mxnet():
    try:
        import mxnet as mx

        features = mx.runtime.Features()
    except Exception as error:  # whatever keeps mxnet from loading is what the user must read
        told = ' '.join(str(error).split())
        if gpu.installed() or gpu.refused():
            wheel = gpu.WHEEL if gpu.installed() else 'mxnet'
            return _check('MXNet', f'{wheel}, not loaded', False, told)
        return _check('MXNet', f'{type(error).__name__}: {told}', False, 'make clean run')
    on = [
        name
        for name in ('CUDA', 'CUDNN', 'MKLDNN', 'OPENMP', 'OPENCV')
        if features.is_enabled(name)
    ]
    return _check('MXNet', f'{mx.__version__} ({", ".join(on)})')


def _d2l():
    return _package('d2l', 'd2l (the book’s package)', needed=False)


def _package(name, title, needed=True):
    try:
        return _check(title, version(name), needed=needed)
    except PackageNotFoundError:
        return _check(
            title, 'not installed', False, f'pip install {name}, or make clean run', needed
        )


def _threads():
    usable, used = runtime.usable_cpus(), os.environ.get('OMP_NUM_THREADS', '')
    seen = f'{used or "unknown"} used of {usable} CPUs usable'
    ok = used.isdigit() and int(used) == usable
    remedy = 'unset OMP_NUM_THREADS and import d2l_ext before mxnet to use all of them'
    return _check('threads', seen, ok, remedy, needed=False)


def _speed():
    try:
        found = speed.measure()
    except (RuntimeError, ValueError) as error:
        return _check('speed', str(error), False, 'mend what is wrong above', needed=False)
    ok = found.threads == max(found.steps)
    remedy = 'other programs use the CPUs: end them, or set OMP_NUM_THREADS=1 while they run'
    return _check('speed', f'training step: {found}', ok, remedy, needed=False)


def _gpu():
    state = runtime.gpu_state()
    return _check('GPU', state.seen, not state.remedy, state.remedy, needed=False)


def _cuda():
    other = [
        f'{package} {found} (tried: {wanted})' for package, found, wanted in gpu.other_versions()
    ]
    seen = ', '.join(other) or f'{len(gpu.PACKAGES)} packages, of the versions that were tried'
    return _check('CUDA libraries', seen, not other, 'make gpu', needed=False)


def _data():
    remedy = (
        'only the embedded sample is here, enough for the quick profile; for all 60 000 images: '
        'python -m d2l_ext data'
    )
    try:
        source = download.find()
    except data.DataError as error:
        return _check(
            'Fashion-MNIST', str(error), False, 'mend or unset D2L_EXT_DATA', needed=False
        )
    if source is None:
        return _check('Fashion-MNIST', 'embedded sample', False, remedy, needed=False)
    return _check('Fashion-MNIST', f'70 000 images: {source.kind}, {source.folder}')


def _profile():
    try:
        return _check('profile', runtime.profile())
    except ValueError as error:
        return _check('profile', str(error), False, 'unset D2L_EXT_PROFILE')
