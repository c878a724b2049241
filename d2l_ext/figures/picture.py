"""What all pictures share: a figure that shows itself once, the colours, the measuring of text."""

import base64
import functools
import inspect
import io

import matplotlib
import numpy as onp
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from PIL import Image

from ..runtime.arguments import text_of

WIDTH = 9  # inches: the width of an output in JupyterLab
SHOWN = 100  # pixels an inch, in a notebook
# pixels an inch and colours of the file, for print and sharp screens; the next if it is too large
STORED = [(200, 256), (150, 128), (100, 128), (100, 64), (100, 32), (100, 16)]
LARGEST_FILE = 100_000  # bytes
SMALL, MEDIUM, LARGE = 9, 10, 11  # points
INK, GREY, PALE = '#222222', '#666666', '#ECECEC'

# Okabe and Ito 2008; a branch keeps its colour through the whole course
BRANCH_COLOURS = {
    'branch1x1': '#0072B2',
    'branch3x3': '#E69F00',
    'branch5x5': '#009E73',
    'branch_pool': '#CC79A7',
    'branch3x3dbl': '#56B4E9',
    'branch7x7': '#D55E00',
    'branch7x7x3': '#D55E00',
    'branch7x7dbl': '#F0E442',
    'shortcut': GREY,
}
PALETTE = list(dict.fromkeys(c for name, c in BRANCH_COLOURS.items() if name != 'shortcut'))

# a picture looks the same whatever the notebook has set
STYLE = {
    'font.family': ['DejaVu Sans'],
    'font.size': SMALL,
    'text.color': INK,
    'axes.labelcolor': INK,
    'axes.edgecolor': GREY,
    'axes.titlesize': MEDIUM,
    'axes.labelsize': SMALL,
    'axes.spines.top': False,
    'axes.spines.right': False,
    'axes.grid': False,
    'axes.facecolor': 'white',
    'figure.facecolor': 'white',
    'xtick.color': INK,
    'ytick.color': INK,
    'xtick.labelsize': SMALL,
    'ytick.labelsize': SMALL,
    'legend.fontsize': SMALL,
    'legend.frameon': False,
    'lines.linewidth': 1.8,
    'lines.markersize': 6,
    'text.parse_math': False,  # a name may hold $
}
TEXTS = ('title', 'unit', 'xlabel', 'ylabel')  # arguments of pictures


def styled(draw):
    """Let a function that draws a picture do so in STYLE; its texts are checked here, for all."""
    signature = inspect.signature(draw)

    @functools.wraps(draw)
    def drawn(*args, **options):
        given = signature.bind(*args, **options).arguments
        for name in TEXTS:
            if given.get(name) is not None:
                text_of(name, given[name])
        with matplotlib.rc_context(STYLE):
            return draw(*args, **options)

    return drawn


class Picture(Figure):
    """A Figure of `width` x `height` inches that shows itself; `alt` is what it shows, in words.

    It is unknown to pyplot, so nothing shows it a second time.
    """

    def __init__(self, width, height, alt):
        super().__init__(figsize=(width, height), dpi=SHOWN)
        FigureCanvasAgg(self)
        self.alt = alt

    def sheet(self):
        """Return axes that fill the picture, without a frame, whose unit is the inch."""
        axes = self.add_axes((0, 0, 1, 1))
        width, height = self.get_size_inches()
        axes.set(xlim=(0, width), ylim=(0, height))
        axes.set_axis_off()
        return axes

    def panel(self, left, bottom, width, height):
        """Return axes for a chart, placed in inches from the lower left corner."""
        wide, high = self.get_size_inches()
        return self.add_axes((left / wide, bottom / high, width / wide, height / high))

    def headline(self, text, left=0.12, down=0.12):
        """Write the title, if there is one, `left` and `down` inches from the upper left corner."""
        wide, high = self.get_size_inches()
        if text:
            self.text(left / wide, 1 - down / high, text, size=LARGE, weight='bold', va='top')

    def png(self) -> bytes:
        """Draw the picture as a PNG of 256 colours, and coarser where it would pass 100 kB."""
        for dots, shades in STORED:
            self.set_dpi(dots)
            self.canvas.draw()
            pixels = onp.asarray(self.canvas.buffer_rgba())[..., :3].copy()
            out = io.BytesIO()
            palette = Image.fromarray(pixels).quantize(shades, dither=Image.Dither.NONE)
            palette.save(out, 'PNG', optimize=True, dpi=(dots, dots))
            if len(out.getvalue()) <= LARGEST_FILE:
                break
        self.set_dpi(SHOWN)
        return out.getvalue()

    def bundle(self):
        """Return (data, metadata) as a notebook stores them; the text is the same in every run."""
        data = {'image/png': base64.b64encode(self.png()).decode(), 'text/plain': self.alt}
        width = round(self.get_figwidth() * SHOWN)
        return data, {'image/png': {'width': width, 'alt': self.alt}}

    def _ipython_display_(self):
        # not _repr_mimebundle_: the inline backend's own PNG of a Figure would go before it
        from IPython.display import display

        data, metadata = self.bundle()
        display(data, metadata=metadata, raw=True)


def colours(names) -> dict:
    """Give each name its colour: a known branch its own, others the unused ones in turn."""
    names = list(dict.fromkeys(names))
    taken = [BRANCH_COLOURS[name] for name in names if name in BRANCH_COLOURS]
    free = [colour for colour in PALETTE if colour not in taken] or PALETTE
    unknown = [name for name in names if name not in BRANCH_COLOURS]
    chosen = {name: free[i % len(free)] for i, name in enumerate(unknown)}
    return {name: BRANCH_COLOURS.get(name) or chosen[name] for name in names}


def shades(names) -> dict:
    """Give names that are not branches, such as stages, greys in order from dark to light."""
    names = list(dict.fromkeys(names))
    steps = max(len(names) - 1, 1)
    return {name: mix('#2B3E50', '#DCE4EC', i / steps) for i, name in enumerate(names)}


def mix(colour, other, share):
    """Blend `share` of `other` into `colour`."""
    pairs = zip(to_rgb(colour), to_rgb(other), strict=True)
    return to_hex([a * (1 - share) + b * share for a, b in pairs])


def ink_on(colour):
    """Return white or nearly black, whichever is read more easily on `colour` (WCAG contrast)."""
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    luminance = sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 'white' if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.065 else INK


@functools.cache  # a diagram that is redrawn measures the same texts again
def text_width(text, size=SMALL, weight='normal') -> float:
    """Return the width of the widest line of `text` in inches."""
    font = FontProperties(family='DejaVu Sans', weight=weight)
    lines = [line for line in str(text).split('\n') if line.strip()]
    # the outline's control points: its true extent takes ten times as long to find
    paths = (TextPath((0, 0), line, size=size, prop=font) for line in lines)
    return max((path.vertices[:, 0].max(initial=0) for path in paths), default=0) / 72


def numbers(values):
    """Turn a list or an array of any library into a NumPy array."""
    return values.asnumpy() if hasattr(values, 'asnumpy') else onp.asarray(values)
