"""What labelled rows settle of a linear model: an inverse that is never formed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_rows, is_sparse

__all__ = ["Settled", "dense", "kind_of", "numbered"]

_FREE = 1e-6  # the weight of the penalty that an intercept bears


@dataclass(frozen=True)
class Settled:
    """(penalty + rows' W rows)^-1 = (1 - B' B) / penalty about a middle, and what an intercept adds.

    Dot products of rows, plus what lies :meth:`towards` one side times how the other is :meth:`seen_from`
    it, are the penalty times the products by that inverse.
    """

    base: Array  # B, (r, d)
    middle: Array  # (d,)
    free: float

    @classmethod
    def of_rows(cls, rows: Array, curvature: Array, penalty: float, *, intercept: bool) -> Settled:
        """What rows of such curvatures settle; an intercept is next to free of the penalty."""
        slack = _FREE * penalty
        mass = float(curvature.sum()) + slack
        middle = curvature @ rows / mass if intercept else np.zeros(rows.shape[1])
        scaled = (rows - middle) * np.sqrt(curvature)[:, None]
        if intercept:
            scaled = np.vstack([scaled, middle * np.sqrt(slack)])
        free = penalty / mass if intercept else 0.0
        if len(scaled) <= scaled.shape[1]:
            factor = np.linalg.cholesky(scaled @ scaled.T + penalty * np.eye(len(scaled)))
            return cls(np.linalg.inv(factor) @ scaled, middle, free)
        values, directions = np.linalg.eigh(scaled.T @ scaled)
        values = np.maximum(values, 0)
        return cls(directions.T * np.sqrt(values / (values + penalty))[:, None], middle, free)

    def towards(self, rows: Array) -> tuple[Array, Array]:
        """What :meth:`seen_from` is multiplied with from the left, (B, r + 2); each row with itself, (B,)."""
        middle = self.middle.astype(rows.dtype)
        apart = rows - middle
        here = apart @ self.base.T.astype(rows.dtype)
        own = np.einsum("ij,ij->i", apart, apart) - np.einsum("ij,ij->i", here, here)
        along = rows @ middle - (self.middle @ self.middle + self.free).astype(rows.dtype)
        ones = np.ones(len(rows), dtype=rows.dtype)
        return np.column_stack([-here, -along, -ones]), np.maximum(own, 0) + self.free

    def seen_from(self, rows: Array) -> Array:
        """What is added to the dot products with rows on the right, (r + 2, m)."""
        middle = self.middle.astype(rows.dtype)
        ones = np.ones(len(rows), dtype=rows.dtype)
        return np.vstack([self.base.astype(rows.dtype) @ (rows - middle).T, ones, rows @ middle])


def numbered(known: Any, labels: Any, classes: int, n: int) -> tuple[Array, Array]:
    """Labelled rows and their class numbers, checked."""
    known, labels = as_rows(known, n), np.asarray(labels)
    if labels.shape != known.shape or (
        len(labels) and (labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes)
    ):
        raise InvalidInput(
            f"{len(known)} labelled rows need as many class numbers below {classes}; got {labels!r}.",
            mend="Number the classes from 0 on and give one a labelled row.",
        )
    return known, labels.astype(np.intp)


def kind_of(x: Any) -> np.dtype[Any]:
    """What is computed in: float32 where the features are."""
    return np.dtype(np.float32 if x.dtype == np.float32 else np.float64)


def dense(x: Any, rows: Array) -> Array:
    """Some rows as a dense float64 table, all of it finite."""
    part = x[rows]
    dense = np.asarray(part.toarray() if is_sparse(part) else part, dtype=np.float64)
    if not np.isfinite(dense).all():
        raise InvalidInput("The features are not all finite.", mend="Fill missing values first.")
    return dense
