"""How good the model of now is, told from a campaign's own answers without lag."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np

from querist.campaign.quality import Quality, quality_of
from querist.errors import InvalidInput
from querist.events import State

__all__ = ["current_quality", "recent_quality", "watched_quality"]

_FIRST = 16  # random answers until the earlier half is left out for the first time
_WATCHED = 10  # by what the doubt is divided for somebody who watches: measured, see watched_quality
_SLOPE, _DOUBT = 0.5, 1.0  # what a model is expected to gain, in log odds for each unit of log(labels)


def current_quality(state: State, *, confidence: float = 0.95) -> Quality | None:
    """The share of right predictions by the model of now, without lag; None before the first outcome.

    Every random question tells whether the model of its time was right before it saw the answer.  A line
    through those outcomes, in log odds over the logarithm of the labels, is read at the labels of now; its
    slope is expected to be 0.5, give or take 1, until the outcomes say otherwise.  Prefer it to
    :func:`quality`, which is the mean over all models so far, while the model improves; it trusts that the
    course is smooth, and a model that was exchanged for another kind breaks that.

    The interval is for one look and covers the model of now: do not stop at the first look that pleases (see
    :func:`recent_quality` and :func:`quality` for intervals that hold at any).

    Random questions are drawn from what is still free, so it is the share among items that nobody has
    labelled.  Predictions of labels left out of the fit would be no honest substitute: what the strategy
    asked depends on the labels that were left out, and such a share lies too low.

    >>> from querist.events import State
    >>> current_quality(State()) is None
    True
    """
    if not 0 < confidence < 1:
        raise InvalidInput(f"confidence lies between 0 and 1; got {confidence}.", mend="Write 0.95 for 95 %.")
    outcomes = state.random_outcomes
    if not outcomes:
        return None
    right = np.array([one.right for one in outcomes], dtype=np.float64)
    now = max(len(state.labels), *(one.labels for one in outcomes), 1)
    ago = np.log([max(one.labels, 1) / now for one in outcomes])
    odds, error = _line_at_zero(ago, right)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    estimate, low, high = (_share(odds + step * error) for step in (0.0, -z, z))
    return Quality(estimate, low, high, len(outcomes), confidence)


def watched_quality(state: State, *, confidence: float = 0.95) -> Quality | None:
    """:func:`current_quality` for somebody who watches a dashboard; None until its interval holds.

    The interval is that of 1 - (1 - ``confidence``) / 10 (99.5 % for 95 %), and is not shown before the
    16th random answer.  That it holds at all looks together is measured and not proved (the manual, page
    "Active testing"), over campaigns of some hundred labels.  To stop a campaign take :func:`quality`,
    whose interval is proved for any look.

    >>> from querist.events import State
    >>> watched_quality(State()) is None
    True
    """
    if len(state.random_outcomes) < _FIRST:
        return None
    found = current_quality(state, confidence=1 - (1 - confidence) / _WATCHED)
    return found and replace(found, confidence=confidence)


def recent_quality(state: State, *, confidence: float = 0.95) -> Quality | None:
    """The share of right predictions on the later half of the random questions, at any look.

    Lags half as long as :func:`quality` and holds at all looks as well.  The half begins where the number of
    random answers was last 16 times a power of two and at least as many have come since; each beginning
    has its share of the error, so the interval is wider.

    >>> from querist.events import State
    >>> recent_quality(State()) is None
    True
    """
    right = [one.right for one in state.random_outcomes]
    begin, turn = 0, 0
    while (later := _FIRST << turn) * 2 <= len(right):
        begin, turn = later, turn + 1
    return quality_of(right[begin:], 1 - (1 - confidence) / ((turn + 1) * (turn + 2)), confidence)


def _line_at_zero(ago: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Logistic regression at 0 and its standard error, with half a success and half a failure there."""
    design = np.column_stack([np.ones(len(ago)), ago])
    line = np.array([0.0, _SLOPE])
    curvature = np.eye(2)
    for _ in range(100):
        chance, here = 1 / (1 + np.exp(-design @ line)), _share(float(line[0]))
        pull = design.T @ (right - chance) + [0.5 - here, (_SLOPE - line[1]) / _DOUBT**2]
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design
        curvature += np.diag([here * (1 - here), 1 / _DOUBT**2])
        step = np.clip(np.linalg.solve(curvature, pull), -1.0, 1.0)
        line = line + step
        if np.abs(step).max() < 1e-9:
            break
    return float(line[0]), float(np.sqrt(np.linalg.inv(curvature)[0, 0]))


def _share(odds: float) -> float:
    return 1 / (1 + math.exp(-max(-700.0, min(700.0, odds))))
