"""Of all pairs of rows those that a coverage needs: closer than what covers them already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.kernels.arrays import Array
from querist.kernels.large import in_threads
from querist.kernels.pairs import similar, squared_between
from querist.kernels.strips import in_parts, noise, ranges, tall

__all__ = ["ClosePairs", "CloseCover", "close_pairs"]

_MOST = 80 << 20
"""Bytes that a list of pairs may take: 14 million of them in float32, each counted at both of its rows."""

_SEEN = 128  # rows by which it is foreseen how many pairs there are
_MISSED = 1.3  # times as many as there may be must be foreseen: less may be chance

_SHORT = 65_000  # rows of which two bytes say the number

_SUM = 2.0**52  # what whole numbers may add up to and stay whole


@dataclass(frozen=True)
class ClosePairs:
    """Pairs of rows closer than the larger of their limits, listed at both.

    The fewer rows are far from what is taken, the fewer there are: of n rows, t of them taken by lot, at most
    2 / (t + 1) of all.  They serve every similarity that falls with the distance.

    Attributes
    ----------
    rows : (m,) row numbers
    limits : (m,) squared distances
    first, others, squares : (m + 1,), (pairs,) and (pairs,)
        Those close to ``rows[i]`` are ``rows[others[first[i] : first[i + 1]]]``, at such squared distances.
    """

    rows: Array
    limits: Array
    first: Array
    others: Array
    squares: Array

    def places(self, rows: Array, limits: Array) -> Array | None:
        """Where some rows are among those compared; None if one is not, or asks for a larger limit."""
        order = np.argsort(self.rows, kind="stable")
        at = np.searchsorted(self.rows, rows, sorter=order)
        if at.max(initial=-1) >= len(order):
            return None
        at = order[at]
        return at if (self.rows[at] == rows).all() and (self.limits[at] >= limits).all() else None


def close_pairs(points: Any, rows: Array, limits: Array) -> ClosePairs | None:
    """All pairs of ``rows`` that are closer than the larger of their limits; None where they are too many.

    Compiled, whatever the size; time O(m^2 d / 2), and 6 to 12 bytes for each pair at each of its rows.
    """
    from querist.kernels import compiled_close as compiled

    parts: list[tuple[int, Array, Array, Array]] = []
    degree = np.zeros(len(rows), dtype=np.int64)
    number = np.dtype(np.uint16 if len(rows) <= _SHORT else np.int32)
    bytes_each = 2 * (number.itemsize + points.dtype.itemsize)
    if bytes_each * _foreseen(points, rows, limits) > _MISSED * _MOST:
        return None
    many: list[int] = []

    def part(strip: Any, start: int, stop: int) -> None:
        if bytes_each * sum(many) > _MOST:
            return
        some, own = tall(points, rows[start:stop])
        near = strip.room(some)
        close = np.zeros(near.shape[1], dtype=np.uint8)
        counts = np.empty((-(-len(strip.norms) // near.shape[1]), stop - start), dtype=np.int32)
        room = (stop - start) * len(strip.norms) + 8
        others, squares = np.empty(room, dtype=number), np.empty(room, dtype=points.dtype)
        count = compiled.found(
            some, own, limits[start:stop], start, strip.start, strip.panels, strip.norms,
            strip.filled(limits), noise(points.dtype), near, close, close.view(np.uint64), others, squares,
            counts,
        )  # fmt: skip
        many.append(count)
        parts.append((start, counts, others[:count].copy(), squares[:count].copy()))

    in_parts(points, len(rows), rows, part, halves=True)
    if bytes_each * sum(many) > _MOST:
        return None
    for start, counts, others, _ in parts:
        degree[start : start + counts.shape[1]] += counts.sum(axis=0)
        degree += np.bincount(others, minlength=len(rows))
    first = np.concatenate([[0], np.cumsum(degree)])
    at = first[:-1].copy()
    others, squares = np.empty(first[-1], dtype=number), np.empty(first[-1], dtype=points.dtype)
    while parts:
        start, counts, *found = parts.pop()
        compiled.sorted_in(start, counts, found[0], found[1], at, others, squares)
    return ClosePairs(rows, limits, first, others, squares)


def _foreseen(points: Any, rows: Array, limits: Array) -> float:
    """About how many pairs there are, by those of a few rows."""
    some = np.unique(np.linspace(0, len(rows) - 1, _SEEN).astype(np.intp))
    count = 0
    for start, stop in ranges(len(rows), 8 * _SEEN):
        columns, norms = points.centres(rows[start:stop]), points.norms[rows[start:stop]]
        near = squared_between(points, rows[some], columns, norms)
        count += int((near < np.maximum(limits[some, None], limits[start:stop])).sum())
    return (count / len(some) - 1) * len(rows) / 2


class CloseCover:
    """What is covered so far, and what each row would add, known at all times: by the pairs that are close.

    A pick changes what its neighbours' neighbours add, and nothing else.  All is summed in whole numbers, so
    that a fresh start gives the same sums.
    """

    def __init__(
        self,
        pairs: ClosePairs,
        parts: tuple[Array, Array],
        weight: Array,
        covered: Array,
        kind: str,
        radius: float,
        unit: float,
    ) -> None:
        self.pairs, (self.rows, witnesses) = pairs, parts  # places among those compared
        real = pairs.squares.dtype.type
        self.kind, self.radius, self.unit = kind, radius, real(unit)
        scales = {"ball": radius**2, "gaussian": -0.5 / radius**2, "cosine": 0.25}
        self.how = list(scales).index(kind), real(scales[kind]), real(unit)
        self.top = unit or 1.0
        self.share, self.covered = np.zeros((2, len(pairs.rows)))
        share = weight if (weight == 1).all() else weight / (weight.sum() or 1) * (_SUM / self.top)
        self.share[witnesses] = share
        self.covered[witnesses] = np.floor(share * covered + 0.5)
        self.mass = max(float(share.sum()) * self.top, 1e-300)
        self.room = np.empty(int(np.diff(pairs.first).max(initial=0)), dtype=pairs.squares.dtype)
        self.free = np.ones(len(self.rows), dtype=bool)
        self.gains = self._begun()

    def take(self, digits: int) -> tuple[int, float]:
        """The place of the candidate that adds most, and what it adds, to so many digits."""
        values = np.round(self.gains[self.rows] / self.mass, digits)
        place = int(np.where(self.free, values, -np.inf).argmax())
        self.free[place] = False
        row = int(self.rows[place])
        some = slice(self.pairs.first[row], self.pairs.first[row + 1])
        near = self._whole(similar(self.pairs.squares[some].copy(), self.kind, self.radius))
        which = np.append(self.pairs.others[some], row)
        high = np.floor(self.share[which] * np.append(near, self.top) + 0.5)
        better = np.flatnonzero(high > self.covered[which])
        which, high = which[better], high[better]
        low = self.covered[which]
        self._move(which, low, high, -1.0, self.gains)
        self.gains[which] -= high - low
        self.covered[which] = high
        return place, float(values[place])

    def _whole(self, near: Array) -> Array:
        return np.floor(near * self.unit + self.unit.dtype.type(0.5)) if self.unit else near

    def _begun(self) -> Array:
        """What each row adds at the outset."""
        which = np.flatnonzero(self.share > 0)
        size = np.cumsum(np.diff(self.pairs.first)[which])
        half = int(np.searchsorted(size, size[-1] // 2)) if len(size) else 0

        def part(some: Array) -> Array:
            gains = np.zeros(len(self.share))
            self._move(some, self.covered[some], np.full(len(some), np.inf), 1.0, gains)
            return gains

        own = np.maximum(np.floor(self.share * self.top + 0.5) - self.covered, 0)
        return np.asarray(sum(in_threads(part, [which[:half], which[half:]]), own))

    def _move(self, which: Array, low: Array, high: Array, sign: float, gains: Array) -> None:
        from querist.kernels.compiled_close import moved

        lists = self.pairs.first, self.pairs.others, self.pairs.squares
        moved(which, low, high, sign, *lists, self.share, *self.how, np.empty_like(self.room), gains)
