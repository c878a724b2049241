"""Keep a training on disk, so that it survives: written whole, known by its hash, the last two kept.

A checkpoint is one file of numbers, `step-00000200-<SHA-256>.safetensors`: weights, momenta, and as
bytes of JSON where the training stands. Its name holds the hash of its content, so that a damaged file
tells itself; nothing in it can run as code.
"""

import contextlib
import json
import os
import re
import warnings
from pathlib import Path

import numpy as onp

from ..runtime.arguments import path_of, whole
from ..runtime.files import replace, sha256
from ..weights.safetensors_files import packed, unpack

NAME = re.compile(r'step-(\d{8})-([0-9a-f]{64})\.safetensors$')
KEPT = 2  # the last good one, and the one before it
STATE = {'about', 'data', 'place', 'history', 'running'}  # the parts of what `loop` keeps as JSON


class Checkpoint:
    """A folder that holds the last checkpoints of one training.

    `every` is the interval in steps: what a training can lose. Of several workers one `writes`.
    Raises ValueError for an interval that is no whole number, for what is no folder's name, and for a
    folder that cannot be written to.
    """

    def __init__(self, folder, every=100, writes=True):
        every = whole('every', every, hint='it counts steps')
        path_of('checkpoint', folder)
        self.folder, self.every, self.writes, self.last = Path(folder), every, writes, None
        if not writes:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for left in self.folder.glob('.step-*'):  # of a writer that was killed
                left.unlink()
            probe = self.folder / f'.probe.{os.getpid()}'
            probe.write_bytes(b'')
            probe.unlink()
        except OSError as error:
            raise ValueError(
                f'checkpoint={str(folder)!r} cannot be written to ({error.strerror}): '
                'name another folder'
            ) from None

    def save(self, step, state, tensors):
        """Write `state` (JSON) and `tensors` (arrays by name); a failure only warns."""
        if not self.writes:
            return
        text = onp.frombuffer(json.dumps(state).encode(), 'uint8')
        content = packed({**tensors, 'state': text})
        path = self.folder / f'step-{step:08d}-{sha256(content)}.safetensors'
        try:
            replace(path, content)
        except OSError as error:
            kept = f'the last is of step {self.last}' if self.last else 'there is none yet'
            warnings.warn(
                f'no checkpoint at step {step} ({error.strerror}: {self.folder}): the training '
                f'goes on, {kept}',
                stacklevel=3,
            )
            return
        self.last = step
        for old in self._paths()[KEPT:]:
            with contextlib.suppress(OSError):
                old.unlink()

    def load(self):
        """Return (state, tensors) of the last good checkpoint, or None; warns of damaged ones.

        Raises ValueError for a file whose hash is right, and which is no checkpoint all the same.
        """
        for path in self._paths() if self.folder.is_dir() else ():
            content = path.read_bytes() if path.is_file() else b''
            if sha256(content) != NAME.match(path.name)[2]:
                warnings.warn(f'{path} is damaged: the one before it is used', stacklevel=3)
                continue
            state, tensors = self._read(content, path)
            self.last = int(NAME.match(path.name)[1])
            return state, tensors
        return None

    def _read(self, content, path):
        try:
            tensors = unpack(content, path)
            state = json.loads(tensors.pop('state').tobytes())
            if set(state) != STATE:
                raise KeyError(f'has {sorted(state)}')
        except (KeyError, TypeError, ValueError):  # one of a bad file, of bad JSON, of bad letters
            raise ValueError(
                f'{path} is no checkpoint of this version: name another folder'
            ) from None
        return state, tensors

    def _paths(self) -> list:
        """Return the checkpoints, the newest first."""
        return sorted((p for p in self.folder.iterdir() if NAME.match(p.name)), reverse=True)
