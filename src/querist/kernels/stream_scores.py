"""What a label would be worth, from the probabilities of one item: compiled, for streams."""

from __future__ import annotations

import math
from typing import Any

from querist.kernels.compiling import compiled

__all__ = ["SCORES", "all_finite", "gain_ahead", "judge", "score_one"]

SCORES = {
    "least_confidence": 0,
    "margin": 1,
    "entropy": 2,
    "minimum_margin": 3,
    "vote_entropy": 4,
    "disagreement": 5,
    "loss_range": 6,
    "random": 7,
    "probabilistic": 8,
}
"""The scores of a stream by name; each from 0 to 1, higher = ask (that of "probabilistic" is smaller)."""


@compiled
def _margin(row: Any) -> float:
    """The lead of the likeliest class over the second."""
    first, second = 0.0, 0.0
    for c in range(len(row)):
        p = row[c]
        if p > first:
            second = first
            first = p
        elif p > second:
            second = p
    return float(first - second)


@compiled
def _entropy(row: Any) -> float:
    """In units of the largest that there may be."""
    total = 0.0
    for c in range(len(row)):
        if row[c] > 0.0:
            total -= row[c] * math.log(row[c])
    return total / math.log(len(row)) if len(row) > 1 else 0.0


@compiled
def _vote_entropy(draws: Any) -> float:
    members, classes = draws.shape
    total = 0.0
    for c in range(classes):
        votes = 0.0
        for k in range(members):
            best = 0
            for other in range(1, classes):
                if draws[k, other] > draws[k, best]:
                    best = other
            votes += best == c
        if votes > 0:
            total -= votes / members * math.log(votes / members)
    most = math.log(min(members, classes))
    return total / most if most > 0 else 0.0


@compiled
def _loss_range(draws: Any) -> float:
    """How far the losses of two members may be apart, at worst over the classes (loss: 1 - p)."""
    widest: float = 0.0
    for c in range(draws.shape[1]):
        low, high = draws[0, c], draws[0, c]
        for k in range(1, draws.shape[0]):
            low = min(low, draws[k, c])
            high = max(high, draws[k, c])
        widest = max(widest, high - low)
    return widest


@compiled
def score_one(kind: int, mean: Any, draws: Any) -> float:
    """The score of one item from its mean probabilities (C,) and those of each member (K, C)."""
    if kind == 0:
        best = 0.0
        for c in range(len(mean)):
            best = max(best, mean[c])
        return 1.0 - best
    if kind == 1:
        return max(0.0, 1.0 - _margin(mean))
    if kind == 2:
        return _entropy(mean)
    if kind == 3:
        least = 1.0
        for k in range(draws.shape[0]):
            least = min(least, _margin(draws[k]))
        return max(0.0, 1.0 - least)
    if kind == 4:
        return _vote_entropy(draws)
    if kind == 5:
        shared = _entropy(mean)
        for k in range(draws.shape[0]):
            shared -= _entropy(draws[k]) / draws.shape[0]
        return max(0.0, shared)
    if kind == 6:
        return _loss_range(draws)
    return 0.0


@compiled
def judge(kind: int, draws: Any) -> tuple[float, int, float]:
    """:func:`score_one` of what the members say (K, C); the class that is likeliest by their mean, and how
    likely it is."""
    mean = draws[0].copy()
    for k in range(1, draws.shape[0]):
        for c in range(len(mean)):
            mean[c] += draws[k, c]
    best = 0
    for c in range(len(mean)):
        mean[c] /= draws.shape[0]
        if mean[c] > mean[best]:
            best = c
    return score_one(kind, mean, draws), best, mean[best]


@compiled
def all_finite(x: Any) -> bool:
    """Whether every number of a row is finite."""
    wrong = 0
    for j in range(len(x)):
        wrong += not math.isfinite(x[j])
    return wrong == 0


@compiled
def _lead(weights: Any) -> int:
    best = 0
    for c in range(1, len(weights)):
        if weights[c] > weights[best]:
            best = c
    return best


@compiled
def gain_ahead(weights: Any) -> float:
    """What one label or two are expected to gain in accuracy at a place, the mean of each (Kottke 2016).

    ``weights`` (C,) are kernel frequencies with their prior, above 0; they are changed and put back.
    """
    classes = len(weights)
    total = 0.0
    for c in range(classes):
        total += weights[c]
    leader = _lead(weights)
    one, two = 0.0, 0.0
    for a in range(classes):
        chance = weights[a] / total
        weights[a] += 1.0
        one += chance * (weights[_lead(weights)] - weights[leader]) / (total + 1.0)
        for b in range(classes):
            then = chance * weights[b] / (total + 1.0)
            weights[b] += 1.0
            two += then * (weights[_lead(weights)] - weights[leader]) / (total + 2.0)
            weights[b] -= 1.0
        weights[a] -= 1.0
    return max(one, two / 2.0)
