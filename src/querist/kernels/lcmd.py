"""The farthest row of the heaviest cluster, where all that is taken or picked is a centre."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from querist.kernels.arrays import Array
from querist.kernels.coverage import closest_to_mean, prepared
from querist.kernels.large import in_threads
from querist.kernels.neighbours import Points

__all__ = ["lcmd"]

_AHEAD = 16  # picks that are guessed together
_STRIP = 1 << 14  # rows that one core takes at a time


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

    The sums change with every pick, so all rows are compared with each; but the farthest row of a heavy
    cluster mostly stays so until its turn comes, and so the next picks are guessed and compared together,
    at the rate of a matrix product.  Time O(m d (n + len(taken))) where one guess in two is right;
    memory O(48 m) and one block a core.  Holzmüller, Zaverkin, Kästner & Steinwart 2023.
    """
    points, where, centres, free = prepared(x, taken, rows)
    n = max(0, min(int(n), int(free.sum())))
    picks, distances = np.empty(n, dtype=np.intp), np.empty(n, dtype=points.dtype)
    clusters = _Clusters(points, centres, free)
    for i in range(n):
        first = i == 0 and not len(centres)
        pick = closest_to_mean(points, free) if first else clusters.farthest_of_heaviest()
        picks[i], distances[i] = pick, clusters.far[pick]
        clusters.add(int(pick), left=n - i)
    return where[picks], np.sqrt(distances)


class _Clusters:
    """Each row with the nearest centre; the mass of a centre is the squared distance of its candidates."""

    def __init__(self, points: Points, centres: Array, free: Array) -> None:
        self.points, self.free, self.n = points, free, len(centres)
        self.owner = np.zeros(points.n, dtype=np.int32)
        self.far = np.full(points.n, np.inf, dtype=points.dtype)
        self._settle(centres)
        self.columns: dict[int, Array] = {}  # squared distances to rows that may be picked next

    def farthest_of_heaviest(self) -> int:
        """The candidate that is farthest from its centre in the cluster of the largest mass."""
        return self._farthest(int(self._mass().argmax()))

    def add(self, row: int, left: int) -> None:
        """A candidate becomes a centre; so many, it included, are still to come."""
        if row not in self.columns:
            self._compare([row, *self._guesses(row, min(_AHEAD, left) - 1)])
        squared = self.columns.pop(row)
        self.free[row] = False
        nearer = np.flatnonzero(squared < self.far)
        self.far[nearer] = squared[nearer]
        self.owner[nearer] = self.n
        self.n += 1

    def _mass(self) -> Array:
        mass = np.bincount(self.owner, weights=np.where(self.free, self.far, 0), minlength=self.n)
        if not mass.max(initial=0) > 0:  # an empty cluster weighs no less than one of repeated rows
            mass[np.bincount(self.owner[self.free], minlength=len(mass)) == 0] = -1
        return np.asarray(mass)

    def _farthest(self, cluster: int) -> int:
        inside = np.flatnonzero((self.owner == cluster) & self.free)
        return int(inside[self.far[inside].argmax()])

    def _guesses(self, row: int, n: int) -> list[int]:
        """The farthest rows of the clusters next in mass: they will be picked unless a pick takes them."""
        if n < 1 or not self.n:
            return []
        mass = self._mass()
        heavy = np.argsort(-mass, kind="stable")[: 2 * n]
        farthest = [self._farthest(int(cluster)) for cluster in heavy if mass[cluster] > 0]
        self.columns = {one: self.columns[one] for one in farthest if one in self.columns}
        return [one for one in farthest if one != row and one not in self.columns][:n]

    def _compare(self, rows: list[int]) -> None:
        """The columns of ``rows``."""
        table = np.empty((len(rows), self.points.n), dtype=self.points.dtype)
        centres = self.points.centres(rows)

        def write(start: int, stop: int) -> None:
            table[:, start:stop] = self.points.squared(start, stop, centres).T

        self._by_strips(write, len(rows))
        self.columns.update(zip(rows, table, strict=True))

    def _settle(self, centres: Array) -> None:
        """The nearest of the first centres to each row."""
        for first in range(0, len(centres), 512):
            some = self.points.centres(centres[first : first + 512])

            def write(start: int, stop: int, some: Any = some, first: int = first) -> None:
                squared = self.points.squared(start, stop, some)
                best = squared.argmin(axis=1)
                least = squared[np.arange(stop - start), best]
                nearer = least < self.far[start:stop]
                self.far[start:stop][nearer] = least[nearer]
                self.owner[start:stop][nearer] = best[nearer] + first

            self._by_strips(write, some.shape[0])

    def _by_strips(self, write: Callable[[int, int], None], width: int) -> None:
        def strip(bounds: tuple[int, int]) -> None:
            for start, stop in self.points.parts(bounds[1] - bounds[0], width):
                write(bounds[0] + start, bounds[0] + stop)

        n = self.points.n
        in_threads(strip, [(start, min(n, start + _STRIP)) for start in range(0, n, _STRIP)])
