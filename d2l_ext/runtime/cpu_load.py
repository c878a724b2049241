"""Is the machine free? What others compute makes a timing worthless."""

import os
import time
from pathlib import Path

STAT = Path('/proc/stat')
TICKS = 100  # a second; Linux's unit in /proc/stat, on every machine it is told in
MUCH = 0.3  # CPUs used by others that a timing does not bear
SOME = 0.2  # the same on average over a timing: a second of a whole CPU in five


def others(seconds=0.2, stat=STAT) -> float | None:
    """Return how many CPUs others use now, this process asleep; None where it cannot be known."""
    if not stat.exists():
        return None
    before = _busy(stat)
    time.sleep(seconds)
    return (_busy(stat) - before) / TICKS / seconds


class Since:
    """What others computed between two looks: `Since()()` is their CPUs, on average, since it was made.

    What a child of this process computes counts as others' until it has ended and was waited for.
    """

    def __init__(self, stat=STAT):
        self.stat, self.last = stat, self._now(stat)

    def __call__(self) -> float | None:
        """Return it, and begin anew; None where it cannot be known."""
        (busy, own, start), self.last = self.last, self._now(self.stat)
        if busy is None or self.last[0] is None or self.last[2] <= start:
            return None
        return ((self.last[0] - busy) / TICKS - (self.last[1] - own)) / (self.last[2] - start)

    @staticmethod
    def _now(stat):
        return _busy(stat) if stat.exists() else None, sum(os.times()[:4]), time.monotonic()


def _busy(stat):
    """Return the ticks in which a CPU was not idle, what the hypervisor took included."""
    user, nice, system, idle, waiting, irq, softirq, steal = map(
        int, stat.read_text(encoding='utf-8').splitlines()[0].split()[1:9]
    )
    return user + nice + system + irq + softirq + steal


since = Since()  # the last look of `environment.busy`
