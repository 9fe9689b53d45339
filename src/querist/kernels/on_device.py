"""Searches over a table that lies in the memory of an accelerator, in whichever library's arrays.

Written against the array API standard, so that no library is named here: arrays of PyTorch and CuPy will do.
Every search reads the whole table once a pick, which is what such a machine is good at; the searches of the
other modules, which save readings by bounds, are for processors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array

__all__ = ["Table", "is_on_device"]

_CPU = 1  # the number of processors in the DLPack standard
_TOGETHER = 32  # rows that all are compared with at a time
_ROUNDING = 16  # rounding errors that a distance may be made of
_BLOCK = 1 << 16  # rows of which squares are taken at a time


def is_on_device(x: Any) -> bool:
    """Whether ``x`` is an array in the memory of an accelerator.

    >>> is_on_device(np.zeros((2, 2)))
    False
    """
    where = getattr(x, "__dlpack_device__", None)
    return where is not None and not isinstance(x, np.ndarray) and int(where()[0]) != _CPU


class Table:
    """An (n, d) array on a device, with what is measured of its rows.

    What comes in besides and what goes out are arrays of NumPy; only a pick a turn travels.
    Distances are of the dtype of the table: in float32, rows equally far but for rounding may change places
    with those that the searches of processors pick.

    >>> table = Table(np.array([[0.0], [1.0], [9.0], [10.0]]))
    >>> picks, squares = table.farthest(np.array([0]), np.array([False, True, True, True]), 2)
    >>> picks.tolist(), squares.tolist()
    ([3, 1], [100.0, 1.0])
    """

    def __init__(self, x: Any) -> None:
        from array_api_compat import array_namespace, device

        self.xp, self.where = array_namespace(x), device(x)
        if x.ndim != 2 or not self.xp.isdtype(x.dtype, "real floating"):
            raise InvalidInput(
                f"Geometry on a device needs an (n, d) table of real numbers; got shape {tuple(x.shape)} of "
                f"{x.dtype}.",
                mend="Turn it into float32 before it goes there.",
            )
        self.x = x
        self.n, self.d = int(x.shape[0]), int(x.shape[1])

    def numpy(self, values: Any) -> Array:
        """Values on the device as an array of NumPy."""
        from array_api_compat import to_device

        return np.asarray(to_device(values, "cpu"))

    def squares(self, middle: Any = None) -> Any:
        """The squared distance of each row to ``middle``, or to nothing, (n,), on the device."""
        xp = self.xp
        parts = []
        for start in range(0, max(1, self.n), _BLOCK):
            part = self.x[start : start + _BLOCK, :]
            part = part if middle is None else part - middle
            parts.append(xp.sum(part * part, axis=1))
        return xp.concat(parts)

    def middle_row(self, free: Array) -> int:
        """The free row nearest to the mean of the free ones."""
        xp, mask = self.xp, self._put(free)
        total = xp.sum(xp.where(mask[:, None], self.x, xp.zeros_like(self.x[:1, :])), axis=0)
        away = self.squares(total / int(free.sum()))
        return int(xp.argmin(xp.where(mask, away, xp.full_like(away, np.inf))))

    def farthest(self, taken: Array, free: Array, n: int) -> tuple[Array, Array]:
        """``n`` free rows, each the farthest from all taken and picked ones, and the squared distances."""
        xp = self.xp
        measured = _Distances(self)
        far = measured.nearest(taken)
        far = xp.where(self._put(free), far, xp.full_like(far, -np.inf))
        picks, squares = np.empty(n, dtype=np.intp), np.empty(n)
        for turn in range(n):
            row = int(xp.argmax(far))
            picks[turn], squares[turn] = row, float(far[row])
            far = xp.minimum(far, measured.to([row])[:, 0])
            far[row] = -np.inf
        return picks, squares

    def ringing(
        self, taken: Array, clocks: Array, weight: Array | None, factors: Array | None, n: int
    ) -> tuple[Array, Array]:
        """``n`` rows whose clocks ring first at the rates weight x squared distance, and their chances.

        ``clocks`` (n_rows,) are exponential lots, infinite where a row may not be picked.
        """
        xp = self.xp
        rest = self._put(clocks)
        free = xp.isfinite(rest)
        weights = self._put(np.ones(self.n) if weight is None else weight) * xp.astype(free, xp.float64)
        measured = _Distances(self) if factors is None else _Products(self, factors)
        far, never = measured.nearest(taken), xp.full_like(rest, np.inf)
        picks, chances = np.empty(n, dtype=np.intp), np.empty(n)
        for turn in range(n):
            law = weights if turn + len(taken) == 0 else weights * xp.astype(far, weights.dtype)
            total = float(xp.sum(law))
            if total > 0:
                rings = xp.where(law > 0, rest / law, never)
                row = int(xp.argmin(rings))
                chances[turn] = float(law[row]) / total
                rest = xp.where(free, xp.clip(rest - law * float(rings[row]), 0.0, None), never)
            else:  # none runs: any row with the same chance
                row = int(xp.argmin(rest))
                chances[turn] = 1 / int(xp.sum(xp.astype(free, xp.int64)))
            picks[turn] = row
            free[row], rest[row], weights[row] = False, np.inf, 0.0
            far = xp.minimum(far, measured.to([row])[:, 0])
        return picks, chances

    def _put(self, values: Array) -> Any:
        return self.xp.asarray(values, device=self.where)


class _Distances:
    """Squared distances of all rows to some, measured from a middle so that rounding is small."""

    def __init__(self, table: Table) -> None:
        self.table, xp = table, table.xp
        step = max(1, table.n // 4096)
        self.middle = xp.mean(table.x[::step, :], axis=0)
        self.sizes = table.squares(self.middle)

    def to(self, rows: Any) -> Any:
        """(n, k) to the rows of these numbers."""
        table, xp = self.table, self.table.xp
        rows = table._put(np.asarray(rows, dtype=np.int64))
        some = xp.take(table.x, rows, axis=0) - self.middle
        return self._squares(rows, table.x @ some.T - (some @ self.middle)[None, :])

    def _squares(self, rows: Any, inner: Any) -> Any:
        """From inner products: what is no more than rounding is 0, as between repeated rows."""
        xp = self.table.xp
        both = self.sizes[:, None] + xp.take(self.sizes, rows, axis=0)[None, :]
        squares = both - 2 * inner
        nothing = _ROUNDING * float(xp.finfo(squares.dtype).eps) * both
        return xp.where(squares > nothing, squares, xp.zeros_like(squares))

    def nearest(self, rows: Array) -> Any:
        """(n,) to the nearest of some rows; inf where there is none."""
        far = self.table.xp.full_like(self.sizes, np.inf)
        for first in range(0, len(rows), _TOGETHER):
            some = self.to(rows[first : first + _TOGETHER])
            far = self.table.xp.minimum(far, self.table.xp.min(some, axis=1))
        return far


class _Products(_Distances):
    """The same between outer products of the rows with factors of theirs, which are never written down."""

    def __init__(self, table: Table, factors: Array) -> None:
        self.table, xp = table, table.xp
        self.factors = xp.astype(table._put(factors), table.x.dtype)
        self.sizes = table.squares() * xp.sum(self.factors * self.factors, axis=1)

    def to(self, rows: Any) -> Any:
        table, xp = self.table, self.table.xp
        rows = table._put(np.asarray(rows, dtype=np.int64))
        inner = (table.x @ xp.take(table.x, rows, axis=0).T) * (
            self.factors @ xp.take(self.factors, rows, axis=0).T
        )
        return self._squares(rows, inner)
