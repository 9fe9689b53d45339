"""Batches that spread over the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.kernels import k_center, kmeans_plus_plus
from querist.selection.contract import Selection, Selector
from querist.selection.subpool import best, check_among, positions
from querist.specs import named

__all__ = ["KCenter", "KMeansPlusPlus"]


@named("k_center")
@dataclass(frozen=True)
class KCenter(Selector):
    """Greedy k-center: each pick is the candidate farthest from all that is labelled, out or picked.

    Covers the pool, outliers first; the scores count only through ``among``.  With ``among=10`` it
    spreads a batch of n over the 10 n best by score, which keeps the worth and drops the repeats.

    Gonzalez 1985; Sener & Savarese 2018 (core-set).
    """

    among: float | None = None

    def __post_init__(self) -> None:
        check_among(self.among)

    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        near = best(scores, prediction, n, self.among)
        rows, _ = k_center(prediction.space, n, taken=prediction.taken, rows=prediction.rows[near])
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
    ``among=10`` only the 10 n best by score take part.  The chance of each pick is kept.

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
            weights = np.zeros(prediction.space.shape[0])
            weights[prediction.rows] = scores
        rows, chances = kmeans_plus_plus(
            prediction.space,
            n,
            taken=prediction.taken,
            weights=weights,
            rows=prediction.rows[near],
            rng=np.random.default_rng(prediction.seed),
        )
        return Selection(positions(prediction.rows, rows), chances)

    @classmethod
    def examples(cls) -> tuple[Selector, ...]:
        return (cls(), cls(weighted=True), cls(among=5))
