"""How far one step ahead could come: a search that is told every label of the pool."""

from __future__ import annotations

import numpy as np
from svm import Machine, offset, settle

__all__ = ["told"]

_NEAREST, _TOLERANCE = 10, 1e-3


def told(kernel: np.ndarray, y: np.ndarray, start: int) -> np.ndarray:
    """The order of a search that tries the ten rows nearest to the boundary and takes the best for the pool.

    Each is taught with its true label, and counts by how many rows of the pool, known or not, are then
    right: no strategy knows as much.  Of equals it takes the nearest.
    """
    n = len(y)
    square = np.ascontiguousarray(kernel[:, :n])
    machine = Machine(square, y)
    order, free = list(range(start)), np.arange(n) >= start
    said = machine.learn(order)
    while len(order) < n:
        open_ = np.flatnonzero(free)
        nearest = open_[np.argsort(np.abs(said[open_]), kind="stable")[:_NEAREST]]
        right = [_right(square, machine, int(row)) for row in nearest] if len(nearest) > 1 else [0]
        row = int(nearest[int(np.argmax(right))])
        free[row] = False
        order.append(row)
        said = machine.learn([row])
    return np.array(order)


def _right(square: np.ndarray, machine: Machine, row: int) -> int:
    """How many rows of the pool the machine gets right once it has learnt this one."""
    size = machine.size
    rows = np.append(machine.rows[:size], row)
    truth, most = machine.y[rows], np.ones(size + 1)
    beta, said = np.append(machine.beta[:size], 0.0), machine.said[rows].copy()
    settle(square, truth, rows, most, beta, said, _TOLERANCE)
    kept = np.flatnonzero(beta)
    answers = beta[kept] @ square[rows[kept]] + offset(truth, most, beta, said)
    return int(((answers > 0) == (machine.y > 0)).sum())
