"""How good the model is, told from the questions that were drawn at random."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import Any

from querist.errors import InvalidInput
from querist.events import State

__all__ = [
    "Anchoring",
    "CurvePoint",
    "Estimates",
    "Quality",
    "anchoring",
    "curve",
    "estimates",
    "quality",
    "quality_of",
]


@dataclass(frozen=True)
class Quality:
    """A share of right predictions, with an interval that holds at any look."""

    estimate: float
    low: float
    high: float
    n: int
    confidence: float = 0.95


@dataclass(frozen=True)
class CurvePoint:
    """The share of right predictions over the first ``n`` outcomes, when ``labels`` items were labelled."""

    labels: int
    estimate: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Anchoring:
    """How often answers agree with the suggestion: where it was shown, and where it was hidden.

    ``low`` and ``high`` bound the difference shown - hidden; None while one side has no answer.
    """

    shown: float | None = None
    shown_n: int = 0
    hidden: float | None = None
    hidden_n: int = 0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Estimates:
    """All that can be said about the model now: quality (random questions), active questions, anchoring."""

    quality: Quality | None
    active: Quality | None
    anchoring: Anchoring


def quality(state: State, *, confidence: float = 0.95) -> Quality | None:
    """The share of right predictions on items drawn at random; None before the first such answer.

    Each prediction was made before the answer came, so it is an honest test.  The share is the mean
    over the models that were in force, from the first on: while the model gets better it lags
    behind, on the safe side.  Questions that were skipped are not counted: it is the share among items
    that people can label.  The interval holds at every look at once (a confidence sequence), so it
    may be looked at after every answer and stopped at when it pleases.

    >>> from querist.events import State
    >>> quality(State()) is None
    True
    """
    return _share([one.right for one in state.random_outcomes], confidence)


def curve(
    state: State, arm: str = "random", *, points: int = 60, confidence: float = 0.95
) -> list[CurvePoint]:
    """How the share of right predictions went, at about ``points`` looks; arm "random" or "active".

    The active curve is there to be compared: its questions are chosen for being hard, so it lies below.
    """
    if arm not in ("random", "active"):
        raise InvalidInput(f"There is no arm {arm!r}.", mend="It is 'random' or 'active'.")
    outcomes = state.random_outcomes if arm == "random" else state.active_outcomes
    looks = _looks(len(outcomes), points)
    if not looks:
        return []
    right = list(accumulate(one.right for one in outcomes))
    shares = [right[n - 1] / n for n in looks]
    low, high = _interval_at_any_look()([right[n - 1] for n in looks], looks, _alpha(confidence))
    return [
        CurvePoint(outcomes[n - 1].labels, share, float(least), float(most), n)
        for n, share, least, most in zip(looks, shares, low, high, strict=True)
    ]


def anchoring(state: State, *, confidence: float = 0.95) -> Anchoring:
    """How far annotators follow the suggestion: agreement where it was shown against where it was hidden.

    Among the questions that the strategy chose, where a coin decides; random ones are always blind, and
    easier, so they would spoil the comparison.  The two intervals share the error between them, so the
    bounds of the difference hold at any look.
    """
    standing = state.active_outcomes
    shown = [one.right for one in standing if not one.hidden]
    hidden = [one.right for one in standing if one.hidden]
    half = 1 - _alpha(confidence) / 2
    one, other = _share(shown, half), _share(hidden, half)
    return Anchoring(
        shown=one.estimate if one else None,
        shown_n=len(shown),
        hidden=other.estimate if other else None,
        hidden_n=len(hidden),
        low=max(-1.0, one.low - other.high) if one and other else None,
        high=min(1.0, one.high - other.low) if one and other else None,
    )


def estimates(state: State, *, confidence: float = 0.95) -> Estimates:
    """Everything at once."""
    return Estimates(
        quality=quality(state, confidence=confidence),
        active=_share([one.right for one in state.active_outcomes], confidence),
        anchoring=anchoring(state, confidence=confidence),
    )


def _share(right: Sequence[bool], confidence: float) -> Quality | None:
    alpha = _alpha(confidence)
    if not right:
        return None
    low, high = _interval(sum(right), len(right), alpha)
    return Quality(sum(right) / len(right), low, high, len(right), confidence)


def quality_of(right: Sequence[bool], at: float, confidence: float) -> Quality | None:
    """The share of ``right``, with an interval that holds at any look with confidence ``at``."""
    found = _share(right, at)
    return found and replace(found, confidence=confidence)


def _alpha(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise InvalidInput(f"confidence lies between 0 and 1; got {confidence}.", mend="Write 0.95 for 95 %.")
    return 1 - confidence


@lru_cache(maxsize=4096)  # a page that polls asks for the same figures again and again
def _interval(right: int, n: int, alpha: float) -> tuple[float, float]:
    low, high = _interval_at_any_look()(right, n, alpha)
    return float(low), float(high)


def _interval_at_any_look() -> Callable[..., tuple[Any, Any]]:
    from querist.kernels import interval_at_any_look  # at the point of use: importing a campaign stays cheap

    return interval_at_any_look


def _looks(n: int, points: int) -> list[int]:
    """About ``points`` numbers of outcomes, the first and the last among them, evenly spaced."""
    if n <= points:
        return list(range(1, n + 1))
    return sorted({1, *(math.ceil(n * k / points) for k in range(1, points + 1))})
