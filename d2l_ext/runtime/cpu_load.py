"""Is the machine free? What others compute makes a timing worthless."""

import time
from pathlib import Path

STAT = Path('/proc/stat')
TICKS = 100  # a second; Linux's unit in /proc/stat, on every machine it is told in
MUCH = 0.3  # CPUs used by others that a timing does not bear


def others(seconds=0.2, stat=STAT) -> float | None:
    """Return how many CPUs others use now, this process asleep; None where it cannot be known."""
    if not stat.exists():
        return None
    before = _busy(stat)
    time.sleep(seconds)
    return (_busy(stat) - before) / TICKS / seconds


def _busy(stat):
    """Return the ticks in which a CPU was not idle, what the hypervisor took included."""
    user, nice, system, idle, waiting, irq, softirq, steal = map(
        int, stat.read_text().splitlines()[0].split()[1:9]
    )
    return user + nice + system + irq + softirq + steal
