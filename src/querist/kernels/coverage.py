"""Batches that spread over the pool: k-center, alone and with what a model says, and k-means++."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_matrix, as_rows
from querist.kernels.falling import Falling
from querist.kernels.neighbours import Points
from querist.kernels.outer import OuterProducts

__all__ = ["greedy_sampling", "k_center", "kmeans_plus_plus"]

_TOGETHER = 32  # centres that rows are compared with at a time


def k_center(x: Any, n: int, *, taken: Any = None, rows: Any = None) -> tuple[Array, Array]:
    """Greedy k-center: each pick is the row farthest from everything taken or picked before it.

    Within twice the best possible covering radius.  Prefer it to make a batch diverse where the
    distances mean something and outliers are welcome; k-means++ is kinder to outliers.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
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
    of a search through all of them.  Time at most O(m d (n + len(taken))) with m rows, mostly a few
    hundredths of it, or with m candidates and a copy of them where they are fewer than half of the
    rows; memory O(m) and one block besides.
    Gonzalez 1985; Sener & Savarese 2018 (core-set).
    """
    return _spread(x, n, taken, rows, None)


def greedy_sampling(
    x: Any, outputs: Any, n: int, *, taken: Any = None, rows: Any = None
) -> tuple[Array, Array]:
    """Each pick has the largest product of distances, in the features and in the outputs, to what is taken.

    A row far from all labels *and* said to be unlike them: prefer it to k-center for regression once
    a model speaks.  The minimum over the taken rows is of the product, not a product of minima.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
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
    return _spread(x, n, taken, rows, outputs)


def kmeans_plus_plus(
    x: Any,
    n: int,
    *,
    taken: Any = None,
    weights: Any = None,
    rows: Any = None,
    factors: Any = None,
    rng: np.random.Generator,
) -> tuple[Array, Array]:
    """k-means++ sampling: each pick is drawn by weight x squared distance to all taken or picked.

    Prefer it to k-center when outliers should not eat the batch, and wherever the chance of each
    pick must be known.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    n : int
        How many; all candidates come back when there are fewer.
    taken, rows : row numbers, optional
        As for :func:`k_center`.
    weights : (n_rows,) numbers >= 0, optional
        What a row counts for; 1 if not given.
    factors : (n_rows, C), optional
        Where given, a row stands for its outer product with these, which is never written down:
        with a model's probabilities less one at the predicted class it is the gradient of its last
        layer, and the sampling that of BADGE (Ash et al. 2020), in memory O(n) besides.
    rng : numpy.random.Generator

    Returns
    -------
    picks : row numbers, in the order picked, distinct
    probabilities : the chance that each pick had at its turn.  Where nothing has weight or
        distance left (repeated rows), the rest is drawn uniformly.

    >>> picks, probabilities = kmeans_plus_plus(
    ...     [[0.0], [0.0], [9.0]], 2, taken=[0], rng=np.random.default_rng(0))
    >>> picks, probabilities
    (array([2, 1]), array([1., 1.]))

    Arthur & Vassilvitskii 2007.
    """
    points, where, centres, free = prepared(x, taken, rows, factors)
    weight = _weights(weights, np.shape(x)[0])[where]
    far = np.where(free, np.inf, -1.0).astype(points.dtype)
    _bring_near(points, far, centres)
    n = min(int(n), int(free.sum()))
    picks, chances = np.empty(max(n, 0), dtype=np.intp), np.empty(max(n, 0))
    for i in range(n):
        law = weight.copy() if np.isinf(far.max()) else weight * np.maximum(far, 0)
        law[~free] = 0
        picks[i], chances[i] = _drawn(law, free, rng)
        free[picks[i]] = False
        far[picks[i]] = -1.0
        _bring_near(points, far, picks[i : i + 1])
    return where[picks], chances


def _spread(x: Any, n: int, taken: Any, rows: Any, outputs: Any) -> tuple[Array, Array]:
    points, where, centres, free = prepared(x, taken, rows)
    also = None if outputs is None else Points(_outputs(outputs, np.shape(x)[0], where))
    n = max(0, min(int(n), int(free.sum())))
    picks, distances = np.empty(n, dtype=np.intp), np.empty(n, dtype=points.dtype)
    if n:
        spread = _Spread(points, also, centres, free, n)
        for i in range(n):
            picks[i], distances[i] = spread.take(first=i == 0 and len(centres) == 0)
    return where[picks], np.sqrt(distances)


