"""Functions that are compiled where Numba is there, and run as they are written where it is not.

The functions of streams go through here: they are written for one row, in loops and plain numbers, so that
a small device without a compiler runs the very same source (slower, with the same results).
"""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable
from functools import wraps
from hashlib import blake2b
from pathlib import Path
from threading import Lock, RLock
from typing import Any, TypeVar, cast

__all__ = ["PLAIN", "compiled", "drop_stale", "inlined"]

F = TypeVar("F", bound=Callable[..., Any])

PLAIN = bool(os.environ.get("QUERIST_PLAIN"))
"""Whether Numba is left alone though it may be there: the environment variable QUERIST_PLAIN says so."""


def compiled(function: F) -> F:
    """``function`` in machine code that is kept on disk, without Python's lock; or as it is, without Numba.

    Sums may be taken in any order, but NaN keeps its sense.  A function whose name begins with ``_`` is for
    compiled functions alone, and neither makes nor returns an array: what Python would need to call it, and
    the counting of who owns arrays, take a fifth of the time to compile.

    >>> compiled(abs) is abs  # of Python's own there is nothing to compile
    True
    """
    numba = None if PLAIN or not hasattr(function, "__code__") else _numba()
    if numba is None:
        return function
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    options["fastmath"] = {"reassoc", "contract", "arcp", "nsz"}
    if function.__name__.startswith("_"):
        options |= {"no_cpython_wrapper": True, "_nrt": False}
    try:
        made: F = numba.njit(cache=True, **options)(function)
        _name_by_signature(made)
        _drop_stale_of(function.__code__.co_filename, made)
    except RuntimeError:  # no folder that may be written to: compiled anew in each process
        made = numba.njit(**options)(function)
    if hasattr(made, "compile"):
        made.compile = _uncollected(made.compile)
    return made


def inlined(function: F) -> F:
    """``function`` as a part of each compiled one that calls it: nothing of its own is made of it.

    Prefer it to :func:`compiled` for what few others call, and a step of a loop: to compile even the shortest
    takes 50 ms.  What many call is compiled once faster than written into them all.

    >>> inlined(abs) is abs
    True
    """
    numba = None if PLAIN or not hasattr(function, "__code__") else _numba()
    if numba is None:
        return function
    _seen(function.__code__.co_filename)
    made: F = numba.njit(inline="always")(function)
    return made


def drop_stale(folder: Path, module: str, newest: int) -> None:
    """Delete the machine code that ``folder`` keeps of a module, by its stem, from before ``newest`` (ns)."""
    for kept in folder.glob(f"{module}.*.nb[ic]"):
        with contextlib.suppress(OSError):  # another process was faster
            if kept.stat().st_mtime_ns < newest:
                kept.unlink()


def _uncollected(work: F) -> F:
    """``work`` while Python looks for cycles among young objects alone.

    A compiler makes so many that it would look through all that the process holds, three times in a first
    call and more in a large process: a tenth of the time.
    """

    @wraps(work)
    def quiet(*args: Any) -> Any:
        with _WAITING:
            _held.append(_held[0] if _held else gc.get_threshold())
            gc.set_threshold(*_held[0][:2], _NEVER)
        try:
            return work(*args)
        finally:
            with _WAITING:
                before = _held.pop()
                if not _held:
                    gc.set_threshold(*before)

    made: Any = quiet
    return cast(F, made)


_NEVER = 1 << 30
_WAITING = Lock()
_SAVING = RLock()
_held: list[tuple[int, int, int]] = []  # for each that is at work, what was set before the first

_SEEN: dict[str, int] = {}  # the files that functions were compiled of, and when each was changed
_LOOKED: set[str] = set()  # those of them whose machine code was looked at


def _seen(path: str) -> bool:
    """Whether there is such a file, whose last change is noted."""
    if path not in _SEEN and os.path.exists(path):
        _SEEN[path] = os.stat(path).st_mtime_ns
    return path in _SEEN


def _drop_stale_of(path: str, made: Any) -> None:
    """At a module's first function: drop what is kept of it from before a change of what it calls.

    Numba looks at the file of a function, and not at the files of the functions that it calls: without
    this, an old step would go on inside a new loop.  What a module calls it has imported before, so
    those files are among the ones that were seen.
    """
    folder = getattr(getattr(made, "stats", None), "cache_path", None)
    if path not in _LOOKED and folder and _seen(path):
        _LOOKED.add(path)
        drop_stale(Path(folder), Path(path).stem, max(_SEEN.values()))


def _name_by_signature(made: Any) -> None:
    """Keep the machine code for each signature under a name of its own.

    Numba numbers the files as they come: two processes that compile for two signatures at once would both
    take the first number, and the one's entry could lead to the other's code.
    """
    kept: Any = getattr(getattr(made, "_cache", None), "_cache_file", None)
    if not hasattr(kept, "_data_name_pattern"):  # pragma: no cover - a Numba that keeps them otherwise
        return
    save, pattern = kept.save, kept._data_name_pattern

    def saved(key: Any, data: Any) -> None:
        with _SAVING:
            name = blake2b(repr(key).encode(), digest_size=8).hexdigest()
            kept._data_name_pattern = pattern.replace("{number:d}", f"{name}-{{number:d}}")
            save(key, data)

    kept.save = saved


def _numba() -> Any:
    try:
        import numba
    except ImportError:  # pragma: no cover - a device that holds NumPy alone
        return None
    return numba
