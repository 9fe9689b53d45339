"""What draws may have missed: items of another kind than all that came."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

__all__ = ["unseen_share"]


def unseen_share(rarest: Sequence[float], n: int, *, alpha: float = 0.05) -> float:
    """The largest share of ``n`` items that draws without replacement miss with a chance of ``alpha``.

    ``rarest`` holds the least chance that any item had in each draw.  Of m items each draw brings one with
    a chance of m times that, at least.  Errors that nobody has seen have no spread to tell an interval from;
    this bounds them (by about 3 / T after T fair draws: the rule of three).

    >>> round(unseen_share([1 / (10_000 - i) for i in range(100)], 10_000), 3)
    0.029
    """
    chances = np.asarray(rarest, dtype=np.float64)

    def surely_seen(m: int) -> bool:
        return bool(np.prod(1 - np.minimum(1.0, m * chances)) < alpha)

    left = n - len(chances)
    return max(0, bisect_left(range(left + 1), True, key=surely_seen) - 1) / n
