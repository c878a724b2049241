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
    """What is left of a run of lessons, from `lessons`, {name: R}, and the seconds of a step.

    What the lessons took so far corrects the seconds of a step: a program that started meanwhile, or
    one that ended, changes them.
    """

    def __init__(self, lessons, step):
        self.left, self.step = dict(lessons), step
        self.spent = self.done = 0

    def begin(self, name):
        """Note which lesson runs now."""
        self.now = self.left.pop(name, 0)

    def end(self, seconds):
        """Note that it took so many seconds."""
        if self.now:
            self.spent, self.done = self.spent + seconds, self.done + self.now

    def told(self, seconds) -> str:
        """Say how long this lesson, begun `seconds` ago, and all of them still take; '' if unknown."""
        if not (self.step and self.now):
            return ''
        rate = (self.step * TRUST + self.spent) / (TRUST + self.done)
        lesson = max(0, rate * self.now - seconds)
        everything = lesson + rate * sum(self.left.values())
        return f', about {span(lesson)} left; all lessons: {span(everything)}'


def span(seconds) -> str:
    """Write '40 s', rounded up to tens, or '12 min'."""
    tens = max(1, math.ceil(seconds / 10))
    return f'{10 * tens} s' if tens <= 9 else f'{round(seconds / 60)} min'
