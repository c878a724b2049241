"""Does every command refuse what it cannot do: exit status 2, one line, before any work is done?"""

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from d2l_ext import __main__ as command

import pytest

ROOT = Path(command.__file__).parents[1]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder to be in, with a folder, an empty file and a text in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'folder').mkdir()
    (tmp_path / 'empty').touch()
    (tmp_path / 'latin').write_bytes('höst'.encode('latin-1'))
    (tmp_path / 'page.html').write_text('<html>Not found</html>')
    return tmp_path


@pytest.mark.parametrize(
    'line, words',
    [
        ('summary --shape 1 1 0 96', 'shape must be (N, C, H, W), whole numbers >= 1, got (1, 1, 0, 96)'),
        ('summary --depth 0', 'depth must be a whole number >= 1, got 0'),
        ('summary --classes 0', 'classes must be a whole number >= 1, got 0'),
        ('data --root nothing', 'nothing'),
        ('data --root folder', 'folder'),
        ('data --root empty', 'empty'),
        ('predict nothing', 'nothing'),
        ('predict folder', 'folder'),
        ('predict empty', 'empty'),
        ('predict page.html', 'page.html'),
        ("export --onnx ''", "--onnx must be a file to write, got ''"),
        ('export --onnx .', "--onnx must be a file to write, got '.'"),
        ('export --onnx folder', "--onnx must be a file to write, got 'folder'"),
        ('export --onnx /proc/no/net.onnx', "--onnx='/proc/no/net.onnx' cannot be written"),
        ('export --onnx empty/net.onnx', "--onnx='empty/net.onnx' cannot be written"),
        ("train --out ''", "--out must be a file to write, got ''"),
        ('train --out folder', "--out must be a file to write, got 'folder'"),
        ('train --out /proc/no/h.json', "--out='/proc/no/h.json' cannot be written"),
        ("train --save ''", '--save must be a file to write'),
        ('train --save /proc/no/net', "--save='/proc/no/net.safetensors' cannot be written"),
        ('train --save same --out same.json', 'would write the same file, same.json'),
        ('train --recipe nope', "recipe must be one of lecture, fast, quick, trained, got 'nope'"),
        ('train --seed 4294967296', 'seed must be a whole number from 0 to 4294967295'),
        ('train --seed -1', 'seed must be a whole number from 0 to 4294967295, got -1'),
        ('train --every 0 --checkpoint kept', 'every must be a whole number >= 1'),
        ('train --checkpoint empty', 'empty'),
        ('train --precision half', "precision must be one of float32, bfloat16, got 'half'"),
        ('train --workers 0', 'workers must be a whole number >= 1, got 0'),
        ('train --workers 2 --hosts nothing', 'nothing'),
        ('train --workers 2 --hosts latin', '--hosts latin cannot be read: it is no text'),
        ('train --hosts empty', '--hosts starts a job of many'),
        ('train --workers 2 --out folder', "--out must be a file to write, got 'folder'"),
    ],
)  # fmt: skip
def test_one_line_says_what_is_wrong(place, capsys, line, words):
    before = {path for path in place.rglob('*') if path.is_file()}

    assert command.main(shlex.split(line)) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1 and words in told[0]
    assert {path for path in place.rglob('*') if path.is_file()} == before


@pytest.mark.parametrize('name', ['D2L_EXT_PROFILE', 'D2L_EXT_DATA'])
def test_a_wrong_variable_is_named(place, monkeypatch, capsys, name):
    monkeypatch.setenv(name, 'nope')

    options = ['--profile', 'lecture'] * (name == 'D2L_EXT_DATA')

    assert command.main(['train', *options]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1 and name in told[0] and 'nope' in told[0]


@pytest.mark.parametrize('error', [KeyboardInterrupt(), FloatingPointError('loss is\nnan')])
def test_what_ends_a_training_is_one_line(place, monkeypatch, capsys, error):
    def ends(*given, **more):
        raise error

    monkeypatch.setattr('d2l_ext.training.run', ends)

    assert command.main(['train']) == (130 if isinstance(error, KeyboardInterrupt) else 2)
    told = capsys.readouterr().err.splitlines()
    assert told[-1] in ('interrupted', 'loss is nan')


@pytest.mark.parametrize('program', [['-m', 'd2l_ext'], ['d2l-ext']])
def test_an_interrupted_start_shows_no_traceback(tmp_path, program):
    (tmp_path / 'numpy.py').write_text(  # the first large import; Ctrl-C comes in the middle of it
        'import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(30)\n',
        encoding='utf-8',
    )
    if program == ['d2l-ext']:
        (tmp_path / 'd2l-ext').write_text(
            'from d2l_ext.__main__ import main\nmain()\n', encoding='utf-8'
        )
        program = [str(tmp_path / 'd2l-ext')]
    folders = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[1])])

    ended = subprocess.run(
        [sys.executable, *program, 'summary'],
        env=os.environ | {'PYTHONPATH': folders},
        capture_output=True,
        text=True,
        timeout=60,
        # the tests may run where Ctrl-C is ignored, as in the background of a shell
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )

    assert (ended.returncode, ended.stderr, ended.stdout) == (-signal.SIGINT, '', '')


