"""How unsure a model is, from its class probabilities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, blocks
from querist.kernels.large import run_compiled

__all__ = ["by_blocks", "check_rows", "confidence_ratio", "entropy", "least_confidence", "margin"]

_SUM_TOLERANCE = 1e-3
_FEW_COLUMNS = 64


def least_confidence(proba: Any) -> Array:
    """1 - max_c p_c: how much is missing to certainty in the likeliest class; from 0 to 1 - 1/C.

    Prefer :func:`margin` with more than two classes unless the likeliest class alone matters.

    Parameters
    ----------
    proba : (n, C) probabilities, float32 or float64
        Each row sums to 1 (within 0.001).

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> least_confidence(np.array([[0.5, 0.5], [1.0, 0.0]]))
    array([0.5, 0. ])

    Lewis & Gale 1994; Culotta & McCallum 2005.
    """
    return by_blocks(proba, lambda block: 1 - _largest(block), compiled="least_confidence")


def margin(proba: Any) -> Array:
    """-(p_(1) - p_(2)): minus the lead of the likeliest class over the next; from -1 to 0.

    The standard first choice: it asks where two classes compete, whatever the others do.  It reads
    nothing but the two leaders, so a row torn between ten classes counts no more than one between two.

    Parameters
    ----------
    proba : (n, C) probabilities, float32 or float64

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> margin(np.array([[0.5, 0.5, 0.0], [0.75, 0.25, 0.0]]))
    array([ 0. , -0.5])

    Scheffer, Decomain & Wrobel 2001; Luo et al. 2005 ("breaking ties").
    """
    return by_blocks(proba, _minus_lead, compiled="margin")


def entropy(proba: Any) -> Array:
    """-sum_c p_c log p_c in nats, with 0 log 0 = 0: from 0 to log C.

    Prefer it when every class counts; with many unlikely classes it asks about rows whose small
    probabilities are merely badly calibrated, where :func:`margin` does better.

    Parameters
    ----------
    proba : (n, C) probabilities, float32 or float64

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> entropy(np.array([[0.5, 0.5], [1.0, 0.0]])).round(4)
    array([0.6931, 0.    ])

    Shannon 1948; Dagan & Engelson 1995.
    """
    return by_blocks(proba, _entropy, compiled="entropy")


def confidence_ratio(proba: Any) -> Array:
    """p_(2) / p_(1): the second likeliest class as a share of the likeliest; from 0 to 1.

    Orders two classes as :func:`margin` does; with more it also counts how flat the leaders are:
    .4 against .3 goes before .6 against .44.

    Parameters
    ----------
    proba : (n, C) probabilities, float32 or float64

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> confidence_ratio(np.array([[0.5, 0.5, 0.0], [0.75, 0.25, 0.0], [0.5, 0.25, 0.25]])).round(4)
    array([1.    , 0.3333, 0.5   ])

    Monarch 2021 (ratio of confidence).
    """
    return by_blocks(proba, _ratio, compiled="confidence_ratio")


def _largest(block: Array) -> Array:
    """The largest of each row, (n,); column by column where there are few, which is ten times faster."""
    if block.shape[1] > _FEW_COLUMNS:
        return np.asarray(block.max(axis=1))
    first = block[:, 0].copy()
    for column in block.T[1:]:
        np.maximum(first, column, out=first)
    return first


def _minus_lead(block: Array) -> Array:
    first, second = _leaders(block)
    return second - first


def _ratio(block: Array) -> Array:
    first, second = _leaders(block)
    return second / first


def _leaders(block: Array) -> tuple[Array, Array]:
    """The largest and the second largest of each row, two (n,) arrays."""
    if block.shape[1] > _FEW_COLUMNS:
        leaders = np.partition(block, block.shape[1] - 2, axis=1)
        return leaders[:, -1], leaders[:, -2]
    first, second = block[:, 0].copy(), np.zeros(len(block), dtype=block.dtype)
    for column in np.ascontiguousarray(block.T)[1:]:
        np.maximum(second, np.minimum(first, column), out=second)
        np.maximum(first, column, out=first)
    return first, second


def _entropy(block: Array) -> Array:
    tiny = np.finfo(block.dtype).tiny
    total: Array = np.einsum("ij,ij->i", block, np.log(np.maximum(block, tiny)))
    return np.maximum(-total, 0, out=total)


def by_blocks(proba: Any, score: Callable[[Array], Array], *, compiled: str = "") -> Array:
    """One number a row, (n,), from blocks of rows that are known to be distributions.

    A large table goes through the kernel of that name in :mod:`querist.kernels.compiled`.
    """
    proba = np.asarray(proba)
    if proba.ndim != 2 or proba.shape[1] == 0 or proba.dtype.kind not in "fiub":
        raise InvalidInput(
            f"Probabilities must be an (n, C) table of numbers; got shape {proba.shape} of {proba.dtype}.",
            mend="Give one row an item and one column a class.",
        )
    dtype = proba.dtype if proba.dtype in (np.float32, np.float64) else np.dtype(np.float64)
    scores = np.empty(len(proba), dtype=dtype)
    ready = compiled and proba.dtype == dtype
    for begin, end in run_compiled(compiled, proba, [scores]) if ready else [(0, len(proba))]:
        for start, stop in blocks(end - begin, proba.shape[1]):
            block = proba[begin + start : begin + stop].astype(dtype, copy=False)
            check_rows(block, begin + start)
            scores[begin + start : begin + stop] = score(block)
    return scores


def check_rows(block: Array, start: int = 0, *, of: str = "") -> None:
    """Raise InvalidInput unless each row of ``block`` is a distribution; ``of`` says whose rows they are."""
    sums = block @ np.ones(block.shape[1], dtype=block.dtype)
    wrong = ~(np.abs(sums - 1) <= _SUM_TOLERANCE)  # NaN and inf are wrong too
    if block.min() < -_SUM_TOLERANCE:
        wrong |= block.min(axis=1) < -_SUM_TOLERANCE
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InvalidInput(
            f"Row {start + row}{of} is no distribution: its {block.shape[1]} probabilities sum to "
            f"{float(sums[row]):.6g}, the smallest is {float(block[row].min()):.6g}.",
            mend="Give probabilities (not logits, not votes), each row summing to 1.",
        )
