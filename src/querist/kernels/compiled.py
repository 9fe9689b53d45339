"""The kernels of probabilities compiled, for large tables: one pass, in tiles that stay in the cache.

Imported only by a call that is large enough to pay for it; Numba keeps the machine code on disk.  Rows
are short, so a tile is turned first: then every loop runs down a column, and eight or sixteen rows go at
a time.  Each function reads the rows from ``begin`` to ``end`` of an (n, C) or (K, n, C) table in order, and
returns the first row of the first tile in which a row is no distribution, or -1.  :func:`room` makes the
arrays that each needs besides: compiled code that makes none takes less time to compile.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.kernels.arrays import Array
from querist.kernels.compiled_fold import folded
from querist.kernels.compiled_numbers import logarithm
from querist.kernels.compiled_turn import turn
from querist.kernels.compiling import compiled

__all__ = ["KERNELS", "disagreement", "entropy", "leaders", "room", "voted"]

_TOLERANCE = 1e-3
_TILE, _LEAST = 8192, 64  # numbers in a tile, and rows at least, of which there are so many times
_DEEP, _WIDE = 512, 1 << 16  # rows of wide tables, while a tile of so many numbers holds them
_LARGEST, _LEAD, _RATIO = 0, 1, 2


# ---- one tile: loops short enough for the compiler to see that nothing overlaps (it compares four columns,
# and no more), two columns at a time


@compiled
def _turn(table: Any, start: int, turned: Any, total: Any) -> None:
    """Columns as rows, and the sum of each row: NaN if a number is below 0.

    Where the columns are odd in number the last row stays 0, which changes no result.
    """
    turn(table, start, turned)
    none = turned.dtype.type(0)
    for r in range(len(total)):
        total[r] = none
    for c in range(0, len(turned), 2):
        _sum(turned, c, total)


@compiled
def _sum(turned: Any, c: int, total: Any) -> None:
    least, none = turned.dtype.type(-_TOLERANCE), turned.dtype.type(np.nan)
    for r in range(len(total)):
        p, q = turned[c, r], turned[c + 1, r]
        less = p if p < q else q
        total[r] += p + q if less >= least else none


@compiled
def _clear(table: Any) -> None:
    for c in range(len(table)):
        for r in range(table.shape[1]):
            table[c, r] = 0


@compiled
def _most(turned: Any, c: int, first: Any) -> None:
    for r in range(len(first)):
        p, q = turned[c, r], turned[c + 1, r]
        more = p if p > q else q
        first[r] = more if more > first[r] else first[r]


@compiled
def _weigh(turned: Any, c: int, weight: Any, tiny: Any) -> None:
    """Add -p log p."""
    for r in range(len(weight)):
        p, q = turned[c, r], turned[c + 1, r]
        weight[r] -= p * logarithm(p if p > tiny else tiny) + q * logarithm(q if q > tiny else tiny)


@compiled
def _count(turned: Any, c: int, best: Any, total: Any) -> None:
    one, none = total.dtype.type(1), total.dtype.type(0)
    for r in range(len(total)):
        total[r] += one if turned[c, r] == best[r] else none


@compiled
def _invert(numbers: Any) -> None:
    one = numbers.dtype.type(1)
    for r in range(len(numbers)):
        numbers[r] = one / numbers[r]


@compiled
def _share(turned: Any, c: int, best: Any, each: Any, votes: Any) -> None:
    none = each.dtype.type(0)
    for r in range(len(best)):
        votes[c, r] += each[r] if turned[c, r] == best[r] else none


@compiled
def _add(table: Any, to: Any, by: Any) -> None:
    """Add a share of each number."""
    for c in range(len(table)):
        for r in range(table.shape[1]):
            to[c, r] += table[c, r] * by


@compiled
def _wrong(total: Any) -> bool:
    """Whether a row of the tile is no distribution, by its sum."""
    wrong = 0
    for r in range(len(total)):
        wrong += not abs(total[r] - 1) <= _TOLERANCE
    return wrong > 0


@compiled
def _none_or_less(total: Any, least: Any) -> bool:
    """The same, or because a number is below 0."""
    wrong, one, much = 0, total.dtype.type(1), total.dtype.type(_TOLERANCE)
    for r in range(len(total)):
        wrong += (not abs(total[r] - one) <= much) | (least[r] < -much)
    return wrong > 0


@compiled
def _missing(first: Any, out: Any) -> None:
    one = first.dtype.type(1)
    for r in range(len(out)):
        out[r] = one - first[r]


@compiled
def _behind(first: Any, second: Any, out: Any) -> None:
    for r in range(len(out)):
        out[r] = second[r] - first[r]


@compiled
def _beside(first: Any, second: Any, out: Any) -> None:
    for r in range(len(out)):
        out[r] = second[r] / first[r]


@compiled
def _above_none(weight: Any, share: Any, out: Any) -> None:
    """A share of each number, of those below 0 none."""
    none = weight.dtype.type(0)
    for r in range(len(out)):
        out[r] = (weight[r] if weight[r] > none else none) * share


def room(table: Any, rows: int) -> tuple[Array, Array, Array]:
    """Where a tile of a table is turned, where members come together, and where each row is summed up.

    A tile has a multiple of the rows that go at a time, but for a range of fewer ``rows``.
    """
    classes = table.shape[-1]
    step = max(_LEAST, _TILE // classes, min(_DEEP, _WIDE // classes))
    step = min(rows, step - step % _LEAST)
    turned, together = np.zeros((2, classes + classes % 2, step), table.dtype)
    return turned, together, np.empty((4, step), table.dtype)


# ---- whole tables


@compiled
def leaders(
    proba: Any, begin: int, end: int, _: Any, __: Any, sums: Any, out: Any, kind: int
) -> int:  # fmt: skip
    step: int = sums.shape[1]
    total, least, first, second = sums[0], sums[1], sums[2], sums[3]
    for tile in range(begin, end, step):
        start = min(tile, end - step)  # the last tile is whole too, and does some rows twice
        folded(proba, start, sums)
        if _none_or_less(total, least):
            return start
        if kind == _LARGEST:
            _missing(first, out[start : start + step])
        elif kind == _LEAD:
            _behind(first, second, out[start : start + step])
        else:
            _beside(first, second, out[start : start + step])
    return -1


@compiled
def entropy(proba: Any, begin: int, end: int, turned: Any, _: Any, sums: Any, out: Any) -> int:
    classes: int = proba.shape[1]
    step: int = turned.shape[1]
    tiny = np.finfo(proba.dtype).tiny
    total, weight, one = sums[0], sums[1], proba.dtype.type(1)
    for tile in range(begin, end, step):
        start = min(tile, end - step)  # the last tile is whole too, and does some rows twice
        _turn(proba, start, turned, total)
        if _wrong(total):
            return start
        _clear(sums)
        for c in range(0, classes, 2):
            _weigh(turned, c, weight, tiny)
        _above_none(weight, one, out[start : start + step])
    return -1


@compiled
def disagreement(
    draws: Any, begin: int, end: int, turned: Any, mean: Any, sums: Any, whole: Any, inner: Any
) -> int:  # fmt: skip
    """The entropy of the members' mean into ``whole``, the mean of their entropies into ``inner``."""
    members, _, classes = draws.shape
    step: int = turned.shape[1]
    tiny = np.finfo(draws.dtype).tiny
    share = draws.dtype.type(1 / members)
    total, weight, one = sums[0], sums[1], draws.dtype.type(1)
    for tile in range(begin, end, step):
        start = min(tile, end - step)  # the last tile is whole too, and does some rows twice
        _clear(mean)
        _clear(sums)
        for k in range(members):
            _turn(draws[k], start, turned, total)
            if _wrong(total):
                return start
            for c in range(0, classes, 2):
                _weigh(turned, c, weight, tiny)
            _add(turned, mean, share)
        _above_none(weight, share, inner[start : start + step])
        _clear(sums)
        for c in range(0, classes, 2):
            _weigh(mean, c, weight, tiny)
        _above_none(weight, one, whole[start : start + step])
    return -1


