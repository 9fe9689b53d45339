"""Rows of anything that holds one item a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["stack", "take"]


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


def stack(x: Any, extra: Sequence[Any]) -> Any:
    """The rows ``x``, as :func:`take` gives them, with further rows below, in the kind that ``x`` has.

    >>> stack(np.array([[1.0, 2.0]], dtype=np.float32), [[3, 4]]).dtype
    dtype('float32')
    >>> stack(["a"], ["b"])
    ['a', 'b']
    """
    if not len(extra):
        return x
    if hasattr(x, "iloc"):
        import pandas

        return pandas.concat([x, pandas.DataFrame(list(extra), columns=x.columns)], ignore_index=True)
    if hasattr(x, "tocsr"):
        from scipy.sparse import csr_array, vstack

        return vstack([x, csr_array(np.asarray(extra, dtype=x.dtype))], format="csr")
    if not hasattr(x, "shape"):
        return [*x, *extra]
    if x.dtype.kind == "O":
        below = np.empty(len(extra), dtype=object)
        below[:] = list(extra)
        return np.concatenate([x, below])
    kind = x.dtype if x.dtype.kind == "f" else np.float64
    return np.concatenate([np.asarray(x), np.asarray(extra, dtype=kind).reshape(len(extra), *x.shape[1:])])
