"""How much less a model would err with one more label, reckoned without training it anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array
from querist.kernels.uncertainty import check_rows

__all__ = ["FutureModel", "Risk", "answers", "but_one", "expected_error_reduction", "steps"]

Replaced = Callable[[int], Array]
Risk = Callable[[int, Array], Array]

STEP = 1 << 17  # numbers in a block of candidates x targets x classes


class FutureModel(Protocol):
    """A classifier whose answer to one more label is known in closed form.

    A label ``c`` changes what is said of a row in one place only: the weight of class ``c``.
    """

    def weights(self, rows: Any) -> Array:
        """What each class weighs at some rows, (m, C): the probabilities but for their sum."""
        ...

    def futures(self, candidates: Array, targets: Array) -> Iterator[tuple[slice, Array, Replaced]]:
        """Block by block of candidates: which, the weights (1 or B, m, C), and what replaces a class.

        ``replaced(c)`` is (B, m): the weight of class ``c`` at each target, were the candidate answered c.
        """
        ...


def expected_error_reduction(
    model: FutureModel,
    candidates: Any,
    targets: Any,
    *,
    proba: Any = None,
    loss: str = "log",
    costs: Any = None,
) -> Array:
    """The mean error at the targets now, less what it is expected to be once a candidate is labelled.

    sum_c p_c(x) mean_{x'} loss(p_{L + (x, c)}( . | x')), for each candidate x, from the error today.
    No model is trained: each weighs one class anew for each candidate, class and target, O(1) apiece.
    Memory: one block beside what the model holds.

    Parameters
    ----------
    model : :class:`ParzenWindow`, :class:`GaussianBayes`, :class:`NearestLabels`, :class:`LogisticStep`
    candidates, targets : row numbers (k,), (m,)
        What may be labelled, and what the model is to get right.
    proba : (k, C), optional
        How likely each answer is; what the model says of the candidates if not given.
    loss : "log", "zero_one" or "costs"
        The entropy; the chance of a mistake, 1 - max p; or sum_ij p_i p_j C_ij, what a guess costs that
        is drawn from the model.
    costs : (C, C)
        What it costs to say class j where class i is true, for ``loss="costs"``.

    Returns
    -------
    (k,) float64; higher = ask.  It may be below 0: a label can make a model less sure

    >>> from querist.kernels import ParzenWindow
    >>> window = ParzenWindow([[0.0], [0.1], [9.0]], [], [], classes=2, radius=1.0)
    >>> expected_error_reduction(window, [0, 2], [0, 1, 2], loss="zero_one").round(2)
    array([0.33, 0.17])

    Roy & McCallum 2001.
    """
    candidates, targets = np.asarray(candidates, dtype=np.intp), np.asarray(targets, dtype=np.intp)
    if len(targets) == 0:
        raise InvalidInput("There is nothing to be right about.", mend="Give one target or more.")
    now = model.weights(targets)
    risk = _risk(loss, costs, now.shape[1])
    likely = answers(model, candidates, proba, now.shape[1])
    today = float(risk(now[None])(0, now[None, :, 0]).mean())
    gains = np.zeros(len(candidates))
    for some, then, replaced in model.futures(candidates, targets):
        after = risk(then)
        for c in np.flatnonzero(likely[some].any(axis=0)):
            gains[some] += likely[some, c] * (today - after(int(c), replaced(int(c))).mean(axis=1))
    return gains


def answers(model: FutureModel, candidates: Array, proba: Any, classes: int) -> Array:
    """How likely each answer of each candidate is, (k, C): as given, or as the model says."""
    weights = model.weights(candidates) if proba is None else np.asarray(proba, dtype=np.float64)
    if weights.shape != (len(candidates), classes):
        raise InvalidInput(
            f"Probabilities of shape {weights.shape} for {len(candidates)} candidates and {classes} classes.",
            mend="Give one row a candidate and one column a class.",
        )
    likely = weights / weights.sum(axis=1, keepdims=True) if proba is None else weights
    if len(candidates):
        check_rows(likely)
    return likely


def steps(n: int, width: int) -> Iterator[slice]:
    """Blocks of candidates, ``width`` numbers each."""
    step = max(1, STEP // max(1, width))
    for start in range(0, n, step):
        yield slice(start, min(n, start + step))


def _risk(loss: str, costs: Any, classes: int) -> Callable[[Array], Risk]:
    if loss == "log":
        return _entropy
    if loss == "zero_one":
        return _mistakes
    matrix = np.asarray(costs, dtype=np.float64) if loss == "costs" and costs is not None else None
    if matrix is None or matrix.shape != (classes, classes) or not np.isfinite(matrix).all():
        raise InvalidInput(
            f"The loss {loss!r} with costs {costs!r} is none for {classes} classes.",
            mend="Use 'log', 'zero_one', or 'costs' with a finite square, one row a true class.",
        )
    return lambda weights: _priced(weights, matrix)


def _entropy(weights: Array) -> Risk:
    """log S - (sum_c w_c log w_c) / S, S the sum of the weights."""
    terms = _weighed(weights)
    others, rest = but_one(np.add, weights, 0.0), but_one(np.add, terms, 0.0)

    def after(c: int, weight: Array) -> Array:
        total = others[..., c] + weight
        inner = rest[..., c] + _weighed(weight)
        return np.asarray(np.maximum(np.log(total) - inner / total, 0))

    return after


def _mistakes(weights: Array) -> Risk:
    others, best = but_one(np.add, weights, 0.0), but_one(np.maximum, weights, 0.0)

    def after(c: int, weight: Array) -> Array:
        return np.asarray(1 - np.maximum(best[..., c], weight) / (others[..., c] + weight))

    return after


def _priced(weights: Array, costs: Array) -> Risk:
    """w' C w / S^2, where only the terms of one class change."""
    others = but_one(np.add, weights, 0.0)

    def after(c: int, weight: Array) -> Array:
        rest = weights.copy()
        rest[..., c] = 0
        fixed = np.einsum("...i,...i->...", rest @ costs, rest)
        either = rest @ (costs[:, c] + costs[c])
        total = others[..., c] + weight
        return np.asarray((fixed + either * weight + costs[c, c] * weight**2) / total**2)

    return after


def but_one(of: np.ufunc, table: Array, start: float) -> Array:
    """For each class the sum (or maximum) over all the others: never a difference of two near numbers."""
    out = np.full_like(table, start)
    out[..., 1:] = of.accumulate(table[..., :-1], axis=-1)
    after = of.accumulate(table[..., :0:-1], axis=-1)[..., ::-1]
    out[..., :-1] = of(out[..., :-1], after)
    return out


def _weighed(weights: Array) -> Array:
    return np.asarray(weights * np.log(np.maximum(weights, np.finfo(np.float64).tiny)))
