"""How much what a model says of other rows would change with one more label, without training it."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array
from querist.kernels.expected_error import FutureModel, Risk, answers, but_one

__all__ = ["expected_output_change"]

_LEAST = 1e-9  # a probability below this counts as this, so that no divergence is infinite


def expected_output_change(
    model: FutureModel, candidates: Any, targets: Any, *, proba: Any = None, change: str = "kl"
) -> Array:
    """sum_c p_c(x) mean_{x'} D(new(x'), old(x')): how far a label of x is expected to move the answers.

    As :func:`expected_error_reduction`, but a change is worth the same whichever way it goes: a label
    that would overturn what is believed counts, though it made the model less sure.

    Parameters
    ----------
    model, candidates, targets, proba
        As in :func:`expected_error_reduction`.
    change : "kl" or "absolute"
        KL(new || old), or sum_c |new_c - old_c|.

    Returns
    -------
    (k,) float64, 0 or more; higher = ask

    >>> from querist.kernels import ParzenWindow
    >>> window = ParzenWindow([[0.0], [0.1], [9.0]], [], [], classes=2, radius=1.0)
    >>> expected_output_change(window, [0, 2], [0, 1, 2], change="absolute").round(2)
    array([0.67, 0.33])

    Elreedy, Atiya & Shaheen 2019 (KL); Freytag, Rodner & Denzler 2014, Käding et al. 2018 (EMOC).
    """
    candidates, targets = np.asarray(candidates, dtype=np.intp), np.asarray(targets, dtype=np.intp)
    if len(targets) == 0 or change not in ("kl", "absolute"):
        raise InvalidInput(
            f"No change {change!r} can be told at {len(targets)} targets.",
            mend="Give one target or more, and 'kl' or 'absolute'.",
        )
    now = model.weights(targets)
    likely = answers(model, candidates, proba, now.shape[1])
    old = now / now.sum(axis=1, keepdims=True)
    moved = np.zeros(len(candidates))
    for some, then, replaced in model.futures(candidates, targets):
        after = _divergence(then, old) if change == "kl" else _difference(then, old)
        for c in np.flatnonzero(likely[some].any(axis=0)):
            moved[some] += likely[some, c] * after(int(c), replaced(int(c))).mean(axis=1)
    return moved


def _divergence(weights: Array, old: Array) -> Risk:
    """(sum_c w_c log (w_c / old_c)) / S - log S."""
    logs = np.log(np.maximum(old, _LEAST))
    terms = weights * (np.log(np.maximum(weights, np.finfo(np.float64).tiny)) - logs)
    others, rest = but_one(np.add, weights, 0.0), but_one(np.add, terms, 0.0)

    def after(c: int, weight: Array) -> Array:
        total = others[..., c] + weight
        own = weight * (np.log(np.maximum(weight, np.finfo(np.float64).tiny)) - logs[:, c])
        return np.asarray(np.maximum((rest[..., c] + own) / total - np.log(total), 0))

    return after


def _difference(weights: Array, old: Array) -> Risk:
    others = but_one(np.add, weights, 0.0)

    def after(c: int, weight: Array) -> Array:
        total = others[..., c] + weight
        moved = np.abs(weight / total - old[:, c])
        for i in range(old.shape[1]):
            if i != c:
                moved += np.abs(weights[..., i] / total - old[:, i])
        return np.asarray(moved)

    return after
