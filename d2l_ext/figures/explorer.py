"""The Inception block under sliders: its diagram and its costs, beside the naive block's."""

import base64
import io
from html import escape

import ipywidgets as widgets
import matplotlib
from mxnet.util import use_np

from .. import figures, networks
from ..analysis import anatomy
from ..networks.blocks import Concat, conv, max_pool
from ..networks.googlenet import GOOGLENET
from ..runtime.arguments import array_of, one_of, whole
from ..tables import Table, show

VIEW = 'application/vnd.jupyter.widget-view+json'
NARROW = 4.8  # inches, so that two diagrams stand side by side
OWN = 'a block of your own'
# a slider's name: (what the learner reads, its branch, largest value)
SLIDERS = {
    'c1': ('c1', 'branch1x1', 512),
    'c2_reduce': ('c2[0]', 'branch3x3', 512),
    'c2': ('c2[1]', 'branch3x3', 512),
    'c3_reduce': ('c3[0]', 'branch5x5', 256),
    'c3': ('c3[1]', 'branch5x5', 256),
    'c4': ('c4', 'branch_pool', 256),
    'c_in': ('channels in', None, 1024),
    'size': ('H and W', None, 112),
}


def presets() -> dict:
    """Return the paper's nine blocks by name, each as arguments of `costs`.

    Channels as in Szegedy et al. 2015, Table 1; inputs as they come out of an image of 224 x 224.
    """
    net = networks.GoogLeNet()
    inputs = {call.path: call.in_shape for call in anatomy.trace(net, (1, 3, 224, 224))}
    found = {}
    for name, channels in GOOGLENET.items():
        _, c_in, size, _ = inputs[f'stage{name[0]}.inception_{name}']
        found[name] = arguments((*channels, c_in, size))
    return found


def arguments(values) -> dict:
    """Turn values in the order of SLIDERS into arguments of `costs`."""
    values = array_of('values', values, axes=1).tolist()
    if len(values) != len(SLIDERS):
        raise ValueError(f'values must be one a slider, {len(SLIDERS)}, got {len(values)}')
    c1, c2_reduce, c2, c3_reduce, c3, c4, c_in, size = values
    pairs = {'c2': (c2_reduce, c2), 'c3': (c3_reduce, c3)}
    return {'c1': c1, **pairs, 'c4': c4, 'c_in': c_in, 'size': size}


def naive(c1, c3, c5):
    """Build the block without reductions, whose pooled branch hands on all of its input (N, C, H, W).

    Source: Szegedy et al. 2015, Figure 2(a).
    """
    return Concat(
        branch1x1=conv(c1, kernel=1),
        branch3x3=conv(c3, kernel=3),
        branch5x5=conv(c5, kernel=5),
        branch_pool=max_pool(kernel=3, strides=1),
    )


def costs(c1, c2, c3, c4, c_in, size) -> Table:
    """Compare a block on an input (1, c_in, size, size) with the naive one of the same kernels.

    `c1` to `c4` are those of `networks.Inception`, which raises ValueError for what is no block.
    """
    c_in, size = whole('c_in', c_in), whole('size', size)
    pair = {'Inception': networks.Inception(c1, c2, c3, c4), 'naive': naive(c1, c2[1], c3[1])}
    rows = []
    for name, block in pair.items():
        calls = anatomy.trace(block, (1, c_in, size, size))
        sums = [sum(getattr(call, what) for call in calls) for what in ('params', 'macs')]
        rows.append([name, calls[-1].out_shape[1:], *sums])
    ratios = [f'{dear / cheap:.2f}' for cheap, dear in zip(rows[0][2:], rows[1][2:], strict=True)]
    columns = ['block', 'output', 'parameters', 'MACs']
    return Table(columns, rows, total=['naive : Inception', '', *ratios])


def positions(c1, c2, c3, c4, c_in, size) -> dict:
    """Turn arguments of `costs` into values of the sliders, by name: `arguments` the other way."""
    return dict(zip(SLIDERS, (c1, *c2, *c3, c4, c_in, size), strict=True))


