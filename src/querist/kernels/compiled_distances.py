"""Lazy search by distance, compiled, for large tables: bounds first, then only what may be picked.

Imported only by a call that is large enough to pay for it; Numba keeps the machine code on disk.  What
decides is always the same sum over the same two rows, in float64: neither threads nor what is known already
has a say in it.  Bounds are of float32, and widened by what rounding may have cost.

Rows stand in blocks of 64, and a tree holds the largest value of each block, so that the largest of all is
found, and one changed, in a few steps.  Three kinds of distance share the code: squared distances, products
of two of them, and those between outer products of rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.kernels.compiling import compiled

__all__ = [
    "OUTER",
    "PLAIN",
    "PRODUCT",
    "column_sums",
    "first_bounds",
    "lengths",
    "race",
    "search",
    "totals",
]

PLAIN, PRODUCT, OUTER = 0, 1, 2
_SHIFT = 6  # 64 rows in a block
_LAST = 16  # picks that a row is held against before all others
_NOISE = 16 * 2.0**-52


@compiled
def _squares(a: Any, b: Any) -> Any:
    total = 0.0
    for k in range(len(a)):
        gap = np.float64(a[k]) - np.float64(b[k])
        total += gap * gap
    return total


@compiled
def _products(a: Any, b: Any) -> Any:
    """Of two rows the product of each with itself, and of both."""
    own, other, both = 0.0, 0.0, 0.0
    for k in range(len(a)):
        p, q = np.float64(a[k]), np.float64(b[k])
        own += p * p
        other += q * q
        both += p * q
    return own, other, both


@compiled
def _apart(kind: int, a: Any, left: Any, b: Any, right: Any) -> Any:
    """The squared distance of two rows, or the product with that of what stands beside each."""
    square = _squares(a, b)
    return square * _squares(left, right) if kind == 1 else square


@compiled
def _drawn_apart(kind: int, a: Any, left: Any, b: Any, right: Any) -> Any:
    """The squared distance of two rows, or that of their outer products with what stands beside each."""
    if kind == 0:
        return _squares(a, b)
    p, q, r = _products(a, b)
    f, g, h = _products(left, right)
    own = p * f + q * g
    square = own - 2 * r * h
    return square if square > _NOISE * own else 0.0  # what a cancellation leaves is noise


@compiled
def _four(a: Any, b: Any, c: Any, d: Any, e: Any) -> Any:
    """The squared distances of a row to four others, in the rows' own precision."""
    zero = a[0] - a[0]
    p, q, r, s = zero, zero, zero, zero
    for k in range(len(a)):
        one = a[k]
        f, g, h, i = one - b[k], one - c[k], one - d[k], one - e[k]
        p += f * f
        q += g * g
        r += h * h
        s += i * i
    return p, q, r, s


@compiled
def _least(scores: Any, offsets: Any) -> int:
    home, least = 0, scores[0] + offsets[0]
    for j in range(1, len(offsets)):
        score = scores[j] + offsets[j]
        if score < least:
            home, least = j, score
    return home


# ---- the tree over blocks of rows


@compiled
def _block(values: Any, block: int) -> Any:
    most = -np.inf
    for i in range(block << _SHIFT, min(len(values), (block + 1) << _SHIFT)):
        most = max(most, values[i])
    return most


@compiled
def _changed(values: Any, tree: Any, row: int) -> None:
    node = (len(tree) >> 1) + (row >> _SHIFT)
    tree[node] = _block(values, row >> _SHIFT)
    while node > 1:
        node >>= 1
        tree[node] = max(tree[2 * node], tree[2 * node + 1])


@compiled
def _top(values: Any, tree: Any) -> int:
    """The first row of the largest value; -1 where all are -inf."""
    half = len(tree) >> 1
    if tree[1] == -np.inf:
        return -1
    node = 1
    while node < half:
        node *= 2
        if tree[node] < tree[node >> 1]:
            node += 1
    row = (node - half) << _SHIFT
    while values[row] != tree[1]:
        row += 1
    return row


# ---- passes over all rows, a range of them at a time


