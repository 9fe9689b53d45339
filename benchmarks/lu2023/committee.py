"""Query by committee as it was run: the votes of four models, each taught a bootstrap."""

from __future__ import annotations

import numpy as np
from linear import Logistic, discriminant, with_intercept
from svm import offset, settle

__all__ = ["committee"]

_TOLERANCE = 1e-3
_SEED = 1126


def committee(x: np.ndarray, kernel: np.ndarray, y: np.ndarray, start: int) -> np.ndarray:
    """The order of query by committee: the most divided vote, one of equals by lot.

    The members are logistic regression, a linear and a Gaussian support vector machine and linear
    discriminant analysis.  ``kernel`` is the Gaussian one over the pool.
    """
    n, rng = len(y), np.random.RandomState(_SEED)
    wide, straight = with_intercept(x), np.ascontiguousarray(x @ x.T)
    curved = np.ascontiguousarray(kernel[:, :n])
    logistic, labelled, order = Logistic(wide.shape[1], 1.0), np.arange(n) < start, list(range(start))
    while len(order) < n:
        known, free = np.flatnonzero(labelled), np.flatnonzero(~labelled)
        bags = [_bag(rng, y[known]) for _ in range(4)]
        votes = np.zeros(len(free))
        for member, bag in enumerate(bags):
            rows, weight = known[bag > 0], bag[bag > 0].astype(np.float64)
            if member == 0:
                said = wide[free] @ logistic.fit(wide[rows], y[rows], weight)
            elif member == 3:
                said = wide[free] @ discriminant(x[rows], y[rows], weight)
            else:
                said = _machine(straight if member == 1 else curved, y, rows, weight, free)
            votes += said > 0
        divided = np.minimum(votes, 4 - votes)
        pick = free[rng.choice(np.flatnonzero(divided == divided.max()))]
        labelled[pick] = True
        order.append(pick)
    return np.array(order)


def _bag(rng: np.random.RandomState, y: np.ndarray) -> np.ndarray:
    """How often each label is drawn; drawn again until no class is missing."""
    while True:
        count = np.bincount(rng.randint(0, len(y), size=len(y)), minlength=len(y))
        if len(set(y[count > 0].tolist())) == 2:
            return count


def _machine(
    kernel: np.ndarray, y: np.ndarray, rows: np.ndarray, weight: np.ndarray, free: np.ndarray
) -> np.ndarray:
    beta, said, truth = np.zeros(len(rows)), np.zeros(len(rows)), y[rows]
    settle(kernel, truth, rows, weight, beta, said, _TOLERANCE)
    support = beta != 0
    between = kernel[np.ix_(rows[support], free)]
    return beta[support] @ between + offset(truth, weight, beta, said)
