"""Batches of large clusters and of large determinants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.bounds import check_above, check_among
from querist.kernels import lcmd, max_det
from querist.selection.contract import Selection, Selector
from querist.selection.subpool import best, checked_weights, positions
from querist.specs import named

__all__ = ["LCMD", "MaxDet"]


@named("lcmd")
@dataclass(frozen=True)
class LCMD(Selector):
    """Each pick is the farthest candidate of the cluster with the largest sum of squared distances.

    Clusters are around what is labelled, out or picked.  The best batch rule for regression with
    neural networks when distances are taken between their last-layer features or gradients (give a
    model that embeds); prefer "igs" for small models.  With ``among`` the 10 n best by score take part.

    Parameters
    ----------
    among : float, optional
        How many times n the best by score take part; all if not given.

    Holzmüller, Zaverkin, Kästner & Steinwart 2023.
    """

    among: float | None = None

    def __post_init__(self) -> None:
        check_among(self.among)

    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        near = best(scores, prediction, n, self.among)
        rows, _ = lcmd(prediction.space, n, taken=prediction.taken, rows=prediction.rows[near])
        return Selection(positions(prediction.rows, rows), np.ones(len(rows)))

    @classmethod
    def examples(cls) -> tuple[Selector, ...]:
        return (cls(), cls(among=5))


@named("max_det")
@dataclass(frozen=True)
class MaxDet(Selector):
    """Each pick has the largest posterior variance given all that is labelled, out or picked.

    The determinantal batch of a linear model: long rows in directions that nothing else explains.  With
    ``weighted`` each candidate's length is multiplied by its score, worth beside spread.  Prefer
    ``LCMD`` or k-center where batches are larger than the number of features.

    Parameters
    ----------
    noise : float
        The variance of an answer as a multiple of the mean variance of a row.
    weighted : bool
        Whether the scores weigh the candidates (they must be 0 or more).

    Kulesza & Taskar 2012; Holzmüller, Zaverkin, Kästner & Steinwart 2023.
    """

    noise: float = 0.01
    weighted: bool = False

    def __post_init__(self) -> None:
        check_above(self.noise, "noise")

    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        if not len(prediction) or n <= 0:
            return Selection(np.empty(0, dtype=np.intp), np.empty(0))
        weights = None
        if self.weighted:
            weights = np.zeros(prediction.space.shape[0])
            weights[prediction.rows] = checked_weights(scores)
        rows = prediction.rows[np.argsort(-prediction.chance, kind="stable")]  # equals go by lot
        picks, _ = max_det(
            prediction.space, n, noise=self.noise, taken=prediction.taken, rows=rows, weights=weights
        )
        return Selection(positions(prediction.rows, picks), np.ones(len(picks)))

    @classmethod
    def examples(cls) -> tuple[Selector, ...]:
        return (cls(), cls(noise=1.0, weighted=True))