@compiled
def voted(
    draws: Any, begin: int, end: int, turned: Any, votes: Any, sums: Any, out: Any, ratio: bool
) -> int:  # fmt: skip
    members, _, classes = draws.shape
    step: int = turned.shape[1]
    tiny = np.finfo(draws.dtype).tiny
    share, one = draws.dtype.type(1 / members), draws.dtype.type(1)
    total, first, weight, equal = sums[0], sums[1], sums[2], sums[3]
    for tile in range(begin, end, step):
        start = min(tile, end - step)  # the last tile is whole too, and does some rows twice
        _clear(votes)
        for k in range(members):
            _turn(draws[k], start, turned, total)
            if _wrong(total):
                return start
            _clear(sums)
            for c in range(0, classes, 2):
                _most(turned, c, first)
            for c in range(classes):
                _count(turned, c, first, equal)
            _invert(equal)
            for c in range(classes):
                _share(turned, c, first, equal, votes)
        _clear(turned)
        _add(votes, turned, share)
        _clear(sums)
        for c in range(0, classes, 2):
            if ratio:
                _most(turned, c, first)
            else:
                _weigh(turned, c, weight, tiny)
        if ratio:
            _missing(first, out[start : start + step])
        else:
            _above_none(weight, one, out[start : start + step])
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
