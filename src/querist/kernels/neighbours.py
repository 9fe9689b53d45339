"""Distances between rows in blocks: dense or sparse, in memory or mapped, never n x n."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from querist.kernels import large_distances
from querist.kernels.arrays import (
    BLOCK,
    Array,
    as_matrix,
    as_rows,
    blocks,
    is_sparse,
    squared_norms,
    summable,
    unmeasurable,
)
from querist.kernels.pairs import is_large, k_nearest

__all__ = ["Points", "nearest"]


class Points:
    """The rows of a table as points: their squared distances to a few centres, block by block.

    Dense rows are measured from their mean, so that float32 keeps its digits when the features sit
    far from the origin.  Besides ``x`` itself it holds O(n + d) numbers.

    Parameters
    ----------
    x : (n, d) dense or sparse numbers, finite
        Float32 is computed in float32; whole numbers in float64.

    >>> points = Points(np.array([[0.0, 0.0], [3.0, 4.0]]))
    >>> points.squared(0, 2, points.centres([0]))
    array([[ 0.],
           [25.]])
    """

    def __init__(self, x: Any) -> None:
        self.x = as_matrix(x)
        self.n, self.d = int(self.x.shape[0]), int(self.x.shape[1])
        self.sparse = is_sparse(self.x)
        self.dtype: np.dtype[Any] = np.dtype(np.float32 if self.x.dtype == np.float32 else np.float64)
        with np.errstate(invalid="ignore", over="ignore"):  # what is wrong is told below
            self.mean, self.norms = self._measured()
        if not summable(self.norms, self.dtype):
            raise unmeasurable(self._first_wrong())
        self._far = float(np.linalg.norm(self.mean))  # products are of rows as they are, from the origin

    def blocks(self, width: int = 0) -> Iterator[tuple[int, int]]:
        """Ranges of rows whose features, and whose ``width`` results, each fit one block."""
        return self.parts(self.n, width)

    def parts(self, n: int, width: int = 0) -> Iterator[tuple[int, int]]:
        """The same for ``n`` rows that are not all."""
        return blocks(n, max(64 if self.sparse else self.d, width))

    def block(self, start: int, stop: int) -> Any:
        """The rows from ``start`` to ``stop``, as floats."""
        part = self.x[start:stop]
        return part.astype(self.dtype, copy=False)

    def centres(self, rows: Any) -> Any:
        """Some rows as centres, measured from the mean, shape (k, d); sparse rows stay sparse."""
        rows = np.asarray(rows, dtype=np.intp)
        if len(rows) > 1 and rows[-1] - rows[0] == len(rows) - 1 and (np.diff(rows) == 1).all():
            some = self.block(rows[0], rows[-1] + 1)  # consecutive: one pass, and no copy before it
            return some.copy() if self.sparse else np.subtract(some, self.mean, dtype=self.dtype)
        some = self.x[rows].astype(self.dtype, copy=False)  # a copy
        if not self.sparse:
            some -= self.mean
        return some

    def squared(self, start: int, stop: int, centres: Any) -> Array:
        """Squared distances of the rows ``start`` to ``stop`` to ``centres``, shape (stop - start, k)."""
        return self._squared(self.block(start, stop), self.norms[start:stop], centres)

    def between(self, rows: Array, centres: Any) -> Array:
        """Squared distances of some rows to ``centres``, shape (len(rows), k); a copy of the rows is made."""
        return self._squared(self.x[rows].astype(self.dtype, copy=False), self.norms[rows], centres)

    def _squared(self, part: Any, norms: Array, centres: Any) -> Array:
        products = part @ centres.T
        if is_sparse(products):
            products = products.toarray()
        distances = np.asarray(products)
        if not self.sparse:
            distances -= self.mean @ centres.T
        also = squared_norms(centres)
        distances *= -2
        distances += norms[:, None] + also[None, :]
        # what is left of a cancellation is noise: rows that repeat are at distance 0, not near it
        distances[distances <= self.slack(norms)[:, None] + self.slack(also)[None, :]] = 0
        return distances

    def slack(self, norms: Array) -> Array:
        """What the rounding of rows of such squared lengths may come to in a squared distance."""
        noise = 16 * float(np.finfo(self.dtype).eps)
        return np.asarray(noise * (norms + self._far * np.sqrt(norms)), dtype=self.dtype)

    def nearest(self, centres: Any) -> tuple[Array, Array]:
        """For each row the number of its nearest centre and the squared distance to it, two (n,) arrays."""
        which = np.zeros(self.n, dtype=np.intp)
        least = np.full(self.n, np.inf, dtype=self.dtype)
        for first in range(0, centres.shape[0], 512):
            some = centres[first : first + 512]
            for start, stop in self.blocks(some.shape[0]):
                distances = self.squared(start, stop, some)
                best = distances.argmin(axis=1)
                value = distances[np.arange(stop - start), best]
                better = value < least[start:stop]
                which[start:stop][better] = best[better] + first
                least[start:stop][better] = value[better]
        return which, least

    def _measured(self) -> tuple[Array, Array]:
        """The mean, and the squared length of each row from there."""
        if large_distances.is_large(self.x):
            mean = (large_distances.column_sums(self.x) / self.n).astype(self.dtype)
            return mean, large_distances.squares(self.x, mean.astype(np.float64)).astype(self.dtype)
        total, norms = np.zeros(self.d, dtype=np.float64), np.empty(self.n, dtype=self.dtype)
        if not self.sparse and self.n:
            for start, stop in self.blocks():
                total += self.block(start, stop).sum(axis=0, dtype=np.float64)
            total /= self.n
        mean = total.astype(self.dtype)
        for start, stop in self.blocks():
            part = self.block(start, stop)
            norms[start:stop] = squared_norms(part if self.sparse else part - mean)
        return mean, norms

    def _first_wrong(self) -> int:
        """The first row that is not finite (one such makes the mean so too), or else the largest."""
        sums = np.empty(self.n)
        for start, stop in self.blocks():
            sums[start:stop] = np.asarray(abs(self.block(start, stop)).sum(axis=1)).ravel()
        return int(np.where(np.isfinite(sums), sums, np.inf).argmax())


def nearest(x: Any, k: int, *, among: Any = None) -> tuple[Array, Array]:
    """The ``k`` nearest other rows of each row, nearest first, by blocked exact search.

    Time O(n m d); memory O(n k) and one block.  For large tables cut them into clusters first
    (:func:`querist.kernels.typicality` does).

    Parameters
    ----------
    x : (n, d) dense or sparse
    k : int
        At most as many as there are other rows.
    among : row numbers (m,), optional
        Where to look; everywhere if not given.

    Returns
    -------
    rows, distances : two (n, k) arrays
        Euclidean distances.  Where a row has fewer than k others: row -1 at distance inf.

    >>> rows, distances = nearest([[0.0], [1.0], [5.0]], 1)
    >>> rows.ravel(), distances.ravel()
    (array([1, 0, 1]), array([1., 1., 4.]))
    """
    points = Points(x)
    among = np.arange(points.n) if among is None else as_rows(among, points.n)
    k = max(0, int(k))
    if k and is_large(points, points.n * len(among)):
        return k_nearest(points, np.arange(points.n), among, k)
    rows = np.full((points.n, k), -1, dtype=np.intp)
    found = np.full((points.n, k), np.inf, dtype=points.dtype)
    width = max(1, min(512, BLOCK // max(1, points.d)))
    for first in range(0, len(among), width):
        some = among[first : first + width]
        centres = points.centres(some)
        for start, stop in points.blocks(len(some)):
            distances = points.squared(start, stop, centres)
            distances[some[None, :] == np.arange(start, stop)[:, None]] = np.inf  # not itself
            _keep_least(found[start:stop], rows[start:stop], distances, some)
    return rows, np.sqrt(found)


def _keep_least(found: Array, rows: Array, distances: Array, some: Array) -> None:
    """Merge a block of distances into the k least so far, in place."""
    k = found.shape[1]
    ids = np.broadcast_to(some, distances.shape)
    if distances.shape[1] > 2 * k:  # sort only what can be among the least
        least = np.argpartition(distances, k - 1, axis=1)[:, :k]
        distances, ids = np.take_along_axis(distances, least, axis=1), some[least]
    both = np.concatenate([found, distances], axis=1)
    ids = np.concatenate([rows, ids], axis=1)
    order = np.argsort(both, axis=1, kind="stable")[:, :k]
    found[:] = np.take_along_axis(both, order, axis=1)
    rows[:] = np.take_along_axis(ids, order, axis=1)
    rows[np.isinf(found)] = -1
