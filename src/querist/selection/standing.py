"""Batches that stand for the pool: what is picked covers its surroundings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.bounds import check_above, check_sample
from querist.errors import InvalidInput
from querist.kernels import Covering, greedy_coverage, kmeans, pure_radius, reach
from querist.models import Memory, take
from querist.selection.contract import Selection, Selector
from querist.selection.subpool import checked_weights, compared, positions, subpool
from querist.specs import named

__all__ = ["SAMPLE", "FacilityLocation", "MaxHerding", "ProbCover", "covered_best", "covering_of"]

SAMPLE = 20480
"""A pool of so many items is compared with itself in about a second."""

_AHEAD = 10  # questions that a radius looks ahead
_MEASURED = 4096  # candidates by whose distances a radius is set
_CLASSES = 10  # clusters where nobody knows the number of classes


@named("max_herding")
@dataclass(frozen=True)
class MaxHerding(Selector):
    """Each pick adds most to how well the pool is covered, exp(-d^2 / 2 radius^2) from the nearest pick.

    Prefer it for the first questions, and for batches while labels are few: it asks what is typical
    of many, without the sharp edge of ``ProbCover``.  With ``weighted`` each candidate counts by its
    score, which covers the unsure part of the pool (the strategy "uherding" is made so).  The strategy
    "default" is its relative that also passes over to margin.

    Parameters
    ----------
    weighted : bool
        Whether the scores weigh the candidates (they must be 0 or more).
    radius : float, optional
        How far an answer speaks; without it, the distance within which the median candidate has its
        share, one in (rows taken + n), of the others.
    sample : int, optional
        Up to so many candidates are all compared with all.  Of more, all may be picked, but fewer, drawn by
        lot and weight, stand for the pool, so that time is that of sample^2 pairs; None compares all.

    Bae, Noh & Sutherland 2024.
    """

    weighted: bool = False
    radius: float | None = None
    sample: int | None = SAMPLE

    def __post_init__(self) -> None:
        check_above(self.radius, "radius", optional=True)
        check_sample(self.sample)

    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        radius = self.radius
        if radius is None and len(prediction) and n > 0:
            near, _ = subpool(prediction, n, min(self.sample or _MEASURED, _MEASURED))
            share = 1 / (len(prediction.taken) + max(n, _AHEAD))
            radius = reach(take(prediction.space, prediction.rows[near]), share)
        return _covering(scores, prediction, n, "gaussian", radius, self.sample, self.weighted)

    @classmethod
    def examples(cls) -> tuple[Selector, ...]:
        return (cls(), cls(weighted=True, radius=1.0, sample=16))


@named("prob_cover")
@dataclass(frozen=True)
class ProbCover(Selector):
    """Each pick is the candidate with most others within a radius that no pick or label covers yet.

    Prefer it for the first questions on good embeddings, where same classes lie together.  The radius
    is found, once a pool: the largest at which ``purity`` of the balls hold one cluster only, clusters
    standing for classes.  Once all is covered, the rest is drawn by lot; more is then better asked otherwise.

    Parameters
    ----------
    radius : float, optional
        Found if not given.
    purity : float
        From 0 to 1; what share of balls must be pure.  The paper's 0.95 is for embeddings in which classes
        lie apart; on raw pixels or tables it finds balls too small to stand for anything (on images of
        digits 10 of them cover 14 % of the pool), and 0.7 does far better there.
    clusters : int, optional
        How many classes to expect; the model's if not given, or 10 while cold.
    sample : int, optional
        As for ``MaxHerding``; the radius is found from so many items of the pool at most.

    Yehuda, Dekel, Hacohen & Weinshall 2022.
    """

    radius: float | None = None
    purity: float = 0.95
    clusters: int | None = None
    sample: int | None = SAMPLE

    def __post_init__(self) -> None:
        check_above(self.radius, "radius", optional=True)
        check_sample(self.sample)
        check_above(self.clusters, "clusters", optional=True)
        if not 0 <= self.purity <= 1:
            raise InvalidInput(
                f"purity must be from 0 to 1; got {self.purity!r}.", mend="The paper uses 0.95."
            )

    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        radius = self.radius
        if radius is None and len(prediction) and n > 0:
            radius = self._found(prediction)
        return _covering(scores, prediction, n, "ball", radius, self.sample, False)

    def _found(self, prediction: Any) -> float:
        """The radius of the pool: the same from question to question, whatever is labelled."""
        expected = int(self.clusters or len(getattr(prediction.model, "classes", ())) or _CLASSES)
        key = "prob_cover", self.purity, expected, self.sample
        known = prediction.memory.get(key)
        if known is None:
            size = prediction.space.shape[0]
            rows = prediction.sample(size if self.sample is None else min(size, self.sample), seed=0)
            x = take(prediction.space, rows)
            of = kmeans(x, expected, np.random.default_rng(0)).of
            known = prediction.memory.keep(key, pure_radius(x, of, purity=self.purity) or 1e-12)
        return float(known)

    @classmethod
    def examples(cls) -> tuple[Selector, ...]:
        return (cls(), cls(radius=1.0, purity=0.5, clusters=3, sample=16))


@named("facility_location")
@dataclass(frozen=True)
class FacilityLocation(Selector):
    """Each pick adds most to the similarity, (1 + cosine) / 2, of every candidate to its nearest pick.

    Prefer it on embeddings whose length says nothing (sentences); it needs no radius.  With ``weighted``
    each candidate counts by its score.  What is labelled or out counts as picked.

    Parameters
    ----------
    weighted : bool
        Whether the scores weigh the candidates (they must be 0 or more).
    sample : int, optional
        As for ``MaxHerding``.

    Wei, Iyer & Bilmes 2015; Nemhauser, Wolsey & Fisher 1978 for the greedy search.
    """

    weighted: bool = False
    sample: int | None = SAMPLE

    def __post_init__(self) -> None:
        check_sample(self.sample)

    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        return _covering(scores, prediction, n, "cosine", 1.0, self.sample, self.weighted)

    @classmethod
    def examples(cls) -> tuple[Selector, ...]:
        return (cls(), cls(weighted=True, sample=16))


def _covering(
    scores: np.ndarray,
    prediction: Any,
    n: int,
    similarity: str,
    radius: float | None,
    sample: int | None,
    weighted: bool,
) -> Selection:
    """The candidates of a subpool that cover it best, beside what is labelled or out."""
    if not len(prediction) or n <= 0:
        return Selection(np.empty(0, dtype=np.intp), np.empty(0))
    weights = checked_weights(scores) if weighted else None
    covering = covering_of(prediction.space, prediction.memory, similarity, radius or 1.0)
    picks = covered_best(covering, prediction, n, sample, weights)
    return Selection(picks, np.ones(len(picks)))


def covering_of(space: Any, memory: Memory, similarity: str, radius: float) -> Covering:
    """The likeness of the rows of ``space`` that the memory keeps, with that radius."""
    key = ("covering", similarity)
    covering = memory.get(key)
    if covering is None:
        covering = Covering(space, similarity=similarity, radius=radius)
    elif covering.radius != radius:
        covering = covering.with_radius(radius)
    kept: Covering = memory.keep(key, covering)
    return kept


def covered_best(
    covering: Covering, prediction: Any, n: int, sample: int | None, weights: np.ndarray | None
) -> np.ndarray:
    """Positions of the candidates that cover most of the weight, beside what is taken, in greedy order."""
    near, witnesses, stands_for = compared(prediction, n, sample, weights)
    picks, _ = greedy_coverage(
        covering,
        n,
        rows=prediction.rows[near],
        taken=prediction.taken,
        witnesses=prediction.rows[witnesses],
        weights=stands_for,
    )
    return positions(prediction.rows, picks)
