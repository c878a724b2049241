"""One training of a network of the family, on the images that come with the course."""

import time


def measure(network, recipe, seed=0, images=None, aux=False):
    """Return a network's accuracy on the test images after each epoch, its size and its seconds.

    `network` is a name in d2l_ext.networks, `recipe` a dict like those of the course. `seed` decides the
    first weights and the order of the images. Trains and tests on the first `images` only; None for all.
    With `aux` the network has its auxiliary classifiers, and their losses count 0.3 each.
    """
    import d2l_ext  # noqa: F401  before mxnet

    import mxnet as mx

    mx.npx.set_np()
    from d2l_ext import analysis, data, networks, runtime, training
    from d2l_ext.training.recipes import OPTIONS

    trains, test = training.load(recipe, sample='quick', seed=seed)
    (train,) = trains.values()  # one size
    for batches in (train, test):
        batches.images, batches.labels = batches.images[:images], batches.labels[:images]
    shape = (1, 1, recipe['resize'], recipe['resize'])
    switches = {'aux': True} if aux else {}
    net = getattr(networks, network)(classes=len(data.CLASSES), **switches)
    mx.random.seed(seed)
    net.initialize(training.INITIALIZERS[recipe['init']]())
    start = time.perf_counter()
    options = {name: recipe[name] for name in OPTIONS}
    history = training.fit(net, train, test, progress=False, **options)
    wall = time.perf_counter() - start
    seconds = sum(epoch['seconds'] for epoch in history)
    return {
        'seconds': seconds,
        'test_accuracy': history[-1]['test_accuracy'],
        'wall': wall,  # the tests on the test images too
        'images_per_s': len(history) * len(train.images) / seconds,
        'parameters': analysis.count_parameters(net, shape),
        'macs': analysis.count_macs(net, shape),
        'seed': seed,
        'cpu': runtime.machine()['cpu'],
        'cpus': runtime.usable_cpus(),
        'recipe': recipe,
        'images': len(train.images),
        'test_images': len(test.images),
        'epochs': history.epochs,
    }
