"""A support vector machine that is taught one row at a time: kernel matrix and last solution are kept.

Sequential minimal optimisation with second-order working sets (Fan, Chen & Lin, 2005), as in LIBSVM.  After
one more label the old solution is nearly right, so that a handful of steps settles the new one; and as
the answers to all rows are kept beside it, nothing is predicted anew.  tests/benchmarks/test_lu2023.py
holds it against scikit-learn's SVC.
"""

from __future__ import annotations

import numba
import numpy as np

__all__ = ["Machine", "gaussian", "offset", "settle"]

TOLERANCE = 1e-4  # LIBSVM stops at 1e-3
_STEPS = 10_000_000


def gaussian(pool: np.ndarray, test: np.ndarray, gamma: float | None = None) -> np.ndarray:
    """exp(-gamma d^2) of each row of the pool with all of the pool and the test set, (n, n + m)."""
    rows = np.vstack([pool, test])
    lengths = np.einsum("ij,ij->i", rows, rows)
    squares = pool @ rows.T
    squares *= -2.0
    squares += lengths[: len(pool), None]
    squares += lengths
    np.maximum(squares, 0.0, out=squares)
    squares *= -(1.0 / pool.shape[1] if gamma is None else gamma)
    np.exp(squares, out=squares)
    np.fill_diagonal(squares[:, : len(pool)], 1.0)
    return squares


@numba.njit(cache=True)
def settle(
    kernel: np.ndarray,
    y: np.ndarray,
    rows: np.ndarray,
    most: np.ndarray,
    beta: np.ndarray,
    said: np.ndarray,
    tolerance: float,
) -> int:
    """Steps until the dual is solved; ``beta`` (signed, sum 0) and ``said`` = K beta change in place.

    Arrays are in the order of ``rows``; ``most`` is what each multiplier may come to.
    """
    n = len(rows)
    own = np.empty(n)
    for t in range(n):
        own[t] = kernel[rows[t], rows[t]]
    for step in range(_STEPS):
        i, best, worst = -1, -np.inf, np.inf
        for t in range(n):
            error = y[t] - said[t]
            up = beta[t] < most[t] if y[t] > 0 else beta[t] < 0.0
            if up and error > best:
                best, i = error, t
            low = beta[t] > 0.0 if y[t] > 0 else beta[t] > -most[t]
            if low and error < worst:
                worst = error
        if i < 0 or best - worst < tolerance:
            return step
        j, gain, slope = -1, 0.0, 1.0
        line = kernel[rows[i]]
        for t in range(n):
            low = beta[t] > 0.0 if y[t] > 0 else beta[t] > -most[t]
            less = best - (y[t] - said[t])
            if low and less > 0.0:
                bend = max(own[i] + own[t] - 2.0 * line[rows[t]], 1e-12)
                if less * less > gain * bend:
                    gain, j, slope = less * less / bend, t, less / bend
        room_i = (most[i] if y[i] > 0 else 0.0) - beta[i]
        room_j = beta[j] - (0.0 if y[j] > 0 else -most[j])
        move = min(slope, room_i, room_j)
        # at a bound the multiplier is that bound, not a sum that is nearly it
        beta[i] = (most[i] if y[i] > 0 else 0.0) if move == room_i else beta[i] + move
        beta[j] = (0.0 if y[j] > 0 else -most[j]) if move == room_j else beta[j] - move
        other = kernel[rows[j]]
        for t in range(n):
            said[t] += move * (line[rows[t]] - other[rows[t]])
    return _STEPS


@numba.njit(cache=True)
def offset(y: np.ndarray, most: np.ndarray, beta: np.ndarray, said: np.ndarray) -> float:
    """The intercept: the mean error of the free vectors, or the middle of what the bounds leave."""
    total, free, high, low = 0.0, 0, -np.inf, np.inf
    for t in range(len(y)):
        error, size = y[t] - said[t], abs(beta[t])
        if 0.0 < size < most[t]:
            total += error
            free += 1
        elif (size == 0.0) == (y[t] > 0):
            high = max(high, error)
        else:
            low = min(low, error)
    return total / free if free else (high + low) / 2.0


@numba.njit(cache=True)
def _learned(
    kernel: np.ndarray,
    y: np.ndarray,
    rows: np.ndarray,
    size: int,
    beta: np.ndarray,
    said: np.ndarray,
    most: np.ndarray,
    tolerance: float,
) -> float:
    """Settle with the first ``size`` of ``rows``; ``said`` of all rows and ``beta`` follow; the intercept."""
    now, seen = rows[:size], np.empty(size)
    for t in range(size):
        seen[t] = said[now[t]]
    before = beta[:size].copy()
    settle(kernel, y[:size], now, most[:size], beta[:size], seen, tolerance)
    for t in range(size):
        change = beta[t] - before[t]
        if change != 0.0:
            line = kernel[now[t]]
            for r in range(len(said)):
                said[r] += change * line[r]
    return offset(y[:size], most[:size], beta[:size], seen)


class Machine:
    """The classifier over a pool and a test set whose kernel values are known, (n, n + m).

    ``learn(rows)`` adds labelled rows of the pool; ``decision`` is then its answer to every row.
    """

    def __init__(self, kernel: np.ndarray, y: np.ndarray, *, c: float = 1.0, tolerance: float = TOLERANCE):
        n, total = kernel.shape
        self.kernel, self.y, self.tolerance = kernel, np.asarray(y, dtype=np.float64), tolerance
        self.rows, self.size = np.empty(n, dtype=np.int64), 0
        self.beta, self.most, self.said = np.zeros(n), np.full(n, float(c)), np.zeros(total)
        self._truth = np.empty(n)
        self.decision = self.said

    def learn(self, rows: np.ndarray | list[int]) -> np.ndarray:
        """Take in rows with their labels; the answers to pool and test set, (n + m,)."""
        for row in rows:
            self.rows[self.size], self._truth[self.size] = row, self.y[row]
            self.size += 1
        shift = _learned(
            self.kernel,
            self._truth,
            self.rows,
            self.size,
            self.beta,
            self.said,
            self.most,
            self.tolerance,
        )
        self.decision = self.said + shift
        return self.decision
