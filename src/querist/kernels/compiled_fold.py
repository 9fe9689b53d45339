"""What is told of each row of a table by one reading: its sum, and its largest numbers.

Rows are short, and as many as a register holds numbers go at a time: their next four numbers are read where
they lie, change places inside of quarters of a register, and are folded in.  Only what is told is written.
"""

from __future__ import annotations

from typing import Any

from numba.core import cgutils, types
from numba.core.cgutils import ir

from querist.kernels.compiled_numbers import in_place_of, intrinsic
from querist.kernels.compiled_tile import register, side_of
from querist.kernels.compiling import compiled, inlined

__all__ = ["folded"]

_COLUMNS = 4
_LOW, _HIGH = (0, 4, 1, 5), (2, 6, 3, 7)
_FIRST, _LAST = (0, 1, 4, 5), (2, 3, 6, 7)

_WHOLE = ir.IntType(64)
_AHEAD = 8192
"""Bytes between what is read and what is called for."""


@compiled
def folded(table: Any, start: int, told: Any) -> None:
    """Of each row from ``start`` on, into (4, rows): its sum, least (0 at most), and the two largest."""
    side, columns, count, done = side_of(table), table.shape[1], told.shape[1], 0
    filled = -(-columns // _COLUMNS) * _COLUMNS
    # four columns take in what lies after the last one: there must be something
    while done + side <= count and (start + done + side - 1) * columns + filled <= table.size:
        _several(table, start + done, told, done)
        done += side
    for r in range(done, count):
        _one(table, start + r, told, r)


@inlined
def _one(table: Any, row: int, told: Any, place: int) -> None:
    none = table.dtype.type(0)
    total, least, first, second = none, none, none, none
    for c in range(table.shape[1]):
        p = table[row, c]
        total += p
        least = p if p < least else least
        less = p if p < first else first
        second = less if less > second else second
        first = p if p > first else first
    told[0, place], told[1, place], told[2, place], told[3, place] = total, least, first, second


def _several(table: Any, row: int, told: Any, place: int) -> None:
    for r in range(side_of(table)):
        _one(table, row + r, told, place + r)


@in_place_of(_several)
def _several_compiled(table: Any, row: Any, told: Any, place: Any) -> Any:
    def code(table: Any, row: Any, told: Any, place: Any) -> None:
        _in_registers(table, row, told, place)

    return code


@intrinsic
def _in_registers(context: Any, table: Any, row: Any, told: Any, place: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        source = cgutils.create_struct_proxy(kinds[0])(context, builder, value=args[0])
        target = cgutils.create_struct_proxy(kinds[2])(context, builder, value=args[2])
        _Fold(builder, register(str(kinds[0].dtype)), source, args[1]).write(target, args[3])
        return context.get_dummy_value()

    whole = types.intp
    return types.void(table, whole, told, whole), code


class _Fold:
    """The instructions for as many rows as a register holds numbers."""

    def __init__(self, builder: Any, side: int, source: Any, row: Any) -> None:
        self.builder, self.side = builder, side
        number = source.data.type.pointee
        self.align = 4 if number == ir.FloatType() else 8
        self.vector, self.piece = ir.VectorType(number, side), ir.VectorType(number, _COLUMNS)
        self.nothing = ir.Constant(self.vector, [0.0] * side)
        self.width = cgutils.unpack_tuple(builder, source.shape)[1]
        places = [builder.mul(builder.add(row, _WHOLE(r)), self.width) for r in range(side)]
        self.rows = [builder.gep(source.data, [place]) for place in places]

    def write(self, target: Any, place: Any) -> None:
        """A loop over four columns at a time, then those left over, and four numbers a row written down."""
        builder = self.builder
        for address in self.rows:
            self._call_for(address)
        before = builder.block
        loop, some, rest, last, end = (
            builder.append_basic_block(name) for name in ("fold", "four", "rest", "last", "folded")
        )
        builder.branch(loop)
        builder.position_at_end(loop)
        column, so_far = builder.phi(_WHOLE), [builder.phi(self.vector) for _ in range(4)]
        after = builder.add(column, _WHOLE(_COLUMNS))
        builder.cbranch(builder.icmp_signed("<=", after, self.width), some, rest)
        builder.position_at_end(some)
        then = so_far
        for numbers in self._columns(column):
            then = self._with(then, numbers)
        builder.branch(loop)
        self._joins([column, *so_far], before, [_WHOLE(0)] + 4 * [self.nothing], some, [after, *then])
        builder.position_at_end(rest)
        left = builder.sub(self.width, column)
        builder.cbranch(builder.icmp_signed(">", left, _WHOLE(0)), last, end)
        builder.position_at_end(last)
        then = so_far
        for c, numbers in enumerate(self._columns(column)[:-1]):
            there = builder.icmp_signed(">", left, _WHOLE(c))
            then = self._with(then, builder.select(there, numbers, self.nothing))
        builder.branch(end)
        builder.position_at_end(end)
        told = [builder.phi(self.vector) for _ in range(4)]
        self._joins(told, rest, so_far, last, then)
        long = cgutils.unpack_tuple(builder, target.shape)[1]
        for k, numbers in enumerate(told):
            here = builder.gep(target.data, [builder.add(builder.mul(_WHOLE(k), long), place)])
            builder.store(numbers, builder.bitcast(here, self.vector.as_pointer()), align=self.align)

    def _columns(self, column: Any) -> list[Any]:
        """Four columns, a register each, whatever lies there where the table has fewer."""
        builder, pieces = self.builder, []
        for address in self.rows:
            here = builder.bitcast(builder.gep(address, [column]), self.piece.as_pointer())
            pieces.append(builder.load(here, align=self.align))
        a, b, c, d = (self._joined(pieces[r::_COLUMNS]) for r in range(_COLUMNS))
        halves = [(self._mixed(a, b, of), self._mixed(c, d, of)) for of in (_LOW, _HIGH)]
        return [self._mixed(ab, cd, of) for ab, cd in halves for of in (_FIRST, _LAST)]

    def _joined(self, parts: list[Any]) -> Any:
        """One register of its parts."""
        while len(parts) > 1:
            wide = 2 * parts[0].type.count
            mask = ir.Constant(ir.VectorType(ir.IntType(32), wide), list(range(wide)))
            pairs = zip(parts[::2], parts[1::2], strict=True)
            parts = [self.builder.shuffle_vector(a, b, mask) for a, b in pairs]
        return parts[0]

    def _mixed(self, a: Any, b: Any, of: tuple[int, ...]) -> Any:
        """In each four numbers those named: 0 to 3 are of ``a``, 4 to 7 of ``b``."""
        starts = range(0, self.side, _COLUMNS)
        mask = [start + k % 4 + (self.side if k >= 4 else 0) for start in starts for k in of]
        kind = ir.VectorType(ir.IntType(32), self.side)
        return self.builder.shuffle_vector(a, b, ir.Constant(kind, mask))

    def _with(self, four: list[Any], numbers: Any) -> list[Any]:
        """Sum, least, largest and second largest with one column more."""
        total, least, first, second = four
        second = self._chosen(">", self._chosen("<", numbers, first), second)
        total = self.builder.fadd(total, numbers)
        return [total, self._chosen("<", numbers, least), self._chosen(">", numbers, first), second]

    def _chosen(self, how: str, a: Any, b: Any) -> Any:
        return self.builder.select(self.builder.fcmp_ordered(how, a, b), a, b)

    def _joins(self, made: list[Any], one: Any, ones: list[Any], other: Any, others: list[Any]) -> None:
        """What comes from one block, and from the other."""
        for value, first, second in zip(made, ones, others, strict=True):
            value.add_incoming(first, one)
            value.add_incoming(second, other)

    def _call_for(self, address: Any) -> None:
        """Fetch what will be read later: many rows at a time is not foreseen as reading on is."""
        builder, number = self.builder, ir.IntType(32)
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        later = builder.gep(builder.bitcast(address, byte), [_WHOLE(_AHEAD)])
        builder.call(fetch, [later, number(0), number(3), number(1)])  # to read, into the nearest cache
