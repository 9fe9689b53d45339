"""The average precision that a ranking is expected to have, if one row of it is relevant."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array
from querist.kernels.uncertainty import check_rows

__all__ = ["expected_average_precision"]

_NODES = 32
_FAR = 40.0  # e^-40 is below what a double adds to 1
_ROWS = 1 << 16


def expected_average_precision(proba: Any) -> Array:
    """sum_c E[average precision of the ranking by p_c | the row is of class c], the others by their p_c.

    Every row x but one is of class c with the chance p_c(x), independently; the one is of it for certain.
    How good is the ranking by p_c then?  Summed over the classes that is most for rows about which the
    model is torn, and where a class is rare, for those that are likeliest to be of it.

    Parameters
    ----------
    proba : (n, C) probabilities, float32 or float64

    Returns
    -------
    (n,) float64, from 0 to C; higher = ask.  Rows that rank alike get the mean over their orders

    The average precision divides by the number of relevant rows R, and 1 / R is the integral of t^(R - 1)
    from 0 to 1.  Under it the rows are independent again, relevant with the chance
    q = p t / (1 - p + p t), so that all expectations at one t are running sums along the ranking.  The
    integrand is a polynomial that falls as e^(-(sum p)(1 - t)): 32 nodes of Gauss and Legendre give some
    ten digits, all of them up to 64 rows.  Time O(n log n + 32 n) a class; memory O(n).

    >>> expected_average_precision([[0.5, 0.5], [0.5, 0.5]]).round(4)
    array([1.75, 1.75])
    >>> expected_average_precision([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]).round(3)
    array([1.823, 1.853, 1.847])

    Wang, Chang, Shi, Yang & Shen 2018.
    """
    proba = np.asarray(proba)
    if proba.ndim != 2 or not proba.shape[1] or proba.dtype.kind not in "fiub":
        raise InvalidInput(
            f"Probabilities must be an (n, C) table of numbers; got shape {proba.shape} of {proba.dtype}.",
            mend="Give one row an item and one column a class.",
        )
    total = np.zeros(len(proba))
    if not len(proba):
        return total
    for start in range(0, len(proba), _ROWS):
        check_rows(proba[start : start + _ROWS], start)
    for column in proba.T:
        order = np.argsort(-column, kind="stable")
        p = np.clip(column[order].astype(np.float64), 0.0, 1.0)
        total[order] += _by_place(p)
    return total


def _by_place(p: Array) -> Array:
    """The expectation for the row at each place of a ranking, (n,), equal chances alike."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    reach = min(1.0, _FAR / max(float(p.sum()), 1.0))  # of s = 1 - t, beyond which nothing is left
    places = 1.0 / np.arange(1, len(p) + 1)
    out = np.zeros(len(p))
    for s, weight in zip((nodes + 1) / 2 * reach, weights / 2 * reach, strict=True):
        out += weight * _at(p, places, s)
    first = np.flatnonzero(np.diff(p, prepend=2.0))
    size = np.diff(first, append=len(p))
    return np.asarray(np.repeat(np.add.reduceat(out, first) / size, size))


def _at(p: Array, places: Array, s: float) -> Array:
    """The integrand at t = 1 - s for the row at each place."""
    none = 1.0 - p * s  # P(not relevant) + P(relevant) t
    whole = float(np.log(none).sum())
    q = p * (1.0 - s) / none
    before = np.cumsum(q) - q  # relevant ones expected above
    hits = q * places
    gained = hits * (1.0 + before)
    above = np.cumsum(gained)
    # above the row; the row itself; below it, where each has one relevant row more above, but q less
    below = float(above[-1]) - above + (1.0 - q) * (float(hits.sum()) - np.cumsum(hits))
    return np.asarray(np.exp(whole - np.log(none)) * (above - gained + places * (1.0 + before) + below))
