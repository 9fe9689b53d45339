"""The largest of many values, again and again, where values only ever fall: lazy greedy search."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from querist.kernels.arrays import Array

__all__ = ["Falling"]

_FIRST = 32


class Falling:
    """Finds the row of the largest value after each pick, computing as few values anew as it can.

    A value that is out of date is an upper bound of itself.  The rows with the largest bounds are
    brought up to date, a few more each time, until the best of them is above every bound that is
    left: then it is the row that a search through all of them would find (Minoux 1978).

    Parameters
    ----------
    values : (n,) numbers of 0 or more
        What each row is worth, or an upper bound; -inf for rows that must not be picked.  Changed in
        place.
    fresh : function of (rows, since, best) that returns (values, since)
        The values of ``rows`` after :attr:`turn` turns, and how many each takes account of now.
        ``since`` says how many it took account of before; a row whose bound has fallen below ``best``
        need not be brought further.
    turn : int
        How many turns there have been.
    since : int or (n,)
        How many of them the values given take account of.
    first_of_equals : bool
        Whether equal values go to the lower row, which costs bringing all equal bounds up to date;
        otherwise to one of those that are up to date.
    together : int
        How many rows are brought up to date first; it doubles while none is the largest.

    Memory O(n); each pick reads a list of 4,096 rows, all n now and then.

    >>> now = np.array([1.0, 2.0, 3.0])
    >>> Falling(np.array([5.0, 4.0, 3.5]), lambda rows, since, best: (now[rows], since + 1), turn=1).take()
    (2, 3.0)
    """

    def __init__(
        self,
        values: Array,
        fresh: Callable[[Array, Array, float], tuple[Array, Array]],
        *,
        turn: int = 0,
        since: int | Array = 0,
        first_of_equals: bool = False,
        together: int = _FIRST,
    ) -> None:
        self.values = values
        self.turn = turn
        self._fresh = fresh
        self._since = np.array(np.broadcast_to(since, len(values)), dtype=np.int32)
        self._strict = first_of_equals
        self._together = together
        self._list = max(256, min(4096, len(values) // 16))
        self._short = np.empty(0, dtype=np.intp)
        self._rest = np.inf if len(values) else -np.inf  # the largest bound that is not in the short list

    def take(self) -> tuple[int, float]:
        """The row of the largest value and the value; it is never found again, and a turn has passed.

        There must be one that is not -inf.
        """
        row = self._largest()
        value = float(self.values[row])
        self.drop(row)
        return row, value

    def drop(self, row: int) -> None:
        """Pick ``row`` whatever its value."""
        self.values[row] = -np.inf
        self.turn += 1

    def _largest(self) -> int:
        step = self._together
        while True:
            bounds = self.values[self._short]
            now = self._since[self._short] == self.turn
            best = float(bounds[now].max(initial=-np.inf))
            waiting = float(bounds[~now].max(initial=-np.inf))
            bound = max(waiting, self._rest)
            if best > bound or (best == bound and not self._strict and best > -np.inf):
                return int(self._short[now & (bounds == best)].min())
            if best == bound <= 0:  # nothing falls below 0: all bounds of 0 are values
                return int(np.argmax(self.values == best))
            if self._rest >= best and self._rest > waiting:
                if (row := self._lengthened(best)) >= 0:
                    return row
                continue
            some = self._short[~now & (bounds >= best if self._strict else bounds > best)]
            if len(some) > step:
                some = some[np.argpartition(self.values[some], len(some) - step)[-step:]]
            self._refresh(some, best)
            step *= 2

    def _lengthened(self, best: float) -> int:
        """A new short list; or, where too many rows may be the largest, the largest itself (else -1)."""
        rows = np.flatnonzero(self.values >= best)
        if best > -np.inf and len(rows) > self._list:
            self._refresh(rows[self._since[rows] < self.turn], best)
            self._short, self._rest = rows[:0], np.inf
            return int(self.values.argmax())
        self._short, self._rest = np.arange(len(self.values)), -np.inf
        if len(self.values) > self._list:
            order = np.argpartition(self.values, len(self.values) - self._list - 1)
            self._short = order[-self._list :]
            self._rest = float(self.values[order[-self._list - 1]])
        return -1

    def _refresh(self, rows: Array, best: float) -> None:
        if len(rows):
            rows = np.sort(rows)  # in the order of memory
            values, self._since[rows] = self._fresh(rows, self._since[rows], best)
            self.values[rows] = np.minimum(self.values[rows], values)
