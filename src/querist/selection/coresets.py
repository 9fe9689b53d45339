"""Batches whose sums are those of the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.bounds import check_among
from querist.errors import InvalidInput
from querist.kernels import frank_wolfe, graph_cut, lightweight_coreset
from querist.selection.contract import Selection, Selector
from querist.selection.subpool import best, checked_weights, positions
from querist.specs import named

__all__ = ["FrankWolfe", "GraphCut", "LightweightCoreset"]


@named("lightweight_coreset")
@dataclass(frozen=True)
class LightweightCoreset(Selector):
    """Candidates drawn by lot, half of them by their squared distance from the middle of all.

    Prefer it to ``Random()`` where far, rare items should be seen and every item must have a known
    chance (it is kept); it looks at neither labels nor scores but through ``among``.

    Parameters
    ----------
    among : float, optional
        How many times n the best by score take part; all if not given.

    Bachem, Lucic & Krause 2018.
    """

    among: float | None = None

    def __post_init__(self) -> None:
        check_among(self.among)

    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        near = _free(prediction, best(scores, prediction, n, self.among))
        rows, chances = lightweight_coreset(
            prediction.space, n, chance=prediction.chance[near], rows=prediction.rows[near]
        )
        return Selection(positions(prediction.rows, rows), chances)

    @classmethod
    def examples(cls) -> tuple[Selector, ...]:
        return (cls(), cls(among=5))


@named("frank_wolfe")
@dataclass(frozen=True)
class FrankWolfe(Selector):
    """The candidates whose weighted sum comes nearest to the sum of all, found by Frank-Wolfe steps.

    Prefer it for large batches on embeddings where the average should be kept.  With ``weighted`` each
    candidate's row is multiplied by its score.  It looks at directions from the origin: centred
    features have the sum 0, which every batch reaches.

    Parameters
    ----------
    weighted : bool
        Whether the scores weigh the candidates (they must be 0 or more).

    Pinsler, Gordon, Nalisnick & Hernández-Lobato 2019 (ACS-FW).
    """

    weighted: bool = False

    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        near = _free(prediction, np.argsort(-prediction.chance, kind="stable"))  # equals go by lot
        weights = checked_weights(scores)[near] if self.weighted and len(near) else None
        rows, _ = frank_wolfe(prediction.space, n, rows=prediction.rows[near], weights=weights)
        return Selection(positions(prediction.rows, rows), np.ones(len(rows)))

    @classmethod
    def examples(cls) -> tuple[Selector, ...]:
        return (cls(), cls(weighted=True))


@named("graph_cut")
@dataclass(frozen=True)
class GraphCut(Selector):
    """Each pick is like many candidates, and unlike what is labelled, out or picked.

    By (1 + cosine) / 2, without a matrix of all pairs: prefer it to ``FacilityLocation`` on pools of
    any size where the pool need not be covered to its corners.  Its first picks crowd where the pool is
    thick: with few labels on images of digits it was below random, and ``FacilityLocation`` far above.

    Parameters
    ----------
    redundancy : float
        How much likeness among the picks counts; 0 asks the most typical ones.
    weighted : bool
        Whether the scores weigh the candidates (they must be 0 or more).

    Wei, Iyer & Bilmes 2015.
    """

    redundancy: float = 1.0
    weighted: bool = False

    def __post_init__(self) -> None:
        if not (isinstance(self.redundancy, int | float) and 0 <= self.redundancy < np.inf):
            raise InvalidInput(
                f"redundancy must be a number of 0 or more; got {self.redundancy!r}.",
                mend="Leave it out for the default.",
            )

    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        near = np.argsort(-prediction.chance, kind="stable")  # equals go by lot
        weights = checked_weights(scores)[near] if self.weighted and len(near) else None
        rows, _ = graph_cut(
            prediction.space,
            n,
            redundancy=self.redundancy,
            taken=prediction.taken,
            rows=prediction.rows[near],
            weights=weights,
        )
        return Selection(positions(prediction.rows, rows), np.ones(len(rows)))

    @classmethod
    def examples(cls) -> tuple[Selector, ...]:
        return (cls(), cls(redundancy=3.0, weighted=True))


def _free(prediction: Any, places: np.ndarray) -> np.ndarray:
    """Those of the candidates that are neither labelled nor out."""
    free: np.ndarray = places[~np.isin(prediction.rows[places], prediction.taken)]
    return free
