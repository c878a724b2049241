"""One way to show a table: as HTML in a notebook, as text in a terminal, as a pandas data frame."""

import math
import re
from html import escape

from .runtime.arguments import brief, iterable, names_of, text_of

# a number that was written with digits of the caller's choice, such as -0.020, 3e-07 or 28.0%
NUMBER = re.compile(r'[-+]?\d[\d ]*(\.\d+)?(e[-+]?\d+)?%?')


class Table:
    """Rows under named columns, with an optional title and a last row of totals.

    Numbers and percentages, also as texts, are right-aligned; numbers have thin groups of three digits,
    floats 3 significant digits. Entries may be scalars of Python, NumPy or MXNet. Raises ValueError if
    a row has another length than `columns`.
    """

    def __init__(self, columns, rows, title='', total=None):
        self.columns = names_of('columns', columns)
        self.rows = [[plain(value) for value in row] for row in _lists('rows', rows)]
        self.title = title
        text_of('title', title)
        self.total = None if total is None else [plain(value) for value in _list('total', total)]
        for row in self._all_rows():
            if len(row) != len(self.columns):
                raise ValueError(f'row must have {len(self.columns)} entries, got {brief(row)}')

    def _all_rows(self):
        return self.rows + ([self.total] if self.total is not None else [])

    def __len__(self):
        return len(self.rows)

    def column(self, name):
        """Return one column as a list, the total not included."""
        if name not in self.columns:
            raise KeyError(f'column must be one of {self.columns}, got {brief(name)}')
        return [row[self.columns.index(name)] for row in self.rows]

    def pairs(self, name, value) -> dict:
        """Return {entry of the column `name`: entry of the column `value`}, the total not included."""
        return dict(zip(self.column(name), self.column(value), strict=True))

    def frame(self):
        """Return the rows, without the total, as a pandas.DataFrame."""
        import pandas

        return pandas.DataFrame(self.rows, columns=self.columns)

    def __str__(self):
        cells = [self.columns] + [[show(value) for value in row] for row in self._all_rows()]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        right = self._right_aligned()
        lines = [
            '  '.join(
                text.rjust(width) if on_right else text.ljust(width)
                for text, width, on_right in zip(row, widths, right, strict=True)
            ).rstrip()
            for row in cells
        ]
        rule = '-' * max(map(len, lines))
        lines.insert(1, rule)
        if self.total is not None:
            lines.insert(-1, rule)
        return '\n'.join([self.title, *lines] if self.title else lines)

    __repr__ = __str__

    def _right_aligned(self):
        return [
            all(
                v is None or isinstance(v, (int, float)) or NUMBER.fullmatch(str(v)) for v in column
            )
            for column in zip(*self.rows, strict=True)
        ] or [False] * len(self.columns)

    def _repr_html_(self):
        aligns = ['right' if on_right else 'left' for on_right in self._right_aligned()]

        def line(row, tag):
            return ''.join(
                f'<{tag} style="text-align:{align}">{escape(show(value))}</{tag}>'
                for value, align in zip(row, aligns, strict=True)
            )

        parts = ['<table>']
        if self.title:
            parts.append(f'<caption style="text-align:left">{escape(self.title)}</caption>')
        parts.append(f'<thead><tr>{line(self.columns, "th")}</tr></thead><tbody>')
        parts += [f'<tr>{line(row, "td")}</tr>' for row in self.rows]
        parts.append('</tbody>')
        if self.total is not None:
            parts.append(f'<tfoot><tr>{line(self.total, "th")}</tr></tfoot>')
        return ''.join(parts) + '</table>'


def _list(name, value) -> list:
    if isinstance(value, (str, bytes, dict)) or not iterable(value):
        raise ValueError(f'{name} must be a list of entries, got {brief(value)}')
    return list(value)


def _lists(name, value) -> list:
    return [_list(f'{name}[{i}]', row) for i, row in enumerate(_list(name, value))]


def plain(value):
    """Return Python's own number for a scalar of NumPy or MXNet, anything else as it is."""
    return value.item() if getattr(value, 'shape', None) == () else value


def show(value) -> str:
    """Write one entry: 5 977 530, 0.882, 480 x 6 x 6 for a tuple, nothing for None, nan and inf as such."""
    if value is None:
        return ''
    if isinstance(value, bool):
        return 'yes' if value else 'no'
    if isinstance(value, int):
        return f'{value:,}'.replace(',', ' ')
    if isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        return f'{value:.3g}' if abs(value) < 1000 else f'{round(value):,}'.replace(',', ' ')
    if isinstance(value, tuple):
        return ' × '.join(map(str, value))
    return str(value)
