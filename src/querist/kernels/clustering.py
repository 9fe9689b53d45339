"""Clusters of rows, their representatives, and how typical a row is of its surroundings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import BLOCK, Array, as_classes, as_each, is_sparse
from querist.kernels.neighbours import Points
from querist.kernels.pairs import assigned, is_large, k_nearest
from querist.kernels.plus_plus import kmeans_plus_plus

__all__ = ["Clusters", "kmeans", "representatives", "typicality"]

_SEED_ROWS = 32
"""How many rows a centre the starting centres are sampled from."""

_USUAL_ROUNDS = 16
_FIRST_ROWS = 1 << 14  # rows on which the rounds begin where there are more than twice as many


@dataclass(frozen=True)
class Clusters:
    """A partition of rows: the cluster of each, its squared distance to the centre; the centres, (k, d)."""

    of: Array
    squared: Array
    centres: Array

    @property
    def sizes(self) -> Array:
        """How many rows each cluster has, (k,)."""
        sizes: Array = np.bincount(self.of, minlength=len(self.centres))
        return sizes


def kmeans(
    x: Any,
    k: int,
    rng: np.random.Generator,
    *,
    weights: Any = None,
    rounds: int = 20,
    tolerance: float = 1e-3,
) -> Clusters:
    """k-means: Lloyd's rounds from k-means++ starts, in blocks, without anything n x k.

    Prefer it to find groups to spread a batch over.  It ends in a local optimum; for groups of odd
    shapes it cuts where no border is.

    Parameters
    ----------
    x : (n, d) dense or sparse, n >= 1
    k : int
        Clusters; fewer come back only when there are fewer rows.  Some are empty where fewer than
        k rows are distinct.
    rng : numpy.random.Generator
    weights : (n,) numbers >= 0, optional
        What a row counts for in its centre.
    rounds, tolerance : when to stop: after so many rounds, or when the mean squared distance falls
        by less than this share.

    >>> clusters = kmeans([[0.0], [0.1], [9.0], [9.1]], 2, np.random.default_rng(0))
    >>> bool(clusters.of[0] == clusters.of[1] != clusters.of[2] == clusters.of[3])
    True

    Where there are more than 32,768 dense rows the rounds begin with 16,384 of them, until these are
    settled; few rounds with all are then left.  Time O(n k d) a round; memory O(n + k d) and one block.
    Lloyd 1982; Arthur & Vassilvitskii 2007 for the start.
    """
    points = Points(x)
    if points.n == 0 or k < 1:
        raise InvalidInput(
            f"k-means needs a row and a cluster; got {points.n} rows, k = {k}.", mend="Give k >= 1 and rows."
        )
    k = min(int(k), points.n)
    weight = np.ones(points.n) if weights is None else as_each(weights, points.n, "Weights")
    centres = _start(points, k, weight, rng)
    how = rounds, tolerance, is_large(points, points.n * k * _USUAL_ROUNDS)
    if points.n > 2 * _FIRST_ROWS and not points.sparse:  # most of the way on a part of the rows
        part = np.sort(rng.choice(points.n, _FIRST_ROWS, replace=False))
        some = Points(points.x[part])
        shift = some.mean.astype(np.float64) - points.mean
        centres = _rounds(some, (centres - shift).astype(points.dtype), weight[part], *how)[2]
        centres = (centres + shift).astype(points.dtype)
    of, squared, centres = _rounds(points, centres, weight, *how)
    return Clusters(of, squared, centres + points.mean)


def representatives(clusters: Clusters, *, rows: Any = None) -> Array:
    """For each cluster that has any of ``rows``, the one nearest to its centre; ascending by cluster.

    Squared distances that differ by less than a ten thousandth of the cluster's largest are equal, and the
    lower row wins: the two rows of a pair are as near to its centre, whatever rounding says.

    >>> x = [[0.0], [0.2], [0.1], [9.0]]
    >>> representatives(kmeans(x, 2, np.random.default_rng(0))).tolist() in ([2, 3], [3, 2])
    True

    Zhdanov 2019 (k-means batches).
    """
    rows = np.arange(len(clusters.of)) if rows is None else np.asarray(rows, dtype=np.intp)
    of, squared = clusters.of[rows], clusters.squared[rows].astype(np.float64)
    widest = np.zeros(len(clusters.centres))
    np.maximum.at(widest, of, squared)
    near = np.round(squared / np.maximum(widest[of], np.finfo(np.float64).tiny), 4)
    order = rows[np.lexsort((rows, near, of))]
    first = np.flatnonzero(np.diff(clusters.of[order], prepend=-1))
    chosen: Array = order[first]
    return chosen


def typicality(x: Any, *, neighbours: int = 20, clusters: Any = None, large: bool | None = None) -> Array:
    """1 / the mean distance to the nearest neighbours, within a row's own cluster: higher = more typical.

    Prefer it to choose the very first questions: it asks where the data is thick, when there is no
    model to ask.  A row alone in its cluster has typicality 0.

    Parameters
    ----------
    x : (n, d) dense or sparse
    neighbours : int
        How many; all others of the cluster where it has fewer.
    clusters : (n,) cluster numbers, optional
        One cluster if not given: time O(n^2 d); with clusters of m rows O(n m d).
    large : bool, optional
        Whether the compiled kernels are worth their loading: told where ``x`` is a part of what is measured.

    Returns
    -------
    (n,) finite numbers >= 0.  Distances are floored at 1e-6 of the table's spread, so repeated rows
    are very typical, not infinitely so.

    >>> typicality([[0.0], [1.0], [2.0], [9.0]], neighbours=2).argmax()
    np.int64(1)

    Hacohen, Dekel & Weinshall 2022 (TypiClust).
    """
    points = Points(x)
    of = np.zeros(points.n, dtype=np.intp) if clusters is None else as_classes(clusters, points.n, "Clusters")
    mean_distance = np.full(points.n, np.inf)
    sizes = np.unique(of, return_counts=True)[1]
    if large is None or points.sparse:
        large = is_large(points, int((sizes.astype(np.float64) ** 2).sum()))
    for cluster in np.unique(of):
        members = np.flatnonzero(of == cluster)
        if len(members) > 1:
            part = points if len(members) == points.n else Points(points.x[members])
            mean_distance[members] = _mean_nearest(part, min(neighbours, len(members) - 1), large)
    spread = float(np.sqrt(points.norms.mean())) if points.n else 0.0
    typical: Array = 1 / np.maximum(mean_distance, 1e-6 * spread or 1.0)
    return typical


def _mean_nearest(points: Points, k: int, large: bool) -> Array:
    """The mean distance from each row to its k nearest others, (n,)."""
    if large:
        everything = np.arange(points.n)
        return np.asarray(k_nearest(points, everything, everything, k)[1].mean(axis=1, dtype=np.float64))
    width = max(k + 1, min(512, BLOCK // max(1, points.d)))
    mean = np.empty(points.n)
    kept = np.full((points.n, k), np.inf, dtype=points.dtype)
    for first in range(0, points.n, width):
        some = np.arange(first, min(points.n, first + width))
        centres = points.centres(some)
        for start, stop in points.blocks(width):
            distances = points.squared(start, stop, centres)
            shared = np.arange(max(first, start), min(some[-1] + 1, stop))
            distances[shared - start, shared - first] = np.inf  # not itself
            both = np.concatenate([kept[start:stop], distances], axis=1)
            kept[start:stop] = np.partition(both, k - 1, axis=1)[:, :k]
    np.sqrt(kept, out=kept).mean(axis=1, out=mean, dtype=np.float64)
    return mean


def _start(points: Points, k: int, weight: Array, rng: np.random.Generator) -> Array:
    """k-means++ centres, measured from the mean, from a sample of the rows."""
    sample = np.arange(points.n)
    if points.n > _SEED_ROWS * k:
        sample = np.sort(rng.choice(points.n, _SEED_ROWS * k, replace=False))
    picks, _ = kmeans_plus_plus(points.x[sample], k, weights=weight[sample], rng=rng)
    centres = points.centres(sample[picks])
    return np.asarray(centres.toarray() if is_sparse(centres) else centres)


def _rounds(
    points: Points, centres: Array, weight: Array, rounds: int, tolerance: float, large: bool
) -> tuple[Array, Array, Array]:
    """Lloyd's rounds: the cluster of each row, its squared distance to the centre, and the centres."""
    before = np.inf
    for turn in range(rounds + 1):
        last = turn == rounds
        if large:
            of, squared, sums = assigned(points, centres, None if last else weight)
        else:
            of, squared = points.nearest(centres)
            sums = np.empty(0) if last else _sums(points, of, weight, len(centres))
        cost = float(np.average(squared, weights=weight)) if weight.any() else 0.0
        if last or before - cost <= tolerance * cost:
            break
        before = cost
        centres = _moved(points, sums, (of, squared), weight, centres)
    return of, squared, centres


def _sums(points: Points, of: Array, weight: Array, k: int) -> Array:
    """The weighted sums of the clusters, measured from the mean, (k, d) float64."""
    from scipy.sparse import csr_array

    sums = np.zeros((k, points.d))
    for start, stop in points.blocks():
        ones = (weight[start:stop], (of[start:stop], np.arange(stop - start)))
        part = csr_array(ones, shape=(k, stop - start)) @ points.block(start, stop)
        sums += part.toarray() if is_sparse(part) else part
    sums -= np.bincount(of, weights=weight, minlength=k)[:, None] * points.mean
    return sums


def _moved(points: Points, sums: Array, found: tuple[Array, Array], weight: Array, centres: Array) -> Array:
    """The weighted means of the clusters; an empty one goes to a row that is far from its centre."""
    of, squared = found
    mass = np.bincount(of, weights=weight, minlength=len(centres))
    kept = mass > 0
    moved = centres.copy()
    moved[kept] = sums[kept] / mass[kept, None]
    if not kept.all():
        empty = np.flatnonzero(~kept)
        far = np.argsort(-squared * (weight > 0), kind="stable")[: len(empty)]
        rows = points.centres(far)
        moved[empty] = rows.toarray() if is_sparse(rows) else rows
    return moved