def test_a_mistake_in_the_code_shows_where_it_is(place, monkeypatch):
    monkeypatch.setattr('d2l_ext.analysis.anatomy.summary', lambda *given: {}['missing'])

    with pytest.raises(KeyError):
        command.main(['summary'])


def test_what_cannot_be_written_at_the_end_is_written_elsewhere(place, capsys):
    def write(path):
        if Path(path).parent == Path('full'):
            raise OSError(28, 'No space left on device')
        Path(path).write_text('all that was learned', encoding='utf-8')

    assert command.keep(write, 'full/net') is False
    told = capsys.readouterr().err
    where = re.search(r'No space left on device; it was written to (.+)', told)[1]
    assert Path(where).read_text(encoding='utf-8') == 'all that was learned'


def test_two_names_with_a_point_are_two_files(place):
    paths = [
        path for name in ('net.1', 'net.2')
        for path in command.outputs(command.parser().parse_args(['train', '--save', name]))
    ]  # fmt: skip

    assert len(set(paths)) == 4


def test_a_worker_is_given_every_option_that_is_not_the_jobs_own(place, monkeypatch):
    given = {}
    monkeypatch.setattr(
        command.distributed, 'launch', lambda line, *more: given.update(line=line, more=more) or 0
    )
    options = {'--out': 'h.json', '--save': 'a net', '--checkpoint': 'kept here', '--seed': '3'}
    line = [word for pair in options.items() for word in pair]
    monkeypatch.setattr(sys, 'argv', ['d2l-ext', 'train', *line, '--workers', '2'])

    assert command.main(['train', *line, '--workers', '2']) == 0
    workers = command.parser().parse_args(given['line'][3:])
    for name, value in options.items():
        assert str(getattr(workers, name[2:])) == value
    assert workers.workers is None and workers.role == 'worker'
    assert "--checkpoint 'kept here'" in given['more'][-1]


@pytest.mark.parametrize('name', ['doctor', 'data', 'summary', 'train', 'predict', 'export'])
def test_every_command_shows_an_example_that_it_accepts(capsys, name):
    with pytest.raises(SystemExit) as ended:
        command.main([name, '--help'])
    assert ended.value.code == 0
    example = re.search(
        r'example: (?:python -m d2l_ext|d2l-ext) (.+)', capsys.readouterr().out, re.S
    )
    assert command.parser().parse_args(example[1].split()).command == name


def test_a_terminal_that_lacks_a_character_shows_another():
    told = subprocess.run(
        [sys.executable, '-m', 'd2l_ext', 'train', '--help'], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, 'PYTHONIOENCODING': 'latin-1', 'PYTHONUTF8': '0'}, encoding='latin-1',
    )  # fmt: skip

    assert told.returncode == 0 and 'this machine?s' in told.stdout


@pytest.mark.parametrize(
    'line, status',
    [('summary >&-', 0), ('summary --depth 0 2>&-', 2), ('train --recipe nope 2>&-', 2)],
)
def test_a_closed_terminal_is_no_mistake(line, status):
    told = subprocess.run(
        f'{shlex.quote(sys.executable)} -m d2l_ext {line}', shell=True, cwd=ROOT,
        capture_output=True, text=True,
    )  # fmt: skip

    assert (told.returncode, told.stdout, told.stderr) == (status, '', '')


def test_who_has_seen_enough_of_a_table_gets_no_error():
    told = subprocess.run(
        f'{shlex.quote(sys.executable)} -m d2l_ext summary | true', shell=True, cwd=ROOT,
        capture_output=True, text=True,
    )  # fmt: skip

    assert told.stderr == ''


def test_a_path_in_the_home_folder_is_one(place, monkeypatch):
    monkeypatch.setenv('HOME', str(place))

    chosen = command.parser().parse_args(['train', '--out=~/h.json', '--save=~/net'])

    assert (chosen.out, chosen.save) == (f'{place}/h.json', f'{place}/net')


def test_without_docstrings_mxnet_is_told_in_one_line():
    told = subprocess.run(
        [sys.executable, '-OO', '-m', 'd2l_ext', 'summary'],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert told.returncode == 2 and 'run python without -OO' in told.stderr
    assert len(told.stderr.splitlines()) == 1
