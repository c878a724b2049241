"""`python -m d2l_ext`: doctor, data, summary, train, predict, export."""

import argparse
import json
import sys
import time
from pathlib import Path

import d2l_ext
from d2l_ext import runtime
from d2l_ext.runtime import distributed, mxnet_log

INPUT = (1, 1, 96, 96)


def main(arguments=None) -> int:
    """Run one command; return its exit status."""
    parser = argparse.ArgumentParser(prog='python -m d2l_ext', description=d2l_ext.__doc__)
    commands = parser.add_subparsers(dest='command', required=True)

    add = commands.add_parser('doctor', help='can the course run here, and how well?')
    add.add_argument('--json', action='store_true', help='print JSON instead of a table')
    add.set_defaults(run=doctor)

    add = commands.add_parser('data', help='find or download Fashion-MNIST, and verify it')
    add.add_argument('--root', help='a folder that holds the four files')
    add.set_defaults(run=data)

    add = commands.add_parser('summary', help="print GoogLeNet's shapes, parameters and MACs")
    add.add_argument('--shape', type=int, nargs=4, default=INPUT, metavar=('N', 'C', 'H', 'W'))
    add.add_argument('--classes', type=int, default=10)
    add.add_argument('--depth', type=int, help='1: a row a stage, 2: a row a block, else a layer')
    add.set_defaults(run=summary)

    add = commands.add_parser('train', help='train GoogLeNet by a recipe')
    add.add_argument('--recipe', help="lecture, fast, quick or trained; default: the profile's")
    add.add_argument('--profile', choices=runtime.PROFILES, help='default: this machine’s')
    add.add_argument('--seed', type=int, default=0)
    add.add_argument('--out', type=Path, help='write the history (JSON) to this file')
    add.add_argument(
        '--save', type=Path, help='write the network of Gluon: SAVE.safetensors, SAVE.json'
    )
    add.add_argument('--checkpoint', help='keep the training in this folder, and go on from there')
    add.add_argument('--every', type=int, default=100, help='steps from checkpoint to checkpoint')
    add.add_argument(
        '--precision',
        default='float32',
        help='of the multiplications: bfloat16 (CPU), float16 (GPU)',
    )
    add.add_argument(
        '--torch', action='store_true', help='train the twin in PyTorch, on its GPU too'
    )
    add.add_argument('--workers', type=int, help='divide each batch over so many processes')
    add.add_argument('--servers', type=int, default=1, help='processes that sum their gradients')
    add.add_argument('--hosts', type=Path, help='a file of host names: start them there, by ssh')
    add.add_argument('--role', choices=distributed.ROLES, help='be one of them: for batch systems')
    add.set_defaults(run=train)

    add = commands.add_parser('predict', help='say what garment a picture of yours shows')
    add.add_argument('file', help='any format that Pillow reads')
    add.set_defaults(run=predict)

    add = commands.add_parser('export', help='write the trained network that comes with the course')
    add.add_argument('--onnx', required=True, metavar='OUT', help='as this ONNX file')
    add.set_defaults(run=export)

    chosen = parser.parse_args(arguments)
    return chosen.run(chosen)


def numpy_arrays():
    """Import MXNet, and have it give arrays as NumPy does."""
    from mxnet import npx

    npx.set_np()


def doctor(chosen):
    from d2l_ext.diagnostics import doctor

    checks = doctor.examine(timed=True)
    print(json.dumps(checks, indent=2) if chosen.json else doctor.table(checks))
    return 0 if doctor.healthy(checks) else 1


def data(chosen):
    from d2l_ext.data import DataError, describe, fetch

    try:
        print(describe(fetch(chosen.root)))
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def summary(chosen):
    numpy_arrays()
    from d2l_ext.analysis import anatomy
    from d2l_ext.networks import GoogLeNet

    print(anatomy.summary(GoogLeNet(chosen.classes), tuple(chosen.shape), chosen.depth))
    return 0


