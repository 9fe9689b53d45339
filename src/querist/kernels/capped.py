"""Convex quadratic programmes over boxes and shares, by projected gradients: no matrix of all pairs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_numbers

__all__ = ["capped_quadratic", "descend"]

_FEW = 64  # rows that begin, and join at a time
_STILL = 1e-9  # a step that moves no share by more is the last


def capped_quadratic(
    features: Any, offset: Any, linear: Any, total: float, *, weights: Any = None, start: Any = None
) -> Array:
    """The shares a of least |features' a + offset|^2 / 2 + linear a, each from 0 to 1, sum weights a = total.

    What a choice of ``total`` rows becomes when rows may be chosen in part.

    Parameters
    ----------
    features : (m, r)
        The quadratic part is features features', which is never written down.
    offset : (r,)
    linear : (m,)
    total : float, from 0 to the sum of the weights
    weights : (m,) numbers of 0 or more, optional
        1 if not given.
    start : (m,), optional
        Near the answer, if it is known; it need not keep the sum.

    Returns
    -------
    (m,)

    >>> capped_quadratic([[1.0], [1.0], [2.0]], [-1.0], [0.0, 0.5, 0.0], 1.0).round(4)
    array([1., 0., 0.])

    Only rows that may have a share take part: those that would gain, by the slope, join until there are
    none.  Time O(m r) for each time that some join, mostly fewer than ten, and the same for the few a
    step; memory O(m).  Accelerated projected gradients, restarted where they overshoot: Nesterov 1983;
    O'Donoghue & Candes 2015.
    """
    rows, shift = as_numbers(features), as_numbers(offset)
    slope = as_numbers(linear)
    weight = np.ones(len(rows)) if weights is None else as_numbers(weights)
    if rows.ndim != 2 or shift.shape != rows.shape[1:] or not slope.shape == weight.shape == rows.shape[:1]:
        raise InvalidInput(
            f"Features {rows.shape}, offset {shift.shape}, linear {slope.shape} and weights {weight.shape} "
            "do not go together.",
            mend="Give (m, r), (r,), (m,) and (m,).",
        )
    if not (np.isfinite(rows).all() and np.isfinite(shift).all() and np.isfinite(slope).all()):
        raise InvalidInput("Features, offset and linear must be finite.", mend="Fill missing values first.")
    whole = float(weight.sum())
    if not (weight >= 0).all() or not 0 <= total <= whole * (1 + 1e-12):
        raise InvalidInput(
            f"Weights must be 0 or more and the total from 0 to their sum {whole:g}; got {total!r}.",
            mend="Ask for no more than there is.",
        )
    begun = np.zeros(len(rows)) if start is None else as_numbers(start)
    shares = _capped(begun, weight, total)
    prices = (rows @ (rows.T @ shares + shift) + slope) / np.where(weight > 0, weight, 1)
    joined = np.argsort(prices, kind="stable")[: max(_FEW, int(4 * total))]
    inside = np.union1d(joined, np.flatnonzero(begun > 0))
    for _ in range(len(rows)):
        found = _solved(rows[inside], shift, slope[inside], weight[inside], total, shares[inside])
        shares = np.zeros(len(rows))
        shares[inside] = found
        prices = (rows @ (rows.T @ shares + shift) + slope) / np.where(weight > 0, weight, 1)
        paid = prices[(shares > 0) & (weight > 0)].max(initial=-np.inf)
        gain = np.where(weight > 0, paid, 0) - prices
        gain[inside] = 0
        outside = np.flatnonzero(gain > 1e-7 * float(np.abs(prices).max(initial=0)))
        if not len(outside):
            break
        best = outside[np.argsort(-gain[outside], kind="stable")[: max(_FEW, len(inside))]]
        inside = np.union1d(inside, best)
    return shares


def _solved(rows: Array, shift: Array, slope: Array, weight: Array, total: float, start: Array) -> Array:
    """The same for rows that all take part."""
    length = float(weight @ weight)
    if length:  # along the weights the sum is given: without that direction the rest is less oblong
        along = rows.T @ weight / length
        shift, rows = shift + total * along, rows - np.outer(weight, along)

    def project(shares: Array) -> Array:
        return _capped(shares, weight, total)

    return descend(rows, shift, slope, project, project(start))


def descend(
    features: Array, offset: Array, linear: Any, project: Callable[[Array], Array], start: Array
) -> Array:
    """The point of a convex set where |features' a + offset|^2 / 2 + linear a is least.

    Parameters
    ----------
    features : (m, r)
    offset : (r,) or (r, C)
    linear : (m,), (m, C) or a number
    project : the nearest point of the set
    start : (m,) or (m, C), in the set
    """
    curve = float(np.linalg.eigvalsh(features.T @ features)[-1]) if features.size else 0.0
    here, ahead, pace = start, start, 1.0
    step = 1 / (curve or float(np.abs(linear).max()) or 1.0)
    for _ in range(5000):
        slope = features @ (features.T @ ahead + offset) + linear
        there = project(ahead - step * slope)
        moved = there - here
        if float(np.abs(there - ahead).max(initial=0)) <= _STILL:
            return there
        if float(np.vdot(ahead - there, moved)) > 0:
            pace = 1.0  # it overshot
        faster = (1 + np.sqrt(1 + 4 * pace**2)) / 2
        here, ahead, pace = there, there + (pace - 1) / faster * moved, faster
    return here


def _capped(point: Array, weight: Array, total: float) -> Array:
    """The nearest shares from 0 to 1 whose weighted sum is ``total``: point - t weight, cut, for the right t.

    The weighted sum falls in t along straight lines that bend where a share reaches 1 or 0.
    """
    some = weight > 0
    shares: Array = np.clip(point, 0, 1)
    z, w = point[some], weight[some]
    if not len(z):
        return shares
    bends = np.concatenate([(z - 1) / w, z / w])
    order = np.argsort(bends)
    bends, slopes = bends[order], np.concatenate([w**2, -(w**2)])[order].cumsum()
    sums = w.sum() - np.concatenate([[0.0], np.cumsum(slopes[:-1] * np.diff(bends))])
    at = int(np.clip(np.searchsorted(-sums, -total, side="left"), 1, len(sums) - 1))
    fall = sums[at - 1] - sums[at]
    part = (sums[at - 1] - total) / fall if fall > 0 else 0.0
    t = bends[at - 1] + np.clip(part, 0, 1) * (bends[at] - bends[at - 1])
    shares[some] = np.clip(z - t * w, 0, 1)
    return shares
