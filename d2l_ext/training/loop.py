"""The loop of a training, whatever takes the steps: rate, progress, live curve, history."""

import json
import time
from itertools import islice

from .. import figures
from . import identity
from .history import History
from .progress import bar as progress_bar
from .recipes import SCHEDULES
from .validation import check_loss, pair


def loop(
    learner, plan, test_iter=None, *, lr, schedule='constant', progress=True, history=None,
    checkpoint=None, about=None,
):  # fmt: skip
    """Let `learner` take a step a batch and evaluate after each epoch; returns a History.

    `learner.step(X, y, lr)` returns the batch's summed loss and the number of right answers,
    `learner.evaluate(test_iter)` an accuracy. For a `checkpoint` (a Checkpoint) it has `about` (what
    must be the same to go on), `tensors()`, `restore(tensors)` and `reseed(number)`. `plan` is a list
    of batches an epoch; the other arguments are those of `training.fit`.
    """
    history = History() if history is None else history
    lengths = [len(batches) for batches in plan]
    place = Place(history, sum(lengths), orders_of(plan))
    keeper = None
    if checkpoint:
        about = {'lr': lr, 'schedule': schedule, **(about or {})}
        keeper = Keeper(checkpoint, learner, about, plan, test_iter)
        place = keeper.resume(place)
    curve = figures.LiveCurve() if progress else None
    if curve and len(place.history):
        curve.update(place.history)
    bar = progress_bar(total=place.steps, initial=place.step, disable=not progress)

    try:
        for epoch in range(place.epoch, len(plan)):
            for number, batch in place.begin(plan[epoch]):
                if number > lengths[epoch]:
                    raise ValueError(length_told(lengths[epoch], 'more'))
                X, y = pair(batch, 'train_iter')
                rate = lr * SCHEDULES[schedule](place.step / place.steps)
                loss_sum, correct = learner.step(X, y, rate)
                check_loss(loss_sum, epoch + 1, number, rate)
                place.step, place.batch = place.step + 1, number
                place.running.add(len(y), loss_sum, correct)
                bar.set_postfix_str(
                    f'epoch {place.first + epoch + 1}, {place.running}', refresh=False
                )
                bar.update()
                if keeper and place.step % checkpoint.every == 0 and number < lengths[epoch]:
                    keeper.keep(place)
            if place.batch < lengths[epoch]:
                raise ValueError(length_told(lengths[epoch], place.batch))
            accuracy = None if test_iter is None else learner.evaluate(test_iter)
            place.end(accuracy)
            if keeper:
                keeper.keep(place)
            if curve:
                curve.update(place.history)
    except KeyboardInterrupt:
        place.history.interrupted = True
    finally:
        bar.close()
    return place.history


def length_told(length, given) -> str:
    """Say that data gave another number of batches than the rates were spread over."""
    return (
        f'train_iter must give {length} batches an epoch, as its length was, got {given}: give a list, or '
        "a loader of last_batch 'keep' or 'discard'"
    )


def orders_of(plan) -> list:
    """Return in which of its orders the batches of each epoch come; None for those that have one.

    An ImageBatches shuffles by its seed and by how often it was begun, its `epoch`.
    """
    orders = []
    for i, batches in enumerate(plan):
        begun = getattr(batches, 'epoch', None)
        earlier = sum(other is batches for other in plan[:i])
        orders.append(None if begun is None else begun + earlier)
    return orders


class Place:
    """Where a training stands: after `step` steps of `steps`, after `batch` batches of its epoch."""

    NAMES = ('steps', 'orders', 'step', 'epoch', 'batch', 'first')

    def __init__(self, history, steps, orders, step=0, epoch=0, batch=0, first=None, running=None):
        self.history, self.steps, self.orders = history, steps, orders
        self.step, self.epoch, self.batch = step, epoch, batch
        self.first = len(history) if first is None else first  # epochs of an earlier training
        self.running = Running(**(running or {}))

    def begin(self, batches):
        """Return the batches that are left of this epoch, numbered from 1."""
        if self.orders[self.epoch] is not None:
            batches.epoch = self.orders[self.epoch]
        return islice(enumerate(batches, start=1), self.batch, None)

    def end(self, test_accuracy):
        """Note in the history that an epoch is over."""
        self.epoch, self.batch = self.epoch + 1, 0
        number = self.first + self.epoch
        self.history.epochs.append(
            {'epoch': number, **self.running.entry(), 'test_accuracy': test_accuracy}
        )
        self.running = Running()

    def state(self) -> dict:
        """Return the place as what JSON can hold."""
        return {
            'place': {name: getattr(self, name) for name in self.NAMES},
            'history': {'epochs': self.history.epochs, 'about': self.history.about},
            'running': self.running.state(),
        }


