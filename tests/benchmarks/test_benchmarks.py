"""Do the benchmarks run contestants one by one, count honestly, and keep what they say?

Nothing is timed here.
"""

import importlib.util
import json
import re
import statistics
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from benchmarks import __main__ as command
from benchmarks import driver, report, spread
from benchmarks.contestants import clock
from benchmarks.contestants import cost as cost_contestants
from benchmarks.contestants import profile as profile_contestants
from benchmarks.contestants import waiting as waiting_contestants
from benchmarks.driver import Contestant
from benchmarks.suites import GROUPS, SUITES, time_to_accuracy
from d2l_ext import networks
from d2l_ext.analysis import anatomy
from d2l_ext.networks import GoogLeNet
from d2l_ext.runtime import cpu_load
from tools import run_notebooks

import nbformat
import pytest

RESULTS = Path(__file__).parents[2] / report.RESULTS
FAKES = """
import importlib, os, signal, subprocess, sys, time

def works(speed=100.0, seed=None):
    print('a library talks on stdout')
    names = {'OMP_NUM_THREADS', 'GOMP_SPINCOUNT', 'OMP_WAIT_POLICY', 'MXNET_CPU_PARALLEL_SIZE'}
    return {'images_per_s': speed, 'seed': seed, 'threads': sorted(names & set(os.environ))}

def fails():
    raise ValueError('images must be there: get them')

def silent():
    sys.stdout.flush()
    os._exit(0)

def stays(file):
    ignore = 'import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)'
    child = subprocess.Popen([sys.executable, '-c', ignore])
    time.sleep(0.5)  # until it ignores
    open(file, 'w').write(str(child.pid))
    time.sleep(60)

def with_few_images(call, options):
    module, function = call.split(':')
    if 'images' in options:
        import numpy as np
        from d2l_ext import data
        from d2l_ext.data import fashion_mnist
        with np.load(fashion_mnist.SAMPLE) as file:
            few = {name: file[name][: options['images']] for name in file}
        fashion_mnist.SAMPLE = os.path.join(os.path.dirname(__file__), 'few.npz')
        np.savez(fashion_mnist.SAMPLE, **few)
        data.SAMPLE = fashion_mnist.SAMPLE
    from benchmarks.contestants import lecture
    batches = lecture.d2l_batches
    def in_this_process(*arguments):
        from d2l import mxnet as d2l
        d2l.get_dataloader_workers = lambda: 0  # MXNet's loader forks, and now and then hangs
        return batches(*arguments)
    lecture.d2l_batches = in_this_process
    return getattr(importlib.import_module(module), function)(**options)
"""


@pytest.fixture
def fakes(tmp_path, monkeypatch):
    (tmp_path / 'fakes.py').write_text(FAKES)
    monkeypatch.setenv('PYTHONPATH', str(tmp_path))
    monkeypatch.setattr(cpu_load, 'others', lambda: 0.0)
    return lambda name, *arguments, **options: Contestant(f'fakes:{name}', *arguments, **options)


# statistics


def test_a_ratio_is_taken_within_a_round_then_its_median():
    rounds = [
        {'a': {'images_per_s': 50}, 'b': {'images_per_s': 100}},
        {'a': {'images_per_s': 10}, 'b': {'images_per_s': 40}},
        {'a': {'images_per_s': 20}, 'b': {'images_per_s': 60}},
    ]
    told = spread.figures(rounds, {'b : a': spread.Figure(spread.ratio('b', 'a'))})

    assert told['b : a'] == {'rounds': [2, 4, 3], 'median': 3, 'min': 2, 'max': 4, 'wanted': {}}


def test_a_round_that_lacks_a_contestant_gives_no_ratio():
    rounds = [{'a': {'images_per_s': 50}}, {'a': {'images_per_s': 1}, 'b': {'images_per_s': 2}}]
    formulas = {
        'b : a': spread.Figure(spread.ratio('b', 'a')),
        'c : a': spread.Figure(spread.ratio('c', 'a')),
    }

    assert {name: f['rounds'] for name, f in spread.figures(rounds, formulas).items()} == {
        'b : a': [2]
    }


def test_no_round_has_no_spread():
    with pytest.raises(ValueError, match='values must hold at least one number'):
        spread.spread([])


