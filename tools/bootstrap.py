"""Make .venv and install what requirements.lock pins; `make` runs this before everything else.

Only the standard library, and a syntax that an old Python reads: it must be able to say that it is
too old. `--exact` asks for an environment of this very interpreter; without it one that is there
is kept, whichever Python made it. `--gpu` makes .venv-gpu, with MXNet's GPU wheel. `--add WHAT...`
adds to .venv what further locks pin, or single packages with all that they need (`--deps`).

uv installs, from where pip's settings say; where uv cannot be had or fails, pip does the same.
"""

from __future__ import print_function

import ast
import ctypes
import glob
import hashlib
import os
import platform
import re
import struct
import subprocess
import sys
import time
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OLDEST, NEWEST = (3, 10), (3, 14)
# the image lacks what MXNet's wheel for ARM needs
DOCKER = (
    'docker run -it -v "$PWD":/course -w /course python:3.11 sh -c "apt-get update && '
    'apt-get install -y libopenblas0-pthread liblapacke && make run"'
)
# what MXNet's wheel needs on Debian and Ubuntu: d2l_ext/runtime/arm.py names the second again
LIBRARIES = {
    'x86_64': {'libgomp.so.1': 'libgomp1', 'libquadmath.so.0': 'libquadmath0'},
    'aarch64': {
        'libgomp.so.1': 'libgomp1',
        'libopenblas.so.0': 'libopenblas0-pthread',
        'liblapacke.so.3': 'liblapacke',
    },
}
# where packages come from: pip's settings, the variable that tells uv the same, what parts its items
SETTINGS = {
    'index-url': ('UV_DEFAULT_INDEX', ' '),
    'extra-index-url': ('UV_INDEX', ' '),
    'find-links': ('UV_FIND_LINKS', ','),
    'no-index': ('UV_NO_INDEX', ' '),
    'trusted-host': ('UV_INSECURE_HOST', ' '),
    'constraint': ('UV_CONSTRAINT', ' '),
    'cert': ('SSL_CERT_FILE', ' '),
    'proxy': ('ALL_PROXY', ' '),
}
OLDER = {
    'UV_DEFAULT_INDEX': 'UV_INDEX_URL',
    'UV_INDEX': 'UV_EXTRA_INDEX_URL',
}  # what uv called them
MIRROR = (
    'If PyPI cannot be reached: make PIP_INDEX_URL=ADDRESS run, with the address of a mirror of '
    'your choice; the locks pin every file by its hash'
)
PLACES = ('UV_DEFAULT_INDEX', 'UV_INDEX_URL', 'UV_INDEX', 'UV_EXTRA_INDEX_URL', 'UV_FIND_LINKS')


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
    if system == 'Linux':
        needed = sorted(LIBRARIES[machine].items())
        missing = [package for name, package in needed if not loadable(name)]
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


def bundled_pip():
    """Return the wheel of pip that this Python carries for its environments, or None."""
    import ensurepip

    folders = [getattr(ensurepip, '_WHEEL_PKG_DIR', None)]  # Debian and Fedora set it
    folders.append(os.path.join(os.path.dirname(ensurepip.__file__), '_bundled'))
    wheels = [glob.glob(os.path.join(str(folder), 'pip-*.whl')) for folder in folders if folder]
    return max(sum(wheels, []) or [None])


def listed(pip_settings):
    """Return what `pip config list` wrote as {setting: its words}."""
    told = {}
    for section in (r'global\.', r'install\.', r':env:\.'):  # pip's order: the last one counts
        for name, value in re.findall('(?m)^' + section + r"([a-z-]+)=(['\"].*)$", pip_settings):
            told[name] = ast.literal_eval(value).split()
    return told


def as_pip(pip_settings, environment):
    """Return pip's variable for the index that uv alone was told of; what is set for pip stays."""
    index = environment.get('UV_DEFAULT_INDEX') or environment.get('UV_INDEX_URL')
    return {'PIP_INDEX_URL': index} if index and 'index-url' not in listed(pip_settings) else {}


