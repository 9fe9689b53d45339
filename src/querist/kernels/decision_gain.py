"""How many decisions one more label would correct, in the eyes of the model that knows it."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.kernels.arrays import Array
from querist.kernels.expected_error import (
    Change,
    FutureModel,
    Risk,
    answers,
    but_one,
    expected_of_futures,
    own_targets,
)

__all__ = ["expected_decision_gain"]


def expected_decision_gain(model: FutureModel, candidates: Any, targets: Any, *, proba: Any = None) -> Array:
    """sum_c p_c(x) mean_{x'} (p_new(decision new) - p_new(decision old)): the accuracy that is won.

    Both decisions at a target are judged by what the model would say with the label: only a label that
    turns a decision gains, and never less than nothing, which :func:`expected_error_reduction` does not
    promise.

    Parameters
    ----------
    model, candidates, targets, proba
        As in :func:`expected_error_reduction`; a :class:`ParzenWindow` makes it xPAL.

    Returns
    -------
    (k,) float64, 0 or more; higher = ask

    >>> from querist.kernels import ParzenWindow
    >>> window = ParzenWindow([[0.0], [0.1], [9.0]], [], [], classes=2, radius=1.0)
    >>> expected_decision_gain(window, [0, 2], [0, 1, 2]).round(2)
    array([0.33, 0.17])

    Kottke, Herde, Sandrock, Huseljic, Krempl & Sick 2021 (xPAL).
    """
    candidates, targets = own_targets(model, candidates, targets)
    now = model.weights(targets)
    likely, decided = answers(model, candidates, proba, now.shape[1]), now.argmax(axis=1)
    risk = Risk(lambda then: _won(then, decided), lambda then, _: _won_in_all(then, decided))
    return expected_of_futures(model, candidates, targets, likely, risk, np.zeros(len(targets)))


def _won(weights: Array, decided: Array) -> Change:
    """(max_c w_c - w of the old decision) / S."""
    others, best = but_one(np.add, weights, 0.0), but_one(np.maximum, weights, 0.0)
    stays = weights[:, decided, np.arange(len(decided))]

    def after(c: int, weight: Array) -> Array:
        won = np.maximum(best[:, c], weight)
        won -= np.where(decided == c, weight, stays)
        won /= others[:, c] + weight
        return np.asarray(won)

    return after


def _won_in_all(weights: Array, decided: Array) -> Array:
    stays = weights[:, decided, np.arange(len(decided))]
    return np.asarray((weights.max(axis=1) - stays) / weights.sum(axis=1))
