"""Rows that are most easily told from what is labelled, by a linear discriminator fitted anew as it goes."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_candidates, as_matrix, as_taken, is_sparse
from querist.kernels.large import in_threads, one_thread_a_product
from querist.kernels.strips import ranges
from querist.kernels.top import top

__all__ = ["discriminative"]

_TOGETHER = 1 << 19  # numbers in a block, which is multiplied twice while it is in the cache
_MOST = {"maxiter": 500, "maxfun": 1000}
_DOUBLE = {"ftol": 1e-15, "gtol": 1e-9}
_SINGLE = {"ftol": 1e-10, "gtol": 1e-6}  # what the products of float32 can tell


def discriminative(
    x: Any,
    n: int,
    *,
    taken: Any = None,
    rows: Any = None,
    steps: int = 10,
    penalty: float = 0.01,
    sample: int | None = None,
) -> tuple[Array, Array]:
    """Each pick is the candidate that a discriminator holds least likely to be labelled or out.

    The discriminator is a logistic regression of candidates against what is taken, either side of the
    same weight whatever its size; after each of ``steps`` parts of the batch it learns that the picks
    are taken now.  Prefer it where the labelled items should look like the pool as a whole; it knows
    linear differences only, so give it good features.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    n : int
        How many; all candidates come back when there are fewer.
    taken, rows : row numbers, optional
        As for :func:`querist.kernels.k_center`.  Where nothing is taken the first of ``rows`` is picked
        to begin with.
    steps : int
        At most so many fits.
    penalty : float > 0
        Half of it times the squared length of the weights is added to the mean loss, for features
        divided by the root of their mean squared length.
    sample : int, optional
        How many candidates, the first of ``rows``, and how many of ``taken``, the last, a fit sees.

    Returns
    -------
    picks : row numbers, in the order picked; among equals the earlier of ``rows``
    scores : the chance of being unlabelled at its turn, to 9 digits (5 in float32)

    >>> discriminative([[0.0], [1.0], [2.0], [5.0], [9.0]], 2, taken=[0])[0]
    array([4, 1])

    Time O((m + sample x rounds) d) a step, rounds being tens; memory O(m + sample x d).
    Features in float32 are multiplied in float32.
    Gissin & Shalev-Shwartz 2019.
    """
    x = as_matrix(x)
    total = int(x.shape[0])
    if steps < 1 or not 0 < penalty < np.inf:
        raise InvalidInput(
            f"steps must be 1 or more and the penalty above 0; got {steps!r} and {penalty!r}.",
            mend="Leave them out for the defaults.",
        )
    out = as_taken(taken, total)
    candidates = np.arange(total) if rows is None else as_candidates(rows, total)
    candidates = candidates[~np.isin(candidates, out)]
    n = max(0, min(int(n), len(candidates)))
    picks, scores = np.empty(n, dtype=np.intp), np.ones(n)
    done = 0
    if n and not len(out):
        picks[0], done = candidates[0], 1
    digits = 5 if x.dtype == np.float32 else 9  # what is equal stays so through the noise of rounding
    fit = _Discriminator(x, candidates, out, penalty, sample)
    free = candidates[done:] if done else candidates
    for part in np.array_split(np.arange(done, n), min(steps, n - done)) if n > done else ():
        with one_thread_a_product():
            fit.learn(free, np.concatenate([out, picks[:done]]))
            chance = np.round(fit.unlabelled(free), digits)
        best = top(chance, len(part))
        picks[part], scores[part] = free[best], chance[best]
        free = np.delete(free, best)
        done += len(part)
    return picks, scores


class _Discriminator:
    """Logistic regression of some rows (1) against others (0), both of weight one half.

    What is learned before is where the next fit begins.
    """

    def __init__(self, x: Any, free: Array, out: Array, penalty: float, sample: int | None) -> None:
        self.x, self.penalty, self.sample = x, penalty, sample
        self.kind = np.dtype(np.float32 if x.dtype == np.float32 else np.float64)
        self.step = max(1, _TOGETHER // max(1, 64 if is_sparse(x) else x.shape[1]))
        self.learned = np.zeros(x.shape[1] + 1)
        self.rows = np.sort(np.concatenate([free, out]))
        self.all = sample is None
        """Whether a fit sees all rows that play a part: then they are put together only once."""
        if self.all:
            self.seen = x if len(self.rows) == x.shape[0] else x[self.rows]
            self.scale = self._spread()

    def learn(self, free: Array, known: Array) -> None:
        """Find the minimum of the loss: a weight a feature, and last the intercept."""
        from scipy.optimize import minimize

        if not self.all:
            free, known = free[: self.sample], known[-self.sample :] if self.sample else known[:0]
            self.rows = np.concatenate([free, known])
            self.seen = self.x[self.rows]
            self.scale = self._spread()
            places = np.arange(len(free)), np.arange(len(free), len(self.rows))
        else:
            places = np.searchsorted(self.rows, free), np.searchsorted(self.rows, known)
        self.sign, self.weight = np.ones(len(self.rows)), np.zeros(len(self.rows))
        self.sign[places[1]] = -1
        for some in places:
            self.weight[some] = 0.5 / max(1, len(some))
        digits = _SINGLE if self.kind == np.float32 else _DOUBLE
        found = minimize(self.loss, self.learned, jac=True, method="L-BFGS-B", options=_MOST | digits)
        self.learned = np.asarray(found.x)

    def loss(self, weights: Array) -> tuple[float, Array]:
        """The penalised mean loss and its gradient."""
        slope = (weights[:-1] / self.scale).astype(self.kind)

        def block(bounds: tuple[int, int]) -> tuple[float, Array, float]:
            some = slice(*bounds)
            part, sign, weight = (
                self.seen[some].astype(self.kind, copy=False),
                self.sign[some],
                self.weight[some],
            )
            against = sign * ((part @ slope).astype(np.float64) + weights[-1])
            np.negative(against, out=against)
            tail = np.exp(-np.abs(against))
            loss = float(weight @ (np.maximum(against, 0) + np.log1p(tail)))
            pull = -sign * weight * np.where(against > 0, 1, tail) / (1 + tail)
            return loss, part.T @ pull.astype(self.kind), float(pull.sum())

        gradient = np.zeros(len(weights))
        gradient[:-1] = self.penalty * weights[:-1]
        whole = 0.5 * float(weights[:-1] @ gradient[:-1])
        for loss, slopes, shift in in_threads(block, ranges(len(self.sign), self.step)):
            whole += loss
            gradient[:-1] += slopes.astype(np.float64) / self.scale
            gradient[-1] += shift
        return whole, gradient

    def unlabelled(self, rows: Array) -> Array:
        """The chance of each row to be one of the unlabelled, (len(rows),)."""
        table, some = (self.seen, self.rows) if self.all else (self.x, rows)
        chance = np.empty(len(some))
        slope = (self.learned[:-1] / self.scale).astype(self.kind)

        def block(bounds: tuple[int, int]) -> None:
            part = table[slice(*bounds)] if self.all else table[some[slice(*bounds)]]
            decision = (part.astype(self.kind, copy=False) @ slope).astype(np.float64) + self.learned[-1]
            chance[slice(*bounds)] = np.exp(-np.logaddexp(0, -decision))

        in_threads(block, ranges(len(some), self.step))
        return chance[np.searchsorted(some, rows)] if self.all else chance

    def _spread(self) -> float:
        """The root of the mean squared length of the rows that are seen."""

        def block(bounds: tuple[int, int]) -> float:
            part = self.seen[slice(*bounds)].astype(np.float64)
            return float((part.multiply(part) if is_sparse(part) else part * part).sum())

        squares = sum(in_threads(block, ranges(self.seen.shape[0], self.step)))
        if not np.isfinite(squares):
            raise InvalidInput(
                "The features are not all finite, or too large to be squared.",
                mend="Fill missing values (SimpleImputer) and scale the features first.",
            )
        return float(np.sqrt(squares / self.seen.shape[0])) or 1.0