def train(chosen):
    try:
        if chosen.torch and (chosen.workers or chosen.role):
            raise ValueError('--torch trains in one process: leave out --workers and --role')
        if chosen.torch and chosen.save:
            raise ValueError('--save writes a network of Gluon: leave it out, or --torch')
        if chosen.torch and chosen.precision != 'float32':
            raise ValueError('--precision is for Gluon: leave it out, or --torch')
        for option, default in (('hosts', None), ('servers', 1)):
            if getattr(chosen, option) != default and chosen.workers is None:
                raise ValueError(f'--{option} starts a job of many: give --workers N as well')
        if chosen.role:
            distributed.take_role(chosen.role)
        elif chosen.workers is not None:
            return launch(chosen)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if not chosen.role:
        with mxnet_log.filtered():
            return _train(chosen)
    import mxnet  # noqa: F401  as a scheduler or a server, it serves and ends this process

    with mxnet_log.filtered(), distributed.joined() as store:
        return _train(chosen, kvstore=store, progress=store.rank == 0)


def _train(chosen, **shared):
    numpy_arrays()
    from d2l_ext import training
    from d2l_ext.training.pretrained import save_trained

    profile = chosen.profile or runtime.profile()
    name = chosen.recipe or profile
    if name not in training.RECIPES:
        print(f'recipe must be one of {", ".join(training.RECIPES)}, got {name!r}', file=sys.stderr)
        return 2
    recipe = training.RECIPES[name]
    try:
        build, run, machine = _torch() if chosen.torch else _gluon()
        train_iter, test_iter = training.load(recipe, sample=profile, seed=chosen.seed)
        net = build(stage2_activation=recipe['stage2_activation'])
        more = {} if chosen.torch else {'precision': chosen.precision}
        history = run(
            recipe, train_iter, test_iter, net, seed=chosen.seed,
            checkpoint=chosen.checkpoint, every=chosen.every, **more, **shared,
        )  # fmt: skip
    except (ImportError, MemoryError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    history.about = {
        'command': f'python -m d2l_ext train --profile {profile} --recipe {name} --seed {chosen.seed}'
        + ' --torch' * chosen.torch
        + f' --precision {chosen.precision}' * (chosen.precision != 'float32'),
        'date': time.strftime('%Y-%m-%d'),
        'seed': chosen.seed,
        'images': len(train_iter[1].images),
        'recipe': recipe,
        'machine': {**runtime.machine(), **machine},
    }
    if not shared.get('progress', True):  # another worker tells and writes
        return 0
    print(history)
    if chosen.out:
        history.save(chosen.out)
    if chosen.save:
        save_trained(net, history, chosen.save, lambda net: training.evaluate(net, test_iter))
    return 130 if history.interrupted else 0


def launch(chosen):
    """Start a job of many processes, whose workers run this command as such."""
    command = [sys.executable, '-m', 'd2l_ext', 'train', '--role', 'worker']
    for name in ('recipe', 'profile', 'seed', 'out', 'save', 'checkpoint', 'every', 'precision'):
        if (value := getattr(chosen, name)) is not None:
            command += [f'--{name}', str(value)]
    hosts = distributed.read_hosts(chosen.hosts) if chosen.hosts else None
    again = ' '.join(['python -m d2l_ext', *sys.argv[1:]]) if chosen.checkpoint else None
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

    try:
        print(pictures.predict(chosen.file))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def export(chosen):
    numpy_arrays()
    from d2l_ext.training import pretrained
    from d2l_ext.weights import onnx_files

    try:
        onnx_files.save_onnx(pretrained.load_trained()[0], chosen.onnx, pretrained.SHAPE)
    except OSError as error:
        print(f'{chosen.onnx} cannot be written: {error.strerror}', file=sys.stderr)
        return 1
    print(f'{chosen.onnx}: takes standardized images {pretrained.SHAPE}, any number of them')
    return 0


if __name__ == '__main__':
    sys.exit(main())
