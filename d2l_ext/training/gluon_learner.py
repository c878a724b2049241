"""A network of Gluon that learns: its steps on one device, on several, with other workers; its state."""

import mxnet as mx
import numpy as onp
from mxnet import autograd, gluon, np

from .. import runtime
from ..networks import joint_loss
from ..networks.blocks import check_network, walk
from ..runtime import distributed
from ..runtime.arguments import brief
from ..weights import safetensors_files
from . import device_limits, identity
from .amp import lowered
from .validation import (
    check_batch,
    check_division,
    check_losses,
    check_optimizer,
    pair,
)

SUMS = 10**6  # a key of the store that no parameter has


class Learner:
    """A network of Gluon that takes the steps of an optimizer; for `loop`.

    `classes` is the number of its outputs. Each batch is divided over the workers of `kvstore`
    (`distributed.joined()`), if there is one, and what a worker has over its devices; the gradients are
    those of the whole batch. The other arguments are those of `training.fit`.
    """

    def __init__(
        self, net, *, classes, device=None, loss=joint_loss, optimizer='sgd', momentum=0.0,
        weight_decay=0.0, kvstore=None, precision='float32',
    ):  # fmt: skip
        check_optimizer(optimizer, momentum, weight_decay)
        momentum, weight_decay = float(momentum), float(weight_decay)  # MXNet refuses NumPy's
        self.net, self.loss, self.classes, self.kvstore = net, loss, classes, kvstore
        self.computing = lowered(net, precision)
        self.devices = devices_of(device)
        self.dtype = dtype_of(net)
        self.rank, self.workers = (kvstore.rank, kvstore.num_workers) if kvstore else (0, 1)
        self.optimizer = RULES[optimizer](momentum=momentum, wd=weight_decay)
        # a Trainer with a distributed store begins with a race: one worker's first gradient may
        # arrive where another still fetches the weights. So ours sums the gradients by itself
        self.trainer = gluon.Trainer(
            list(net.collect_params().values()),  # a dict it would sort, conv10 before conv2
            self.optimizer, kvstore=None if kvstore else 'device',
            update_on_kvstore=False,  # the gradients are summed first, then used
        )  # fmt: skip
        shapes = {name: list(p.shape) for name, p in safetensors_files.parameters(net).items()}
        self.about = {
            'optimizer': optimizer, 'momentum': momentum, 'weight_decay': weight_decay,
            'precision': precision, 'loss': identity.of_loss(loss), **shapes,
            **identity.of_layers(walk(net)),
        }  # fmt: skip
        if kvstore:
            self.watchdog = distributed.Watchdog()
            kvstore.init(SUMS, mx.nd.zeros(2))
            self._share_weights()

    def step(self, X, y, lr):
        """Take one step; return the batch's summed loss and the number of right answers.

        MXNet may still compute the backward pass when this returns: call npx.waitall() before you stop
        a clock. Raises ValueError, before a weight is changed, for images, labels or a loss that cannot be
        right, and MemoryError, with a batch size that should fit, when a GPU has no memory left.
        """
        X, y = self._arrays(X, y, 'train_iter')
        check_division(len(y), self.workers, len(self.devices))
        try:
            return self._step(X, y, lr)
        except mx.MXNetError as error:
            if 'out of memory' not in str(error):
                raise
            raise MemoryError(device_limits.too_large(self.net, X.shape, self.devices[0])) from None

    def _step(self, X, y, lr):
        images, labels = self._share(X), self._share(y)
        with autograd.record():
            outputs = [self._outputs(part) for part in images]
            losses = [self._loss(o, part) for o, part in zip(outputs, labels, strict=True)]
        for loss, part in zip(losses, labels, strict=True):
            check_losses(loss.shape, len(part))
        autograd.backward(losses)
        self._sum_gradients()
        self.trainer.set_learning_rate(float(lr))
        self.trainer.update(len(y))  # divides the sum over the images by their number
        right = sum(_right(o, part) for o, part in zip(outputs, labels, strict=True))
        return self._over_all(sum(float(loss.sum()) for loss in losses), right)

    def evaluate(self, test_iter):
        """Return the accuracy on `test_iter`, whose batches the workers divide among them."""
        right = images = 0
        for i, batch in enumerate(test_iter):
            X, y = self._arrays(*pair(batch, 'test_iter'), 'test_iter')
            if i % self.workers == self.rank:
                X, y = X.as_in_ctx(self.devices[0]), y.as_in_ctx(self.devices[0])
                right, images = right + _right(self._outputs(X), y), images + len(y)
        right, images = self._over_all(right, images)
        return right / images

    def _loss(self, outputs, labels):
        try:
            return self.loss(outputs, labels)
        except (AssertionError, AttributeError, TypeError, ValueError) as error:
            if not isinstance(outputs, tuple):
                raise
            raise ValueError(
                f'loss must take the {len(outputs)} outputs that net gives in training, the main scores '
                'first: take networks.joint_loss, or build net without aux'
            ) from error

    def _outputs(self, X):
        outputs = self.computing(X)  # a graph gives a list
        return tuple(outputs) if isinstance(outputs, list) else outputs

    def _arrays(self, X, y, name):
        """Return a batch, once it has been checked, as MXNet's arrays."""
        images, labels = check_batch(X, y, self.classes, name, self.dtype)
        return as_mxnet(X, images), np.array(labels, dtype='int32')

    def _sum_gradients(self):
        """Sum the gradients over all workers and devices."""
        if self.kvstore:
            for key, parameter in enumerate(self._trained()):
                self.kvstore.push(key, parameter.list_grad(), priority=-key)
                self.kvstore.pull(key, out=parameter.list_grad(), priority=-key)
        self.trainer.allreduce_grads()

    def _trained(self):
        return [p for p in self.net.collect_params().values() if p.grad_req != 'null']

    def _share_weights(self):
        """Give all workers the weights of the first; return when all have them."""
        for key, parameter in enumerate(self._trained()):
            # a copy: the store cannot read oneDNN's layout
            self.kvstore.init(key, mx.nd.array(safetensors_files.values(parameter)))
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
        sums = mx.nd.array(numbers)
        self.kvstore.push(SUMS, sums)
        self.kvstore.pull(SUMS, out=sums)
        self.watchdog.beat()
        total, count = sums.asnumpy().tolist()
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


