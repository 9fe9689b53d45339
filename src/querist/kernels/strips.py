"""Strips of packed columns, and the parts of rows that meet them on all cores: how compiled pairs are fed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

from querist.kernels.arrays import Array

__all__ = ["PART", "Strip", "in_parts", "noise", "raised", "ranges", "tall"]

PART = 252
"""Rows that are worked on at a time: a multiple of the height of every tile."""

_STRIP = 512  # columns whose products are in hand at a time
_TOGETHER = 64  # rows whose nearest columns are found at a time
_TALLEST = 4  # times as many rows at a time, where columns are few
_INLINE = 1 << 26  # multiplications below which threads are not worth their start
_PACKED = 1 << 21  # numbers in the columns that are packed at a time


class Strip:
    """Columns packed for the compiled kernels, in panels of which the last is filled up."""

    def __init__(self, points: Any, columns: Array, norms: Array, start: int = 0) -> None:
        from querist.kernels import compiled_pairs as compiled

        width = compiled.width_of(points.dtype)
        self.start, self.stop = start, start + len(columns)
        self.panels = np.empty((-(-len(columns) // width), points.d, width), dtype=points.dtype)
        compiled.pack(np.ascontiguousarray(columns, dtype=points.dtype), self.panels)
        self.norms = np.full(len(self.panels) * width, np.inf, dtype=points.dtype)
        self.norms[: len(columns)] = norms
        self._filled: dict[int, Array] = {}

    def filled(self, numbers: Array) -> Array:
        """The part of ``numbers`` that is of these columns, and zeros (-1 for whole numbers) to fill up."""
        if id(numbers) not in self._filled:
            some = np.full(len(self.norms), -1 if numbers.dtype.kind in "iu" else 0, dtype=numbers.dtype)
            some[: self.stop - self.start] = numbers[self.start : self.stop]
            self._filled[id(numbers)] = some
        return self._filled[id(numbers)]

    def room(self, part: Array, together: int = 1) -> Array:
        """Room for the products of some rows, so many at a time, with a part of the columns."""
        rows = -(-len(part) // together) * together
        return np.empty((rows, min(_STRIP, len(self.norms))), dtype=self.norms.dtype)

    def few(self) -> Array:
        """Room for one sum a column of such a part."""
        return np.empty(_STRIP)

    def leasts(self, part: Array, k: int) -> tuple[Array, Array, Array, Array, Array]:
        """Room for products, for some of them turned, each row's k least and their names, and names."""
        near = self.room(part, _TOGETHER)
        turned, least = (np.empty((m, _TOGETHER), near.dtype) for m in (near.shape[1], k))
        ids, names = np.empty((k, _TOGETHER), dtype=np.int32), np.empty(_TOGETHER, dtype=np.int32)
        return near, turned, least, ids, names

    def lanes(self) -> Array:
        """Room for as many numbers as stand side by side."""
        return np.empty(self.panels.shape[2], dtype=self.norms.dtype)

    def sums(self) -> Array:
        """Room for one sum a column."""
        return np.zeros(len(self.norms))


def in_parts(
    points: Any,
    n: int,
    columns: Array,
    work: Callable[[Strip, int, int], Array | None],
    *,
    halves: bool = False,
    total: Array | None = None,
) -> None:
    """Do ``work`` for all of ``n`` rows, in parts, with each strip of ``columns``, on all cores.

    With ``halves`` a strip meets only the rows that are not before its own.  What ``work`` returns, one
    number a column, is added to ``total`` in the order of the parts, however threads take turns.
    """
    from querist.kernels.compiled_numbers import THREADS

    step = max(_STRIP, _PACKED // max(1, points.d))
    step = min(step, max(_STRIP, n // 16)) if halves else step  # a strip meets itself twice over
    few = n * len(columns) * points.d < _INLINE
    part = PART * max(1, min(_TALLEST, _STRIP // max(1, len(columns))))
    with ThreadPoolExecutor(THREADS) as threads:
        for a, b in ranges(len(columns), step):
            strip = Strip(points, points.centres(columns[a:b]), points.norms[columns[a:b]], a)
            parts = [(a + c, a + d) for c, d in ranges(b - a, part)] if halves else []
            first = b if halves else 0
            parts += [(first + c, first + d) for c, d in ranges(n - first, part)]
            for sums in (map if few else threads.map)(partial(_spread, work, strip), parts):
                if total is not None and sums is not None:
                    total[strip.start : strip.stop] += sums[: strip.stop - strip.start]


def _spread(work: Any, strip: Strip, part: tuple[int, int]) -> Any:
    return work(strip, *part)


def tall(points: Any, rows: Array) -> tuple[Array, Array]:
    """Some rows, at least as many as a tile is high, and their squared lengths."""
    return raised(points.centres(rows)), points.norms[rows]


def raised(part: Array) -> Array:
    """At least as many rows as a tile is high."""
    from querist.kernels import compiled_pairs as compiled

    if len(part) >= compiled.HEIGHT:
        return np.ascontiguousarray(part)
    tall = np.zeros((compiled.HEIGHT, part.shape[1]), dtype=part.dtype)
    tall[: len(part)] = part
    return tall


def noise(dtype: Any) -> Any:
    """What share of two squared lengths is rounding: rows that repeat are at distance 0, not near it."""
    return np.dtype(dtype).type(16 * float(np.finfo(dtype).eps))


def ranges(n: int, step: int) -> Iterator[tuple[int, int]]:
    """0 to ``n`` in steps."""
    for start in range(0, n, step):
        yield start, min(n, start + step)
