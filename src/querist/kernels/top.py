"""The n largest, without sorting the rest."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_each

__all__ = ["top"]

_STRETCH = 64  # scores of which the largest is found first: a column
_LONG = 1024  # scores a row that is wanted, from which on that repays itself


def top(scores: Any, n: int, *, ties: Any = None) -> Array:
    """The rows of the ``n`` largest scores, best first, by one partition.

    Parameters
    ----------
    scores : (m,) numbers without NaN
    n : int
        All rows come back when there are fewer.
    ties : (m,) numbers, optional
        Among equal scores the larger of these goes first; without it, and among equal ones, the lower row.

    Returns
    -------
    (min(n, m),) row numbers

    >>> top([0.1, 0.9, 0.5, 0.9], 3)
    array([1, 3, 2])
    >>> top([0.1, 0.9, 0.5, 0.9], 1, ties=[0, 1, 2, 3])
    array([3])
    """
    scores = np.asarray(scores)
    fit = scores.ndim == 1 and scores.dtype.kind in "fiub"
    long = fit and len(scores) >= _LONG * max(1, n)
    most = _most(scores) if long else scores
    if not fit or (scores.dtype.kind == "f" and len(scores) and np.isnan(most.max())):
        raise InvalidInput(
            f"Scores must be one number a row without NaN; got shape {scores.shape} of {scores.dtype}.",
            mend="Give an (m,) array of finite numbers.",
        )
    ties = None if ties is None else as_each(ties, len(scores), "Ties")
    n = min(int(n), len(scores))
    if n <= 0:
        return np.empty(0, dtype=np.intp)
    some = _promising(scores, most, n) if long else np.arange(len(scores))
    rows = some[_largest(scores[some], n, None if ties is None else np.asarray(ties)[some])]
    second = np.zeros(n) if ties is None else -np.asarray(ties)[rows].astype(np.float64)
    return rows[np.lexsort((rows, second, -scores[rows].astype(np.float64)))]


def _most(scores: Array) -> Array:
    """The largest score of each column, where they stand in rows as long as may be, and those left over."""
    whole = len(scores) // _STRETCH * _STRETCH
    return np.append(scores[:whole].reshape(_STRETCH, -1).max(axis=0), scores[whole:])


def _promising(scores: Array, most: Array, n: int) -> Array:
    """Rows among which the n largest are, ascending: n columns have a score of at least a bound."""
    bound = np.partition(most, len(most) - n)[len(most) - n]
    many = len(scores) // _STRETCH
    near = np.flatnonzero(most >= bound)
    if _STRETCH * len(near) > len(scores) // 4:
        return np.flatnonzero(scores >= bound)
    columns, over = near[near < many], near[near >= many]
    turn, which = np.nonzero(scores[: many * _STRETCH].reshape(_STRETCH, -1)[:, columns] >= bound)
    return np.concatenate([turn * many + columns[which], over + (_STRETCH - 1) * many])


def _largest(scores: Array, n: int, ties: Any) -> Array:
    """The rows of the n largest in no order; those at the threshold by ``ties``, then the lower row."""
    if n == len(scores):
        return np.arange(n)
    threshold = np.partition(scores, len(scores) - n)[len(scores) - n]
    above = np.flatnonzero(scores > threshold)
    equal = np.flatnonzero(scores == threshold)
    wanted = n - len(above)
    if ties is not None and wanted < len(equal):
        equal = equal[_largest(np.asarray(ties)[equal], wanted, None)]
    return np.concatenate([above, equal[:wanted]])
