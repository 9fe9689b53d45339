"""Large tables through the compiled search by distance, on all cores; small ones stay with NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from querist.kernels.arrays import Array, squared_norms, unmeasurable
from querist.kernels.large import in_turns, is_plain, lent

__all__ = [
    "Rows",
    "column_sums",
    "farthest",
    "is_large",
    "lengths",
    "middle_row",
    "ringing",
    "squares",
    "sums",
]

_LARGE = 1 << 22
"""Numbers from which on the compiled search repays its loading; a row's own arrays count as 32 of them."""

_STEP = 2048  # rows that one thread takes at a time
_GUESS = 64  # columns by which the nearest pivot is guessed, and pivots at most
_NEAR = 24  # centres that a row looks at near its pivot
_SAMPLE = 2048  # rows that tell how far the picks will be
_BLOCK = 64  # rows below one leaf of the tree
_PATIENCE = 0.1  # distances a row that one core takes before it calls for the others

Known = tuple[Array, Array]
Centres = tuple[Array, Array]


def is_large(x: Any) -> bool:
    """Whether the compiled search takes ``x``, which needs its rows as they lie, and pays for itself."""
    return bool(is_plain(x) and x.shape[1] and x.shape[0] * (x.shape[1] + 32) >= _LARGE)


@dataclass(frozen=True)
class Rows:
    """What distances are taken between: a large table, and what stands beside each row, if anything.

    With ``outer`` the distance is between the outer products of both, otherwise the product of distances.
    """

    x: Array
    beside: Array | None = None
    outer: bool = False

    @property
    def args(self) -> tuple[Array, Array, int]:
        """Both tables and the kind of distance, as the compiled code takes them."""
        if self.beside is None:
            return lent(self.x), lent(np.empty((len(self.x), 0), self.x.dtype)), 0
        beside = np.ascontiguousarray(self.beside)
        return lent(self.x), lent(beside), 2 if self.outer else 1

    def centres(self, rows: Array, more: int) -> tuple[Array, Array]:
        """Copies of some rows, with room for ``more``."""
        x, beside, _ = self.args
        copies = []
        for table in (x, beside):
            copies.append(np.empty((len(rows) + more, table.shape[1]), table.dtype))
            copies[-1][: len(rows)] = table[rows]
        wrong = np.flatnonzero(~np.isfinite(squared_norms(copies[0][: len(rows)])))
        if len(wrong):
            raise unmeasurable(int(rows[wrong[0]]))
        return copies[0], copies[1]


def farthest(rows: Rows, taken: Array, free: Array, n: int, known: Known) -> tuple[Array, Array, Known]:
    """``n`` picks, each farthest from all before; their distances, squared; and what is known afterwards."""
    from querist.kernels import compiled_distances

    known = known[0].copy(), known[1].copy()
    centres, candidates = rows.centres(taken, n), np.flatnonzero(free)
    new = candidates[np.isinf(known[0][candidates])]
    limit = -np.inf
    if len(new) > 4 * n or len(new) == len(candidates):  # otherwise the search looks at them by itself
        limit = _bound(rows, centres, len(taken), new, n, known[0])
    far, since = np.where(free, known[0], -np.inf), known[1].copy()
    picks, values = np.empty(n, dtype=np.intp), np.empty(n)
    done, seen, patience = 0, 0, int(_PATIENCE * (len(candidates) + 100 * (len(taken) + n)))
    while True:
        tree = _planted(far)
        done = compiled_distances.search(
            *rows.args, *centres, len(taken), far, since, *known, tree, done, patience, picks, values
        )
        if done == n:
            return picks, values, known
        # the picks have come nearer to most rows than was foreseen: on all cores to what is far still
        patience *= 2
        if done == seen:
            continue
        last = slice(len(taken) + seen, len(taken) + done)
        waiting = candidates[far[candidates] >= max(limit, 0)]
        _lower(rows, (centres[0][last], centres[1][last]), done - seen, waiting, None, limit, far)
        seen = done


