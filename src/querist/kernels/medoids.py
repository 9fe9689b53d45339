"""Rows in the middle of their clusters, by distances instead of squared ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import BLOCK, Array, as_each
from querist.kernels.clustering import kmeans, representatives
from querist.kernels.neighbours import Points

__all__ = ["kmedoids"]


def kmedoids(
    x: Any, k: int, rng: np.random.Generator, *, weights: Any = None, rounds: int = 20
) -> tuple[Array, Array]:
    """k rows with a small sum of distances from every row to the nearest of them.

    Prefer it to :func:`querist.kernels.kmeans` where clusters have outliers, which pull a mean and not
    a medoid.  It begins with the representatives of k-means and alternates: every row to its nearest
    medoid, then in each cluster the row with the least sum becomes the medoid, until nothing changes.

    Parameters
    ----------
    x : (n, d) dense or sparse, n >= 1
    k : int
        Fewer come back where fewer rows are distinct.
    rng : numpy.random.Generator
    weights : (n,) numbers >= 0, optional
        What a row counts for.
    rounds : int
        At most so many.

    Returns
    -------
    medoids : row numbers, (k,)
    of : (n,) which medoid each row belongs to, 0 to k - 1

    >>> medoids, of = kmedoids([[0.0], [0.1], [0.3], [9.0], [9.2], [30.0]], 2, np.random.default_rng(0))
    >>> len(medoids), bool(of[0] == of[1] == of[2])
    (2, True)

    Time O(n k d + sum m^2 d) a round, m the rows of a cluster; memory O(n + k d) and one block.
    Kaufman & Rousseeuw 1987; Park & Jun 2009 (the alternation).
    """
    points = Points(x)
    if points.n == 0 or k < 1:
        raise InvalidInput(
            f"k-medoids needs a row and a cluster; got {points.n} rows, k = {k}.",
            mend="Give k >= 1 and rows.",
        )
    weight = np.ones(points.n) if weights is None else as_each(weights, points.n, "Weights")
    medoids = representatives(kmeans(points.x, k, rng, weights=weight))
    for _ in range(rounds):
        of, _ = points.nearest(points.centres(medoids))
        moved = np.array([_middle(points, np.flatnonzero(of == c), weight, m) for c, m in enumerate(medoids)])
        if (moved == medoids).all():
            break
        medoids = moved
    of, _ = points.nearest(points.centres(medoids))
    return medoids, of


def _middle(points: Points, members: Array, weight: Array, before: int) -> int:
    """The member with the least weighted sum of distances to all members; ``before`` among equals."""
    if not len(members):
        return before
    sums = np.zeros(len(members))
    width = max(1, min(512, BLOCK // max(1, points.d)))
    for first in range(0, len(members), width):
        some = members[first : first + width]
        centres = points.centres(some)
        for start, stop in points.parts(len(members), len(some)):
            away = np.sqrt(points.between(members[start:stop], centres))
            sums[start:stop] += away.astype(np.float64) @ weight[some]
    sums = np.round(sums / max(float(sums.max()), 1e-300), 6)  # equal through the noise of rounding
    least = members[sums == sums.min()]
    return before if before in least else int(least[0])
