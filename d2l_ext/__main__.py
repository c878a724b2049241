"""`python -m d2l_ext`, or `d2l-ext`: doctor, data, summary, train, predict, export."""

import argparse
import contextlib
import json
import os
import shlex
import signal
import sys
import tempfile
import time
from pathlib import Path

import d2l_ext
from d2l_ext import runtime
from d2l_ext.data import DataError
from d2l_ext.runtime import distributed, mxnet_log
from d2l_ext.runtime.arguments import one_of
from d2l_ext.runtime.files import is_device

INPUT = (1, 1, 96, 96)
NAME = 'd2l-ext' if Path(sys.argv[0]).stem == 'd2l-ext' else 'python -m d2l_ext'
# errors whose words are for the reader; any other is a mistake in the code, and shows where it is
REFUSED = (DataError, FloatingPointError, ImportError, MemoryError, OSError, ValueError)
ENDINGS = ('.safetensors', '.json')  # of the two files that --save writes
# options of `train` that say which processes there are: a worker is not given them
OF_THE_JOB = ('workers', 'servers', 'hosts', 'role')


def main(arguments=None) -> int:
    """Run one command; return its exit status: 2, after one line, for what cannot be done."""
    for name in ('stdout', 'stderr'):
        if getattr(sys, name) is None:  # closed, as by 2>&-
            setattr(sys, name, open(os.devnull, 'w', encoding='utf-8'))
    for stream in (sys.stdout, sys.stderr):  # a terminal may lack a character, such as ’
        if hasattr(stream, 'reconfigure'):
            stream.reconfigure(errors='replace')
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # see d2l_ext/__init__.py
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        chosen = parser().parse_args(arguments)
        status = chosen.run(chosen)
        sys.stdout.flush()  # here, where a full disk or a closed pipe can still be told
        return status
    except BrokenPipeError:  # whoever read along, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left to flush
        return 141
    except KeyboardInterrupt:
        print('interrupted', file=sys.stderr)
        return 130
    except REFUSED as error:
        print(in_one_line(error), file=sys.stderr)
        return 2