@pytest.mark.parametrize(
    ('wanted', 'verdict'),
    [
        ({}, None),
        ({'median at least': 2}, True),
        ({'median at least': 2.1}, False),
        ({'median at least': 2, 'min at least': 1.5}, False),
        ({'max at most': 3}, True),
        ({'max at most': 2.9}, False),
    ],
)
def test_a_figure_is_reached_if_all_that_is_wanted_is(wanted, verdict):
    assert spread.reached({'median': 2, 'min': 1, 'max': 3, 'wanted': wanted}) is verdict


def test_the_clock_leaves_out_the_warm_up_and_waits_at_both_ends(monkeypatch):
    now = iter([10.0, 14.0])
    monkeypatch.setattr(clock.time, 'perf_counter', lambda: next(now))
    waited = []
    watch = clock.Clock(2, 3, lambda: waited.append(watch.count))

    assert [watch.step() for _ in range(5)] == [False] * 4 + [True]
    assert waited == [3, 5]
    assert watch.images_per_s() == clock.BATCH * 2 / 4


def test_the_lecture_s_seconds_are_those_of_its_epochs_at_the_speed_of_the_round(monkeypatch):
    history = time_to_accuracy.History([{'epoch': n} for n in range(1, 6)], {'images': 60_000})
    monkeypatch.setattr(time_to_accuracy, 'LECTURE', history)
    numbers = {'lecture_before': {'images_per_s': 90}, 'lecture_after': {'images_per_s': 110}}

    assert time_to_accuracy.lecture_seconds(numbers) == 5 * 60_000 / 100


# the driver


def test_contestants_run_in_turn_round_by_round(fakes):
    contestants = {
        'a': fakes('works', {'speed': 1}),
        'b': fakes('works', {'speed': 2}, counted='seed'),
        'once': fakes('works', {'speed': 3}, rounds=1),
    }
    lines = []
    done = list(driver.rounds(contestants, 2, lines.append))

    assert [list(numbers) for numbers, _ in done] == [['a', 'b', 'once'], ['a', 'b']]
    assert [numbers['b']['seed'] for numbers, _ in done] == [0, 1]
    assert [line.split()[4] for line in lines] == ['a', 'b', 'once', 'a', 'b']
    assert lines[1].endswith('2 images/s')


def test_a_contestant_starts_with_the_default_threads_and_tells_its_memory(fakes):
    numbers = driver.run(fakes('works'))

    assert numbers['threads'] == []
    assert 5e6 < numbers['peak_bytes'] < 200e6


def test_a_failing_contestant_tells_its_last_words_and_the_others_go_on(fakes):
    lines = []
    contestants = {'bad': fakes('fails'), 'good': fakes('works')}
    ((numbers, failures),) = driver.rounds(contestants, 1, lines.append)

    assert list(numbers) == ['good']
    assert [(f['round'], f['contestant']) for f in failures] == [(1, 'bad')]
    assert failures[0]['words'].endswith('ValueError: images must be there: get them')
    assert 'FAILED' in lines[0]


def test_last_words_leave_progress_bars_out():
    errors = 'first\nsecond\n\n  9%|## | 0:01\r 10%|## | 0:02\nthird\nfourth\r 11%|## | 0:03'

    assert driver.last_words(errors) == 'second\nthird\nfourth'


def test_a_contestant_without_numbers_fails(fakes):
    with pytest.raises(driver.Failure, match="printed no numbers but ''"):
        driver.run(fakes('silent'))


@pytest.mark.parametrize('interrupted', [False, True])
def test_a_run_that_ends_early_leaves_no_process(fakes, tmp_path, monkeypatch, interrupted):
    file = tmp_path / 'pid'
    if interrupted:

        def communicate(process, timeout):
            while not (file.exists() and file.read_text()):
                time.sleep(0.05)
            raise KeyboardInterrupt

        monkeypatch.setattr(driver.subprocess.Popen, 'communicate', communicate)
    with pytest.raises(KeyboardInterrupt if interrupted else driver.Failure):
        driver.run(fakes('stays', {'file': str(file)}), limit=3)
    gone = time.monotonic() + 5
    while _alive(int(file.read_text())) and time.monotonic() < gone:
        time.sleep(0.05)

    assert not _alive(int(file.read_text()))


