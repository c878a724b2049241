"""Make .venv and install what requirements.lock pins; `make` runs this before everything else.

Only the standard library, and a syntax that an old Python reads: it must be able to say that it is
too old. `--exact` asks for an environment of this very interpreter; without it one that is there
is kept, whichever Python made it. `--gpu` makes .venv-gpu, with MXNet's GPU wheel.
"""

from __future__ import print_function

import ctypes
import hashlib
import os
import platform
import struct
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OLDEST, NEWEST = (3, 10), (3, 14)
DOCKER = 'docker run -it -v "$PWD":/course -w /course python:3.11 make run'
LIBRARIES = {'libgomp.so.1': 'libgomp1', 'libquadmath.so.0': 'libquadmath0'}  # of mxnet's wheel


def refusal():
    """Say in one sentence why this Python cannot run the course and what can, or return None."""
    system, machine, version = platform.system(), platform.machine(), sys.version_info[:2]
    if system == 'Windows' or system.startswith(('CYGWIN', 'MSYS', 'MINGW')):
        return (
            'MXNet 1.9.1 has no wheel for Windows: install WSL 2 (in PowerShell: wsl --install) '
            'and run make in its Linux shell.'
        )
    if system == 'Darwin' and machine == 'arm64':
        return (
            'MXNet 1.9.1 has no wheel for macOS on ARM: use an x86-64 Python under Rosetta '
            '(make PYTHON=/path/to/x86-64/python3.11 run), or Docker: ' + DOCKER
        )
    if version < OLDEST:
        return (
            'Python {}.{} is too old: use CPython 3.10 to 3.13, as in '
            '`make PYTHON=python3.13 run`.'.format(*version)
        )
    if version > NEWEST:
        return (
            'Python {}.{} is too new for what requirements.lock pins: use CPython 3.10 to 3.13, '
            'as in `make PYTHON=python3.13 run`.'.format(*version)
        )
    if platform.python_implementation() != 'CPython' or not hasattr(ctypes, 'pythonapi'):
        return 'The course needs CPython, got {}: make PYTHON=python3.13 run'.format(
            platform.python_implementation()
        )
    known = {'Linux': ('x86_64', 'aarch64'), 'Darwin': ('x86_64',)}
    bits = 8 * struct.calcsize('P')
    if machine not in known.get(system, ()) or bits != 64:
        return (
            'MXNet 1.9.1 has no wheel for {} on {} ({} bits): it has them for 64-bit Linux on '
            'x86-64 and ARM, and for macOS on x86-64.'.format(system, machine, bits)
        )
    if system == 'Linux' and platform.libc_ver()[0] != 'glibc':
        return 'MXNet 1.9.1 needs glibc, not musl (Alpine): use Debian or Ubuntu, or ' + DOCKER
    missing = [name for name in ('venv', 'ensurepip') if not importable(name)]
    if missing:
        return (
            'This Python lacks {}: on Debian and Ubuntu `apt-get install python{}.{}-venv` '
            'brings it.'.format(' and '.join(missing), *version)
        )
    if system == 'Linux' and machine == 'x86_64':
        missing = [package for name, package in sorted(LIBRARIES.items()) if not loadable(name)]
        if missing:
            return 'MXNet needs a library that is missing: apt-get install ' + ' '.join(missing)
    return None


def importable(name):
    """Tell whether the module `name` can be imported."""
    try:
        __import__(name)
    except ImportError:
        return False
    return True


