"""The kernels of probabilities compiled, for large tables: one pass, in tiles that stay in the cache.

Imported only by a call that is large enough to pay for it; Numba keeps the machine code on disk.  Rows
are short, so a tile is turned first: then every loop runs down a column, and eight or sixteen rows go at
a time.  Each function reads the rows from ``begin`` to ``end`` of an (n, C) or (K, n, C) table in order, and
returns the first row of the first tile in which a row is no distribution, or -1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core import types
from numba.core.cgutils import ir
from numba.extending import intrinsic, overload

__all__ = [
    "THREADS",
    "confidence_ratio",
    "disagreement",
    "entropy",
    "least_confidence",
    "margin",
    "variation_ratio",
    "vote_entropy",
]

THREADS: int = numba.config.NUMBA_NUM_THREADS
"""How many threads are of use: the cores of this process, or what NUMBA_NUM_THREADS says."""

F = TypeVar("F", bound=Callable[..., Any])
_TOLERANCE = 1e-3
_TILE, _LEAST = 8192, 64  # numbers in a tile, and rows at least


def _compiled(function: F) -> F:
    """Compiled without Python's lock; sums in any order, but NaN keeps its sense: it is found by its sum."""
    options = {"nogil": True, "fastmath": {"reassoc", "contract", "arcp", "nsz"}, "error_model": "numpy"}
    try:
        made: F = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder that may be written to: compiled anew in each process
        made = numba.njit(**options)(function)
    return made


def _intrinsic(function: Callable[..., Any]) -> Any:
    return intrinsic(function)


def _in_place_of(plain: Any) -> Callable[[F], F]:
    made: Callable[[F], F] = overload(plain)
    return made


@_intrinsic
def _bits(context: Any, x: Any) -> Any:
    whole, width = (types.int32, 32) if x == types.float32 else (types.int64, 64)

    def code(_: Any, builder: Any, __: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(width))

    return whole(x), code


@_intrinsic
def _number(context: Any, bits: Any) -> Any:
    single = bits == types.int32

    def code(_: Any, builder: Any, __: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType() if single else ir.DoubleType())

    return (types.float32 if single else types.float64)(bits), code


def _logarithm(x: Any) -> Any:
    """The natural logarithm of a number above 0; compiled, in a form that runs many at a time."""
    return math.log(x)


@_in_place_of(_logarithm)
def _logarithm_compiled(x: Any) -> Any:
    """x = 2^e m with m about 1, and log m = 2 atanh(s) = 2 (s + s^3/3 + ...), s = (m - 1)/(m + 1) <= 1/5."""
    single = x == types.float32
    real, whole = (np.float32, np.int32) if single else (np.float64, np.int64)
    terms = 5 if single else 12
    shift = whole(23 if single else 52)
    two_thirds = whole(0x3F2AAAAB if single else 0x3FE5555555555555)
    two = real(math.log(2))

    def code(x: Any) -> Any:
        bits = _bits(x)
        exponent = whole((bits - two_thirds) >> shift)  # Numba would widen to 64 bits
        m = _number(whole(bits - whole(exponent << shift)))
        s = (m - real(1)) / (m + real(1))
        square = s * s
        series = real(0)
        for k in range(terms, 0, -1):
            series = (series + real(1) / real(2 * k + 1)) * square
        return real(exponent) * two + real(2) * s * (real(1) + series)

    return code


# ---- one tile: loops short enough for the compiler to see that nothing overlaps


@_compiled
def _turn(block: Any, turned: Any) -> None:
    """Columns as rows."""
    for c in range(block.shape[1]):
        row, column = turned[c], block[:, c]
        for r in range(len(column)):
            row[r] = column[r]


@_compiled
def _clear(numbers: Any) -> None:
    for r in range(len(numbers)):
        numbers[r] = 0


@_compiled
def _divide(numbers: Any, by: int) -> None:
    for r in range(len(numbers)):
        numbers[r] /= by


@_compiled
def _check(column: Any, total: Any, low: Any) -> None:
    for r in range(len(total)):
        p, least = column[r], low[r]
        total[r] += p
        low[r] = p if p < least else least


@_compiled
def _lead(column: Any, first: Any, second: Any) -> None:
    for r in range(len(first)):
        p, best, next_best = column[r], first[r], second[r]
        less = p if p < best else best
        second[r] = less if less > next_best else next_best
        first[r] = p if p > best else best


@_compiled
def _most(column: Any, first: Any) -> None:
    for r in range(len(first)):
        p, best = column[r], first[r]
        first[r] = p if p > best else best


@_compiled
def _weigh(column: Any, tiny: Any, total: Any) -> None:
    """Add -p log p."""
    for r in range(len(total)):
        p = column[r]
        total[r] -= p * _logarithm(p if p > tiny else tiny)


@_compiled
def _count(column: Any, best: Any, total: Any) -> None:
    for r in range(len(total)):
        total[r] += column[r] == best[r]


@_compiled
def _share(column: Any, best: Any, equal: Any, votes: Any) -> None:
    for r in range(len(votes)):
        votes[r] += (column[r] == best[r]) / equal[r]


@_compiled
def _add(column: Any, total: Any) -> None:
    for r in range(len(total)):
        total[r] += column[r]


@_compiled
def _wrong(turned: Any, total: Any, low: Any, rows: int) -> bool:
    """Whether a row of the tile is no distribution."""
    _clear(total)
    _clear(low)
    for c in range(len(turned)):
        _check(turned[c][:rows], total[:rows], low[:rows])
    wrong = 0
    for r in range(rows):
        wrong += not (abs(total[r] - 1) <= _TOLERANCE and low[r] >= -_TOLERANCE)
    return wrong > 0


