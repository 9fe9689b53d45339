"""Kernel values between rows of a table, and a ridge fit by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, blocks, is_sparse
from querist.kernels.neighbours import Points

__all__ = ["LIKENESSES", "Fit", "Likeness", "ridge"]

LIKENESSES = ("gaussian", "linear")


class Likeness:
    """Kernel values between rows of a table, in float64.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    similarity : "gaussian" or "linear"
        exp(-d^2 / 2 radius^2), or 1 + the dot product / the mean squared length of rows.
    radius : float > 0
        How far a row speaks, for "gaussian".

    >>> Likeness([[0.0], [1.0], [3.0]], "gaussian", 1.0)(np.array([0]), np.array([0, 1]))
    array([[1.        , 0.60653066]])
    """

    def __init__(self, x: Any, similarity: str, radius: float) -> None:
        if similarity not in LIKENESSES:
            raise InvalidInput(
                f"There is no similarity {similarity!r}.", mend=f"Use one of {', '.join(LIKENESSES)}."
            )
        if not 0 < radius < np.inf:
            raise InvalidInput(f"radius must be a number above 0; got {radius!r}.", mend="Try reach(x, 0.5).")
        self.points = Points(x)
        self.dtype, self.linear = self.points.dtype, similarity == "linear"
        self.scale = 2.0 * radius**2
        self.width = 64 if self.points.sparse else self.points.d
        if self.linear:
            lengths = [self._lengths(np.arange(*part)).sum() for part in self.points.blocks()]
            self.scale = float(sum(lengths)) / max(1, self.points.n) or 1.0

    def __call__(self, rows: Array, others: Array) -> Array:
        """(len(rows), len(others))."""
        if not len(others) or not len(rows):
            return np.zeros((len(rows), len(others)))
        if self.linear:
            products = self.rows(rows) @ self.rows(others).T
            return np.asarray(products.toarray() if is_sparse(products) else products) / self.scale + 1
        squared = self.points.between(rows, self.points.centres(others)).astype(np.float64)
        return np.asarray(np.exp(squared / -self.scale))

    def exact(self, rows: Array, others: Array) -> Array:
        """The same without the rounding of float32, which inverses of the values would blow up."""
        if self.linear or self.dtype == np.float64 or not len(rows) or not len(others):
            return self(rows, others)
        one, two = self.rows(rows), self.rows(others)
        if not self.points.sparse:
            one, two = one - self.points.mean, two - self.points.mean
        products = one @ two.T
        squared = self._squares(one)[:, None] + self._squares(two)
        squared -= 2 * np.asarray(products.toarray() if is_sparse(products) else products)
        return np.asarray(np.exp(np.maximum(squared, 0) / -self.scale))

    def own(self, rows: Array) -> Array:
        """The value of each row with itself, (len(rows),)."""
        return self._lengths(rows) / self.scale + 1 if self.linear else np.ones(len(rows))

    def rows(self, rows: Array) -> Any:
        """Some rows of the table in float64, as they are."""
        return self.points.x[rows].astype(np.float64)

    def _lengths(self, rows: Array) -> Array:
        return self._squares(self.rows(rows))

    def _squares(self, part: Any) -> Array:
        squared = part.multiply(part) if is_sparse(part) else part * part
        return np.asarray(squared.sum(axis=1)).ravel()


class Fit:
    """Features in which a kernel over some rows is a product, and what weights there say of others.

    A function of least norm is a sum of kernel values at the rows that it was fitted to; with features
    such that their products are those kernel values, the norm is the length of the weights.  The linear
    kernel of dense rows keeps its own features where they are fewer than the rows.

    Parameters
    ----------
    like : Likeness
    known : row numbers (k,)
        What may be fitted to.

    Attributes
    ----------
    features : (k, r)
    weights : (r, e)
        0 until somebody fits them.

    >>> like = Likeness([[-1.0], [1.0], [2.0]], "gaussian", 1.0)
    >>> fit = Fit(like, np.array([0, 1]))
    >>> np.allclose(fit.features @ fit.features.T, like(fit.known, fit.known))
    True

    Time O(k^2 (k + d)), linear and dense O(k d) where d < k; memory O(k^2) or O(k d).
    """

    def __init__(self, like: Likeness, known: Array) -> None:
        self.like, self.known = like, known
        self._own = like.linear and not like.points.sparse and like.points.d < len(known)
        if self._own:
            rows = like.rows(known) / np.sqrt(like.scale)
            self.features = np.column_stack([rows, np.ones(len(rows))])
        else:
            values, turned = np.linalg.eigh(like.exact(known, known))
            kept = values > 1e-12 * values.max(initial=0)
            self._back = turned[:, kept] / np.sqrt(values[kept])
            self.features = turned[:, kept] * np.sqrt(values[kept])
        self.weights = np.zeros((self.features.shape[1], 1))

    def at(self, rows: Array) -> Array:
        """The features of other rows, (len(rows), r): what of them the known rows span."""
        out = np.empty((len(rows), self.features.shape[1]))
        for start, stop in self._blocks(len(rows)):
            some = rows[start:stop]
            if self._own:
                out[start:stop, :-1] = self.like.rows(some) / np.sqrt(self.like.scale)
                out[start:stop, -1] = 1
            else:
                out[start:stop] = self.like.exact(some, self.known) @ self._back
        return out

    def __call__(self, rows: Array) -> Array:
        """What the weights say of some rows, (len(rows), e)."""
        says, said = self._says(), np.empty((len(rows), self.weights.shape[1]))
        for start, stop in self._blocks(len(rows)):
            said[start:stop] = says(rows[start:stop])
        return said

    def each(self, rows: Array, score: Callable[[Array], Array]) -> Array:
        """One number a row from what is said of it; one block is held at a time."""
        says, out = self._says(), np.empty(len(rows))
        for start, stop in self._blocks(len(rows)):
            out[start:stop] = score(says(rows[start:stop]))
        return out

    def _says(self) -> Callable[[Array], Array]:
        like = self.like
        if not like.linear:
            pull = self._back @ self.weights
            return lambda rows: np.asarray(like(rows, self.known) @ pull)
        if self._own:
            slope, shift = self.weights[:-1] / np.sqrt(like.scale), self.weights[-1]
        else:
            pull = self._back @ self.weights
            slope, shift = np.asarray(like.rows(self.known).T @ pull) / like.scale, pull.sum(axis=0)
        slope = slope.astype(like.dtype)
        return lambda rows: np.asarray(like.points.x[rows].astype(like.dtype, copy=False) @ slope + shift)

    def _blocks(self, n: int) -> Iterator[tuple[int, int]]:
        width = self.like.width if self.like.linear else max(self.like.width, len(self.known))
        return blocks(n, max(width, self.weights.shape[1]))


def ridge(like: Likeness, known: Array, goal: Array, noise: float) -> Fit:
    """The fit of least squared errors, plus noise times the squared norm, to ``goal`` (k, e) at some rows.

    >>> like = Likeness([[-1.0], [1.0], [2.0]], "linear", 1.0)
    >>> ridge(like, np.array([0, 1]), np.array([[-1.0], [1.0]]), 1e-9)(np.array([2])).round(6)
    array([[2.]])
    """
    fit = Fit(like, known)
    moments = fit.features.T @ fit.features + noise * np.eye(fit.features.shape[1])
    fit.weights = np.linalg.solve(moments, fit.features.T @ goal)
    return fit