def _alive(pid):
    try:
        return Path(f'/proc/{pid}/stat').read_text(encoding='utf-8').split()[2] != 'Z'
    except FileNotFoundError:
        return False


def test_what_others_compute_is_counted_in_cpus(tmp_path, monkeypatch):
    stat = tmp_path / 'stat'
    stat.write_text('cpu  100 0 50 1000 9 0 0 0 0 0\ncpu0 1 1 1 1\n')
    monkeypatch.setattr(
        cpu_load.time, 'sleep', lambda _: stat.write_text('cpu  220 0 60 1100 99 0 0 20 0 0\n')
    )

    assert cpu_load.others(1, stat) == 1.5
    assert cpu_load.others(1, tmp_path / 'none') is None


# the command


@pytest.fixture
def suite(fakes, tmp_path, monkeypatch):
    """A suite of fake contestants in place of training_step; returns the folders it writes to."""
    own = SUITES['training_step']
    contestants = {
        'lecture': fakes('works', {'speed': 50}),
        'pytorch': fakes('works', needs=('nothing',)),
        'ours': fakes('works', {'speed': 150}),
    }
    monkeypatch.setattr(own, 'contestants', lambda quick: contestants)
    monkeypatch.setattr(own, 'rounds', lambda quick: 2)
    monkeypatch.setitem(driver.NEEDS, 'nothing', lambda: 'not installed: make torch')
    folders = tmp_path / 'results', tmp_path / 'build'
    monkeypatch.setattr(command, 'RECORDED', folders[0])
    monkeypatch.setattr(command, 'BUILD', folders[1])
    return folders


def test_the_full_form_writes_results_and_says_what_is_missing(suite, capsys):
    assert command.main(['--suite', 'training_step']) == 0
    found = json.loads((suite[0] / 'training_step.json').read_text())

    assert found['figures']['(d) : (a)']['rounds'] == [3, 3]
    assert found['command'] == 'python -m benchmarks --suite training_step'
    assert found['missing'] == {'pytorch': 'not installed: make torch'}
    assert (suite[0] / 'training_step.png').read_bytes().startswith(b'\x89PNG')
    table = capsys.readouterr().out
    assert 'as the book writes it' in table
    assert table.count('not installed: make torch') == 2


def test_the_quick_form_leaves_the_recorded_results_alone(suite):
    suite[0].mkdir()
    assert command.main(['--suite', 'training_step', '--quick']) == 0
    assert not list(suite[0].iterdir())
    assert (suite[1] / 'training_step.json').exists()


def test_a_failure_is_told_in_the_table_and_in_the_status(suite, fakes, monkeypatch, capsys):
    own = SUITES['training_step']
    monkeypatch.setattr(own, 'contestants', lambda quick: {'ours': fakes('fails')})

    assert command.main(['--suite', 'training_step']) == 1
    assert 'failed in round 1: ValueError: images must be there' in capsys.readouterr().out


def test_an_interrupt_keeps_the_rounds_before_it(suite, monkeypatch, capsys):
    rounds = driver.rounds

    def broken(*arguments):
        yield next(rounds(*arguments))
        raise KeyboardInterrupt

    monkeypatch.setattr(driver, 'rounds', broken)

    assert command.main(['--suite', 'training_step']) == 130
    assert not (suite[0] / 'training_step.json').exists()
    assert len(json.loads((suite[1] / 'training_step.json').read_text())['rounds']) == 1
    assert 'interrupted' in capsys.readouterr().err


def test_an_interrupt_keeps_what_its_round_had(suite, monkeypatch):
    run = driver.run

    def broken(contestant, turn):
        if contestant.options.get('speed') == 150:
            raise KeyboardInterrupt
        return run(contestant, turn)

    monkeypatch.setattr(driver, 'run', broken)

    assert command.main(['--suite', 'training_step']) == 130
    (numbers,) = json.loads((suite[1] / 'training_step.json').read_text())['rounds']
    assert list(numbers) == ['lecture']


