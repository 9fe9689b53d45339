"""All pairs of rows, of which only sums, leasts and nearests are kept: small tables in NumPy, large compiled.

Points are anything with ``n``, ``d``, ``sparse``, ``dtype``, ``norms`` (n,) and ``centres(rows)``: rows of
:class:`querist.kernels.Points`, or :class:`Directions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from querist.kernels.arrays import BLOCK, Array, is_sparse

__all__ = [
    "Directions",
    "added",
    "added_of_each",
    "alike",
    "assigned",
    "is_large",
    "k_nearest",
    "nearest_stranger",
]

_LARGE = 1 << 31
"""Multiplications from which on the compiled kernels repay their loading (a BLAS takes 50 ms for so many)."""

_PART = 252  # rows that are worked on at a time: a multiple of the height of every tile
_STRIP = 512  # columns whose products are in hand at a time
_PACKED = 1 << 21  # numbers in the columns that are packed at a time
_SUMS = 8  # ranges of rows that are summed apart: the same, whatever the threads

class Directions:
    """Rows at length 1, made when they are needed: their products are cosines.  Rows of zeros stay.

    >>> Directions(np.array([[3.0, 4.0], [0.0, 0.0]])).centres([0, 1])
    array([[0.6, 0.8],
           [0. , 0. ]])
    """

    def __init__(self, x: Any) -> None:
        self.x = x
        self.n, self.d = int(x.shape[0]), int(x.shape[1])
        self.sparse = is_sparse(x)
        self.dtype: np.dtype[Any] = np.dtype(np.float32 if x.dtype == np.float32 else np.float64)
        self.norms = np.ones(self.n, dtype=self.dtype)

    def centres(self, rows: Any) -> Any:
        """Some rows at length 1, (k, d)."""
        part = self.x[np.asarray(rows, dtype=np.intp)].astype(self.dtype, copy=False)
        if self.sparse:
            squares = np.asarray(part.multiply(part).sum(axis=1)).ravel()
            lengths = np.sqrt(np.where(squares > 0, squares, 1))
            data = part.data / np.repeat(lengths, np.diff(part.indptr))
            return type(part)((data, part.indices, part.indptr), shape=part.shape)
        squares = np.einsum("ij,ij->i", part, part)
        part /= np.sqrt(np.where(squares > 0, squares, 1))[:, None]
        return part


def is_large(points: Any, pairs: int) -> bool:
    """Whether so many pairs are for the compiled kernels."""
    return not points.sparse and pairs * points.d >= _LARGE


def alike(points: Any, rows: Array, columns: Any, norms: Array, kind: str, radius: float) -> Array:
    """The similarities of some rows to some columns (as ``points.centres`` gives them), by NumPy."""
    near = points.centres(rows) @ columns.T
    near = np.asarray(near.toarray() if is_sparse(near) else near)
    if kind == "cosine":
        near += 1
        near /= 2
        return near
    size = points.norms[rows][:, None] + norms[None, :]
    near *= -2
    near += size
    size *= _noise(points)
    near[near <= size] = 0
    if kind == "ball":
        return np.asarray(near <= points.dtype.type(radius) ** 2, dtype=points.dtype)
    if kind == "inverse":
        near = 1 / (1 + np.sqrt(near, out=near))
        return near
    near /= -2 * points.dtype.type(radius) ** 2
    return np.asarray(np.exp(near, out=near))


def added(
    points: Any,
    rows: Array,
    columns: Array,
    weight: Array,
    low: Array,
    high: Array,
    kind: str,
    radius: float = 1.0,
) -> Array:
    """For each of ``rows`` the weight of ``columns`` between ``low`` and ``high`` that its similarity reaches.

    That is sum_j weight_j max(min(s_ij, high_j) - low_j, 0), (len(rows),) float64.
    """
    total = np.zeros(len(rows))
    if not is_large(points, len(rows) * len(columns)):
        for a, b in _ranges(len(columns), max(1, BLOCK // max(64, points.d))):
            some = points.centres(columns[a:b])
            norms = points.norms[columns[a:b]]
            for start, stop in _ranges(len(rows), max(1, BLOCK // max(b - a, points.d))):
                near = alike(points, rows[start:stop], some, norms, kind, radius)
                np.minimum(near, high[a:b], out=near)
                near -= low[a:b]
                total[start:stop] += np.maximum(near, 0, out=near) @ weight[a:b]
        return total
    from querist.kernels import compiled_pairs as compiled

    how = compiled.KINDS[kind], _scale(points, kind, radius), _noise(points)

    def part(strip: Any, start: int, stop: int) -> None:
        some, own = _tall(points, rows[start:stop])
        given = strip.filled(weight), strip.filled(low), strip.filled(high)
        compiled.added(
            some, own, strip.panels, strip.norms, *given, *how, strip.room(some), total[start:stop]
        )

    _in_parts(points, len(rows), columns, part)
    return total


def added_of_each(
    points: Any, rows: Array, weight: Array, low: Array, kind: str, radius: float = 1.0
) -> Array:
    """What :func:`added` gives for rows that are the columns too, with no upper end, by half of the pairs."""
    high = np.full(len(rows), np.inf, dtype=points.dtype)
    if not is_large(points, len(rows) ** 2):
        return added(points, rows, rows, weight, low, high, kind, radius)
    from querist.kernels import compiled_pairs as compiled

    total = np.zeros(len(rows))
    how = compiled.KINDS[kind], _scale(points, kind, radius), _noise(points)

    def part(strip: Any, start: int, stop: int) -> None:
        some, own = _tall(points, rows[start:stop])
        given = strip.panels, strip.norms, strip.filled(weight), strip.filled(low), strip.filled(high)
        if start < strip.stop:
            compiled.added(some, own, *given, *how, strip.room(some), total[start:stop])
            return
        theirs, both = np.empty(_STRIP, dtype=points.dtype), np.zeros(len(strip.norms))
        compiled.added_both_ways(
            some, own, weight[start:stop], low[start:stop], *given, *how, strip.room(some), theirs,
            total[start:stop], both,
        )  # fmt: skip
        strip.come.append((start, both))

    def whole(strip: Any) -> None:
        for _, both in sorted(strip.come, key=lambda one: one[0]):  # the same sum however threads take turns
            total[strip.start : strip.stop] += both[: strip.stop - strip.start]

    _in_parts(points, len(rows), rows, part, halves=True, after=whole)
    return total


def nearest_stranger(points: Any, rows: Array, of: Array) -> Array:
    """The distance from each of ``rows`` to the nearest row of another cluster; inf where there is none."""
    least = np.full(len(rows), np.inf, dtype=points.dtype)
    everything = np.arange(points.n)
    if not is_large(points, len(rows) * points.n):
        for a, b in _ranges(points.n, max(1, BLOCK // max(64, points.d))):
            some = points.centres(everything[a:b])
            for start, stop in _ranges(len(rows), max(1, BLOCK // max(b - a, points.d))):
                near = points.between(rows[start:stop], some)
                near[of[rows[start:stop], None] == of[None, a:b]] = np.inf
                np.minimum(least[start:stop], near.min(axis=1), out=least[start:stop])
        return np.sqrt(least)
    from querist.kernels import compiled_pairs as compiled

    of = of.astype(np.int64, copy=False)

    def part(strip: Any, start: int, stop: int) -> None:
        some, own = _tall(points, rows[start:stop])
        compiled.nearest_stranger(
            some, own, of[rows[start:stop]], strip.panels, strip.norms, strip.filled(of), _noise(points),
            strip.lanes(), strip.room(some), least[start:stop],
        )  # fmt: skip

    _in_parts(points, len(rows), everything, part)
    return np.sqrt(least)


def k_nearest(points: Any, rows: Array, columns: Array, k: int) -> tuple[Array, Array]:
    """The k nearest of ``columns`` to each of ``rows``, itself left out: (len(rows), k) numbers and distances.

    Compiled, whatever the size.  The nearest first, the earlier among equals; -1 at inf where there are fewer.
    """
    from querist.kernels import compiled_pairs as compiled

    found = np.full((len(rows), k), np.inf, dtype=points.dtype)
    which = np.full((len(rows), k), -1, dtype=np.int64)

    def part(strip: Any, start: int, stop: int) -> None:
        some, own = _tall(points, rows[start:stop])
        compiled.k_nearest(
            some, own, rows[start:stop], strip.panels, strip.norms, strip.filled(columns), _noise(points),
            strip.room(some), found[start:stop], which[start:stop],
        )  # fmt: skip

    _in_parts(points, len(rows), columns, part)
    return which, np.sqrt(found)


def assigned(points: Any, centres: Array, weight: Array | None = None) -> tuple[Array, Array, Array]:
    """The nearest centre of each row, the squared distance to it, and the weighted sums of the clusters.

    Compiled, whatever the size; ``centres`` (k, d) and the sums, (k, d) float64, are measured from the mean.
    The sums are 0 where no weight is given.
    """
    from querist.kernels import compiled_pairs as compiled

    strip = _Strip(points, centres, np.einsum("ij,ij->i", centres, centres))
    which, least = np.zeros(points.n, dtype=np.int64), np.full(points.n, np.inf, dtype=points.dtype)
    sums = [np.zeros(centres.shape) for _ in range(_SUMS if weight is not None else 1)]

    def part(place: int, start: int, stop: int) -> None:
        for a, b in _ranges(stop - start, 2 * _PART):
            a, b = start + a, start + b
            some = _raised(np.subtract(points.block(a, b), points.mean, dtype=points.dtype))
            compiled.closest(
                some, strip.panels, strip.norms, strip.lanes(), strip.room(some), which[a:b], least[a:b]
            )
            if weight is not None:
                compiled.summed(some, which[a:b], weight[a:b], sums[place])

    step = -(-points.n // _SUMS)
    with ThreadPoolExecutor(compiled.THREADS) as threads:
        list(threads.map(lambda one: part(one[0], *one[1]), enumerate(_ranges(points.n, step))))
    size = points.norms + strip.norms[which]
    least += points.norms
    least[least <= _noise(points) * size] = 0
    return which, least, np.sum(sums, axis=0)


class _Strip:
    """Columns packed for the compiled kernels, in panels of which the last is filled up."""

    def __init__(self, points: Any, columns: Array, norms: Array, start: int = 0) -> None:
        from querist.kernels import compiled_pairs as compiled

        width = compiled.width_of(points.dtype)
        self.start, self.stop = start, start + len(columns)
        self.panels = np.empty((-(-len(columns) // width), points.d, width), dtype=points.dtype)
        compiled.pack(np.ascontiguousarray(columns, dtype=points.dtype), self.panels)
        self.norms = np.full(len(self.panels) * width, np.inf, dtype=points.dtype)
        self.norms[: len(columns)] = norms
        self.come: list[tuple[int, Array]] = []
        self._filled: dict[int, Array] = {}

    def filled(self, numbers: Array) -> Array:
        """The part of ``numbers`` that is of these columns, and zeros (-1 for whole numbers) to fill up."""
        if id(numbers) not in self._filled:
            some = np.full(len(self.norms), -1 if numbers.dtype.kind in "iu" else 0, dtype=numbers.dtype)
            some[: self.stop - self.start] = numbers[self.start : self.stop]
            self._filled[id(numbers)] = some
        return self._filled[id(numbers)]

    def room(self, part: Array) -> Array:
        """Room for the products of some rows with a part of the columns."""
        return np.empty((len(part), min(_STRIP, len(self.norms))), dtype=self.norms.dtype)

    def lanes(self) -> Array:
        return np.empty(self.panels.shape[2], dtype=self.norms.dtype)


def _in_parts(
    points: Any,
    n: int,
    columns: Array,
    work: Callable[[_Strip, int, int], None],
    *,
    halves: bool = False,
    after: Callable[[_Strip], None] | None = None,
) -> None:
    """Do ``work`` for all of ``n`` rows, in parts, with each strip of ``columns``, on all cores.

    With ``halves`` a strip meets only the rows that are not before its own.
    """
    from querist.kernels import compiled_pairs as compiled

    step = max(_STRIP, _PACKED // max(1, points.d))
    step = min(step, max(_STRIP, n // 16)) if halves else step  # a strip meets itself twice over
    with ThreadPoolExecutor(compiled.THREADS) as threads:
        for a, b in _ranges(len(columns), step):
            strip = _Strip(points, points.centres(columns[a:b]), points.norms[columns[a:b]], a)
            parts = [(a + c, a + d) for c, d in _ranges(b - a, _PART)] if halves else []
            first = b if halves else 0
            parts += [(first + c, first + d) for c, d in _ranges(n - first, _PART)]
            list(threads.map(lambda one, strip=strip: work(strip, *one), parts))
            if after is not None:
                after(strip)


def _tall(points: Any, rows: Array) -> tuple[Array, Array]:
    """Some rows, at least as many as a tile is high, and their squared lengths."""
    return _raised(points.centres(rows)), points.norms[rows]


def _raised(part: Array) -> Array:
    from querist.kernels import compiled_pairs as compiled

    if len(part) >= compiled.HEIGHT:
        return np.ascontiguousarray(part)
    tall = np.zeros((compiled.HEIGHT, part.shape[1]), dtype=part.dtype)
    tall[: len(part)] = part
    return tall


def _noise(points: Any) -> Any:
    """What share of two squared lengths is rounding: rows that repeat are at distance 0, not near it."""
    return points.dtype.type(16 * float(np.finfo(points.dtype).eps))


def _scale(points: Any, kind: str, radius: float) -> Any:
    return points.dtype.type(radius**2 if kind == "ball" else -0.5 / radius**2)


def _ranges(n: int, step: int) -> Iterator[tuple[int, int]]:
    for start in range(0, n, step):
        yield start, min(n, start + step)
