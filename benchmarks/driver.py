"""Runs contestants: each in a process of its own, in turn, round by round."""

import importlib.util
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from d2l_ext import runtime
from d2l_ext.runtime import cpu_load

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 5400  # seconds, after which a run counts as hung
GRACE = 5  # seconds that a run has to end what it started


@dataclass(frozen=True)
class Contestant:
    """A function `call`, 'module:function', that returns numbers by name, its headline first.

    `needs` names entries of NEEDS; `counted` an option that is given the number of the round, from
    0; with `rounds` it runs in the first of them only.
    """

    call: str
    options: dict = field(default_factory=dict)
    needs: tuple = ()
    counted: str | None = None
    rounds: int | None = None


class Failure(RuntimeError):
    """A contestant gave no numbers; the message is its last words."""


def run(contestant, turn=0, limit=LIMIT) -> dict:
    """Run a contestant in a process of its own; return its numbers. Raises Failure."""
    options = dict(contestant.options)
    if contestant.counted:
        options[contestant.counted] = turn
    # the driver has set the threads for itself: a contestant starts as it does for its users
    threads = ('OMP_NUM_THREADS', 'GOMP_SPINCOUNT', 'OMP_WAIT_POLICY', 'MXNET_CPU_PARALLEL_SIZE')
    environment = {key: v for key, v in os.environ.items() if key not in threads}
    process = subprocess.Popen(
        [sys.executable, '-m', 'benchmarks.child', contestant.call, json.dumps(options)],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        errors='replace', start_new_session=True,
    )  # fmt: skip
    try:
        output, errors = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        raise Failure(f'still running after {limit} s') from None
    finally:
        end(process)
    if process.returncode:
        raise Failure(last_words(errors) or f'ended with status {process.returncode}')
    try:
        return json.loads(output.splitlines()[-1])
    except (IndexError, json.JSONDecodeError):
        raise Failure(f'printed no numbers but {output[-200:]!r}') from None


def end(process):
    """End a run and what it started: asked first, then killed."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:  # nothing of it is left
        pass
    process.wait()


def last_words(errors, lines=3) -> str:
    """Return the last lines of what a process wrote to stderr, without progress bars."""
    told = [line.rstrip() for line in re.split(r'[\r\n]', errors) if line.strip()]
    told = [line for line in told if '%|' not in line]
    return '\n'.join(told[-lines:])


def _torch():
    return '' if importlib.util.find_spec('torch') else 'not installed: make torch'


def _has(flag, called):
    """Return a function that says whether this CPU lacks the instructions of a flag."""
    return lambda: '' if runtime.cpu_has(flag) else f'no {called} here'


def _images():
    try:
        run(Contestant('benchmarks.contestants.ours:prepare'))
    except Failure as problem:
        return f'no images: {problem}'
    return ''


# what a contestant may need: a function that says what is missing, or nothing
NEEDS: dict[str, Callable] = {
    'torch': _torch,
    'AMX': _has('amx_bf16', 'AMX'),
    'AVX-512 BF16': _has('avx512_bf16', 'AVX-512 BF16'),
    'images': _images,
}


@cache
def lacks(need) -> str:
    """Say what is missing of one entry of NEEDS; nothing if it is there."""
    return NEEDS[need]()


def missing(contestants) -> dict:
    """Return {name: what it lacks} for the contestants that cannot run here."""
    reasons = {
        name: next(filter(None, map(lacks, contestant.needs)), '')
        for name, contestant in contestants.items()
    }
    return {name: reason for name, reason in reasons.items() if reason}


def due(contestants, turn) -> list:
    """Return the names of those that run in this round."""
    return [name for name, c in contestants.items() if c.rounds is None or turn < c.rounds]


def rounds(
    contestants, count, say=print, done=(), keep=lambda numbers, failures: None, end=math.inf
):
    """Run all contestants in turn, `count` times; yield each round's ({name: numbers}, failures).

    A contestant that fails is told, and the others go on. `say` gets a line a run, `keep` what the
    round has so far after each run. What `done`, [{name: numbers}] by round, holds is taken over. No
    run starts after `end`, a moment of time.perf_counter.
    """
    width = max(map(len, contestants), default=0)
    for turn in range(count):
        if turn >= len(done) and time.perf_counter() > end:
            return
        numbers, failures = dict(done[turn]) if turn < len(done) else {}, []
        for name in due(contestants, turn):
            if name in numbers or time.perf_counter() > end:
                continue
            contestant = contestants[name]
            others = cpu_load.others()
            start = time.perf_counter()
            told = ''
            try:
                numbers[name] = {**run(contestant, turn), 'others_cpus': others}
            except Failure as problem:
                failures.append({'round': turn + 1, 'contestant': name, 'words': str(problem)})
                told = f'FAILED: {problem}'
            took = time.perf_counter() - start
            keep(numbers, failures)  # before anything is told of it
            told = told or headline(numbers[name])
            if others and others > cpu_load.MUCH:
                told += f'  (others used {others:.1f} CPUs when it began)'
            say(f'round {turn + 1} of {count}  {name:{width}}  {took:4.0f} s  {told}')
        yield numbers, failures


def headline(numbers) -> str:
    """Write the first number that a contestant gives; or what failed in it, or nothing."""
    if numbers.get('failed'):
        return f'failed in it: {", ".join(numbers["failed"])}'
    known = {k: v for k, v in numbers.items() if k != 'peak_bytes' and isinstance(v, (int, float))}
    if not known:
        return ''
    name, value = next(iter(known.items()))
    return f'{value:.4g} {name.replace("_per_s", "/s").replace("_", " ")}'