def ringing(
    rows: Rows, taken: Array, clocks: Array, weights: Array, n: int, bound: Array, known: Known
) -> tuple[Array, Array, Array, Known]:
    """Up to ``n`` picks, each the next whose clock rings; their laws; what is left; what is known.

    ``clocks`` (n,) run from there down to 0 at the rate weight x squared distance, and are inf where a row
    must not be picked; ``bound`` (n,) is above the squared distances.
    """
    from querist.kernels import compiled_distances

    known = known[0].copy(), known[1].copy()
    far, since, left = np.minimum(known[0], bound), known[1].copy(), clocks.copy()
    rate = far * weights if len(weights) else far
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        early = np.where((rate > 0) & np.isfinite(clocks), -clocks / rate, -np.inf)
    tree, times = _planted(early), np.zeros(n + 1)
    picks, law = np.empty(n, dtype=np.intp), np.empty(n)
    done = compiled_distances.race(
        *rows.args, *rows.centres(taken, n), len(taken), weights, left, far, since, *known, early, tree,
        times, picks, law,
    )  # fmt: skip
    left[picks[:done]] = np.inf
    return picks[:done], law[:done], left, known


def sums(rows: Rows, taken: Array, picks: Array, sample: Array, stands_for: Array) -> Array:
    """What weight x squared distance comes to before each pick, summed over a sample, (len(picks),)."""
    from querist.kernels import compiled_distances

    centres = rows.centres(np.concatenate([taken, picks]), 0)

    def part(start: int, stop: int) -> Array:
        out = np.zeros(len(picks))
        compiled_distances.totals(
            *rows.args, sample[start:stop], stands_for[start:stop], *centres, len(taken),
            np.full(stop - start, np.inf), np.empty(4), out,
        )  # fmt: skip
        return out

    return np.asarray(np.sum(_in_parts(len(sample), part, step=128), axis=0))


def lengths(x: Array, middle: Array) -> Array:
    """Squared distances of all rows from ``middle`` (d,), float64."""
    out = squares(x, middle)
    wrong = np.flatnonzero(~np.isfinite(out))
    if len(wrong):
        if middle.any():  # one wrong row makes the mean so too
            lengths(x, np.zeros_like(middle))
        raise unmeasurable(int(wrong[0]))
    return out


def squares(x: Array, middle: Array) -> Array:
    """The same, whether they are finite or not."""
    from querist.kernels import compiled_distances

    out, x = np.empty(len(x)), lent(x)
    _in_parts(len(x), lambda start, stop: compiled_distances.lengths(x, middle, start, stop, out))
    return out


def column_sums(x: Array, free: Array | None = None) -> Array:
    """The sum of all rows, or of the free ones, (d,) float64."""
    from querist.kernels import compiled_distances

    free = np.ones(len(x), dtype=bool) if free is None else free

    def part(start: int, stop: int) -> Array:
        total = np.zeros(x.shape[1])
        compiled_distances.column_sums(lent(x), free, start, stop, total)
        return total

    return np.asarray(np.sum(_in_parts(len(x), part, step=16 * _STEP), axis=0))


def middle_row(x: Array, free: Array) -> int:
    """The free row nearest to the mean of all free rows, ties to the lower row."""
    total = column_sums(x, free)
    if not np.isfinite(total).all():
        lengths(x, np.zeros(x.shape[1]))  # which names the row
    return int(np.where(free, lengths(x, total / free.sum()), np.inf).argmin())


