"""Rows of unlike lengths, read and learnt from beside others of about their own: padding costs as much."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.models.estimator import length
from querist.models.rows import take
from querist.models.torch.backend import need_torch

__all__ = ["beside_their_like", "in_first_order", "lengths_of"]

_BLOCK = 8192
_WINDOW = 8


def lengths_of(module: Any, x: Any) -> np.ndarray | None:
    """How much of each row the module reads, (n,), or None where it reads all of every row.

    It says so itself, or a layer of it does, by a method ``row_lengths`` from rows to numbers.
    """
    told = next((one.row_lengths for one in module.modules() if hasattr(one, "row_lengths")), None)
    if told is None:
        return None
    n = length(x)
    parts = [told(take(x, np.arange(a, min(n, a + _BLOCK)))) for a in range(0, n, _BLOCK)]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.intp)


def beside_their_like(
    order: np.ndarray, lengths: np.ndarray, batches: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Rows in batches of like size, each of about one length, and the batches in any order.

    Rows are sorted among those of a few batches, at most half of all: no pass is like the one before it.

    >>> order, lengths = np.arange(6), np.array([9, 1, 8, 2, 7, 3])
    >>> [one.tolist() for one in beside_their_like(order, lengths, 2, np.random.default_rng(0))]
    [[1, 2, 0], [3, 5, 4]]
    """
    windows = np.array_split(order, max(2, -(-batches // _WINDOW)))
    rows = np.concatenate([one[np.argsort(lengths[one], kind="stable")] for one in windows])
    parts = np.array_split(rows, batches)
    return [parts[i] for i in rng.permutation(len(parts))]


def in_first_order(parts: list[Any], order: np.ndarray) -> Any:
    """Batches of what was said of rows in ``order`` as one, as the rows stood before."""
    if isinstance(parts[0], tuple):
        return tuple(in_first_order(list(one), order) for one in zip(*parts, strict=True))
    back = np.argsort(order)
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)[back]
    torch = need_torch()
    whole = torch.cat(parts)
    return whole[torch.from_numpy(back).to(whole.device)]
