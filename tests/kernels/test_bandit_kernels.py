"""Bandits over strategies: each rule against its paper's line written out, and against a simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.kernels import (
    entropy_gain,
    exp4_weights,
    exp4p_chances,
    exp4p_weights,
    importance_weighted_accuracy,
    thompson_chances,
)

SOME = st.floats(0.01, 10)


def test_exp4p_by_hand() -> None:
    """Three experts, T = 10, delta = .1, p_min = .1; expert 0 asked, and the reward was .6."""
    weights, floor = [1.0, 2.0, 1.0], 0.1
    p = [0.7 * 1 / 4 + 0.1, 0.7 * 2 / 4 + 0.1, 0.7 * 1 / 4 + 0.1]
    assert exp4p_chances(weights, floor) == pytest.approx(p)
    advised = [1.0, 0.0, 1 / 8]
    q = p[0] + p[2] / 8
    after = [
        w * math.exp(floor / 2 * (0.6 * advice / q + 1 / share * math.sqrt(math.log(3 / 0.1) / (3 * 10))))
        for w, advice, share in zip(weights, advised, p, strict=True)
    ]
    found = exp4p_weights(weights, advised, q, 0.6, floor=floor, horizon=10, delta=0.1)
    assert found == pytest.approx(np.array(after) / max(after))


@given(weights=st.lists(SOME, min_size=2, max_size=6), share=st.floats(0, 1))
def test_chances_of_exp4p_are_chances_above_the_floor(weights: list[float], share: float) -> None:
    floor = share / len(weights)
    chances = exp4p_chances(weights, floor)
    assert chances.sum() == pytest.approx(1)
    assert (chances >= floor * (1 - 1e-9)).all()


@given(weights=st.lists(SOME, min_size=3, max_size=3), reward=st.floats(0, 1), chance=st.floats(0.1, 1))
def test_exp4_by_its_line(weights: list[float], reward: float, chance: float) -> None:
    advised = [0.5, 0.3, 0.0]
    found = exp4_weights(weights, advised, chance, reward, rate=0.05)
    after = [w * math.exp(0.05 * b * reward / chance) for w, b in zip(weights, advised, strict=True)]
    assert found == pytest.approx(np.array(after) / max(after))


def test_weights_never_run_out_of_numbers() -> None:
    weights = np.ones(2)
    for _ in range(3000):
        weights = exp4_weights(weights, [1.0, 0.0], 0.1, 1.0, rate=1.0)
    assert (weights > 0).all() and np.isfinite(weights).all()


def test_the_weighted_accuracy_is_unbiased() -> None:
    """Over many draws from a known distribution its mean is the accuracy on the pool."""
    rng = np.random.default_rng(0)
    right = rng.random(12) < 0.6
    chances = rng.dirichlet(np.ones(12)) * 0.5 + 0.5 / 12
    draws = rng.choice(12, size=(4000, 5), p=chances)
    found = [importance_weighted_accuracy(right[some], chances[some], rows=12, horizon=5) for some in draws]
    assert np.mean(found) == pytest.approx(right.mean(), abs=4 * np.std(found) / np.sqrt(4000))


def test_what_is_still_to_come_counts_as_wrong() -> None:
    assert importance_weighted_accuracy([True], [0.5], rows=2, horizon=10) == pytest.approx(0.1)
    assert importance_weighted_accuracy([], [], rows=2, horizon=10) == 0


def test_entropy_gain_is_a_share_that_rises() -> None:
    assert entropy_gain(0.0, 1.0) == pytest.approx(0)
    assert entropy_gain(0.4, 0.4) == pytest.approx(0.5)
    assert entropy_gain(0.9, 0.4) > entropy_gain(0.6, 0.4) > 0.5


@pytest.mark.parametrize(
    ("wins", "losses"), [([1, 1, 1], [1, 1, 1]), ([5, 2, 1], [2, 5, 1]), ([40.5, 30], [10, 11.5])]
)
def test_thompson_by_drawing(wins: list[float], losses: list[float]) -> None:
    rng = np.random.default_rng(0)
    drawn = rng.beta(wins, losses, size=(40_000, len(wins))).argmax(axis=1)
    share = np.bincount(drawn, minlength=len(wins)) / 40_000
    found = thompson_chances(wins, losses)
    assert found.sum() == pytest.approx(1)
    assert np.abs(found - share).max() < 0.01
