"""What a pick changes, row by row, compiled: one pass where NumPy takes several.

Imported only by a call that is large enough to pay for it; Numba keeps the machine code on disk.  Each
call is for one thread, without Python's lock.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.kernels.compiled_numbers import exponential, logarithm
from querist.kernels.compiling import compiled

__all__ = ["BLOCK", "changed", "drawn_apart", "led", "taken_in"]

BLOCK = 512
"""Rows that are worked on at a time: they stay in the nearest cache."""


# ---- BAIT


@compiled
def _both(row: Any, along: Any, beyond: Any) -> Any:
    """The products of a row with two directions."""
    zero = row[0] - row[0]
    u, v = zero, zero
    for k in range(len(row)):
        u += row[k] * along[k]
        v += row[k] * beyond[k]
    return np.float64(u), np.float64(v)


@compiled
def changed(
    x: Any, where: Any, begin: int, end: int, along: Any, beyond: Any, share: float, gained: float,
    weights: Any, spread: Any, gain: Any, falls: Any,
) -> None:  # fmt: skip
    """Spread, gain and fall of some candidates after a change of rank one, for rows ``where`` of the table.

    Those that fall by minus infinity are out.
    """
    for i in range(begin, end):
        if falls[i] > -np.inf:
            u, v = _both(x[where[i]], along, beyond)
            spread[i] -= share * u * u
            gain[i] += gained * u * u - 2 * share * u * v
            falls[i] = weights[i] * gain[i] / (1 + weights[i] * max(spread[i], 0.0))


# ---- LCMD


@compiled
def taken_in(squared: Any, new: int, far: Any, owner: Any) -> None:
    """Rows that are nearer to the new centre become its own."""
    for i in range(len(far)):
        if squared[i] < far[i]:
            far[i] = squared[i]
            owner[i] = new


@compiled
def led(far: Any, owner: Any, free: Any, mass: Any, most: Any, which: Any) -> None:
    """Add up ``far`` over each owner's free rows, and find the first of the farthest."""
    for i in range(len(far)):
        if free[i]:
            home, away = owner[i], far[i]
            mass[home] += away
            if away > most[home]:
                most[home], which[home] = away, i


# ---- FALCUN


@compiled
def _apart(column: Any, p: Any, away: Any) -> None:
    for r in range(len(column)):
        away[r] += abs(column[r] - p)


@compiled
def _nearer(away: Any, near: Any) -> Any:
    """Lower ``near``; returns the largest that is left."""
    largest = 0.0
    for r in range(len(near)):
        value = near[r] if near[r] < away[r] else away[r]
        near[r] = value
        largest = value if value > largest else largest
    return largest


@compiled
def _worths(doubt: Any, near: Any, share: float, worth: Any) -> Any:
    best = 0.0
    for r in range(len(worth)):
        value = doubt[r] + near[r] * share
        worth[r] = value
        best = value if value > best else best
    return best


@compiled
def _powers(law: Any, share: float, gamma: float, tiny: float) -> Any:
    """Worths to chances, in place; returns their sum."""
    total = 0.0
    for r in range(len(law)):
        value = law[r] * share
        power = exponential(gamma * logarithm(value if value > tiny else tiny))
        law[r] = power if value > 0 else 0.0
        total += law[r]
    return total


@compiled
def _ones(doubt: Any, law: Any) -> Any:
    total = 0.0
    for r in range(len(law)):
        law[r] = 1.0 if doubt[r] >= 0 else 0.0
        total += law[r]
    return total


@compiled
def _place(law: Any, sums: Any, mark: float) -> int:
    """The first row at which the running sum passes the mark, or else the last with any chance."""
    running, last = 0.0, -1
    for b in range(len(sums)):
        if running + sums[b] <= mark and b + 1 < len(sums):
            running += sums[b]
            if sums[b] > 0:
                last = b
            continue
        for r in range(b * BLOCK, min(len(law), (b + 1) * BLOCK)):
            running += law[r]
            if law[r] > 0 and running > mark:
                return r
    for b in (len(sums) - 1, last):
        for r in range(min(len(law), (b + 1) * BLOCK) - 1, b * BLOCK - 1, -1):
            if law[r] > 0:
                return r
    return 0


@compiled
def drawn_apart(
    columns: Any, doubt: Any, near: Any, gamma: float, lots: Any, law: Any, sums: Any, picks: Any,
    chances: Any,
) -> None:  # fmt: skip
    """FALCUN's draws: ``columns`` (C, m), a lot for each pick; doubt is -1 once a row is picked."""
    tiny, away = np.finfo(np.float64).tiny, np.empty(BLOCK)
    largest = _nearer(near, near)
    for t in range(len(picks)):
        share, best = 1 / largest if largest > 0 else 1.0, 0.0
        for b in range(len(sums)):
            some = slice(b * BLOCK, (b + 1) * BLOCK)
            best = max(best, _worths(doubt[some], near[some], share, law[some]))
        total = 0.0
        for b in range(len(sums)):
            some = slice(b * BLOCK, (b + 1) * BLOCK)
            if best > 0 and gamma > 0:
                sums[b] = _powers(law[some], 1 / best, gamma, tiny)
            else:
                sums[b] = _ones(doubt[some], law[some])
            total += sums[b]
        row = _place(law, sums, lots[t] * total)
        picks[t], chances[t] = row, law[row] / total
        doubt[row], largest = -1.0, 0.0
        for b in range(len(sums)):
            start, stop = b * BLOCK, min(len(near), (b + 1) * BLOCK)
            away[:] = 0
            for c in range(len(columns)):
                _apart(columns[c, start:stop], columns[c, row], away[: stop - start])
            largest = max(largest, _nearer(away[: stop - start], near[start:stop]))
