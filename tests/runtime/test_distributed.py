"""Do many processes train as one does, started here, over ssh, by Slurm and by Kubernetes?"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from d2l_ext import training
from d2l_ext.runtime import distributed

import mxnet as mx
import numpy as onp
import pytest
import yaml
from jobs import STEPS, WORKER, batches, command, left_over, network, train, until

pytestmark = pytest.mark.usefixtures('here')
ROOT = Path(__file__).parents[2]


@pytest.mark.slow  # lesson 15 shows it, epoch by epoch, and a job that goes on later is held to it too
def test_two_workers_have_the_losses_of_one_process(tmp_path):
    alone, history = train()
    assert distributed.launch(command(tmp_path / 'told'), workers=2) == 0
    losses, epochs = json.loads((tmp_path / 'told').read_text())

    assert len(losses) == STEPS
    # sums over two halves are rounded in another order
    assert abs(onp.array(losses) - alone).max() < 1e-4
    assert losses[-1] < 0.7 * losses[0]
    assert [e['test_accuracy'] for e in epochs] == [e['test_accuracy'] for e in history]


def test_two_devices_have_the_losses_of_one():
    alone, _ = train()
    both, _ = train([mx.cpu(0), mx.cpu(1)])

    assert abs(onp.array(both) - alone).max() < 1e-4


def test_an_error_of_a_worker_is_told(tmp_path, capfd):
    broken = [
        sys.executable,
        '-c',
        'from d2l_ext.runtime import distributed; distributed.take_role(); 1 / 0',
    ]
    assert distributed.launch(broken, workers=2) == 1

    errors = capfd.readouterr().err
    assert 'died (exit status 1). Its last words:' in errors
    assert 'ZeroDivisionError: division by zero' in errors


@pytest.mark.parametrize('name, number', [('workers', 0), ('servers', -1), ('workers', 1.5)])
def test_impossible_numbers_are_refused(name, number):
    with pytest.raises(ValueError, match=f'{name} must be a whole number >= 1, got'):
        distributed.launch(['true'], **{'workers': 2, name: number})


@pytest.mark.parametrize(('given', 'threads'), [(False, '4'), (True, None)])
def test_workers_of_one_machine_divide_its_cpus(given, threads, monkeypatch):
    told = {}
    monkeypatch.setattr(distributed.runtime, 'THREADS_GIVEN', given)
    monkeypatch.setattr(distributed.runtime, 'usable_cpus', lambda: 8)
    monkeypatch.setattr(
        distributed, 'Process', lambda name, line, env, host: told.update({name: env})
    )
    monkeypatch.setattr(distributed, 'watch', lambda job: 0)
    monkeypatch.setattr(distributed, 'end', lambda job: None)

    assert distributed.launch(['train'], 2) == 0
    assert told['worker 1'].get('OMP_NUM_THREADS') == threads


def test_a_role_without_its_variables_is_refused(monkeypatch):
    for name in distributed.NEEDED:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv('DMLC_PS_ROOT_URI', '127.0.0.1')
    with pytest.raises(ValueError, match='DMLC_PS_ROOT_PORT, DMLC_NUM_WORKER.* must be set'):
        distributed.take_role('worker')
    assert 'DMLC_ROLE' not in os.environ  # this process is none


def test_a_batch_that_cannot_be_divided_is_refused():
    with pytest.raises(ValueError, match='a batch of 1 images cannot be divided over 1 workers'):
        training.fit(
            network([mx.cpu(0), mx.cpu(1)]), batches(1), epochs=1, lr=0.1,
            device=[mx.cpu(0), mx.cpu(1)], progress=False,
        )  # fmt: skip


def test_hosts_are_read_one_a_line(tmp_path):
    (tmp_path / 'hosts').write_text('a\n# not this\n b.example  # a comment\n')
    (tmp_path / 'none').write_text('# nobody\n')

    assert distributed.read_hosts(tmp_path / 'hosts') == ['a', 'b.example']
    with pytest.raises(ValueError, match='names no host: write one a line'):
        distributed.read_hosts(tmp_path / 'none')
    with pytest.raises(ValueError, match='cannot be read: No such file'):
        distributed.read_hosts(tmp_path / 'missing')


# a worker that writes who it was told to be, and waits until ssh was asked for all three
TOLD = """
import json, os, sys, time
from pathlib import Path
told = {name: os.environ[name] for name in os.environ if name.startswith('DMLC_')}
folder = Path(sys.argv[1])
(folder / f'told-{os.getpid()}').write_text(json.dumps(told))
while len((folder / 'hosts').read_text().split()) < 3:
    time.sleep(0.05)
