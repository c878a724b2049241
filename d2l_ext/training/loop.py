"""The loop of a training, whatever takes the steps: rate, progress, live curve, history."""

import time
from itertools import islice

from .. import figures
from .history import History
from .progress import bar as progress_bar
from .recipes import SCHEDULES
from .validation import check_loss


def loop(
    learner, plan, test_iter=None, *, lr, schedule='constant', progress=True, history=None,
    checkpoint=None,
):  # fmt: skip
    """Let `learner` take a step a batch and evaluate after each epoch; returns a History.

    `learner.step(X, y, lr)` returns the batch's summed loss and the number of right answers,
    `learner.evaluate(test_iter)` an accuracy. For a `checkpoint` (a Checkpoint) it has `about` (what
    must be the same to go on), `tensors()`, `restore(tensors)` and `reseed(number)`. `plan` is a list
    of batches an epoch; the other arguments are those of `training.fit`.
    """
    at = _Place(history or History(), sum(map(len, plan)), orders=_orders(plan))
    about = {'steps': at.steps, 'lr': lr, 'schedule': schedule}
    if checkpoint and (found := checkpoint.load()):
        at = _resume(learner, about, *found)
    curve = figures.LiveCurve() if progress else None
    if curve and len(at.history):
        curve.update(at.history)
    bar = progress_bar(total=at.steps, initial=at.step, disable=not progress)
    rate_at = SCHEDULES[schedule]

    def keep():
        if checkpoint:
            checkpoint.save(
                at.step, {'about': {**about, **learner.about}, **at.state()}, learner.tensors()
            )
            learner.reseed(at.step)  # who goes on from here draws as who went through

    try:
        for epoch in range(at.epoch, len(plan)):
            for i, (X, y) in at.begin(plan[epoch]):
                rate = lr * rate_at(at.step / at.steps)
                total, correct = learner.step(X, y, rate)
                check_loss(total, epoch + 1, i + 1, rate)
                at.step, at.batch = at.step + 1, i + 1
                at.running.add(len(y), total, correct)
                bar.set_postfix_str(f'epoch {at.first + epoch + 1}, {at.running}', refresh=False)
                bar.update()
                if checkpoint and at.step % checkpoint.every == 0 and i + 1 < len(plan[epoch]):
                    keep()
            entry = {'epoch': at.first + epoch + 1, **at.running.entry(), 'test_accuracy': None}
            if test_iter is not None:
                entry['test_accuracy'] = learner.evaluate(test_iter)
            at.end(entry)
            keep()
            if curve:
                curve.update(at.history)
    except KeyboardInterrupt:
        at.history.interrupted = True
    finally:
        bar.close()
    return at.history


def _resume(learner, about, state, tensors):
    """Put the learner where the checkpoint left it; return the place. ValueError if it is another's."""
    for name, ours in {**about, **learner.about}.items():
        if (theirs := state['about'].get(name)) != ours:
            raise ValueError(
                f'checkpoint was made by another training: {name} is {theirs} there, {ours} here; '
                'name another folder, or go on with the same'
            )
    learner.restore(tensors)
    at = _Place(History(**state['history']), **state['place'])
    at.running = Running(**state['running'])
    learner.reseed(at.step)
    return at


def _orders(plan) -> list:
    """Return in which of its orders the batches of each epoch come; None for those that have one.

    An ImageBatches shuffles by its seed and by how often it was begun, its `epoch`.
    """
    begun = [getattr(batches, 'epoch', None) for batches in plan]
    earlier = [sum(other is batches for other in plan[:i]) for i, batches in enumerate(plan)]
    return [None if n is None else n + more for n, more in zip(begun, earlier, strict=True)]


class _Place:
    """Where a training stands."""

    NAMES = ('steps', 'orders', 'step', 'epoch', 'batch', 'first')

    def __init__(self, history, steps, orders, step=0, epoch=0, batch=0, first=None):
        self.history, self.running, self.steps, self.orders = history, Running(), steps, orders
        self.step, self.epoch, self.batch = step, epoch, batch
        self.first = len(history) if first is None else first  # epochs of an earlier training

    def begin(self, batches):
        """Return the numbered batches that are left of this epoch."""
        if self.orders[self.epoch] is not None:
            batches.epoch = self.orders[self.epoch]
        return islice(enumerate(batches), self.batch, None)

    def end(self, entry):
        """Note that an epoch is over."""
        self.history.epochs.append(entry)
        self.epoch, self.batch, self.running = self.epoch + 1, 0, Running()

    def state(self) -> dict:
        """Return the place as what JSON can hold."""
        return {
            'place': {name: getattr(self, name) for name in self.NAMES},
            'history': {'epochs': self.history.epochs, 'about': self.history.about},
            'running': self.running.state(),
        }


class Running:
    """Sums of one epoch; `seconds` are those it took before this process."""

    def __init__(self, images=0, loss_sum=0.0, correct=0, seconds=0.0):
        self.images, self.loss_sum, self.correct, self.seconds = images, loss_sum, correct, seconds
        self.start = time.perf_counter() - seconds

    def add(self, images, loss, correct):
        self.images += images
        self.loss_sum += loss
        self.correct += correct
        self.seconds = time.perf_counter() - self.start

    loss = property(lambda self: self.loss_sum / self.images)
    accuracy = property(lambda self: self.correct / self.images)
    images_per_s = property(lambda self: self.images / self.seconds)

    def __str__(self):
        return (
            f'loss {self.loss:.3f}, accuracy {self.accuracy:.3f}, {self.images_per_s:.0f} images/s'
        )

    def entry(self):
        return {
            'loss': self.loss, 'train_accuracy': self.accuracy,
            'seconds': self.seconds, 'images_per_s': self.images_per_s,
        }  # fmt: skip

    def state(self):
        names = ('images', 'loss_sum', 'correct', 'seconds')
        return {name: getattr(self, name) for name in names}
