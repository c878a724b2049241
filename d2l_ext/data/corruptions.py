"""What happens to an image outside a catalogue: a table of transformations, and each as a function.

A function takes an image (H, W, channels) of floats from 0 to 1, its amount, and a RandomState, and
returns the image altered; what leaves 0 to 1 is clipped by the caller, `audit.in_the_wild`.
"""

import numpy as onp
from scipy import ndimage

# what each transformation does at strength 1, in the order in which they are applied: amount, meaning
WILD = {
    'rotation': (25, 'degrees at most, to either side'),
    'scale': (0.25, 'smaller or larger by at most this share'),
    'background': (0.4, 'brightest value of a woven texture, where the image is dark'),
    'light': (0.5, 'share of the light that is missing at the far side'),
    'inversion': (0.5, 'share of the images that become their negative'),
    'blur': (0.02, 'deviation of a Gaussian kernel, as a share of the side'),
    'noise': (0.06, 'deviation of what the sensor adds to each value'),
}


def rotation(image, degrees, random):
    """Turn `image` by up to `degrees`, either way."""
    angle = onp.deg2rad(degrees * random.uniform(-1, 1))
    return warped(image, [[onp.cos(angle), -onp.sin(angle)], [onp.sin(angle), onp.cos(angle)]])


def scale(image, share, random):
    """Enlarge or shrink `image` by up to `share` of its size."""
    return warped(image, onp.eye(2) / (1 + share * random.uniform(-1, 1)))


def warped(image, matrix):
    """Map `image` by `matrix` around its centre; what comes in from outside is black."""
    centre = (onp.array(image.shape[:2]) - 1) / 2
    offset = centre - matrix @ centre
    channels = [
        ndimage.affine_transform(channel, matrix, offset, order=1)
        for channel in onp.moveaxis(image, -1, 0)
    ]
    return onp.stack(channels, axis=-1)


def background(image, brightest, random):
    """Put a woven background, up to `brightest`, behind what is dark in `image`."""
    along, across = turned_axes(image, random)
    threads = random.uniform(3, 9)
    weave = onp.sin(2 * onp.pi * threads * along) * onp.sin(2 * onp.pi * threads * across)
    dark = onp.clip(1 - 10 * image, 0, 1)
    return image + brightest * dark * (0.5 + 0.5 * weave[..., None])


def light(image, missing, random):
    """Darken `image` from one side to the other, by up to `missing` of its light."""
    along, _ = turned_axes(image, random)
    return image * (1 - missing * (along - along.min()) / max(onp.ptp(along), 1e-9))[..., None]


def turned_axes(image, random):
    """Return two axes at right angles, in a random direction, in units of the longer side."""
    down, right = onp.mgrid[: image.shape[0], : image.shape[1]] / max(image.shape[:2])
    angle = random.uniform(0, 2 * onp.pi)
    return (down * onp.cos(angle) + right * onp.sin(angle),
            right * onp.cos(angle) - down * onp.sin(angle))  # fmt: skip


def inversion(image, share, random):
    """Swap black and white, in `share` of the images."""
    return 1 - image if random.uniform() < share else image


def blur(image, sides, random):
    """Blur by a Gaussian whose deviation is `sides` of the longer side."""
    deviation = sides * max(image.shape[:2])
    return ndimage.gaussian_filter(image, (deviation, deviation, 0))


def noise(image, deviation, random):
    """Add normal noise of this standard deviation."""
    return image + random.normal(0, deviation, image.shape)


STEPS = {'rotation': rotation, 'scale': scale, 'background': background, 'light': light,
          'inversion': inversion, 'blur': blur, 'noise': noise}  # fmt: skip
