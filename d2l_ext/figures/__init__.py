"""Every picture of the course, one file a kind. Each function returns a matplotlib Figure.

As the last line of a cell, or given to `display`, a picture shows itself once, as a PNG; its `alt`
says in words what it shows. Texts are English, 9 points or more. Colours are those of Okabe and
Ito, which colour-blind readers tell apart, and no colour carries a meaning alone.

Imports `analysis`, `networks`, `runtime` and `tables`.
"""

from .bar_charts import bars, stacked_bars
from .branch_views import fields
from .curves import LiveCurve, learning_curve
from .diagram import block_diagram
from .dot_charts import dots
from .heatmaps import heatmap
from .images import confusion_matrix, montage
from .layer_maps import head_map, layer_map
from .line_charts import accuracy_by_time, lines
from .maps import branch_maps, overlay
from .parallel import data_parallel
from .picture import BRANCH_COLOURS, Picture
from .ring import ring_all_reduce
from .scatter_plots import scatter
from .stages import stage_map

__all__ = [
    'BRANCH_COLOURS',
    'LiveCurve',
    'Picture',
    'accuracy_by_time',
    'bars',
    'block_diagram',
    'branch_maps',
    'confusion_matrix',
    'data_parallel',
    'dots',
    'fields',
    'head_map',
    'heatmap',
    'layer_map',
    'learning_curve',
    'lines',
    'montage',
    'overlay',
    'ring_all_reduce',
    'scatter',
    'stacked_bars',
    'stage_map',
]