def test_what_a_run_gave_is_kept_before_it_is_told(suite, monkeypatch):
    def broken(numbers):
        raise TypeError

    monkeypatch.setattr(driver, 'headline', broken)
    with pytest.raises(TypeError):
        command.main(['--suite', 'training_step'])
    (numbers,) = json.loads((suite[1] / 'training_step.json').read_text())['rounds']
    assert list(numbers) == ['lecture']


def test_a_suite_is_recorded_in_pieces(suite, fakes, monkeypatch, capsys):
    own, file = SUITES['training_step'], 'training_step.json'
    assert command.main(['--suite', 'training_step', '--rounds', '1', '--only', 'ours']) == 0
    assert '--resume runs what is left: 3 runs' in capsys.readouterr().out
    assert not (suite[0] / file).exists()
    (numbers,) = json.loads((suite[1] / file).read_text())['rounds']
    assert list(numbers) == ['ours']

    contestants = own.contestants(False) | {'ours': fakes('works', {'speed': 200})}
    monkeypatch.setattr(own, 'contestants', lambda quick: contestants)
    assert command.main(['--suite', 'training_step', '--resume']) == 0
    found = json.loads((suite[0] / file).read_text())
    assert [numbers['ours']['images_per_s'] for numbers in found['rounds']] == [150, 200]
    assert [numbers['lecture']['images_per_s'] for numbers in found['rounds']] == [50, 50]
    assert found['pieces'] == 2
    assert 'in 2 pieces' in report.origin(found)


def test_nothing_starts_after_so_many_seconds_and_resume_goes_on(suite, monkeypatch, capsys):
    run, now = driver.run, [0.0]

    def in_a_minute(contestant, turn):
        now[0] += 60
        return run(contestant, turn)

    monkeypatch.setattr(driver, 'run', in_a_minute)
    for module in (driver, command):  # how long a run takes here decides nothing
        monkeypatch.setattr(module, 'time', SimpleNamespace(perf_counter=lambda: now[0]))
    assert command.main(['--suite', 'training_step', '--seconds', '30']) == 0
    assert '--resume runs what is left: 3 runs' in capsys.readouterr().out
    (numbers,) = json.loads((suite[1] / 'training_step.json').read_text())['rounds']
    assert list(numbers) == ['lecture']

    assert command.main(['--suite', 'training_step', '--resume']) == 0
    assert len(json.loads((suite[0] / 'training_step.json').read_text())['rounds']) == 2


def test_a_later_piece_keeps_the_rounds_that_it_does_not_run(suite):
    command.main(['--suite', 'training_step'])
    command.main(['--suite', 'training_step', '--resume', '--rounds', '1'])

    assert len(json.loads((suite[1] / 'training_step.json').read_text())['rounds']) == 2


@pytest.mark.parametrize('other', ['machine', 'form'])
def test_rounds_of_another_machine_or_form_are_not_gone_on_from(suite, other):
    assert command.main(['--suite', 'training_step', '--quick']) == 0
    file = suite[1] / 'training_step.json'
    found = json.loads(file.read_text())
    if other == 'machine':
        found['machine']['cpu'] = 'an abacus'
        file.write_text(json.dumps(found))
    quick = ['--quick'] if other == 'machine' else []

    with pytest.raises(SystemExit, match='holds rounds of another machine'):
        command.main(['--suite', 'training_step', '--resume', *quick])


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (['--only', 'ours'], '--only needs --suite NAME'),
        (['--suite', 'limit', '--only', 'abacus'], 'limit has no abacus: it has numpy'),
        (['--rounds', '0'], '--rounds must be at least 1'),
        (['--seconds', '0'], '--seconds must be above 0, got 0'),
    ],
)
def test_options_that_fit_nothing_are_refused(arguments, words, capsys):
    with pytest.raises(SystemExit):
        command.main(arguments)
    assert words in capsys.readouterr().err


def test_a_suite_without_results_says_how_to_get_them(suite, capsys):
    assert command.main(['--suite', 'training_step', '--draw']) == 0
    assert 'python -m benchmarks --suite training_step' in capsys.readouterr().out


