"""What the kernels accept, and the blocks in which they read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.errors import InvalidInput

__all__ = [
    "BLOCK",
    "Array",
    "as_candidates",
    "as_classes",
    "as_each",
    "as_matrix",
    "as_numbers",
    "as_rows",
    "as_taken",
    "as_weights",
    "blocks",
    "is_sparse",
    "squared_norms",
    "summable",
    "unmeasurable",
]

Array = npt.NDArray[Any]

BLOCK = 1 << 18
"""Numbers in one block of rows: 1 MB of float32, which the second-level cache holds."""


def is_sparse(x: Any) -> bool:
    """Whether ``x`` is a SciPy sparse matrix or array, without importing SciPy."""
    return hasattr(x, "tocsr")


def as_matrix(x: Any) -> Any:
    """``x`` as an (n, d) array or CSR matrix of numbers; never a copy of a dense one."""
    if is_sparse(x):
        return x.tocsr()
    array = np.asarray(x)
    if array.ndim != 2 or array.dtype.kind not in "fiub":
        raise InvalidInput(
            f"Geometry needs an (n, d) table of numbers; got shape {array.shape} of {array.dtype}.",
            mend="Encode the items first, or use a pipeline whose first steps turn them into numbers.",
        )
    return array


def as_rows(rows: Any, n: int) -> Array:
    """``rows`` as distinct row numbers of a table of ``n`` rows."""
    array = np.asarray(rows)
    if array.size == 0:
        return np.empty(0, dtype=np.intp)
    if array.ndim != 1 or array.dtype.kind not in "iu" or array.min() < 0 or array.max() >= n:
        raise InvalidInput(
            f"Rows must be whole numbers from 0 to {n - 1}; got {array!r}.",
            mend="Give row numbers, shape (k,); turn a mask into rows with numpy.flatnonzero.",
        )
    return array.astype(np.intp, copy=False)


def as_candidates(rows: Any, n: int) -> Array:
    """``rows`` as row numbers of a table of ``n`` rows, none of them twice."""
    array = as_rows(rows, n)
    if not (array[1:] > array[:-1]).all():
        times = np.bincount(array)
        if times.max() > 1:
            row = int(times.argmax())
            raise InvalidInput(
                f"Row {row} is a candidate {times[row]} times.",
                mend="Give each candidate once, as numpy.unique does.",
            )
    return array


def as_taken(taken: Any, n: int) -> Array:
    """``taken`` as row numbers of a table of ``n`` rows, in order; the first of equals alone."""
    array = as_rows([] if taken is None else taken, n)
    return array[np.sort(np.unique(array, return_index=True)[1])]


def as_numbers(values: Any) -> Array:
    """``values`` in float64, of any shape; not a copy where they are."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiub" and array.size:
        raise InvalidInput(
            f"Numbers are needed; got {array.dtype} of shape {array.shape}.",
            mend="Give an array of integers or floats.",
        )
    return array.astype(np.float64, copy=False)


def as_each(values: Any, n: int, what: str) -> Array:
    """``values`` in float64, one each of ``n`` rows and no NaN; ``what`` they are is in the plural."""
    array = as_numbers(values)
    if array.shape != (n,) or np.isnan(array).any():
        raise InvalidInput(
            f"{what} must be {n} numbers without NaN; got shape {array.shape}"
            + (", with NaN." if array.shape == (n,) else "."),
            mend="Give one number a row.",
        )
    return array


def as_weights(weights: Any, n: int, *, one: str = "row") -> Array:
    """``weights`` in float64, finite and 0 or more, one each of ``n``; all 1 if None.  ``one`` is what of."""
    weight = np.ones(n) if weights is None else as_numbers(weights)
    if weight.shape != (n,) or not np.isfinite(weight).all() or (weight < 0).any():
        raise InvalidInput(
            f"Weights must be {n} finite numbers of 0 or more; got shape {weight.shape}.",
            mend=f"Give one weight a {one}; Rank(...) makes any score one.",
        )
    return weight


def as_classes(of: Any, n: int, what: str) -> Array:
    """``of`` as whole numbers, one each of ``n`` rows."""
    array = np.asarray(of)
    whole = array.dtype.kind in "iub" or (array.dtype.kind == "f" and bool((array % 1 == 0).all()))
    if array.shape != (n,) or (n and not whole):
        raise InvalidInput(
            f"{what} must be {n} whole numbers; got shape {array.shape} of {array.dtype}.",
            mend="Give one number a row; numpy.unique(..., return_inverse=True) numbers names.",
        )
    return array.astype(np.intp, copy=False)


def blocks(n: int, width: int) -> Iterator[tuple[int, int]]:
    """Ranges that cover ``n`` rows of ``width`` numbers, each about :data:`BLOCK` numbers.

    >>> list(blocks(5, BLOCK // 2))
    [(0, 2), (2, 4), (4, 5)]
    """
    step = max(1, BLOCK // max(1, width))
    for start in range(0, n, step):
        yield start, min(n, start + step)


def unmeasurable(row: int) -> InvalidInput:
    """The error that says which row no distance can be taken from."""
    return InvalidInput(
        f"The features of row {row} are not finite or too large to be squared.",
        mend="Fill missing values (SimpleImputer) and scale the features first.",
    )


def summable(norms: Array, dtype: Any) -> bool:
    """Whether squared lengths, distances (at most four times as much) and the sums of all are finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        return 4 * float(norms.sum(dtype=np.float64)) <= float(np.finfo(dtype).max)


def squared_norms(rows: Any) -> Array:
    """The squared length of each row, (n,); of small numbers in float64, in whose own kind squares wrap."""
    if rows.dtype.kind != "f" or rows.dtype.itemsize < 4:
        rows = rows.astype(np.float64)
    if is_sparse(rows):
        return np.asarray(rows.multiply(rows).sum(axis=1)).ravel().astype(rows.dtype, copy=False)
    norms: Array = np.einsum("ij,ij->i", rows, rows)
    return norms
