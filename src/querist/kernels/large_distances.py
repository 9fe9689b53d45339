"""Large tables through the compiled search by distance, on all cores; small ones stay with NumPy."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.kernels.arrays import Array
from querist.kernels.neighbours import squared_norms, unmeasurable

__all__ = ["Rows", "farthest", "is_large", "lengths", "middle_row", "ringing", "sums"]

_LARGE = 1 << 22
"""Numbers from which on the compiled search repays its loading; a row's own arrays count as 32 of them."""

_STEP = 2048  # rows that one thread takes at a time
_GUESS = 64  # columns by which the nearest pivot is guessed, and pivots at most
_NEAR = 24  # centres that a row looks at near its pivot
_SAMPLE = 2048  # rows that tell how far the picks will be
_PATIENCE = 8  # distances a row that one core takes before it calls for the others

Known = tuple[Array, Array]


def is_large(x: Any) -> bool:
    """Whether the compiled search takes ``x``, which needs its rows as they lie, and pays for itself."""
    plain = isinstance(x, np.ndarray) and x.flags.c_contiguous and x.dtype in (np.float32, np.float64)
    return bool(plain and x.shape[1] and x.shape[0] * (x.shape[1] + 32) >= _LARGE)


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
            return _as_lent(self.x), _as_lent(np.empty((len(self.x), 0), self.x.dtype)), 0
        beside = np.ascontiguousarray(self.beside)
        return _as_lent(self.x), _as_lent(beside), 2 if self.outer else 1

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
    if len(new) > 4 * n or len(new) == len(candidates):  # otherwise the search looks at them by itself
        _bound(rows, centres, len(taken), new, 3 * n / len(candidates), known[0])
    far, since = np.where(free, known[0], -np.inf), known[1].copy()
    picks, values = np.empty(n, dtype=np.intp), np.empty(n)
    done, patience = 0, int(_PATIENCE * len(candidates))
    while True:
        tree = _planted(far)
        done = compiled_distances.search(
            *rows.args, *centres, len(taken), far, since, *known, tree, done, patience, picks, values
        )
        if done == n:
            return picks, values, known
        # the picks have come nearer to most rows than was foreseen: on all cores to what is far still
        patience *= 2
        waiting = candidates[far[candidates] >= 0]
        _bound(rows, centres, len(taken) + done, waiting, 3 * (n - done) / len(waiting), far)


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
            *rows.args, sample[start:stop], stands_for[start:stop], *centres, len(taken), out
        )
        return out

    return np.asarray(np.sum(_in_parts(len(sample), part, step=128), axis=0))


def lengths(x: Array, middle: Array) -> Array:
    """Squared distances of all rows from ``middle`` (d,), float64."""
    from querist.kernels import compiled_distances

    out, x = np.empty(len(x)), _as_lent(x)
    _in_parts(len(x), lambda start, stop: compiled_distances.lengths(x, middle, start, stop, out))
    wrong = np.flatnonzero(~np.isfinite(out))
    if len(wrong):
        if middle.any():  # one wrong row makes the mean so too
            lengths(x, np.zeros_like(middle))
        raise unmeasurable(int(wrong[0]))
    return out


def middle_row(x: Array, free: Array) -> int:
    """The free row nearest to the mean of all free rows, ties to the lower row."""
    from querist.kernels import compiled_distances

    def part(start: int, stop: int) -> Array:
        total = np.zeros(x.shape[1])
        compiled_distances.column_sums(_as_lent(x), free, start, stop, total)
        return total

    total = np.sum(_in_parts(len(x), part, step=16 * _STEP), axis=0)
    if not np.isfinite(total).all():
        lengths(x, np.zeros(x.shape[1]))  # which names the row
    return int(np.where(free, lengths(x, total / free.sum()), np.inf).argmin())


def _bound(
    rows: Rows, centres: tuple[Array, Array], given: int, new: Array, share: float, far: Array
) -> None:
    """Bounds for ``new`` rows, low enough that few are looked at again.

    A row that is nearer to some centre than the last pick will be needs no more looking.  How far that will
    be is told from a sample and the ``share`` of rows that may be farther; which centre is worth a look, from
    a part of the columns.
    """
    few = new[:: max(1, len(new) // _SAMPLE)]
    none = np.empty((0, 0), rows.x.dtype), np.empty(0, rows.x.dtype), np.empty((0, 4), np.intp)
    _lower(rows, centres, given, few, none, -np.inf, far)
    limit = float(np.quantile(far[few], max(0.0, 1 - max(4 / len(few), share))))
    new = new[far[new] >= limit]
    where, pivots, offsets, lists = _pivots(centres[0][:given])
    for start in range(0, len(new), 1 << 16):
        some = new[start : start + (1 << 16)]
        span = slice(int(some[0]), int(some[-1]) + 1)
        dense = span.stop - span.start <= 2 * len(some)
        scores = (rows.x[span, where] if dense else rows.x[some, where]) @ pivots
        at = some - span.start if dense else np.arange(len(some))
        _lower(rows, centres, given, some, (scores, offsets, lists), limit, far, at)


def _lower(
    rows: Rows, centres: tuple[Array, Array], given: int, some: Array,
    guess: tuple[Array, Array, Array], limit: float, far: Array, at: Array | None = None,
) -> None:  # fmt: skip
    from querist.kernels import compiled_distances

    scores, offsets, lists = guess
    wide = 1 + (rows.x.shape[1] / 8 + 16) * float(np.finfo(rows.x.dtype).eps)
    at = some if at is None else at

    def part(start: int, stop: int) -> None:
        wrong = compiled_distances.first_bounds(
            *rows.args, some[start:stop], scores, at[start:stop], offsets, lists, limit, wide, *centres,
            given, far,
        )  # fmt: skip
        if wrong >= 0:
            raise unmeasurable(wrong)

    _in_parts(len(some), part, step=min(_STEP, max(64, len(some) // 8)))


def _pivots(centres: Array) -> tuple[slice, Array, Array, Array]:
    """Columns to guess by; pivots there, and what to add to be least at the nearest; lists of centres."""
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
    where = slice(first, first + _GUESS)
    pivots = centres[chosen, where]
    return where, np.ascontiguousarray(-2 * pivots.T), squared_norms(pivots), np.ascontiguousarray(lists)


def _telling(centres: Array) -> int:
    """The first of the columns, 64 in a row, that vary most."""
    spread = np.concatenate([[0.0], np.cumsum(centres.var(axis=0, dtype=np.float64))])
    return int((spread[_GUESS:] - spread[:-_GUESS]).argmax()) if len(spread) > _GUESS + 1 else 0


def _planted(values: Array) -> Array:
    from querist.kernels import compiled_distances

    tree = np.empty(2 << max(0, (-(-len(values) // 64) - 1).bit_length()))
    compiled_distances.planted(values, tree)
    return tree


def _in_parts(n: int, part: Callable[[int, int], Any], *, step: int = _STEP) -> list[Any]:
    """What ``part`` says of each range of rows, in their order; an error of one is raised here."""
    from querist.kernels import compiled

    with ThreadPoolExecutor(compiled.THREADS) as threads:
        starts = range(0, n, step)
        return list(threads.map(lambda start: part(start, min(n, start + step)), starts))


def _as_lent(x: Array) -> Array:
    """The same array read-only: the compiled code is made once, for those."""
    lent = x.view()
    lent.setflags(write=False)
    return lent