class _Spread:
    """The row farthest from all centres, again and again; each becomes a centre."""

    def __init__(self, points: Points, also: Points | None, centres: Array, free: Array, n: int) -> None:
        self.points = points
        self.also = also  # distances here are factors
        self.free = free
        self.given = len(centres)
        self.centres = np.concatenate([centres, np.empty(n, dtype=np.intp)])
        far = np.where(free, np.inf, -np.inf).astype(points.dtype)
        _bring_near(points, far, centres[:_TOGETHER], also)
        self.falling = Falling(
            far,
            self._fresh,
            turn=self.given,
            since=min(self.given, _TOGETHER),
            first_of_equals=True,
        )

    def take(self, *, first: bool = False) -> tuple[int, float]:
        """The next row and its squared distance; the first of all is the one closest to the mean."""
        turn = self.falling.turn
        if first:
            row, distance = closest_to_mean(self.points, self.free), np.inf
            self.falling.drop(row)
        else:
            row, distance = self.falling.take()
        self.centres[turn] = row
        return row, distance

    def _fresh(self, rows: Array, since: Array, best: float) -> tuple[Array, Array]:
        """Squared distances of some rows to the nearest centre, as far as they are above ``best``."""
        far, since = self.falling.values[rows], since.copy()
        for start in range(int(since.min()), self.falling.turn, _TOGETHER):
            stop = min(start + _TOGETHER, self.falling.turn)
            some = np.flatnonzero((since < stop) & (far >= best))
            new = self.centres[start:stop]
            centres = self.points.centres(new)
            for a, b in self.points.parts(len(some), stop - start):
                near = self.points.between(rows[some[a:b]], centres)
                if self.also is not None:
                    near *= self.also.between(rows[some[a:b]], self.also.centres(new))
                far[some[a:b]] = np.minimum(far[some[a:b]], near.min(axis=1))
            since[some] = stop
        return far, since


def prepared(x: Any, taken: Any, rows: Any, factors: Any = None) -> tuple[Any, Array, Array, Array]:
    """The points, their rows, which of them are taken, and a mask of those that may be picked.

    Where the candidates are few, only they and the taken rows are points.
    """
    x = as_matrix(x)
    n = int(x.shape[0])
    factors = None if factors is None else _outputs(factors, n, None)
    taken = as_rows([] if taken is None else taken, n)
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
        factors = factors if factors is None else factors[where]
        places = np.arange(len(where))
        taken, free = places[len(candidates) :], places < len(candidates)
    return (Points(x) if factors is None else OuterProducts(factors, x)), where, taken, free


def _bring_near(points: Any, far: Array, centres: Array, also: Points | None = None) -> None:
    """Lower ``far`` (n,), in place, to the squared distance from the nearest of some rows."""
    for first in range(0, len(centres), 128):
        rows = centres[first : first + 128]
        some = points.centres(rows)
        for start, stop in points.blocks(len(rows)):
            distances = points.squared(start, stop, some)
            if also is not None:
                distances *= also.squared(start, stop, also.centres(rows))
            least = distances[:, 0] if len(rows) == 1 else distances.min(axis=1)
            np.minimum(far[start:stop], least, out=far[start:stop])


def closest_to_mean(points: Points, free: Array) -> int:
    """The free row nearest to the mean of all free rows, ties to the lower row."""
    total = np.zeros(points.d)
    for start, stop in points.blocks():
        total += np.asarray(free[start:stop].astype(points.dtype) @ points.block(start, stop)).ravel()
    mean = (total / free.sum() - points.mean).astype(points.dtype).reshape(1, -1)
    return int(np.where(free, points.nearest(mean)[1], np.inf).argmin())


def _outputs(outputs: Any, n: int, where: Array | None) -> Any:
    outputs = as_matrix(outputs)
    if outputs.shape[0] != n:
        raise InvalidInput(
            f"{outputs.shape[0]} rows of outputs for {n} rows of features.",
            mend="Give one a row, (n_rows, m).",
        )
    return outputs if where is None or len(where) == n else outputs[where]


def _weights(weights: Any, n: int) -> Array:
    weight = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    if weight.shape != (n,) or not np.isfinite(weight).all() or (weight < 0).any():
        raise InvalidInput(
            f"Weights must be {n} finite numbers of 0 or more; got shape {weight.shape}.",
            mend="Give one weight a row; Rank(...) makes any score one.",
        )
    return weight


def _drawn(law: Array, free: Array, rng: np.random.Generator) -> tuple[int, float]:
    """One row by ``law``, uniformly among the free ones where the law is empty; and its chance."""
    running = np.cumsum(law)
    if not running[-1] > 0:
        law = free.astype(np.float64)
        running = np.cumsum(law)
    # rounding may put the mark at the end: the last row with any chance takes it
    last = int(np.flatnonzero(law)[-1])
    row = min(int(np.searchsorted(running, rng.random() * running[-1], side="right")), last)
    return row, float(law[row] / running[-1])
