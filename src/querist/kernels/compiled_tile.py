"""Products of a few rows with a few columns, as many at a time as the processor's registers hold.

A tile is HEIGHT rows by two registers of columns: for each feature two loads, and one multiplication of
each row's number into both.  That is how a BLAS does it; here what becomes of the products can follow
while they are in the cache, and on processors with AVX-512 it takes half the time of a BLAS built for
older ones.  The columns come packed (:func:`pack`).
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import numba
import numpy as np
from numba.core import cgutils, types
from numba.core.cgutils import ir
from numba.core.codegen import get_host_cpu_features

from querist.kernels.compiled_numbers import in_place_of, intrinsic
from querist.kernels.compiling import compiled

__all__ = ["HEIGHT", "pack", "products", "register", "side_of", "width_of"]

_FEATURES: str = numba.config.CPU_FEATURES or get_host_cpu_features()
_BYTES, HEIGHT = (64, 14) if "+avx512f" in _FEATURES else (32, 6)
"""Bytes of a register; and rows of a tile: two registers each, and three are left for what comes in."""


def register(dtype: Any) -> int:
    """How many numbers a register holds."""
    return _BYTES // int(np.dtype(dtype).itemsize)


def side_of(table: Any) -> int:
    """The same for the numbers of a table, asked in compiled code; as it is written, some number."""
    return 4


@in_place_of(side_of)
def _side_compiled(table: Any) -> Any:
    side = register(str(table.dtype))

    def code(table: Any) -> int:
        return side

    return code


def width_of(dtype: Any) -> int:
    """How many columns a panel has."""
    return 2 * register(dtype)


def pack(columns: Any, panels: Any) -> None:
    """(m, d) rows into ``panels`` (P, d, width), turned, panel by panel; the last is filled up with zeros."""
    count, depth, width = panels.shape
    whole = len(columns) // width
    panels[:whole] = columns[: whole * width].reshape(whole, width, depth).transpose(0, 2, 1)
    if whole < count:
        panels[whole] = 0
        panels[whole, :, : len(columns) - whole * width] = columns[whole * width :].T


@compiled
def products(part: Any, panels: Any, first: int, last: int, near: Any) -> None:
    """The products of rows (at least HEIGHT) with the panels from ``first`` to ``last``, into ``near``."""
    rows, width = part.shape[0], panels.shape[2]
    for p in range(first, last):
        for row in range(0, rows, HEIGHT):
            _tile(part, min(row, rows - HEIGHT), panels, p, near, (p - first) * width)


def _tile(part: Any, row: int, panels: Any, panel: int, near: Any, column: int) -> None:
    """The products of HEIGHT rows, from ``row`` on, with one panel, into ``near`` from ``column`` on."""
    width = panels.shape[2]
    near[row : row + HEIGHT, column : column + width] = part[row : row + HEIGHT] @ panels[panel]


@in_place_of(_tile)
def _tile_compiled(part: Any, row: Any, panels: Any, panel: Any, near: Any, column: Any) -> Any:
    def code(part: Any, row: Any, panels: Any, panel: Any, near: Any, column: Any) -> None:
        _in_registers(part, row, panels, panel, near, column)

    return code


@intrinsic
def _in_registers(context: Any, part: Any, row: Any, panels: Any, panel: Any, near: Any, column: Any) -> Any:
    whole = types.int64

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        arrays = [context.make_array(signature.args[i])(context, builder, args[i]) for i in (0, 2, 4)]
        _Tile(builder, part.dtype == types.float32).write(arrays, args[1], args[3], args[5])
        return context.get_dummy_value()

    return types.void(part, whole, panels, whole, near, whole), code


class _Tile:
    """The instructions of one tile."""

    def __init__(self, builder: Any, single: bool) -> None:
        self.builder = builder
        self.size = 4 if single else 8
        self.lanes = _BYTES // self.size
        self.vector = ir.VectorType(ir.FloatType() if single else ir.DoubleType(), self.lanes)
        self.nothing = ir.Constant(self.vector, ir.Undefined)

    def write(self, arrays: Any, row: Any, panel: Any, column: Any) -> None:
        """Sums that begin at 0, a loop over the features, and the sums written down."""
        builder, (part, panels, near) = self.builder, arrays
        depth = cgutils.unpack_tuple(builder, part.shape)[1]
        rows = self._rows(part, row, self._number(0))
        out = self._rows(near, row, column)
        panel_size = builder.mul(depth, self._number(2 * self.lanes))
        columns = builder.gep(panels.data, [builder.mul(panel, panel_size)])
        before = builder.block
        loop, done = builder.append_basic_block("feature"), builder.append_basic_block("done")
        builder.branch(loop)
        builder.position_at_end(loop)
        feature = builder.phi(ir.IntType(64))
        feature.add_incoming(self._number(0), before)
        sums = [[builder.phi(self.vector) for _ in range(2)] for _ in range(HEIGHT)]
        more = self._added(sums, rows, columns, feature)
        after = builder.add(feature, self._number(1))
        feature.add_incoming(after, loop)
        for one, other in zip(chain(*sums), chain(*more), strict=True):
            one.add_incoming(ir.Constant(self.vector, [0.0] * self.lanes), before)
            one.add_incoming(other, loop)
        builder.cbranch(builder.icmp_signed("<", after, depth), loop, done)
        builder.position_at_end(done)
        for address, both in zip(out, more, strict=True):
            for j, total in enumerate(both):
                builder.store(total, self._wide(address, self._number(j * self.lanes)), align=self.size)

    def _added(self, sums: Any, rows: Any, columns: Any, feature: Any) -> Any:
        """The sums with one feature more."""
        builder, fused = self.builder, ("contract",)
        start = builder.mul(feature, self._number(2 * self.lanes))
        come = [
            builder.load(
                self._wide(columns, builder.add(start, self._number(j * self.lanes))), align=self.size
            )
            for j in range(2)
        ]
        every = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        more = []
        for address, both in zip(rows, sums, strict=True):
            one = builder.load(builder.gep(address, [feature]))
            one = builder.insert_element(self.nothing, one, ir.Constant(ir.IntType(32), 0))
            one = builder.shuffle_vector(one, self.nothing, every)
            more.append(
                [
                    builder.fadd(total, builder.fmul(one, other, flags=fused), flags=fused)
                    for total, other in zip(both, come, strict=True)
                ]
            )
        return more

    def _rows(self, array: Any, row: Any, column: Any) -> list[Any]:
        """The addresses of HEIGHT rows of an array, at a column."""
        builder = self.builder
        stride = builder.sdiv(cgutils.unpack_tuple(builder, array.strides)[0], self._number(self.size))
        places = [builder.mul(builder.add(row, self._number(r)), stride) for r in range(HEIGHT)]
        return [builder.gep(array.data, [builder.add(place, column)]) for place in places]

    def _wide(self, address: Any, offset: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(address, [offset]), self.vector.as_pointer())

    def _number(self, value: int) -> Any:
        return ir.Constant(ir.IntType(64), value)
