"""Close pairs, compiled: who is nearer to a row than a limit, and what that adds to a coverage.

Imported only by a call that is large enough to pay for it; Numba keeps the machine code on disk.  Each
call is for one thread, without Python's lock.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.kernels.compiled_numbers import exponential
from querist.kernels.compiled_tile import products
from querist.kernels.compiling import compiled, inlined

__all__ = ["found", "moved", "sorted_in"]


@compiled
def _apart(row: Any, norm: Any, norms: Any, noise: Any, limit: Any, limits: Any, close: Any) -> None:
    """Products to squared distances; and which are below the limit of the row or of the column."""
    for j in range(len(row)):
        size = norm + norms[j]
        away = size - 2 * row[j]
        away = 0 if away < noise * size else away
        row[j] = away
        close[j] = away < (limit if limit > limits[j] else limits[j])


@inlined
def _noted(row: Any, close: Any, eights: Any, column: int, others: Any, squares: Any, count: int) -> int:
    """Write down the close ones: most eights of columns have none."""
    for e in range(len(eights)):
        if eights[e]:
            for j in range(8 * e, 8 * e + 8):
                others[count], squares[count] = column + j, row[j]
                count += close[j] > 0
    return count


@compiled
def found(
    part: Any, own: Any, own_limits: Any, row: int, column: int, panels: Any, norms: Any, limits: Any,
    noise: Any, near: Any, close: Any, eights: Any, others: Any, squares: Any, counts: Any,
) -> int:  # fmt: skip
    """The pairs of rows and columns that are closer than the larger of their limits; returns how many.

    The first of each is number ``row`` and ``column``, and a row takes note of columns before it alone.
    Pairs follow each other by parts of the columns, and there by rows, of which ``counts`` (parts, rows)
    says how many each has.  ``eights`` is ``close`` in words.
    """
    width, columns, count = panels.shape[2], near.shape[1], 0
    for start in range(0, panels.shape[0] * width, columns):
        stop = min(start + columns, panels.shape[0] * width)
        products(part, panels, start // width, stop // width, near)
        for i in range(len(own)):
            before, last = count, min(stop, row + i - column)
            if last > start:
                given = norms[start:stop], noise, own_limits[i], limits[start:stop], close
                _apart(near[i, : stop - start], own[i], *given)
                whole = (last - start + 7) // 8
                for j in range(last - start, 8 * whole):
                    close[j] = 0
                count = _noted(near[i], close, eights[:whole], column + start, others, squares, count)
            counts[start // columns, i] = count - before
    return count


@compiled
def sorted_in(
    row: int, counts: Any, others: Any, squares: Any, at: Any, all_others: Any, all_squares: Any
) -> None:
    """Put pairs as :func:`found` tells them where both their rows list them, from ``at`` on."""
    k = 0
    for part in range(counts.shape[0]):
        for i in range(counts.shape[1]):
            one = row + i
            for _ in range(counts[part, i]):
                other = others[k]
                place, back = at[one], at[other]
                all_others[place], all_squares[place] = other, squares[k]
                all_others[back], all_squares[back] = one, squares[k]
                at[one], at[other] = place + 1, back + 1
                k += 1


@inlined
def _waned(near: Any, scale: Any) -> None:
    for j in range(len(near)):
        near[j] = exponential(near[j] * scale)


@inlined
def _whole(near: Any, unit: Any, half: Any) -> None:
    for j in range(len(near)):
        near[j] = np.floor(near[j] * unit + half)


@inlined
def _alike(squares: Any, kind: int, scale: Any, unit: Any, near: Any) -> None:
    """Squared distances to similarities (balls, herding, cosines), in whole numbers where there is a unit."""
    one, none = near.dtype.type(1), near.dtype.type(0)
    for j in range(len(squares)):
        near[j] = squares[j]
    if kind == 0:
        for j in range(len(near)):
            near[j] = one if near[j] <= scale else none
    elif kind == 1:
        _waned(near, scale)
    else:
        for j in range(len(near)):
            near[j] = one - near[j] * scale
    if unit > 0:
        _whole(near, unit, unit / (unit + unit))


@inlined
def _moved(others: Any, near: Any, share: float, low: float, high: float, sign: float, gains: Any) -> None:
    """To what the rows of a list add, what they reach between two heights; in whole numbers."""
    for j in range(len(others)):
        top = np.floor(share * near[j] + 0.5)
        top = top if top < high else high
        if top > low:
            gains[others[j]] += sign * (top - low)


@compiled
def moved(
    which: Any, low: Any, high: Any, sign: float, first: Any, others: Any, squares: Any, share: Any,
    kind: int, scale: Any, unit: Any, near: Any, gains: Any,
) -> None:  # fmt: skip
    """To what each row adds, what it adds to some rows between two heights of each."""
    for i in range(len(which)):
        row = which[i]
        a, b = first[row], first[row + 1]
        _alike(squares[a:b], kind, scale, unit, near[: b - a])
        _moved(others[a:b], near[: b - a], share[row], low[i], high[i], sign, gains)
