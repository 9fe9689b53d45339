"""One number by which logits are divided, so that a probability of 0.8 is right eight times in ten."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["found_temperature"]

_LOW, _HIGH = np.log(0.05), np.log(20.0)
_STEPS = 60
_GOLDEN = (np.sqrt(5) - 1) / 2


def found_temperature(proba_at: Callable[[float], np.ndarray], target: np.ndarray) -> float:
    """The temperature under which held-back labels are likeliest, from 0.05 to 20.

    ``proba_at(temperature)`` gives (n, W) probabilities; ``target`` (n,) the numbers of the right classes.
    One imagined label holds it to 1, so that a handful of right answers does not send it to nothing.

    >>> logits = np.array([[8.0, 0.0], [8.0, 0.0], [8.0, 0.0], [8.0, 0.0]])
    >>> def proba_at(temperature):
    ...     odds = np.exp(logits / temperature)
    ...     return odds / odds.sum(axis=1, keepdims=True)
    >>> found_temperature(proba_at, np.array([0, 0, 0, 1])) > 3
    True

    Guo, Pleiss, Sun & Weinberger 2017.
    """

    def loss(log: float) -> float:
        right = proba_at(float(np.exp(log)))[np.arange(len(target)), target]
        return float(-np.log(np.maximum(right, 1e-300)).sum() + 0.5 * log**2)

    low, high = _LOW, _HIGH
    for _ in range(_STEPS):
        if high - low < 1e-4:
            break
        one, two = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if loss(one) < loss(two):
            high = two
        else:
            low = one
    return float(np.exp((low + high) / 2))
