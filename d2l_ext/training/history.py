"""What a training did, epoch by epoch: printed, saved, loaded, and the recorded trainings."""

import json
import math
from pathlib import Path

from ..runtime.arguments import brief, flag, iterable, path_of, whole
from ..runtime.files import replace
from ..tables import Table, plain

RECORDS = Path(__file__).parent / 'records'


class History:
    """What a training did, an entry an epoch, and `about`: what is known of how it was made.

    An entry holds epoch, loss (mean over the images), train_accuracy and test_accuracy (0 to 1, the
    latter None without test data), seconds and images_per_s of the training part.
    """

    def __init__(self, epochs=(), about=None, interrupted=False):
        if isinstance(epochs, (str, dict)) or not iterable(epochs):
            raise ValueError(f'epochs must be a list of dicts, got {brief(epochs)}')
        self.epochs = list(epochs)
        for entry in self.epochs:
            if not isinstance(entry, dict) or 'epoch' not in entry:
                raise ValueError(f'epochs must hold dicts with an epoch each, got {brief(entry)}')
            whole('epoch', entry['epoch'])
        if not (about is None or isinstance(about, dict)):
            raise ValueError(f'about must be a dict, got {brief(about)}')
        self.about = dict(about or {})
        self.interrupted = flag('interrupted', interrupted)

    def __getitem__(self, index):
        return self.epochs[index]

    def __len__(self):
        return len(self.epochs)

    def table(self):
        """Return the history as a Table, a row an epoch."""
        columns = ['epoch', 'loss', 'train_accuracy', 'test_accuracy', 'seconds', 'images_per_s']
        return Table(columns, [[entry.get(name) for name in columns] for entry in self.epochs])

    def __repr__(self):
        return str(self.table()) if self.epochs else 'History(no epoch finished)'

    def _repr_html_(self):
        return self.table()._repr_html_() if self.epochs else None

    def save(self, path):
        """Write the history to `path` as JSON, whole or not at all; NaN and infinity become null."""
        content = {'about': self.about, 'interrupted': self.interrupted, 'epochs': self.epochs}
        replace(path, json.dumps(_valid(content), indent=2, allow_nan=False) + '\n')

    @classmethod
    def load(cls, path):
        """Read a history that `save` wrote; a bare name that is no file is one of the recorded ones.

        Raises FileNotFoundError and ValueError, naming the file.
        """
        path_of('path', path)
        path = Path(path)
        if not path.is_file() and str(path).isidentifier():
            path = RECORDS / f'{path}.json'
        if not path.exists():
            known = ', '.join(sorted(p.stem for p in RECORDS.glob('*.json')))
            raise FileNotFoundError(f'no history at {path}: recorded ones are {known}')
        if not path.is_file():
            raise ValueError(f'{path} is not a saved history: it is a folder')
        try:
            content = json.loads(path.read_bytes())
            epochs, about = content['epochs'], content['about']
            if not all(isinstance(entry['epoch'], int) for entry in epochs):
                raise ValueError('an epoch has no number')
            return cls(epochs, about, content['interrupted'])
        except (KeyError, TypeError, ValueError) as error:  # the last one also of JSON, of letters
            raise ValueError(f'{path} is not a saved history: {error!r}') from None


def _valid(value):
    """Return `value` as what JSON can hold; ValueError for what it cannot."""
    if isinstance(value, dict):
        return {str(name): _valid(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_valid(entry) for entry in value]
    value = plain(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is not None and not isinstance(value, (str, int, float)):
        raise ValueError(
            f'history cannot be saved with {brief(value)}: leave it out of epochs and about'
        )
    return value
