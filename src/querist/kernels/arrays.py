"""What the kernels accept, and the blocks in which they read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.errors import InvalidInput

__all__ = ["BLOCK", "Array", "as_matrix", "as_rows", "blocks", "is_sparse"]

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


def blocks(n: int, width: int) -> Iterator[tuple[int, int]]:
    """Ranges that cover ``n`` rows of ``width`` numbers, each about :data:`BLOCK` numbers.

    >>> list(blocks(5, BLOCK // 2))
    [(0, 2), (2, 4), (4, 5)]
    """
    step = max(1, BLOCK // max(1, width))
    for start in range(0, n, step):
        yield start, min(n, start + step)
