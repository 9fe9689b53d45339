"""Rows of anything that holds one item a row."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["take"]


def take(x: Any, rows: Any) -> Any:
    """Some rows of ``x``: an array, a sparse matrix, a memory map, a data frame or a sequence.

    >>> take(np.array([[1.0], [2.0], [3.0]]), [2, 0])
    array([[3.],
           [1.]])
    >>> take(["a", "b", "c"], [2, 0])
    ['c', 'a']
    """
    rows = np.asarray(rows, dtype=np.intp)
    if hasattr(x, "iloc"):
        return x.iloc[rows]
    if hasattr(x, "tocsr"):
        return x.tocsr()[rows]
    if hasattr(x, "shape"):
        return x[rows]
    return [x[int(row)] for row in rows]
