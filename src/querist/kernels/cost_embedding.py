"""Classes as places whose distances are what mistakes cost, and rows that fall between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_classes, as_numbers, as_rows
from querist.kernels.likeness import Likeness, ridge

__all__ = ["class_places", "cost_embedding"]


def class_places(costs: Any) -> Array:
    """A place for each class such that squared distances are the costs of mistaking one for the other.

    Classical multidimensional scaling of the mean of the costs in both directions.  Where no places have
    those distances (a cost above what the ways round it allow), the directions of imaginary length are
    left out, and distances come as near as they can.

    Parameters
    ----------
    costs : (C, C) numbers of 0 or more
        One row a true class, one column a class said; the diagonal is not read.

    Returns
    -------
    (C, e) places around 0, e < C

    >>> places = class_places([[0.0, 1.0, 4.0], [1.0, 0.0, 1.0], [4.0, 1.0, 0.0]])
    >>> np.abs(places).round(6).ravel()
    array([1., 0., 1.])

    Torgerson 1952.
    """
    matrix = np.array(as_numbers(costs))
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix):
        raise InvalidInput(
            f"Costs are a square of one row and one column a class; got shape {matrix.shape}.",
            mend="Give (C, C).",
        )
    if not (np.isfinite(matrix).all() and (matrix >= 0).all()):
        raise InvalidInput("Costs must be finite and 0 or more.", mend="Shift or cut them first.")
    np.fill_diagonal(matrix, 0)
    squared = (matrix + matrix.T) / 2
    centred = squared - squared.mean(axis=0)
    centred -= centred.mean(axis=1)[:, None]
    values, directions = np.linalg.eigh(centred / -2)
    real = values > 1e-9 * max(float(np.abs(values).max()), 1e-300)
    places: Array = directions[:, real] * np.sqrt(values[real])
    return places


def cost_embedding(
    x: Any,
    costs: Any,
    *,
    labelled: Any,
    of: Any,
    rows: Any = None,
    similarity: str = "linear",
    radius: float = 1.0,
    noise: float = 1.0,
) -> Array:
    """How far from every class a row is thought to lie, where distances between classes are costs.

    A kernel ridge fit sends the labelled rows to the places of their classes (:func:`class_places`), and
    others between them; the distance to the nearest place is large where every decision may be dear.
    Were the fit the mean of the places under the class probabilities, the nearest would be the class of
    least expected cost.  Where nothing is known the fit says 0, the middle of all classes.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    costs : (C, C), as for :func:`class_places`
    labelled : row numbers (l,)
    of : (l,) class numbers
    rows : row numbers, optional
        Those that are scored; all if not given.
    similarity, radius, noise :
        As for :func:`querist.kernels.quire`.

    Returns
    -------
    (len(rows),) numbers of 0 or more, to 10 digits (5 in float32)

    >>> cost_embedding([[-1.0], [0.0], [1.0]], 1 - np.eye(2), labelled=[0, 2], of=[0, 1], noise=1e-6).round(3)
    array([0. , 0.5, 0. ])

    Time O(n (d C + C^2)) besides the fit, gaussian O(n l d); memory O(n) and one block.
    Huang & Lin 2016 (ALCE).
    """
    like = Likeness(x, similarity, radius)
    known, classes = as_rows(labelled, like.points.n), as_classes(of, np.size(labelled), "Classes")
    places = class_places(costs)
    wrong = (classes < 0) | (classes >= len(places))
    if classes.shape != known.shape or wrong.any() or not 0 < noise < np.inf:
        raise InvalidInput(
            f"{len(classes)} classes, {wrong.sum()} of them unknown, for {len(known)} labelled rows; "
            f"noise {noise!r}.",
            mend=f"Give one class number below {len(places)} a labelled row, and noise above 0.",
        )
    rows = np.arange(like.points.n) if rows is None else as_rows(rows, like.points.n)
    fit = ridge(like, known, places[classes], noise)
    digits = 5 if like.dtype == np.float32 else 10  # what is equal stays so through rounding
    away: Array = np.round(fit.each(rows, lambda said: _to_nearest(said, places)), digits)
    return away


def _to_nearest(said: Array, places: Array) -> Array:
    """The distance of each row of ``said`` to the nearest place."""
    squared = (said**2).sum(axis=1)[:, None] + (places**2).sum(axis=1) - 2 * said @ places.T
    return np.asarray(np.sqrt(np.maximum(squared.min(axis=1), 0)))
