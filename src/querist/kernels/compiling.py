"""Functions that are compiled where Numba is there, and run as they are written where it is not.

The functions of streams go through here: they are written for one row, in loops and plain numbers, so that
a small device without a compiler runs the very same source (slower, with the same results).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["PLAIN", "compiled", "drop_stale"]

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
    except RuntimeError:  # no folder that may be written to: compiled anew in each process
        made = numba.njit(**options)(function)
    return made


def drop_stale(module: str, *used: str) -> None:
    """Delete the machine code kept of a module where a module that it calls into has changed since.

    Numba looks at the file of a function, and not at the files of the functions that it calls: without
    this, an old step would go on inside a new loop.  All are paths of source files.
    """
    newest = max((os.stat(one).st_mtime_ns for one in used), default=0)
    path = Path(module)
    for kept in (path.parent / "__pycache__").glob(f"{path.stem}.*.nb[ic]"):
        with contextlib.suppress(OSError):  # another process was faster
            if kept.stat().st_mtime_ns < newest:
                kept.unlink()


def _numba() -> Any:
    try:
        import numba
    except ImportError:  # pragma: no cover - a device that holds NumPy alone
        return None
    return numba