def loadable(name):
    """Tell whether the shared library `name` can be loaded."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def interpreter():
    """Return what tells one Python from another: the same inside a virtual environment."""
    base = getattr(sys, 'base_prefix', sys.prefix)
    return '{} {}'.format(platform.python_version(), os.path.realpath(base))


def digest(path):
    """Return the SHA-256 of a file."""
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest()


class Environment:
    """The folder .venv (.venv-gpu) of a checkout, and the stamp that tells what it was last made of."""

    def __init__(self, root, gpu=False):
        self.root, self.gpu = os.path.realpath(root), gpu
        self.folder = os.path.join(self.root, '.venv-gpu' if gpu else '.venv')
        self.python = os.path.join(self.folder, 'bin', 'python')
        self.lock = os.path.join(self.root, 'requirements.lock')
        self.stamp = os.path.join(self.folder, '.installed')

    def interpreter(self):
        """Return the interpreter of .venv as `interpreter` does; '' if it cannot install."""
        code = (
            'import os, pip, platform, sys; assert sys.version_info >= (3, 10); '
            'print(platform.python_version(), os.path.realpath(sys.base_prefix))'
        )
        try:
            with open(os.devnull, 'w') as null:
                told = subprocess.check_output([self.python, '-c', code], stderr=null)
        except (OSError, subprocess.CalledProcessError):
            return ''
        return told.decode().strip()

    def content(self, python):
        """Return the stamp of an environment that `python` made from the lock in this folder."""
        locks = [digest(self.lock)]
        if self.gpu:
            locks.append(digest(os.path.join(self.root, 'requirements-gpu.txt')))
        return '\n'.join(locks + [self.root, python])

    def ready(self, exact):
        """Tell whether everything is installed; reads two files, starts nothing."""
        try:
            with open(self.stamp) as file:
                content = file.read()
        except (IOError, OSError):
            return False
        python = interpreter() if exact else content.split('\n')[-1]
        return content == self.content(python) and os.path.exists(self.python)

    def make(self, exact):
        """Make .venv where it is missing or of another Python; install; stamp."""
        start, python = time.time(), self.interpreter()
        if os.path.exists(self.stamp):
            os.remove(self.stamp)
        if not python or (exact and python != interpreter()):
            problem = refusal()
            if problem:
                sys.exit(problem)
            python = interpreter()
            print('making {} with Python {}'.format(os.path.basename(self.folder), python))
            subprocess.check_call([sys.executable, '-m', 'venv', '--clear', self.folder])
        self.install()
        with open(self.stamp, 'w') as file:
            file.write(self.content(python))
        print('set up in {:.0f} s'.format(time.time() - start))

    def install(self):
        """Install the lock and, editable, this checkout; show pip's words only if it fails."""
        with open(self.lock) as file:
            packages = sum('==' in line for line in file)
        print('installing what requirements.lock pins: MXNet, Jupyter and what they need')
        self.pip('--require-hashes', '-r', self.lock, packages=packages)
        if self.gpu:
            print('installing the GPU wheel in place of the other, and CUDA: 4 GB on the disk')
            command = [self.python, '-m', 'pip', 'uninstall', '--quiet', '--yes', 'mxnet']
            subprocess.check_call(command)
            self.pip('-r', os.path.join(self.root, 'requirements-gpu.txt'))
        self.pip('--no-build-isolation', '--editable', self.root)

    def pip(self, *arguments, **options):
        """Run pip install without dependencies; on a terminal, count the packages as they come."""
        packages, seen, words = options.get('packages'), 0, []
        command = [self.python, '-m', 'pip', 'install', '--no-deps', '--no-input']
        command += ['--disable-pip-version-check', '--progress-bar', 'off'] + list(arguments)
        environment = dict(os.environ, PYTHONUNBUFFERED='1')
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
            cwd=self.root, universal_newlines=True,
        )  # fmt: skip
        for line in process.stdout:
            words.append(line)
            if line.startswith('Collecting') and packages and sys.stdout.isatty():
                seen += 1
                words_now = (seen, packages, line.split()[1])
                print('\r\033[K{} of at most {}: {}'.format(*words_now), end='')
                sys.stdout.flush()
        if seen:
            print('\r\033[K', end='')
        if process.wait():
            sys.exit(''.join(words[-20:]) + 'pip failed: see above; run make again to go on')


def main(arguments):
    environment, exact = Environment(ROOT, '--gpu' in arguments), '--exact' in arguments
    if not environment.ready(exact):
        environment.make(exact)


if __name__ == '__main__':
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit('\ninterrupted: run make again to go on')