def _right(outputs, labels) -> int:
    """Return how many images have their highest score, of the main classifier, at their label."""
    scores = outputs[0] if isinstance(outputs, tuple) else outputs
    return int((scores.argmax(axis=1).astype('int32') == labels).sum())


def as_mxnet(given, checked):
    """Return an array that was `checked` on the host as MXNet's: the `given` one where it is one."""
    if isinstance(given, np.ndarray) and given.dtype == checked.dtype:
        return given
    return np.array(checked, dtype=checked.dtype)


def devices_of(device) -> list:
    """Return `device`, an MXNet context or a list of them, as a list; None is the course's choice.

    Raises ValueError for anything else, and for one that is named twice.
    """
    devices = runtime.device() if device is None else device
    devices = list(devices) if isinstance(devices, (list, tuple)) else [devices]
    if not devices or not all(isinstance(one, mx.Context) for one in devices):
        raise ValueError(
            f'device must be a context of MXNet, such as mx.cpu(), or a list of them, got {brief(device)}'
        )
    if len(set(devices)) < len(devices):
        raise ValueError(f'device names one twice: {devices}; name each once')
    return devices


def check_where(net, devices, alone=False):
    """Raise ValueError unless `net` is initialized on these devices; `alone`: and on no others.

    Raises TypeError for what is no network.
    """
    check_network('net', net)
    for parameter in net.collect_params().values():
        try:
            found = parameter.list_ctx()
        except RuntimeError:
            raise ValueError(
                'net is not initialized: call net.initialize(mx.init.Xavier()) first'
            ) from None
        if not set(devices) <= set(found) or (alone and set(found) != set(devices)):
            raise ValueError(
                f'net is on {found}, device is {devices}: call '
                'net.collect_params().reset_ctx(device) first'
            )


def dtype_of(net) -> str:
    """Return the kind of number that `net` computes in; ValueError unless it is float32 or float64."""
    kinds = {onp.dtype(p.dtype).name for p in net.collect_params().values()}
    for kind in ('float16', 'bfloat16'):
        if kind in kinds:
            raise ValueError(f"net has weights of {kind}: call net.cast('float32') first")
    return 'float64' if 'float64' in kinds else 'float32'
