"""How near a row is to where the decision turns."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, blocks

__all__ = ["boundary"]


def boundary(decision: Any, *, of: str = "leaders") -> Array:
    """Minus the distance to the decision boundary: 0 on it, less the farther.

    Parameters
    ----------
    decision : (n, C) signed distances, float32 or float64, or (n,) for two classes
        How far each row is on the side of each class; minus infinity for a class that is not known.
    of : "leaders" or "any"
        The boundary between the two leading classes, (f_(1) - f_(2)) / 2, or the nearest of all the
        boundaries of one class against the rest, min_c |f_c|.  With two classes (-f and f) both are |f|.

    Returns
    -------
    (n,) of the dtype given; higher = ask.  Minus infinity where a single class is known

    >>> boundary(np.array([[-0.2, 0.2, -3.0], [2.0, -1.0, -1.5]]))
    array([-0.2, -1.5])
    >>> boundary(np.array([[-0.2, 0.2, -3.0], [2.0, -1.0, -1.5]]), of="any")
    array([-0.2, -1. ])
    >>> boundary(np.array([-0.5, 2.0]))
    array([-0.5, -2. ])

    Tong & Koller 2001 (simple margin); Schohn & Cohn 2000; Tong & Chang 2001 for several classes.
    """
    if of not in ("leaders", "any"):
        raise InvalidInput(f"There is no boundary of {of!r}.", mend="Use of='leaders' or of='any'.")
    decision = np.asarray(decision)
    if decision.ndim not in (1, 2) or decision.dtype.kind not in "fiu" or 0 in decision.shape[1:]:
        raise InvalidInput(
            f"Decisions must be an (n, C) table of numbers; got shape {decision.shape} of {decision.dtype}.",
            mend="Give what decision_function returns.",
        )
    dtype = decision.dtype if decision.dtype in (np.float32, np.float64) else np.dtype(np.float64)
    if decision.ndim == 1:
        decision = decision[:, None]
        of = "any"
    scores = np.empty(len(decision), dtype=dtype)
    for start, stop in blocks(len(decision), decision.shape[1]):
        block = decision[start:stop].astype(dtype, copy=False)
        _check(block, start)
        scores[start:stop] = -(np.abs(block).min(axis=1) if of == "any" else _half_lead(block))
    return scores


def _half_lead(block: Array) -> Array:
    if block.shape[1] == 1:
        return np.full(len(block), np.inf, dtype=block.dtype)
    leaders = np.partition(block, block.shape[1] - 2, axis=1)[:, -2:]
    return np.asarray((leaders[:, 1] - leaders[:, 0]) / 2)


def _check(block: Array, start: int) -> None:
    """No NaN, and no row without a class or with two classes that are certain."""
    best = block.max(axis=1)
    wrong = np.isnan(best) | (best == -np.inf) | ((block == np.inf).sum(axis=1) > 1)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InvalidInput(
            f"Row {start + row} has no decision: {block[row]!r}.",
            mend="Give finite numbers; minus infinity stands for a class that is not known.",
        )
