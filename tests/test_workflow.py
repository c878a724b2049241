"""Does the workflow of GitHub Actions call what there is, for as long as its arithmetic says?"""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / '.github/workflows/test.yml').read_text()
JOBS = yaml.safe_load(TEXT)['jobs']
SECONDS, SET_UP = 2 * 3.0, 5  # of R on a runner; minutes
each_job = pytest.mark.parametrize('job', JOBS.values(), ids=JOBS)


def commands(job):
    return [step['run'] for step in job['steps'] if 'run' in step]


def test_every_kind_of_test_has_its_job():
    assert set(JOBS) == {'tests', 'extras', 'browser', 'all'}
    assert JOBS['tests']['strategy']['matrix']['python'] == ['3.10', '3.13']


@each_job
def test_every_target_is_in_the_makefile(job):
    there = set(re.findall(r'(?m)^([a-z-]+):', (ROOT / 'Makefile').read_text()))
    called = [line.split()[1:] for line in commands(job) if line.startswith('make ')]
    targets = {word for words in called for word in words if '=' not in word}
    assert targets and targets <= there


@each_job
def test_every_file_is_there(job):
    for command in commands(job):
        for path in re.findall(r'(?:tests|notebooks)/\S+', command):
            assert (ROOT / path).is_file(), path


def test_every_test_that_needs_an_extra_runs_with_it():
    needs = re.compile(r"\(.*\bpytorch\b.*\):|(?:importorskip|find_spec)\('(?:torch|nbgrader)'")
    files = {
        str(path.relative_to(ROOT))
        for path in (ROOT / 'tests').rglob('test_*.py')
        if path != Path(__file__) and needs.search(path.read_text())
    }
    files |= {str(path.relative_to(ROOT)) for path in ROOT.glob('notebooks/**/12_*.ipynb')}
    assert files == set(re.findall(r'(?:tests|notebooks)/\S+', ' '.join(commands(JOBS['extras']))))


def test_the_limits_are_what_the_arithmetic_says():
    said = re.findall(r'#   .*?(\d+) R: +(\d+) \* (\d+) s = +(\d+) min', TEXT)
    assert [(count, minutes) for count, *_, minutes in said] == [
        ('500', '50'), ('400', '40'), ('1800', '180'),
    ]  # fmt: skip
    for count, again, seconds, minutes in said:
        assert count == again and float(seconds) == SECONDS
        assert float(count) * SECONDS / 60 == float(minutes)


def test_every_job_has_the_limit_of_its_steps():
    limits = re.findall(r'timeout-minutes: (\d+)  # (\d+) R', TEXT)
    assert len(limits) == len(JOBS)
    for minutes, count in limits:
        assert int(minutes) == int(count) * SECONDS / 60 + SET_UP
    assert all('timeout-minutes' in job for job in JOBS.values())


@each_job
def test_actions_are_pinned_to_a_major_version(job):
    used = [step['uses'] for step in job['steps'] if 'uses' in step]
    assert used
    assert [action for action in used if not re.fullmatch(r'actions/[a-z-]+@v\d+', action)] == []


@each_job
def test_what_is_cached_is_known_by_what_decides_it(job):
    for step in job['steps']:
        if step.get('uses', '').startswith('actions/cache@'):
            assert '~/.cache/uv' in step['with']['path']
            assert (
                "hashFiles('" in step['with']['key'] and 'requirements*.lock' in step['with']['key']
            )
            named = re.findall(r"'([^']+)'", step['with']['key'].partition('hashFiles')[2])
            assert all(list(ROOT.glob(name)) for name in named)


def test_all_tests_run_on_a_schedule():
    assert 'schedule' in JOBS['all']['if']
    assert any('test-all' in command for command in commands(JOBS['all']))
