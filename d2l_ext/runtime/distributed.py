"""Train on many machines, or as many processes of one: MXNet's own key-value store, started and watched.

A job has a scheduler, which knows all, servers, which sum the gradients, and workers, which compute
them. Each is told what it is by MXNet's variables DMLC_ROLE, DMLC_PS_ROOT_URI, DMLC_PS_ROOT_PORT,
DMLC_NUM_WORKER, DMLC_NUM_SERVER.

The launcher is ours because MXNet's own, `dmlc_tracker`, calls Thread.isAlive, which Python 3.9 dropped,
and with that mended still left three processes waiting when a worker was killed, and four when it was
killed itself (30 seconds each, on one machine; over ssh the scheduler waited 8 minutes for dead workers).
"""

import contextlib
import ctypes
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections import deque
from pathlib import Path

from .. import runtime
from .arguments import whole

ROLES = ('scheduler', 'server', 'worker')
NEEDED = (
    'DMLC_ROLE', 'DMLC_PS_ROOT_URI', 'DMLC_PS_ROOT_PORT', 'DMLC_NUM_WORKER', 'DMLC_NUM_SERVER',
)  # fmt: skip
PATIENCE = 60  # seconds without a step after which the others count as gone: D2L_EXT_PATIENCE
# an import of mxnet as a scheduler or server serves until the job is over, and ends the process
SERVE = [
    sys.executable,
    '-c',
    'from d2l_ext.runtime import distributed; distributed.take_role(); import mxnet',
]


