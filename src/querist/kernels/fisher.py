"""Batches that leave a linear model least to learn of the pool: Fisher information, row by row."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
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
from querist.kernels.large import in_threads, in_turns, is_large, is_plain, lent, one_thread_a_product

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
        picks = design.added(added)
        left, rises = _without_the_least(*design.between(picks), weights[rows[picks]], n)
    return rows[picks[left]], np.maximum(rises, 0)


class _Changes:
    """What became of A and G = A F A by changes of rank one, each kept as two vectors.

    A row x added with its weight, or taken away, changes A by -share a a' and G by share^2 gain a a' -
    share (a b' + b a'), with a = A x, b = G x and gain = x'Gx.
    """

    def __init__(self, most: int, width: int) -> None:
        self.vectors = np.empty((most, 2, width))  # a and b of each
        self.shares, self.gains, self.count = np.empty(most), np.empty(most), 0

    def add(self, share: float, gain: float, along: Array, beyond: Array) -> None:
        self.vectors[self.count] = along, beyond
        self.shares[self.count], self.gains[self.count] = share, gain
        self.count += 1

    def times(self, rows: Array) -> Array:
        """a'x and b'x of each change, for some x; (changes, 2, k)."""
        return np.asarray(self._flat() @ rows.T).reshape(self.count, 2, len(rows))

    def applied(self, first: Array, second: Array, products: Array) -> tuple[Array, Array]:
        """A x and G x, from what they were without any change, and what the changes' vectors give with x."""
        share, gain = self.shares[: self.count, None], self.gains[: self.count, None]
        p, q = share * products[:, 0], share * products[:, 1]
        shares = np.empty((2, 2 * self.count, len(first)))
        shares[0, ::2], shares[0, 1::2] = -p, 0
        shares[1, ::2], shares[1, 1::2] = share * gain * p - q, -p
        vectors = self._flat()
        return first + shares[0].T @ vectors, second + shares[1].T @ vectors

    def _flat(self) -> Array:
        return self.vectors[: self.count].reshape(2 * self.count, self.vectors.shape[2])


