"""Rows turned into columns, a square at a time in the processor's registers.

A processor reads rows as they lie, sixteen numbers at a time, and so many rows of so many numbers change
places by a few exchanges of whole registers; number by number it takes four times as long.
"""

from __future__ import annotations

from typing import Any

from numba.core import cgutils, types
from numba.core.cgutils import ir

from querist.kernels.compiled_numbers import in_place_of, intrinsic
from querist.kernels.compiled_tile import register, side_of
from querist.kernels.compiling import compiled

__all__ = ["turn"]

_WHOLE = ir.IntType(64)
_AHEAD = 8192
"""Bytes between what is read and what is called for."""


@compiled
def turn(table: Any, start: int, turned: Any) -> None:
    """Some rows of a table (n, C), from ``start`` on, into ``turned`` (C or more, rows): a row a column.

    Both are contiguous.
    """
    side, columns, count = side_of(table), table.shape[1], turned.shape[1]
    for column in range(0, columns, side):
        done = 0
        # a square takes in what lies after the last column: there must be something
        while done + side <= count and (start + done + side - 1) * columns + column + side <= table.size:
            _square(table, start + done, column, turned, done)
            done += side
        for r in range(done, count):
            for c in range(column, min(columns, column + side)):
                turned[c, r] = table[start + r, c]


def _square(table: Any, row: int, column: int, turned: Any, place: int) -> None:
    side = side_of(table)
    block = table[row : row + side, column : column + side]
    turned[column : column + block.shape[1], place : place + side] = block.T


@in_place_of(_square)
def _square_compiled(table: Any, row: Any, column: Any, turned: Any, place: Any) -> Any:
    def code(table: Any, row: Any, column: Any, turned: Any, place: Any) -> None:
        _exchanged(table, row, column, turned, place)

    return code


@intrinsic
def _exchanged(context: Any, table: Any, row: Any, column: Any, turned: Any, place: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        source = cgutils.create_struct_proxy(kinds[0])(context, builder, value=args[0])
        target = cgutils.create_struct_proxy(kinds[3])(context, builder, value=args[3])
        _exchange(builder, register(str(kinds[0].dtype)), source, args[1], args[2], target, args[4])
        return context.get_dummy_value()

    whole = types.intp
    return types.void(table, whole, whole, turned, whole), code


def _exchange(builder: Any, side: int, source: Any, row: Any, column: Any, target: Any, place: Any) -> None:
    """Loads, exchanges between rows 1, 2, 4, ... apart, and as many stores as there are columns."""
    square = _Square(builder, source.data.type.pointee, side)
    width = cgutils.unpack_tuple(builder, source.shape)[1]
    long = cgutils.unpack_tuple(builder, target.shape)[1]
    rows = [square.place(source, width, builder.add(row, _WHOLE(r)), column) for r in range(side)]
    numbers = [square.loaded(address) for address in rows]
    for address in rows:
        square.call_for(address)
    apart = 1
    while apart < side:
        for r in range(side):
            if not r & apart:
                s = r | apart
                numbers[r], numbers[s] = square.swapped(numbers[r], numbers[s], apart)
        apart *= 2
    left = builder.sub(width, column)
    end = builder.append_basic_block("turned")
    for c in range(side):
        square.store(numbers[c], square.place(target, long, builder.add(column, _WHOLE(c)), place))
        if c + 1 < side:
            more = builder.append_basic_block("more")
            builder.cbranch(builder.icmp_signed(">", left, _WHOLE(c + 1)), more, end)
            builder.position_at_end(more)
    builder.branch(end)
    builder.position_at_end(end)


class _Square:
    """The instructions of one square."""

    def __init__(self, builder: Any, number: Any, side: int) -> None:
        self.builder, self.side = builder, side
        self.vector = ir.VectorType(number, side)
        self.align = 4 if number == ir.FloatType() else 8

    def place(self, array: Any, width: Any, row: Any, column: Any) -> Any:
        """The address of a number in an array of so many columns."""
        builder = self.builder
        return builder.gep(array.data, [builder.add(builder.mul(row, width), column)])

    def loaded(self, address: Any) -> Any:
        return self.builder.load(self._wide(address), align=self.align)

    def store(self, numbers: Any, address: Any) -> None:
        self.builder.store(numbers, self._wide(address), align=self.align)

    def call_for(self, address: Any) -> None:
        """Fetch what will be read later: many rows at a time is not foreseen as reading on is."""
        builder, number = self.builder, ir.IntType(32)
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        later = builder.gep(builder.bitcast(address, byte), [_WHOLE(_AHEAD)])
        builder.call(fetch, [later, number(0), number(3), number(1)])  # to read, into the nearest cache

    def swapped(self, a: Any, b: Any, apart: int) -> tuple[Any, Any]:
        """Of each two blocks ``apart`` wide, the second of ``a`` and the first of ``b`` change places."""
        side, kind = self.side, ir.VectorType(ir.IntType(32), self.side)
        upper = [side + (j ^ apart) if j & apart else j for j in range(side)]
        lower = [side + j if j & apart else j ^ apart for j in range(side)]
        first, second = (
            self.builder.shuffle_vector(a, b, ir.Constant(kind, mask)) for mask in (upper, lower)
        )
        return first, second

    def _wide(self, address: Any) -> Any:
        return self.builder.bitcast(address, self.vector.as_pointer())
