"""What is known of a coverage, kept from one question to the next: who is close, and what could be added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.kernels.arrays import Array, as_matrix, blocks
from querist.kernels.close_pairs import ClosePairs

__all__ = ["Covering", "Held", "places"]


@dataclass(frozen=True)
class Bounds:
    """What rows add at most once ``taken`` cover the witnesses (masks), each of weight 1, (n,)."""

    taken: Array
    witnesses: Array
    most: Array

    def holds(self, taken: Array, witnesses: Array) -> bool:
        """Whether they are bounds with these (masks): more is taken, nothing more is to be covered."""
        return not (self.taken & ~taken).any() and not (witnesses & ~self.witnesses & ~taken).any()


class Covering:
    """A table to be covered, with what earlier searches found out.

    Takes the place of a table in :func:`greedy_coverage`, whose picks are those of a fresh start.  Prefer it
    wherever there will be a next question.  Of large dense tables are kept the pairs of rows closer than
    what covers them, which serve any weights and, by "gaussian", a radius that changes
    (:meth:`with_radius`).  Where these are too many, it is what each row could add at most: it only falls
    while more is taken, so that the next search works out those alone that could be the largest; with the
    same radius, and witnesses that weigh alike.

    Parameters
    ----------
    x : (n, d) dense or sparse
    similarity, radius
        As for :func:`greedy_coverage`.

    Attributes
    ----------
    close : pairs, or None
    known : bounds
        After the last fresh start, and after the last picks.  Both are replaced as a whole, never changed.

    >>> from querist.kernels import greedy_coverage
    >>> covering = Covering([[0.0], [0.1], [0.2], [7.0], [7.1]], similarity="ball", radius=0.5)
    >>> first, _ = greedy_coverage(covering, 1)
    >>> greedy_coverage(covering, 1, taken=first)
    (array([3]), array([0.4]))

    Memory O(n), and 80 MB of pairs at most.  Minoux 1978 (old gains as bounds).
    """

    def __init__(self, x: Any, *, similarity: str = "gaussian", radius: float = 1.0) -> None:
        self.x, self.similarity, self.radius = as_matrix(x), similarity, radius
        self.known: tuple[Bounds, ...] = ()
        self.close: ClosePairs | None = None

    def with_radius(self, radius: float) -> Covering:
        """The same table with another radius, and who is close in it."""
        made = Covering(self.x, similarity=self.similarity, radius=radius)
        made.close = self.close
        return made

    def most(self, rows: Array, taken: Array, witnesses: Array) -> Array | None:
        """What some rows add at most, from the newest bounds that hold; None where they tell too little."""
        out, seen = self._mask(taken), self._mask(witnesses)
        for bounds in reversed(self.known):
            if bounds.holds(out, seen):
                most: Array = bounds.most[rows]
                return most if np.isinf(most).mean() < _UNKNOWN else None
        return None

    def keep(self, rows: Array, most: Array, taken: Array, witnesses: Array, *, fresh: bool) -> None:
        """From now on, some rows add so much at most with these; ``fresh`` where all was worked out anew."""
        wide = np.full(self.x.shape[0], np.inf)
        wide[rows] = most
        new = Bounds(self._mask(taken), self._mask(witnesses), wide)
        self.known = (new,) if fresh else (*self.known[:1], new)

    def _mask(self, rows: Array) -> Array:
        mask = np.zeros(self.x.shape[0], dtype=bool)
        mask[rows] = True
        return mask


_UNKNOWN = 0.1  # the share of rows without a bound from which on a fresh start is as well


class Held:
    """Points of which all are made ready once, to be multiplied again and again."""

    def __init__(self, points: Any) -> None:
        self.squared, self.norms, self.sparse = points.squared, points.norms, points.sparse
        self.n, self.d, self.dtype = points.n, points.d, points.dtype
        self.rows = points.centres(np.arange(points.n))

    def centres(self, rows: Any) -> Array:
        """Some of them; not a copy where they follow each other."""
        rows = np.asarray(rows, dtype=np.intp)
        if len(rows) and rows[-1] - rows[0] == len(rows) - 1 and (np.diff(rows) == 1).all():
            return np.asarray(self.rows[rows[0] : rows[-1] + 1])
        return np.asarray(self.rows[rows])

    def total(self, rows: Array, weight: Array) -> Array:
        """The weighted sum of some, (d,) float64."""
        total = np.zeros(self.d)
        for start, stop in blocks(len(rows), self.d):
            total += weight[start:stop] @ self.centres(rows[start:stop])
        return total


def places(rows: Array, witnesses: Array) -> Array | None:
    """Where each of ``rows`` is among the witnesses; None if one is not, or twice."""
    order = np.argsort(witnesses, kind="stable")
    ranked = witnesses[order]
    at = np.searchsorted(ranked, rows)
    if (np.diff(ranked) == 0).any() or at.max(initial=-1) >= len(ranked) or (ranked[at] != rows).any():
        return None
    return np.asarray(order[at])