class _Design:
    """What adding a row does to the trace, for every row: kept up to date, never inverted anew.

    With A the inverse and G = A F A a row adds weight x'Gx / (1 + weight x'Ax).  A and G are what they
    were at first, and what changed since.  Float32 is multiplied in float32: by factors of A and G at first,
    whose squares are never the small difference of large numbers.
    """

    def __init__(self, x: Any, weights: Array, rows: Array, taken: Array, prior: float, picks: int) -> None:
        self.rows, self.weights = rows, weights[rows]
        self.x, self.where = x, rows  # places of the candidates in the table that is read
        if 2 * len(rows) <= x.shape[0]:
            self.x, self.where = x[rows], np.arange(len(rows))
        self.dtype = np.float32 if x.dtype == np.float32 else np.float64
        weight = np.zeros(self.x.shape[0])
        weight[self.where] = self.weights
        self.large = is_plain(self.x) and is_large(int(self.x.size) * picks)
        self.changes = _Changes(picks, x.shape[1])
        with np.errstate(all="ignore"):  # what is wrong is told below
            try:
                known = _information(x[taken], weights[taken], np.float64) + prior * np.eye(x.shape[1])
                self.inverse = np.linalg.inv(known)
                self.inverse = (self.inverse + self.inverse.T) / 2
                whole = _information(self.x, weight, self.dtype)
                self.twice = self.inverse @ whole @ self.inverse
                self.spread = self._lengths(np.linalg.cholesky(self.inverse))
                self.gain = self._lengths(self.inverse @ _root(whole))
                self.falls = self._falls()
            except np.linalg.LinAlgError as broken:
                raise _unscaled() from broken
        if not (np.isfinite(self.falls).all() and np.isfinite(self.spread).all()):
            raise _unscaled()

    def added(self, n: int) -> Array:
        """The places of ``n`` candidates, each of which lowers the trace most; they are added."""
        places = np.empty(n, dtype=np.intp)
        with ThreadPoolExecutor() as pool:
            for i in range(n):
                places[i] = self._add(pool)
        return places

    def _add(self, pool: ThreadPoolExecutor) -> int:
        place = int(self.falls.argmax())
        self.falls[place] = -np.inf  # not again
        row = _dense(self.x[self.where[place : place + 1]])
        along, beyond = (one[0] for one in self._times(row))
        spread, gain = float(row[0] @ along), float(row[0] @ beyond)
        share = self.weights[place] / (1 + self.weights[place] * spread)
        self.changes.add(share, gain, along, beyond)
        self._change(share, gain, along, beyond, pool)
        return place

    def between(self, places: Array) -> tuple[Array, Array]:
        """x'Ay and x'Gy between some candidates, two (k, k) arrays."""
        part = _dense(self.x[self.where[places]])
        along, beyond = self._times(part)
        return part @ along.T, part @ beyond.T

    def _times(self, rows: Array) -> tuple[Array, Array]:
        """A x and G x for some rows x, two (k, d) arrays."""
        return self.changes.applied(rows @ self.inverse, rows @ self.twice, self.changes.times(rows))

    def _falls(self) -> Array:
        return np.asarray(self.weights * self.gain / (1 + self.weights * np.maximum(self.spread, 0)))

    def _change(self, share: float, gain: float, along: Array, beyond: Array, pool: Any) -> None:
        """What the pick of a row of this share and gain changes for all candidates."""
        if self.large:
            from querist.kernels.compiled_numbers import THREADS
            from querist.kernels.compiled_rows import changed

            x, where, gained = lent(self.x), lent(self.where), share**2 * gain
            one, two, weights = along.astype(self.dtype), beyond.astype(self.dtype), lent(self.weights)

            def part(some: tuple[int, int]) -> None:
                changed(
                    x, where, some[0], some[1], one, two, share, gained, weights, self.spread, self.gain,
                    self.falls,
                )  # fmt: skip

            in_turns(part, _strips(len(where), -(-len(where) // THREADS)), THREADS, pool)
            return
        u, v = self._products(along, beyond)
        self.spread -= share * u**2
        self.gain += share**2 * gain * u**2 - 2 * share * u * v
        self.falls = np.where(self.falls > -np.inf, self._falls(), -np.inf)

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
    left, changes = np.ones(len(weights), dtype=bool), _Changes(max(0, len(weights) - n), len(weights))
    own, own_gain = spread.diagonal().copy(), gain.diagonal().copy()
    while True:
        rest = np.maximum(1 - weights * own, np.finfo(np.float64).eps)
        rises = np.where(left, weights * own_gain / rest, np.inf)
        if left.sum() == n:
            return np.flatnonzero(left), rises[left]
        out = int(rises.argmin())
        left[out] = False
        products = changes.vectors[: changes.count, :, out, None]
        u, v = (one[0] for one in changes.applied(spread[out : out + 1], gain[out : out + 1], products))
        share = -weights[out] / (1 - weights[out] * u[out])
        changes.add(share, v[out], u, v)
        own -= share * u**2
        own_gain += share**2 * v[out] * u**2 - 2 * share * u * v


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

    step = max(4 * x.shape[1], -(-x.shape[0] // 8))  # each has a matrix of its own
    total = np.sum(in_threads(strip, _strips(x.shape[0], step)), axis=0)
    return np.asarray(total + total.T) / 2


def _root(information: Array) -> Array:
    """R with R R' = information."""
    with suppress(np.linalg.LinAlgError):  # where some direction is told nothing of
        return np.linalg.cholesky(information)
    values, directions = np.linalg.eigh(information)
    return np.asarray(directions * np.sqrt(np.maximum(values, 0)))


def _unscaled() -> InvalidInput:
    return InvalidInput(
        "What rows tell cannot be inverted: features are too large, or too far from 0 for how they differ.",
        mend="Scale the features first (StandardScaler), or raise prior.",
    )


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
    data, most = x.data if is_sparse(x) else x, 0.0
    for start, stop in blocks(len(data), 1 if is_sparse(x) else d):
        part = data[start:stop]
        most = max(most, float(part.max(initial=0)), -float(part.min(initial=0)))
        if not np.isfinite(part).all():
            raise InvalidInput("Some features are not finite.", mend="Fill missing values (SimpleImputer).")
    if most > np.sqrt(np.finfo(np.float32 if x.dtype == np.float32 else np.float64).max / max(1, data.size)):
        raise _unscaled()
    return x, weight
