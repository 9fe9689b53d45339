"""The kernels of probabilities compiled, for large tables: one pass, in tiles that stay in the cache.

Imported only by a call that is large enough to pay for it; Numba keeps the machine code on disk.  Rows
are short, so a tile is turned first: then every loop runs down a column, and eight or sixteen rows go at
a time.  Each function reads the rows from ``begin`` to ``end`` of an (n, C) or (K, n, C) table in order, and
returns the first row of the first tile in which a row is no distribution, or -1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.kernels.compiled_numbers import logarithm
from querist.kernels.compiling import compiled

__all__ = ["KERNELS", "disagreement", "entropy", "leaders", "voted"]

_TOLERANCE = 1e-3
_TILE, _LEAST = 8192, 64  # numbers in a tile, and rows at least
_DEEP, _WIDE = 512, 1 << 16  # rows of wide tables, while a tile of so many numbers holds them
_LARGEST, _LEAD, _RATIO = 0, 1, 2


# ---- one tile: loops short enough for the compiler to see that nothing overlaps (it compares four columns,
# and no more), two columns at a time


@compiled
def _turn(block: Any, turned: Any, total: Any) -> None:
    """Columns as rows, and the sum of each row: NaN if a number is below 0.

    Where the columns are odd in number the last row stays 0, which changes no result.
    """
    for c in range(block.shape[1]):
        row, column = turned[c], block[:, c]
        for r in range(len(column)):
            row[r] = column[r]
    for r in range(len(total)):
        total[r] = 0
    for c in range(0, len(turned), 2):
        _sum(turned[c], turned[c + 1], total)


@compiled
def _sum(a: Any, b: Any, total: Any) -> None:
    least, none = a.dtype.type(-_TOLERANCE), a.dtype.type(np.nan)
    for r in range(len(a)):
        p, q = a[r], b[r]
        less = p if p < q else q
        total[r] += p + q if less >= least else none


@compiled
def _clear(table: Any) -> None:
    for c in range(len(table)):
        numbers = table[c]
        for r in range(len(numbers)):
            numbers[r] = 0


@compiled
def _most(a: Any, b: Any, first: Any) -> None:
    for r in range(len(a)):
        p, q = a[r], b[r]
        more = p if p > q else q
        first[r] = more if more > first[r] else first[r]


@compiled
def _lead(a: Any, b: Any, first: Any, second: Any) -> None:
    for r in range(len(a)):
        p, q, best, after = a[r], b[r], first[r], second[r]
        less = p if p < best else best
        after = less if less > after else after
        best = p if p > best else best
        less = q if q < best else best
        second[r] = less if less > after else after
        first[r] = q if q > best else best


@compiled
def _weigh(a: Any, b: Any, weight: Any, tiny: Any) -> None:
    """Add -p log p."""
    for r in range(len(a)):
        p, q = a[r], b[r]
        weight[r] -= p * logarithm(p if p > tiny else tiny) + q * logarithm(q if q > tiny else tiny)


@compiled
def _count(column: Any, best: Any, total: Any) -> None:
    for r in range(len(total)):
        total[r] += column[r] == best[r]


@compiled
def _share(column: Any, best: Any, equal: Any, votes: Any) -> None:
    for r in range(len(votes)):
        votes[r] += (column[r] == best[r]) / equal[r]


@compiled
def _add(table: Any, to: Any, by: Any) -> None:
    """Add a share of each number."""
    for c in range(len(table)):
        column, total = table[c], to[c]
        for r in range(len(column)):
            total[r] += column[r] * by


@compiled
def _wrong(total: Any) -> bool:
    """Whether a row of the tile is no distribution, by its sum."""
    wrong = 0
    for r in range(len(total)):
        wrong += not abs(total[r] - 1) <= _TOLERANCE
    return wrong > 0


@compiled
def _step(classes: int, rows: int) -> int:
    return min(rows, max(_LEAST, _TILE // classes, min(_DEEP, _WIDE // classes)))


@compiled
def _even(classes: int) -> int:
    return classes + classes % 2


# ---- whole tables


@compiled
def leaders(proba: Any, begin: int, end: int, out: Any, kind: int) -> int:
    classes = proba.shape[1]
    step = _step(classes, end - begin)
    turned = np.zeros((_even(classes), step), proba.dtype)
    sums = np.empty((3, step), proba.dtype)
    total, first, second = sums[0], sums[1], sums[2]
    for tile in range(begin, end, step):
        start = min(tile, end - step)  # the last tile is whole too, and does some rows twice
        _turn(proba[start : start + step], turned, total)
        if _wrong(total):
            return start
        _clear(sums[1:])
        for c in range(0, classes, 2):
            if kind == _LARGEST:
                _most(turned[c], turned[c + 1], first)
            else:
                _lead(turned[c], turned[c + 1], first, second)
        for r in range(step):
            if kind == _LARGEST:
                out[start + r] = 1 - first[r]
            else:
                out[start + r] = second[r] / first[r] if kind == _RATIO else second[r] - first[r]
    return -1


@compiled
def entropy(proba: Any, begin: int, end: int, out: Any) -> int:
    classes = proba.shape[1]
    step = _step(classes, end - begin)
    tiny = np.finfo(proba.dtype).tiny
    turned = np.zeros((_even(classes), step), proba.dtype)
    sums = np.empty((2, step), proba.dtype)
    total, weight = sums[0], sums[1]
    for tile in range(begin, end, step):
        start = min(tile, end - step)  # the last tile is whole too, and does some rows twice
        _turn(proba[start : start + step], turned, total)
        if _wrong(total):
            return start
        _clear(sums[1:])
        for c in range(0, classes, 2):
            _weigh(turned[c], turned[c + 1], weight, tiny)
        for r in range(step):
            out[start + r] = max(weight[r], 0)
    return -1


@compiled
def disagreement(draws: Any, begin: int, end: int, whole: Any, inner: Any) -> int:
    """The entropy of the members' mean into ``whole``, the mean of their entropies into ``inner``."""
    members, _, classes = draws.shape
    step = _step(classes, end - begin)
    tiny = np.finfo(draws.dtype).tiny
    share = draws.dtype.type(1 / members)
    turned = np.zeros((_even(classes), step), draws.dtype)
    mean = np.empty((_even(classes), step), draws.dtype)
    sums = np.empty((2, step), draws.dtype)
    total, weight = sums[0], sums[1]
    for tile in range(begin, end, step):
        start = min(tile, end - step)  # the last tile is whole too, and does some rows twice
        _clear(mean)
        _clear(sums)
        for k in range(members):
            _turn(draws[k][start : start + step], turned, total)
            if _wrong(total):
                return start
            for c in range(0, classes, 2):
                _weigh(turned[c], turned[c + 1], weight, tiny)
            _add(turned, mean, share)
        for r in range(step):
            inner[start + r] = max(weight[r], 0) * share
        _clear(sums)
        for c in range(0, classes, 2):
            _weigh(mean[c], mean[c + 1], weight, tiny)
        for r in range(step):
            whole[start + r] = max(weight[r], 0)
    return -1


