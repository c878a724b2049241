"""A map of numbers: one a row and column, such as the accuracy that each branch of each block is worth."""

import numpy as onp
from matplotlib.patches import Rectangle

from ..runtime.arguments import array_of, brief, names_of, number, text_of
from .picture import (
    BRANCH_COLOURS,
    GREY,
    LARGE,
    WIDTH,
    Picture,
    mix,
    styled,
    text_width,
)

ABOVE, BELOW = '#56B4E9', '#E69F00'  # light enough for dark numbers, also in full
TALL = 0.3  # inches


@styled
def heatmap(values, rows, columns, unit, title='', form='{:.2f}', full=None) -> Picture:
    """Draw `values` (rows, columns) as cells that bear their number, in `unit`, written by `form`.

    White is zero, blue is above and orange below it; `full` is in full colour, by default the value
    farthest from zero. What is not finite stays empty. A column named after a branch bears its colour.
    Raises ValueError if the names do not fit the shape, or `full` is below a value.
    """
    values = array_of('values', values).astype(float)
    rows, columns = names_of('rows', rows), names_of('columns', columns)
    try:
        text_of('form', form).format(0.5)
    except (IndexError, KeyError, ValueError, AttributeError):
        raise ValueError(
            f"form must write a number, as '{{:.2f}}' does, got {brief(form)}"
        ) from None
    if values.shape != (len(rows), len(columns)) or not values.size:
        raise ValueError(
            f'values must be ({len(rows)}, {len(columns)}), one a row and column, got {values.shape}'
        )
    finite = onp.isfinite(values)
    most = abs(values[finite]).max(initial=0) or 1
    if full is not None:
        most = number('full', full, least=most)
    texts = [[form.format(v) if onp.isfinite(v) else '' for v in row] for row in values]
    left = 0.3 + max(text_width(name, weight='bold') for name in rows)
    wide = max(text_width(text) for line in [columns, *texts] for text in line) + 0.24
    wide = max(wide, min(1.3, (WIDTH - left - 0.1) / len(columns)))
    head = 0.38 if title else 0.0
    top = TALL * len(rows) + 0.36
    alt = f'{title + ". " if title else ""}Map of numbers, {unit}: rows {", ".join(rows)}; '
    picture = Picture(
        max(left + wide * len(columns) + 0.1, text_width(title, LARGE, 'bold') + 0.3),
        top + 0.36 + head,
        f'{alt}columns {", ".join(columns)}.',
    )
    axes = picture.sheet()
    picture.headline(title)
    for j, name in enumerate(columns):
        x = left + wide * j
        axes.text(x + wide / 2, top + 0.2, name, ha='center', va='center', gid='column')
        colour = BRANCH_COLOURS.get(name)
        if colour:
            axes.add_patch(Rectangle((x + 0.03, top + 0.02), wide - 0.06, 0.06, facecolor=colour))
    for i, name in enumerate(rows):
        y = top - TALL * (i + 1)
        axes.text(
            left - 0.12, y + TALL / 2, name, ha='right', va='center', weight='bold', gid='row'
        )
        for j, text in enumerate(texts[i]):
            shade = _shade(values[i, j] / most)
            axes.add_patch(
                Rectangle((left + wide * j, y), wide, TALL, facecolor=shade, edgecolor='white',
                          linewidth=1.5, gid='cell')
            )  # fmt: skip
            axes.text(left + wide * (j + 0.5), y + TALL / 2 - 0.01, text, ha='center',
                      va='center', gid='number')  # fmt: skip
    axes.text(left, 0.2, unit, va='center', color=GREY, gid='unit')
    return picture


def _shade(share):
    """Return the colour of `share`, from -1 to 1; pale where there is none."""
    if not onp.isfinite(share):
        return '#F4F4F4'
    return mix('#FFFFFF', ABOVE if share > 0 else BELOW, abs(share))
