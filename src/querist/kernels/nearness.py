"""How far every row is from the nearest of some rows, as far as it is known; kept between questions."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_matrix, as_rows, blocks, is_sparse, squared_norms
from querist.kernels.large_distances import is_large, lengths
from querist.kernels.neighbours import Points
from querist.kernels.on_device import Table, is_on_device

__all__ = ["Measured", "Nearness", "bring_near", "nearness", "nearness_of"]


class Measured:
    """A table of rows with what is measured of all of them only once: their mean and their lengths.

    Whatever takes a table for distances takes one of these in its place, and is spared a pass over it.
    An array on an accelerator stays there (:func:`k_center` and :func:`kmeans_plus_plus` search it there).

    >>> measured = Measured([[3.0, 4.0], [0.0, 1.0]])
    >>> measured.squares
    array([25.,  1.])
    """

    def __init__(self, x: Any) -> None:
        self.on_device = Table(x) if is_on_device(x) else None
        self.x = as_matrix(x) if self.on_device is None else x
        self.n, self.d = int(self.x.shape[0]), int(self.x.shape[1])

    @cached_property
    def points(self) -> Points:
        """The rows as points, measured from their mean."""
        return Points(self.x)

    @cached_property
    def squares(self) -> Array:
        """The squared length of each row, (n,)."""
        if self.on_device is not None:
            return self.on_device.numpy(self.on_device.squares())
        if is_large(self.x):
            return lengths(self.x, np.zeros(self.d))
        parts = [squared_norms(self.x[a:b]) for a, b in blocks(self.n, 64 if is_sparse(self.x) else self.d)]
        return np.concatenate([np.empty(0), *parts])

    @cached_property
    def middle(self) -> tuple[Array, Array]:
        """A point in the midst of the rows, (d,), and the squared distance of each row to it, (n,)."""
        middle = self.x[:: max(1, self.n // 4096)].mean(axis=0, dtype=np.float64)
        return middle, lengths(self.x, middle)


class Nearness:
    """How far each row is from the nearest of the rows that are taken, as far as it is known.

    Made by :func:`nearness`.  A search that is given one starts from what earlier ones have worked out and
    leaves there what it works out itself; its picks are those of a fresh start.  May be shared by threads.

    Attributes
    ----------
    measured : Measured
    taken : row numbers, in the order in which distances to them are worked out
    known : two (n,) arrays
        A bound from above of each squared distance, and to how many of the taken rows, from the first on, the
        distance was looked at: to all of them, and the bound is the distance.  Replaced as a whole, never
        changed.
    """

    def __init__(self, measured: Measured, taken: Array, known: tuple[Array, Array] | None = None) -> None:
        self.measured, self.taken = measured, taken
        n = measured.n
        self.known = (np.full(n, np.inf), np.zeros(n, dtype=np.int32)) if known is None else known

    def with_taken(self, more: Any) -> Nearness:
        """The nearness to ``more`` rows besides.

        >>> near = nearness([[0.0], [1.0], [7.0]], [0])
        >>> near.with_taken([2]).taken
        array([0, 2])
        """
        new = as_rows(more, self.measured.n)
        if not len(new):
            return self
        new = new[~np.isin(new, self.taken)]
        return Nearness(self.measured, np.concatenate([self.taken, new]), self.known)

    def for_taken(self, taken: Any) -> Nearness:
        """The nearness to other rows: going on where none of the old ones is missing, otherwise afresh."""
        rows = as_rows(taken, self.measured.n)
        if np.isin(self.taken, rows).all():
            return self.with_taken(rows)
        return Nearness(self.measured, rows)

    def free(self, rows: Any = None) -> Array:
        """A mask, (n,), of the rows that are not taken: of all, or of some."""
        free = np.full(self.measured.n, rows is None)
        if rows is not None:
            free[as_rows(rows, self.measured.n)] = True
        free[self.taken] = False
        return free

    def cut(self, free: Array) -> tuple[Array, Nearness]:
        """Without the rows that play no part, where those that do are few and nothing is known of them.

        Returns which rows are left, and the nearness among them.
        """
        candidates = np.flatnonzero(free)
        if self.known[1].any() or 2 * (len(candidates) + len(self.taken)) > len(free):
            return np.arange(len(free)), self
        where = np.concatenate([candidates, self.taken])
        return where, nearness(self.measured.x[where], np.arange(len(candidates), len(where)))

    def distances(self) -> Array:
        """All squared distances, (n,); inf where no row is taken."""
        far, since = self.known
        start = int(since.min(initial=len(self.taken)))
        if start < len(self.taken):
            far = far.copy()
            bring_near(self.measured.points, far, self.taken[start:])
            self.known = far, np.full(len(far), len(self.taken), dtype=np.int32)
        return far


def bring_near(points: Any, far: Array, centres: Array, also: Points | None = None) -> None:
    """Lower ``far`` (n,), in place, to the squared distance from the nearest of some rows.

    With ``also``, to the least product of the distances in both.
    """
    for first in range(0, len(centres), 128):
        rows = centres[first : first + 128]
        some = points.centres(rows)
        for start, stop in points.blocks(len(rows)):
            distances = points.squared(start, stop, some)
            if also is not None:
                distances *= also.squared(start, stop, also.centres(rows))
            least = distances[:, 0] if len(rows) == 1 else distances.min(axis=1)
            np.minimum(far[start:stop], least, out=far[start:stop])


def nearness(x: Any, taken: Any) -> Nearness:
    """Nothing is worked out yet: the first search does it, as far as it must.

    Prefer it to ``taken=`` wherever there will be a next question on the same rows: then only the distances
    to rows that are newly taken are worked out.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse, or Measured
    taken : row numbers

    >>> from querist.kernels import k_center
    >>> near = nearness([[0.0], [1.0], [9.0], [10.0]], [0])
    >>> k_center(near, 1)
    (array([3]), array([10.]))
    >>> k_center(near.with_taken([3]), 1)
    (array([1]), array([1.]))
    """
    measured = x if isinstance(x, Measured) else Measured(x)
    return Nearness(measured, np.unique(as_rows([] if taken is None else taken, measured.n)))


def nearness_of(x: Any, taken: Any) -> Nearness:
    """``x`` where it knows its nearness already, and otherwise a fresh one."""
    if not isinstance(x, Nearness):
        return nearness(x, taken)
    if taken is not None:
        raise InvalidInput(
            f"A Nearness says itself what is taken ({len(x.taken)} rows); got taken={taken!r} besides.",
            mend="Leave taken out, or write near.for_taken(taken).",
        )
    return x
