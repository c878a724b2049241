"""Do packages and JavaScript come from the mirror that a person chose, checked by their hashes?

No network: the mirror is a server on 127.0.0.1, and pip, uv and npm are the real ones.
"""

import hashlib
import http.server
import io
import json
import os
import shutil
import sys
import tarfile
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace

from tools import bootstrap, site_assets

import pytest

UV = Path(sys.executable).with_name('uv')


@pytest.fixture
def mirror(tmp_path):
    """An index of packages and a registry of JavaScript: its folder, address, and what was asked."""
    folder, asked = tmp_path / 'mirror', []
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, directory=str(folder), **options)

        def do_GET(self):
            asked.append(self.path)
            super().do_GET()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    address = f'http://127.0.0.1:{server.server_port}'
    yield SimpleNamespace(folder=folder, address=address, asked=asked)
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def nothing_chosen(tmp_path, monkeypatch):
    """A person who has told pip, uv and npm nothing, and has nothing in their caches."""
    for name in list(os.environ):
        if name.upper().startswith(('UV_', 'PIP_', 'NPM_')):
            monkeypatch.delenv(name)
    monkeypatch.setenv('HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('NO_PROXY', '127.0.0.1')
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    monkeypatch.setenv('PIP_CONFIG_FILE', os.devnull)
    monkeypatch.setenv('UV_NO_CONFIG', '1')
    monkeypatch.setenv('UV_CACHE_DIR', str(tmp_path / 'cache'))


# packages


@pytest.fixture(scope='module')
def environment(tmp_path_factory):
    """A checkout whose .venv has pip alone; uv.lock is the course's own."""
    root = tmp_path_factory.mktemp('checkout')
    (root / 'requirements').mkdir()
    shutil.copy(Path(bootstrap.ROOT, 'requirements/uv.lock'), root / 'requirements')
    made = bootstrap.Environment(str(root))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made, 'run', lambda *arguments: None)
        made.begin()
    return made


