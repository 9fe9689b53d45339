"""How far a label would move the model: lengths of gradients, none of which is written down."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_matrix, as_rows, blocks, is_sparse
from querist.kernels.disagreement import as_draws
from querist.kernels.uncertainty import by_blocks, check_rows

__all__ = ["expected_gradient_length", "expected_model_change", "lengths"]


def expected_gradient_length(proba: Any, x: Any, *, rows: Any = None, bias: bool = True) -> Array:
    """sum_c p_c |grad of -log p_c|: how long a step the label is expected to make.

    The gradient is that of a softmax over linear logits of ``x`` (the last layer of a network): the
    outer product of p - e_c and the features, whose length is the product of their lengths.  Time
    O(n (C + d)), memory O(n) and one block.

    Parameters
    ----------
    proba : (n, C) probabilities, float32 or float64
    x : (m, d) dense or sparse
        What the last layer sees.
    rows : row numbers (n,), optional
        Which rows of ``x`` the probabilities are about; all, in order, if not given.
    bias : bool
        Whether the logits have an intercept: a feature that is 1 everywhere.

    Returns
    -------
    (n,) of the dtype of ``proba``; higher = ask

    >>> expected_gradient_length(np.array([[0.5, 0.5], [1.0, 0.0]]), [[3.0], [3.0]], bias=False).round(4)
    array([2.1213, 0.    ])

    Settles, Craven & Ray 2008 (expected gradient length); Zhang, Lease & Wallace 2017 (one layer's).
    """
    scores = by_blocks(proba, _expected_length)
    scores *= _lengths_of(x, rows, len(scores), bias=bias)
    return scores


def expected_model_change(draws: Any, x: Any = None, *, rows: Any = None, bias: bool = True) -> Array:
    """(1/K) sum_k |f(x) - f_k(x)| |x|: the step that a label drawn from the committee makes.

    The gradient of the squared error of a linear model is its error times the features; what the
    label may be is told by the ``K`` members, f is their mean.  Of classes the error is the
    Euclidean distance between the probabilities of one member and the mean.

    Parameters
    ----------
    draws : (K, n) numbers or (K, n, C) probabilities
        What each member says of each row.
    x : (m, d) dense or sparse, optional
        What the linear model sees; without it the lengths of the rows are not counted.
    rows, bias
        As in :func:`expected_gradient_length`.

    Returns
    -------
    (n,) of the dtype of ``draws``; higher = ask

    >>> expected_model_change(np.array([[1.0, 5.0], [3.0, 5.0]]), [[2.0], [9.0]], bias=False)
    array([2., 0.])

    Cai, Zhang & Zhou 2013 (expected model change maximisation).
    """
    draws = np.asarray(draws)
    chances = draws.ndim != 2
    draws = as_draws(draws) if chances else _numbers(draws)
    scores = np.empty(draws.shape[1], dtype=draws.dtype)
    for start, stop in blocks(draws.shape[1], draws.shape[0] * draws.shape[2]):
        for one in draws[:, start:stop] if chances else ():
            check_rows(one, start)
        errors = draws[:, start:stop] - draws[:, start:stop].mean(axis=0)
        scores[start:stop] = np.sqrt(np.einsum("kij,kij->ki", errors, errors)).mean(axis=0)
    if not np.isfinite(scores).all():
        raise InvalidInput(
            f"The draws of row {int(np.flatnonzero(~np.isfinite(scores))[0])} are not all finite.",
            mend="Give finite numbers.",
        )
    if x is not None:
        scores *= _lengths_of(x, rows, len(scores), bias=bias)
    return scores


def lengths(x: Any, *, rows: Any = None, bias: bool = False) -> Array:
    """The Euclidean length of each row, in float64 whatever the features are; memory one block.

    Parameters
    ----------
    x : (m, d) dense or sparse, finite
    rows : row numbers (n,), optional
        Which rows; all if not given.
    bias : bool
        Whether to count one more feature that is 1 everywhere.

    >>> lengths([[3.0, 4.0], [0.0, 0.0]])
    array([5., 0.])
    """
    x = as_matrix(x)
    rows = np.arange(x.shape[0]) if rows is None else as_rows(rows, x.shape[0])
    squares = np.empty(len(rows))
    for start, stop in blocks(len(rows), 64 if is_sparse(x) else x.shape[1]):
        part = x[rows[start:stop]].astype(np.float64)
        if is_sparse(part):
            squares[start:stop] = np.asarray(part.multiply(part).sum(axis=1)).ravel()
        else:
            squares[start:stop] = np.einsum("ij,ij->i", part, part)
    if not np.isfinite(squares).all():
        raise InvalidInput(
            f"The features of row {int(rows[np.flatnonzero(~np.isfinite(squares))[0]])} are not finite.",
            mend="Fill missing values (SimpleImputer) and scale the features first.",
        )
    return np.sqrt(squares + bias)


def _expected_length(block: Array) -> Array:
    """sum_c p_c |p - e_c|, with |p - e_c|^2 = |p|^2 - 2 p_c + 1."""
    squares = np.einsum("ij,ij->i", block, block)[:, None] - 2 * block + 1
    return np.asarray(np.einsum("ij,ij->i", block, np.sqrt(np.maximum(squares, 0))))


def _lengths_of(x: Any, rows: Any, n: int, *, bias: bool) -> Array:
    """The lengths of the ``n`` rows that something is said of."""
    found = lengths(x, rows=rows, bias=bias)
    if len(found) != n:
        raise InvalidInput(
            f"What is said of {n} rows cannot be about {len(found)} rows of features.",
            mend="Give the features of just these rows, or rows= saying which they are.",
        )
    return found


def _numbers(draws: Array) -> Array:
    """Draws of numbers, (K, n), as (K, n, 1) floats."""
    if draws.shape[0] == 0 or draws.dtype.kind not in "fiub":
        raise InvalidInput(
            f"Draws of numbers must be a (K, n) table; got shape {draws.shape} of {draws.dtype}.",
            mend="Give what each of K members predicts of each of n rows.",
        )
    dtype = draws.dtype if draws.dtype in (np.float32, np.float64) else np.float64
    return np.asarray(draws, dtype=dtype)[:, :, None]
