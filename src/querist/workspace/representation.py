"""The representation: where a slow model puts every item, for a quick model to stand on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.workspace.atomic import read_json, write_json

__all__ = ["Representation", "current_representation", "likeness", "renew"]

FILE = "embed.npy"
"""Beside a ranking: the vectors that its model gives all items, (N, d) float32."""

_SAMPLE = 1024
_ALIKE = 0.98  # of two representations that differ less than this a quick model learns the same


@dataclass(frozen=True)
class Representation:
    """The vectors in force, memory-mapped, with the ``version`` of the model that made them.

    ``upto`` is the last event that this model has seen.
    """

    version: str
    upto: int
    features: np.ndarray


def renew(models: Path, version: str, upto: int) -> bool:
    """Put the vectors that lie beside the ranking ``version`` in force, if they differ enough.

    Readers see the old ones or the new ones, whole.  Returns whether they changed.
    """
    new = np.load(models / version / FILE, mmap_mode="r")
    held = current_representation(models)
    if held is not None and len(held.features) == len(new) and likeness(held.features, new) >= _ALIKE:
        return False
    write_json(models / "representation.json", {"version": version, "upto": upto}, durable=False)
    return True


def current_representation(models: Path) -> Representation | None:
    """The vectors in force; None if there are none that can be read."""
    try:
        told = read_json(models / "representation.json")
        version = str(told["version"])
        return Representation(version, int(told["upto"]), np.load(models / version / FILE, mmap_mode="r"))
    except (OSError, ValueError, KeyError, EOFError, InvalidInput):
        return None


def likeness(a: Any, b: Any) -> float:
    """How alike two representations (n, d) and (n, d') of the same items are, from 0 to 1.

    Linear centred kernel alignment of an even sample of the rows: 1 whenever one is the other turned,
    mirrored, shifted or scaled (Kornblith, Norouzi, Lee & Hinton 2019).

    >>> x = np.random.default_rng(0).normal(size=(50, 3))
    >>> round(likeness(x, 2 * x[:, ::-1] + 5), 6)
    1.0
    """
    rows = np.linspace(0, len(a) - 1, min(len(a), _SAMPLE)).astype(np.intp)
    x, y = (np.asarray(part[rows], dtype=np.float64) for part in (a, b))
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    own = np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)
    return float(np.linalg.norm(x.T @ y) ** 2 / own) if own > 0 else float(not x.any() and not y.any())