@pytest.fixture(params=['uv', 'pip'])
def installer(request, environment):
    """The environment with uv, or without it, and with nothing installed before."""
    environment.variables = None
    if request.param == 'uv':
        if not UV.exists():
            pytest.skip('uv is not beside this Python')
        Path(environment.uv).symlink_to(UV)
    yield environment
    Path(environment.uv).unlink(missing_ok=True)
    for left in Path(environment.folder).rglob('tiny*'):
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def offer(mirror, lock):
    """Put a package on the mirror, and its hash into `lock`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, 'w') as wheel:
        about = 'tiny-1.0.dist-info'
        files = {
            'tiny.py': '',
            f'{about}/METADATA': 'Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n',
            f'{about}/WHEEL': 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
        }
        for name, text in files.items():
            wheel.writestr(name, text)
        names = [*files, f'{about}/RECORD']
        wheel.writestr(f'{about}/RECORD', ''.join(f'{name},,\n' for name in names))
    name = 'tiny-1.0-py3-none-any.whl'
    (mirror.folder / name).write_bytes(content.getvalue())
    page = mirror.folder / 'simple' / 'tiny' / 'index.html'
    page.parent.mkdir(parents=True)
    page.write_text(f'<!DOCTYPE html><a href="/{name}">{name}</a>')
    digest = hashlib.sha256(content.getvalue()).hexdigest()
    lock.write_text(f'tiny==1.0 --hash=sha256:{digest}\n')
    return mirror.folder / name


def install(environment, lock):
    environment.run('install', '--no-deps', '--require-hashes', '-r', str(lock))
    return list(Path(environment.folder).rglob('site-packages/tiny.py'))


@pytest.mark.parametrize('variable', ['PIP_INDEX_URL', 'UV_DEFAULT_INDEX', 'UV_INDEX_URL'])
def test_packages_come_from_the_chosen_index(installer, mirror, tmp_path, monkeypatch, variable):
    offer(mirror, tmp_path / 'some.lock')
    monkeypatch.setenv(variable, f'{mirror.address}/simple')
    without_uv = not os.path.exists(installer.uv)

    assert install(installer, tmp_path / 'some.lock')

    assert '/simple/tiny/' in mirror.asked
    if without_uv:
        assert mirror.asked[0] == '/simple/uv/'  # uv itself is looked for there, too


def test_an_index_in_pips_own_file_is_for_uv_too(installer, mirror, tmp_path, monkeypatch):
    offer(mirror, tmp_path / 'some.lock')
    settings = tmp_path / 'pip.conf'
    settings.write_text(f'[global]\nindex-url = {mirror.address}/simple\n')
    monkeypatch.setenv('PIP_CONFIG_FILE', str(settings))
    assert install(installer, tmp_path / 'some.lock')


def test_another_file_than_the_locks_is_not_installed(installer, mirror, tmp_path, monkeypatch):
    wheel = offer(mirror, tmp_path / 'some.lock')
    with zipfile.ZipFile(wheel, 'a') as changed:
        changed.writestr('tiny_more.py', '')
    monkeypatch.setenv('PIP_INDEX_URL', f'{mirror.address}/simple')
    with pytest.raises(SystemExit, match='pip could not install some.lock'):
        install(installer, tmp_path / 'some.lock')
    assert list(Path(installer.folder).rglob('site-packages/tiny*')) == []


# JavaScript


@pytest.fixture
def script(mirror, tmp_path, monkeypatch):
    """A package that the pages need, in the registry of the mirror."""
    if shutil.which('npm') is None:
        pytest.skip('needs npm')
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode='w:gz') as archive:
        for name, text in (('package.json', '{"name": "tiny", "version": "1.0.0"}'), ('a.js', '1')):
            member = tarfile.TarInfo(f'package/{name}')
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    packed = content.getvalue()
    (mirror.folder / 'tiny.tgz').write_bytes(packed)
    about = {'tarball': f'{mirror.address}/tiny.tgz', 'shasum': hashlib.sha1(packed).hexdigest()}
    version = {'name': 'tiny', 'version': '1.0.0', 'dist': about}
    versions = {'name': 'tiny', 'dist-tags': {'latest': '1.0.0'}, 'versions': {'1.0.0': version}}
    (mirror.folder / 'tiny').write_text(json.dumps(versions))
    known = {'tiny': ('1.0.0', hashlib.sha256(packed).hexdigest(), ['*.js'])}
    monkeypatch.setattr(site_assets, 'PACKAGES', known)
    monkeypatch.setattr(site_assets, 'BUILD', tmp_path / 'assets')
    (tmp_path / 'home').mkdir()
    return known


@pytest.mark.parametrize('way', ['a variable', 'a file'])
def test_javascript_comes_from_the_chosen_registry(script, mirror, tmp_path, monkeypatch, way):
    if way == 'a variable':
        monkeypatch.setenv('npm_config_registry', mirror.address)
    else:  # where `npm config set registry` writes it
        (tmp_path / 'home' / '.npmrc').write_text(f'registry={mirror.address}\n')
    assert (site_assets.fetch('tiny') / 'a.js').read_text() == '1'
    assert {'/tiny', '/tiny.tgz'} <= {*mirror.asked}  # npm may ask for news of itself, too


def test_another_script_than_the_pinned_one_is_not_taken(script, mirror, monkeypatch):
    monkeypatch.setenv('npm_config_registry', mirror.address)
    script['tiny'] = ('1.0.0', 64 * '0', ['*.js'])
    with pytest.raises(SystemExit, match='tiny-1.0.0.tgz has the SHA-256'):
        site_assets.fetch('tiny')
    assert not (site_assets.BUILD / 'tiny-1.0.0').exists()


def test_a_registry_that_has_it_not_is_told_with_the_way_to_another(script, mirror, monkeypatch):
    (mirror.folder / 'tiny').unlink()
    monkeypatch.setenv('npm_config_registry', mirror.address)
    with pytest.raises(SystemExit, match='(?s)could not get tiny.*npm config set registry ADDRESS'):
        site_assets.fetch('tiny')
