"""The learning rate that a network bears, found by raising it until the loss breaks away."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from querist.models.torch.reading import Network

__all__ = ["found_rate"]

_LOW, _HIGH, _STEPS = 1e-6, 1.0, 100


def found_rate(
    network: Network,
    loss_of: Callable[[Network, np.ndarray], Any],
    batches: list[np.ndarray],
    optimizer_of: Callable[[Any, float], Any],
) -> float:
    """A tenth of the rate at which the smoothed loss was lowest, from a range test on a copy.

    Smith 2017 (cyclical learning rates).
    """
    trial = network.with_module(copy.deepcopy(network.module))
    optimizer = optimizer_of(trial.module, _LOW)
    trial.module.train()
    rates = np.geomspace(_LOW, _HIGH, _STEPS)
    smooth, best, best_rate = None, np.inf, 1e-3
    for step, rate in enumerate(rates):
        for group in optimizer.param_groups:
            group["lr"] = float(rate)
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(trial, batches[step % len(batches)])
        loss.backward()
        optimizer.step()
        value = float(loss.detach())
        smooth = value if smooth is None else 0.9 * smooth + 0.1 * value
        if not np.isfinite(value) or smooth > 4 * best:
            break
        if smooth < best:
            best, best_rate = smooth, float(rate)
    return best_rate / 10
