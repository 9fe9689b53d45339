"""Distances between outer products of rows, without the products: gradients of a last layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_matrix, blocks, is_sparse
from querist.kernels.large import in_threads
from querist.kernels.neighbours import Points

__all__ = ["OuterProducts"]

_STRIP = 1 << 14  # rows that one core takes at a time


class OuterProducts:
    """Rows left_i x right_i as points: their squared distances to a few centres, block by block.

    <left_i x right_i, left_j x right_j> = <left_i, left_j> <right_i, right_j>, so that n rows of C d
    numbers are never written down: memory O(n) besides the two factors, which are not copied.  It
    stands wherever :class:`querist.kernels.Points` does the measuring.

    Parameters
    ----------
    left : (n, C) numbers, finite
        For the gradient of a linear layer: probabilities minus one at the predicted class.
    right : (n, d) dense or sparse, finite
        What the layer sees.

    >>> points = OuterProducts(np.array([[1.0, -1.0], [0.5, -0.5]]), np.array([[2.0, 0.0], [0.0, 2.0]]))
    >>> points.squared(0, 2, points.centres([0]))
    array([[ 0.],
           [10.]])

    Ash et al. 2020 (BADGE).
    """

    def __init__(self, left: Any, right: Any) -> None:
        self.left, self.right = as_matrix(left), as_matrix(right)
        self.n, self.d = int(self.right.shape[0]), int(self.left.shape[1] + self.right.shape[1])
        if self.left.shape[0] != self.n or is_sparse(self.left):
            raise InvalidInput(
                f"The left factor has {self.left.shape[0]} rows for {self.n} of the right one, or is sparse.",
                mend="Give a dense (n, C) array and an (n, d) table.",
            )
        single = self.left.dtype == self.right.dtype == np.float32
        self.dtype: np.dtype[Any] = np.dtype(np.float32 if single else np.float64)
        self.norms = np.empty(self.n, dtype=self.dtype)

        def part(some: tuple[int, int]) -> None:
            for start, stop in self.parts(some[1] - some[0]):
                at = slice(some[0] + start, some[0] + stop)
                self.norms[at] = _squared(self.left[at], self.dtype) * _squared(self.right[at], self.dtype)

        in_threads(part, [(start, min(self.n, start + _STRIP)) for start in range(0, self.n, _STRIP)])
        if not np.isfinite(self.norms).all():
            Points(self.right)  # which names the row
            Points(self.left)
            raise InvalidInput(
                "The products of the rows are too large to be squared.", mend="Scale the features first."
            )

    def blocks(self, width: int = 0) -> Iterator[tuple[int, int]]:
        """Ranges of rows whose factors, and whose ``width`` results, each fit one block."""
        return self.parts(self.n, width)

    def parts(self, n: int, width: int = 0) -> Iterator[tuple[int, int]]:
        """The same for ``n`` rows that are not all."""
        return blocks(n, max(64 if is_sparse(self.right) else self.d, width))

    def centres(self, rows: Any) -> tuple[Any, Any, Array]:
        """Some rows as centres: both factors and the squared lengths."""
        rows = np.asarray(rows, dtype=np.intp)
        return self._of(self.left[rows]), self._of(self.right[rows]), self.norms[rows]

    def squared(self, start: int, stop: int, centres: tuple[Any, Any, Array]) -> Array:
        """Squared distances of the rows ``start`` to ``stop`` to ``centres``, shape (stop - start, k)."""
        left, right = self._of(self.left[start:stop]), self._of(self.right[start:stop])
        return self._squared(left, right, self.norms[start:stop], centres)

    def between(self, rows: Array, centres: tuple[Any, Any, Array]) -> Array:
        """Squared distances of some rows to ``centres``, shape (len(rows), k)."""
        return self._squared(self._of(self.left[rows]), self._of(self.right[rows]), self.norms[rows], centres)

    def _squared(self, left: Any, right: Any, norms: Array, centres: tuple[Any, Any, Array]) -> Array:
        products = right @ centres[1].T
        distances = np.asarray(products.toarray() if is_sparse(products) else products)
        distances *= left @ centres[0].T
        squares = norms[:, None] + centres[2][None, :]
        distances *= -2
        distances += squares
        squares *= 16 * float(np.finfo(self.dtype).eps)  # below is noise, as in Points
        distances[distances <= squares] = 0
        return distances

    def _of(self, part: Any) -> Any:
        return part.astype(self.dtype, copy=False)


def _squared(part: Any, dtype: Any) -> Array:
    part = part.astype(dtype, copy=False)
    if is_sparse(part):
        return np.asarray(part.multiply(part).sum(axis=1)).ravel()
    return np.asarray(np.einsum("ij,ij->i", part, part))
