"""The quantile filter's doubt: where labels surprise more than usual, lots spend the budget."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from querist.kernels.stream_gates import DOUBT
from querist.models import OnlineSoftmax
from querist.streams import QuantileFilter, StreamLearner, StreamStrategy


def _twin(surprises: Any, most: float) -> tuple[float, list[int]]:
    """The doubt after all surprises, and what each was answered with, as docstrings tell it."""
    usual, doubt, since, told = 0.0, 0.0, 0, []
    for i, one in enumerate(surprises, start=1):
        usual += (one - usual) / min(i + 20, 200)
        doubt = max(0.0, doubt + one - max(usual, 0.0) - 0.15)
        since = since + 1 if doubt > 0 else 0
        told.append(since if doubt >= 3 * most else -1)
        if told[-1] >= 0:
            doubt, since = doubt / 2, 0
    return doubt, told


@pytest.mark.parametrize("wrong", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("most", [1.0, 3.0])
def test_doubt_is_what_surprises_add_up_to(wrong: float, most: float) -> None:
    gate = QuantileFilter(doubt=most).begin()
    surprises = 0.8 - (np.random.default_rng(1).random(400) > wrong)
    told = [gate.hear(one) for one in surprises]  # type: ignore[attr-defined]
    doubt, wanted = _twin(surprises, most)
    assert told == wanted
    assert gate.state[DOUBT] == pytest.approx(doubt)  # type: ignore[attr-defined]
    if wrong != 0.5:  # what is steady becomes usual
        assert (max(told) > 0) == (wrong > 0.5)


def _lots(gate: Any, n: int = 4_000) -> tuple[float, float]:
    """The share of the questions that lots asked, and the share of the items that were asked about."""
    rng = np.random.default_rng(2)
    told = [gate(float(score)) for score in rng.random(n)]
    asked = [math.isnan(bar) for ask, bar, _ in told if ask]
    return float(np.mean(asked)), len(asked) / n


@pytest.mark.parametrize(
    ("most", "heard", "low", "high"), [(3.0, 0, 0, 0.2), (3.0, 12, 0.75, 1), (0.0, 20, 0, 0.2)]
)
def test_lots_spend_the_budget_in_doubt(most: float, heard: int, low: float, high: float) -> None:
    gate = QuantileFilter(0.2, doubt=most).begin(3)
    for _ in range(heard):
        gate.hear(0.9)  # type: ignore[attr-defined]
    lots, spent = _lots(gate)
    assert low <= lots <= high
    assert 0.19 < spent <= 0.2


@pytest.mark.parametrize("budget", [0.01, 0.05, 0.3])
def test_no_rarer_scores_than_the_rarest_are_waited_for(budget: float) -> None:
    gate = QuantileFilter(budget, share=0.0, rarest=0.2).begin(4)
    told = [(gate(float(score)), score) for score in np.random.default_rng(6).random(20_000)]
    asked = np.array([score for (ask, _, _), score in told[2_000:] if ask])
    assert 0.99 * budget < sum(ask for (ask, _, _), _ in told) / len(told) <= budget
    assert asked.mean() == pytest.approx(1 - max(budget, 0.2) / 2, abs=0.03)
    chances = {chance for (ask, _, chance), _ in told if ask}
    assert min(chances) == pytest.approx(min(1.0, budget / 0.2))


def _reversed(learner: StreamLearner, seed: int) -> tuple[float, float]:
    """Accuracy after all labels were reversed, and the share of questions by lot just after."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(4_000, 3))
    right, lots = [], []
    for i, row in enumerate(x):
        label = bool(row[0] > 0) != (i >= 2_000)
        one = learner.see(row)
        right.append(one.predicted == label)
        if one.ask:
            lots.append((i, math.isnan(one.bar)))
            learner.tell(one, label)
    by_lot = [lot for i, lot in lots if 2_100 < i < 2_600]
    return float(np.mean(right[2_000:])), float(np.mean(by_lot))


def test_a_model_that_is_sure_and_wrong_is_found_out() -> None:
    gains = []
    for seed in range(4):
        found = {}
        for most in (0.0, 3.0):
            model = OnlineSoftmax(members=5, hidden=50, kept=100, steps=12, seed=seed)
            strategy = StreamStrategy(manager=QuantileFilter(0.05, doubt=most))
            found[most] = _reversed(StreamLearner(model, strategy, seed=seed), seed)
        assert found[3.0][1] > found[0.0][1] + 0.2
        gains.append(found[3.0][0] - found[0.0][0])
    assert np.mean(gains) > 0.05


@pytest.mark.parametrize("delay", [0, 150])
def test_what_was_learned_before_a_change_is_forgotten_once(delay: int) -> None:
    """Labels of what the old model predicted, which come late, are not held against the new one."""
    learner = StreamLearner(OnlineSoftmax(members=3), budget=0.3)
    x = np.random.default_rng(5).normal(size=(4_000, 3))
    out = []
    for i, row in enumerate(x):
        if (one := learner.see(row)).ask:
            out.append((one, bool(row[0] > 0) != (i >= 2_000)))
        while out and out[0][0].id <= i - delay:
            learner.tell(*out.pop(0))
    assert learner.drifts == 1
    assert not learner.cold
    assert learner.predict([3.0, 0.0, 0.0]) is False


def test_a_gate_of_ones_own_hears_too() -> None:
    class Listening:
        def __init__(self) -> None:
            self.heard: list[float] = []

        def __call__(self, score: float, cold: bool = False, closed: bool = False) -> Any:
            return True, 0.0, 1.0

        def hear(self, surprise: float) -> int:
            self.heard.append(surprise)
            return -1

    learner = StreamLearner(OnlineSoftmax(), opening=4)
    learner.gate = gate = Listening()
    learner._fast = False
    for i in range(12):
        learner.tell(learner.see([i % 2]), i % 2)
    assert len(gate.heard) == 8  # of a cold model nothing is heard
    assert all(-1 <= one <= 1 for one in gate.heard)