@compiled
def first_bounds(
    x: Any, y: Any, kind: int, rows: Any, scores: Any, offsets: Any, lists: Any, limit: float,
    wide: float, centres: Any, also: Any, given: int, far: Any,
) -> int:  # fmt: skip
    """Lower the bounds of some rows until they are below ``limit``, or count every centre.

    ``scores`` and ``offsets`` guess which pivot is nearest to a row, and ``lists`` holds centres near
    each pivot.  Returns the first row that cannot be measured, or -1.
    """
    last, listed = given - 1, lists.shape[1] // 4 if len(lists) else 0
    for r in range(len(rows)):
        i = int(rows[r])
        value = far[i]
        home = _least(scores[r], offsets) if listed else 0
        for step in range(listed + (given + 3) // 4):
            if step < listed:
                j = 4 * step
                p, q, o, s = lists[home, j], lists[home, j + 1], lists[home, j + 2], lists[home, j + 3]
            else:
                j = 4 * (step - listed)
                p, q, o, s = j, min(j + 1, last), min(j + 2, last), min(j + 3, last)
            f, g, h, k = _four(x[i], centres[p], centres[q], centres[o], centres[s])
            if kind == 1:
                a, b, c, d = _four(y[i], also[p], also[q], also[o], also[s])
                f, g, h, k = f * a, g * b, h * c, k * d
            least = min(min(f, g), min(h, k)) * wide
            value = value if value < least else least
            if not value >= limit:
                break
        if not value < np.inf:
            return i
        far[i] = value
    return -1


@compiled
def column_sums(x: Any, free: Any, begin: int, end: int, total: Any) -> None:
    """Add the free rows of a range."""
    for i in range(begin, end):
        if free[i]:
            for k in range(len(total)):
                total[k] += x[i, k]


@compiled
def lengths(x: Any, middle: Any, begin: int, end: int, out: Any) -> None:
    """Squared distances from ``middle``."""
    for i in range(begin, end):
        out[i] = _squares(x[i], middle)


# ---- the searches


@compiled
def search(
    x: Any, y: Any, kind: int, centres: Any, also: Any, given: int, far: Any, since: Any,
    known: Any, known_since: Any, tree: Any, begin: int, patience: int, picks: Any, values: Any,
) -> int:  # fmt: skip
    """The row of the largest ``far``, again and again; each becomes a centre, which lowers the others.

    Values that are out of date are bounds: only the largest is brought up to date, until it is so already
    or another is larger.
    Returns how many picks there are: not all when more distances than ``patience`` were taken before.
    """
    for turn in range(given + begin, given + len(picks)):
        while True:
            if patience < 0:
                return turn - given
            row = _top(far, tree)
            j, value = since[row], far[row]
            if j == turn:
                break
            far[row] = -np.inf
            _changed(far, tree, row)
            next_best, old, bound, newest = tree[1], j, known[row], turn
            # what was far from all that is given is near to one of the last picks, if to any
            while j < given < newest and newest > turn - _LAST and value >= next_best:
                newest -= 1
                value = min(value, _apart(kind, x[row], y[row], centres[newest], also[newest]))
            while j < turn and value >= next_best:
                apart = _apart(kind, x[row], y[row], centres[j], also[j])
                value = min(value, apart)
                if j < given:  # picks are not known to be taken
                    bound = min(bound, apart)
                j += 1
            patience -= j - old + turn - newest
            if old < given:
                known[row], known_since[row] = bound, min(j, given)
            since[row] = j
            far[row] = value
            _changed(far, tree, row)
        picks[turn - given] = row
        values[turn - given] = far[row]
        for k in range(x.shape[1]):
            centres[turn, k] = x[row, k]
        for k in range(y.shape[1]):
            also[turn, k] = y[row, k]
        far[row] = -np.inf
        _changed(far, tree, row)
    return len(picks)


@compiled
def race(
    x: Any, y: Any, kind: int, centres: Any, also: Any, given: int, weights: Any, left: Any, far: Any,
    since: Any, known: Any, known_since: Any, early: Any, tree: Any, times: Any, picks: Any, law: Any,
) -> int:  # fmt: skip
    """The row whose clock rings first, again and again; returns how many rang before all stood still.

    A row's clock starts at ``left`` and runs at the rate weight x ``far``, which each pick may lower: the
    next to ring is any row with a chance in proportion to its rate.  ``early`` holds times of ringing, as
    negative numbers, none of them too late.
    """
    for t in range(len(picks)):
        turn = given + t
        while True:
            row = _top(early, tree)
            if row < 0:
                return t
            weight = weights[row] if len(weights) else 1.0
            j = since[row]
            if j == turn:
                break
            value, rest = far[row], left[row]
            while j < turn:
                if j >= given:  # it ran at this rate until the next pick
                    rest -= weight * value * (times[j + 1 - given] - times[j - given])
                value = min(value, _drawn_apart(kind, x[row], y[row], centres[j], also[j]))
                j += 1
                if j == given:
                    known[row] = value
                    known_since[row] = j
            far[row], left[row], since[row] = value, max(rest, 0.0), j
            rate = weight * value
            early[row] = -(times[t] + left[row] / rate) if rate > 0 else -np.inf
            _changed(early, tree, row)
        times[t + 1] = -early[row]
        picks[t] = row
        law[t] = weight * far[row]
        for k in range(x.shape[1]):
            centres[turn, k] = x[row, k]
        for k in range(y.shape[1]):
            also[turn, k] = y[row, k]
        early[row] = -np.inf
        _changed(early, tree, row)
    return len(picks)


@compiled
def totals(
    x: Any, y: Any, kind: int, rows: Any, stands_for: Any, centres: Any, also: Any, given: int, values: Any,
    apart: Any, out: Any,
) -> None:  # fmt: skip
    """Add what the law of some rows comes to before each pick, each row times what it ``stands_for``.

    ``values`` are inf at first, and ``apart`` is room for four numbers.
    """
    last = len(centres) - 1
    for j in range(0, len(centres), 4):  # four centres stay in the cache for all rows
        p, q, o, s = j, min(j + 1, last), min(j + 2, last), min(j + 3, last)
        for r in range(len(rows)):
            i, value = rows[r], values[r]
            if kind == 0:
                f, g, h, t = _four(x[i], centres[p], centres[q], centres[o], centres[s])
                apart[0], apart[1], apart[2], apart[3] = f, g, h, t
            else:
                for k in range(j, min(j + 4, last + 1)):
                    apart[k - j] = _drawn_apart(kind, x[i], y[i], centres[k], also[k])
            for k in range(j, min(j + 4, last + 1)):
                if k >= given:
                    out[k - given] += stands_for[r] * value
                value = min(value, apart[k - j])
            values[r] = value
