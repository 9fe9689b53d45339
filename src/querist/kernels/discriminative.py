"""Rows that are most easily told from what is labelled, by a linear discriminator fitted anew as it goes."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_candidates, as_matrix, as_taken, blocks, is_sparse
from querist.kernels.large import in_threads, one_thread_a_product
from querist.kernels.top import top

__all__ = ["discriminative"]


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
    weights: Array | None = None
    free = candidates[done:] if done else candidates
    for part in np.array_split(np.arange(done, n), min(steps, n - done)) if n > done else ():
        known = np.concatenate([out, picks[:done]])
        with one_thread_a_product():
            fit = _Discriminator(x, free[:sample], known[-sample:] if sample else known, penalty)
            weights = fit.weights(weights)
            chance = np.round(fit.unlabelled(x, free, weights), digits)
        best = top(chance, len(part))
        picks[part], scores[part] = free[best], chance[best]
        free = np.delete(free, best)
        done += len(part)
    return picks, scores


class _Discriminator:
    """Logistic regression of some rows (1) against others (0), both of weight one half."""

    def __init__(self, x: Any, free: Array, known: Array, penalty: float) -> None:
        self.x = x[np.concatenate([free, known])]
        self.sign = np.repeat([1.0, -1.0], [len(free), len(known)])
        self.weight = np.repeat([0.5 / len(free), 0.5 / max(1, len(known))], [len(free), len(known)])
        self.penalty, self.width = penalty, 64 if is_sparse(x) else int(x.shape[1])
        squares = 0.0
        for start, stop in blocks(len(self.sign), self.width):
            part = self.x[start:stop].astype(np.float64)
            squares += float((part.multiply(part) if is_sparse(part) else part * part).sum())
        self.scale = np.sqrt(squares / len(self.sign)) or 1.0

    def weights(self, start: Array | None) -> Array:
        """The minimum of the loss: a weight a feature, and last the intercept."""
        from scipy.optimize import minimize

        start = np.zeros(self.x.shape[1] + 1) if start is None else start
        options = {"maxiter": 500, "maxfun": 1000, "ftol": 1e-15, "gtol": 1e-9}
        return np.asarray(minimize(self.loss, start, jac=True, method="L-BFGS-B", options=options).x)

    def loss(self, weights: Array) -> tuple[float, Array]:
        """The penalised mean loss and its gradient."""
        gradient = np.zeros(len(weights))
        gradient[:-1] = self.penalty * weights[:-1]
        loss = 0.5 * float(weights[:-1] @ gradient[:-1])
        for start, stop in blocks(len(self.sign), self.width):
            part, sign, weight = self.x[start:stop], self.sign[start:stop], self.weight[start:stop]
            agreed = sign * (part.astype(np.float64) @ weights[:-1] / self.scale + weights[-1])
            loss += float(weight @ np.logaddexp(0, -agreed))
            pull = -sign * weight * _logistic(-agreed)
            gradient[:-1] += (part.T.astype(np.float64) @ pull) / self.scale
            gradient[-1] += pull.sum()
        return loss, gradient

    def unlabelled(self, x: Any, rows: Array, weights: Array) -> Array:
        """The chance of each row to be one of the unlabelled, (len(rows),)."""
        chance = np.empty(len(rows))
        dtype = np.float32 if x.dtype == np.float32 else np.float64
        slope = (weights[:-1] / self.scale).astype(dtype)

        def block(bounds: tuple[int, int]) -> None:
            part = x[rows[slice(*bounds)]].astype(dtype, copy=False)
            chance[slice(*bounds)] = _logistic((part @ slope).astype(np.float64) + weights[-1])

        in_threads(block, blocks(len(rows), self.width))
        return chance


def _logistic(decision: Array) -> Array:
    chance: Array = np.exp(-np.logaddexp(0, -decision))
    return chance