class Explorer:
    """Show a block under sliders for its channels and its input; a notebook displays it.

    `preset` is the paper's block to begin with, '3a' to '5b'. Where no kernel runs, the notebook shows
    the picture of that block. Raises ValueError for another name.
    """

    def __init__(self, preset='3a'):
        self.presets = presets()
        one_of('preset', preset, self.presets)
        names = {f'inception ({name})': name for name in self.presets}
        self.preset = widgets.Dropdown(options={**names, OWN: ''}, description='block')
        self.sliders = {}
        for name, (label, branch, most) in SLIDERS.items():
            slider = widgets.IntSlider(
                1, min=1, max=most, description=label, layout={'width': '23em'},
                style={'handle_color': figures.BRANCH_COLOURS.get(branch)},
            )  # fmt: skip
            slider.observe(self._moved, 'value')
            self.sliders[name] = slider
        self.numbers = widgets.HTML()
        self.pictures = [widgets.HTML(layout={'max_width': '100%'}) for _ in range(2)]
        wrap = {'display': 'flex', 'flex_flow': 'row wrap', 'align_items': 'flex-start'}
        controls = widgets.VBox([self.preset, *self.sliders.values()])
        self.box = widgets.VBox(
            [
                widgets.Box([controls, self.numbers], layout={**wrap, 'grid_gap': '2em'}),
                widgets.Box(self.pictures, layout=wrap),
            ]
        )
        self.preset.value = ''
        self.preset.observe(self._chosen, 'value')
        self.preset.value = preset

    def values(self) -> dict:
        """Return what the sliders say, as arguments of `costs`."""
        return arguments([slider.value for slider in self.sliders.values()])

    def still(self) -> figures.Picture:
        """Draw the block as the sliders stand, with its costs as the title."""
        at, (block, _) = self.values(), self._blocks()
        (_, _, parameters, macs), _ = costs(**at).rows
        title = f'{self.preset.label}: {show(parameters)} parameters, {show(macs)} MACs'
        return figures.block_diagram(block, at['c_in'], at['size'], title)

    @use_np  # JupyterLab moves sliders in a thread of their own, where npx.set_np() was not called
    def redraw(self):
        """Bring numbers and pictures to where the sliders stand."""
        at = self.values()
        self.numbers.value = costs(**at)._repr_html_()
        titles = ('Inception', 'naive')
        for shown, block, title in zip(self.pictures, self._blocks(), titles, strict=True):
            picture = figures.block_diagram(block, at['c_in'], at['size'], title, NARROW)
            shown.value = image(picture)

    def _blocks(self):
        at = self.values()
        block = networks.Inception(at['c1'], at['c2'], at['c3'], at['c4'])
        return block, naive(at['c1'], at['c2'][1], at['c3'][1])

    def _chosen(self, change):
        if change['new']:
            # one redraw for all eight sliders: they follow the preset without being observed
            for name, value in positions(**self.presets[change['new']]).items():
                slider = self.sliders[name]
                slider.unobserve(self._moved, 'value')
                slider.value = value
                slider.observe(self._moved, 'value')
            self.redraw()

    def _moved(self, change):
        now = self.values()
        self.preset.value = next((name for name, at in self.presets.items() if at == now), '')
        self.redraw()

    def _repr_mimebundle_(self, include=None, exclude=None):
        data, metadata = self.still().bundle()
        # by its id: how a widget describes itself differs between ipywidgets 7, as on Colab, and 8
        view = {'version_major': 2, 'version_minor': 0, 'model_id': self.box.model_id}
        return {**data, VIEW: view}, metadata


def image(picture) -> str:
    """Write a picture as an element of a page: as SVG, which takes half as long to draw as a PNG."""
    out = io.BytesIO()
    with matplotlib.rc_context({'svg.hashsalt': 'the same picture, the same file'}):
        picture.savefig(out, format='svg', metadata={'Date': None})
    content = base64.b64encode(out.getvalue()).decode()
    style = f'width: {picture.get_figwidth()}in; max-width: 100%'
    return (
        f'<img alt="{escape(picture.alt)}" style="{style}" '
        f'src="data:image/svg+xml;base64,{content}">'
    )
