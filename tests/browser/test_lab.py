"""Does JupyterLab, started as a student starts it, run the lessons in a real browser?"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
PANEL = '.jp-NotebookPanel:not(.lm-mod-hidden)'
SETTINGS = {  # all cells stay in the page, so that a test can read them
    'notebook-extension/tracker': {'windowingMode': 'none'},
}
COUNTED = f"""() => {{
  const prompts = [...document.querySelectorAll('{PANEL} .jp-CodeCell .jp-InputPrompt')];
  return prompts.length && prompts.every(p => /^\\[\\d+\\]:$/.test(p.textContent));
}}"""
BEGUN = re.compile(r'[1-9]\d?% .* images/s')  # the progress bar, after the first batch


def free_port():
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        return server.getsockname()[1]


@pytest.fixture(scope='module')
def lab(tmp_path_factory):
    """`make lab` on a copy of the course, for JupyterLab saves what it runs; ended after the tests."""
    course = tmp_path_factory.mktemp('lab')
    for name in (
        'notebooks', 'd2l_ext', 'tools', 'docs/jupyter', 'exercises/source',
        'exercises/nbgrader_config.py', 'Makefile', 'requirements.lock',
    ):  # fmt: skip
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (course / name).parent.mkdir(exist_ok=True)
        copy(ROOT / name, course / name)
    # the environment is the checkout's: what is there is not installed again
    (course / '.venv').symlink_to(ROOT / '.venv')
    own = tmp_path_factory.mktemp('jupyter')
    for plugin, values in SETTINGS.items():
        file = own / 'settings' / '@jupyterlab' / f'{plugin}.jupyterlab-settings'
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    folders = {
        'JUPYTER_CONFIG_DIR': 'config',
        'JUPYTER_DATA_DIR': 'data',
        'JUPYTER_RUNTIME_DIR': 'runtime',
        'IPYTHONDIR': 'ipython',
        'JUPYTERLAB_SETTINGS_DIR': 'settings',
        'JUPYTERLAB_WORKSPACES_DIR': 'workspaces',
    }
    port, log = free_port(), own / 'lab.log'
    environment = os.environ | {name: str(own / folder) for name, folder in folders.items()}
    environment |= {
        'D2L_EXT_PROFILE': 'quick',
        'LANG_PAGES': 'en',  # whatever the locale
        'JUPYTER_PORT': str(port),
        'BROWSER': 'true',  # the program that ends at once
        'PYTHONPATH': str(course),
    }
    with log.open('w') as words:
        # without `setup`, which would install the copy; all else is the Makefile's own line
        process = subprocess.Popen(
            ['make', '-o', 'setup', 'lab'], cwd=course, env=environment,
            stdout=words, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        address = wait_for_address(process, log)
        assert f':{port}/' in address
        yield SimpleNamespace(address=address, course=course, log=log)
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # asks no question, and ends its kernels
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def wait_for_address(process, log, seconds=120):
    """Return the address with its token, as JupyterLab prints it, once it answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        found = re.search(r'http://127\.0\.0\.1:\d+/lab/\S*\?token=\w+', log.read_text())
        if found:
            try:
                urllib.request.urlopen(found[0], timeout=5).read()
                return found[0]
            except urllib.error.URLError:
                pass
        time.sleep(0.25)
    raise AssertionError(f'JupyterLab did not start:\n{log.read_text()[-2000:]}')


def open_lesson(open_page, lab, name):
    """Open a lesson in JupyterLab; wait until its kernel, not only its page, is ready."""
    assert '/lab/tree/notebooks/00_start_here.ipynb' in lab.address
    address = lab.address.replace('00_start_here', name)
    page = open_page(f'{address}&reset', 1400, 1000)
    page.locator(f'{PANEL} .jp-Notebook').wait_for(timeout=60_000)
    idle = "/ \\| Idle/.test(document.querySelector('#jp-main-statusbar')?.innerText || '')"
    page.wait_for_function(f'() => {idle}', timeout=90_000)
    return page


def spaced(text):
    return re.sub(r'\s', ' ', text)


def test_it_opens_lesson_00_and_asks_nothing(lab, open_page):
    page = open_lesson(open_page, lab, '00_start_here')
    page.wait_for_timeout(3000)  # JupyterLab asks about its news once all else is there
    assert page.locator('.jp-toastContainer, .jp-Dialog').all_inner_texts() == []


@pytest.mark.parametrize(
    'name', [pytest.param('02_five_stages', marks=pytest.mark.slow), 'zh/01_inception_block']
)
def test_a_lesson_that_is_opened_and_saved_stays_the_same_file(lab, open_page, name):
    file = lab.course / 'notebooks' / f'{name}.ipynb'
    before = file.stat().st_mtime_ns
    page = open_lesson(open_page, lab, name)
    choose(page, 'File', 'docmanager:save')
    end = time.monotonic() + 30
    while file.stat().st_mtime_ns == before and time.monotonic() < end:
        page.wait_for_timeout(200)
    page.wait_for_timeout(1000)  # it is written whole
    assert file.stat().st_mtime_ns > before, 'JupyterLab saved nothing'
    assert file.read_bytes() == (ROOT / 'notebooks' / f'{name}.ipynb').read_bytes()


