"""All pairs of rows, of which only sums, leasts and nearests are kept: small tables in NumPy, large compiled.

Points are anything with ``n``, ``d``, ``sparse``, ``dtype``, ``norms`` (n,) and ``centres(rows)``: those of
:class:`querist.kernels.Points`, or of :class:`querist.kernels.directions.Directions`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from querist.kernels.arrays import BLOCK, Array, is_sparse
from querist.kernels.large import lent
from querist.kernels.strips import PART, Strip, in_parts, noise, raised, ranges, tall

__all__ = [
    "added",
    "added_of_each",
    "alike",
    "apart",
    "assigned",
    "is_large",
    "k_nearest",
    "nearest_column",
    "nearest_stranger",
    "similar",
    "squared_between",
]

_LARGE = 1 << 32
"""Numbers read in all pairs from which on the compiled kernels repay their loading (NumPy takes .2 s)."""

_PAIR = 64  # numbers that a pair costs beside its products

_SUMS = 8  # ranges of rows that are summed apart: the same, whatever the threads


def is_large(points: Any, pairs: int) -> bool:
    """Whether so many pairs are for the compiled kernels; of dense rows where only their length is told."""
    d = points if isinstance(points, int) else 0 if points.sparse else points.d
    return d > 0 and pairs * (d + _PAIR) >= _LARGE


def alike(points: Any, rows: Array, columns: Any, norms: Array, kind: str, radius: float) -> Array:
    """The similarities of some rows to some columns (as ``points.centres`` gives them), by NumPy."""
    return similar(squared_between(points, rows, columns, norms), kind, radius)


def squared_between(points: Any, rows: Array, columns: Any, norms: Array) -> Array:
    """The squared distances of some rows to some columns, by NumPy."""
    near = points.centres(rows) @ columns.T
    near = np.asarray(near.toarray() if is_sparse(near) else near)
    size = points.norms[rows][:, None] + norms[None, :]
    near *= -2
    near += size
    size *= noise(points.dtype)
    near[near <= size] = 0
    return near


def similar(squared: Array, kind: str, radius: float) -> Array:
    """Similarities from squared distances, in place where that can be; cosines from those of directions."""
    if kind == "ball":
        return np.asarray(squared <= squared.dtype.type(radius) ** 2, dtype=squared.dtype)
    if kind == "cosine":  # d^2 = 2 - 2 cosine
        squared /= -4
        squared += 1
        return squared
    if kind == "inverse":
        np.sqrt(squared, out=squared)
        squared += 1
        return np.asarray(1 / squared)
    squared /= -2 * squared.dtype.type(radius) ** 2
    return np.asarray(np.exp(squared, out=squared))


def nearest_column(points: Any, rows: Array, columns: Array, large: bool | None = None) -> Array:
    """The squared distance from each of ``rows`` to the nearest of ``columns``; inf where there is none.

    Whether it is ``large`` is told where this is a part of what is.
    """
    least = np.full(len(rows), np.inf, dtype=points.dtype)
    if not (is_large(points, len(rows) * len(columns)) if large is None else large):
        wide = 64 if points.sparse else points.d
        for a, b in ranges(len(columns), max(1, BLOCK // max(64, wide))):
            some, norms = points.centres(columns[a:b]), points.norms[columns[a:b]]
            for start, stop in ranges(len(rows), max(1, BLOCK // max(b - a, wide))):
                near = squared_between(points, rows[start:stop], some, norms)
                np.minimum(least[start:stop], near.min(axis=1), out=least[start:stop])
        return least
    from querist.kernels import compiled_pairs as compiled

    ranks = np.full(len(rows), np.inf, dtype=points.dtype)
    which = np.zeros(len(rows), dtype=np.int64)

    def part(strip: Any, start: int, stop: int) -> None:
        some, _ = tall(points, rows[start:stop])
        compiled.closest(
            some, strip.panels, strip.norms, strip.lanes(), strip.room(some), which[start:stop],
            ranks[start:stop],
        )  # fmt: skip

    in_parts(points, len(rows), columns, part)
    least = np.asarray(points.norms[rows] + ranks)
    least[least <= noise(points.dtype) * 2 * points.norms[rows]] = 0
    return least


def added(
    points: Any,
    rows: Array,
    columns: Array,
    weight: Array,
    low: Array,
    high: Array,
    kind: str,
    radius: float = 1.0,
    large: bool | None = None,
    unit: float = 0.0,
) -> Array:
    """For each row the weight of the columns between ``low`` and ``high`` that its similarities reach.

    That is sum_j weight_j max(min(s_ij, high_j) - low_j, 0), (len(rows),) float64.  Whether it is
    ``large`` is told where this is a part of what is.  With a ``unit`` a large table's similarities are whole
    numbers of its parts: then sums are exact, and the same in any order, where weights are 1.
    """
    total = np.zeros(len(rows))
    if not (is_large(points, len(rows) * len(columns)) if large is None else large):
        wide = 64 if points.sparse else points.d
        for a, b in ranges(len(columns), max(1, BLOCK // max(64, wide))):
            some = points.centres(columns[a:b])
            norms = points.norms[columns[a:b]]
            for start, stop in ranges(len(rows), max(1, BLOCK // max(b - a, wide))):
                near = alike(points, rows[start:stop], some, norms, kind, radius)
                np.minimum(near, high[a:b], out=near)
                near -= low[a:b]
                total[start:stop] += np.maximum(near, 0, out=near) @ weight[a:b]
        return total
    from querist.kernels import compiled_pairs as compiled

    how = _how(points, kind, radius, unit)
    nothing = weight[:0], low[:0], high[:0]

    def part(strip: Any, start: int, stop: int) -> None:
        some, own = tall(points, rows[start:stop])
        given = strip.panels, strip.norms, strip.filled(weight), strip.filled(low), strip.filled(high)
        compiled.added(
            some, own, *nothing, *given, *how, strip.room(some), strip.few(), total[start:stop], total[:0]
        )

    def back(strip: Any, start: int, stop: int) -> Array:
        some, own = tall(points, columns[start:stop])
        given = weight[start:stop], low[start:stop], high[start:stop], strip.panels, strip.norms
        sums: Array = strip.sums()
        compiled.added(some, own, *given, *nothing, *how, strip.room(some), strip.few(), total[:0], sums)
        return sums

    if len(rows) < len(columns):  # the fewer are packed
        in_parts(points, len(columns), rows, back, total=total)
    else:
        in_parts(points, len(rows), columns, part)
    return total


def added_of_each(
    points: Any, rows: Array, weight: Array, low: Array, kind: str, radius: float = 1.0, unit: float = 0.0
) -> Array:
    """What :func:`added` gives for rows that are the columns too, with no upper end, by half of the pairs."""
    high = np.full(len(rows), np.inf, dtype=points.dtype)
    if not is_large(points, len(rows) ** 2):
        return added(points, rows, rows, weight, low, high, kind, radius, unit=unit)
    from querist.kernels import compiled_pairs as compiled

    total = np.zeros(len(rows))
    how = _how(points, kind, radius, unit)

    def part(strip: Any, start: int, stop: int) -> Array | None:
        some, own = tall(points, rows[start:stop])
        given = strip.panels, strip.norms, strip.filled(weight), strip.filled(low), strip.filled(high)
        sums: Array = strip.sums() if start >= strip.stop else total[:0]
        compiled.added(
            some, own, weight[start:stop], low[start:stop], high[start:stop], *given, *how,
            strip.room(some), strip.few(), total[start:stop], sums,
        )  # fmt: skip
        return sums if len(sums) else None

    in_parts(points, len(rows), rows, part, halves=True, total=total)
    return total


def nearest_stranger(points: Any, rows: Array, of: Array) -> Array:
    """The distance from each of ``rows`` to the nearest row of another cluster; inf where there is none."""
    least = np.full(len(rows), np.inf, dtype=points.dtype)
    everything = np.arange(points.n)
    if not is_large(points, len(rows) * points.n):
        wide = 64 if points.sparse else points.d
        for a, b in ranges(points.n, max(1, BLOCK // max(64, wide))):
            some = points.centres(everything[a:b])
            for start, stop in ranges(len(rows), max(1, BLOCK // max(b - a, wide))):
                near = squared_between(points, rows[start:stop], some, points.norms[a:b])
                near[of[rows[start:stop], None] == of[None, a:b]] = np.inf
                np.minimum(least[start:stop], near.min(axis=1), out=least[start:stop])
        return np.sqrt(least)
    from querist.kernels import compiled_pairs as compiled

    of = of.astype(np.int64, copy=False)

    def part(strip: Any, start: int, stop: int) -> None:
        some, own = tall(points, rows[start:stop])
        compiled.nearest_stranger(
            some, own, of[rows[start:stop]], strip.panels, strip.norms, strip.filled(of), noise(points.dtype),
            strip.lanes(), strip.room(some), least[start:stop],
        )  # fmt: skip

    in_parts(points, len(rows), everything, part)
    return np.sqrt(least)


def k_nearest(points: Any, rows: Array, columns: Array, k: int) -> tuple[Array, Array]:
    """The k nearest of ``columns`` to each of ``rows``, itself left out: their numbers and distances.

    Two (len(rows), k) arrays; compiled, whatever the size.  The nearest first, the earlier among equals;
    -1 at inf where there are fewer.
    """
    from querist.kernels import compiled_pairs as compiled

    found = np.full((len(rows), k), np.inf, dtype=points.dtype)
    which = np.full((len(rows), k), -1, dtype=np.int64)

    def part(strip: Any, start: int, stop: int) -> None:
        some, own = tall(points, rows[start:stop])
        near, turned, least, ids, names = strip.leasts(some, k)
        compiled.k_nearest(
            some, own, rows[start:stop], strip.panels, strip.norms, strip.filled(columns),
            noise(points.dtype), near, turned, least, ids, names, found[start:stop], which[start:stop],
        )  # fmt: skip

    in_parts(points, len(rows), columns, part)
    return which, np.sqrt(found)


def apart(points: Any, rows: Array, out: Array) -> None:
    """The squared distances of all rows to some, into ``out`` (len(rows), n); compiled, rows being plain."""
    from querist.kernels import compiled_pairs as compiled
    from querist.kernels.compiled_numbers import THREADS

    centres = points.centres(rows)
    strip = Strip(points, centres, points.norms[rows])
    shift, slacks = np.zeros((2, len(strip.norms)), dtype=points.dtype)
    shift[: len(rows)] = points.mean @ centres.T
    slacks[: len(rows)] = points.slack(points.norms[rows])
    x, slack = lent(points.x), points.slack(points.norms)

    def part(bounds: tuple[int, int]) -> None:
        for start, stop in ranges(bounds[1] - bounds[0], PART):
            b = bounds[0] + stop
            a = max(0, min(bounds[0] + start, b - compiled.HEIGHT))  # as high as a tile
            near = np.empty((b - a, len(strip.norms)), dtype=points.dtype)
            given = points.norms[a:b], slack[a:b], strip.panels, strip.norms, shift, slacks
            compiled.written(x[a:b], *given, near, out[:, a:b])

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(part, ranges(points.n, 32 * PART)))


def assigned(points: Any, centres: Array, weight: Array | None = None) -> tuple[Array, Array, Array]:
    """The nearest centre of each row, the squared distance to it, and the weighted sums of the clusters.

    Compiled, whatever the size; ``centres`` (k, d) and the sums, (k, d) float64, are measured from the mean.
    The sums are 0 where no weight is given.
    """
    from querist.kernels import compiled_pairs as compiled
    from querist.kernels.compiled_numbers import THREADS

    strip = Strip(points, centres, np.einsum("ij,ij->i", centres, centres))
    which, least = np.zeros(points.n, dtype=np.int64), np.full(points.n, np.inf, dtype=points.dtype)
    sums = [np.zeros(centres.shape) for _ in range(_SUMS if weight is not None else 1)]

    def part(place: int, start: int, stop: int) -> None:
        for a, b in ranges(stop - start, 2 * PART):
            a, b = start + a, start + b
            some = raised(np.subtract(points.block(a, b), points.mean, dtype=points.dtype))
            compiled.closest(
                some, strip.panels, strip.norms, strip.lanes(), strip.room(some), which[a:b], least[a:b]
            )
            if weight is not None:
                compiled.summed(some, which[a:b], weight[a:b], sums[place])

    step = -(-points.n // _SUMS)
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda one: part(one[0], *one[1]), enumerate(ranges(points.n, step))))
    size = points.norms + strip.norms[which]
    least += points.norms
    least[least <= noise(points.dtype) * size] = 0
    return which, least, np.sum(sums, axis=0)


def _how(points: Any, kind: str, radius: float, unit: float) -> tuple[int, Any, Any, Any]:
    """What the compiled kernels are told of a similarity."""
    from querist.kernels.compiled_pairs import KINDS

    real = points.dtype.type
    scale = real(radius**2 if kind == "ball" else -0.5 / radius**2)
    return KINDS[kind], scale, noise(points.dtype), real(unit)
