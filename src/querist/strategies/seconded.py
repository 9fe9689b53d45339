"""A second opinion for models that have a boundary and no probabilities: what the labels around say."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from querist.kernels import Points, top
from querist.models import Prediction

__all__ = ["seconded"]

_HEARD = 2048  # candidates nearest to the boundary; the others are not asked for next
_SPEAKING = 1024  # labels that speak: the latest
_COUNTS = 0.5  # of the second opinion; the model's counts as it is

Space = Callable[[np.ndarray], Any]


def seconded(prediction: Prediction, values: Sequence[Any], space: Space) -> np.ndarray:
    """The model's decisions, and half of what kernel ridge regression on the labels says, added, (k, C).

    A boundary drawn from few labels is uncertain itself, and less so where another learner moves it.  The
    regression is on -1 and +1 for each class, which is the scale of machines with a margin, with a Gaussian
    kernel as wide as half the distance (root mean square) between two rows, and as much noise as signal.

    Parameters
    ----------
    values : the labels of ``prediction.labelled``
    space : where rows of the pool are, by their numbers
    """
    decision = np.array(prediction.decision, dtype=np.float64)
    if decision.ndim == 1:  # of two classes, for the second
        decision = np.column_stack([-decision, decision])
    place = {one: i for i, one in enumerate(prediction.model.classes)}
    known = [i for i, one in enumerate(values) if isinstance(one, Hashable) and one in place][-_SPEAKING:]
    if decision.shape[1] < 2 or not known:
        return decision
    leaders = np.partition(decision, decision.shape[1] - 2, axis=1)[:, -2:]
    heard = top(leaders[:, 0] - leaders[:, 1], _HEARD, ties=prediction.chance)
    classes = [place[values[i]] for i in known]
    decision[heard] += _COUNTS * _regressed(prediction, heard, known, classes, space)
    return decision


def _regressed(
    prediction: Prediction, heard: np.ndarray, known: Sequence[int], classes: Sequence[int], space: Space
) -> np.ndarray:
    """What the labels say of the candidates at ``heard``, (heard, C), by kernel ridge regression."""
    told, candidates = prediction.labelled[known], prediction.rows[heard]
    points, n = Points(space(np.concatenate([told, candidates]))), len(told)
    centres = points.centres(np.arange(n))
    squared = np.concatenate([points.squared(start, stop, centres) for start, stop in points.blocks(n)])
    likeness = np.exp(squared / -max(float(squared.mean(dtype=np.float64)) / 2, 1e-30), dtype=np.float64)
    targets = np.full((n, len(prediction.model.classes)), -1.0)
    targets[np.arange(n), classes] = 1.0
    return np.asarray(likeness[n:] @ np.linalg.solve(likeness[:n] + np.eye(n), targets))
