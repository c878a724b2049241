"""A real Chromium for the tests of this folder; `make test-browser` installs what drives it."""

import contextlib
import http.server
import json
import os
import re
import subprocess
import threading
from datetime import date
from pathlib import Path
from types import SimpleNamespace

from d2l_ext import runtime
from tools.chromium import of_the_system

import numpy as onp
import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / 'build'
SHOTS = BUILD / 'screenshots'
NETWORK = BUILD / 'site' / 'network'  # the files of the playground's network
RECORD = Path(__file__).with_name('playground.json')
every_language = pytest.mark.parametrize('folder', ['', 'zh/'], ids=['en', 'zh'])
# where the pages differ in their words alone, and a test takes long
english_first = pytest.mark.parametrize(
    'folder', ['', pytest.param('zh/', marks=pytest.mark.slow)], ids=['en', 'zh']
)
HERE = ('http://127.0.0.1', 'ws://127.0.0.1', 'file:', 'data:', 'blob:', 'about:')
# without the last five Chromium itself looks for hosts on the network
FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync']  # fmt: skip


@pytest.fixture(scope='session')
def chromium():
    """The browser: the system's Chromium or Chrome, else the one that Playwright downloaded."""
    playwright = pytest.importorskip('playwright.sync_api', reason='needs `make test-browser`')
    found = of_the_system()
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, request):
    """Return `open_page(url, width=1280, height=900, **options of a Playwright context)`.

    The page has a `log`: `outside` (requests to other hosts), `failed` (requests, with their status)
    and `errors` (of console and scripts). At the test's end its last sight is kept in
    build/screenshots, and the three lists must be empty, unless the test emptied them itself.
    """
    pages = []

    def open_one(url, width=1280, height=900, **options):
        context = chromium.new_context(viewport={'width': width, 'height': height}, **options)
        log = SimpleNamespace(outside=[], failed=[], errors=[])
        context.on('request', lambda r: r.url.startswith(HERE) or log.outside.append(r.url))
        # none that failed: a request that a page no longer waits for, because it was left, and a
        # script ('csp') of a page that was told to run none
        fine = {'net::ERR_ABORTED'} | (
            {'csp'} if options.get('java_script_enabled') is False else set()
        )
        context.on(
            'requestfailed',
            lambda r: r.failure in fine or log.failed.append((r.url, r.failure)),
        )
        context.on('response', lambda r: r.status >= 400 and log.failed.append((r.url, r.status)))
        page = context.new_page()
        page.log = log
        page.on('console', lambda m: m.type == 'error' and log.errors.append(m.text[:300]))
        page.on('pageerror', lambda e: log.errors.append(str(e)[:300]))
        pages.append(page)
        page.goto(url)
        return page

    yield open_one
    for number, page in enumerate(pages):
        SHOTS.mkdir(parents=True, exist_ok=True)
        name = request.node.name + (f'-{number}' if number else '')
        page.screenshot(path=SHOTS / f'{name}.png')
        page.context.close()
    for page in pages:
        assert not page.log.outside, f'asked other hosts: {page.log.outside}'
        assert not page.log.failed, f'requests failed: {page.log.failed}'
        assert not page.log.errors, f'errors in the console: {page.log.errors}'


def playground_at(part, filled, state='visible'):
    """Make a fixture, `NAME(folder, …)`: the playground of a language at `part`, once `filled` is there."""

    @pytest.fixture
    def opened(open_page, site):
        def open_one(folder='', *size, **options):
            page = open_page(f'{site}/{folder}playground.html#{part}', *size, **options)
            page.locator(filled).first.wait_for(state=state)
            return page

        return open_one

    return opened


@contextlib.contextmanager
def served(folder):
    """Serve a folder over HTTP on 127.0.0.1; give its address."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args, **options):
            super().__init__(*args, directory=str(folder), **options)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f'http://127.0.0.1:{server.server_port}'
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope='session')
def serve():
    """Return `serve(folder)`: the address of a server that lives as long as the tests."""
    with contextlib.ExitStack() as stack:
        yield lambda folder: stack.enter_context(served(folder))


@pytest.fixture(scope='session')
def site(serve):
    """The address of build/site, made as a maintainer makes it: it ends with 1 for what is broken.

    `make test-browser` has made it, once for all processes; one that runs alone makes it here.
    """
    if 'PYTEST_XDIST_WORKER' not in os.environ:
        made = subprocess.run(['make', 'site'], cwd=ROOT, capture_output=True, text=True)
        assert made.returncode == 0, made.stdout + made.stderr
    return serve(BUILD / 'site')


@pytest.fixture(scope='session')
def images(site):
    """The playground's test images, uint8 (100, 48, 48)."""
    return onp.fromfile(NETWORK / 'images.bin', 'uint8').reshape(-1, 48, 48)


def record(**found):
    """Print measured numbers; with D2L_EXT_RECORD=1, put them into playground.json beside this file."""
    print(found)
    if os.environ.get('D2L_EXT_RECORD'):
        before = json.loads(RECORD.read_text()) if RECORD.exists() else {}
        command = 'D2L_EXT_RECORD=1 make test-browser'
        told = {'command': command, 'date': f'{date.today()}', 'machine': runtime.machine()}
        RECORD.write_text(json.dumps(before | told | found, indent=1) + '\n')


def brightness(page, part) -> int:
    """Return the sum of red, green and blue of the text in the first `part` of a page, 0 to 765.

    A part may be drawn anew at any time: it is looked up and asked in one step.
    """
    page.locator(part).first.wait_for(state='attached')
    found = page.evaluate('part => getComputedStyle(document.querySelector(part)).color', part)
    return sum(map(int, re.findall(r'\d+', found)[:3]))
