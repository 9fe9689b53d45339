"""Large tables through the compiled kernels, on all cores; small ones stay with NumPy."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from threading import Lock, Thread
from typing import Any, TypeVar

import numpy as np

from querist.kernels.arrays import Array

__all__ = ["in_threads", "in_turns", "is_large", "is_plain", "lent", "one_thread_a_product", "run_compiled"]

P = TypeVar("P")
R = TypeVar("R")

_LARGE = 1 << 22
"""Numbers from which on the compiled kernels repay their loading (NumPy takes 10 ms for so many)."""

_ROWS = 1 << 16  # rows that one thread takes at a time


def is_large(numbers: int) -> bool:
    """Whether a pass over so many numbers is for the compiled kernels."""
    return numbers >= _LARGE


def is_plain(x: Any) -> bool:
    """Whether the compiled kernels take the rows of ``x`` as they lie."""
    return bool(isinstance(x, np.ndarray) and x.flags.c_contiguous and x.dtype in (np.float32, np.float64))


def lent(x: Array) -> Array:
    """The same array read-only: the compiled code is made once, for those."""
    view = x.view()
    view.setflags(write=False)
    return view


def run_compiled(name: str, table: Array, outputs: Sequence[Array]) -> list[tuple[int, int]]:
    """Fill ``outputs``, (n,) each, by the compiled kernel ``name``; what it left undone comes back.

    Parameters
    ----------
    table : (n, C) or (K, n, C), float32 or float64

    Returns
    -------
    Ranges of rows that are for NumPy: all of a small table, and from a row that is no distribution on.

    >>> run_compiled("margin", np.ones((3, 1)), [np.empty(3)])
    [(0, 3)]
    """
    n = table.shape[-2]
    if not is_large(table.size):
        return [(0, n)] if n else []
    from querist.kernels import compiled
    from querist.kernels.compiled_numbers import THREADS

    kernel, more = compiled.KERNELS[name]

    def part(start: int) -> tuple[int, int] | None:
        stop = min(n, start + _ROWS)
        if table.flags.c_contiguous:
            wrong = kernel(table, start, stop, *compiled.room(table, stop - start), *outputs, *more)
            return None if wrong < 0 else (wrong, stop)
        block = np.ascontiguousarray(table[..., start:stop, :])
        room, outs = compiled.room(block, stop - start), (out[start:stop] for out in outputs)
        wrong = kernel(block, 0, stop - start, *room, *outs, *more)
        return None if wrong < 0 else (start + wrong, stop)

    return [left for left in in_turns(part, range(0, n, _ROWS), THREADS) if left is not None]


def in_threads(work: Callable[[P], R], parts: Iterable[P]) -> list[R]:
    """What ``work`` makes of each part, in order, on all cores; products of matrices take one core each.

    >>> in_threads(lambda part: part + 1, [1, 2])
    [2, 3]
    """
    todo = list(parts)
    if len(todo) < 2:
        return [work(part) for part in todo]
    with one_thread_a_product():
        return in_turns(work, todo, _cores())


def in_turns(
    work: Callable[[P], R], parts: Iterable[P], threads: int, pool: ThreadPoolExecutor | None = None
) -> list[R]:
    """The same with so many threads, of which this is one; the others from a pool, or made for this.

    The error of the first part that has one is raised here; none is begun after it.

    >>> in_turns(lambda part: part + 1, [1, 2], 2)
    [2, 3]
    """
    todo = list(parts)
    made: list[Any] = [None] * len(todo)
    wrong: list[tuple[int, BaseException]] = []
    turns, lock = iter(range(len(todo))), Lock()

    def take() -> None:
        while not wrong:
            with lock:
                i = next(turns, -1)
            if i < 0:
                return
            try:
                made[i] = work(todo[i])
            except BaseException as error:  # also of the keyboard: raised by who called
                wrong.append((i, error))

    count = min(threads, len(todo)) - 1
    others = [Thread(target=take, daemon=True) for _ in range(count if pool is None else 0)]
    for other in others:
        other.start()
    lent_ones = [] if pool is None else [pool.submit(take) for _ in range(count)]
    take()
    for other in others:
        other.join()
    for one in lent_ones:
        one.result()
    if wrong:
        raise min(wrong, key=lambda one: one[0])[1]
    return made


@contextmanager
def one_thread_a_product() -> Iterator[None]:
    """Matrix products stay on the thread that calls them: threads of BLAS that wait would spin."""
    with _LIMIT:
        _held.append(_libraries().limit(limits=1, user_api="blas") if not _held else None)
    try:
        yield
    finally:
        with _LIMIT:
            first = _held[0]
            _held.pop()
            if not _held and first is not None:
                first.restore_original_limits()


_LIMIT = Lock()
_held: list[Any] = []  # the first is what set the limit


@cache
def _libraries() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@cache
def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
