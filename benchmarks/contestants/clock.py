"""Counts and times training steps, the same way for every contestant."""

import time

BATCH, SIZE = 128, 96


class Clock:
    """Times `steps` steps after `warm_up` others; `step` is called when a step is done.

    The time runs from the end of the warm-up, so it holds the batches' data too. `wait` waits for
    what a library computes behind the program's back; it is called at both ends of the time.
    """

    def __init__(self, steps, warm_up, wait=lambda: None, batch=BATCH):
        self.steps, self.warm_up, self.wait, self.batch = steps, warm_up, wait, batch
        self.count = 0

    def step(self) -> bool:
        """Count a step; tell whether it was the last one."""
        self.count += 1
        if self.count == self.warm_up:
            self.wait()
            self.start = time.perf_counter()
        elif self.count == self.warm_up + self.steps:
            self.wait()
            self.end = time.perf_counter()
        return self.count >= self.warm_up + self.steps

    def images_per_s(self) -> float:
        return self.batch * self.steps / (self.end - self.start)