def launch(command, workers, servers=1, hosts=None, again=None) -> int:
    """Run `command` in `workers` processes with `servers` beside them; return the exit status.

    All of them end when one dies, and none outlives this process. With `hosts`, names that ssh knows,
    workers and servers run there in turn, in a folder of the same path; cores are divided only among
    those of one machine. `again` is the command line that goes on, told when the job fails.
    Raises ValueError for an impossible number.
    """
    for name, value in {'workers': workers, 'servers': servers}.items():
        whole(name, value, hint='processes')
    address = _address() if hosts else '127.0.0.1'
    env = {
        'DMLC_PS_ROOT_URI': address, 'DMLC_PS_ROOT_PORT': str(_free_port()),
        'DMLC_NUM_WORKER': str(workers), 'DMLC_NUM_SERVER': str(servers),
        'PYTHONUNBUFFERED': '1',
    }  # fmt: skip
    if not hosts:
        env['D2L_EXT_LAUNCHER'] = str(os.getpid())
        env['DMLC_NODE_HOST'] = address
        if not runtime.THREADS_GIVEN:
            env['OMP_NUM_THREADS'] = str(max(1, runtime.usable_cpus() // workers))
    wanted = [('scheduler', 0, SERVE)]
    wanted += [('server', i, SERVE) for i in range(servers)]
    wanted += [('worker', i, command) for i in range(workers)]
    job = []
    try:
        for role, i, line in wanted:
            host = hosts[i % len(hosts)] if hosts and role != 'scheduler' else None
            job.append(Process(f'{role} {i}', line, {**env, 'DMLC_ROLE': role}, host))
        status = watch(job)
    except KeyboardInterrupt:
        print('\ninterrupted: the job was ended', file=sys.stderr)
        status = 130
    finally:
        end(job)
    if status and again:
        print(f'to go on from the last checkpoint: {again}', file=sys.stderr)
    return status


def watch(job) -> int:
    """Wait until every worker is done, or one process has died; say which, with its last words."""
    while True:
        for process in job:
            code = process.child.poll()
            if code:
                process.reader.join(1)
                print(f'\n{process.name} died ({_reason(code)}). Its last words:', file=sys.stderr)
                print(process.words() or '(none)', file=sys.stderr)
                return 1
        if all(p.child.poll() == 0 for p in job if p.name.startswith('worker')):
            return 0
        time.sleep(0.1)


class Process:
    """One process of a job, whose output is passed on and whose last words are kept."""

    def __init__(self, name, command, env, host=None):
        self.name = name
        if host:
            told = ' '.join(f'{key}={shlex.quote(value)}' for key, value in env.items())
            there = f'cd {shlex.quote(os.getcwd())} && env {told} {shlex.join(map(str, command))}'
            command = ['ssh', '-tt', '-o', 'BatchMode=yes', host, there]
        self.child = subprocess.Popen(
            command, env={**os.environ, **env}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self.last = deque(maxlen=4000)
        self.reader = threading.Thread(target=self._pass_on, daemon=True)
        self.reader.start()

    def _pass_on(self):
        while piece := self.child.stdout.read1():
            self.last.extend(piece)
            with contextlib.suppress(ValueError, OSError):
                sys.stdout.write(piece.decode(errors='replace'))
                sys.stdout.flush()

    def words(self) -> str:
        """Return the last lines it wrote."""
        text = bytes(self.last).decode(errors='replace').replace('\r', '\n')
        return '\n'.join(line for line in text.splitlines() if line.strip())[-1500:]

    def signal(self, sign):
        """Send a signal to it and all that it started."""
        if self.child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child.pid, sign)


def end(job):
    """End all processes, kindly first; return when they are gone."""
    for sign, seconds in ((signal.SIGTERM, 3), (signal.SIGKILL, 10)):
        for process in reversed(job):  # workers first: what they compute without a server is wrong
            process.signal(sign)
        latest = time.monotonic() + seconds  # of all together
        for process in job:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.child.wait(max(0, latest - time.monotonic()))
    for process in job:
        process.reader.join(1)
        process.child.stdout.close()


def take_role(role=None):
    """Make this process what DMLC_ROLE, or `role`, says; it dies with the one that started it.

    Raises ValueError, naming it, if one of MXNet's variables is missing, and SystemExit if the launcher
    of the job is gone by now.
    """
    given = {name: os.environ.get(name) for name in NEEDED} | ({'DMLC_ROLE': role} if role else {})
    missing = [name for name in NEEDED if not given[name]]
    if missing:
        raise ValueError(
            f'{", ".join(missing)} must be set: where the scheduler is, and how many take part; '
            'or let --workers start all of them'
        )
    if given['DMLC_ROLE'] not in ROLES:
        raise ValueError(f'role must be {", ".join(ROLES)}, got {given["DMLC_ROLE"]!r}')
    os.environ['DMLC_ROLE'] = given['DMLC_ROLE']
    with contextlib.suppress(OSError, AttributeError):  # PR_SET_PDEATHSIG, on Linux
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    launcher = os.environ.get('D2L_EXT_LAUNCHER')
    if launcher and os.getppid() != int(launcher):  # it died before prctl could notice
        raise SystemExit(
            f'the launcher of this job, process {launcher}, is gone: this process ends'
        )


@contextlib.contextmanager
def joined():
    """Give a worker the key-value store of its job, `with joined() as store:`, and leave in order.

    Left to the end of the interpreter, some workers wait forever for others that are gone. After an
    error this process ends at once: the store would wait for the others.
    """
    import mxnet as mx

    store = mx.kv.create('dist_sync')
    try:
        yield store
    except BaseException:
        traceback.print_exc()
        sys.stdout.flush()
        os._exit(1)
    mx.nd.waitall()
    handle, store.handle = store.handle, mx.base.KVStoreHandle()
    mx.base.check_call(mx.base._LIB.MXKVStoreFree(handle))  # waits until all have come here


class Watchdog:
    """Ends this process when no step comes to its end for too long: then the others are gone.

    The key-value store itself waits forever. `beat()` says that a step has ended.
    """

    def __init__(self, patience=None):
        self.patience = float(patience or os.environ.get('D2L_EXT_PATIENCE', PATIENCE))
        self.last = time.monotonic()
        threading.Thread(target=self._look, daemon=True).start()

    def beat(self):
        self.last = time.monotonic()

    def _look(self):
        while (waited := time.monotonic() - self.last) < self.patience:
            time.sleep(min(1, self.patience - waited + 0.01))
        print(
            f'no step for {self.patience:g} s: a worker, a server or the network is gone; '
            'this worker ends (D2L_EXT_PATIENCE sets how long it waits)',
            file=sys.stderr, flush=True,
        )  # fmt: skip
        os._exit(1)


def read_hosts(path) -> list:
    """Return the names in the file at `path`, one a line; raises ValueError if there are none."""
    try:
        text = Path(path).read_text(encoding='utf-8')
    except (OSError, UnicodeError) as error:
        told = getattr(error, 'strerror', 'it is no text')
        raise ValueError(f'--hosts {path} cannot be read: {told}') from None
    lines = [line.split('#')[0].strip() for line in text.splitlines()]
    if not any(lines):
        raise ValueError(f'--hosts {path} names no host: write one a line')
    return [line for line in lines if line]


def _reason(code) -> str:
    return f'signal {signal.Signals(-code).name}' if code < 0 else f'exit status {code}'


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('', 0))
        return probe.getsockname()[1]


def _address() -> str:
    """Return the address by which other machines reach this one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(('192.0.2.1', 9))  # sends nothing; only asks for the way out
        return probe.getsockname()[0]
