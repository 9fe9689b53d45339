"""An interval for a share that may be looked at after every outcome."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array

__all__ = ["interval_at_any_look"]

# Bets of every size that matters between 4 and 10,000 outcomes, most weight on those that pay between
# 50 and 1,000, which is how many questions drawn at random a campaign has.  Any weights would be valid.
_SIZES = np.arange(-8.0, 5.0, 0.5)
_BETS = 2.0**_SIZES
_WEIGHTS = np.exp(-0.5 * ((_SIZES + 0.5) / 2) ** 2)
_LOG_WEIGHTS = np.log(_WEIGHTS / _WEIGHTS.sum())


def interval_at_any_look(successes: Any, n: Any, alpha: float = 0.05) -> tuple[Any, Any]:
    """An interval for the mean chance of success that holds at all looks together.

    With chance 1 - alpha at least, it contains the running mean of the conditional chances at
    *every* n at once: one may look after each outcome and stop whenever one likes.  The chances may
    drift (a model that learns); then it speaks of their mean so far.  A fixed-n interval (Wilson)
    is narrower, and wrong when looked at twice.

    For each bet size theta, exp(theta S - n log(1 + m (e^theta - 1))) with m the mean of the
    conditional chances is at most a nonnegative martingale of mean 1 (concavity of the log).  A
    fixed mixture over theta > 0 bounds m from below by Ville's inequality, theta < 0 from above.

    Parameters
    ----------
    successes, n : int or arrays of one shape
        How many of ``n`` outcomes were successes.
    alpha : float
        The chance of ever being wrong, shared evenly by both ends.

    Returns
    -------
    low, high : floats, or arrays of the shape given

    >>> low, high = interval_at_any_look(90, 100)
    >>> round(low, 2), round(high, 2)
    (0.78, 0.97)
    >>> interval_at_any_look(0, 0)
    (0.0, 1.0)

    Howard, Ramdas, McAuliffe & Sekhon 2021; Waudby-Smith & Ramdas 2024.
    """
    hits, total = np.broadcast_arrays(np.asarray(successes, np.float64), np.asarray(n, np.float64))
    if not 0 < alpha < 1 or not ((hits >= 0) & (hits <= total)).all() or not np.isfinite(total).all():
        raise InvalidInput(
            f"Needs 0 <= successes <= n and 0 < alpha < 1; got {successes!r} of {n!r}, alpha {alpha!r}.",
            mend="Count successes among n outcomes; alpha is for example 0.05.",
        )
    low = _lower(hits.ravel(), total.ravel(), alpha / 2).reshape(hits.shape)
    high = 1 - _lower((total - hits).ravel(), total.ravel(), alpha / 2).reshape(hits.shape)
    if hits.ndim == 0:
        return float(low), float(high)
    return low, high


def _lower(hits: Array, total: Array, alpha: float) -> Array:
    """The least mean that the mixture of bets does not refute, by bisection."""
    low, high = np.zeros_like(hits), np.divide(hits, total, out=np.zeros_like(hits), where=total > 0)
    bar = np.log(1 / alpha)
    won, odds = hits[:, None] * _BETS + _LOG_WEIGHTS, np.expm1(_BETS)
    for _ in range(44):
        middle = (low + high) / 2
        wealth = won - total[:, None] * np.log1p(middle[:, None] * odds)
        most = wealth.max(axis=1)  # in logs, so that thousands of outcomes do not overflow
        refuted = most + np.log(np.exp(wealth - most[:, None]).sum(axis=1)) > bar
        low, high = np.where(refuted, middle, low), np.where(refuted, high, middle)
    return low
