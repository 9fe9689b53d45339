"""Batches of the largest determinant: rows that no combination of the others explains."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import (
    Array,
    as_candidates,
    as_matrix,
    as_taken,
    as_weights,
    blocks,
    is_sparse,
)
from querist.kernels.large import in_threads

__all__ = ["max_det"]

_SHORT = 1024  # candidates whose variances are kept up to date


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

    Time O(m d (n + len(taken))) at the rate of a matrix product (variances only fall, so an old one is
    a bound); memory O(m + d (n + len(taken))) and one block, never m x m or d x d.
    Kulesza & Taskar 2012; Kirsch, van Amersfoort & Gal 2019; Holzmüller et al. 2023.
    """
    if not 0 < noise < np.inf:
        raise InvalidInput(f"noise must be a number above 0; got {noise!r}.", mend="Leave it out for 0.01.")
    x = as_matrix(x)
    total = int(x.shape[0])
    taken = as_taken(taken, total)
    rows = np.arange(total) if rows is None else as_candidates(rows, total)
    rows = rows[~np.isin(rows, taken)]
    n = max(0, min(int(n), len(rows)))
    picks, variances = np.empty(n, dtype=np.intp), np.empty(n)
    if n:
        known = _Known(x, noise, len(taken) + n, weights)
        for row in taken:
            known.learn(int(row), 1.0)
        largest = _Largest(known, rows)
        for i in range(n):
            place, variances[i] = largest.take()
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
        self.weights = as_weights(weights, x.shape[0])
        self.directions = np.zeros((capacity, x.shape[1]))
        self.n = 0
        self.scale = self._mean_variance()

    def learn(self, row: int, weight: float) -> None:
        """One more answer: what of its row the directions so far do not tell."""
        told = self.x[[row]]
        own = np.asarray(told.toarray() if is_sparse(told) else told, dtype=np.float64)[0] - self.mean
        own *= weight / np.sqrt(self.scale)
        known = self.directions[: self.n]
        new = own - (known @ own) @ known
        self.directions[self.n] = new / np.sqrt(max(float(own @ new), 0.0) + self.noise)
        self.n += 1

    def prior(self, rows: Array) -> Array:
        """The variance of some rows before any answer, (k,)."""
        variance = np.empty(len(rows))

        def part(bounds: tuple[int, int]) -> None:
            variance[slice(*bounds)] = self._lengths(self.x[rows[slice(*bounds)]]) / self.scale

        in_threads(part, blocks(len(rows), self.x.shape[1]))
        variance *= self.weights[rows] ** 2
        return variance

    def centred(self, rows: Array) -> Any:
        """Some rows as :meth:`told` takes them: dense ones measured from the mean."""
        if is_sparse(self.x):
            return self.x[rows]
        part = self.x[rows].astype(self.dtype, copy=False)
        return part - self.mean.astype(self.dtype)

    def told(self, part: Any, weights: Array, first: int, last: int) -> Array:
        """What some directions tell of rows that :meth:`centred` gave, (k,)."""
        directions = self.directions[first:last]
        if is_sparse(part):
            products = np.asarray(part @ directions.T) - directions @ self.mean
        else:
            products = (part @ directions.astype(self.dtype).T).astype(np.float64)
        return np.asarray(np.einsum("ij,ij->i", products, products) * (weights**2 / self.scale))

    def _lengths(self, part: Any) -> Array:
        if is_sparse(part):
            part = part.astype(np.float64)
            squared = np.asarray(part.multiply(part).sum(axis=1)).ravel()
            lengths = squared - 2 * np.asarray(part @ self.mean) + self.mean @ self.mean
            return np.asarray(np.maximum(lengths, 0))
        centred = part - self.mean.astype(self.dtype)
        return np.asarray(np.einsum("ij,ij->i", centred, centred), dtype=np.float64)

    def _mean_variance(self) -> float:
        n = self.x.shape[0]
        parts = blocks(n, self.x.shape[1])
        total = sum(in_threads(lambda bounds: float(self._lengths(self.x[slice(*bounds)]).sum()), parts))
        if not np.isfinite(total):
            raise InvalidInput(
                "The features are not all finite, or too large to be squared.",
                mend="Fill missing values (SimpleImputer) and scale the features first.",
            )
        return total / n or 1.0


class _Largest:
    """The candidate of the largest variance, again and again.

    Variances only fall, so that an old one is a bound.  All are brought up to date together, at the rate
    of a matrix product, and then only the few largest are, until one of the others may be larger.
    """

    def __init__(self, known: _Known, rows: Array) -> None:
        self.known, self.rows = known, rows
        self.values = known.prior(rows)
        self.done = self.told = 0  # directions that all variances tell of, and those of the short list
        self.short: Array  # places that are kept up to date, by themselves:
        self.now: Array  # their variances after ``told`` directions,
        self.part: Any  # their features
        self.weights: Array
        self.rest = -np.inf  # the largest of all others
        self._all()

    def take(self) -> tuple[int, float]:
        """The place of the largest and its variance; it is never found again."""
        known = self.known
        if self.told < known.n:
            self.now -= known.told(self.part, self.weights, self.told, known.n)
            self.told = known.n
        place = int(self.now.argmax()) if len(self.now) else -1
        if known.n > self.done and not self.now[place] > max(self.rest, 0):
            self._all()
            place = int(self.now.argmax())
        # nothing is outside, or less than what is here, or equal to it and later (values are exact now)
        if self.rest >= self.now[place]:
            row, value = int(self.values.argmax()), float(self.values.max())
        else:
            row, value = int(self.short[place]), float(self.now[place])
        self.values[row] = -np.inf
        self.now[self.short == row] = -np.inf
        return row, max(value, 0.0)

    def _all(self) -> None:
        """All variances up to date, and the largest apart."""
        known = self.known

        def part(bounds: tuple[int, int]) -> None:
            rows = self.rows[slice(*bounds)]
            told = known.told(known.centred(rows), known.weights[rows], self.done, known.n)
            self.values[slice(*bounds)] -= told

        if known.n > self.done:
            in_threads(part, blocks(len(self.rows), max(known.x.shape[1], known.n - self.done)))
        np.maximum(self.values, 0, out=self.values, where=self.values > -np.inf)
        self.done = self.told = known.n
        order = np.argpartition(self.values, -_SHORT) if len(self.values) > _SHORT else None
        self.short = np.arange(len(self.values)) if order is None else np.sort(order[-_SHORT:])
        self.rest = -np.inf if order is None else float(self.values[order[:-_SHORT]].max())
        self.now = self.values[self.short]
        self.part = known.centred(self.rows[self.short])
        self.weights = known.weights[self.rows[self.short]]