def in_one_line(error) -> str:
    """Return an error in one line."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f'{error.filename}: {error.strerror}'
    return ' '.join(str(error).split()) or type(error).__name__


def parser():
    """Return the parser of all commands."""
    whole = argparse.ArgumentParser(prog=NAME, description=d2l_ext.__doc__)
    commands = whole.add_subparsers(dest='command', required=True)

    def command(name, run, words, example):
        add = commands.add_parser(
            name, help=words, description=words, epilog=f'example: {NAME} {name} {example}'
        )
        add.set_defaults(run=run, parser=add)
        return add

    add = command('doctor', doctor, 'can the course run here, and how well?', '--json')
    add.add_argument('--json', action='store_true', help='print JSON instead of a table')

    add = command('data', data, 'find or download Fashion-MNIST, and verify it', '--root images')
    add.add_argument('--root', type=home, help='a folder that holds the four files')

    words = 'print GoogLeNet’s shapes, parameters and MACs'
    add = command('summary', summary, words, '--shape 1 3 224 224 --classes 1000 --depth 1')
    add.add_argument('--shape', type=int, nargs=4, default=INPUT, metavar=('N', 'C', 'H', 'W'))
    add.add_argument('--classes', type=int, default=10)
    add.add_argument('--depth', type=int, help='1: a row a stage, 2: a row a block, else a layer')

    example = '--recipe quick --seed 1 --out build/one.json'
    add = command('train', train, 'train GoogLeNet by a recipe', example)
    add.add_argument('--recipe', help='lecture, fast, quick or trained; default: the profile’s')
    add.add_argument('--profile', choices=runtime.PROFILES, help='default: this machine’s')
    add.add_argument('--seed', type=int, default=0)
    add.add_argument('--out', type=home, help='write the history (JSON) to this file')
    add.add_argument(
        '--save', type=home, help='write the network of Gluon: SAVE.safetensors, SAVE.json'
    )
    add.add_argument(
        '--checkpoint', type=home, help='keep the training in this folder, and go on from there'
    )
    add.add_argument('--every', type=int, default=100, help='steps from checkpoint to checkpoint')
    add.add_argument(
        '--precision', default='float32', help='of the multiplications; some CPUs: bfloat16'
    )
    add.add_argument(
        '--torch', action='store_true', help='train the twin in PyTorch, on its GPU too'
    )
    add.add_argument('--workers', type=int, help='divide each batch over so many processes')
    add.add_argument('--servers', type=int, default=1, help='processes that sum their gradients')
    add.add_argument(
        '--hosts',
        type=lambda text: Path(home(text)),
        help='a file of host names: start them there, by ssh',
    )
    add.add_argument('--role', choices=distributed.ROLES, help='be one of them: for batch systems')

    words = 'say what garment a picture of yours shows'
    add = command('predict', predict, words, 'shirt.jpg')
    add.add_argument('file', type=home, help='any format that Pillow reads')

    words = 'write the trained network that comes with the course'
    add = command('export', export, words, '--onnx googlenet.onnx')
    add.add_argument('--onnx', type=home, required=True, metavar='OUT', help='as this ONNX file')
    return whole


def home(text) -> str:
    """Return a path with ~ as the home folder: shells leave it alone in --out=~/history.json."""
    return os.path.expanduser(text)


def writable(name, value) -> Path | None:
    """Return the path of an output; raise ValueError, before any work is done, if it cannot be written."""
    if value is None:
        return None
    path = Path(value)
    if not value.strip() or path.is_dir() or not path.name:
        raise ValueError(f'{name} must be a file to write, got {value!r}')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(None, 'Permission denied')
        if not is_device(path):
            with tempfile.TemporaryFile(dir=path.parent):
                pass
    except OSError as error:
        raise ValueError(f'{name}={value!r} cannot be written: {error.strerror}') from None
    return path


def numpy_arrays():
    """Import MXNet, and have it give arrays as NumPy does.

    Raises ImportError where Python has left out the docstrings from which MXNet makes its functions.
    """
    if sys.flags.optimize > 1:
        raise ImportError(
            'MXNet needs its docstrings: run python without -OO, unset PYTHONOPTIMIZE'
        )
    from mxnet import npx

    npx.set_np()


def doctor(chosen):
    from d2l_ext.diagnostics import doctor

    checks = doctor.examine(timed=True)
    print(json.dumps(checks, indent=2) if chosen.json else doctor.table(checks))
    return 0 if doctor.healthy(checks) else 1


def data(chosen):
    from d2l_ext.data import describe, fetch

    print(describe(fetch(chosen.root)))
    return 0


def summary(chosen):
    numpy_arrays()
    from d2l_ext.analysis import anatomy
    from d2l_ext.networks import GoogLeNet

    print(anatomy.summary(GoogLeNet(chosen.classes), tuple(chosen.shape), chosen.depth))
    return 0


def train(chosen):
    if chosen.torch and (chosen.workers or chosen.role):
        raise ValueError('--torch trains in one process: leave out --workers and --role')
    if chosen.torch and chosen.save:
        raise ValueError('--save writes a network of Gluon: leave it out, or --torch')
    if chosen.torch and chosen.precision != 'float32':
        raise ValueError('--precision is for Gluon: leave it out, or --torch')
    for option, default in (('hosts', None), ('servers', 1)):
        if getattr(chosen, option) != default and chosen.workers is None:
            raise ValueError(f'--{option} starts a job of many: give --workers N as well')
    outputs(chosen)
    if chosen.role:
        distributed.take_role(chosen.role)
    elif chosen.workers is not None:
        return launch(chosen)
    if not chosen.role:
        with mxnet_log.filtered():
            return _train(chosen)
    import mxnet  # noqa: F401  as a scheduler or a server, it serves and ends this process

    with mxnet_log.filtered(), distributed.joined() as store:
        return _train(chosen, kvstore=store, progress=store.rank == 0)


def outputs(chosen) -> list:
    """Return the paths that `train` will write; raise ValueError if one cannot be written."""
    save = [chosen.save] if not chosen.save else [f'{chosen.save}{end}' for end in ENDINGS]
    paths = [writable('--out', chosen.out), *(writable('--save', path) for path in save)]
    paths = [path for path in paths if path]
    if len({path.resolve() for path in paths}) < len(paths):
        raise ValueError(f'--out and --save would write the same file, {paths[0]}: rename one')
    return paths


def _train(chosen, **shared):
    numpy_arrays()
    from d2l_ext import training
    from d2l_ext.training.pretrained import save_trained

    profile = chosen.profile or runtime.profile()
    name = one_of('recipe', chosen.recipe or profile, training.RECIPES)
    build, run, machine = _torch() if chosen.torch else _gluon()
    net = build(stage2_activation=training.RECIPES[name]['stage2_activation'])
    more = {} if chosen.torch else {'precision': chosen.precision}
    history = run(
        net, name, sample=profile, seed=chosen.seed,
        checkpoint=chosen.checkpoint, every=chosen.every, **more, **shared,
    )  # fmt: skip
    history.about = {
        'command': f'python -m d2l_ext train --profile {profile} --recipe {name} --seed {chosen.seed}'
        + ' --torch' * chosen.torch
        + f' --precision {chosen.precision}' * (chosen.precision != 'float32'),
        'date': time.strftime('%Y-%m-%d'),
        **history.about,
        'machine': {**runtime.machine(), **machine},
    }
    if not shared.get('progress', True):  # another worker tells and writes
        return 0
    print(history)
    kept = True
    if chosen.out:
        kept &= keep(history.save, chosen.out)
    if chosen.save:
        _, test_iter = training.load(training.RECIPES[name], sample=profile)
        kept &= keep(
            lambda path: save_trained(
                net, history, path, lambda net: training.evaluate(net, test_iter)
            ),
            chosen.save,
        )
    return 130 if history.interrupted else 0 if kept else 2


def keep(write, path) -> bool:
    """Let `write` write to `path`; where that fails by now, to a new folder, and say where."""
    try:
        write(path)
        return True
    except OSError as error:
        with contextlib.suppress(OSError):
            other = Path(tempfile.mkdtemp()) / Path(path).name
            write(other)
            print(f'{path}: {error.strerror}; it was written to {other}', file=sys.stderr)
            return False
        raise


def launch(chosen):
    """Start a job of many processes, whose workers run this command as such."""
    command = [sys.executable, '-m', 'd2l_ext', 'train', '--role', 'worker']
    for action in chosen.parser._actions:
        value = getattr(chosen, action.dest, None)
        if action.dest not in OF_THE_JOB and value not in (None, action.default):
            command += [action.option_strings[0], str(value)]
    hosts = distributed.read_hosts(chosen.hosts) if chosen.hosts else None
    again = f'{NAME} {shlex.join(sys.argv[1:])}' if chosen.checkpoint else None
    return distributed.launch(command, chosen.workers, chosen.servers, hosts, again)


def _gluon():
    """Return what builds and trains the network, and what to note of its library."""
    from d2l_ext import training
    from d2l_ext.networks import GoogLeNet

    return GoogLeNet, training.run, {}


def _torch():
    import d2l_ext.training.torch_learner as twin

    return twin.GoogLeNet, twin.run, twin.machine()


def predict(chosen):
    numpy_arrays()
    from d2l_ext import pictures

    print(pictures.predict(chosen.file))
    return 0


def export(chosen):
    path = writable('--onnx', chosen.onnx)
    numpy_arrays()
    from d2l_ext.training import pretrained
    from d2l_ext.weights import onnx_files

    onnx_files.save_onnx(pretrained.load_trained()[0], path, pretrained.SHAPE)
    print(f'{chosen.onnx}: takes standardized images {pretrained.SHAPE}, any number of them')
    return 0


if __name__ == '__main__':
    sys.exit(main())
