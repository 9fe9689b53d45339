"""Which members of a committee speak when ``k`` are asked."""

from __future__ import annotations

import numpy as np

__all__ = ["members_by_lot"]


def members_by_lot(size: int, k: int, rng: np.random.Generator) -> np.ndarray:
    """``k`` of ``size`` members: distinct ones by lot, or, where there are fewer, all of them in turn.

    No member speaks twice before each has spoken once, so that asking 20 of a committee of 10 is
    asking it whole.

    >>> members_by_lot(3, 6, np.random.default_rng(0)).tolist()
    [0, 1, 2, 0, 1, 2]
    """
    whole, rest = divmod(k, size)
    return np.concatenate([np.tile(np.arange(size), whole), rng.choice(size, rest, replace=False)])
