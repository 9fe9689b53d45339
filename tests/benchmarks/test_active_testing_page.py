"""The page on active testing: what a mean squared error is worth in fair labels, and a page from any runs."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest


@pytest.fixture
def bench(borrow: Any) -> ModuleType:
    module: ModuleType = borrow("", ["active_testing"]).active_testing
    return module


def test_fair_draws_are_worth_themselves(bench: ModuleType) -> None:
    rng = np.random.default_rng(0)
    losses = (rng.random(500) < 0.3).astype(float)
    mistakes = [losses[rng.permutation(500)[:80]].mean() - losses.mean() for _ in range(4_000)]
    assert np.isclose(bench.fair_labels(mistakes, losses.std(), 500), 80, rtol=0.06)
    assert np.isclose(bench.fair_labels([0.0], losses.std(), 500), 500)


def test_a_page_of_no_runs_and_of_some(bench: ModuleType) -> None:
    assert bench.page([]).startswith("# Active testing")
    told = {"one look": [True, 0.1], "any look": [False, 0.2]}
    page = bench.page([{"part": "coverage", "case": "x", "seed": seed, **told} for seed in range(3)])
    assert "| one look | 3 | 100.0% | 0.100 |" in page and "| any look | 3 | 0.0% | 0.200 |" in page
