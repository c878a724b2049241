"""A network of Gluon that learns: its steps on one device, on several, with other workers; its state."""

import mxnet as mx
import numpy as onp
from mxnet import autograd, gluon

from ..runtime import distributed
from ..weights import safetensors_files
from . import device_limits
from .amp import Scaler
from .validation import check_labels

TOLD = 10**6  # a key of the store that no parameter has


class Learner:
    """A network of Gluon that takes the steps of an optimizer; for `loop`.

    Each batch is divided over the workers of `kvstore` (`distributed.joined()`), if there is one, and
    what a worker has over its `devices`; the gradients are those of the whole batch. `precision` is
    the one that `net` was `lowered` to, `optimizer` a name in OPTIMIZERS, `options` are momentum and wd.
    """

    def __init__(
        self, net, loss, devices, classes, kvstore=None, precision='float32',
        optimizer='sgd', **options,
    ):  # fmt: skip
        self.net, self.loss, self.classes, self.kvstore = net, loss, classes, kvstore
        self.devices = devices if isinstance(devices, (list, tuple)) else [devices]
        self.rank, self.workers = (kvstore.rank, kvstore.num_workers) if kvstore else (0, 1)
        self.optimizer, self.scaler = RULES[optimizer](**options), Scaler(precision)
        # a Trainer with a distributed store begins with a race: one worker's first gradient may
        # arrive where another still fetches the weights. So ours sums the gradients by itself
        self.trainer = gluon.Trainer(
            list(net.collect_params().values()),  # a dict it would sort, conv10 before conv2
            self.optimizer, kvstore=None if kvstore else 'device',
            update_on_kvstore=False,  # first the sum of the gradients is looked at
        )  # fmt: skip
        shapes = {name: list(p.shape) for name, p in safetensors_files.parameters(net).items()}
        self.about = {'optimizer': optimizer, **options, 'precision': precision, **shapes}
        if kvstore:
            self.watchdog = distributed.Watchdog()
            kvstore.init(TOLD, mx.nd.zeros(2))
            self._share_weights()

    def step(self, X, y, lr):
        """Take one step; return the batch's summed loss and the number of right answers.

        Raises MemoryError, with a batch size that should fit, when a GPU has no memory left.
        """
        try:
            return self._step(X, y, lr)
        except mx.MXNetError as error:
            if 'out of memory' not in str(error):
                raise
            raise MemoryError(device_limits.too_large(self.net, X.shape, self.devices[0])) from None

    def _step(self, X, y, lr):
        check_labels(y, self.classes)
        images = len(y)
        if images < self.workers * len(self.devices):
            raise ValueError(
                f'a batch of {images} images cannot be divided over {self.workers} workers with '
                f'{len(self.devices)} devices: take a larger batch_size, or fewer of them'
            )
        X, y = self._share(X), self._share(y)
        self.trainer.set_learning_rate(lr)
        with autograd.record():
            outputs = [self.net(x) for x in X]
            losses = [self.loss(output, t) for output, t in zip(outputs, y, strict=True)]
            scaled = [loss * self.scaler.scale for loss in losses]
        autograd.backward(scaled)
        if self.kvstore:
            for key, parameter in enumerate(self._trained()):
                self.kvstore.push(key, parameter.list_grad(), priority=-key)
                self.kvstore.pull(key, out=parameter.list_grad(), priority=-key)
        self.trainer.allreduce_grads()
        scale = self.scaler.scale
        if not self.scaler.overflows([p.list_grad()[0] for p in self._trained()]):
            self.trainer.update(images * scale)
        scores = [output[0] if isinstance(output, tuple) else output for output in outputs]
        right = sum(_right(score, t) for score, t in zip(scores, y, strict=True))
        return self._over_all(sum(float(loss.sum()) for loss in losses), right)

    def evaluate(self, test_iter):
        """Return the accuracy on `test_iter`, whose batches the workers divide among them."""
        right = images = 0
        for i, (X, y) in enumerate(test_iter):
            if i % self.workers == self.rank:
                X, y = X.as_in_ctx(self.devices[0]), y.as_in_ctx(self.devices[0])
                right, images = right + _right(self.net(X), y), images + len(y)
        right, images = self._over_all(right, images)
        return right / images

    def _trained(self):
        return [p for p in self.net.collect_params().values() if p.grad_req != 'null']

    def _share_weights(self):
        """Give all workers the weights of the first; return when all have them."""
        for key, parameter in enumerate(self._trained()):
            # a copy: the store cannot read oneDNN's layout
            self.kvstore.init(key, mx.nd.array(parameter.list_data()[0].asnumpy()))
            self.kvstore.pull(key, out=parameter.list_data())
        mx.nd.waitall()
        self._over_all(0, 0)

    def _share(self, batch):
        """Return what this worker has of a batch, in one part a device."""
        # gluon.utils.split_and_load fails on NumPy 2 where a batch does not divide evenly
        parts = self.workers * len(self.devices)
        places = range(self.rank, parts, self.workers)
        return [
            batch[place::parts].as_in_ctx(device) if parts > 1 else batch.as_in_ctx(device)
            for place, device in zip(places, self.devices, strict=True)
        ]

    def _over_all(self, *numbers):
        """Sum two numbers over all workers."""
        if not self.kvstore:
            return numbers
        told = mx.nd.array(numbers)
        self.kvstore.push(TOLD, told)
        self.kvstore.pull(TOLD, out=told)
        self.watchdog.beat()
        total, count = told.asnumpy().tolist()
        return total, round(count)

    def tensors(self) -> dict:
        """Return weights and what the optimizer keeps of each, by name, as arrays."""
        named = safetensors_files.parameters(self.net)
        order = {id(p): i for i, p in enumerate(self.net.collect_params().values())}
        return {
            **{f'weight.{name}': safetensors_files.values(p) for name, p in named.items()},
            **{
                f'{kind}.{name}': array.asnumpy()
                for name, p in named.items()
                for kind, array in self.optimizer.kept.get(order[id(p)], {}).items()
            },
            'updates': onp.array([self.optimizer.num_update]),
            **self.scaler.state(),
        }

    def restore(self, tensors):
        """Take over what `tensors` gave."""
        named = safetensors_files.parameters(self.net)
        for i, parameter in enumerate(self.net.collect_params().values()):
            name = next(name for name, p in named.items() if p is parameter)
            safetensors_files.put(parameter, tensors[f'weight.{name}'])
            self.optimizer.loaded[i] = {
                kind: tensors[f'{kind}.{name}']
                for kind in self.optimizer.KINDS
                if f'{kind}.{name}' in tensors
            }
        self.optimizer.begin_num_update = self.optimizer.num_update = int(tensors['updates'][0])
        self.scaler.restore(tensors)

    def reseed(self, number):
        """Seed what dropout draws from."""
        mx.random.seed(number)


class Kept:
    """What an optimizer of Gluon keeps of each weight, by KINDS: the Trainer can only pickle it."""

    def __init__(self, **options):
        super().__init__(**options)
        self.kept, self.loaded = {}, {}

    def create_state(self, index, weight):
        state = super().create_state(index, weight)
        if state is not None:
            arrays = state if isinstance(state, tuple) else (state,)
            self.kept[index] = dict(zip(self.KINDS, arrays, strict=True))
            for kind, array in self.loaded.get(index, {}).items():
                self.kept[index][kind][:] = mx.nd.array(array, ctx=weight.ctx)
        return state


class SGD(Kept, mx.optimizer.SGD):
    """Stochastic gradient descent with momentum."""

    KINDS = ('momentum',)


class Adam(Kept, mx.optimizer.Adam):
    """Adam: each weight's step is divided by how large its gradients are."""

    KINDS = ('mean', 'variance')

    def __init__(self, momentum=0.9, **options):
        super().__init__(beta1=momentum, **options)


RULES = {'sgd': SGD, 'adam': Adam}


def _right(scores, y) -> int:
    return int((scores.argmax(axis=1).astype(y.dtype) == y).sum())
