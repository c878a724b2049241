"""What a person waits for. Each function returns seconds; the files of the system lie in its cache."""

import os
import sys
import tempfile
import time

# what a first page does until its first training step, on the embedded sample
FIRST_STEP = """
import d2l_ext
from mxnet import npx
npx.set_np()
from d2l_ext import training
from d2l_ext.data import load_data_fashion_mnist
from d2l_ext.networks import googlenet
recipe = training.RECIPES['quick']
train_iter, _ = load_data_fashion_mnist(recipe['batch_size'], 48, sample='quick')
net = googlenet()
net.initialize(training.INITIALIZERS[recipe['init']]())
training.fit(net, [next(iter(train_iter))], epochs=1, lr=recipe['lr'], progress=False)
"""


def import_d2l_ext():
    """`import d2l_ext` in a fresh process."""
    start = time.perf_counter()
    import d2l_ext  # noqa: F401

    return {'seconds': time.perf_counter() - start}


def import_mxnet():
    """`import mxnet` after it."""
    import d2l_ext  # noqa: F401

    start = time.perf_counter()
    import mxnet  # noqa: F401

    return {'seconds': time.perf_counter() - start}


def first_batch(cold=False):
    """The first batch of 128 of the 60 000 images at 96x96; `cold`: nothing was resized before."""
    import d2l_ext  # noqa: F401
    from d2l_ext import data

    import mxnet  # noqa: F401

    root = None
    with tempfile.TemporaryDirectory() as folder:
        if cold:  # where the images lie is looked up before, so that none is downloaded
            root, os.environ['D2L_EXT_CACHE'] = data.find().folder, folder
        start = time.perf_counter()
        batches, _ = data.load_data_fashion_mnist(128, 96, sample='lecture', root=root)
        next(iter(batches))[0].wait_to_read()
        return {'seconds': time.perf_counter() - start}


def first_step():
    """From a kernel's start, as a notebook's, to the end of its first training step."""
    from d2l_ext.lessons import ThisPython

    from jupyter_client import KernelManager

    os.environ['D2L_EXT_PROFILE'] = 'quick'
    manager = KernelManager(kernel_name='python3', kernel_spec_manager=ThisPython())
    start = time.perf_counter()
    try:
        manager.start_kernel()
        client = manager.blocking_client()
        client.start_channels()
        client.wait_for_ready(timeout=120)
        ready = time.perf_counter()
        client.execute_interactive(FIRST_STEP, timeout=300, output_hook=_tell)
        end = time.perf_counter()
    finally:
        manager.shutdown_kernel(now=True)
    return {'seconds': end - start, 'ready': ready - start}


def _tell(message):
    """Pass a kernel's warnings on; end with its error."""
    if message['msg_type'] == 'stream':
        print(message['content']['text'], file=sys.stderr, end='')
    if message['msg_type'] == 'error':
        raise RuntimeError(f'{message["content"]["ename"]}: {message["content"]["evalue"]}')


def lesson(name):
    """One lesson from top to bottom, in the quick profile, its kernel's start included."""
    os.environ['D2L_EXT_PROFILE'] = 'quick'
    from d2l_ext import lessons

    path = lessons.find([name])[0]
    start = time.perf_counter()
    problem, _ = lessons.run(path, path.stem, lessons.CELL_SECONDS['quick'])
    if problem:
        raise RuntimeError(problem)
    return {'seconds': time.perf_counter() - start}
