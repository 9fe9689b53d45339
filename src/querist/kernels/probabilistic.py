"""How much some more labels at a place would help to decide there, by the labels around it."""

from __future__ import annotations

from itertools import combinations_with_replacement
from math import comb, factorial
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_numbers, blocks

__all__ = ["probabilistic_gain"]

_MOST = 10_000  # joint answers that are enumerated


def probabilistic_gain(weights: Any, *, ahead: int = 2) -> Array:
    """The largest gain a label in accuracy at a place, from 1 to ``ahead`` labels that may come there.

    The class shares at a place are Dirichlet with these weights; labels are drawn from them, and the
    decision after is for the heaviest class: max_m (1/m) (E max(w + l) / (S + m) - max w / S).  Time
    O(n C^ahead), memory one block.

    Parameters
    ----------
    weights : (n, C) numbers above 0
        Kernel frequencies with their prior: :meth:`ParzenWindow.weights`.
    ahead : int
        How many labels are looked ahead.  One alone seldom turns a decision; two or three suffice.

    Returns
    -------
    (n,) float64, 0 or more; higher = ask

    >>> probabilistic_gain([[1.0, 1.0], [9.0, 9.0], [9.0, 1.0]]).round(4)
    array([0.1667, 0.0263, 0.    ])

    Kottke, Krempl, Lang, Teschner & Spiliopoulou 2016 (multi-class probabilistic active learning).
    """
    weights = as_numbers(weights)
    if weights.ndim != 2 or weights.shape[1] == 0 or not ((weights > 0) & (weights < np.inf)).all():
        raise InvalidInput(
            f"Weights must be an (n, C) table of numbers above 0; got shape {weights.shape}.",
            mend="Add a prior to the kernel frequencies.",
        )
    classes = weights.shape[1]
    if ahead < 1 or comb(ahead + classes - 1, ahead) > _MOST:
        raise InvalidInput(
            f"Looking {ahead} labels of {classes} classes ahead means "
            f"{comb(max(0, ahead) + classes - 1, max(0, ahead))} joint answers.",
            mend=f"Look 1 to as many ahead as make {_MOST} or fewer.",
        )
    gains = np.zeros(len(weights))
    for start, stop in blocks(len(weights), 4 * classes):
        block = np.ascontiguousarray(weights[start:stop].T)
        for more in range(1, ahead + 1):
            gains[start:stop] = np.maximum(gains[start:stop], _gain(block, more))
    return gains


def _gain(weights: Array, more: int) -> Array:
    """The mean gain of each of ``more`` labels, for weights (C, n).

    The class that leads now is expected to keep its share, so only joint answers that turn the decision
    count, each by how far the new leader is ahead: terms of 0 or more, of which no digits are lost.
    """
    total, best, leader = weights.sum(axis=0), weights.max(axis=0), weights.argmax(axis=0)
    expected = np.zeros(weights.shape[1])
    for answers in combinations_with_replacement(range(len(weights)), more):
        chance = np.full(weights.shape[1], float(factorial(more)))
        after, stays = best.copy(), best.copy()
        for c in set(answers):
            times = answers.count(c)
            chance /= factorial(times)
            for before in range(times):
                chance *= weights[c] + before
            np.maximum(after, weights[c] + times, out=after)
            stays += times * (leader == c)
        expected += chance * (after - stays)
    for before in range(more):
        expected /= total + before
    return np.asarray(expected / (total + more) / more)
