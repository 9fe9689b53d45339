"""Rows as directions: what counts is the angle between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.kernels.arrays import Array, is_sparse, squared_norms
from querist.kernels.neighbours import Points

__all__ = ["Directions", "unit_rows"]


class Directions:
    """Rows at length 1, made when they are needed: their products are cosines.  Rows of zeros stay.

    >>> Directions(np.array([[3.0, 4.0], [0.0, 0.0]])).centres([0, 1])
    array([[0.6, 0.8],
           [0. , 0. ]])
    """

    def __init__(self, x: Any) -> None:
        self.points = Points(x)  # which checks the numbers
        self.x, self.n, self.d, self.sparse = self.points.x, self.points.n, self.points.d, self.points.sparse
        self.dtype, self.norms = self.points.dtype, np.ones(self.points.n, dtype=self.points.dtype)
        self.lengths = np.ones(self.n, dtype=self.dtype)
        for start, stop in self.points.blocks():
            squares = squared_norms(self.points.block(start, stop))
            self.lengths[start:stop] = np.sqrt(np.where(squares > 0, squares, 1))

    def centres(self, rows: Any) -> Any:
        """Some rows at length 1, (k, d)."""
        rows = np.asarray(rows, dtype=np.intp)
        part = self.x[rows].astype(self.dtype, copy=False)
        if self.sparse:
            data = part.data / np.repeat(self.lengths[rows], np.diff(part.indptr))
            return type(part)((data, part.indices, part.indptr), shape=part.shape)
        return part / self.lengths[rows, None]

    def squared(self, start: int, stop: int, centres: Any) -> Array:
        """Squared distances of the rows ``start`` to ``stop`` to ``centres``, shape (stop - start, k)."""
        products = self.points.block(start, stop) @ centres.T
        products = np.asarray(products.toarray() if is_sparse(products) else products)
        return np.asarray(2 - 2 * products / self.lengths[start:stop, None])

    def total(self, rows: Array, weight: Array) -> Array:
        """The weighted sum of some rows at length 1, (d,) float64."""
        total = np.zeros(self.d)
        for start, stop in self.points.parts(len(rows)):
            part = self.centres(rows[start:stop])
            total += np.asarray(weight[start:stop] @ part).ravel()
        return total


def unit_rows(rows: Any) -> Any:
    """Some rows at length 1, in float64, sparse ones sparse; rows of zeros stay.

    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    rows = rows.astype(np.float64)
    lengths = np.sqrt(squared_norms(rows))
    shrink = 1 / np.where(lengths > 0, lengths, 1)
    if is_sparse(rows):
        data = rows.data * np.repeat(shrink, np.diff(rows.indptr))
        return type(rows)((data, rows.indices, rows.indptr), shape=rows.shape)
    return rows * shrink[:, None]
