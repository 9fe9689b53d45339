"""Batches that leave a linear model least to learn of the pool: Fisher information, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import (
    Array,
    as_candidates,
    as_matrix,
    as_numbers,
    as_taken,
    blocks,
    is_sparse,
)
from querist.kernels.large import in_threads, is_large, is_plain, lent, one_thread_a_product

__all__ = ["bait"]

_WIDEST = 8192
_STRIP = 1 << 14  # rows that one core takes at a time
_CACHED = 1 << 10  # and of which the second product finds the rows still there


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
    candidates and then O(over n m d); memory O(d^2 + m) and one block a core.
    Ash, Goel, Krishnamurthy & Kakade 2021 (BAIT); with weights 1 and over 1 the transductive design of
    Yu, Bi & Tresp 2006.
    """
    x, weights = _checked(x, weights, prior, over)
    n_rows = int(x.shape[0])
    taken = as_taken(taken, n_rows)
    rows = np.arange(n_rows) if rows is None else as_candidates(rows, n_rows)
    rows = rows[~np.isin(rows, taken)]
    n = max(0, min(int(n), len(rows)))
    if not n:
        return rows[:0], np.empty(0)
    with one_thread_a_product():
        added = min(len(rows), max(n, int(np.ceil(over * n))))
        design = _Design(x, weights, rows, taken, prior, added)
        picks = np.array([design.add() for _ in range(added)])
        left, rises = _without_the_least(*design.between(picks), weights[rows[picks]], n)
    return rows[picks[left]], np.maximum(rises, 0)


