"""The farthest row of the heaviest cluster, where all that is taken or picked is a centre."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.kernels.arrays import Array
from querist.kernels.coverage import closest_to_mean, prepared

__all__ = ["lcmd"]


def lcmd(x: Any, n: int, *, taken: Any = None, rows: Any = None) -> tuple[Array, Array]:
    """Largest cluster, maximum distance: the farthest candidate of the cluster with most squared distance.

    The taken and picked rows are the centres, and every candidate belongs to the nearest.  Prefer it to
    k-center where outliers should not eat the batch, and to k-means++ where no lots should be drawn.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    n, taken, rows :
        As for :func:`querist.kernels.k_center`, the first of all included.

    Returns
    -------
    picks : row numbers, in the order picked
    distances : how far each was from its centre; inf for the first of all

    >>> lcmd([[0.0], [2.0], [2.1], [2.2], [10.0], [12.5]], 2, taken=[0, 4])
    (array([3, 5]), array([2.2, 2.5]))

    Time O(m d (n + len(taken))), one pass a pick (sums change with every pick, so no bound saves one);
    memory O(m) and one block.  Holzmüller, Zaverkin, Kästner & Steinwart 2023.
    """
    points, where, centres, free = prepared(x, taken, rows)
    n = max(0, min(int(n), int(free.sum())))
    picks, distances = np.empty(n, dtype=np.intp), np.empty(n, dtype=points.dtype)
    owner, far = np.zeros(points.n, dtype=np.intp), np.full(points.n, np.inf, dtype=points.dtype)
    if len(centres):
        owner, far = points.nearest(points.centres(centres))
    for i in range(n):
        if i == 0 and not len(centres):
            pick = closest_to_mean(points, free)
        else:
            pick = _farthest_of_heaviest(owner, far, free)
        picks[i], distances[i] = pick, far[pick]
        free[pick] = False
        centre = points.centres(picks[i : i + 1])
        for start, stop in points.blocks(1):
            squared = points.squared(start, stop, centre)[:, 0]
            nearer = squared < far[start:stop]
            far[start:stop][nearer] = squared[nearer]
            owner[start:stop][nearer] = len(centres) + i
    return where[picks], np.sqrt(distances)


def _farthest_of_heaviest(owner: Array, far: Array, free: Array) -> int:
    candidates = np.flatnonzero(free)
    theirs = owner[candidates]
    mass = np.bincount(theirs, weights=far[candidates])
    mass[np.bincount(theirs) == 0] = -1
    inside = candidates[theirs == mass.argmax()]
    return int(inside[far[inside].argmax()])
