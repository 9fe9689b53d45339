"""How much what a model says of other rows would change with one more label, without training it."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array
from querist.kernels.expected_error import (
    Change,
    FutureModel,
    Risk,
    answers,
    but_one,
    expected_of_futures,
    own_targets,
    weighed_weights,
)

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
    if change not in ("kl", "absolute"):
        raise InvalidInput(f"There is no change {change!r}.", mend="Use 'kl' or 'absolute'.")
    candidates, targets = own_targets(model, candidates, targets)
    now = model.weights(targets)
    likely = answers(model, candidates, proba, now.shape[1])
    old = np.ascontiguousarray((now / now.sum(axis=1, keepdims=True)).T)
    if change == "kl":
        risk = Risk(
            lambda then: _divergence(then, old), lambda then, logs: _divergence_of_logs(then, logs, old)
        )
    else:
        risk = Risk(lambda then: _difference(then, old), lambda then, _: _difference_in_all(then, old))
    return expected_of_futures(model, candidates, targets, likely, risk, np.zeros(len(targets)))


def _divergence(weights: Array, old: Array) -> Change:
    """(sum_c w_c log (w_c / old_c)) / S - log S."""
    logs = np.log(np.maximum(old, _LEAST)).astype(weights.dtype)
    terms = weighed_weights(weights) - weights * logs
    others, rest = but_one(np.add, weights, 0.0), but_one(np.add, terms, 0.0)

    def after(c: int, weight: Array) -> Array:
        total = others[:, c] + weight
        moved = np.log(np.maximum(weight, np.finfo(weight.dtype).tiny))
        moved -= logs[c]
        moved *= weight
        moved += rest[:, c]
        moved /= total
        moved -= np.log(total, out=total)
        return np.asarray(np.maximum(moved, 0, out=moved))

    return after


def _difference(weights: Array, old: Array) -> Change:
    """sum_c |w_c / S - old_c|; where the weights are in the proportions of old, all but one move alike."""
    others, old = but_one(np.add, weights, 0.0), old.astype(weights.dtype)
    scale = 1 / weights.sum(axis=1)
    near = 16 * np.finfo(weights.dtype).eps
    alike = len(weights) == 1 and bool(np.allclose(weights[0] * scale, old, rtol=near, atol=near))

    def after(c: int, weight: Array) -> Array:
        inverse = others[:, c] + weight
        np.divide(1, inverse, out=inverse)
        moved = weight * inverse
        moved -= old[c]
        np.abs(moved, out=moved)
        if alike:
            inverse -= scale
            np.abs(inverse, out=inverse)
            moved += inverse * others[:, c]
            return np.asarray(moved)
        for i in np.flatnonzero(np.arange(len(old)) != c):
            moved += np.abs(weights[:, i] * inverse - old[i])
        return np.asarray(moved)

    return after


def _divergence_of_logs(weights: Array, logs: Array, old: Array) -> Array:
    total = weights.sum(axis=1)
    further = logs - np.log(np.maximum(old, _LEAST)).astype(weights.dtype)
    moved = np.einsum("bcm,bcm->bm", weights, further)
    moved /= total
    moved -= np.log(total)
    return np.asarray(np.maximum(moved, 0, out=moved))


def _difference_in_all(weights: Array, old: Array) -> Array:
    moved = weights / weights.sum(axis=1, keepdims=True)
    moved -= old.astype(weights.dtype)
    return np.asarray(np.abs(moved, out=moved).sum(axis=1))