STEPS = {'steps': 1, 'warm_up': 1, 'batch': 2, 'size': 32, 'sample': 'quick'}
# by module, or by function: options with which a contestant takes one step
SMALL = {
    'lecture': STEPS,
    'pytorch': STEPS,
    'ours': STEPS,
    'variants': STEPS,
    'product': {'seconds': 0, 'side': 64},
    'profile': STEPS,
    'unit': {'steps': 1, 'warm_up': 1, 'batch': 2, 'size': 32},
    'fast': {'profile': 'quick', 'images': 8},
    # more steps than the least
    'cost': {'size': 32, 'batch': 2, 'width': 0.5, 'seconds': 0.1, 'warm_up': 1},
    'family': {'images': 8, 'recipe': {**SUITES['family'].RECIPE, 'epochs': 1}},
    'waiting:first_batch': {'sample': 'quick'},
    'waiting:setup': {'checkout': 'TOY'},
    'waiting:lessons': {'checkout': 'TOY'},
    'waiting:tests': {'checkout': 'TOY'},
}
# ways of their own, each of which is tried
KINDS = ('layout', 'precision', 'library', 'recipe', 'cold', 'network', 'aux')
TOY = """
PY := python3
PYTHON := python3
setup:
\t@$(PYTHON) -c "import os; assert not os.path.exists('build'); open('made', 'w')"
test: setup
\t@$(PY) -m pytest tests; tests=$$?; $(PY) -m pytest notebooks && exit $$tests
"""


def small(contestant):
    """Return a name of what is tried, and the contestant with options that keep it to a step."""
    module, function = contestant.call.rpartition('.')[2].split(':')
    options = {
        **contestant.options,
        **SMALL.get(module, {}),
        **SMALL.get(f'{module}:{function}', {}),
        **({contestant.counted: 0} if contestant.counted else {}),
    }
    kind = [str(v) for k, v in options.items() if k in KINDS and not isinstance(v, dict)]
    return ' '.join([f'{module}:{function}', *kind]), replace(contestant, options=options)


EVERY = dict(
    small(contestant)
    for suite in SUITES.values()
    for quick in (True, False)
    for contestant in suite.contestants(quick).values()
)


@pytest.fixture
def toy(tmp_path):
    """A checkout of one short page, and of a Makefile."""
    page = nbformat.v4.new_notebook()
    code, words = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    page.cells = [words('# A page'), code('1 + 1'), words('## Sleep\n\nA little.')]
    page.cells.append(code('import time\n\ntime.sleep(0.3)\n'))
    folder = tmp_path / 'toy'
    (folder / 'notebooks').mkdir(parents=True)
    (folder / 'build').mkdir()
    (folder / 'tests').mkdir()
    (folder / 'tests' / 'test_toy.py').write_text('def test_right():\n    assert 1 == 1\n')
    (folder / 'Makefile').write_text(TOY)
    (folder / 'pytest.ini').write_text('[pytest]\naddopts = --nbval-lax\n')
    nbformat.write(page, folder / 'notebooks' / '00_toy.ipynb')
    return folder


# more than 10 s: each half of them is tried by another one, of the first by `lecture:measure` and
# `variants:bfloat16`, of the second by `profile:measure` and `fast:measure torch`
LONG = {'variants:workers', 'profile:measure fast torch'}
# what the tests of these two below look at
LONG |= {'waiting:lessons', 'waiting:tests'}
# the same code as `family:measure GoogLeNet`, on networks that other tests train
others = ('InceptionBN', 'InceptionV3', 'InceptionV4', 'InceptionResNetV2', 'GoogLeNet True')
LONG |= {f'family:measure {name}' for name in others}
# each half of it is tried by `profile:measure` and `fast:measure`; the notebooks start kernels themselves
LONG |= {'profile:measure fast', 'waiting:first_step'}
# the same code as `pytorch:measure channels_last`, but for the layout
LONG |= {'pytorch:measure', 'pytorch:measure channels_last bfloat16', 'fast:measure torch'}


@pytest.mark.parametrize(
    'name',
    [pytest.param(name, marks=pytest.mark.slow if name in LONG else ()) for name in EVERY],
)
def test_every_contestant_of_every_suite_runs_for_one_step(name, fakes, toy):
    contestant = EVERY[name]
    for need in set(contestant.needs) - {'images'}:  # those that come with the course are enough
        if lacking := driver.lacks(need):
            pytest.skip(lacking)
    options = {
        key: value.replace('TOY', str(toy)) if isinstance(value, str) else value
        for key, value in contestant.options.items()
    }
    call = {'call': contestant.call, 'options': options}
    numbers = driver.run(fakes('with_few_images', call), limit=600)

    assert next(value for key, value in numbers.items() if key != 'peak_bytes') > 0


