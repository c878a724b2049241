"""Try the course on Linux on ARM, emulated: import, GoogLeNet's numbers, lesson 01. Takes 5 minutes.

python -m tools.try_arm [--numbers | --record]

On Debian, with qemu-user-static. Debian's packages for ARM, from where apt is told to look, and the
lock's wheels are unpacked in build/arm; nothing is installed, and `make clean` removes it all. The
numbers that x86-64 computes are in tests/runtime/arm.json: `--record` writes them, `--numbers` prints
those of this machine.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from d2l_ext.runtime import arm
from d2l_ext.runtime.files import replace
from d2l_ext.tables import Table
from tools import bootstrap

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / 'tests' / 'runtime' / 'arm.json'
WORK = ROOT / 'build' / 'arm'
QEMU = ['qemu-aarch64-static', '-cpu', 'cortex-a72', '-L', f'{WORK}/root']
NEEDED = {QEMU[0]: 'qemu-user-static', 'apt-get': 'apt', 'dpkg-deb': 'dpkg'}
PACKAGES = ['python3', 'libstdc++6', *arm.PACKAGES.values()]  # Debian itself has the second
WHEELS = 'aarch64-manylinux_2_36'  # the C library of Debian 12
LESSON = 'notebooks/01_inception_block.ipynb'
SECONDS = 60  # of a training step, emulated: the lesson's cells get their time by it
IMAGES, SIDE, RATE = 2, 96, 1e-4
MOST = 1e-4  # how far numbers may be apart, as a share of the largest: by rounding


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    what = parser.add_mutually_exclusive_group()
    what.add_argument('--numbers', action='store_true', help='print what this machine computes')
    what.add_argument('--record', action='store_true', help=f'write it to {RECORD.name}')
    chosen = parser.parse_args(arguments)
    if chosen.numbers:
        print(json.dumps(numbers()))
    elif chosen.record:
        replace(RECORD, json.dumps(numbers()) + '\n')
    else:
        return trial()
    return 0


def numbers() -> dict:
    """Return what GoogLeNet computes: logits, gradients, and the logits after a step of training.

    Weights and images come from NumPy, which draws the same on every machine. Of a gradient there are
    its norm and its product with a random direction of length 1.
    """
    from d2l_ext.networks import GoogLeNet

    import mxnet as mx
    import numpy as onp
    from mxnet import autograd, gluon, np, npx

    npx.set_np()
    random = onp.random.RandomState(0)
    images = np.array(random.normal(size=(IMAGES, 1, SIDE, SIDE)), dtype='float32')
    net = GoogLeNet()
    net.initialize(mx.init.Zero())
    net(images)  # now every weight has its size
    parameters = list(net.collect_params().values())
    for parameter in parameters:
        wide = len(parameter.shape) > 1
        scale = (2 / onp.prod(parameter.shape[1:])) ** 0.5 if wide else 0.01
        parameter.set_data(np.array(random.normal(size=parameter.shape) * scale, 'float32'))
    trainer = gluon.Trainer(net.collect_params(), 'sgd', {'learning_rate': RATE})
    with autograd.record():
        logits = net(images)
        losses = gluon.loss.SoftmaxCrossEntropyLoss()(logits, np.arange(IMAGES))
    losses.backward()
    gradients = []
    for parameter in parameters:
        gradient = parameter.grad().asnumpy().astype('float64').ravel()
        direction = random.normal(size=gradient.shape)
        along = gradient @ direction / onp.linalg.norm(direction)
        gradients.append([float(onp.linalg.norm(gradient)), float(along)])
    trainer.step(IMAGES)
    after = net(images)
    found = {'logits': logits.tolist(), 'gradients': gradients, 'after a step': after.tolist()}
    return {
        name: [[float(f'{x:.8g}') for x in row] for row in rows] for name, rows in found.items()
    }


def apart(found, expected) -> dict:
    """Return how far numbers are from the expected ones, as a share of the largest, by name."""
    shares = {}
    for name, rows in expected.items():
        pairs = [
            pair
            for row, mine in zip(rows, found[name], strict=True)
            for pair in zip(row, mine, strict=True)
        ]
        largest = max(abs(number) for number, _ in pairs)
        shares[name] = max(abs(number - mine) for number, mine in pairs) / largest
    return shares


def trial() -> int:
    """Fetch what is missing, and try; return 1 if something fails, 2 if it cannot be tried."""
    missing = [package for command, package in NEEDED.items() if not shutil.which(command)]
    if missing:
        print(f'needs Debian, and: apt-get install {" ".join(missing)}', file=sys.stderr)
        return 2
    fetch('root', unpack_packages)
    fetch('site', install_wheels)
    start = time.perf_counter()
    told = subprocess.run(
        emulated('-m', 'tools.try_arm', '--numbers'), env=environment(), cwd=ROOT, text=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    if told.returncode:
        return 1
    shares = apart(json.loads(told.stdout), json.loads(RECORD.read_text(encoding='utf-8')))
    print(f'import and numbers: {time.perf_counter() - start:.0f} s')
    rows = [[name, f'{share:.1e}'] for name, share in shares.items()]
    print(Table(['what', 'apart from x86-64, as a share of the largest'], rows))
    failed = max(shares.values()) > MOST
    return int(lesson() or failed)


def fetch(name, make):
    """Let `make(folder)` fill the folder build/arm/NAME, whole or not at all, if it is not there."""
    part = WORK / f'{name}.part'
    if not (WORK / name).exists():
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        make(part)
        part.rename(WORK / name)


def unpack_packages(folder):
    """Unpack Debian's packages for ARM; apt keeps its lists for them beside, away from its own."""
    print('fetching and unpacking Debian’s packages for ARM', flush=True)
    state, cache = WORK / 'apt' / 'state', WORK / 'apt' / 'cache'
    for kept in (state / 'lists' / 'partial', cache / 'archives' / 'partial'):
        kept.mkdir(parents=True, exist_ok=True)
    (state / 'status').write_bytes(b'')  # as if nothing was installed: all that they need comes too
    settings = {
        'APT::Architecture': 'arm64', 'APT::Architectures': 'arm64', 'APT::Sandbox::User': '',
        'Dir::State': state, 'Dir::State::status': state / 'status', 'Dir::Cache': cache,
    }  # fmt: skip
    apt = ['apt-get', '-qq', *(f'-o{name}={value}' for name, value in settings.items())]
    subprocess.run([*apt, 'update'], check=True)
    options = ['--yes', '--download-only', '--no-install-recommends']
    subprocess.run([*apt, 'install', *options, *PACKAGES], check=True, stdout=subprocess.DEVNULL)
    for package in cache.glob('archives/*.deb'):
        subprocess.run(['dpkg-deb', '-x', package, folder], check=True)
    # what the packages' own scripts would link, and cannot, as they are for ARM
    for library in folder.glob('usr/lib/*/openblas-pthread/*.so.[0-9]'):
        (library.parents[1] / library.name).symlink_to(f'{library.parent.name}/{library.name}')


