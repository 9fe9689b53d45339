"""Drawing n rows without replacement by one partition."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_numbers
from querist.kernels.top import top

__all__ = ["gumbel_top"]


def gumbel_top(logs: Any, n: int, chance: Any) -> tuple[Array, Array]:
    """``n`` rows drawn one after another without replacement, each in proportion to exp(``logs``).

    The n largest of ``logs`` plus Gumbel noise are such a draw, in its order, so one partition does
    what n rounds of a lottery would.

    Parameters
    ----------
    logs : (m,) numbers, or minus infinity
        Rows of minus infinity come when nothing else is left, one as likely as another.
    n : int
        All rows come back when there are fewer.
    chance : (m,) numbers in [0, 1)
        The noise, one number a row: from a Generator, or :func:`querist.kernels.uniform`.

    Returns
    -------
    rows (min(n, m),) in the order in which they were drawn, and the chance of each at its turn

    >>> gumbel_top(np.log([1.0, 3.0]), 2, [0.5, 0.5])
    (array([1, 0]), array([0.75, 1.  ]))

    Gumbel 1954; Kool, van Hoof & Welling 2019.
    """
    logs, chance = as_numbers(logs), as_numbers(chance)
    if logs.ndim != 1 or chance.shape != logs.shape or not (logs < np.inf).all():
        raise InvalidInput(
            f"A lottery needs one number below infinity and one chance a row; got shapes {logs.shape} and "
            f"{chance.shape}.",
            mend="Give two (m,) arrays without NaN.",
        )
    n = max(0, min(int(n), len(logs)))
    last = logs == -np.inf
    noise = -np.log(-np.log(np.clip(chance, 1e-300, 1 - 2.0**-53)))
    drawn = top(np.where(last, -np.inf, logs) + noise, min(n, len(logs) - int(last.sum())))
    rest = np.flatnonzero(last)
    rest = rest[top(noise[rest], n - len(drawn))]
    chances = np.concatenate([_at_their_turns(logs, drawn), 1 / (last.sum() - np.arange(len(rest)))])
    return np.concatenate([drawn, rest]), chances


def _at_their_turns(logs: Array, drawn: Array) -> Array:
    """exp(log of each) over the sum of what was left at its turn, without taking small from large."""
    if not len(drawn):
        return np.empty(0)
    left = np.ones(len(logs), dtype=bool)
    left[drawn] = False
    after = np.logaddexp.reduce(logs[left], initial=-np.inf)
    turned = np.logaddexp.accumulate(np.concatenate([[after], logs[drawn][::-1]]))[1:][::-1]
    chances: Array = np.maximum(np.exp(logs[drawn] - turned), np.finfo(np.float64).tiny)
    return chances
