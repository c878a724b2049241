"""The images of Fashion-MNIST as they are published, for contestants that do not use our batches."""


def originals(sample='lecture'):
    """Return training images (n, 28, 28), their labels (n,), test images and theirs, uint8.

    `sample` is 'lecture', all 70 000, or 'quick', those that come with the course.
    """
    from d2l_ext import data
    from d2l_ext.data import download

    import numpy as np

    if sample == 'quick':
        with np.load(data.SAMPLE) as file:
            return [file[name] for name in download.FILES]
    folder = data.fetch().folder
    return [download.original(folder, name) for name in download.FILES]
