"""Batches that leave a linear model least to learn of the pool: Fisher information, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_matrix, as_rows, blocks, is_sparse

__all__ = ["bait"]

_WIDEST = 8192


def bait(
    x: Any,
    n: int,
    *,
    weights: Any = None,
    taken: Any = None,
    rows: Any = None,
    prior: float = 1.0,
    over: float = 2.0,
) -> tuple[Array, Array]:
    """Greedy picks S for the least tr((prior I + F_taken + F_S)^-1 F_rows), F the sum of weight x x'.

    ``over * n`` rows are added, each the one that lowers the trace most, and then the least missed are
    taken away again until n are left.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse, d at most 8192
    n : int
        How many; all candidates come back when there are fewer.
    weights : (n_rows,) numbers >= 0, optional
        What a label tells there; 1 if not given, which is the linear regression.
    taken, rows : row numbers, optional
        As for :func:`querist.kernels.k_center`.
    prior : float above 0
        What is known of each weight of the model beforehand.
    over : float, 1 or more
        1 adds only.

    Returns
    -------
    picks : row numbers, in the order added
    scores : how much the trace would rise without each

    >>> bait([[1.0, 0.0], [3.0, 0.0], [0.0, 1.0], [0.0, 2.0]], 2)[0]
    array([1, 3])

    Matrices are changed by one row at a time, so that a pick costs O(m d + d^2): time O(m d^2) for m
    candidates and then O(over n m d); memory O(d^2 + m) and one block.
    Ash, Goel, Krishnamurthy & Kakade 2021 (BAIT); with weights 1 and over 1 the transductive design of
    Yu, Bi & Tresp 2006.
    """
    x, weights = _checked(x, weights, prior, over)
    n_rows = int(x.shape[0])
    taken = as_rows([] if taken is None else taken, n_rows)
    rows = np.arange(n_rows) if rows is None else as_rows(rows, n_rows)
    rows = rows[~np.isin(rows, taken)]
    n = max(0, min(int(n), len(rows)))
    if not n:
        return rows[:0], np.empty(0)
    design = _Design(x, weights, rows, taken, prior)
    free = np.ones(len(rows), dtype=bool)
    picks: list[int] = []
    for _ in range(min(len(rows), max(n, int(np.ceil(over * n))))):
        pick = int(np.where(free, design.falls(), -np.inf).argmax())
        free[pick] = False
        picks.append(pick)
        design.change(pick, 1.0)
    design.keep(np.array(picks))
    left = list(range(len(picks)))
    while len(left) > n:
        rises = design.rises()[left]
        out = left.pop(int(rises.argmin()))
        design.change(out, -1.0)
    return rows[np.array(picks)[left]], np.maximum(design.rises()[left], 0)


class _Design:
    """What a change by one row does to the trace, for every row: kept up to date, never inverted anew."""

    def __init__(self, x: Any, weights: Array, rows: Array, taken: Array, prior: float) -> None:
        self.x, self.rows, self.weights = x, rows, weights[rows]
        known = _information(x, taken, weights) + prior * np.eye(x.shape[1])
        self.inverse = np.linalg.inv(known)  # A
        self.inverse = (self.inverse + self.inverse.T) / 2
        self.effect = self.inverse @ _information(x, rows, weights) @ self.inverse  # G = A F A
        self.spread, self.gain = np.empty(len(rows)), np.empty(len(rows))  # x'Ax and x'Gx
        for start, stop in blocks(len(rows), x.shape[1]):
            part = _dense(x[rows[start:stop]])
            self.spread[start:stop] = np.einsum("ij,ij->i", part @ self.inverse, part)
            self.gain[start:stop] = np.einsum("ij,ij->i", part @ self.effect, part)

    def falls(self) -> Array:
        """How much the trace falls when a row is added."""
        return np.asarray(self.weights * self.gain / (1 + self.weights * np.maximum(self.spread, 0)))

    def rises(self) -> Array:
        """How much the trace rises when a row that was added is taken away."""
        rest = np.maximum(1 - self.weights * self.spread, np.finfo(np.float64).eps)
        return np.asarray(self.weights * self.gain / rest)

    def change(self, place: int, sign: float) -> None:
        """Add a row (1) or take it away (-1)."""
        row = _dense(self.x[self.rows[place : place + 1]])[0]
        weight, spread, gain = sign * self.weights[place], self.spread[place], self.gain[place]
        share = weight / (1 + weight * spread)
        along, beyond = self.inverse @ row, self.effect @ row
        self.inverse -= share * np.outer(along, along)
        both = share * np.outer(along, beyond)
        self.effect += share**2 * gain * np.outer(along, along) - both - both.T
        for start, stop in blocks(len(self.rows), self.x.shape[1]):
            part = _dense(self.x[self.rows[start:stop]])
            u, v = part @ along, part @ beyond
            self.spread[start:stop] -= share * u**2
            self.gain[start:stop] += share**2 * gain * u**2 - 2 * share * u * v

    def keep(self, places: Array) -> None:
        """Forget all rows but these."""
        self.rows, self.weights = self.rows[places], self.weights[places]
        self.spread, self.gain = self.spread[places], self.gain[places]


def _information(x: Any, rows: Array, weights: Array) -> Array:
    """The sum of weight x x' over some rows, (d, d)."""
    d = int(x.shape[1])
    total = np.zeros((d, d))
    for start, stop in blocks(len(rows), d):
        some = rows[start:stop]
        part = _dense(x[some])
        total += (part * weights[some][:, None]).T @ part
    return total


def _dense(part: Any) -> Array:
    return np.asarray(part.toarray() if is_sparse(part) else part, dtype=np.float64)


def _checked(x: Any, weights: Any, prior: float, over: float) -> tuple[Any, Array]:
    x = as_matrix(x)
    n, d = int(x.shape[0]), int(x.shape[1])
    if d > _WIDEST:
        raise InvalidInput(
            f"Fisher information of {d} features is a {d} x {d} matrix.",
            mend=f"Bring them to {_WIDEST} or fewer first (TruncatedSVD, PCA).",
        )
    if not (0 < prior < np.inf and 1 <= over < np.inf):
        raise InvalidInput(
            f"prior must be above 0 and over 1 or more; got {prior!r} and {over!r}.", mend="Leave them out."
        )
    weight = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    if weight.shape != (n,) or not np.isfinite(weight).all() or (weight < 0).any():
        raise InvalidInput(
            f"Weights must be {n} finite numbers of 0 or more; got shape {weight.shape}.",
            mend="Give one weight a row.",
        )
    data = x.data if is_sparse(x) else x
    for start, stop in blocks(len(data), 1 if is_sparse(x) else d):
        if not np.isfinite(data[start:stop]).all():
            raise InvalidInput("Some features are not finite.", mend="Fill missing values (SimpleImputer).")
    return x, weight
