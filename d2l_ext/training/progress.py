"""A progress bar for a terminal and for a notebook, where it stays as one line of text."""

import os

from tqdm import tqdm

from .. import runtime


class _NotebookBar(tqdm):
    """tqdm's own bar as one line of text that a notebook replaces in place and keeps."""

    def __init__(self, *args, **kwargs):
        from IPython.display import display

        self.handle = None
        super().__init__(*args, **kwargs, file=open(os.devnull, 'w', encoding='utf-8'), ncols=110)
        self.handle = None if self.disable else display(_Line(str(self)), display_id=True)

    def display(self, msg=None, pos=None):
        if self.handle:
            self.handle.update(_Line(msg or str(self)))
        return True


class _Line(str):
    __slots__ = ()

    def __repr__(self):
        return str(self)


def bar(**kwargs):
    """Return a tqdm bar: text that is replaced in place in a notebook, on stderr elsewhere."""
    return (_NotebookBar if runtime.in_notebook() else tqdm)(
        **kwargs, bar_format='{percentage:3.0f}% |{bar:20}| {elapsed}<{remaining}{postfix}'
    )
