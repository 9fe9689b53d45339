"""How dear the best decision is, where some mistakes cost more than others."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array
from querist.kernels.uncertainty import by_blocks

__all__ = ["cost_margin", "expected_cost"]


def expected_cost(proba: Any, costs: Any) -> Array:
    """min_j sum_i p_i C_ij: what the cheapest decision is expected to cost.

    With 0 on the diagonal of C and 1 elsewhere it is :func:`querist.kernels.least_confidence`.

    Parameters
    ----------
    proba : (n, C) probabilities, float32 or float64
    costs : (C, C)
        What it costs to say class j where class i is true.

    Returns
    -------
    (n,) of the dtype of ``proba``; higher = ask

    >>> expected_cost(np.array([[0.9, 0.1], [0.5, 0.5]]), [[0, 1], [20, 0]])
    array([0.9, 0.5])

    Margineantu 2005 (cost-sensitive active learning).
    """
    costs = _matrix(costs, np.shape(proba))
    return by_blocks(proba, lambda block: _expected(block, costs).min(axis=1))


def cost_margin(proba: Any, costs: Any) -> Array:
    """-(c_(2) - c_(1)): minus how much dearer the second-best decision is than the best; 0 or less.

    With 0 on the diagonal of C and 1 elsewhere it is :func:`querist.kernels.margin`.

    Parameters
    ----------
    proba : (n, C) probabilities, float32 or float64
    costs : (C, C)
        What it costs to say class j where class i is true.

    Returns
    -------
    (n,) of the dtype of ``proba``; higher = ask.  0 where there is one class only

    >>> cost_margin(np.array([[0.9, 0.1], [0.5, 0.5]]), [[0, 1], [20, 0]])
    array([-1.1, -9.5])

    Chen & Lin 2013 (cost-weighted minimum margin).
    """
    costs = _matrix(costs, np.shape(proba))
    return by_blocks(proba, lambda block: _minus_lead(_expected(block, costs)))


def _expected(block: Array, costs: Array) -> Array:
    return np.asarray(block @ costs.astype(block.dtype, copy=False))


def _minus_lead(expected: Array) -> Array:
    if expected.shape[1] == 1:
        return np.zeros(len(expected), dtype=expected.dtype)
    best = np.partition(expected, 1, axis=1)
    return np.asarray(best[:, 0] - best[:, 1])


def _matrix(costs: Any, shape: tuple[int, ...]) -> Array:
    matrix = np.asarray(costs)
    if (
        len(shape) == 2  # else the probabilities are refused in words of their own
        and (matrix.shape != (shape[1],) * 2 or matrix.dtype.kind not in "fiub")
    ) or not np.isfinite(matrix.astype(np.float64)).all():
        raise InvalidInput(
            f"Costs must be a square of finite numbers, one row a true class; got shape {matrix.shape} of "
            f"{matrix.dtype} for probabilities of shape {shape}.",
            mend="Give costs[i, j]: what it costs to say class j where class i is true.",
        )
    return matrix
