"""Does the runner of the lessons run them, name what failed, and store what it should?"""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import time

from d2l_ext import runtime
from d2l_ext.diagnostics import speed
from tools import compare_notebooks, execution, notebook_pages, run_notebooks, time_left

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook


def lesson(folder, name, *sources, tag='shows'):
    """Write a notebook of code cells, the last one tagged."""
    cells = [new_code_cell(source) for source in sources]
    cells[-1].metadata['tags'] = [tag]
    link = new_markdown_cell('# A page\n\n[next](01_next.ipynb)')
    nbformat.write(new_notebook(cells=[link, *cells]), folder / f'{name}.ipynb')


@pytest.fixture
def folders(tmp_path):
    (tmp_path / 'notebooks').mkdir()
    return tmp_path / 'notebooks', tmp_path / 'build'


def test_names_choose_lessons_in_reading_order(folders):
    for name in ('12_d', '02_c', '00_a', '01_b', 'explorer'):
        lesson(folders[0], name, '1')
    assert [path.stem for path in run_notebooks.find(['02', '00_a'], folders[0])] == [
        '00_a',
        '02_c',
    ]
    assert [path.stem[:2] for path in run_notebooks.find([], folders[0])] == [
        '00',
        '01',
        '02',
        '12',
        'ex',
    ]


def test_all_lessons_of_the_course_are_found():
    assert {*run_notebooks.find([])} == {*run_notebooks.NOTEBOOKS.glob('*.ipynb')}
    assert len(run_notebooks.find([])) > 15
    assert run_notebooks.EXTRAS.keys() <= {path.stem for path in run_notebooks.find([])}


def test_a_lesson_that_needs_more_is_skipped_by_name(folders, capsys, monkeypatch):
    monkeypatch.setitem(run_notebooks.EXTRAS, '00_a', ('no_such_module', 'make no-such'))
    lesson(folders[0], '00_a', 'import no_such_module')
    lesson(folders[0], '01_b', 'print("ok")')
    assert run_notebooks.main(notebooks=folders[0], build=folders[1]) == 0
    told = capsys.readouterr().out
    assert '00_a  skipped: needs no_such_module: make no-such' in told
    assert '01_b' in told.splitlines()[-3]
    assert run_notebooks.main(['00'], notebooks=folders[0], build=folders[1]) == 0
    assert 'skipped: needs no_such_module' in capsys.readouterr().out.splitlines()[-3]


def test_an_unknown_name_is_refused_with_the_names_there_are(folders):
    lesson(folders[0], '00_a', '1')
    with pytest.raises(LookupError, match="no lesson begins with '7': there are 00_a"):
        run_notebooks.find(['7'], folders[0])


def test_a_folder_without_lessons_is_refused(folders, capsys):
    assert run_notebooks.main(notebooks=folders[0], build=folders[1]) == 2
    assert 'run this in a clone of the course' in capsys.readouterr().err


def test_a_failing_lesson_is_told_and_the_next_one_runs(folders, capsys):
    notebooks, build = folders
    lesson(notebooks, '00_bad', 'x = 1', 'x = x / 0  # here', 'print(x)')
    lesson(notebooks, '01_next', 'import os', 'print("cwd", os.path.basename(os.getcwd()))')
    assert run_notebooks.main(notebooks=notebooks, build=build) == 1
    told = capsys.readouterr().out
    assert 'FAILED in cell 2 of 3: x = x / 0  # here' in told
    assert 'ZeroDivisionError: division by zero' in told
    assert 'cwd notebooks' in told.splitlines()[-3]


def test_the_page_is_written_and_links_to_pages(folders):
    lesson(folders[0], '00_a', 'print("ok")')
    assert run_notebooks.main(notebooks=folders[0], build=folders[1]) == 0
    page = (folders[1] / '00_a.html').read_text()
    assert 'href="01_next.html"' in page


