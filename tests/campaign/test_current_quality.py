"""The quality of the model of now: no lag behind one that improves, and the truth inside."""

from __future__ import annotations

import numpy as np
import pytest

from querist.campaign import current_quality, quality, recent_quality, watched_quality
from querist.errors import InvalidInput
from querist.events import State
from querist.events.state import Outcome


def course(rights, labels):
    """A state with random outcomes, each before so many labels."""
    outcomes = {
        str(i): Outcome(str(i), i, i, "random", True, bool(right), True, int(label), 0.0)
        for i, (right, label) in enumerate(zip(rights, labels, strict=True))
    }
    return State(outcomes=outcomes, labels=dict.fromkeys(range(int(max(labels)) + 1), "a"))


def learning(rng, n=60, most=300):
    """A model that learns: log odds rise with the logarithm of the labels."""
    labels = np.linspace(10, most, n).round()
    chances = 1 / (1 + np.exp(-(-2.0 + 0.7 * np.log(labels))))
    return rng.random(n) < chances, labels, 1 / (1 + np.exp(-(-2.0 + 0.7 * np.log(most + 1))))


def test_it_does_not_lag_and_covers():
    rng = np.random.default_rng(0)
    now, mean, inside = [], [], []
    for _ in range(300):
        rights, labels, truth = learning(rng)
        state = course(rights, labels)
        found = current_quality(state)
        now.append(found.estimate - truth)
        mean.append(quality(state).estimate - truth)
        inside.append(found.low <= truth <= found.high)
    assert np.mean(mean) < -0.04 < -0.02 < np.mean(now) < 0.02
    assert 0.93 <= np.mean(inside) <= 0.995


def test_a_model_that_stands_still_is_read_as_one():
    rng = np.random.default_rng(1)
    found = [current_quality(course(rng.random(80) < 0.8, np.arange(100, 180))) for _ in range(100)]
    assert abs(np.mean([one.estimate for one in found]) - 0.8) < 0.03
    assert np.mean([one.low <= 0.8 <= one.high for one in found]) >= 0.9


def test_the_later_half_lags_less_and_holds():
    rights = [False] * 40 + [True] * 60
    state = course(rights, range(1, 101))
    found = recent_quality(state)
    assert found.n == 68 and found.estimate > quality(state).estimate
    assert recent_quality(course(rights[:31], range(1, 32))).n == 31
    assert found.low <= found.estimate <= found.high and found.confidence == 0.95


def test_one_outcome_and_none():
    assert current_quality(State()) is None and recent_quality(State()) is None
    for right in (True, False):
        found = current_quality(course([right], [3]))
        assert 0 < found.low < found.estimate < found.high < 1


def test_who_watches_is_told_from_sixteen_outcomes_on_and_at_all_looks():
    rng = np.random.default_rng(2)
    always = []
    for _ in range(60):
        rights, labels, _ = learning(rng)
        inside = []
        for n in range(1, len(rights) + 1):
            state = course(rights[:n], labels[:n])
            found = watched_quality(state)
            assert (found is None) == (n < 16)
            if found is not None:
                truth = 1 / (1 + np.exp(-(-2.0 + 0.7 * np.log(labels[n - 1] + 1))))
                inside.append(found.low <= truth <= found.high)
        always.append(all(inside))
    assert np.mean(always) >= 0.9
    wide, narrow = found, current_quality(state)
    assert wide.low < narrow.low < narrow.high < wide.high
    assert (wide.estimate, wide.confidence) == (narrow.estimate, 0.95)


def test_more_confidence_is_wider():
    state = course([True, False, True] * 20, range(1, 61))
    wide, narrow = (current_quality(state, confidence=one) for one in (0.99, 0.8))
    assert wide.low < narrow.low < narrow.high < wide.high
    for does in (current_quality, recent_quality):
        with pytest.raises(InvalidInput, match="confidence"):
            does(state, confidence=1.0)