@_compiled
def _step(classes: int) -> int:
    return max(_LEAST, _TILE // classes)


# ---- whole tables


@_compiled
def least_confidence(proba: Any, begin: int, end: int, out: Any) -> int:
    classes = proba.shape[1]
    step = _step(classes)
    turned = np.empty((classes, step), proba.dtype)
    total, low, first = np.empty(step, proba.dtype), np.empty(step, proba.dtype), np.empty(step, proba.dtype)
    for start in range(begin, end, step):
        rows = min(step, end - start)
        block = proba[start : start + rows]
        _turn(block, turned)
        if _wrong(turned, total, low, rows):
            return start
        _clear(first)
        for c in range(classes):
            _most(turned[c][:rows], first[:rows])
        for r in range(rows):
            out[start + r] = 1 - first[r]
    return -1


@_compiled
def _leaders(proba: Any, begin: int, end: int, out: Any, ratio: bool) -> int:
    classes = proba.shape[1]
    step = _step(classes)
    turned = np.empty((classes, step), proba.dtype)
    total, low = np.empty(step, proba.dtype), np.empty(step, proba.dtype)
    first, second = np.empty(step, proba.dtype), np.empty(step, proba.dtype)
    for start in range(begin, end, step):
        rows = min(step, end - start)
        block = proba[start : start + rows]
        _turn(block, turned)
        if _wrong(turned, total, low, rows):
            return start
        _clear(first)
        _clear(second)
        for c in range(classes):
            _lead(turned[c][:rows], first[:rows], second[:rows])
        for r in range(rows):
            out[start + r] = second[r] / first[r] if ratio else second[r] - first[r]
    return -1


@_compiled
def margin(proba: Any, begin: int, end: int, out: Any) -> int:
    return _leaders(proba, begin, end, out, False)


@_compiled
def confidence_ratio(proba: Any, begin: int, end: int, out: Any) -> int:
    return _leaders(proba, begin, end, out, True)


@_compiled
def entropy(proba: Any, begin: int, end: int, out: Any) -> int:
    classes = proba.shape[1]
    step = _step(classes)
    tiny = np.finfo(proba.dtype).tiny
    turned = np.empty((classes, step), proba.dtype)
    total, low = np.empty(step, proba.dtype), np.empty(step, proba.dtype)
    for start in range(begin, end, step):
        rows = min(step, end - start)
        block = proba[start : start + rows]
        _turn(block, turned)
        if _wrong(turned, total, low, rows):
            return start
        _clear(total)
        for c in range(classes):
            _weigh(turned[c][:rows], tiny, total[:rows])
        for r in range(rows):
            out[start + r] = max(total[r], 0)
    return -1


@_compiled
def disagreement(draws: Any, begin: int, end: int, whole: Any, inner: Any) -> int:
    """The entropy of the members' mean into ``whole``, the mean of their entropies into ``inner``."""
    members, _, classes = draws.shape
    step = _step(classes)
    tiny = np.finfo(draws.dtype).tiny
    turned, mean = np.empty((classes, step), draws.dtype), np.empty((classes, step), draws.dtype)
    total, low, own = np.empty(step, draws.dtype), np.empty(step, draws.dtype), np.empty(step, draws.dtype)
    for start in range(begin, end, step):
        rows = min(step, end - start)
        for c in range(classes):
            _clear(mean[c])
        _clear(own)
        for k in range(members):
            _turn(draws[k][start : start + rows], turned)
            if _wrong(turned, total, low, rows):
                return start
            for c in range(classes):
                _add(turned[c][:rows], mean[c][:rows])
                _weigh(turned[c][:rows], tiny, own[:rows])
        _clear(total)
        for c in range(classes):
            _divide(mean[c], members)
            _weigh(mean[c][:rows], tiny, total[:rows])
        for r in range(rows):
            whole[start + r] = max(total[r], 0)
            inner[start + r] = max(own[r], 0) / members
    return -1


@_compiled
def _voted(draws: Any, begin: int, end: int, out: Any, ratio: bool) -> int:
    members, _, classes = draws.shape
    step = _step(classes)
    tiny = np.finfo(draws.dtype).tiny
    turned, votes = np.empty((classes, step), draws.dtype), np.empty((classes, step), draws.dtype)
    total, low = np.empty(step, draws.dtype), np.empty(step, draws.dtype)
    for start in range(begin, end, step):
        rows = min(step, end - start)
        for c in range(classes):
            _clear(votes[c])
        for k in range(members):
            _turn(draws[k][start : start + rows], turned)
            if _wrong(turned, total, low, rows):
                return start
            _clear(total)
            _clear(low)
            for c in range(classes):
                _most(turned[c][:rows], low[:rows])
            for c in range(classes):
                _count(turned[c][:rows], low[:rows], total[:rows])
            for c in range(classes):
                _share(turned[c][:rows], low[:rows], total[:rows], votes[c][:rows])
        _clear(total)
        for c in range(classes):
            _divide(votes[c], members)
            if ratio:
                _most(votes[c][:rows], total[:rows])
            else:
                _weigh(votes[c][:rows], tiny, total[:rows])
        for r in range(rows):
            out[start + r] = 1 - total[r] if ratio else max(total[r], 0)
    return -1


@_compiled
def vote_entropy(draws: Any, begin: int, end: int, out: Any) -> int:
    return _voted(draws, begin, end, out, False)


@_compiled
def variation_ratio(draws: Any, begin: int, end: int, out: Any) -> int:
    return _voted(draws, begin, end, out, True)