"""


def test_over_ssh_each_host_gets_its_part(tmp_path, monkeypatch):
    # an ssh that notes for whom and runs the command here, with nothing of this environment
    (tmp_path / 'ssh').write_text(
        f'#!/bin/sh\necho "$4" >> {tmp_path}/hosts\n'
        'exec env -i PATH="$PATH" D2L_EXT_JOB="$D2L_EXT_JOB" sh -c "$5"\n'
    )
    (tmp_path / 'ssh').chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}:{os.environ["PATH"]}')
    monkeypatch.setattr(distributed, '_address', lambda: '127.0.0.1')
    line = [sys.executable, '-c', TOLD, str(tmp_path)]
    assert distributed.launch(line, workers=2, hosts=['one', 'two']) == 0

    assert sorted((tmp_path / 'hosts').read_text().split()) == ['one', 'one', 'two']
    one, other = (json.loads(file.read_text()) for file in tmp_path.glob('told-*'))
    assert one == other and one.pop('DMLC_PS_ROOT_PORT').isdigit()
    assert one == {
        'DMLC_ROLE': 'worker', 'DMLC_NUM_WORKER': '2', 'DMLC_NUM_SERVER': '1',
        'DMLC_PS_ROOT_URI': '127.0.0.1',
    }  # fmt: skip


SRUN = """#!/bin/bash
# as Slurm's: the same command for every task; one that fails ends all
shift  # --kill-on-bad-exit=1
for task in $(seq "$SLURM_NTASKS"); do "$@" & done
for task in $(seq "$SLURM_NTASKS"); do wait -n || { kill $(jobs -p); exit 1; }; done
"""
TRAIN = """
import sys
role = sys.argv[sys.argv.index('--role') + 1]
from d2l_ext.runtime import distributed
distributed.take_role(role)
if role == 'worker':
    sys.argv[1:] = [{out!r}, {kept!r}]
    exec({worker!r})
else:
    import mxnet
