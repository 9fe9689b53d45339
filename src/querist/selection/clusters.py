"""Batches with one item, or few, of each cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.bounds import check_among, check_sample, check_whole
from querist.kernels import (
    Points,
    k_center,
    kmeans,
    kmedoids,
    priority_sample,
    representatives,
    typical_of_clusters,
)
from querist.models import take
from querist.selection.contract import Selection, Selector
from querist.selection.subpool import best, checked_weights, positions, subpool
from querist.specs import named

__all__ = ["KMeans", "KMedoids", "TypiClust"]


@named("k_means")
@dataclass(frozen=True)
class KMeans(Selector):
    """The candidates nearest to the centres of n clusters, those of the largest clusters first.

    Prefer it for large batches: it gives each group of the candidates its share of the questions.
    With ``among=10`` the 10 n best by score are clustered; with ``weighted`` their scores pull the
    centres (``Scored(Entropy(), KMeans(weighted=True))`` is CLUE).  It does not look at what is
    labelled: prefer ``MaxHerding`` or ``KMeansPlusPlus`` where that matters.

    Parameters
    ----------
    weighted : bool
        Whether the scores weigh the candidates (they must be 0 or more).
    among : float, optional
        How many times n the best by score take part; all if not given.
    sample : int, optional
        How many of those, drawn by lot, are clustered at most.

    Zhdanov 2019; Yuan, Lin & Boyd-Graber 2020; Prabhu et al. 2021 (CLUE).
    """

    weighted: bool = False
    among: float | None = None
    sample: int | None = 131072

    def __post_init__(self) -> None:
        check_among(self.among)
        check_sample(self.sample)

    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        near, weights = _parts(self, scores, prediction, n)
        if not len(near):
            return Selection(near, np.empty(0))
        x = take(prediction.space, prediction.rows[near])
        clusters = kmeans(x, n, np.random.default_rng(prediction.seed), weights=weights)
        return _one_each(x, near, representatives(clusters), clusters.of, weights, n)

    @classmethod
    def examples(cls) -> tuple[Selector, ...]:
        return (cls(), cls(weighted=True, among=5, sample=16))


@named("k_medoids")
@dataclass(frozen=True)
class KMedoids(Selector):
    """The candidates in the middle of n clusters by distance, those of the largest clusters first.

    Prefer it to ``KMeans`` where clusters have outliers or odd shapes: a few far items pull a mean, not
    a medoid.  It takes longer, so that fewer candidates are clustered.  Like ``KMeans`` it does not look
    at what is labelled.

    Parameters
    ----------
    weighted : bool
        Whether the scores weigh the candidates (they must be 0 or more).
    among : float, optional
        How many times n the best by score take part; all if not given.
    sample : int, optional
        How many of those, drawn by lot, are clustered at most.

    Kaufman & Rousseeuw 1987; Park & Jun 2009.
    """

    weighted: bool = False
    among: float | None = None
    sample: int | None = 4096

    def __post_init__(self) -> None:
        check_among(self.among)
        check_sample(self.sample)

    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        near, weights = _parts(self, scores, prediction, n)
        if not len(near):
            return Selection(near, np.empty(0))
        x = take(prediction.space, prediction.rows[near])
        medoids, of = kmedoids(x, n, np.random.default_rng(prediction.seed), weights=weights)
        return _one_each(x, near, medoids, of, weights, n)

    @classmethod
    def examples(cls) -> tuple[Selector, ...]:
        return (cls(), cls(weighted=True, among=5, sample=16))


@named("typiclust")
@dataclass(frozen=True)
class TypiClust(Selector):
    """The most typical item of each cluster that has no label yet, the largest clusters first.

    The standard for the first questions on good embeddings: as many clusters as there will be labels,
    and in each the item in its thickest part.  Prefer the strategy "default" when labelling goes on
    from there; prefer k-center when rare, odd items are what you are after.

    Parameters
    ----------
    clusters : int
        At most so many; otherwise one for each label that there is or will be.
    neighbours : int
        From how many others of its cluster an item's typicality is measured.
    sample : int, optional
        How many candidates, drawn by lot, are clustered at most (beside the labelled ones).

    Hacohen, Dekel & Weinshall 2022.
    """

    clusters: int = 500
    neighbours: int = 20
    sample: int | None = 131072

    def __post_init__(self) -> None:
        check_sample(self.sample)
        check_whole(clusters=self.clusters, neighbours=self.neighbours)

    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        if not len(prediction) or n <= 0:
            return Selection(np.empty(0, dtype=np.intp), np.empty(0))
        near, _ = subpool(prediction, n, self.sample)
        free = prediction.rows[near]
        free = free[~np.isin(free, prediction.taken)]
        known = prediction.labelled
        out = np.setdiff1d(prediction.taken, known)
        x = take(prediction.space, np.concatenate([free, known, out]))
        n_seen = len(free) + len(known)
        if not n_seen:
            return Selection(np.empty(0, dtype=np.intp), np.empty(0))
        k = min(len(prediction.taken) + n, self.clusters)
        found = kmeans(x[:n_seen], k, np.random.default_rng(prediction.seed))
        of = np.concatenate([found.of, _nearest(x, n_seen, found.centres)])
        picks, _ = typical_of_clusters(
            x,
            of,
            n,
            taken=np.arange(len(free), len(of)),
            rows=np.arange(len(free)),
            neighbours=self.neighbours,
        )
        return Selection(positions(prediction.rows, free[picks]), np.ones(len(picks)))

    @classmethod
    def examples(cls) -> tuple[Selector, ...]:
        return (cls(), cls(clusters=3, neighbours=2, sample=16))


def _parts(
    selector: KMeans | KMedoids, scores: np.ndarray, prediction: Any, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """The positions that are clustered, in the order of their lots, and what each counts for."""
    if not len(prediction) or n <= 0:
        return np.empty(0, dtype=np.intp), np.empty(0)
    near = best(scores, prediction, n, selector.among)
    near = near[~np.isin(prediction.rows[near], prediction.taken)]
    size = len(near) if selector.sample is None else max(selector.sample, 4 * n)
    drawn, weights = priority_sample(prediction.chance[near], size)
    near = near[drawn]
    return near, checked_weights(scores[near]) if selector.weighted and len(near) else weights


def _one_each(
    x: Any, near: np.ndarray, picks: np.ndarray, of: np.ndarray, weights: np.ndarray, n: int
) -> Selection:
    """One pick of each cluster, the heaviest first; spread over the rest where there are fewer than n."""
    mass = np.bincount(of, weights=weights)
    picks = picks[np.lexsort((picks, -mass[of[picks]]))]
    if len(picks) < min(n, len(near)):  # some clusters are empty: rows repeat
        more, _ = k_center(x, n - len(picks), taken=picks)
        picks = np.concatenate([picks, more])
    return Selection(near[picks], np.ones(len(picks)))


def _nearest(x: Any, start: int, centres: np.ndarray) -> np.ndarray:
    """The number of the nearest centre for each row from ``start`` on: those that are out."""
    if start == x.shape[0]:
        return np.empty(0, dtype=np.intp)
    points = Points(x[start:])
    which, _ = points.nearest((centres - points.mean).astype(points.dtype))
    return which
