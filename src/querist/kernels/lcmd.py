"""The farthest row of the heaviest cluster, where all that is taken or picked is a centre."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.kernels.arrays import Array
from querist.kernels.coverage import closest_to_mean, prepared
from querist.kernels.large_distances import is_large
from querist.kernels.neighbours import Points
from querist.kernels.pairs import apart, assigned

__all__ = ["lcmd"]

_AHEAD = 32  # rows that are compared together: what fits the registers
_FEWEST = 64  # rows of a large table at least
_HEAVIEST, _BEHIND = 8, 3  # clusters of which more than one row is guessed, and how many more


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
    memory O(100 m) and one block a core.  Holzmüller, Zaverkin, Kästner & Steinwart 2023.
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
        self.large = not points.sparse and points.n >= _FEWEST and is_large(points.x)
        self.owner = np.zeros(points.n, dtype=np.int32)
        self.far = np.full(points.n, np.inf, dtype=points.dtype)
        self._settle(centres)
        self.columns: dict[int, Array] = {}  # squared distances to rows that may be picked next

    def farthest_of_heaviest(self) -> int:
        """The candidate that is farthest from its centre in the cluster of the largest mass."""
        mass, farthest = self._led()
        return int(farthest[mass.argmax()])

    def add(self, row: int, left: int) -> None:
        """A candidate becomes a centre; so many, it included, are still to come."""
        if row not in self.columns:
            self._compare([row, *self._guesses(row, min(_AHEAD // 2, left) - 1)])
        squared = self.columns.pop(row)
        self.free[row] = False
        if self.large:
            from querist.kernels import compiled_rows

            compiled_rows.taken_in(squared, self.n, self.far, self.owner)
        else:
            nearer = np.flatnonzero(squared < self.far)
            self.far[nearer] = squared[nearer]
            self.owner[nearer] = self.n
        self.n += 1

    def _led(self) -> tuple[Array, Array]:
        """The mass of each cluster, and its farthest candidate: the first of equals, -1 where it has none."""
        most, which = np.full(self.n, -1.0), np.full(self.n, -1)
        mass: Array = np.zeros(self.n)
        if self.large:
            from querist.kernels import compiled_rows

            compiled_rows.led(self.far, self.owner, self.free, mass, most, which)
        else:
            inside = np.flatnonzero(self.free)
            owner, far = self.owner[inside], self.far[inside]
            mass = np.bincount(owner, weights=far, minlength=self.n)
            np.maximum.at(most, owner, far)
            last = inside[far == most[owner]][::-1]
            which[self.owner[last]] = last
        if not mass.max(initial=0) > 0:  # an empty cluster weighs no less than one of repeated rows
            mass[which < 0] = -1
        return mass, which

    def _guesses(self, row: int, n: int) -> list[int]:
        """The farthest rows of the clusters next in mass: they will be picked unless a pick takes them.

        Of the heaviest clusters those behind them too, which will be where a pick does.
        """
        if n < 1 or not self.n:
            return []
        mass, which = self._led()
        heavy = [int(one) for one in np.argsort(-mass, kind="stable")[:n] if mass[one] > 0]
        farthest = [int(which[cluster]) for cluster in heavy]
        for cluster in heavy[:_HEAVIEST]:
            inside = np.flatnonzero((self.owner == cluster) & self.free)
            few = min(_BEHIND, len(inside) - 1)
            if few > 0:
                farthest += inside[np.argpartition(-self.far[inside], few)[: few + 1]].tolist()
        farthest = list(dict.fromkeys(farthest))
        self.columns = {one: self.columns[one] for one in farthest if one in self.columns}
        return [one for one in farthest if one != row and one not in self.columns][: _AHEAD - 1]

    def _compare(self, rows: list[int]) -> None:
        """The columns of ``rows``."""
        table = np.empty((len(rows), self.points.n), dtype=self.points.dtype)
        if self.large:
            apart(self.points, np.array(rows), table)
        else:
            centres = self.points.centres(rows)
            for start, stop in self.points.blocks(len(rows)):
                table[:, start:stop] = self.points.squared(start, stop, centres).T
        self.columns.update(zip(rows, table, strict=True))

    def _settle(self, centres: Array) -> None:
        """The nearest of the first centres to each row."""
        if self.large and len(centres):
            of, self.far, _ = assigned(self.points, self.points.centres(centres))
            self.owner[:] = of
        elif len(centres):
            self.owner[:], self.far = self.points.nearest(self.points.centres(centres))
