"""Does the set-up refuse what cannot work, by name, and install only when something changed?"""

import os
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

from tools import bootstrap

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


def test_on_arm_the_libraries_are_others(good):
    good.setattr(platform, 'machine', lambda: 'aarch64')
    good.setattr(bootstrap, 'loadable', lambda name: name == 'libgomp.so.1')
    assert bootstrap.refusal().endswith('apt-get install liblapacke libopenblas0-pthread')


def test_every_refusal_is_one_line(good):
    good.setattr(platform, 'system', lambda: 'Windows')
    assert '\n' not in bootstrap.refusal()


class Tools:
    """What uv and pip would be asked to do, instead of doing it; `failing` names those that fail."""

    def __init__(self, environment):
        self.environment, self.failing, self.settings = environment, (), ''
        self.asked = []  # (tool, its arguments, its environment variables)

    def follow(self, command, settings):
        tool = 'uv' if command[0] == self.environment.uv else 'pip'
        arguments = command[2:] if tool == 'uv' else command[3:]
        if arguments == ['config', 'list']:
            return 0, [self.settings]
        if arguments[-1].endswith('requirements/uv.lock') and 'fetch' not in self.failing:
            open(self.environment.uv, 'w', encoding='utf-8').close()
        self.asked.append((tool, arguments, settings))
        return int(tool in self.failing), [f'{tool} said this\n']

    def told(self, *arguments):
        """Have it done; return which tools were asked to, in their order."""
        self.asked.clear()
        self.environment.run(*arguments)
        return [tool for tool, asked, _ in self.asked if asked == list(arguments)]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout whose set-up writes down what it would run instead of running it."""
    (tmp_path / 'requirements.lock').write_text('mxnet==1.9.1\n')
    (tmp_path / 'requirements').mkdir()
    (tmp_path / 'requirements/site.lock').write_text('sphinx==8.0.0\n')
    with zipfile.ZipFile(tmp_path / 'pip-23.0-py3-none-any.whl', 'w') as wheel:
        wheel.writestr('pip/__init__.py', '')
    environment = bootstrap.Environment(str(tmp_path))
    environment.ran = []
    environment.made_by = ''
    environment.tools_of = Tools(environment)

    def call(command):
        environment.ran.append('venv')
        environment.made_by = bootstrap.interpreter()
        os.makedirs(os.path.join(environment.folder, 'lib/python3/site-packages'), exist_ok=True)
        os.makedirs(os.path.dirname(environment.python), exist_ok=True)
        open(environment.python, 'w', encoding='utf-8').close()

    monkeypatch.setattr(bootstrap, 'refusal', lambda: None)
    monkeypatch.setattr(bootstrap, 'bundled_pip', lambda: str(next(tmp_path.glob('*.whl'))))
    monkeypatch.setattr(bootstrap.subprocess, 'check_call', call)
    monkeypatch.setattr(environment, 'interpreter', lambda: environment.made_by)
    monkeypatch.setattr(environment, 'follow', environment.tools_of.follow)
    monkeypatch.setattr(environment, 'install', lambda: environment.ran.append('install'))
    for name in list(os.environ):
        if name.startswith(('UV_', 'PIP_')):
            monkeypatch.delenv(name)
    return environment


@pytest.fixture
def tools(checkout):
    """The tools of a checkout that is set up."""
    set_up(checkout)
    return checkout.tools_of


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
    with open(checkout.lock, 'a', encoding='utf-8') as file:
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


def test_uv_is_fetched_by_its_hash_and_installs_pip(checkout):
    set_up(checkout)
    (fetcher, fetched, _), (installer, installed, _) = checkout.tools_of.asked
    assert fetcher == 'pip' and '--require-hashes' in fetched
    assert installer == 'uv' and installed[-1].endswith('.whl')


def test_what_this_python_carries_is_a_pip_that_runs(tmp_path, monkeypatch):
    environment = bootstrap.Environment(str(tmp_path))
    monkeypatch.setattr(environment, 'run', lambda *arguments: None)
    environment.begin()
    words = subprocess.check_output([environment.python, '-m', 'pip', '--version'], text=True)
    assert str(tmp_path) in words
    # it is not whole, though: interrupted here, the folder is made anew
    assert environment.interpreter() == ''
    Path(environment.folder, 'bin/pip').touch()
    assert environment.interpreter() == bootstrap.interpreter()


def test_a_python_that_carries_no_wheel_lets_venv_install_pip(checkout, monkeypatch):
    asked = []
    monkeypatch.setattr(bootstrap, 'bundled_pip', lambda: None)
    monkeypatch.setattr(bootstrap.subprocess, 'check_call', asked.append)
    checkout.begin()
    assert '--without-pip' not in asked[0]
    assert checkout.tools_of.asked == []


def test_uv_installs_and_pip_is_not_asked(tools):
    assert tools.told('install', 'd2l') == ['uv']


def test_pip_does_the_same_where_uv_fails(tools, capsys):
    tools.failing = ('uv',)
    assert tools.told('install', 'd2l') == ['uv', 'pip']
    assert 'uv said this\nuv failed: see above. pip tries the same' in capsys.readouterr().out


def test_pip_does_it_where_uv_cannot_be_had(checkout, capsys):
    checkout.tools_of.failing = ('fetch',)
    set_up(checkout)
    assert checkout.tools_of.told('install', 'd2l') == ['pip']
    assert 'failed' not in capsys.readouterr().out


def test_a_uv_that_cannot_be_started_has_failed(tmp_path):
    environment = bootstrap.Environment(str(tmp_path))
    failed, (words,) = environment.follow([environment.uv, 'pip'], os.environ)
    assert failed and environment.uv in words


def test_uv_does_not_read_the_overrides_that_make_the_lock(tmp_path):
    environment = bootstrap.Environment(str(tmp_path))
    code = 'import os; print(os.path.isfile("pyproject.toml"), os.getcwd())'
    failed, (words,) = environment.follow([sys.executable, '-S', '-c', code], os.environ)
    assert words == f'False {os.path.abspath(os.sep)}\n'


def test_a_failure_of_both_shows_their_words_and_the_way_on(tools, capsys):
    tools.failing = ('uv', 'pip')
    with pytest.raises(
        SystemExit, match='pip could not install d2l: see above; run make .*PIP_INDEX_URL=ADDRESS'
    ):
        tools.told('install', 'd2l')
    assert 'pip said this' in capsys.readouterr().out


def test_a_success_shows_no_words(tools, capsys):
    capsys.readouterr()
    tools.told('install', 'd2l')
    assert capsys.readouterr().out == ''


def test_uv_looks_where_pip_is_told_to_look():
    settings = (
        "global.extra-index-url='https://a.example/simple\\nhttps://b.example/simple'\n"
        "global.index-url='https://c.example/simple'\n"
        "install.find-links='/wheels /more'\n"
        ":env:.index-url='https://d.example/simple'\n"
    )
    assert bootstrap.as_uv(settings, {}) == {
        'UV_DEFAULT_INDEX': 'https://d.example/simple',  # a variable goes before a file
        'UV_INDEX': 'https://a.example/simple https://b.example/simple',
        'UV_INDEX_STRATEGY': 'unsafe-best-match',
        'UV_FIND_LINKS': '/wheels,/more',
    }


def test_what_is_set_for_uv_stays():
    told = "global.index-url='https://c.example/simple'\n"
    assert bootstrap.as_uv(told, {'UV_DEFAULT_INDEX': 'https://d.example'}) == {}


def test_what_is_set_for_uv_by_its_older_names_stays():
    told = "global.index-url='https://c.example'\nglobal.extra-index-url='https://d.example'\n"
    old = {'UV_INDEX_URL': 'https://e.example', 'UV_EXTRA_INDEX_URL': 'https://f.example'}
    assert bootstrap.as_uv(told, old) == {}


@pytest.mark.parametrize(
    ('settings', 'environment', 'index'),
    [
        ('', {}, None),
        ('', {'UV_DEFAULT_INDEX': 'https://a.example'}, 'https://a.example'),
        ('', {'UV_INDEX_URL': 'https://b.example'}, 'https://b.example'),
        ("global.index-url='https://c.example'\n", {'UV_DEFAULT_INDEX': 'https://a.example'}, None),
        (
            "global.extra-index-url='https://c.example'\n",
            {'UV_DEFAULT_INDEX': 'https://a.example'},
            'https://a.example',
        ),
    ],
)
def test_pip_looks_where_uv_alone_is_told_to_look(settings, environment, index):
    assert bootstrap.as_pip(settings, environment).get('PIP_INDEX_URL') == index


def test_pip_without_settings_tells_uv_nothing():
    assert bootstrap.as_uv('WARNING: something\n', {}) == {}


def test_pip_really_lists_its_settings_so(tmp_path, monkeypatch):
    (tmp_path / 'pip.conf').write_text(
        '[global]\nextra-index-url =\n  https://a.example/s\n  https://b.example/s\n'
    )
    monkeypatch.setenv('PIP_CONFIG_FILE', str(tmp_path / 'pip.conf'))
    monkeypatch.setenv('PIP_FIND_LINKS', '/wheels')
    words = subprocess.check_output([sys.executable, '-m', 'pip', 'config', 'list'], text=True)
    told = bootstrap.as_uv(words, {})
    assert told['UV_INDEX'].split() == ['https://a.example/s', 'https://b.example/s']
    assert told['UV_FIND_LINKS'] == '/wheels'


def test_a_constraint_is_for_packages_without_hashes(checkout):
    tools, checkout.tools_of.settings = checkout.tools_of, "global.constraint='/some.txt'\n"
    set_up(checkout)
    tools.told('install', 'd2l')
    assert tools.asked[0][2]['UV_CONSTRAINT'] == '/some.txt'
    tools.told('install', '--require-hashes', '-r', 'lock')  # uv would refuse it
    assert 'UV_CONSTRAINT' not in tools.asked[0][2]


def test_pytorch_is_the_cpu_build(tools):
    tools.told('install', 'torch==2.13.0')
    assert tools.asked[0][2]['UV_TORCH_BACKEND'] == 'cpu'
    tools.told('install', 'd2l')
    assert 'UV_TORCH_BACKEND' not in tools.asked[0][2]


def test_another_build_of_pytorch_can_be_asked_for(tools, monkeypatch):
    monkeypatch.setenv('UV_TORCH_BACKEND', 'auto')
    tools.told('install', 'torch==2.13.0')
    assert tools.asked[0][2]['UV_TORCH_BACKEND'] == 'auto'


def test_pytorch_comes_from_where_pip_is_told_to_look(checkout):
    checkout.tools_of.settings = "global.find-links='/wheels'\n"
    set_up(checkout)
    checkout.tools_of.told('install', 'torch==2.13.0')
    assert 'UV_TORCH_BACKEND' not in checkout.tools_of.asked[0][2]


def test_pip_instead_of_uv_warns_of_the_size_of_its_pytorch(tools, capsys):
    tools.failing = ('uv',)
    tools.told('install', 'torch==2.13.0')
    assert 'several GB of CUDA' in capsys.readouterr().out


def add(environment, *wanted):
    environment.tools_of.asked.clear()
    environment.add(list(wanted))
    return [arguments for _, arguments, _ in environment.tools_of.asked]


def test_a_lock_is_added_with_its_hashes_and_a_package_with_what_it_needs(tools):
    (lock,) = add(tools.environment, 'requirements/site.lock')
    assert {'--require-hashes', '--no-deps'} < set(lock)
    (alone,) = add(tools.environment, 'timm==1.0.31')
    assert alone == ['install', '--no-deps', 'timm==1.0.31']
    (with_needs,) = add(tools.environment, '--deps', 'torch==2.13.0')
    assert with_needs == ['install', 'torch==2.13.0']


@pytest.mark.parametrize(
    'wanted', [('requirements/site.lock',), ('--deps', 'torch==2.13.0')], ids=' '.join
)
def test_what_was_added_is_not_added_again(tools, wanted):
    assert len(add(tools.environment, *wanted)) == 1
    assert add(tools.environment, *wanted) == []


def test_a_changed_lock_is_added_again(tools):
    add(tools.environment, 'requirements/site.lock')
    with open(
        os.path.join(tools.environment.root, 'requirements/site.lock'), 'a', encoding='utf-8'
    ) as file:
        file.write('jieba==0.42.1\n')
    assert len(add(tools.environment, 'requirements/site.lock')) == 1


def test_what_failed_is_added_again(tools):
    tools.failing = ('uv', 'pip')
    with pytest.raises(SystemExit):
        add(tools.environment, 'requirements/site.lock')
    tools.failing = ()
    assert len(add(tools.environment, 'requirements/site.lock')) == 1


def test_after_another_lock_was_installed_it_is_added_again(tools):
    add(tools.environment, 'requirements/site.lock')
    with open(tools.environment.lock, 'a', encoding='utf-8') as file:
        file.write('d2l==1.0.3\n')
    set_up(tools.environment)
    assert len(add(tools.environment, 'requirements/site.lock')) == 1


def test_the_entry_sets_up_first_and_adds_then(checkout, monkeypatch):
    monkeypatch.setattr(bootstrap, 'Environment', lambda root, gpu: checkout)
    bootstrap.main(['--add', 'requirements/site.lock'])
    assert checkout.ran == ['venv', 'install']
    assert checkout.tools_of.asked[-1][1][-1].endswith('requirements/site.lock')


@pytest.mark.parametrize(
    ('said', 'shown'),
    [
        ('Collecting d2l==1.0.3', '1: Collecting d2l==1.0.3'),
        ('Downloading mxnet (46.8MiB)\n Downloaded mxnet', '1 of 1: Downloaded mxnet'),
    ],
    ids=['pip', 'uv'],
)
def test_a_terminal_sees_the_packages_come(tmp_path, monkeypatch, capsys, said, shown):
    monkeypatch.setattr(sys.stdout, 'isatty', lambda: True)
    command = [sys.executable, '-S', '-c', f'print({said!r})']
    environment = bootstrap.Environment(str(tmp_path))
    assert environment.follow(command, os.environ) == (0, [w + '\n' for w in said.split('\n')])
    lines = capsys.readouterr().out.split('\r\033[K')
    assert lines[-2:] == [shown, '']


@pytest.mark.parametrize('lock', sorted(Path(bootstrap.ROOT).glob('*.lock')), ids=lambda p: p.name)
def test_a_lock_pins_every_package_with_hashes_and_names_no_host(lock):
    text = lock.read_text()
    entries = text.replace('\\\n', ' ').strip().splitlines()
    assert [line for line in entries if '==' not in line or '--hash=sha256:' not in line] == []
    assert '://' not in text and '--index' not in text and '--find-links' not in text


def test_every_set_up_of_the_makefile_goes_the_same_way():
    text = Path(bootstrap.ROOT, 'Makefile').read_text(encoding='utf-8')
    assert 'pip install' not in text
    locks = {path.name for path in Path(bootstrap.ROOT, 'requirements').glob('*.lock')}
    assert 'uv.lock' in locks and len(locks) > 3
    for name in locks - {'uv.lock'}:  # by which all others are installed
        assert f'$(SETUP) --add requirements/{name}\n' in text


def test_bootstrap_reads_in_an_old_python():
    with open(bootstrap.__file__, encoding='utf-8') as file:
        text = file.read()
    assert text.isascii()
    assert not any(f' {quote}' in text for quote in ("f'", 'f"')), 'f-strings are of Python 3.6'