def test_the_pages_of_both_languages_stand_side_by_side(folders, capsys):
    notebooks, build = folders
    (notebooks / 'zh').mkdir()
    lesson(notebooks, '00_a', 'print("in English")')
    lesson(notebooks / 'zh', '00_a', 'import os; print("in", os.path.basename(os.getcwd()))')
    for language, showed in (('zh', 'in zh'), ('en', 'in English'), ('zh', 'in zh')):
        assert run_notebooks.main(notebooks=notebooks, build=build, language=language) == 0
        assert showed in capsys.readouterr().out
    english, chinese = (build / '00_a.html').read_text(), (build / 'zh/00_a.html').read_text()
    assert '<html lang="en">' in english and 'in English' in english
    assert '<html lang="zh-CN">' in chinese and 'in zh' in chinese
    assert 'href="01_next.html"' in chinese  # beside it, in the same language


@pytest.mark.parametrize(
    ('given', 'locale', 'language'),
    [
        ([], {'LANG': 'C.UTF-8'}, 'en'),
        ([], {}, 'en'),
        ([], {'LANG': 'zh_CN.UTF-8'}, 'zh'),
        ([], {'LANG': 'en_US.UTF-8', 'LC_MESSAGES': 'zh_TW.UTF-8'}, 'zh'),
        ([], {'LANG': 'zh_CN.UTF-8', 'LC_ALL': 'C'}, 'en'),
        ([], {'LANG': 'C', 'LANG_PAGES': 'zh'}, 'zh'),
        (['LANG_PAGES=en'], {'LANG': 'zh_CN.UTF-8'}, 'en'),
        (['LANG_PAGES=zh'], {'LANG': 'C'}, 'zh'),
    ],
)
def test_make_takes_the_pages_of_the_language(given, locale, language):
    told = make_would_do(['lab', 'run', *given], locale).stdout
    folder = {'en': 'notebooks', 'zh': 'notebooks/zh'}[language]
    assert f'/lab/tree/{folder}/00_start_here.ipynb\n' in told
    assert f'-m tools.run_notebooks --language {language}\n' in told


@pytest.mark.parametrize('wrong', ['fr', 'ZH', 'en zh', ''])
def test_another_language_is_refused_in_one_line_before_anything_is_set_up(wrong):
    told = make_would_do(['run', f'LANG_PAGES={wrong}'], {'LANG': 'C'})
    assert told.returncode and told.stdout == ''
    assert told.stderr.count('\n') == 1
    assert f"LANG_PAGES must be en or zh, got '{wrong}'" in told.stderr


def make_would_do(words, locale):
    unset = ('LANG', 'LC_ALL', 'LC_MESSAGES', 'LANG_PAGES', 'MAKEFLAGS', 'MAKELEVEL')
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    return subprocess.run(
        ['make', '-n', *words], cwd=run_notebooks.ROOT, env=environment | locale,
        capture_output=True, text=True,
    )  # fmt: skip


def test_outputs_are_stored_in_the_english_pages_alone():
    command = [sys.executable, '-m', 'tools.run_notebooks', '--language', 'zh', '--in-place']
    told = subprocess.run(command, cwd=run_notebooks.ROOT, capture_output=True, text=True)
    assert told.returncode == 2 and '`make sync-zh` carries outputs over' in told.stderr


def test_a_page_shows_its_formulas_and_loads_nothing(folders):
    path = folders[0] / '00_a.ipynb'
    lesson(folders[0], '00_a', 'print("ok")')
    notebook = nbformat.read(path, as_version=4)
    text = 'With $k^2 \\cdot c_{in}$ weights:\n\n$$y = \\frac{x - \\mu}{\\sqrt{\\epsilon}}$$'
    notebook.cells.append(new_markdown_cell(text))
    nbformat.write(notebook, path)
    assert run_notebooks.main(notebooks=folders[0], build=folders[1]) == 0
    page = (folders[1] / '00_a.html').read_text()
    assert page.count('<math') == 2 and '<mfrac>' in page and '$$' not in page
    assert 'display="block"' in page and 'cdot' not in page
    assert (
        re.findall(r'<(?:script|img|link|iframe)\b[^>]*(?:src|href)="?(https?:[^" >]+)', page) == []
    )
    assert nbformat.read(path, as_version=4).cells[-1].source == text  # the notebook keeps its own


