"""Do the workflows of GitHub Actions call what there is, within their limits, with least permissions?"""

import os
import re
import subprocess
import sys
from pathlib import Path

import d2l_ext

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / '.github/workflows/test.yml').read_text()
JOBS = yaml.safe_load(TEXT)['jobs']
PUBLISHING = {
    name: yaml.safe_load((ROOT / f'.github/workflows/{name}.yml').read_text())
    for name in ('site', 'release')
}
# what a job may do beyond reading what is handed to it
WRITES = {
    ('site', 'pages'): {'pages': 'write', 'id-token': 'write'},
    ('site', 'colab'): {'contents': 'write'},
    ('release', 'release'): {'contents': 'write'},
}
EVERY = {('test', name): job for name, job in JOBS.items()} | {
    (flow, name): job for flow, found in PUBLISHING.items() for name, job in found['jobs'].items()
}
SECONDS, SET_UP = 2 * 3.0, 5  # of R on a runner; minutes
each_job = pytest.mark.parametrize('job', EVERY.values(), ids=map('-'.join, EVERY))


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
    assert targets <= there


@each_job
def test_every_file_is_there(job):
    for command in commands(job):
        for path in re.findall(r'(?<!/)(?:tests|notebooks)/\S+', command):
            assert (ROOT / path).is_file(), path


def test_every_test_that_needs_an_extra_runs_with_it():
    needs = re.compile(r"\(.*\bpytorch\b.*\):|(?:importorskip|find_spec)\('(?:torch|nbgrader)'")
    files = {
        str(path.relative_to(ROOT))
        for path in (ROOT / 'tests').rglob('test_*.py')
        if path != Path(__file__) and needs.search(path.read_text())
    }
    in_browser = {name for name in files if name.startswith('tests/browser/')}
    assert in_browser and 'exercises-setup' in ' '.join(commands(JOBS['browser']))
    files -= in_browser
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
    for target in ('test-all', 'test-browser-all'):
        assert any(target in command.split() for command in commands(JOBS['all']))


def test_only_a_job_that_runs_nothing_of_the_repository_may_write():
    for flow, found in PUBLISHING.items():
        assert found['permissions'] == {}
        for name, job in found['jobs'].items():
            assert job['permissions'] == WRITES.get((flow, name), {'contents': 'read'})
            used = ' '.join([*commands(job), *(step.get('uses', '') for step in job['steps'])])
            assert ((flow, name) in WRITES) != ('checkout' in used and 'make' in used)
            assert 'timeout-minutes' in job


def step(flow, job, part):
    """Return the command of a job's step in which `part` stands."""
    return next(text for text in commands(PUBLISHING[flow]['jobs'][job]) if part in text)


def run(command, folder, **variables):
    return subprocess.run(
        ['bash', '-e', '-c', command], cwd=folder, env=os.environ | variables,
        capture_output=True, text=True,
    )  # fmt: skip


def test_colabs_notebooks_are_pushed_where_the_repository_has_them(tmp_path):
    for folder in ('notebooks', 'zh/notebooks'):
        (tmp_path / 'build/site' / folder).mkdir(parents=True)
        (tmp_path / 'build/site' / folder / '00.ipynb').write_text(folder)
    there = tmp_path / 'there.git'
    subprocess.run(['git', 'init', '-q', '--bare', there], check=True)
    variables = {
        'GITHUB_SHA': '0' * 40, 'GITHUB_REPOSITORY': 'owner/name', 'TOKEN': 'secret',
        'SERVER': 'https://github.com', 'GIT_CONFIG_COUNT': '1',
        'GIT_CONFIG_KEY_0': f'url.{there}.insteadOf',
        'GIT_CONFIG_VALUE_0': 'https://x-access-token:secret@github.com/owner/name',
    }  # fmt: skip

    assert run(step('site', 'build', 'build/colab'), tmp_path).returncode == 0
    for _ in range(2):  # the second time over what is there
        done = run(step('site', 'colab', 'git push'), tmp_path / 'build/colab', **variables)
        assert done.returncode == 0, done.stderr
        subprocess.run(['rm', '-rf', tmp_path / 'build/colab/.git'], check=True)
    listed = subprocess.run(
        ['git', 'ls-tree', '-r', '--name-only', 'colab'], cwd=there, capture_output=True, text=True
    )
    assert listed.stdout.split() == ['notebooks/00.ipynb', 'notebooks/zh/00.ipynb']


@pytest.mark.parametrize(
    ('tag', 'status'), [(f'v{d2l_ext.__version__}', 0), ('v99.0', 1), (d2l_ext.__version__, 1)]
)
def test_a_tag_that_is_not_the_version_is_not_released(tag, status):
    command = step('release', 'build', 'GITHUB_REF_NAME')
    assert '.venv/bin/python' in command
    command = command.replace('.venv/bin/python', sys.executable)
    done = run(command, ROOT, GITHUB_REF_NAME=tag)
    assert done.returncode == status
    told = f'the tag is {tag}, the version of d2l_ext is v{d2l_ext.__version__}'
    assert (told in done.stdout) == bool(status)
