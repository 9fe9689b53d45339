"""Expected error reduction (Roy & McCallum, 2001) as it was run: an SVM with Platt's probabilities.

For every candidate and both labels a support vector machine is taught anew, its outputs on five held-out
folds are turned into probabilities, and the entropy that it leaves on the rest of the pool is weighed by
how likely the label is.  Here each of the six solutions starts from the one without the candidate.
"""

from __future__ import annotations

from functools import cache

import numba
import numpy as np
from svm import offset, settle

__all__ = ["expected_error", "sigmoid"]

_FOLDS, _TOLERANCE, _FLOOR = 5, 1e-3, 1e-7
_SEED = 6211


@numba.njit(cache=True)
def sigmoid(said: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Platt's a and b: the chance of +1 is 1 / (1 + exp(a f + b)), targets drawn in by the class counts."""
    plus = 0.0
    for t in range(len(y)):
        plus += y[t] > 0
    minus = len(y) - plus
    high, low = (plus + 1.0) / (plus + 2.0), 1.0 / (minus + 2.0)
    a, b = 0.0, np.log((minus + 1.0) / (plus + 1.0))
    loss = _platt(said, y, high, low, a, b)
    for _ in range(100):
        h11, h22, h21, g1, g2 = 1e-12, 1e-12, 0.0, 0.0, 0.0
        for t in range(len(y)):
            chance = 1.0 / (1.0 + np.exp(a * said[t] + b))
            d2, d1 = chance * (1.0 - chance), (high if y[t] > 0 else low) - chance
            h11 += said[t] * said[t] * d2
            h22 += d2
            h21 += said[t] * d2
            g1 += said[t] * d1
            g2 += d1
        if abs(g1) < 1e-5 and abs(g2) < 1e-5:
            break
        det = h11 * h22 - h21 * h21
        da, db = -(h22 * g1 - h21 * g2) / det, -(h11 * g2 - h21 * g1) / det
        along, size = g1 * da + g2 * db, 1.0
        while size >= 1e-10:
            tried = _platt(said, y, high, low, a + size * da, b + size * db)
            if tried < loss + 1e-4 * size * along:
                a, b, loss = a + size * da, b + size * db, tried
                break
            size /= 2.0
        if size < 1e-10:
            break
    return a, b


@numba.njit(cache=True)
def _platt(said: np.ndarray, y: np.ndarray, high: float, low: float, a: float, b: float) -> float:
    total = 0.0
    for t in range(len(y)):
        along, goal = a * said[t] + b, high if y[t] > 0 else low
        if along >= 0:
            total += goal * along + np.log1p(np.exp(-along))
        else:
            total += (goal - 1.0) * along + np.log1p(np.exp(along))
    return total


@numba.njit(cache=True)
def _answers(
    kernel: np.ndarray, y: np.ndarray, rows: np.ndarray, beta: np.ndarray, to: np.ndarray
) -> np.ndarray:
    """What the machine taught ``rows`` says of ``to``; from ``beta``, which becomes the solution."""
    said, found = np.zeros(len(rows)), np.zeros(len(to))
    if np.abs(y.sum()) == len(y):  # one class alone is what is said
        found[:] = y[0]
        return found
    for s in range(len(rows)):
        if beta[s] != 0.0:
            for t in range(len(rows)):
                said[t] += beta[s] * kernel[rows[s], rows[t]]
    most = np.ones(len(rows))
    settle(kernel, y, rows, most, beta, said, _TOLERANCE)
    for s in range(len(rows)):
        if beta[s] != 0.0:
            for t in range(len(to)):
                found[t] += beta[s] * kernel[rows[s], to[t]]
    return found + offset(y, most, beta, said)


@numba.njit(cache=True)
def _chances(
    kernel: np.ndarray, y: np.ndarray, rows: np.ndarray, folds: np.ndarray, betas: np.ndarray, to: np.ndarray
) -> np.ndarray:
    """The chance of +1 at ``to``, of a machine with Platt's probabilities; the rows of ``betas`` follow."""
    held = np.empty(len(rows))
    for fold in range(_FOLDS):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        beta = betas[fold][inside]
        held[outside] = _answers(kernel, y[inside], rows[inside], beta, rows[outside])
        betas[fold][inside] = beta
    a, b = sigmoid(held, y)
    beta = betas[_FOLDS]
    chance = 1.0 / (1.0 + np.exp(a * _answers(kernel, y, rows, beta, to) + b))
    return np.minimum(np.maximum(chance, _FLOOR), 1.0 - _FLOOR)


@numba.njit(cache=True)
def _left(
    kernel: np.ndarray,
    y: np.ndarray,
    known: np.ndarray,
    free: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
) -> np.ndarray:
    """The entropy expected on the rest of the pool after each candidate's label.

    ``before`` are the folds without a candidate, ``after`` those with one of each class, (2, labels + 1).
    """
    size = len(known)
    starts = np.zeros((2, _FOLDS + 1, size))
    likely = _chances(kernel, y[known], known, before, np.zeros((_FOLDS + 1, size)), free)
    for kind in range(2):
        _chances(kernel, y[known], known, after[kind, :size], starts[kind], free[:0])
    left, rows, truth = np.empty(len(free)), np.append(known, 0), np.append(y[known], 0.0)
    for i in range(len(free)):
        rest, total = np.append(free[:i], free[i + 1 :]), 0.0
        rows[size] = free[i]
        for kind in range(2):
            truth[size] = 2.0 * kind - 1.0
            begun = np.zeros((_FOLDS + 1, size + 1))
            begun[:, :size] = starts[kind]
            chance = _chances(kernel, truth, rows, after[kind], begun, rest)
            entropy = 0.0
            for t in range(len(rest)):
                entropy -= chance[t] * np.log(chance[t]) + (1.0 - chance[t]) * np.log(1.0 - chance[t])
            total += entropy * (likely[i] if kind else 1.0 - likely[i])
        left[i] = total
    return left


def expected_error(kernel: np.ndarray, y: np.ndarray, start: int) -> np.ndarray:
    """The order of expected error reduction; ``kernel`` is the Gaussian one over the pool."""
    n = len(y)
    labelled, order = np.arange(n) < start, list(range(start))
    curved = np.ascontiguousarray(kernel[:, :n])
    while len(order) < n:
        free = np.flatnonzero(~labelled)
        pick = int(free[0])
        if len(free) > 1:
            truth = y[order]
            after = np.array([_folds(np.append(truth, kind)) for kind in (-1.0, 1.0)])
            pick = int(free[np.argmin(_left(curved, y, np.array(order), free, _folds(truth), after))])
        labelled[pick] = True
        order.append(pick)
    return np.array(order)


def _folds(y: np.ndarray) -> np.ndarray:
    """The fold of each row, as LIBSVM within scikit-learn deals them: the classes one after the other.

    The lot is the same for every number of rows, so that a label shifts the class behind it: the two
    answers of a candidate are judged on different folds, which is part of the published strategy.
    """
    found = np.empty(len(y), dtype=np.int64)
    found[np.argsort(y, kind="stable")] = _dealt(len(y))
    return found


@cache
def _dealt(size: int) -> np.ndarray:
    """The fold at each place."""
    lots = np.random.RandomState(np.random.RandomState(_SEED).randint(np.iinfo("i").max))
    places = np.arange(size)
    for i in range(size):
        j = i + _below(lots, size - i)
        places[i], places[j] = places[j], places[i]
    fold = np.empty(size, dtype=np.int64)
    for number in range(_FOLDS):
        fold[places[number * size // _FOLDS : (number + 1) * size // _FOLDS]] = number
    return fold


def _below(lots: np.random.RandomState, most: int) -> int:
    """A lot below ``most``, each as likely, by Lemire's multiplication."""
    while True:
        product = int(lots.randint(0, 2**32, dtype=np.uint32)) * most
        if product % 2**32 >= (2**32 - most) % most:
            return product >> 32
