"""The nearest candidates to a few rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.kernels.arrays import Array, as_rows
from querist.kernels.neighbours import Points

__all__ = ["around"]

_TOGETHER = 64


def around(x: Any, k: int, *, of: Any, rows: Any = None) -> tuple[Array, Array]:
    """The ``k`` candidates nearest to each of a few rows: :func:`querist.kernels.nearest`, the other way.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    k : int
        At most as many as there are candidates.
    of : row numbers (m,)
        Around what.
    rows : row numbers, optional
        The candidates; all if not given.  A row is not its own neighbour.

    Returns
    -------
    rows, distances : two (m, k) arrays, nearest first, ties to the lower row
        Where there are fewer: row -1 at distance inf.

    >>> around([[0.0], [1.0], [5.0], [6.0]], 2, of=[0], rows=[1, 2, 3])
    (array([[1, 2]]), array([[1., 5.]]))

    Time O(m n d); memory O(n + m k) and one block.
    """
    points, k = Points(x), max(0, int(k))
    of = as_rows(of, points.n)
    free = np.ones(points.n, dtype=bool)
    if rows is not None:
        free[:] = False
        free[as_rows(rows, points.n)] = True
    found = np.full((len(of), k), -1, dtype=np.intp)
    away = np.full((len(of), k), np.inf, dtype=points.dtype)
    for first in range(0, len(of), _TOGETHER):
        some = of[first : first + _TOGETHER]
        centres = points.centres(some)
        part = slice(first, first + len(some))
        for start, stop in points.blocks(len(some)):
            squared = points.squared(start, stop, centres).T
            squared[:, ~free[start:stop]] = np.inf
            squared[some[:, None] == np.arange(start, stop)[None, :]] = np.inf
            found[part], away[part] = _merged(found[part], away[part], squared, start)
    found[np.isinf(away)] = -1
    return found, np.sqrt(away)


def _merged(found: Array, away: Array, squared: Array, start: int) -> tuple[Array, Array]:
    """The least of those so far and of a block of columns that begins at row ``start``."""
    k = found.shape[1]
    ids = np.broadcast_to(np.arange(start, start + squared.shape[1]), squared.shape)
    both = np.concatenate([away, squared], axis=1)
    rows = np.concatenate([found, ids], axis=1)
    order = np.argsort(both, axis=1, kind="stable")[:, :k]  # earlier blocks hold lower rows
    return np.take_along_axis(rows, order, axis=1), np.take_along_axis(both, order, axis=1)
