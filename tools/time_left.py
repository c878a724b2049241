"""How long the lessons still take: their recorded R, and what a training step takes here."""

import json
import math
from pathlib import Path

RECORDED = Path(__file__).resolve().parents[1] / 'benchmarks' / 'results' / 'waiting.json'
TRUST = 20  # R of lessons that weigh as much as the timed step


def recorded(path=RECORDED) -> dict:
    """Return the R of each lesson that the suite `waiting` has recorded; {} if there is no record."""
    try:
        return json.loads(path.read_text(encoding='utf-8')).get('lessons', {})
    except FileNotFoundError:
        return {}


class Pace:
    """What is left of `lessons`, {name: R}, that run `at_once`; a step takes each of them `step` seconds.

    What the lessons took so far corrects the seconds of a step: a program that started meanwhile, or
    one that ended, changes them.
    """

    def __init__(self, lessons, step, at_once=1):
        self.waiting, self.step, self.at_once = dict(lessons), step, at_once
        self.running, self.spent, self.done = {}, 0, 0

    def begin(self, name):
        """Note that a lesson runs now."""
        self.running[name] = self.waiting.pop(name, 0)

    def end(self, name, seconds):
        """Note that it took so many seconds."""
        if cost := self.running.pop(name):
            self.spent, self.done = self.spent + seconds, self.done + cost

    def told(self, name, seconds) -> str:
        """Say how long a lesson, begun `seconds` ago, still takes; '' if unknown."""
        known = self.step and self.running[name]
        return f', {span(self._of(name, seconds))}' if known else ''

    def left(self, since=()) -> float:
        """Return the seconds that all still take, those running begun so long ago; 0 if unknown."""
        if not self.step:
            return 0.0
        running = [self._of(name, seconds) for name, seconds in dict(since).items()]
        waiting = self._rate() * sum(self.waiting.values())
        return max([(sum(running) + waiting) / self.at_once, *running])

    def _of(self, name, seconds):
        return max(0, self._rate() * self.running[name] - seconds)

    def _rate(self):
        return (self.step * TRUST + self.spent) / (TRUST + self.done)


def span(seconds) -> str:
    """Write '40 s', rounded up to tens, or '12 min'."""
    tens = max(1, math.ceil(seconds / 10))
    return f'{10 * tens} s' if tens <= 9 else f'{round(seconds / 60)} min'
