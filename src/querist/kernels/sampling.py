"""A few rows that stand for many, drawn by lot and weight."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.kernels.arrays import Array, as_each
from querist.kernels.top import top

__all__ = ["priority_sample"]


def priority_sample(chance: Any, size: int, *, weights: Any = None) -> tuple[Array, Array]:
    """``size`` rows drawn in proportion to their weights, each with the weight that it stands for.

    The heavy rows are always among them, with their own weight; each of the light ones stands for
    many.  Sums of weights over any set of rows are estimated without bias, and with lots that belong
    to the items (:func:`querist.kernels.uniform`) the sample does not depend on the order of rows.

    Parameters
    ----------
    chance : (n,) lots in [0, 1)
    size : int
        All rows come back when there are fewer.
    weights : (n,) numbers >= 0, optional
        All 1 if not given: a plain sample without replacement.

    Returns
    -------
    rows : the sample; a row of more weight, or of a better lot, goes first
    stands_for : one weight a row

    >>> rows, stands_for = priority_sample([0.5, 0.1, 0.9], 2, weights=[1.0, 0.0, 8.0])
    >>> rows, stands_for
    (array([2, 0]), array([8., 1.]))

    Duffield, Lund & Thorup 2007.
    """
    chance = np.maximum(as_each(chance, np.size(chance), "Lots"), 1e-18)
    weight = np.ones(len(chance)) if weights is None else as_each(weights, len(chance), "Weights")
    size = max(0, min(int(size), len(chance)))
    if not size:
        return np.empty(0, dtype=np.intp), np.empty(0)
    best = top(weight / chance, size + 1, ties=chance)
    rows = best[:size]
    least = float(weight[best[-1]] / chance[best[-1]]) if len(best) > size else 0.0
    return rows, np.maximum(weight[rows], least)