class _Design:
    """What adding a row does to the trace, for every row: kept up to date, never inverted anew.

    With A the inverse and G = A F A a row adds weight x'Gx / (1 + weight x'Ax).  A and G are what they
    were at first and a change a pick, along = A x and beyond = G x, which are kept instead of new
    matrices.  Float32 is multiplied in float32: by factors of A and G at first, whose squares are never
    the small difference of large numbers.
    """

    def __init__(self, x: Any, weights: Array, rows: Array, taken: Array, prior: float, picks: int) -> None:
        self.rows, self.weights = rows, weights[rows]
        self.x, self.where = x, rows  # places of the candidates in the table that is read
        if 2 * len(rows) <= x.shape[0]:
            self.x, self.where = x[rows], np.arange(len(rows))
        self.dtype = np.float32 if x.dtype == np.float32 else np.float64
        weight = np.zeros(self.x.shape[0])
        weight[self.where] = self.weights
        known = _information(x[taken], weights[taken], np.float64) + prior * np.eye(x.shape[1])
        self.inverse = np.linalg.inv(known)
        self.inverse = (self.inverse + self.inverse.T) / 2
        whole = _information(self.x, weight, self.dtype)
        self.twice = self.inverse @ whole @ self.inverse
        self.large = is_plain(self.x) and is_large(int(self.x.size) * picks)
        self.along, self.beyond = np.empty((0, x.shape[1])), np.empty((0, x.shape[1]))
        self.shares, self.gains = np.empty(0), np.empty(0)
        self.spread = self._lengths(np.linalg.cholesky(self.inverse))
        self.gain = self._lengths(self.inverse @ _root(whole))

    def add(self) -> int:
        """The place of the candidate that lowers the trace most; it is added."""
        falls = self.weights * self.gain / (1 + self.weights * np.maximum(self.spread, 0))
        falls[np.isnan(self.gain)] = -np.inf
        place = int(falls.argmax())
        row = _dense(self.x[self.where[place : place + 1]])
        along, beyond = (one[0] for one in self._times(row))
        spread, gain = float(row[0] @ along), float(row[0] @ beyond)
        share = self.weights[place] / (1 + self.weights[place] * spread)
        self.along, self.beyond = np.vstack([self.along, along]), np.vstack([self.beyond, beyond])
        self.shares, self.gains = np.append(self.shares, share), np.append(self.gains, gain)
        self._change(share, gain, along, beyond)
        self.gain[place] = np.nan  # not again
        return place

    def between(self, places: Array) -> tuple[Array, Array]:
        """x'Ay and x'Gy between some candidates, two (k, k) arrays."""
        part = _dense(self.x[self.where[places]])
        along, beyond = self._times(part)
        return part @ along.T, part @ beyond.T

    def _times(self, rows: Array) -> tuple[Array, Array]:
        """A x and G x for some rows x, two (k, d) arrays."""
        first = rows @ self.inverse
        p, q = rows @ self.along.T, rows @ self.beyond.T
        along = first - (self.shares * p) @ self.along
        beyond = rows @ self.twice
        beyond += (self.shares**2 * self.gains * p - self.shares * q) @ self.along
        return along, beyond - (self.shares * p) @ self.beyond

    def _change(self, share: float, gain: float, along: Array, beyond: Array) -> None:
        """What the pick of a row of this share and gain changes for all candidates."""
        if self.large:
            from querist.kernels.compiled_rows import changed

            x, where, gained = lent(self.x), lent(self.where), share**2 * gain
            one, two = along.astype(self.dtype), beyond.astype(self.dtype)

            def part(some: tuple[int, int]) -> None:
                changed(x, where, some[0], some[1], one, two, share, gained, self.spread, self.gain)

            in_threads(part, _strips(len(where), max(_STRIP, -(-len(where) // 8))))
            return
        u, v = self._products(along, beyond)
        self.spread -= share * u**2
        self.gain += share**2 * gain * u**2 - 2 * share * u * v

    def _products(self, *directions: Array) -> list[Array]:
        """The candidates times some directions, (len(rows),) each."""
        out = [np.empty(self.x.shape[0]) for _ in directions]
        narrow = [direction.astype(self.dtype) for direction in directions]

        def strip(bounds: tuple[int, int]) -> None:
            for start in range(*bounds, _CACHED):
                some = slice(start, min(bounds[1], start + _CACHED))
                part = self.x[some].astype(self.dtype, copy=False)
                for column, direction in zip(out, narrow, strict=True):
                    column[some] = part @ direction

        in_threads(strip, _strips(len(out[0])))
        return [column[self.where] for column in out]

    def _lengths(self, factor: Array) -> Array:
        """The squared length of each candidate times ``factor``, (len(rows),)."""
        out, narrow = np.empty(self.x.shape[0]), factor.astype(self.dtype)

        def block(bounds: tuple[int, int]) -> None:
            images = self.x[slice(*bounds)].astype(self.dtype, copy=False) @ narrow
            out[slice(*bounds)] = np.einsum("ij,ij->i", images, images)

        in_threads(block, blocks(len(out), len(factor)))
        return out[self.where]


def _without_the_least(spread: Array, gain: Array, weights: Array, n: int) -> tuple[Array, Array]:
    """Which ``n`` of the rows are left when the least missed is taken away again and again, and how missed.

    ``spread`` and ``gain`` are x'Ay and x'Gy between the rows that were added.
    """
    left = np.arange(len(weights))

    def rises() -> Array:
        rest = np.maximum(1 - weights[left] * spread[left, left], np.finfo(np.float64).eps)
        return np.asarray(weights[left] * gain[left, left] / rest)

    while len(left) > n:
        place = int(rises().argmin())
        out = left[place]
        left = np.delete(left, place)
        share = -weights[out] / (1 - weights[out] * spread[out, out])
        u, v = spread[out].copy(), gain[out].copy()
        spread -= share * np.outer(u, u)
        both = share * np.outer(u, v)
        gain += share**2 * v[out] * np.outer(u, u) - both - both.T
    return left, rises()


def _information(x: Any, weights: Array, dtype: Any) -> Array:
    """The sum of weight x x' over all rows, (d, d): blocks multiplied in ``dtype``, summed in float64."""

    def strip(bounds: tuple[int, int]) -> Array:
        own = np.zeros((x.shape[1], x.shape[1]))
        for start, stop in blocks(bounds[1] - bounds[0], x.shape[1]):
            some = slice(bounds[0] + start, bounds[0] + stop)
            part = x[some].astype(dtype, copy=False)
            part = np.asarray(part.toarray() if is_sparse(part) else part)
            own += (part * weights[some, None].astype(dtype)).T @ part
        return own

    total = np.sum(in_threads(strip, _strips(x.shape[0], max(_STRIP, -(-x.shape[0] // 8)))), axis=0)
    return np.asarray(total + total.T) / 2


def _root(information: Array) -> Array:
    """R with R R' = information."""
    values, directions = np.linalg.eigh(information)
    return np.asarray(directions * np.sqrt(np.maximum(values, 0)))


def _strips(n: int, step: int = _STRIP) -> list[tuple[int, int]]:
    return [(start, min(n, start + step)) for start in range(0, max(n, 1), step)]


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
    weight = np.ones(n) if weights is None else as_numbers(weights)
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
