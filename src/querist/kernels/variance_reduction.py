"""How much less the probabilities of a softmax would vary, were one more row labelled."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_matrix, as_numbers, as_rows, is_sparse
from querist.kernels.uncertainty import check_rows

__all__ = ["variance_reduction"]

_STEP = 512  # candidates at a time


def variance_reduction(
    x: Any,
    proba: Any,
    *,
    known: Any,
    candidates: Any,
    targets: Any,
    penalty: float = 1.0,
    intercept: bool = True,
) -> Array:
    """The variance of the targets' probabilities under the labels now, less that with one candidate more.

    tr(G' F^-1 G), F the Fisher information of the labelled rows (with the penalty) and G the gradients
    of the targets' probabilities, for logits that are linear in ``x``.  F takes a candidate in by
    Woodbury's identity; what is expected of the information does not depend on the answer, so no
    answer is assumed.  Time O((C d)^3 + k (C d)^2), memory O((C d)^2): keep C d below some thousand.

    Parameters
    ----------
    x : (n, d) dense or sparse
    proba : (n, C) what the model says of each row
    known, candidates, targets : row numbers
    penalty : float, above 0
        The weight of half the squared length of the coefficients (1 / C in scikit-learn).
    intercept : bool

    Returns
    -------
    (k,) float64, 0 or more, the mean over the targets; higher = ask

    >>> x, proba = np.array([[1.0], [3.0], [2.0]]), np.full((3, 2), 0.5)
    >>> rows = {"known": [0], "candidates": [0, 1], "targets": [2]}
    >>> variance_reduction(x, proba, **rows, intercept=False).round(3)
    array([0.067, 0.257])

    Cohn, Ghahramani & Jordan 1996; Schein & Ungar 2007 (A-optimality for logistic regression).
    """
    x, proba = as_matrix(x), as_numbers(proba)
    if proba.ndim != 2 or not proba.shape[1] or proba.shape[0] != x.shape[0] or not 0 < penalty < np.inf:
        raise InvalidInput(
            f"Probabilities of shape {proba.shape} for {x.shape[0]} rows, with the penalty {penalty!r}.",
            mend="Give one row of probabilities a row of features, and a penalty above 0.",
        )
    known, candidates, targets = (as_rows(rows, x.shape[0]) for rows in (known, candidates, targets))
    for rows in (known, candidates, targets):
        if len(rows):
            check_rows(proba[rows])
    if proba.shape[1] == 1 or not len(targets):
        return np.zeros(len(candidates))
    width = x.shape[1] + intercept
    free = proba.shape[1] - (proba.shape[1] == 2)  # two classes share one column of coefficients
    information = penalty * np.eye(free * width)
    _gather(information, _rows(x, known, intercept), _curvature(proba[known])[:, -free:, -free:])
    wanted, slopes = np.zeros_like(information), _curvature(proba[targets])[:, -free:]
    _gather(wanted, _rows(x, targets, intercept), slopes @ slopes.transpose(0, 2, 1))
    try:
        gains = _taken_away(information, wanted / len(targets), x, proba, candidates, intercept)
    except np.linalg.LinAlgError as error:
        raise InvalidInput(
            f"No digits are left of the penalty {penalty:g} beside features up to {np.abs(x).max():.0e}.",
            mend="Scale the features first (StandardScaler).",
        ) from error
    return np.maximum(gains, 0)


def _taken_away(
    information: Array, wanted: Array, x: Any, proba: Array, candidates: Array, intercept: bool
) -> Array:
    """By how much each candidate's information lowers tr(wanted information^-1), (k,)."""
    inverse = np.linalg.inv(information)
    turned = inverse @ wanted @ inverse
    free, gains = len(information) // (x.shape[1] + intercept), np.empty(len(candidates))
    for start in range(0, len(candidates), _STEP):
        some = candidates[start : start + _STEP]
        rows, curved = _rows(x, some, intercept), _curvature(proba[some])[:, -free:, -free:]
        kept = np.eye(free) + curved @ _forms(inverse, rows, free)
        less = np.linalg.solve(kept, curved @ _forms(turned, rows, free))
        gains[start : start + _STEP] = np.trace(less, axis1=1, axis2=2)
    return gains


def _curvature(proba: Array) -> Array:
    """diag(p) - p p' of each row, (n, C, C): how the probabilities move with the logits."""
    return np.asarray(proba[:, :, None] * (np.eye(proba.shape[1]) - proba[:, None, :]))


def _gather(total: Array, rows: Array, curved: Array) -> None:
    """Add sum_l curved_l (x) rows_l rows_l' to ``total``, in place."""
    width, classes = rows.shape[1], curved.shape[1]
    for i in range(classes):
        for j in range(classes):
            part = total[i * width : (i + 1) * width, j * width : (j + 1) * width]
            part += (rows * curved[:, i, j, None]).T @ rows


def _forms(matrix: Array, rows: Array, classes: int) -> Array:
    """rows' M_ij rows of each row and each block of M, (n, classes, classes)."""
    width, out = rows.shape[1], np.empty((len(rows), classes, classes))
    for i in range(classes):
        for j in range(classes):
            part = matrix[i * width : (i + 1) * width, j * width : (j + 1) * width]
            out[:, i, j] = np.einsum("nd,nd->n", rows @ part, rows)
    return out


def _rows(x: Any, rows: Array, intercept: bool) -> Array:
    """Some rows, dense; an intercept is a feature so large that its penalty is nothing."""
    part = x[rows]
    dense = np.asarray(part.toarray() if is_sparse(part) else part, dtype=np.float64)
    if not np.isfinite(dense).all():
        raise InvalidInput("The features are not all finite.", mend="Fill missing values first.")
    return np.column_stack([dense, np.full(len(dense), 1e3)]) if intercept else dense
