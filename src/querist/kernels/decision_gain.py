"""How many decisions one more label would correct, in the eyes of the model that knows it."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array
from querist.kernels.expected_error import FutureModel, answers, but_one

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
    candidates, targets = np.asarray(candidates, dtype=np.intp), np.asarray(targets, dtype=np.intp)
    if len(targets) == 0:
        raise InvalidInput("There is nothing to decide.", mend="Give one target or more.")
    now = model.weights(targets)
    likely, decided = answers(model, candidates, proba, now.shape[1]), now.argmax(axis=1)
    gains = np.zeros(len(candidates))
    for some, then, replaced in model.futures(candidates, targets):
        others, best = but_one(np.add, then, 0.0), but_one(np.maximum, then, 0.0)
        stays = np.take_along_axis(then, np.broadcast_to(decided[:, None], (len(then), len(now), 1)), 2)[
            ..., 0
        ]
        for c in np.flatnonzero(likely[some].any(axis=0)):
            weight = replaced(int(c))
            kept = np.where(decided == c, weight, stays)
            won = (np.maximum(best[..., c], weight) - kept) / (others[..., c] + weight)
            gains[some] += likely[some, c] * won.mean(axis=1)
    return gains
