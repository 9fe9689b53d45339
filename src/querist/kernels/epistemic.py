"""How much of a doubt is ignorance, from how often each class was seen nearby."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, blocks

__all__ = ["epistemic"]

_HALVINGS = 52  # the digits of a double


def epistemic(frequencies: Any) -> Array:
    """min(pi(1), pi(0)), how plausible both answers still are: 1 where nothing was seen, 0 where all is.

    pi(1) = sup over theta of min(L(theta) / L(best theta), 2 theta - 1), L the likelihood of the labels seen
    nearby if a share theta of them belongs to the class; pi(0) is the same for the other class.  A
    coin seen to fall evenly a thousand times is uncertain, yet nothing more is to be learnt of it: it
    has a low number here and the highest entropy.

    Parameters
    ----------
    frequencies : (n, C) numbers, 0 or more, float32 or float64
        How often (by weight) each class was seen near the row.  Of more than two classes the two most
        frequent count.

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> epistemic(np.array([[0.0, 0.0], [1.0, 1.0], [500.0, 500.0], [3.0, 0.0]])).round(3)
    array([1.   , 0.618, 0.072, 0.093])

    Nguyen, Destercke & Huellermeier 2019; Senge et al. 2014.
    """
    frequencies = np.asarray(frequencies)
    if frequencies.ndim != 2 or not frequencies.shape[1] or frequencies.dtype.kind not in "fiub":
        raise InvalidInput(
            f"Frequencies must be an (n, C) table; got shape {frequencies.shape} of {frequencies.dtype}.",
            mend="Give one row an item and one column a class.",
        )
    single = frequencies.dtype == np.float32
    scores = np.empty(len(frequencies), dtype=np.float32 if single else np.float64)
    for start, stop in blocks(len(frequencies), max(16, frequencies.shape[1])):
        block = frequencies[start:stop].astype(np.float64)
        wrong = ~(np.isfinite(block) & (block >= 0)).all(axis=1)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise InvalidInput(
                f"Row {start + row} holds frequencies that are no counts: {block[row]!r}.",
                mend="Give finite numbers of 0 or more.",
            )
        if block.shape[1] == 1:
            block = np.column_stack([block, np.zeros(len(block))])
        leaders = np.partition(block, block.shape[1] - 2, axis=1)[:, -2:]
        scores[start:stop] = np.minimum(
            _plausible(leaders[:, 0], leaders[:, 1]), _plausible(leaders[:, 1], leaders[:, 0])
        )
    return scores


def _plausible(own: Array, other: Array) -> Array:
    """pi of the class seen ``own`` times: where the falling likelihood meets the rising 2 theta - 1."""
    total = own + other
    best = np.divide(own, total, out=np.full(len(own), 0.5), where=total > 0)
    most = _likelihood(best, own, other)
    low, high = np.maximum(best, 0.5), np.ones(len(own))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = np.exp(_likelihood(middle, own, other) - most) > 2 * middle - 1
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray(2 * high - 1)


def _likelihood(theta: Array, own: Array, other: Array) -> Array:
    """The logarithm of theta^own (1 - theta)^other, with 0^0 = 1."""
    tiny = np.finfo(np.float64).tiny
    return np.asarray(own * np.log(np.maximum(theta, tiny)) + other * np.log(np.maximum(1 - theta, tiny)))
