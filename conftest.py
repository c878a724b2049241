"""How pytest runs here: a process a CPU for the tests, and the plugin that compares the notebooks."""

import os

import pytest

pytest_plugins = ['tools.compare_notebooks']

os.environ['D2L_EXT_PROFILE'] = 'quick'  # the one whose outputs are stored; kernels inherit it
if 'PYTEST_XDIST_WORKER' in os.environ:  # one of as many processes as there are CPUs
    os.environ['OMP_NUM_THREADS'] = '1'

# a file stays with one process: those that take longest must not come last
LONG = (
    'benchmarks',
    'exercises',
    'grading',
    'distributed',
    'lost_processes',
    'graph_files',
    'torch_learner',
)

# the Chinese pages hold the same code and outputs, byte for byte: tests/notebooks
collect_ignore_glob = ['notebooks/zh/*']


def pytest_collection_modifyitems(items):
    if 'PYTEST_XDIST_WORKER' in os.environ:
        items.sort(key=lambda item: place(item.path.stem.removeprefix('test_')))


def place(name):
    """Return when the tests of a file are handed out: those of LONG first, in its order."""
    return LONG.index(name) if name in LONG else len(LONG)


@pytest.hookimpl(optionalhook=True)  # pytest-xdist's
def pytest_xdist_auto_num_workers():
    from d2l_ext.runtime import usable_cpus

    return usable_cpus()


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """With -n, keep a file whole: a notebook's cells share a kernel, tests what a fixture made."""
    if getattr(config.option, 'numprocesses', None) and config.option.dist == 'no':
        config.option.dist = 'loadfile'
        config.option.loadscopereorder = False
