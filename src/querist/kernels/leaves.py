"""Questions dealt to the leaves of a tree."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_numbers

__all__ = ["leaf_turns"]


def leaf_turns(sizes: Any, variances: Any, n: int) -> Array:
    """Which leaf each of ``n`` questions goes to, in proportion to sqrt(share of the pool * variance).

    That is Neyman's allocation, under which the mean of what the leaves predict is estimated best.  The next
    question goes to the leaf that is farthest behind its share (Sainte-Lague), so that the first m
    of n turns are those of m; a leaf without candidates has none.

    Parameters
    ----------
    sizes : (k,) whole numbers
        How many candidates each leaf has.
    variances : (k,) numbers, 0 or more
        Of the labels in it.  Where all leaves with candidates left have none, sizes alone count.
    n : int

    Returns
    -------
    (min(n, sum of sizes),) leaf numbers

    Time O(n k).

    >>> leaf_turns([90, 90, 10], [1.0, 0.0, 9.0], 5)
    array([0, 2, 0, 2, 0])

    Jose, de Mendonca, Devijver, Jakse, Monbet & Poloni 2023; Neyman 1934.
    """
    sizes, variances = np.asarray(sizes), as_numbers(variances)
    whole = sizes.ndim == 1 and sizes.shape == variances.shape and sizes.dtype.kind in "iu"
    if not whole or (sizes < 0).any() or not (np.isfinite(variances) & (variances >= 0)).all():
        raise InvalidInput(
            f"Leaves have a size and a variance of 0 or more each; got {sizes!r} and {variances!r}.",
            mend="Count the candidates of each leaf, and take the variance of its labels.",
        )
    total = int(sizes.sum())
    weights = np.sqrt(sizes / max(total, 1) * variances)
    given = np.zeros(len(sizes), dtype=np.intp)
    turns = np.empty(max(0, min(int(n), total)), dtype=np.intp)
    for turn in range(len(turns)):
        open_ = given < sizes
        if not (weights * open_).any():
            weights = np.sqrt(sizes / total)
        turns[turn] = int(np.where(open_, weights / (2 * given + 1), -1.0).argmax())
        given[turns[turn]] += 1
    return turns
