"""How unsure a model is that says of each class by itself whether an item has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, blocks

__all__ = [
    "average_confidence",
    "average_score",
    "binary_minimum",
    "check_decision",
    "check_marginals",
    "max_loss",
    "max_score",
    "mean_max_loss",
    "min_confidence",
    "over_rows",
]

_TOLERANCE = 1e-6


def binary_minimum(decision: Any) -> Array:
    """-min_k |f_k|: minus the distance to the nearest boundary of a class; 0 where one is torn.

    Parameters
    ----------
    decision : (n, C) signed distances, float32 or float64
        Above 0 where the row has the class; infinite where that is certain.

    Returns
    -------
    (n,) of the dtype given; higher = ask.  Minus infinity where all is certain

    >>> binary_minimum(np.array([[2.0, -0.5, -3.0], [1.0, -4.0, -np.inf]]))
    array([-0.5, -1. ])

    Brinker 2003.
    """
    return over_rows(check_decision, decision, lambda f: -np.abs(f).min(axis=1, initial=np.inf))


def max_loss(decision: Any) -> Array:
    """sum_k max(0, 1 - m_k f_k), m being 1 for the class of the largest f and -1 for all others.

    The hinge loss if the row had its likeliest class and no other.  Classes that are certain are left out.

    Parameters
    ----------
    decision : (n, C) signed distances, infinite where a class is certain

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> max_loss(np.array([[2.0, -0.5, -3.0], [0.5, 0.25, -4.0]]))
    array([0.5 , 1.75])

    Li, Wang & Sung 2004.
    """
    return over_rows(check_decision, decision, lambda f: _hinge(f, _leader(f)))


def mean_max_loss(decision: Any) -> Array:
    """The mean of such losses over the classes that the row is said to have, each taken for the only one.

    :func:`max_loss` takes the likeliest alone, as this does where the row is said to have none.

    Parameters
    ----------
    decision : (n, C) signed distances, infinite where a class is certain

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> mean_max_loss(np.array([[2.0, -0.5, -3.0], [0.5, 0.25, -4.0]]))
    array([0.5, 2. ])

    Li, Wang & Sung 2004.
    """
    return over_rows(check_decision, decision, _mean_hinge)


def min_confidence(marginals: Any) -> Array:
    """1 - min_k |2 p_k - 1|: how unsure the model is of the class of which it is least sure; from 0 to 1.

    Parameters
    ----------
    marginals : (n, C) chances of single classes, float32 or float64

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> min_confidence(np.array([[0.5, 1.0], [0.75, 0.125]]))
    array([1. , 0.5])

    Esuli & Sebastiani 2009 (confidence, minimum).
    """
    return over_rows(check_marginals, marginals, lambda p: 1 - np.abs(2 * p - 1).min(axis=1, initial=1))


def average_confidence(marginals: Any) -> Array:
    """1 - (1/C) sum_k |2 p_k - 1|: how unsure the model is of the classes on the whole; from 0 to 1.

    Parameters
    ----------
    marginals : (n, C) chances of single classes

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> average_confidence(np.array([[0.5, 1.0], [0.75, 0.125]]))
    array([0.5  , 0.375])

    Esuli & Sebastiani 2009 (confidence, average).
    """
    return over_rows(check_marginals, marginals, lambda p: 1 - _mean(np.abs(2 * p - 1), empty=1))


def max_score(marginals: Any) -> Array:
    """max_k p_k: how likely the row's likeliest class is; from 0 to 1.

    Parameters
    ----------
    marginals : (n, C) chances of single classes

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> max_score(np.array([[0.5, 1.0], [0.75, 0.125]]))
    array([1.  , 0.75])

    Esuli & Sebastiani 2009 (score, maximum).
    """
    return over_rows(check_marginals, marginals, lambda p: p.max(axis=1, initial=0))


def average_score(marginals: Any) -> Array:
    """(1/C) sum_k p_k: the share of the classes that the row is expected to have.

    Parameters
    ----------
    marginals : (n, C) chances of single classes

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> average_score(np.array([[0.5, 1.0], [0.75, 0.125]]))
    array([0.75  , 0.4375])

    Esuli & Sebastiani 2009 (score, average).
    """
    return over_rows(check_marginals, marginals, lambda p: _mean(p, empty=0))


def over_rows(check: Callable[[Any], Array], table: Any, score: Callable[[Array], Array]) -> Array:
    """One number a row, (n,), from blocks of a table that was checked."""
    values = check(table)
    scores = np.empty(len(values), dtype=values.dtype)
    for start, stop in blocks(len(values), values.shape[1]):
        scores[start:stop] = score(values[start:stop])
    return scores


def check_decision(decision: Any) -> Array:
    """``decision`` as an (n, C) table of float32 or float64 without NaN; raises InvalidInput."""
    mend = "Give one signed distance a class, above 0 where the row has it; infinite where certain."
    return _table(decision, "Decisions", "fiu", mend)


def check_marginals(marginals: Any) -> Array:
    """``marginals`` as an (n, C) table of float32 or float64 from 0 to 1; raises InvalidInput.

    What is outside by a rounding is brought inside.
    """
    mend = "Give the chance of each class by itself, one row an item."
    table = _table(marginals, "Marginals", "fiub", mend)
    low, high = (table.min(), table.max()) if table.size else (0, 1)
    if low < -_TOLERANCE or high > 1 + _TOLERANCE:
        raise InvalidInput(
            f"Marginals are chances from 0 to 1; got numbers from {low:.4g} to {high:.4g}.",
            mend="Give probabilities (not logits), the chance of each class by itself.",
        )
    return table if low >= 0 and high <= 1 else np.clip(table, 0, 1)


def _table(values: Any, what: str, kinds: str, mend: str) -> Array:
    """``values`` as an (n, C) table of float32 or float64 without NaN."""
    table = np.asarray(values)
    if table.ndim != 2 or table.dtype.kind not in kinds or (table != table).any():
        raise InvalidInput(
            f"{what} must be an (n, C) table of numbers; got shape {table.shape} of {table.dtype}"
            f"{', some of them NaN' if table.ndim == 2 and table.dtype.kind == 'f' else ''}.",
            mend=mend,
        )
    return table if table.dtype in (np.float32, np.float64) else table.astype(np.float64)


def _mean(table: Array, *, empty: float) -> Array:
    if not table.shape[1]:
        return np.full(len(table), empty, dtype=table.dtype)
    return np.asarray(table.mean(axis=1))


def _leader(f: Array) -> Array:
    """True at the largest uncertain value of each row, (n, C)."""
    open_ = np.where(np.isfinite(f), f, -np.inf)
    if not f.shape[1]:
        return np.zeros(f.shape, dtype=bool)
    return np.asarray(np.arange(f.shape[1]) == open_.argmax(axis=1)[:, None])


def _hinge(f: Array, own: Array) -> Array:
    """The hinge loss if each row had the classes ``own``; certain classes cost nothing."""
    agreed = np.where(own, f, -f)
    return np.asarray(np.where(np.isfinite(f), np.maximum(0, 1 - agreed), 0).sum(axis=1))


def _mean_hinge(f: Array) -> Array:
    open_ = np.isfinite(f)
    said = (f > 0) & open_
    said |= _leader(f) & open_ & ~said.any(axis=1, keepdims=True)
    clean = np.where(open_, f, 0)
    has, lacks = np.maximum(0, 1 - clean), np.maximum(0, 1 + clean)
    all_lack = np.where(open_, lacks, 0).sum(axis=1, keepdims=True)
    each = np.where(said, all_lack - lacks + has, 0).sum(axis=1)  # of class j taken for the only one
    return np.asarray(each / np.maximum(said.sum(axis=1), 1))
