"""The comparison of stopping criteria: where a run stops, and what that costs, by hand."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from querist.campaign import Budget, LittleToGain, TargetQuality
from querist.evaluation import Run


@pytest.fixture
def bench(borrow: Any) -> ModuleType:
    module: ModuleType = borrow("", ["stopping"]).stopping
    return module


def run(bench: ModuleType, strategy: str) -> Run:
    """Four trainings on a pool of 40; what is left to gain falls."""
    figures = {name: np.array([np.nan, 0.01, 0.01, 0.01]) for name in bench.FIGURES}
    figures["stability"] = np.array([np.nan, 1.0, 1.0, 1.0])
    figures["curve"] = np.array([0.2, 0.004, 0.004, 0.0])
    gains = {name: np.array([0.2, 0.004, 0.004, 0.0]) for name in bench.GAINS}
    values = {
        "accuracy": np.array([0.5, 0.7, 0.8, 0.9]),
        "right": np.array([np.nan, 5, 9, 10]),
        **figures,
        **gains,
    }
    plan = {"protocol": {"pool": 40}}
    return Run("toy", "default", strategy, 10, 0, np.array([10, 20, 30, 40]), values, plan=plan)


def test_a_run_stops_where_the_criterion_says(bench: ModuleType) -> None:
    one = run(bench, "margin")
    seen = bench.states(one)
    stop = bench.stop_of(one, LittleToGain(0.01), seen)
    assert (stop.share, stop.stopped) == (0.75, True) and stop.shortfall == pytest.approx(0.1)
    costs = 30 + 1 * 40 * 0.2, min(n + 40 * e for n, e in ((10, 0.5), (20, 0.3), (30, 0.2), (40, 0.1)))
    assert stop.regrets[0] == pytest.approx(costs[0] / costs[1] - 1)
    assert bench.stop_of(one, Budget(15), seen).share == 0.5
    never = bench.stop_of(one, Budget(99), seen)
    assert (never.share, never.shortfall, never.stopped) == (1.0, 0.0, False)


def test_random_questions_alone_measure_quality(bench: ModuleType) -> None:
    seen = bench.states(run(bench, "random"))[-1]
    assert len(seen.random_outcomes) == 30 and sum(one.right for one in seen.random_outcomes) == 24
    assert not bench.states(run(bench, "margin"))[-1].outcomes
    assert TargetQuality(0.5)(seen).stop


def test_the_page_tells_every_criterion(bench: ModuleType) -> None:
    told = bench.page([run(bench, name) for name in ("margin", "default", "random")])
    assert all(f"| {name} |" in told for name in bench.CRITERIA)
    assert "| toy | 40 | 3 | 0 |" in told
