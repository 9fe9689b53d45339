"""Batches that spread over the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.bounds import check_among
from querist.kernels import k_center, kmeans_plus_plus, uniform
from querist.selection.contract import Selection, Selector
from querist.selection.subpool import best, positions
from querist.specs import named

__all__ = ["KCenter", "KMeansPlusPlus", "lots_of"]

_CLOCKS = 5  # a stream of chance of its own: that of ties may have decided who takes part


@named("k_center")
@dataclass(frozen=True)
class KCenter(Selector):
    """Greedy k-center: each pick is the candidate farthest from all that is labelled, out or picked.

    Covers the pool, outliers first; the scores count only through ``among``.  With ``among=10`` it
    spreads a batch of n over the 10 n best by score, which keeps the worth and drops the repeats.
    Distances worked out for one question are kept for the next, on the same pool.

    Gonzalez 1985; Sener & Savarese 2018 (core-set).
    """

    among: float | None = None

    def __post_init__(self) -> None:
        check_among(self.among)

    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        near = best(scores, prediction, n, self.among)
        rows, _ = k_center(prediction.nearness, n, rows=prediction.rows[near])
        return Selection(positions(prediction.rows, rows), np.ones(len(rows)))

    @classmethod
    def examples(cls) -> tuple[Selector, ...]:
        return (cls(), cls(among=5))


@named("k_means_plus_plus")
@dataclass(frozen=True)
class KMeansPlusPlus(Selector):
    """k-means++ sampling: each pick is drawn by its squared distance to all that is labelled, out or picked.

    Spreads like k-center and minds outliers less.  With ``weighted`` the distance is multiplied by
    the score (which must be 0 or more), so that worth and spread are traded row by row; with
    ``among=10`` only the 10 n best by score take part.  The chance of each pick is kept; on large pools it
    is an estimate, whose reciprocal is right on average.

    Arthur & Vassilvitskii 2007; Ash et al. 2020 use it on gradients (BADGE).
    """

    weighted: bool = False
    among: float | None = None

    def __post_init__(self) -> None:
        check_among(self.among)

    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        near = best(scores, prediction, n, self.among)
        weights = None
        if self.weighted:
            weights = np.zeros(prediction.nearness.measured.n)
            weights[prediction.rows] = scores
        rows, chances = kmeans_plus_plus(
            prediction.nearness, n, weights=weights, rows=prediction.rows[near], lots=lots_of(prediction)
        )
        return Selection(positions(prediction.rows, rows), chances)

    @classmethod
    def examples(cls) -> tuple[Selector, ...]:
        return (cls(), cls(weighted=True), cls(among=5))


def lots_of(prediction: Any) -> np.ndarray:
    """What each candidate's draw hangs on, (n_pool,): the seed and the item alone; 0 for all other rows."""
    keys = prediction.keys
    lots = uniform(keys, prediction.seed, stream=_CLOCKS)
    if len(keys) == prediction.nearness.measured.n:
        return lots
    out = np.zeros(prediction.nearness.measured.n)
    out[prediction.rows] = lots
    return out