def test_an_answer_is_folded_with_all_that_it_holds(folders):
    text = '<details><summary>Show</summary>\n\n```python\nprint(7)\n```\n\nSeven.\n\n</details>'
    notebook = new_notebook(cells=[new_markdown_cell(text)])
    notebook_pages.write(notebook, folders[1].with_suffix('.ipynb'), folders[0])
    page = BeautifulSoup(folders[1].with_suffix('.html').read_text(), 'html.parser')
    (answer,) = page.find_all('details')
    assert answer.summary.text == 'Show' and 'print(7)' in answer.text
    assert answer.find_all('p')[-1].text == 'Seven.'
    assert 'details::details-content' in str(page.head)  # unfolded in print


REMARK = '[11:43:53] ../src/nn/mkldnn_pooling.cc:58: MKLDNN Pooling: training with prop_kind is x'


def test_what_is_written_past_python_reaches_neither_page_nor_terminal(folders, capfd, monkeypatch):
    monkeypatch.delenv('PYTEST_CURRENT_TEST')  # a kernel that sees it copies nothing anyway
    lesson(
        folders[0],
        '00_a',
        f'import os, sys; os.write(2, {REMARK.encode()!r}); os.write(1, b"from C"); None',
        'print("a warning", file=sys.stderr)',
    )
    assert run_notebooks.main(notebooks=folders[0], build=folders[1]) == 0
    found = nbformat.read(folders[1] / '00_a.ipynb', as_version=4)
    outputs = [cell.outputs for cell in found.cells if cell.cell_type == 'code']
    assert outputs[0] == []
    assert [(output.name, output.text) for output in outputs[1]] == [('stderr', 'a warning\n')]
    told = capfd.readouterr()
    assert 'from C' not in told.out and told.err == ''


def test_a_kernel_that_dies_is_told_with_its_last_words(folders, capfd):
    words = f'{REMARK}\nno memory left\n'.encode()
    lesson(folders[0], '00_a', 'import os', f'os.write(2, {words!r}); os.abort()')
    assert run_notebooks.main(notebooks=folders[0], build=folders[1]) == 1
    told = capfd.readouterr().out
    assert 'FAILED in cell 2 of 2: os.write' in told and 'died' in told
    assert '\n    no memory left\n' in told and 'MKLDNN Pooling' not in told.split('died')[1]


# how far a run is


@pytest.fixture
def costly(folders, monkeypatch):
    """Two lessons that have taken 40 and 60 R, on a machine where one thread is quicker."""
    for name in ('00_a', '01_b'):
        lesson(folders[0], name, 'import time; time.sleep(1.5)', 'print("ok")')
    monkeypatch.setattr(time_left, 'recorded', lambda: {'00_a': 40, '01_b': 60})
    monkeypatch.setattr(runtime, 'THREADS_GIVEN', False)
    monkeypatch.setenv('OMP_NUM_THREADS', '2')
    monkeypatch.setenv(speed.KEPT, '1:5.0,2:6.4')
    return folders


def test_a_terminal_shows_the_cell_and_the_time_left(costly, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, 'isatty', lambda: True)
    monkeypatch.setenv('COLUMNS', '100')
    assert run_notebooks.main(['00'], notebooks=costly[0], build=costly[1]) == 0
    shown = capsys.readouterr().out.split('\r\033[K')
    assert 'about 3 min left · 00_a starting, 3 min' in shown
    assert 'about 3 min left · 00_a cell 1 of 2, 3 min' in shown
    assert re.fullmatch(r'00_a +\d+\.\d s  ok\n.*', shown[-1], re.S)


