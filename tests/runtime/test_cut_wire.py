"""Does a job end in time when a wire is cut, and go on later?

Two workers in network namespaces, each with an address of its own.
"""

import json
import os
import shutil
import subprocess
import time

from d2l_ext.runtime import distributed

import pytest
from jobs import STEPS, command, left_over, train

pytestmark = pytest.mark.usefixtures('here')

NUMBER = os.getpid() % 250 + 1  # other runs on this machine have other names and addresses
BRIDGE, SUBNET = f'd2lb{NUMBER}', f'10.213.{NUMBER}'
HOSTS = [f'd2l{NUMBER}a', f'd2l{NUMBER}b']


def ip(*arguments, **options):
    return subprocess.run(['ip', *arguments], check=True, capture_output=True, text=True, **options)


def remove():
    for name in HOSTS:
        subprocess.run(['ip', 'netns', 'del', name], capture_output=True)
    subprocess.run(['ip', 'link', 'del', BRIDGE], capture_output=True)


@pytest.fixture
def wired(tmp_path, monkeypatch):
    """Two machines on one wire, as far as the kernel is concerned, and an ssh that leads to them."""
    if os.geteuid() or not shutil.which('ip'):
        pytest.skip('network namespaces need root and ip (apt-get install iproute2)')
    try:
        ip('link', 'add', BRIDGE, 'type', 'bridge')
        ip('addr', 'add', f'{SUBNET}.1/24', 'dev', BRIDGE)
        ip('link', 'set', BRIDGE, 'up')
        for i, host in enumerate(HOSTS):
            ip('netns', 'add', host)
            ip('link', 'add', f'{host}v', 'type', 'veth', 'peer', 'name', 'wire', 'netns', host)
            ip('link', 'set', f'{host}v', 'master', BRIDGE, 'up')
            ip('-n', host, 'addr', 'add', f'{SUBNET}.{i + 2}/24', 'dev', 'wire')
            ip('-n', host, 'link', 'set', 'wire', 'up')
            ip('-n', host, 'link', 'set', 'lo', 'up')
    except subprocess.CalledProcessError as error:
        remove()
        pytest.skip(f'no network namespaces here: {error.stderr.strip()}')
    (tmp_path / 'ssh').write_text('#!/bin/sh\nexec ip netns exec "$4" sh -c "$5"\n')
    (tmp_path / 'ssh').chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}:{os.environ["PATH"]}')
    monkeypatch.setattr(distributed, '_address', lambda: f'{SUBNET}.1')
    monkeypatch.setenv('OMP_NUM_THREADS', '1')
    yield
    remove()


def launch(tmp_path):
    return distributed.launch(
        command(tmp_path / 'told', tmp_path / 'kept'), 2, hosts=HOSTS, again='the same command'
    )


@pytest.mark.slow
def test_a_cut_wire_ends_the_job_in_time_and_it_goes_on_later(tmp_path, wired, monkeypatch, capfd):
    monkeypatch.setenv('D2L_EXT_PATIENCE', '5')
    monkeypatch.setenv('SLOW', '0.1')
    cut = []

    def cut_one_off():
        if not cut and len([*(tmp_path / 'kept').glob('step-*')]) == 2:
            ip('link', 'set', f'{HOSTS[1]}v', 'down')
            cut.append(time.monotonic())

    # between two looks at its processes the launcher sleeps: there the wire is cut
    sleep = time.sleep
    monkeypatch.setattr(distributed.time, 'sleep', lambda seconds: (cut_one_off(), sleep(seconds)))
    assert launch(tmp_path) == 1
    assert cut and time.monotonic() - cut[0] < 40
    errors = capfd.readouterr().err
    assert 'no step for 5 s: a worker, a server or the network is gone' in errors
    assert 'to go on from the last checkpoint: the same command' in errors
    assert left_over() == []

    monkeypatch.setattr(distributed.time, 'sleep', sleep)
    monkeypatch.setenv('SLOW', '0')
    ip('link', 'set', f'{HOSTS[1]}v', 'up')
    assert launch(tmp_path) == 0
    losses, epochs = json.loads((tmp_path / 'told').read_text())
    _, history = train()
    assert len(losses) < STEPS  # it did not begin anew
    assert [e['loss'] for e in epochs] == pytest.approx([e['loss'] for e in history], abs=1e-3)