@pytest.mark.parametrize('start', ['dnnl_verbose', 'onednn_verbose,v1,primitive'])
def test_a_step_is_divided_by_what_either_version_of_onednn_says(start):
    lines = [
        f'{start},exec,cpu,convolution,jit:avx2,backward_weights,src_f32,,alg:direct,mb2,0.75',
        f'{start},exec,cpu,convolution,jit:avx2,forward_training,src_f32,,alg:direct,mb2,0.5',
        f'{start},exec,cpu,reorder,jit:uni,undef,src_f32,,,64x3,0.25',
        'what another library prints,exec,here,as,it,runs',
        '0.002',
    ]
    parts = profile_contestants._parts('\n'.join(lines))

    assert {kind: ms for kind, ms in parts.items() if ms} == {
        'convolution, gradient of the weights': 0.75,
        'convolution, forward': 0.5,
        'change of layout': 0.25,
        'outside oneDNN': 0.5,
    }


def test_make_test_is_timed_by_command(toy):
    numbers = waiting_contestants.tests(toy)

    assert [part['command'].split()[-1] for part in numbers['parts']] == ['tests', 'notebooks']
    assert 0.3 < numbers['parts'][1]['seconds'] < numbers['seconds']
    assert not (toy / 'made').exists()  # nothing was set up


def test_notebooks_are_timed_by_lesson_and_by_cell(toy):
    numbers = waiting_contestants.lessons(toy)

    assert list(numbers['pages']) == ['00_toy']
    lesson = numbers['pages']['00_toy']
    assert 0.3 < lesson['cells'][0]['seconds'] <= lesson['seconds'] < numbers['seconds']
    assert {(c['cell'], c['under'], c['ends']) for c in lesson['cells']} == {
        (2, 'Sleep', 'time.sleep(0.3)'),
        (1, 'A page', '1 + 1'),
    }


def test_tests_that_fail_are_named_and_give_no_time(toy):
    (toy / 'tests' / 'test_toy.py').write_text('def test_wrong():\n    assert 1 == 2\n')
    (
        toy / 'notebooks' / '00_toy.ipynb'
    ).unlink()  # a test is enough for a page, and starts no kernel
    (toy / 'notebooks' / 'test_page.py').write_text('def test_right():\n    assert 1 == 1\n')
    numbers = waiting_contestants.tests(toy)

    assert numbers['failed'] == ['tests.test_toy::test_wrong']
    assert 'seconds' not in numbers and len(numbers['parts']) == 2


@pytest.mark.slow
def test_without_a_lesson_s_times_it_says_how_pytest_ended(toy):
    path = toy / 'notebooks' / '00_toy.ipynb'
    path.write_text(path.read_text().replace('1 + 1', '1 / 0'))
    with pytest.raises(RuntimeError, match='(?s)pytest notebooks ended with status 1: .*Cell 0'):
        waiting_contestants.lessons(toy)


def test_a_set_up_is_that_of_a_copy_without_what_was_made_before(toy):
    numbers = waiting_contestants.setup(toy)  # fails where build/ is

    assert numbers['seconds'] > 0
    assert not (toy / 'made').exists()


def test_the_import_that_is_timed_is_the_first_one():
    # one that was there already takes microseconds, one that runs the module cannot
    assert waiting_contestants.import_d2l_ext()['seconds'] > 1e-3


@pytest.mark.parametrize(
    'numbers, told',
    [
        ({'peak_bytes': 9, 'images_per_s': 50.0}, '50 images/s'),
        ({'parts': [], 'failed': ['tests.a::b']}, 'failed in it: tests.a::b'),
        ({'parts': [], 'seconds': 2.0}, '2 seconds'),
        ({'peak_bytes': 9}, ''),
    ],
)
def test_a_run_is_told_by_its_first_number_or_by_what_failed(numbers, told):
    assert driver.headline(numbers) == told


def test_every_suite_is_in_one_group():
    assert sorted(name for group in GROUPS for name in group) == sorted(SUITES)


