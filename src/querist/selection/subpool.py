"""Which candidates a selector looks at, and where its picks stand among all."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels import priority_sample, reach, top
from querist.models import take

__all__ = [
    "best",
    "checked_weights",
    "compared",
    "median_distance",
    "positions",
    "subpool",
]

_RADIUS_SAMPLE = 512
_WITNESSES = 4096


def subpool(
    prediction: Any, n: int, sample: int | None, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Positions of ``sample`` candidates drawn by lot (4 n where that is more), and what each stands for.

    All of them where ``sample`` is None, in an order that the lots give: neither the order of the pool
    nor a generator's state has a say in what is selected.
    """
    size = len(prediction) if sample is None else min(len(prediction), max(sample, 4 * n))
    return priority_sample(prediction.chance, size, weights=weights)


def compared(
    prediction: Any, n: int, sample: int | None, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions of candidates, of those that stand for the pool, and what each of these stands for.

    Up to ``sample`` candidates are all in both.  Of more, all stay candidates as long as that makes no more
    than sample^2 pairs with ``_WITNESSES`` that stand for them (or ``sample``, where that is less); beyond,
    as many as that makes are drawn by lot and weight.  Time is then that of a pool of ``sample`` items.
    """
    total = len(prediction)
    size = total if sample is None else max(sample, 4 * n)
    seen = chosen = total
    if total > size:
        seen = max(min(size, _WITNESSES), size * size // total)
        chosen = min(total, size * size // seen)
    drawn, _ = priority_sample(prediction.chance, chosen, weights=weights)
    witnesses, stands_for = priority_sample(prediction.chance, seen, weights=weights)
    return drawn, witnesses, stands_for


def best(scores: np.ndarray, prediction: Any, n: int, among: float | None) -> np.ndarray:
    """The positions that take part: all, or the ``among * n`` best by score."""
    if among is None:
        return np.arange(len(prediction))
    return np.sort(top(scores, int(np.ceil(among * n)), ties=prediction.chance))


def positions(candidates: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Where ``rows`` stand in ``candidates``, which need not be sorted."""
    order = np.argsort(candidates, kind="stable")
    found: np.ndarray = order[np.searchsorted(candidates, rows, sorter=order)]
    return found


def median_distance(prediction: Any) -> float:
    """The median distance between candidates, of some drawn by lot: a radius where none is given."""
    near, _ = subpool(prediction, 1, _RADIUS_SAMPLE)
    return reach(take(prediction.space, prediction.rows[near]), 0.5)


def checked_weights(scores: np.ndarray) -> np.ndarray:
    """Scores as weights: finite, 0 or more; all 1 where they are all 0."""
    weights = np.asarray(scores, dtype=np.float64)
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise InvalidInput(
            f"Scores that weigh candidates must be 0 or more; got {weights.min()!r}.",
            mend="Rank(...) makes any score 0 or more.",
        )
    return weights if weights.any() else np.ones(len(weights))
