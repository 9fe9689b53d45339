"""An interrupted training, kept to go on from."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

import numpy as np

from querist.data import atomic_write, full_disk_told
from querist.models.torch.backend import need_torch

__all__ = ["Checkpoints", "digest"]


class Checkpoints:
    """The one file in which a training is kept while it runs; whoever trains the same finds it.

    Parameters
    ----------
    folder : where it lies; made if it is not there
    key : what tells this training from others, as text
    every : seconds between two writes
    """

    def __init__(self, folder: Any, key: str, *, every: float = 30.0) -> None:
        self.path = Path(folder) / f"training-{hashlib.sha256(key.encode()).hexdigest()[:16]}.pt"
        self.every = every
        self._last = time.monotonic()

    def due(self, step: int) -> bool:
        """Whether it is time to write again."""
        return time.monotonic() - self._last >= self.every

    def write(self, state: Any) -> None:
        """Keep ``state`` in place of what was kept; whole or not at all."""
        with full_disk_told(self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(self.path) as file:
            need_torch().save(state, file)
        self._last = time.monotonic()

    def read(self) -> Any:
        """What is kept, or None; a file that cannot be read is worth nothing and begins anew."""
        try:
            return need_torch().load(self.path, map_location="cpu", weights_only=True)
        except FileNotFoundError:
            return None
        except Exception:  # torn or of another version: it is derived, and only time is lost
            return None

    def remove(self) -> None:
        """The training is over."""
        self.path.unlink(missing_ok=True)


def digest(*parts: Any) -> str:
    """A text that is the same for the same arrays, rows and words."""
    told = hashlib.sha256()
    for part in parts:
        if hasattr(part, "tocsr"):
            matrix = part.tocsr()
            part = np.concatenate([matrix.data, matrix.indices, matrix.indptr])
        if isinstance(part, np.ndarray) and part.dtype.kind != "O":
            told.update(part.tobytes())
        elif isinstance(part, np.ndarray):
            told.update("\x1f".join(map(repr, part)).encode())  # an array shows some of its rows only
        else:
            told.update(repr(part).encode())
    return told.hexdigest()
