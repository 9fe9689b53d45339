"""Of all pairs of rows those that a coverage needs: closer than what covers them already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.kernels.arrays import Array
from querist.kernels.large import in_threads
from querist.kernels.strips import in_parts, noise, tall

__all__ = ["ClosePairs", "CloseCover", "close_pairs"]

_MOST = 1 << 23
"""Pairs of which a list is made, each counted at both of its rows: 64 MB in float32."""

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

    Compiled, whatever the size; time O(m^2 d / 2), and 8 bytes for each pair at each of its rows.
    """
    from querist.kernels import compiled_close as compiled

    parts: list[tuple[int, Array, Array, Array]] = []
    degree = np.zeros(len(rows), dtype=np.int64)
    many: list[int] = []

    def part(strip: Any, start: int, stop: int) -> None:
        if 2 * sum(many) > _MOST:
            return
        some, own = tall(points, rows[start:stop])
        near = strip.room(some)
        close = np.zeros(near.shape[1], dtype=np.uint8)
        counts = np.empty((-(-len(strip.norms) // near.shape[1]), stop - start), dtype=np.int32)
        room = (stop - start) * len(strip.norms) + 8
        others, squares = np.empty(room, dtype=np.int32), np.empty(room, dtype=points.dtype)
        count = compiled.found(
            some, own, limits[start:stop], start, strip.start, strip.panels, strip.norms,
            strip.filled(limits), noise(points.dtype), near, close, close.view(np.uint64), others, squares,
            counts,
        )  # fmt: skip
        many.append(count)
        parts.append((start, counts, others[:count].copy(), squares[:count].copy()))

    in_parts(points, len(rows), rows, part, halves=True)
    if 2 * sum(many) > _MOST:
        return None
    for start, counts, others, _ in parts:
        degree[start : start + counts.shape[1]] += counts.sum(axis=0)
        degree += np.bincount(others, minlength=len(rows))
    first = np.concatenate([[0], np.cumsum(degree)])
    at = first[:-1].copy()
    others, squares = np.empty(first[-1], dtype=np.int32), np.empty(first[-1], dtype=points.dtype)
    while parts:
        start, counts, *found = parts.pop()
        compiled.sorted_in(start, counts, found[0], found[1], at, others, squares)
    return ClosePairs(rows, limits, first, others, squares)


class CloseCover:
    """What is covered so far, and what each row would add, known at all times: by the pairs that are close.

    A pick changes what its neighbours' neighbours add, and nothing else.  All is summed in whole numbers, so
    that a fresh start gives the same sums.
    """

    def __init__(
        self, pairs: ClosePairs, rows: Array, witnesses: Array, weight: Array, covered: Array, how: Any
    ) -> None:
        self.pairs, self.rows = pairs, rows  # places among those compared, as witnesses are
        kind, scale, unit = how
        real = pairs.squares.dtype.type
        self.how, self.top = (kind, real(scale), real(unit)), unit or 1.0
        self.share, self.covered = np.zeros((2, len(pairs.rows)))
        share = weight if (weight == 1).all() else weight / (weight.sum() or 1) * (_SUM / self.top)
        self.share[witnesses] = share
        self.covered[witnesses] = np.floor(share * covered + 0.5)
        self.mass = max(float(share.sum()) * self.top, 1e-300)
        self.lists = pairs.first, pairs.others, pairs.squares
        self.longest = int(np.diff(pairs.first).max(initial=0)) + 1
        self.free = np.ones(len(rows), dtype=bool)
        self.gains = self._begun()

    def take(self, digits: int) -> tuple[int, float]:
        """The place of the candidate that adds most, and what it adds, to so many digits."""
        from querist.kernels import compiled_close as compiled

        values = np.round(self.gains[self.rows] / self.mass, digits)
        place = int(np.where(self.free, values, -np.inf).argmax())
        self.free[place] = False
        given = *self.lists, self.share, self.covered, *self.how, self._room(), self._room(), self.gains
        compiled.taken_in(int(self.rows[place]), self.top, *given)
        return place, float(values[place])

    def _begun(self) -> Array:
        from querist.kernels import compiled_close as compiled

        def part(bounds: tuple[int, int]) -> Array:
            gains = np.zeros(len(self.share))
            compiled.begun(*bounds, *self.lists, self.share, self.covered, *self.how, self._room(), gains)
            return gains

        half = int(np.searchsorted(self.pairs.first, self.pairs.first[-1] // 2))
        own = np.maximum(np.floor(self.share * self.top + 0.5) - self.covered, 0)
        return np.asarray(sum(in_threads(part, [(0, half), (half, len(self.share))]), own))

    def _room(self) -> Array:
        return np.empty(self.longest, dtype=self.pairs.squares.dtype)