"""


@pytest.mark.slow  # the job of Kubernetes starts the same processes, by the same variables
def test_the_slurm_script_of_the_docs_starts_a_job(tmp_path, monkeypatch):
    script = shortened(in_docs('bash'), tmp_path)
    assert '#SBATCH' in script
    (tmp_path / 'srun').write_text(SRUN)
    (tmp_path / 'srun').chmod(0o755)
    (tmp_path / 'hostname').write_text('#!/bin/sh\necho 127.0.0.1 ::1\n')
    (tmp_path / 'hostname').chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}:{os.environ["PATH"]}')
    monkeypatch.setenv('SLURM_NTASKS', '2')
    ended = subprocess.run(
        ['bash', '-c', script],
        cwd=ROOT,
        env=on_this_machine(),
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert ended.returncode == 0, ended.stderr
    assert_trained_as_alone(tmp_path)


def test_the_kubernetes_job_of_the_docs_trains_in_its_pods(tmp_path):
    service, job = yaml.safe_load_all(in_docs('yaml'))
    name, spec = job['metadata']['name'], job['spec']
    (container,) = spec['template']['spec']['containers']
    given = {variable['name']: variable['value'] for variable in container['env']}
    # the first pod's name, in a service that selects the job's pods
    assert given['DMLC_PS_ROOT_URI'] == f'{name}-0.{service["metadata"]["name"]}'
    assert spec['template']['spec']['subdomain'] == service['metadata']['name']
    assert service['spec'] == {'clusterIP': 'None', 'selector': {'job-name': name}}
    assert spec['completionMode'] == 'Indexed' and spec['parallelism'] == spec['completions']
    assert {given['DMLC_NUM_WORKER'], given['DMLC_NUM_SERVER']} == {str(spec['completions'])}
    (mount,), (volume,) = container['volumeMounts'], spec['template']['spec']['volumes']
    assert mount['name'] == volume['name']
    assert mount['mountPath'] == f'{container["workingDir"]}/checkpoints'

    line = [*container['command'], shortened(container['args'][0], tmp_path)]
    pods = []
    for index in '01':
        environment = on_this_machine() | given | {
            'DMLC_PS_ROOT_URI': '127.0.0.1', 'DMLC_PS_ROOT_PORT': '9093',
            'DMLC_NUM_WORKER': '2', 'DMLC_NUM_SERVER': '2', 'JOB_COMPLETION_INDEX': index,
        }  # fmt: skip
        pods.append(subprocess.Popen(line, cwd=ROOT, env=environment, start_new_session=True))

    def over():
        for pod in pods:
            if pod.poll() is not None:  # with its first process a pod ends
                kill_all_of(pod)
        return None not in [pod.returncode for pod in pods]

    try:
        until(over, 120)
    finally:
        for pod in pods:
            kill_all_of(pod)
    assert [pod.returncode for pod in pods] == [0, 0]
    assert_trained_as_alone(tmp_path)


def kill_all_of(pod):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pod.pid, signal.SIGKILL)


def in_docs(language):
    """Return the block of docs/training.md in `language`."""
    page = (ROOT / 'docs/training.md').read_text()
    return page.split(f'```{language}\n')[1].split('```')[0]


def shortened(script, folder):
    """Return a script of the docs as it stands, but for the training, which takes an hour there."""
    assert script.count('train="') == 1
    (folder / 'train.py').write_text(
        TRAIN.format(out=str(folder / 'told'), kept=str(folder / 'kept'), worker=WORKER)
    )
    return re.sub('train=".*"', f'train="{sys.executable} {folder}/train.py"', script)


def on_this_machine():
    """Return an environment in which all processes of a job are on this machine."""
    return os.environ | {
        'DMLC_NODE_HOST': '127.0.0.1', 'OMP_NUM_THREADS': '1', 'PYTHONPATH': str(ROOT)
    }  # fmt: skip


def assert_trained_as_alone(folder):
    until(lambda: left_over() == [], 20)
    losses, _ = json.loads((folder / 'told').read_text())
    alone, _ = train()
    assert len(losses) == STEPS
    assert abs(onp.array(losses) - alone).max() < 1e-4


def test_an_error_of_the_command_line_comes_from_the_workers(tmp_path):
    run = subprocess.run(
        [sys.executable, '-m', 'd2l_ext', 'train', '--recipe', 'tiny', '--workers', '2'],
        capture_output=True, text=True,
    )  # fmt: skip

    assert run.returncode == 1
    assert "recipe must be one of lecture, fast, quick, trained, got 'tiny'" in run.stderr


@pytest.mark.parametrize(
    'arguments, message',
    [
        (['--workers', '0'], 'workers must be a whole number'),
        (['--role', 'worker'], 'must be set: where the scheduler is'),
        (['--workers', '2', '--torch'], '--torch trains in one process'),
        (['--torch', '--save', 'net'], '--save writes a network of Gluon'),
        (['--hosts', 'here'], '--hosts starts a job of many: give --workers N'),
        (['--servers', '2'], '--servers starts a job of many: give --workers N'),
        (['--workers', '2', '--hosts', 'missing'], '--hosts missing cannot be read'),
    ],
)
def test_the_command_line_refuses_by_name(arguments, message, capsys, monkeypatch):
    from d2l_ext.__main__ import main

    for name in distributed.NEEDED:
        monkeypatch.delenv(name, raising=False)
    assert main(['train', *arguments]) == 2
    assert message in capsys.readouterr().err
