"""Kernel values between rows of a table, and a ridge fit by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, blocks, is_sparse
from querist.kernels.neighbours import Points

__all__ = ["LIKENESSES", "Likeness", "Ridge"]

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

    def own(self, rows: Array) -> Array:
        """The value of each row with itself, (len(rows),)."""
        return self._lengths(rows) / self.scale + 1 if self.linear else np.ones(len(rows))

    def rows(self, rows: Array) -> Any:
        """Some rows of the table in float64, as they are."""
        return self.points.x[rows].astype(np.float64)

    def _lengths(self, rows: Array) -> Array:
        part = self.rows(rows)
        squared = part.multiply(part) if is_sparse(part) else part * part
        return np.asarray(squared.sum(axis=1)).ravel()


class Ridge:
    """A kernel ridge fit in closed form: goals at some rows of the table, predictions at others.

    It minimises the squared errors plus noise times the squared norm.  With the linear kernel it is kept
    as one weight a feature, so that predictions cost O(d) a row whatever the number of goals.

    Parameters
    ----------
    like : Likeness
    known : row numbers (k,)
    goal : (k, e)
    noise : float > 0

    >>> like = Likeness([[-1.0], [1.0], [2.0]], "linear", 1.0)
    >>> Ridge(like, np.array([0, 1]), np.array([[-1.0], [1.0]]), 1e-9)(np.array([2])).round(6)
    array([[2.]])

    Time O(k^2 (k + d)), linear and dense O(k d^2) where d < k; memory O(k^2) or O(d^2).
    """

    def __init__(self, like: Likeness, known: Array, goal: Array, noise: float) -> None:
        self.like, self.known = like, known
        if like.linear and not like.points.sparse and like.points.d < len(known):
            rows = like.rows(known) / np.sqrt(like.scale)
            rows = np.column_stack([rows, np.ones(len(rows))])
            weights = np.linalg.solve(rows.T @ rows + noise * np.eye(rows.shape[1]), rows.T @ goal)
            self.weights, self.shift = weights[:-1] / np.sqrt(like.scale), weights[-1]
            return
        pull = np.linalg.solve(like(known, known) + noise * np.eye(len(known)), goal)
        if like.linear:
            self.weights = np.asarray(like.rows(known).T @ pull) / like.scale
            self.shift = pull.sum(axis=0)
        else:
            self.pull, self.shift = pull, np.zeros(goal.shape[1])

    def __call__(self, rows: Array) -> Array:
        """What is predicted of some rows, (len(rows), e)."""
        said = np.empty((len(rows), len(self.shift)))
        for start, stop in self._blocks(len(rows)):
            said[start:stop] = self._said(rows[start:stop])
        return said

    def each(self, rows: Array, score: Callable[[Array], Array]) -> Array:
        """One number a row from what is predicted of it; one block is held at a time."""
        out = np.empty(len(rows))
        for start, stop in self._blocks(len(rows)):
            out[start:stop] = score(self._said(rows[start:stop]))
        return out

    def _said(self, rows: Array) -> Array:
        if not self.like.linear:
            return np.asarray(self.like(rows, self.known) @ self.pull)
        part = self.like.points.x[rows].astype(self.like.dtype, copy=False)
        return np.asarray(part @ self.weights.astype(self.like.dtype) + self.shift)

    def _blocks(self, n: int) -> Iterator[tuple[int, int]]:
        width = self.like.width if self.like.linear else max(self.like.width, len(self.known))
        return blocks(n, max(width, len(self.shift)))
