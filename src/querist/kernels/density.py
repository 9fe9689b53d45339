"""How typical a row is of the whole table."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_matrix, as_rows, blocks, is_sparse
from querist.kernels.directions import unit_rows
from querist.kernels.neighbours import Points
from querist.kernels.pairs import added, added_of_each

__all__ = ["cosine_density", "euclidean_density"]


def cosine_density(x: Any, *, rows: Any = None) -> Array:
    """The mean similarity of a row to all rows, with (1 + cosine) / 2 as similarity: from 0 to 1.

    The mean of cosines is the product with the mean direction, so one pass to find that and one to
    multiply do what n x n similarities would.  A row of zeros has no direction: its cosine is 0.

    Parameters
    ----------
    x : (n, d) dense or sparse
    rows : row numbers (k,), optional
        For which rows; all if not given.  The mean is over all of ``x`` either way.

    Returns
    -------
    (k,) float64; higher = denser

    >>> cosine_density(np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]])).round(3)
    array([0.833, 0.833, 0.667])

    Settles & Craven 2008 (information density).
    """
    x = as_matrix(x)
    direction = np.zeros(x.shape[1])
    width = 64 if is_sparse(x) else x.shape[1]
    for start, stop in blocks(x.shape[0], width):
        direction += np.asarray(unit_rows(x[start:stop]).sum(axis=0)).ravel()
    if not np.isfinite(direction).all():
        raise InvalidInput("The features are not all finite.", mend="Fill missing values first.")
    direction /= max(1, x.shape[0])
    wanted = np.arange(x.shape[0]) if rows is None else as_rows(rows, x.shape[0])
    density = np.empty(len(wanted))
    for start, stop in blocks(len(wanted), width):
        density[start:stop] = np.asarray(unit_rows(x[wanted[start:stop]]) @ direction).ravel()
    return np.clip((1 + density) / 2, 0, 1)


def euclidean_density(x: Any, *, rows: Any = None, witnesses: Any = None) -> Array:
    """The mean similarity of a row to all rows, with 1 / (1 + distance) as similarity: above 0, at most 1.

    Prefer it to :func:`cosine_density` where lengths mean something: it knows a thick place from a thin one
    in the same direction.

    Parameters
    ----------
    x : (n, d) dense or sparse
    rows : row numbers (k,), optional
        For which rows; all if not given.
    witnesses : row numbers (m,), optional
        Over which rows the mean is; all if not given.

    Returns
    -------
    (k,) float64; higher = denser.  A row is as similar to itself as can be.

    >>> euclidean_density(np.array([[0.0], [1.0], [4.0]])).round(3)
    array([0.567, 0.583, 0.483])

    Time O(k m d), half of it where both are all rows; memory O(n) and one block.
    Settles & Craven 2008 (information density).
    """
    points = Points(x)
    everything = np.arange(points.n)
    wanted = everything if rows is None else as_rows(rows, points.n)
    others = everything if witnesses is None else as_rows(witnesses, points.n)
    ones, none = (np.full(len(others), number, dtype=points.dtype) for number in (1, 0))
    if rows is None and witnesses is None:
        total = added_of_each(points, others, ones, none, "inverse")
    else:
        total = added(points, wanted, others, ones, none, ones, "inverse")
    return np.clip(total / max(1, len(others)), 0, 1)
