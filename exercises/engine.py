"""nbgrader, called from Python: its settings, its environment, and the log of what it did."""

import contextlib
import logging
import os
import re
import sys
import threading
import warnings
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
DEAD, SLOW = 'Kernel died', 'CellTimeoutError: '


class GradingError(Exception):
    """What went wrong, in a sentence that says what to do."""


@contextlib.contextmanager
def nbgrader(course):
    """Give nbgrader's interface to the course in the folder `course`, with the course's settings."""
    if find_spec('nbgrader') is None:
        raise GradingError('nbgrader is not installed: run `make exercises-setup` first')
    from nbgrader.apps import NbGraderAPI
    from traitlets.config.loader import PyFileConfigLoader

    with environment(), warnings.catch_warnings():
        warnings.simplefilter('ignore')  # SQLAlchemy's, about nbgrader's own queries
        settings = PyFileConfigLoader('nbgrader_config.py', path=str(course)).load_config()
        settings.CourseDirectory.root = str(course)
        log = logging.getLogger('traitlets')  # nbgrader's; each call returns what was said there
        propagate, log.propagate = log.propagate, False
        try:
            yield NbGraderAPI(config=settings)
        finally:
            log.propagate = propagate


@contextlib.contextmanager
def environment():
    """Set what nbgrader and the kernels that it starts need, and put back what was there."""
    before = dict(os.environ)
    # nbgrader calls `alembic` by its name, and the kernel must be that of this environment
    path = os.pathsep.join([str(Path(sys.executable).parent), before.get('PATH', '')])
    roots = os.pathsep.join(filter(None, [str(FOLDER.parent), before.get('PYTHONPATH')]))
    os.environ.update(PATH=path, PYTHONPATH=roots, JUPYTER_PREFER_ENV_PATH='1')
    os.environ.setdefault('D2L_EXT_PROFILE', 'quick')
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def apart(call, *arguments):
    """Return call(*arguments), made in a thread of its own.

    In the main thread nbclient takes Ctrl-C for itself: it would end only the kernel, and what the
    student sent would count as not gradable.
    """
    results = []
    thread = threading.Thread(target=lambda: results.append(call(*arguments)), daemon=True)
    thread.start()
    thread.join()
    return results[0]


def log_of(result) -> str:
    """Return all that nbgrader said, from the `result` of one of its calls."""
    return result.get('log', '') + result.get('error', '')


def reason(log) -> str:
    """Say in one line what nbgrader's log says at length."""
    if DEAD in log:
        return 'kernel ended'
    if SLOW in log:
        return 'a cell took too long and could not be stopped: give more CELL_SECONDS'
    errors = re.findall(r'^\s*(?:\w+\.)*(\w*(?:Error|Exception): .*)$', log, re.M)
    own = [error for error in errors if not error.startswith('NbGraderException')]
    return (own or errors or log.strip().splitlines() or ['nbgrader says nothing'])[-1]
