"""Draw the README's picture, docs/googlenet.png, from the network itself."""

from pathlib import Path

import d2l_ext  # noqa: F401  before mxnet

from mxnet import npx

npx.set_np()

from d2l_ext import figures, networks  # noqa: E402

picture = figures.stage_map(networks.googlenet(), (1, 1, 96, 96))
Path(__file__).with_name('googlenet.png').write_bytes(picture.png())