def test_a_line_is_cut_to_the_width_of_the_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, 'isatty', lambda: True)
    monkeypatch.setenv('COLUMNS', '20')
    run_notebooks.say('05_training  cell 7 of 15', passing=True)
    assert capsys.readouterr().out == '\r\033[K05_training  cell 7'


@pytest.fixture
def given(monkeypatch):
    """No lesson runs, each ends well at once; the limit of a cell and the threads given to each."""
    given = []

    async def execute(path, timeout, threads, began):
        given.append((timeout, threads))
        return '', None

    monkeypatch.setattr(execution, 'execute', execute)
    monkeypatch.setattr(run_notebooks.notebook_pages, 'write', lambda *arguments: None)
    monkeypatch.setattr(run_notebooks, 'showed', lambda notebook: '')
    monkeypatch.setattr(run_notebooks, 'stored', lambda notebook: new_notebook())
    return given


def test_a_run_takes_the_quicker_number_of_threads_and_says_so(costly, given, capsys):
    run_notebooks.main(notebooks=costly[0], build=costly[1], in_place=True)
    assert capsys.readouterr().out.startswith(
        '26 images/s with 1 thread, 20 with 2; a training step (R) takes 5.00 s; the lessons: 8 min\n'
    )
    assert os.environ['OMP_NUM_THREADS'] == '1'
    assert given == [(750, None)] * 2  # 150 steps


# several lessons at once


@pytest.mark.parametrize(
    ('cpus', 'memory', 'asked', 'groups'),
    [
        (1, 8, '', [('abct', 1, None)]),
        (2, 8, '', [('abc', 2, 1), ('t', 1, None)]),
        (8, 8, '', [('abc', 3, 2), ('t', 1, None)]),
        (8, 8, '2', [('abc', 3, 2), ('t', 1, None)]),
        (8, 8, '4', [('abc', 2, 4), ('t', 1, None)]),
        (2, 8, '2', [('abct', 1, None)]),
        (8, 5, '', [('abc', 2, 4), ('t', 1, None)]),
        (8, 1, '', [('abct', 1, None)]),
    ],
)
def test_lessons_share_the_cpus_and_those_that_compare_times_run_alone(
    folders, monkeypatch, cpus, memory, asked, groups
):
    for name in 'abc':
        lesson(folders[0], name, '1')
    lesson(folders[0], 't', 'runtime.busy() or 1')
    monkeypatch.setattr(runtime, 'usable_cpus', lambda: cpus)
    monkeypatch.setattr(run_notebooks, 'memory', lambda: memory << 30)
    monkeypatch.setattr(runtime, 'THREADS_GIVEN', bool(asked))
    monkeypatch.setenv('OMP_NUM_THREADS', asked)
    found = run_notebooks.plan(run_notebooks.find([], folders[0]))
    assert groups == [
        (''.join(path.stem for path in group.paths), group.at_once, group.threads)
        for group in found
    ]
    (alone,) = run_notebooks.plan(run_notebooks.find([], folders[0]), one_by_one=True)
    assert (alone.at_once, alone.threads) == (1, None)


