"""Draw docs/googlenet.png, the README's picture, from the network itself, and docs/icon.png."""

from pathlib import Path

import d2l_ext  # noqa: F401  before mxnet

from mxnet import npx

npx.set_np()

from d2l_ext import figures, networks  # noqa: E402

from PIL import Image, ImageDraw  # noqa: E402

DOCS = Path(__file__).parents[1] / 'docs'
picture = figures.stage_map(networks.GoogLeNet(), (1, 1, 96, 96))
(DOCS / 'googlenet.png').write_bytes(picture.png())

# the icon: a block's four branches between its input and its output
icon = Image.new('RGBA', (64, 64))
draw = ImageDraw.Draw(icon)
for top in (2, 52):
    draw.rounded_rectangle((2, top, 61, top + 9), 3, figures.picture.GREY)
branches = ('branch1x1', 'branch3x3', 'branch5x5', 'branch_pool')
for left, (branch, top) in zip(
    (4, 19, 34, 49), zip(branches, (34, 16, 16, 16), strict=True), strict=True
):
    draw.rectangle((left, top, left + 10, 48), figures.BRANCH_COLOURS[branch])
icon.save(DOCS / 'icon.png', optimize=True)
