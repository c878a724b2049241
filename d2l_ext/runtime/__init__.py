"""This machine and its processes: what makes MXNet importable and quick, its devices, files, jobs.

Imports nothing else of d2l_ext, and mxnet only inside functions.
"""

from .environment import (
    PROFILES,
    THREADS_GIVEN,
    busy,
    device,
    gpu_state,
    in_notebook,
    machine,
    prepare,
    profile,
    usable_cpus,
)

__all__ = [
    'PROFILES',
    'THREADS_GIVEN',
    'busy',
    'device',
    'gpu_state',
    'in_notebook',
    'machine',
    'prepare',
    'profile',
    'usable_cpus',
]
