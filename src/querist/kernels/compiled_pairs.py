"""What is asked of all pairs, compiled: products in strips that stay in the cache, then one number a row.

Each function goes through some rows (``part``, at least a tile high, (m, d)) and all columns that it is given
(``panels``, packed), and adds to what it writes.  Rows and columns are measured from one origin, so that a
squared distance is |row|^2 + |column|^2 - 2 product.  ``near`` is room for a strip, (m, columns of a strip).
A column that only fills up its panel is infinitely long.  Each call is for one thread, without
Python's lock.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.kernels.compiled_numbers import exponential
from querist.kernels.compiled_tile import HEIGHT, pack, products, width_of
from querist.kernels.compiled_turn import turn
from querist.kernels.compiling import compiled, inlined

__all__ = [
    "HEIGHT",
    "KINDS",
    "added",
    "closest",
    "k_nearest",
    "nearest_stranger",
    "pack",
    "summed",
    "width_of",
    "written",
]

KINDS = {"ball": 0, "gaussian": 1, "cosine": 2, "inverse": 3}
"""Similarities: 1 within a radius, exp(-d^2 / 2 radius^2), (1 + product) / 2, 1 / (1 + d)."""

_LANES = 64  # least numbers side by side


# ---- one row of a strip: loops short enough for the compiler to see that nothing overlaps


@inlined
def _squared(row: Any, norm: Any, norms: Any, noise: Any) -> None:
    """Products to squared distances; what is left of a cancellation is noise."""
    for j in range(len(row)):
        size = norm + norms[j]
        away = size - 2 * row[j]
        row[j] = 0 if away < noise * size else away


@inlined
def _inside(row: Any, limit: Any) -> None:
    one, none = row.dtype.type(1), row.dtype.type(0)
    for j in range(len(row)):
        row[j] = one if row[j] <= limit else none


@inlined
def _waned(row: Any, scale: Any) -> None:
    for j in range(len(row)):
        row[j] = exponential(row[j] * scale)


@inlined
def _inverse(row: Any) -> None:
    one = row.dtype.type(1)
    for j in range(len(row)):
        row[j] = one / (one + np.sqrt(row[j]))


@inlined
def _turned(row: Any) -> None:
    half = row.dtype.type(0.5)
    for j in range(len(row)):
        row[j] = half + half * row[j]


@inlined
def _whole(row: Any, unit: Any, half: Any) -> None:
    for j in range(len(row)):
        row[j] = np.floor(row[j] * unit + half)


@inlined
def _alike(row: Any, norm: Any, norms: Any, kind: int, scale: Any, noise: Any, unit: Any) -> None:
    """Products to similarities; where there is a unit above 0, to whole numbers of its parts."""
    if kind == 2:
        _turned(row)
    else:
        _squared(row, norm, norms, noise)
        if kind == 0:
            _inside(row, scale)
        elif kind == 1:
            _waned(row, scale)
        else:
            _inverse(row)
    if unit > 0:
        _whole(row, unit, unit / (unit + unit))


@inlined
def _between(row: Any, weight: Any, low: Any, high: Any) -> Any:
    """The weight of what lies between ``low`` and ``high`` of each similarity; exact of whole numbers."""
    total = 0.0
    for j in range(len(row)):
        top = row[j] if row[j] < high[j] else high[j]
        total += weight[j] * (top - low[j] if top > low[j] else top - top)
    return total


@inlined
def _each_between(row: Any, weight: Any, low: Any, high: Any, back: Any) -> None:
    for j in range(len(row)):
        top = row[j] if row[j] < high else high
        back[j] += weight * (top - low if top > low else top - top)


@inlined
def _lower(row: Any, least: Any) -> None:
    for j in range(len(least)):
        least[j] = row[j] if row[j] < least[j] else least[j]


@inlined
def _least(row: Any, lanes: Any) -> Any:
    """The least number; their count is a multiple of that of the lanes."""
    for j in range(len(lanes)):
        lanes[j] = row[j]
    for start in range(len(lanes), len(row), len(lanes)):
        _lower(row[start : start + len(lanes)], lanes)
    least = lanes[0]
    for j in range(1, len(lanes)):
        least = lanes[j] if lanes[j] < least else least
    return least


@inlined
def _ranked(row: Any, shift: Any) -> None:
    for j in range(len(row)):
        row[j] = shift[j] - 2 * row[j]


@inlined
def _strangers(row: Any, of: Any, mine: int) -> None:
    far = row.dtype.type(np.inf)
    for j in range(len(row)):
        row[j] = far if of[j] == mine else row[j]


@inlined
def _count_below(row: Any, limit: Any) -> int:
    count = 0
    for j in range(len(row)):
        count += row[j] < limit
    return count


# ---- parts of a table


@compiled
def added(
    part: Any, own: Any, own_weight: Any, own_low: Any, own_high: Any, panels: Any, norms: Any, weight: Any,
    low: Any, high: Any, kind: int, scale: Any, noise: Any, unit: Any, near: Any, some: Any, out: Any,
    back: Any,
) -> None:  # fmt: skip
    """For each row the weight of all columns between ``low`` and ``high`` that its similarities reach.

    The same for each column, of all rows, into ``back``.  It is empty where nobody asks that, and ``out``
    where nobody asks this; so may be what is given of those that weigh nothing then.
    """
    width, columns = panels.shape[2], near.shape[1]
    for start in range(0, panels.shape[0] * width, columns):
        stop = min(start + columns, panels.shape[0] * width)
        products(part, panels, start // width, stop // width, near)
        some[:] = 0
        for i in range(len(own)):
            row = near[i, : stop - start]
            _alike(row, own[i], norms[start:stop], kind, scale, noise, unit)
            if len(out):
                out[i] += _between(row, weight[start:stop], low[start:stop], high[start:stop])
            if len(back):
                _each_between(row, own_weight[i], own_low[i], own_high[i], some[: stop - start])
        if len(back):
            for j in range(stop - start):
                back[start + j] += some[j]


@compiled
def closest(part: Any, panels: Any, shift: Any, lanes: Any, near: Any, which: Any, least: Any) -> None:
    """The column of least ``shift`` - 2 product, the first among equals, and that least number."""
    width, columns = panels.shape[2], near.shape[1]
    for start in range(0, panels.shape[0] * width, columns):
        stop = min(start + columns, panels.shape[0] * width)
        products(part, panels, start // width, stop // width, near)
        for i in range(len(which)):
            row = near[i, : stop - start]
            _ranked(row, shift[start:stop])
            best = _least(row, lanes)
            if best < least[i]:
                least[i] = best
                j = 0
                while row[j] != best:
                    j += 1
                which[i] = start + j


@compiled
def written(
    part: Any, own: Any, slack: Any, panels: Any, norms: Any, shift: Any, slacks: Any, near: Any, out: Any
) -> None:
    """Squared distances to all columns, turned: a row of ``out`` a column.

    Rows are as they lie, columns from the mean, which ``shift`` makes up for; what is below the slack of both
    is noise.
    """
    products(part, panels, 0, panels.shape[0], near)
    for i in range(len(own)):
        _from_shifted(near[i], own[i], norms, shift, slack[i], slacks)
    for j in range(len(out)):
        for i in range(len(own)):
            out[j, i] = near[i, j]


@inlined
def _from_shifted(row: Any, norm: Any, norms: Any, shift: Any, slack: Any, slacks: Any) -> None:
    for j in range(len(row)):
        away = norm + norms[j] - 2 * (row[j] - shift[j])
        row[j] = 0 if away <= slack + slacks[j] else away


@compiled
def summed(part: Any, of: Any, weight: Any, sums: Any) -> None:
    """Add each row, by its weight, to the sum of its cluster."""
    for i in range(len(of)):
        row, total, by = part[i], sums[of[i]], weight[i]
        for k in range(len(total)):
            total[k] += by * row[k]


@compiled
def nearest_stranger(
    part: Any, own: Any, own_of: Any, panels: Any, norms: Any, of: Any, noise: Any,
    lanes: Any, near: Any, least: Any,
) -> None:  # fmt: skip
    """The squared distance from each row to the nearest column of another cluster."""
    width, columns = panels.shape[2], near.shape[1]
    for start in range(0, panels.shape[0] * width, columns):
        stop = min(start + columns, panels.shape[0] * width)
        products(part, panels, start // width, stop // width, near)
        for i in range(len(least)):
            row = near[i, : stop - start]
            _squared(row, own[i], norms[start:stop], noise)
            _strangers(row, of[start:stop], own_of[i])
            best = _least(row, lanes)
            least[i] = best if best < least[i] else least[i]


@compiled
def _put_in(away: Any, name: Any, least: Any, ids: Any) -> None:
    """Put a column, a row each, into the k least of the rows (k, rows); the one before among equals."""
    for place in range(len(least)):
        for r in range(len(away)):
            mine, other, who, which = away[r], least[place, r], name[r], ids[place, r]
            nearer = mine < other
            least[place, r], away[r] = mine if nearer else other, other if nearer else mine
            ids[place, r], name[r] = who if nearer else which, which if nearer else who


@inlined
def _first_nearest(
    near: Any, others: Any, turned: Any, least: Any, ids: Any, names: Any, found: Any, rows: Any
) -> None:
    """Merge the columns into the k nearest, many rows at a time."""
    together, k = turned.shape[1], found.shape[1]
    for first in range(0, len(found), together):
        turn(near, first, turned)
        last = min(len(found), first + together)
        for i in range(first, last):
            for place in range(k):
                least[place, i - first], ids[place, i - first] = found[i, place], rows[i, place]
        for j in range(len(others)):
            if others[j] >= 0:
                names[:] = others[j]
                _put_in(turned[j], names, least, ids)
        for i in range(first, last):
            for place in range(k):
                found[i, place], rows[i, place] = least[place, i - first], ids[place, i - first]


@inlined
def _later_nearest(row: Any, others: Any, mine: int, least: Any, ids: Any) -> None:
    """The same for one row, of which few columns are near enough."""
    k = len(least)
    for first in range(0, len(row), _LANES):
        if _count_below(row[first : first + _LANES], least[k - 1]):
            for j in range(first, min(first + _LANES, len(row))):
                name = others[j]
                if row[j] < least[k - 1] and name >= 0 and name != mine:
                    place = k - 1
                    while place and least[place - 1] > row[j]:
                        least[place], ids[place] = least[place - 1], ids[place - 1]
                        place -= 1
                    least[place], ids[place] = row[j], name


@compiled
def k_nearest(
    part: Any, own: Any, names: Any, panels: Any, norms: Any, others: Any, noise: Any,
    near: Any, turned: Any, leasts: Any, ids: Any, put: Any, found: Any, rows: Any,
) -> None:  # fmt: skip
    """Merge the columns into the k nearest of each row so far, ascending; the earlier among equals.

    ``names`` and ``others`` are the numbers of rows and columns: none is its own neighbour, and a column
    whose number is below 0 is nobody's.
    """
    width, columns = panels.shape[2], near.shape[1]
    for start in range(0, panels.shape[0] * width, columns):
        stop = min(start + columns, panels.shape[0] * width)
        products(part, panels, start // width, stop // width, near)
        new = found[0, 0] == np.inf
        for i in range(len(names)):
            row = near[i, : stop - start]
            _squared(row, own[i], norms[start:stop], noise)
            if new:
                _strangers(row, others[start:stop], names[i])
            else:
                _later_nearest(row, others[start:stop], names[i], found[i], rows[i])
        if new:
            _first_nearest(near, others[start:stop], turned, leasts, ids, put, found, rows)
