"""What a whole learning curve comes to: areas, deficiency, labels to a target, labels saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["area", "deficiency", "interpolated", "labels_to_reach", "lu_aubc", "saving"]


def interpolated(at: Sequence[Any] | np.ndarray, labels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A curve's values at some numbers of labels, on the straight lines between its measurements.

    >>> interpolated([10, 15], np.array([10, 20]), np.array([0.5, 0.7])).tolist()
    [0.5, 0.6]
    """
    read: np.ndarray = np.interp(np.asarray(at, dtype=np.float64), labels, values)
    return read


def area(labels: Sequence[Any] | np.ndarray, values: np.ndarray) -> np.ndarray:
    """The mean height of curves: the trapezium rule, divided by the labels between first and last.

    ``values`` are (..., budgets).  One budget alone is its own mean.

    >>> area([10, 20, 40], np.array([[0.5, 0.7, 0.7]])).round(4).tolist()
    [0.6667]
    """
    at = np.asarray(labels, dtype=np.float64)
    if len(at) == 1:
        alone: np.ndarray = values[..., 0]
        return alone
    return np.asarray(np.trapezoid(values, at, axis=-1) / (at[-1] - at[0]))


def lu_aubc(labels: np.ndarray, values: np.ndarray) -> float:
    """The area under one curve as the tables of Lu, Li & Lin (2023) have it; not a mean height.

    The trapezium rule over the measurements that follow a question, with the questions numbered from 1,
    divided by the number n of questions.  The rule spans n - 1 intervals only, so that the figure is
    lower than the mean height by about 1 / n of itself: compare it with that table alone, and use
    :func:`area` everywhere else.

    >>> lu_aubc(np.array([20, 21, 22]), np.array([0.5, 0.8, 0.8]))
    0.4
    """
    asked = labels > labels[0]
    queries = int(labels[-1] - labels[0])
    return float(np.trapezoid(values[asked], labels[asked])) / queries if queries else float("nan")


def deficiency(labels: Any, values: np.ndarray, reference: np.ndarray) -> float:
    """How much of the reference's loss on the way to its end a strategy has too (Baram et al., 2004).

    The area between the strategy's curve and the level at which the reference ends, as a share of the
    same area of the reference: below 1 is better than the reference, 0 is at the end at once.  Both
    curves are means over seeds, of a measure that is to be high.  nan where the reference does not rise.

    >>> round(deficiency([10, 20, 30], np.array([0.7, 0.8, 0.8]), np.array([0.6, 0.7, 0.8])), 6)
    0.25
    """
    end = reference[-1]
    lost = float(area(labels, end - reference))
    return float(area(labels, end - values)) / lost if lost > 1e-12 else float("nan")


def labels_to_reach(target: float, labels: Any, values: np.ndarray) -> float:
    """The fewest labels with which a curve is at the target, on the line between measurements; inf if never.

    >>> round(labels_to_reach(0.65, [10, 20, 30], np.array([0.5, 0.6, 0.7])), 6)
    25.0
    """
    at = np.asarray(labels, dtype=np.float64)
    reached = np.flatnonzero(values >= target - 1e-12)
    if not len(reached):
        return float("inf")
    i = int(reached[0])
    if i == 0:
        return float(at[0])
    low, high = float(values[i - 1]), float(values[i])
    return float(at[i - 1] + (at[i] - at[i - 1]) * min(1.0, (target - low) / (high - low)))


def saving(target: float, labels: Any, values: np.ndarray, reference: np.ndarray) -> float:
    """The share of the reference's labels that a strategy saves on the way to a target.

    0.4: it needs 60 of each 100; negative: it needs more.  Minus infinity where it never gets there,
    nan where the reference does not.

    >>> saving(0.7, [10, 20, 30], np.array([0.6, 0.7, 0.7]), np.array([0.5, 0.6, 0.7])).__round__(3)
    0.333
    """
    theirs = labels_to_reach(target, labels, reference)
    if not np.isfinite(theirs):
        return float("nan")
    return 1.0 - labels_to_reach(target, labels, values) / theirs
