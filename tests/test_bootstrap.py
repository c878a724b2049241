"""Does the set-up refuse what cannot work, by name, and install only when something changed?"""

import os
import platform
import sys

from d2l_ext import bootstrap

import pytest


@pytest.fixture
def good(monkeypatch):
    """A machine on which the course runs, whatever machine this is."""
    monkeypatch.setattr(sys, 'version_info', (3, 12, 1, 'final', 0))
    for name, answer in {
        'system': 'Linux', 'machine': 'x86_64', 'python_implementation': 'CPython',
        'libc_ver': ('glibc', '2.36'),
    }.items():  # fmt: skip
        monkeypatch.setattr(platform, name, lambda answer=answer: answer)
    monkeypatch.setattr(bootstrap, 'loadable', lambda name: True)
    monkeypatch.setattr(bootstrap, 'importable', lambda name: True)
    return monkeypatch


def test_a_good_machine_is_not_refused(good):
    assert bootstrap.refusal() is None


@pytest.mark.parametrize('version', [(3, 10), (3, 13), (3, 14)])
def test_every_python_of_the_lock_is_taken(good, version):
    good.setattr(sys, 'version_info', version)
    assert bootstrap.refusal() is None


@pytest.mark.parametrize(
    'machine',
    [('Linux', 'aarch64'), ('Darwin', 'x86_64')],
    ids=' '.join,
)
def test_every_platform_with_a_wheel_is_taken(good, machine):
    good.setattr(platform, 'system', lambda: machine[0])
    good.setattr(platform, 'machine', lambda: machine[1])
    assert bootstrap.refusal() is None


@pytest.mark.parametrize(
    ('what', 'answer', 'words', 'remedy'),
    [
        ('system', 'Windows', 'no wheel for Windows', 'WSL 2'),
        ('system', 'MSYS_NT-10.0', 'no wheel for Windows', 'WSL 2'),
        ('machine', 'i686', 'no wheel for Linux on i686', '64-bit Linux'),
        ('python_implementation', 'PyPy', 'needs CPython, got PyPy', 'python3.13'),
        ('libc_ver', ('', ''), 'needs glibc, not musl', 'Debian or Ubuntu'),
    ],
)
def test_a_platform_without_a_wheel_is_refused_with_a_remedy(good, what, answer, words, remedy):
    good.setattr(platform, what, lambda: answer)
    assert words in bootstrap.refusal()
    assert remedy in bootstrap.refusal()


def test_macos_on_arm_is_refused_with_rosetta_and_docker(good):
    good.setattr(platform, 'system', lambda: 'Darwin')
    good.setattr(platform, 'machine', lambda: 'arm64')
    assert 'Rosetta' in bootstrap.refusal()
    assert 'docker run' in bootstrap.refusal()


@pytest.mark.parametrize(
    ('version', 'words'),
    [((2, 7), 'Python 2.7 is too old'), ((3, 9), 'Python 3.9 is too old'),
     ((3, 15), 'Python 3.15 is too new')],
)  # fmt: skip
def test_another_python_is_refused_with_one_that_works(good, version, words):
    good.setattr(sys, 'version_info', version)
    assert bootstrap.refusal().startswith(words)
    assert 'make PYTHON=python3.13 run' in bootstrap.refusal()


def test_a_missing_venv_names_the_package_that_brings_it(good):
    good.setattr(bootstrap, 'importable', lambda name: name != 'ensurepip')
    assert 'lacks ensurepip' in bootstrap.refusal()
    assert 'apt-get install python3.12-venv' in bootstrap.refusal()


def test_a_missing_library_names_the_package_that_brings_it(good):
    good.setattr(bootstrap, 'loadable', lambda name: name != 'libquadmath.so.0')
    assert bootstrap.refusal().endswith('apt-get install libquadmath0')


def test_every_refusal_is_one_line(good):
    good.setattr(platform, 'system', lambda: 'Windows')
    assert '\n' not in bootstrap.refusal()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout whose set-up writes down what it would run instead of running it."""
    (tmp_path / 'requirements.lock').write_text('mxnet==1.9.1\n')
    environment = bootstrap.Environment(str(tmp_path))
    environment.ran = []
    environment.made_by = ''

    def call(command):
        environment.ran.append('venv')
        environment.made_by = bootstrap.interpreter()
        os.makedirs(os.path.dirname(environment.python), exist_ok=True)
        open(environment.python, 'w').close()

    monkeypatch.setattr(bootstrap, 'refusal', lambda: None)
    monkeypatch.setattr(bootstrap.subprocess, 'check_call', call)
    monkeypatch.setattr(environment, 'interpreter', lambda: environment.made_by)
    monkeypatch.setattr(environment, 'install', lambda: environment.ran.append('install'))
    return environment


def set_up(environment, exact=False):
    environment.ran.clear()
    if not environment.ready(exact):
        environment.make(exact)
    return environment.ran


def test_the_first_set_up_makes_and_installs(checkout):
    assert set_up(checkout) == ['venv', 'install']


@pytest.mark.parametrize('exact', [False, True])
def test_the_second_set_up_does_nothing(checkout, exact):
    set_up(checkout)
    assert set_up(checkout, exact) == []


def test_an_interrupted_set_up_goes_on(checkout, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkout, 'install', interrupted)
        with pytest.raises(KeyboardInterrupt):
            set_up(checkout)
    assert set_up(checkout) == ['install']


def test_a_changed_lock_is_installed(checkout):
    set_up(checkout)
    with open(checkout.lock, 'a') as file:
        file.write('d2l==1.0.3\n')
    assert set_up(checkout) == ['install']


def test_another_python_asked_for_makes_the_environment_anew(checkout, monkeypatch):
    set_up(checkout)
    monkeypatch.setattr(bootstrap, 'interpreter', lambda: '3.13.0 /elsewhere')
    assert set_up(checkout, exact=True) == ['venv', 'install']


def test_another_default_python_keeps_the_environment(checkout, monkeypatch):
    set_up(checkout)
    monkeypatch.setattr(bootstrap, 'interpreter', lambda: '3.13.0 /elsewhere')
    assert set_up(checkout) == []


def test_a_refused_machine_gets_nothing_installed(checkout, monkeypatch):
    monkeypatch.setattr(bootstrap, 'refusal', lambda: 'no wheel')
    with pytest.raises(SystemExit, match='no wheel'):
        set_up(checkout)
    assert checkout.ran == []


def test_the_lock_pins_every_package_with_hashes_and_names_no_host():
    with open(os.path.join(bootstrap.ROOT, 'requirements.lock')) as file:
        text = file.read()
    entries = text.replace('\\\n', ' ').strip().splitlines()
    assert [line for line in entries if '==' not in line or '--hash=sha256:' not in line] == []
    assert '://' not in text and '--index' not in text and '--find-links' not in text


def test_bootstrap_reads_in_an_old_python():
    with open(bootstrap.__file__) as file:
        text = file.read()
    assert text.isascii()
    assert not any(f' {quote}' in text for quote in ("f'", 'f"')), 'f-strings are of Python 3.6'