def test_lessons_at_once_take_half_of_the_cpus_each_and_end_as_they_do_one_by_one(
    folders, capsys, monkeypatch
):
    wait = (
        'import os, time\nopen("{}", "w").close()\n'
        'for _ in range(300): os.path.exists("{}") or time.sleep(0.1)'
    )
    threads = 'print(os.environ["OMP_NUM_THREADS"])'
    both = 'time.sleep(3); assert os.path.exists("a") and os.path.exists("b")'
    lesson(folders[0], '00_a', wait.format('a', 'b'), both, '1 / 0')  # each waits for the other
    lesson(folders[0], '01_b', wait.format('b', 'a'), both, threads)
    lesson(folders[0], '02_t', f'import os  # runtime.busy()\n{threads}')
    monkeypatch.setattr(runtime, 'usable_cpus', lambda: 2)
    monkeypatch.setattr(run_notebooks, 'memory', lambda: 8 << 30)
    monkeypatch.setattr(runtime, 'THREADS_GIVEN', False)
    monkeypatch.setenv('OMP_NUM_THREADS', '2')
    assert run_notebooks.main(notebooks=folders[0], build=folders[1]) == 1
    *_, a, b, t, _, total = capsys.readouterr().out.splitlines()
    assert 'FAILED' in a and b.endswith(' 1') and t.endswith(' 2')
    seconds = [float(line.split()[1]) for line in (a, b, t, total)]
    assert max(seconds[1:3]) < seconds[3] < sum(seconds[:3])  # the last is the clock's


