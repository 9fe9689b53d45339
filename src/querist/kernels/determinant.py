"""Batches of the largest determinant: rows that no combination of the others explains."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_matrix, as_rows, blocks, is_sparse
from querist.kernels.falling import Falling

__all__ = ["max_det"]

_TOGETHER = 32


def max_det(
    x: Any, n: int, *, noise: float = 0.01, taken: Any = None, rows: Any = None, weights: Any = None
) -> tuple[Array, Array]:
    """Each pick is the candidate of the largest posterior variance, given all that is taken or picked.

    The greedy search for the batch of the largest log det(I + K / noise), K the products of the rows,
    measured from their mean.  Prefer it for linear models and last-layer features: it asks until every
    direction is known.  After as many picks as there are directions it asks the longest rows again.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    n : int
        How many; all candidates come back when there are fewer.
    noise : float > 0
        The variance of an answer, as a multiple of the mean variance of a row: more makes it ask long
        rows although they resemble each other.
    taken, rows : row numbers, optional
        As for :func:`querist.kernels.k_center`.  Among equals the earlier of ``rows`` goes first.
    weights : (n_rows,) numbers >= 0, optional
        What a row is multiplied by: quality beside diversity.  Those of taken rows do not count.

    Returns
    -------
    picks : row numbers, in the order picked
    variances : the posterior variance of each, as a multiple of the mean variance of a row

    >>> x = [[3.0, 0.0], [-3.0, 0.0], [2.9, 0.0], [-2.9, 0.0], [0.0, 1.0], [0.0, -1.0]]
    >>> max_det(x, 2)[0]
    array([0, 4])

    Time at most O(m d (n + len(taken))), mostly far less (variances only fall, so an old one is a
    bound); memory O(m + d (n + len(taken))) and one block, never m x m or d x d.
    Kulesza & Taskar 2012; Kirsch, van Amersfoort & Gal 2019; Holzmüller et al. 2023.
    """
    if not 0 < noise < np.inf:
        raise InvalidInput(f"noise must be a number above 0; got {noise!r}.", mend="Leave it out for 0.01.")
    x = as_matrix(x)
    total = int(x.shape[0])
    taken = as_rows([] if taken is None else taken, total)
    rows = np.arange(total) if rows is None else as_rows(rows, total)
    rows = rows[~np.isin(rows, taken)]
    n = max(0, min(int(n), len(rows)))
    picks, variances = np.empty(n, dtype=np.intp), np.empty(n)
    if n:
        known = _Known(x, noise, len(taken) + n, weights)
        for row in taken:
            known.learn(int(row), 1.0)
        falling = Falling(
            known.prior(rows),
            lambda *now: known.fresh(falling, rows, *now),
            turn=len(taken),
            first_of_equals=True,
        )
        for i in range(n):
            place, variances[i] = falling.take()
            picks[i] = rows[place]
            known.learn(int(picks[i]), float(known.weights[picks[i]]))
    return picks, variances


class _Known:
    """What answers have taught: directions, such that the variance of x is |x|^2 - sum (x . direction)^2."""

    def __init__(self, x: Any, noise: float, capacity: int, weights: Any) -> None:
        self.x = x
        self.dtype = np.float32 if x.dtype == np.float32 else np.float64
        self.mean = np.zeros(x.shape[1])
        for start, stop in blocks(x.shape[0], x.shape[1]):
            self.mean += np.asarray(x[start:stop].sum(axis=0, dtype=np.float64)).ravel()
        self.mean /= x.shape[0]
        self.noise = noise
        self.scale = 1.0
        self.weights = _checked(weights, x.shape[0])
        self.directions = np.zeros((x.shape[1], capacity))
        self.n = 0
        self.scale = self._mean_variance()

    def learn(self, row: int, weight: float) -> None:
        """One more answer: what of its row the directions so far do not tell."""
        told = self.x[[row]]
        own = np.asarray(told.toarray() if is_sparse(told) else told, dtype=np.float64)[0] - self.mean
        own *= weight / np.sqrt(self.scale)
        known = self.directions[:, : self.n]
        new = own - known @ (known.T @ own)
        self.directions[:, self.n] = new / np.sqrt(max(float(own @ new), 0.0) + self.noise)
        self.n += 1

    def prior(self, rows: Array) -> Array:
        """The variance of some rows before any answer, (k,)."""
        variance = np.empty(len(rows))
        for start, stop in blocks(len(rows), self.x.shape[1]):
            variance[start:stop] = self._lengths(self.x[rows[start:stop]]) / self.scale
        variance *= self.weights[rows] ** 2
        return variance

    def fresh(
        self, falling: Falling, rows: Array, places: Array, since: Array, best: float
    ) -> tuple[Array, Array]:
        """The variance of some rows after all answers, as far as it is above ``best``."""
        variance, since = falling.values[places], since.copy()
        for first in range(int(since.min()), self.n, _TOGETHER):
            last = min(first + _TOGETHER, self.n)
            some = np.flatnonzero((since < last) & (variance >= best))
            for start, stop in blocks(len(some), max(self.x.shape[1], last - first)):
                part = some[start:stop]
                told = self._products(rows[places[part]], first, last) ** 2
                told *= np.arange(first, last) >= since[part, None]  # what was told is not told again
                variance[part] = np.maximum(variance[part] - told.sum(axis=1), 0)
            since[some] = last
        return variance, since

    def _products(self, rows: Array, first: int, last: int) -> Array:
        directions = self.directions[:, first:last]
        if is_sparse(self.x):
            products = np.asarray(self.x[rows] @ directions) - self.mean @ directions
        else:
            centred = self.x[rows] - self.mean.astype(self.dtype)
            products = (centred @ directions.astype(self.dtype)).astype(np.float64)
        products *= self.weights[rows, None] / np.sqrt(self.scale)
        return np.asarray(products)

    def _lengths(self, part: Any) -> Array:
        if is_sparse(part):
            part = part.astype(np.float64)
            squared = np.asarray(part.multiply(part).sum(axis=1)).ravel()
            lengths = squared - 2 * np.asarray(part @ self.mean) + self.mean @ self.mean
            return np.asarray(np.maximum(lengths, 0))
        centred = part - self.mean.astype(self.dtype)
        return np.asarray(np.einsum("ij,ij->i", centred, centred), dtype=np.float64)

    def _mean_variance(self) -> float:
        total, n = 0.0, self.x.shape[0]
        for start, stop in blocks(n, self.x.shape[1]):
            total += float(self._lengths(self.x[start:stop]).sum())
        if not np.isfinite(total):
            raise InvalidInput(
                "The features are not all finite, or too large to be squared.",
                mend="Fill missing values (SimpleImputer) and scale the features first.",
            )
        return total / n or 1.0


def _checked(weights: Any, n: int) -> Array:
    weight = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    if weight.shape != (n,) or not np.isfinite(weight).all() or (weight < 0).any():
        raise InvalidInput(
            f"Weights must be {n} finite numbers of 0 or more; got shape {weight.shape}.",
            mend="Give one weight a row; Rank(...) makes any score one.",
        )
    return weight