class Keeper:
    """Keeps a training in `checkpoint`, and goes on from there if it is the same training.

    `about` is what must be the same, with what the learner and the data add.
    """

    def __init__(self, checkpoint, learner, about, plan, test_iter):
        self.checkpoint, self.learner, self.plan = checkpoint, learner, plan
        self.about = as_json({**about, **learner.about})
        self.data = as_json(identity.of_epochs(plan, test_iter))

    def keep(self, place):
        """Write a checkpoint, and draw on as one who goes on from it will."""
        state = {'about': self.about, 'data': self.data, **place.state()}
        self.checkpoint.save(place.step, state, self.learner.tensors())
        self.learner.reseed(place.step)

    def resume(self, place):
        """Put the learner where the last checkpoint left it; return the place, or the given one.

        Raises ValueError, before anything is changed, if it is the checkpoint of another training.
        """
        found = self.checkpoint.load()
        if not found:
            return place
        state, tensors = found
        check_same(state['about'], self.about)
        for theirs, ours in zip(state['data'], self.data, strict=False):
            check_same(theirs, ours)
        epochs = len(state['data'])
        if epochs > len(self.data):
            check_same({'epochs': epochs}, {'epochs': len(self.data)})
        there = self._place(state)
        self._check_rates(there, place, epochs)
        if place.steps > there.steps:
            there.orders = longer(there.orders, place.orders, self.plan)
            there.steps = place.steps
        self._check_tensors(tensors)
        self.learner.restore(tensors)
        self.learner.reseed(there.step)
        return there

    def _place(self, state):
        try:
            history = History(**state['history'])
            return Place(history, running=state['running'], **state['place'])
        except (KeyError, TypeError):
            raise ValueError(
                f'{self.checkpoint.folder} holds no checkpoint of this version: name another folder'
            ) from None

    def _check_rates(self, there, here, epochs):
        """Raise ValueError unless the steps so far had the rates that they have `here`."""
        rate_at = SCHEDULES[self.about['schedule']]
        for step in range(there.step):
            if rate_at(step / there.steps) != rate_at(step / here.steps):
                raise ValueError(
                    f'checkpoint is of a training of {epochs} epochs, and its schedule '
                    f'{self.about["schedule"]!r} spreads the rates over all of them: for '
                    f'{len(self.data)}, end that one with epochs={epochs}, then fit its net with '
                    'history=… in another folder'
                )

    def _check_tensors(self, tensors):
        for name, ours in self.learner.tensors().items():
            theirs = tensors.get(name)
            if name.startswith('weight.') and (theirs is None or theirs.shape != ours.shape):
                raise ValueError(
                    f'{self.checkpoint.folder} holds a checkpoint without the weights of this '
                    f'network ({name}): name another folder'
                )


def check_same(theirs, ours):
    """Raise ValueError, naming the first difference, unless two dicts are the same."""
    for name in dict.fromkeys([*ours, *theirs]):
        if theirs.get(name) != ours.get(name):
            raise ValueError(
                f'checkpoint was made by another training: {name} is {theirs.get(name)} there, '
                f'{ours.get(name)} here; name another folder, or go on with the same'
            )


def longer(theirs, ours, plan) -> list:
    """Return the orders of all epochs of `plan`: `theirs`, then those that go on counting from them."""
    orders = list(theirs)
    for epoch in range(len(theirs), len(plan)):
        earlier = [orders[i] for i in range(epoch) if plan[i] is plan[epoch]]
        goes_on = earlier and earlier[-1] is not None
        orders.append(earlier[-1] + 1 if goes_on else ours[epoch])
    return orders


def as_json(content):
    """Return what JSON gives back of `content`: its tuples are lists, its keys are texts."""
    return json.loads(json.dumps(content, default=str))


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