def started(folders):
    """Start a run of the lessons of `folders` as a process of its own."""
    command = (
        'import signal, sys; from tools import run_notebooks as it; from pathlib import Path\n'
        # a job in a shell's background ignores it, and so does what the job starts
        'signal.signal(signal.SIGINT, signal.default_int_handler)\n'
        f'sys.exit(it.main(notebooks=Path({str(folders[0])!r}), build=Path({str(folders[1])!r})))'
    )
    free = {key: value for key, value in os.environ.items() if key != 'OMP_NUM_THREADS'}
    return subprocess.Popen(
        [sys.executable, '-c', command], cwd=run_notebooks.ROOT, text=True,
        env=free, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_a_reader_that_has_seen_enough_ends_the_run_without_a_traceback(folders):
    lesson(folders[0], '00_a', 'import os\nprint(file=open(str(os.getpid()), "w"))')
    running = started(folders)
    running.stdout.close()  # as `head` does
    running.stdout = None
    problem = running.communicate(timeout=30)[1]
    (kernel,) = [int(path.name) for path in folders[0].iterdir() if path.name.isdecimal()]
    assert (running.returncode, problem) == (141, '')
    with pytest.raises(ProcessLookupError):
        os.kill(kernel, 0)


def test_ctrl_c_ends_every_kernel_and_says_so_in_one_line(folders):
    note = 'import os\nprint(file=open(str(os.getpid()), "w"))'
    for name in ('00_a', '01_b'):
        lesson(folders[0], name, note, 'import time; time.sleep(60)')
    running = started(folders)
    kernels, until = [], time.monotonic() + 60
    while len(kernels) < min(2, runtime.usable_cpus()) and time.monotonic() < until:
        time.sleep(0.1)
        kernels = [int(path.name) for path in folders[0].iterdir() if path.name.isdecimal()]
    running.send_signal(signal.SIGINT)
    told, problem = running.communicate(timeout=30)
    assert (running.returncode, told, problem) == (130, '', '\ninterrupted\n')
    for kernel in kernels:
        with pytest.raises(ProcessLookupError):
            os.kill(kernel, 0)


def test_a_cancellation_that_gets_lost_is_repeated(folders, monkeypatch):
    lost = []

    class Loses(execution.NotebookClient):
        async def async_execute(self, **options):
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
            lost.append('once')
            await asyncio.sleep(60)

    monkeypatch.setattr(execution, 'NotebookClient', Loses)
    monkeypatch.setattr(execution, 'AGAIN', 0.1)

    async def cancel():
        lesson(folders[0], '00_a', '1')
        running = asyncio.ensure_future(execution.execute(folders[0] / '00_a.ipynb', None))
        await asyncio.sleep(0.1)
        running.cancel()
        await asyncio.wait([running], timeout=10)
        return running.cancelled()

    assert asyncio.run(cancel()) and lost == ['once']


def test_lessons_that_take_no_time_are_not_made_to_wait(costly, given, capsys, monkeypatch):
    monkeypatch.setattr(time_left, 'recorded', lambda: {'00_a': 2, '01_b': 3})
    monkeypatch.setattr(speed, 'choose', lambda: pytest.fail('the speed was measured'))
    assert run_notebooks.main(['01'], notebooks=costly[0], build=costly[1]) == 0
    assert os.environ['OMP_NUM_THREADS'] == '2'
    assert 'images/s' not in capsys.readouterr().out


def test_a_speed_that_cannot_be_measured_is_said_and_the_lessons_run(
    costly, given, capsys, monkeypatch
):
    def fail():
        raise RuntimeError('no such network')

    monkeypatch.setattr(speed, 'choose', fail)
    assert run_notebooks.main(['01'], notebooks=costly[0], build=costly[1]) == 0
    told = capsys.readouterr().out
    assert told.startswith('the time left is not known: no such network\n')
    assert re.search(r'01_b +\d+\.\d s  ok', told) and len(given) == 1


def test_a_speed_kept_in_another_form_ends_the_run(costly, capsys, monkeypatch):
    monkeypatch.setenv(speed.KEPT, 'fast')
    assert run_notebooks.main(notebooks=costly[0], build=costly[1]) == 2
    assert "like 1:5.0,2:3.1, got 'fast': unset it" in capsys.readouterr().err


def test_the_recorded_lessons_are_those_there_are():
    assert time_left.recorded().keys() <= {path.stem for path in run_notebooks.find([])}


def test_only_in_place_stores_outputs_without_stderr(folders):
    source = 'import sys\nprint("warning", file=sys.stderr)\nprint("ok")'
    lesson(folders[0], '00_a', source)
    path = folders[0] / '00_a.ipynb'
    before = path.read_bytes()
    run_notebooks.main(notebooks=folders[0], build=folders[1])
    assert path.read_bytes() == before
    run_notebooks.main(notebooks=folders[0], build=folders[1], in_place=True)
    cell = nbformat.read(path, as_version=4).cells[1]
    assert [(output.name, output.text) for output in cell.outputs] == [('stdout', 'ok\n')]
    assert cell.execution_count == 1


# what the plugin makes of a kernel's messages


def display(kind, text=None, name=None, wait=False):
    content = {'data': {'text/plain': text}, 'metadata': {}, 'transient': {}}
    if name:
        content['transient'] = {'display_id': name}
    return {'msg_type': kind, 'content': {'wait': wait} if kind == 'clear_output' else content}


@pytest.mark.parametrize(
    ('messages', 'kept'),
    [
        ([('display_data', '0', 'a'), ('update_display_data', '1', 'a')], ['1']),
        ([('display_data', '0', 'a'), ('display_data', 'x'),
          ('update_display_data', '1', 'a')], ['1', 'x']),
        ([('display_data', '0'), ('update_display_data', '1', 'elsewhere')], ['0']),
        ([('display_data', '0'), ('clear_output',), ('display_data', '1')], ['1']),
        ([('display_data', '0', 'a'), ('clear_output',), ('update_display_data', '1', 'a')], []),
    ],
    ids=['updated', 'updated in its place', 'of another cell', 'cleared', 'cleared, then updated'],
)  # fmt: skip
def test_outputs_are_what_a_notebook_shows_at_the_end(messages, kept):
    outputs = []
    for message in messages:
        carried = compare_notebooks.carried(display(*message))
        assert carried['msg_type'] == 'display_data'
        outputs.append(nbformat.from_dict({'data': carried['content']['data']}))
    assert [output.data['text/plain'] for output in compare_notebooks.replayed(outputs)] == kept


def test_a_waiting_clear_takes_effect_with_the_next_output():
    clear = compare_notebooks.carried(display('clear_output', wait=True))['content']
    first, second = {'text': '0'}, {'text': '1'}
    outputs = [first, {'data': clear['data']}]
    assert compare_notebooks.replayed(outputs) == [first]
    assert compare_notebooks.replayed([*outputs, second]) == [second]