def _bound(rows: Rows, centres: Centres, given: int, new: Array, n: int, far: Array) -> float:
    """Bounds for ``new`` rows, low enough that few are looked at again; returns how low that is.

    A row that is nearer to some centre than the last pick will be needs no more looking.  How far that will
    be is told by a sample; which centre is worth a look, by a part of the columns.
    """
    few = new[:: max(1, len(new) // _SAMPLE)]
    _lower(rows, centres, given, few, None, -np.inf, far)
    limit = _foreseen(rows, centres, given, few, n, len(new), far)
    new = new[far[new] >= limit]
    # where distances are multiplied, those of the fewer columns are the more unlike each other
    with _one_thread_each():
        guess = _pivots(centres[0 if rows.beside is None else 1][:given])
        _lower(rows, centres, given, new, guess, limit, far)
    return limit


def _foreseen(rows: Rows, centres: Centres, given: int, few: Array, n: int, among: int, far: Array) -> float:
    """How far the last picks will be, or somewhat less: half as many are picked among a few rows."""
    from querist.kernels import compiled_distances

    most = float(np.quantile(far[few], max(0.0, 1 - max(4 / len(few), 3 * n / among))))
    values = np.empty(min(n // 2, len(few) // 32))
    if not len(values):
        return most
    alone = np.full(len(far), -np.inf)
    alone[few] = far[few]
    room = given + len(values)
    tried = (centres[0][:room].copy(), centres[1][:room].copy())
    picks, since = np.empty(len(values), dtype=np.intp), np.full(len(far), given, dtype=np.int32)
    compiled_distances.search(
        *rows.args, *tried, given, alone, since, alone, since, _planted(alone), 0, 1 << 62, picks, values
    )
    return min(most, float(values[-1]))


def _lower(
    rows: Rows, centres: Centres, given: int, some: Array, guess: Guess | None, limit: float, far: Array
) -> None:
    """Lower the bounds of some rows to ``limit``, on all cores; with a guess, those near first."""
    from querist.kernels import compiled_distances

    wide = 1 + (rows.x.shape[1] / 4 + 64) * float(np.finfo(rows.x.dtype).eps)
    nothing = np.empty((0, 0), rows.x.dtype), np.empty(0, rows.x.dtype), np.empty((0, 4), np.intp)

    def part(start: int, stop: int) -> None:
        mine = some[start:stop]
        scores, offsets, lists = nothing if guess is None else guess.of(rows, mine)
        wrong = compiled_distances.first_bounds(
            *rows.args, mine, scores, offsets, lists, limit, wide, *centres, given, far
        )
        if wrong >= 0:
            raise unmeasurable(wrong)

    some = np.ascontiguousarray(some)  # the compiled code is made once
    _in_parts(len(some), part, step=min(_STEP, max(64, len(some) // 8)))


@dataclass(frozen=True)
class Guess:
    """Which centres are near a row: those in the list of the pivot that is nearest in some of the columns."""

    columns: slice
    pivots: Array  # (columns, pivots), times -2
    offsets: Array  # (pivots,) squared lengths
    lists: Array  # (pivots, _NEAR) numbers of centres

    def of(self, rows: Rows, some: Array) -> tuple[Array, Array, Array]:
        """Scores (len(some), pivots), to which the offsets are to be added; the least is the nearest."""
        table = rows.x if rows.beside is None else rows.beside
        first, last = int(some[0]), int(some[-1])
        if last - first < 2 * len(some):  # a view, and a copy of fewer numbers
            return (
                (table[first : last + 1, self.columns] @ self.pivots)[some - first],
                self.offsets,
                self.lists,
            )
        return table[some, self.columns] @ self.pivots, self.offsets, self.lists


def _pivots(centres: Array) -> Guess:
    """Centres that are far from each other, and the centres near each."""
    apart = squared_norms(centres)[:, None] + squared_norms(centres)[None, :] - 2 * centres @ centres.T
    chosen = [0]
    far = apart[0].copy()
    while len(chosen) < min(_GUESS, len(centres)):
        chosen.append(int(far.argmax()))
        np.minimum(far, apart[chosen[-1]], out=far)
    long = min(_NEAR, -(-len(centres) // 4) * 4)
    lists = np.argsort(apart[chosen], axis=1, kind="stable")[:, :long]
    lists = np.pad(lists, ((0, 0), (0, long - lists.shape[1])), mode="edge")
    first = _telling(centres)
    columns = slice(first, first + _GUESS)
    pivots = centres[chosen, columns]
    return Guess(columns, -2 * pivots.T, squared_norms(pivots), np.ascontiguousarray(lists))


def _telling(centres: Array) -> int:
    """The first of the columns, 64 in a row, that vary most."""
    spread = np.concatenate([[0.0], np.cumsum(centres.var(axis=0, dtype=np.float64))])
    return int((spread[_GUESS:] - spread[:-_GUESS]).argmax()) if len(spread) > _GUESS + 1 else 0


def _planted(values: Array) -> Array:
    """A power of two of leaves, the largest value of each block of rows, and as many nodes above them."""
    half = 1 << max(0, (-(-len(values) // _BLOCK) - 1).bit_length())
    whole = len(values) // _BLOCK
    tree = np.full(2 * half, -np.inf)
    tree[half : half + whole] = values[: whole * _BLOCK].reshape(whole, _BLOCK).max(axis=1)
    if whole * _BLOCK < len(values):
        tree[half + whole] = values[whole * _BLOCK :].max()
    while half > 1:
        tree[half // 2 : half] = tree[half : 2 * half].reshape(-1, 2).max(axis=1)
        half //= 2
    return tree


def _in_parts(n: int, part: Callable[[int, int], Any], *, step: int = _STEP) -> list[Any]:
    """What ``part`` says of each range of rows, in their order; an error of one is raised here."""
    from querist.kernels.compiled_numbers import THREADS

    return in_turns(lambda start: part(start, min(n, start + step)), range(0, n, step), THREADS)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Matrix products stay on the thread that calls: threads that wait for more would hold up the others."""
    with _controller().limit(limits=1, user_api="blas"):
        yield


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