def install_wheels(folder):
    """Put the lock's wheels for ARM into `folder`."""
    print('fetching the lock’s wheels for ARM', flush=True)
    bootstrap.Environment(ROOT).run(
        'install', '--no-deps', '--require-hashes', '--only-binary', ':all:', '--target', str(folder),
        '--python-platform', WHEELS, '--python-version', python().name.removeprefix('python'),
        '-r', str(ROOT / 'requirements.lock'),
    )  # fmt: skip


def python() -> Path:
    """Return Debian's Python for ARM."""
    return next((WORK / 'root/usr/bin').glob('python3.[0-9]*'))


def emulated(*arguments) -> list:
    """Return the command that is Python on ARM with these arguments."""
    return [*QEMU, str(python()), *arguments]


def environment() -> dict:
    """Return the variables of an emulated process: none of x86-64's, and caches of its own."""
    kept = {name: os.environ[name] for name in ('PATH', 'LANG') if name in os.environ}
    return {
        **kept, 'HOME': str(WORK / 'home'), 'PYTHONPATH': f'{ROOT}{os.pathsep}{WORK / "site"}',
        'D2L_EXT_PROFILE': 'quick', 'OMP_NUM_THREADS': '1',
    }  # fmt: skip


def lesson() -> int:
    """Run lesson 01 with a kernel on ARM and compare its outputs as `make test` does."""
    (WORK / 'home').mkdir(exist_ok=True)
    kernel = emulated('-m', 'ipykernel_launcher', '-f', '{connection_file}')
    kernel += ['--log-level=ERROR', '--IPKernelApp.capture_fd_output=False']
    spec = {'argv': kernel, 'env': environment(), 'display_name': 'ARM', 'language': 'python'}
    path = WORK / 'jupyter/kernels/arm/kernel.json'
    replace(path, json.dumps(spec))
    limits = {'JUPYTER_PATH': str(path.parents[2]), 'D2L_EXT_STEP_SECONDS': f'1:{SECONDS}'}
    options = ['-o', 'addopts=', '--nbval', '--nbval-kernel-name=arm']
    options += ['--nbval-kernel-startup-timeout=600']
    return subprocess.run(
        [sys.executable, '-m', 'pytest', *options, LESSON], cwd=ROOT, env=os.environ | limits
    ).returncode


if __name__ == '__main__':
    sys.exit(main())