@compiled
def voted(draws: Any, begin: int, end: int, out: Any, ratio: bool) -> int:
    members, _, classes = draws.shape
    step = _step(classes, end - begin)
    tiny = np.finfo(draws.dtype).tiny
    share = draws.dtype.type(1 / members)
    turned = np.zeros((_even(classes), step), draws.dtype)
    voted = np.empty((_even(classes), step), draws.dtype)
    sums, equals = np.empty((3, step), draws.dtype), np.empty((1, step), draws.dtype)
    total, first, second = sums[0], sums[1], sums[2]
    for tile in range(begin, end, step):
        start = min(tile, end - step)  # the last tile is whole too, and does some rows twice
        _clear(voted)
        for k in range(members):
            _turn(draws[k][start : start + step], turned, total)
            if _wrong(total):
                return start
            _clear(sums[1:])
            for c in range(0, classes, 2):
                _most(turned[c], turned[c + 1], first)
            _clear(equals)
            for c in range(classes):
                _count(turned[c], first, equals[0])
            for c in range(classes):
                _share(turned[c], first, equals[0], voted[c])
        for c in range(len(voted)):
            for r in range(step):
                voted[c, r] *= share
        _clear(sums)
        for c in range(0, classes, 2):
            if ratio:
                _most(voted[c], voted[c + 1], first)
            else:
                _weigh(voted[c], voted[c + 1], second, tiny)
        for r in range(step):
            out[start + r] = 1 - first[r] if ratio else max(second[r], 0)
    return -1


KERNELS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "least_confidence": (leaders, (_LARGEST,)),
    "margin": (leaders, (_LEAD,)),
    "confidence_ratio": (leaders, (_RATIO,)),
    "entropy": (entropy, ()),
    "disagreement": (disagreement, ()),
    "vote_entropy": (voted, (False,)),
    "variation_ratio": (voted, (True,)),
}
"""By the name of what is asked: the function, and what it takes after its outputs."""
