"""Large tables through the compiled kernels, on all cores; small ones stay with NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from querist.kernels.arrays import Array

__all__ = ["run_compiled"]

_LARGE = 1 << 22
"""Numbers from which on the compiled kernels repay their loading (NumPy takes 10 ms for so many)."""

_ROWS = 1 << 15  # rows that one thread takes at a time


def run_compiled(name: str, table: Array, outputs: Sequence[Array]) -> list[tuple[int, int]]:
    """Fill ``outputs``, (n,) each, by the compiled kernel ``name``; what it left undone comes back.

    Parameters
    ----------
    table : (n, C) or (K, n, C), float32 or float64

    Returns
    -------
    Ranges of rows that are for NumPy: all of a small table, and from a row that is no distribution on.

    >>> run_compiled("margin", np.ones((3, 1)), [np.empty(3)])
    [(0, 3)]
    """
    n = table.shape[-2]
    if table.size < _LARGE:
        return [(0, n)] if n else []
    from querist.kernels import compiled

    kernel = getattr(compiled, name)

    def part(start: int) -> tuple[int, int] | None:
        stop = min(n, start + _ROWS)
        if table.flags.c_contiguous:
            wrong = kernel(table, start, stop, *outputs)
            return None if wrong < 0 else (wrong, stop)
        block = np.ascontiguousarray(table[..., start:stop, :])
        wrong = kernel(block, 0, stop - start, *(out[start:stop] for out in outputs))
        return None if wrong < 0 else (start + wrong, stop)

    with ThreadPoolExecutor(compiled.THREADS) as threads:
        return [left for left in threads.map(part, range(0, n, _ROWS)) if left is not None]
