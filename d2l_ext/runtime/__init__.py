"""This machine and its processes: what makes MXNet importable and quick, its devices, files, jobs.

Imports nothing else of d2l_ext, and mxnet only inside functions.
"""

from .environment import (
    PROFILES,
    THREADS_GIVEN,
    busy,
    cpu_has,
    device,
    gpu_state,
    in_notebook,
    machine,
    prepare,
    profile,
    threads_asked,
    usable_cpus,
)

__all__ = [
    'PROFILES',
    'THREADS_GIVEN',
    'busy',
    'cpu_has',
    'device',
    'gpu_state',
    'in_notebook',
    'machine',
    'prepare',
    'profile',
    'threads_asked',
    'usable_cpus',
]
