"""Batches that spread over the pool: k-center, alone and with what a model says."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_matrix, as_rows, as_taken, is_sparse
from querist.kernels.falling import Falling
from querist.kernels.large_distances import Rows, farthest, is_large, middle_row
from querist.kernels.nearness import Measured, Nearness, bring_near, nearness, nearness_of
from querist.kernels.neighbours import Points
from querist.kernels.on_device import Table

__all__ = ["greedy_sampling", "k_center"]

_TOGETHER = 32  # centres that rows are compared with at a time


def k_center(x: Any, n: int, *, taken: Any = None, rows: Any = None) -> tuple[Array, Array]:
    """Greedy k-center: each pick is the row farthest from everything taken or picked before it.

    Within twice the best possible covering radius.  Prefer it to make a batch diverse where the
    distances mean something and outliers are welcome; k-means++ is kinder to outliers.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse, or a Nearness
        A :class:`querist.kernels.Nearness` says itself what is taken, and keeps what is worked out here.
    n : int
        How many; all candidates come back when there are fewer.
    taken : row numbers, optional
        Rows that are covered already (labelled or out).  They are never picked.
    rows : row numbers, optional
        The candidates; all rows if not given.

    Returns
    -------
    picks : row numbers, in the order picked
    distances : how far each pick was from the nearest taken or picked row; inf for the first of all,
        which is the candidate closest to the mean of all candidates.  Ties go to the lower row.

    >>> k_center([[0.0], [1.0], [9.0], [10.0]], 2, taken=[0])
    (array([3, 1]), array([10.,  1.]))

    Distances are computed only where a row may be the farthest: a distance to some of the centres is
    a bound of the distance to all, and most rows never come near the first place.  The picks are those
    of a search through all of them; in large tables, of distances summed in float64 whatever ``x`` is.
    A table on an accelerator (PyTorch, CuPy) is searched there, row by row.
    Time at most O(m d (n + len(taken))) with m candidates, mostly a few hundredths of it; after a
    first question with the same Nearness O(m) and little more.  Memory O(m) and one block besides, and
    in small tables a copy of the candidates where they are fewer than half of the rows.
    Gonzalez 1985; Sener & Savarese 2018 (core-set).
    """
    near = nearness_of(x, taken)
    picks, squares = _spread(near, n, near.free(rows), None)
    return picks, np.sqrt(squares)


def greedy_sampling(
    x: Any, outputs: Any, n: int, *, taken: Any = None, rows: Any = None
) -> tuple[Array, Array]:
    """Each pick has the largest product of distances, in the features and in the outputs, to what is taken.

    A row far from all labels *and* said to be unlike them: prefer it to k-center for regression once
    a model speaks.  The minimum over the taken rows is of the product, not a product of minima.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse, or a Nearness
    outputs : (n_rows, m)
        What is known of the taken rows (their labels), and what the model says of the others.
    n, taken, rows :
        As for :func:`k_center`; a row that was picked stands with its own output.

    Returns
    -------
    picks : row numbers, in the order picked
    distances : the least product for each; inf for the first of all, as for :func:`k_center`

    >>> greedy_sampling([[0.0], [1.0], [2.0]], [[0.0], [5.0], [1.0]], 1, taken=[0])
    (array([1]), array([5.]))

    Time and memory as :func:`k_center`.  Wu, Lin & Huang 2019 (iGS).
    """
    near = nearness_of(x, taken)
    outputs = _outputs(outputs, near.measured.n)
    picks, squares = _spread(near, n, near.free(rows), outputs)
    return picks, np.sqrt(squares)


def _spread(near: Nearness, n: int, free: Array, outputs: Any) -> tuple[Array, Array]:
    """Picks and squared distances, or their least products."""
    n = max(0, min(int(n), int(free.sum())))
    if near.measured.on_device is not None:
        return _far_away(near.measured.on_device, near.taken, free, n, outputs)
    dtype = np.float32 if near.measured.x.dtype == np.float32 else np.float64
    if n and not len(near.taken):
        row = _middle_row(near.measured, free)
        free[row] = False
        picks, squares = _spread(near.with_taken([row]), n - 1, free, outputs)
        return np.append(row, picks), np.append(dtype(np.inf), squares)
    if is_large(near.measured.x) and not is_sparse(outputs):
        picks, squares = _large(near, n, free, outputs)
    else:
        picks, squares = _small(near, n, free, outputs)
    return picks, squares.astype(dtype)


def _far_away(table: Table, taken: Array, free: Array, n: int, outputs: Any) -> tuple[Array, Array]:
    """The search on an accelerator."""
    if outputs is not None:
        raise InvalidInput(
            "Products of two distances are not searched on an accelerator.",
            mend="Bring the table back first: x.cpu().numpy().",
        )
    if not n or len(taken):
        return table.farthest(taken, free, n)
    row = table.middle_row(free)
    free[row] = False
    picks, squares = table.farthest(np.array([row]), free, n - 1)
    return np.append(row, picks), np.append(np.inf, squares)


def _large(near: Nearness, n: int, free: Array, outputs: Any) -> tuple[Array, Array]:
    if outputs is None:
        picks, squares, near.known = farthest(Rows(near.measured.x), near.taken, free, n, near.known)
        return picks, squares
    beside = outputs - outputs.mean(axis=0, dtype=np.float64)  # float32 keeps its digits
    rows = Rows(near.measured.x, beside.astype(near.measured.x.dtype))
    picks, squares, _ = farthest(rows, near.taken, free, n, nearness(near.measured, []).known)
    return picks, squares


def _small(near: Nearness, n: int, free: Array, outputs: Any) -> tuple[Array, Array]:
    where, near = near.cut(free)
    free = free[where]
    also = None if outputs is None else Points(outputs[where])
    spread = _Spread(near, also, free, n)
    taken = [spread.take() for _ in range(n)]
    spread.keep()
    picks = np.array([row for row, _ in taken], dtype=np.intp)
    return where[picks], np.array([square for _, square in taken], dtype=np.float64)


class _Spread:
    """The row farthest from all centres, again and again; each becomes a centre."""

    def __init__(self, near: Nearness, also: Points | None, free: Array, n: int) -> None:
        self.near = near
        self.points = near.measured.points
        self.also = also  # distances here are factors
        self.given = len(near.taken)
        self.centres = np.concatenate([near.taken, np.empty(n, dtype=np.intp)])
        self.known = self._begun()
        self.falling = Falling(
            np.where(free, self.known[0], -np.inf),
            self._fresh,
            turn=self.given,
            since=self.known[1],
            first_of_equals=True,
        )

    def take(self) -> tuple[int, float]:
        """The next row and its squared distance."""
        turn = self.falling.turn
        self.centres[turn], distance = self.falling.take()
        return int(self.centres[turn]), distance

    def keep(self) -> None:
        """Leave what is known of the rows that are taken for the next question."""
        if self.also is None:
            self.near.known = self.known

    def _begun(self) -> tuple[Array, Array]:
        """Each row compared with the first few centres at least."""
        far, since = self.near.known
        if self.also is not None:
            far, since = np.full(len(far), np.inf), np.zeros(len(far), dtype=np.int32)
        far, since, first = far.copy(), since.copy(), min(self.given, _TOGETHER)
        if (since < first).any():
            bring_near(self.points, far, self.near.taken[:first], self.also)
            np.maximum(since, first, out=since)
        return far, since

    def _fresh(self, rows: Array, since: Array, best: float) -> tuple[Array, Array]:
        """Squared distances of some rows to the nearest centre, as far as they are above ``best``."""
        far, since = self.falling.values[rows], since.copy()
        start = int(since.min())
        while start < self.falling.turn:
            end = self.given if start < self.given else self.falling.turn
            stop = min(start + _TOGETHER, end)
            some = np.flatnonzero((since < stop) & (far >= best))
            new = self.centres[start:stop]
            centres = self.points.centres(new)
            for a, b in self.points.parts(len(some), stop - start):
                near = self.points.between(rows[some[a:b]], centres)
                if self.also is not None:
                    near *= self.also.between(rows[some[a:b]], self.also.centres(new))
                far[some[a:b]] = np.minimum(far[some[a:b]], near.min(axis=1))
            since[some] = stop
            if stop <= self.given:
                self.known[0][rows[some]], self.known[1][rows[some]] = far[some], stop
            start = stop
        return far, since


def _middle_row(measured: Measured, free: Array) -> int:
    if is_large(measured.x):
        return middle_row(measured.x, free)
    return closest_to_mean(measured.points, free)


def prepared(x: Any, taken: Any, rows: Any) -> tuple[Points, Array, Array, Array]:
    """The points, their rows, which of them are taken, and a mask of those that may be picked.

    Where the candidates are few, only they and the taken rows are points.
    """
    x = as_matrix(x)
    n = int(x.shape[0])
    taken = as_taken(taken, n)
    free = np.ones(n, dtype=bool)
    if rows is not None:
        free[:] = False
        free[as_rows(rows, n)] = True
    free[taken] = False
    candidates = np.flatnonzero(free)
    where = np.arange(n)
    if 2 * (len(candidates) + len(taken)) <= n:
        where = np.concatenate([candidates, taken])
        x = x[where]
        places = np.arange(len(where))
        taken, free = places[len(candidates) :], places < len(candidates)
    return Points(x), where, taken, free


def closest_to_mean(points: Points, free: Array) -> int:
    """The free row nearest to the mean of all free rows, ties to the lower row."""
    total = np.zeros(points.d)
    for start, stop in points.blocks():
        total += np.asarray(free[start:stop].astype(points.dtype) @ points.block(start, stop)).ravel()
    mean = (total / free.sum() - points.mean).astype(points.dtype).reshape(1, -1)
    return int(np.where(free, points.nearest(mean)[1], np.inf).argmin())


def _outputs(outputs: Any, n: int) -> Any:
    outputs = as_matrix(outputs)
    if outputs.shape[0] != n:
        raise InvalidInput(
            f"{outputs.shape[0]} rows of outputs for {n} rows of features.",
            mend="Give one a row, (n_rows, m).",
        )
    return outputs