def test_formgrader_shows_the_assignments_of_the_course(lab, open_page):
    pytest.importorskip('nbgrader', reason='needs `make exercises-setup`')
    page = open_lesson(open_page, lab, '00_start_here')
    choose(page, 'Nbgrader', 'nbgrader:open-formgrader')
    shown = page.frame_locator('#formgrader iframe')
    names = shown.locator('td.name a')
    names.first.wait_for(timeout=30_000)
    assert sorted(names.all_inner_texts()) == ['binding', 'block', 'family']


def choose(page, menu, command):
    page.get_by_role('menuitem', name=menu, exact=True).click()
    page.locator(f".lm-Menu-item[data-command='{command}']").click()


def run_all(page):
    choose(page, 'Run', 'runmenu:run-all')


def wait_for_all_cells(page, lab, seconds):
    """Wait until every cell has its number; else fail with all that tells why."""
    from playwright.sync_api import TimeoutError

    try:
        page.wait_for_function(COUNTED, timeout=1000 * seconds)
    except TimeoutError:
        prompts = page.locator(f'{PANEL} .jp-CodeCell .jp-InputPrompt').all_inner_texts()
        said = {
            name: page.locator(selector).all_inner_texts()
            for name, selector in (('status', '#jp-main-statusbar'), ('dialog', '.jp-Dialog'))
        }
        raise AssertionError(
            f'after {seconds} s: {prompts}\n{said}\n{page.log}\n{lab.log.read_text()[-3000:]}'
        ) from None


def test_lesson_01_runs_from_the_menu_and_shows_its_texts_and_figures(lab, open_page):
    page = open_lesson(open_page, lab, '01_inception_block')
    # what is stored must not be mistaken for what runs now
    choose(page, 'Edit', 'editmenu:clear-all')
    page.wait_for_function(f"() => !document.querySelector('{PANEL} .jp-OutputArea-output')")
    run_all(page)
    wait_for_all_cells(page, lab, 180)

    stored = json.loads((ROOT / 'notebooks/01_inception_block.ipynb').read_text())
    figures = sum(
        any(kind.startswith('image/') for kind in output.get('data', {}))
        for cell in stored['cells']
        for output in cell.get('outputs', [])
    )
    sizes = page.locator(f'{PANEL} .jp-OutputArea-output img').evaluate_all(
        'images => images.map(image => image.complete && image.naturalWidth)'
    )
    # with a kernel the explorer shows its two pictures in place of the stored one
    assert figures and len(sizes) == figures + 1 and all(size > 100 for size in sizes)
    assert page.locator(f'{PANEL} .jp-OutputArea-output').count() > figures  # and texts
    assert page.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert page.locator(f'{PANEL} mjx-merror').count() == 0

    # a slider under the arrow keys: the numbers and the picture follow
    widget = page.locator(f'{PANEL} .jp-OutputArea-output', has=page.locator('.widget-slider'))
    slider = widget.locator('.widget-slider', has_text='c2[0]')
    assert slider.locator('.widget-readout').inner_text() == '96'
    assert '128 049 152' in spaced(widget.locator('table').inner_text())
    pictures = widget.locator('img').evaluate_all('images => images.map(image => image.src)')
    slider.locator('.noUi-handle').focus()
    for _ in range(4):
        page.keyboard.press('ArrowLeft')
    widget.get_by_text('256 × 28 × 28').wait_for()
    macs = 28 * 28 * (192 * (64 + 92 + 16 + 32) + 9 * 92 * 128 + 25 * 16 * 32)
    widget.locator('td', has_text=re.compile(f'{macs:,}'.replace(',', '.'))).wait_for(
        timeout=10_000
    )
    after = widget.locator('img').evaluate_all('images => images.map(image => image.src)')
    assert after[0] != pictures[0] and after[1] == pictures[1]


def test_the_stop_button_in_lesson_05_leaves_a_network_that_predicts(lab, open_page):
    file = lab.course / 'notebooks/05_training.ipynb'
    lesson = json.loads(file.read_text())
    code = {cell['id']: cell for cell in lesson['cells'] if cell['cell_type'] == 'code'}
    # set-up, data, a loss that is noted, training, and what asks the trained network about every test
    # image; the losses' dictionary is made in the lesson's first training, which is left out
    lesson['cells'] = [code[name] for name in ('05-01', '05-03', '05-11', '05-15', '05-23')]
    code['05-11']['source'].insert(0, 'losses = {}\n')
    assert 'training.run(' in ''.join(code['05-15']['source'])
    assert 'training.predict(net, test_iter)' in ''.join(code['05-23']['source'])
    for cell in lesson['cells']:
        cell['outputs'], cell['execution_count'] = [], None
    file.with_name('stopped.ipynb').write_text(json.dumps(lesson))

    page = open_lesson(open_page, lab, 'stopped')
    run_all(page)
    outputs = [
        page.locator(f'{PANEL} .jp-CodeCell').nth(i).locator('.jp-OutputArea-output')
        for i in (3, 4)
    ]
    training, prediction = outputs
    training.filter(has_text=BEGUN).first.wait_for(timeout=120_000)
    page.locator(f"{PANEL} [data-jp-item-name='interrupt']").click()
    wait_for_all_cells(page, lab, 60)

    told = ' '.join(training.all_inner_texts())
    assert 'History(no epoch finished)' in told  # stopped at its first steps, and said so
    assert page.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert prediction.locator('img').evaluate('image => image.naturalWidth') > 100