def as_uv(pip_settings, environment):
    """Return uv's variables for what `pip config list` wrote; what is set for uv already stays."""
    told = listed(pip_settings)
    variables = {
        variable: separator.join(told[name])
        for name, (variable, separator) in SETTINGS.items()
        if told.get(name) and not {variable, OLDER.get(variable)} & set(environment)
    }
    # as pip does: the best version of all indexes, not the first index that knows the name
    if 'UV_INDEX' in variables and 'UV_INDEX_STRATEGY' not in environment:
        variables['UV_INDEX_STRATEGY'] = 'unsafe-best-match'
    return variables


class Environment:
    """The folder .venv (.venv-gpu) of a checkout, and the stamp that tells what it was last made of."""

    def __init__(self, root, gpu=False):
        self.root, self.gpu = os.path.realpath(root), gpu
        self.folder = os.path.join(self.root, '.venv-gpu' if gpu else '.venv')
        self.python = os.path.join(self.folder, 'bin', 'python')
        self.lock = os.path.join(self.root, 'requirements.lock')
        self.stamp = os.path.join(self.folder, '.installed')
        self.uv = os.path.join(self.folder, 'bin', 'uv')
        self.variables = None  # what pip's settings are for uv, once asked
        self.index = {}  # and what uv's index is for pip

    def interpreter(self):
        """Return the interpreter of .venv as `interpreter` does; '' if it cannot install."""
        code = (
            'import os, pip, platform, sys; assert sys.version_info >= (3, 10); '
            'print(platform.python_version(), os.path.realpath(sys.base_prefix))'
        )
        if not os.path.exists(os.path.join(self.folder, 'bin', 'pip')):
            return ''  # interrupted before pip was whole
        try:
            with open(os.devnull, 'w', encoding='utf-8') as null:
                told = subprocess.check_output([self.python, '-c', code], stderr=null)
        except (OSError, subprocess.CalledProcessError):
            return ''
        return told.decode().strip()

    def content(self, python):
        """Return the stamp of an environment that `python` made from the lock in this folder."""
        locks = [digest(self.lock)]
        if self.gpu:
            locks.append(digest(os.path.join(self.root, 'requirements/gpu.txt')))
        return '\n'.join(locks + [self.root, python])

    def ready(self, exact):
        """Tell whether everything is installed; reads two files, starts nothing."""
        try:
            with open(self.stamp, encoding='utf-8') as file:
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
            self.begin()
        self.install()
        with open(self.stamp, 'w', encoding='utf-8') as file:
            file.write(self.content(python))
        print('set up in {:.0f} s'.format(time.time() - start))

    def begin(self):
        """Make the folder, with pip in it."""
        wheel = bundled_pip()
        # venv takes seconds to install pip; unpacked it can fetch uv, and uv installs it in no time
        less = ['--without-pip'] if wheel else []
        subprocess.check_call([sys.executable, '-m', 'venv', '--clear'] + less + [self.folder])
        if wheel:
            folder = glob.glob(os.path.join(self.folder, 'lib', 'python*', 'site-packages'))[0]
            with zipfile.ZipFile(wheel) as file:
                file.extractall(folder)
            self.run('install', '--no-deps', '--force-reinstall', wheel)

    def install(self):
        """Install the lock and, editable, this checkout."""
        print('installing what requirements.lock pins: MXNet, Jupyter and what they need')
        self.run('install', '--no-deps', '--require-hashes', '-r', self.lock)
        if self.gpu:
            print('installing the GPU wheel in place of the other, and CUDA: 4 GB on the disk')
            self.run('uninstall', 'mxnet')
            gpu = os.path.join(self.root, 'requirements/gpu.txt')
            self.run('install', '--no-deps', '-r', gpu)
        self.run('install', '--no-deps', '--no-build-isolation', '--editable', self.root)

    def add(self, wanted):
        """Install more, if its stamp does not say that it is there: a lock, or `--deps` and a package."""
        names = [name for name in wanted if name != '--deps']
        locks = [os.path.join(self.root, name) for name in names if name.endswith('.lock')]
        stamp = '-'.join([self.stamp] + [name.replace('/', '-') for name in names])
        with open(self.stamp, encoding='utf-8') as file:
            content = '\n'.join([file.read()] + [digest(lock) for lock in locks])
        if os.path.exists(stamp):
            with open(stamp, encoding='utf-8') as file:
                if file.read() == content:
                    return
            os.remove(stamp)
        start = time.time()
        print('adding ' + ' and '.join(names))
        options = ['--require-hashes', '--no-build-isolation'] if locks else []
        if '--deps' not in wanted:
            options.append('--no-deps')
        for lock in locks:
            options += ['-r', lock]
        self.run('install', *(options + [name for name in names if not name.endswith('.lock')]))
        with open(stamp, 'w', encoding='utf-8') as file:
            file.write(content)
        print('added in {:.0f} s'.format(time.time() - start))

    def tools(self):
        """Return the commands that install, each with its environment: uv if we can have it, and pip."""
        settings = dict(
            os.environ, PYTHONUNBUFFERED='1', PIP_NO_INPUT='1', PIP_DISABLE_PIP_VERSION_CHECK='1',
            PIP_PROGRESS_BAR='off', PIP_YES='1', UV_PYTHON=self.python, UV_NO_PROGRESS='1',
            NO_COLOR='1',
        )  # fmt: skip
        pip = [self.python, '-m', 'pip']
        if self.variables is None:
            told = ''.join(self.follow(pip + ['config', 'list'], settings)[1])
            self.variables, self.index = as_uv(told, os.environ), as_pip(told, os.environ)
            if not os.path.exists(self.uv):
                pinned = os.path.join(self.root, 'requirements/uv.lock')
                options = '--no-deps --no-compile --only-binary :all: --require-hashes -r'.split()
                self.follow(pip + ['install'] + options + [pinned], dict(settings, **self.index))
        tools = [(pip, dict(settings, **self.index))]
        if os.path.exists(self.uv):
            tools.insert(0, ([self.uv, 'pip'], dict(settings, **self.variables)))
        return tools

    def run(self, *arguments):
        """Have uv do it, or else pip; show what one says only if it fails."""
        tools, torch = self.tools(), any(word.startswith('torch') for word in arguments)
        for command, settings in tools:
            # PyTorch comes from its own index of CPU builds, unless somebody said where from
            if torch and not any(place in settings for place in PLACES):
                settings.setdefault('UV_TORCH_BACKEND', 'cpu')
            # of a constraint uv wants hashes too; what a lock pins needs none
            if '--require-hashes' in arguments:
                settings.pop('UV_CONSTRAINT', None)
            failed, words = self.follow(command + list(arguments), settings)
            if not failed:
                return
            print(''.join(words[-20:]), end='')
            if command[0] == self.uv:
                print('uv failed: see above. pip tries the same, which takes longer')
                if torch:
                    print('(its PyTorch for Linux brings several GB of CUDA; Ctrl-C stops it)')
            sys.stdout.flush()
        what = '{} {}'.format(arguments[0], os.path.basename(arguments[-1]))
        sys.exit('pip could not {}: see above; run make again to go on. {}'.format(what, MIRROR))

    def follow(self, command, settings):
        """Run a command; on a terminal, name the packages as they come. Return its status and words."""
        words, begun, ended, shown = [], 0, 0, sys.stdout.isatty()
        try:
            # not in the checkout: there uv would put pyproject.toml's overrides, which are for making
            # the lock, over what the lock pins
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=settings,
                cwd=os.path.abspath(os.sep), universal_newlines=True,
            )  # fmt: skip
        except OSError as error:
            return 1, ['{}: {}\n'.format(command[0], error)]
        for line in process.stdout:
            words.append(line)
            begun += line.startswith(('Collecting', 'Downloading'))  # pip's word and uv's
            ended += line.startswith(' Downloaded')  # uv's
            if shown and begun:
                count = '{} of {}'.format(ended, begun) if ended else begun
                print('\r\033[K{}: {}'.format(count, ' '.join(line.split()[:2])), end='')
                sys.stdout.flush()
        if shown and begun:
            print('\r\033[K', end='')
        return process.wait(), words


def main(arguments):
    environment, exact = Environment(ROOT, '--gpu' in arguments), '--exact' in arguments
    if not environment.ready(exact):
        environment.make(exact)
    if '--add' in arguments:
        environment.add(arguments[arguments.index('--add') + 1 :])


if __name__ == '__main__':
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit('\ninterrupted: run make again to go on')