@pytest.mark.parametrize('name', SUITES)
def test_every_contestant_is_a_function_there_is(name):
    for quick in (True, False):
        for contestant in SUITES[name].contestants(quick).values():
            module, function = contestant.call.split(':')
            assert callable(getattr(importlib.import_module(module), function))
            assert set(contestant.needs) <= set(driver.NEEDS)


def test_the_lessons_that_are_timed_are_those_of_the_course():
    assert set(SUITES['waiting'].LESSONS) == {path.stem for path in run_notebooks.find([])}


# the networks


def test_the_family_is_trained_at_the_smallest_size_that_all_take():
    family = SUITES['family']
    made = [getattr(networks, name)(classes=10) for name in family.NETWORKS]

    assert max(net.smallest() for net in made) == (family.RECIPE['resize'],) * 2


def test_the_network_of_width_1_is_the_course_s():
    shape = (1, 1, 96, 96)
    own, scaled = GoogLeNet(), cost_contestants.scaled(1)

    assert anatomy.count_parameters(scaled, shape) == anatomy.count_parameters(own, shape)
    assert anatomy.count_macs(scaled, shape) == anatomy.count_macs(own, shape)


def test_twice_the_width_takes_almost_four_times_the_multiply_adds():
    macs = [anatomy.count_macs(cost_contestants.scaled(width), (1, 1, 96, 96)) for width in (1, 2)]

    assert 3.9 < macs[1] / macs[0] < 4  # the first convolution and the last layer grow by two


@pytest.mark.skipif(not importlib.util.find_spec('torch'), reason='needs PyTorch')
def test_the_pytorch_network_has_our_parameters():
    # in a process of its own: MXNet and PyTorch do not share one well
    numbers = driver.run(Contestant('benchmarks.contestants.pytorch:count_parameters'))

    assert numbers['parameters'] == 5977530


# the results that are kept


def test_results_are_recorded_of_all_suites_or_of_none():
    assert {path.stem for path in RESULTS.glob('*.json')} in (set(), set(SUITES))


@pytest.mark.parametrize('name', ['README.md', 'README.zh.md'])
def test_the_table_of_lessons_is_the_recorded_one(name):
    text = (RESULTS.parents[1] / name).read_text(encoding='utf-8')
    row = r'^\| \[.+?\]\(notebooks/(?:zh/)?(\w+)\.ipynb\) \| .+ \| (\d+) \| (\d+) \| (\d+) \|$'
    written = {path: [*map(int, row)] for path, *row in re.findall(row, text, re.M)}
    columns = []
    for folder in (RESULTS, RESULTS / 'without_avx512'):
        found = json.loads((folder / 'waiting.json').read_text())['rounds'][0]
        R, lessons = found['R']['seconds'], found['lessons']['pages']
        seconds = {path: told['seconds'] for path, told in lessons.items()}
        columns += [{path: took / R for path, took in seconds.items()}, seconds]
        assert re.search(rf'\b{sum(seconds.values()) / R:.0f} R\b', text)
    units, here, _, slower = columns

    assert written == {
        path: [round(units[path]), round(here[path]), round(slower[path])] for path in here
    }


@pytest.mark.parametrize('path', sorted(RESULTS.glob('*.json')), ids=lambda path: path.stem)
def test_recorded_results_hold_what_the_readme_says(path):
    found = json.loads(path.read_text())
    suite = SUITES[found['suite']]

    assert path.stem == found['suite'] and path.with_suffix('.png').exists()
    assert found['command'].startswith(('make bench', 'python -m benchmarks'))
    assert '--quick' not in found['command'] and found['command'] != 'make bench-quick'
    assert found['date'] and found['machine']['cpu'] and found['versions']['mxnet'] == '1.9.1'
    assert len(found['rounds']) >= 3
    again = json.loads(json.dumps(spread.figures(found['rounds'], suite.FIGURES)))
    assert found['figures'] == again
    for name, figure in suite.FIGURES.items():
        if figure.wanted:
            told = found['figures'].get(name, {'rounds': []})['rounds']
            assert len(told) >= figure.least, f'{name} needs {figure.least} rounds: record it anew'
            values = found['figures'][name]['rounds']
            assert found['figures'][name]['median'] == statistics.median(values)
