"""Forests as arrays against scikit-learn's own, and the plane against one row after the other."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from querist.errors import InvalidInput
from querist.kernels import Forest

RNG = np.random.default_rng(0)
SCRIPT = Path(__file__).parents[2] / "benchmarks" / "train_lal.py"


@pytest.fixture(scope="module")
def script() -> Any:
    spec = importlib.util.spec_from_file_location("train_lal", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def both(script: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[RandomForestRegressor, Forest]:
    x = RNG.normal(size=(400, 5)).astype(np.float32)
    x[:, 3] = x[:, 3].round(1)  # rows on the limits
    y = x[:, 0] * x[:, 3] + np.sin(x[:, 4]) + RNG.normal(size=400) / 10
    regressor = RandomForestRegressor(12, max_leaf_nodes=20, random_state=0).fit(x, y)
    path = tmp_path_factory.mktemp("forest") / "forest.npz"
    script.written(regressor, path)
    with np.load(path, allow_pickle=False) as held:
        return regressor, Forest(
            *(held[name] for name in ("features", "limits", "rights", "values", "roots"))
        )


def test_the_arrays_say_what_the_forest_says(both: Any) -> None:
    regressor, forest = both
    x = RNG.normal(size=(500, 5)).astype(np.float32)
    x[:250] = x[:250].round(1)
    limits = np.concatenate([one.tree_.threshold for one in regressor.estimators_])
    x[:100, 3] = RNG.choice(limits, 100)
    assert np.allclose(forest.predict(x), regressor.predict(x), atol=1e-6)


def test_the_plane_is_one_row_after_the_other(both: Any) -> None:
    _, forest = both
    for _ in range(20):
        known = RNG.normal(size=3)
        first = np.concatenate([RNG.normal(size=50), RNG.choice(forest.limits, 50), [-99, 99]])
        second = np.concatenate([RNG.normal(size=50).round(1), RNG.choice(forest.limits, 50), [99, -99]])
        rows = np.column_stack([np.tile(known, (len(first), 1)), first, second])
        assert np.allclose(forest.surface(known, first, second), forest.predict(rows), atol=1e-9)


def test_a_tree_of_one_leaf_or_of_shared_features_alone() -> None:
    leaf = Forest(np.array([-1]), np.zeros(1), np.zeros(1, int), np.array([2.5]), np.array([0]))
    assert leaf.surface([1.0], [0.0, 3.0], [0.0, 3.0]).tolist() == [2.5, 2.5]
    parts = np.array([0, -1, -1]), np.array([0.5, 0, 0]), np.array([2, 0, 0]), np.array([0, 1.0, 3.0])
    stump = Forest(*parts, np.array([0]))
    assert stump.surface([0.5], [7.0], [7.0]).tolist() == [1.0]
    assert stump.surface([0.6], [7.0], [7.0]).tolist() == [3.0]


def test_nodes_that_lead_nowhere_are_refused() -> None:
    good = np.array([0, -1, -1]), np.zeros(3), np.array([2, 0, 0]), np.zeros(3)
    for parts, roots in (
        (good, np.array([3])),
        (good, np.empty(0, dtype=int)),
        ((good[0], good[1], np.array([0, 0, 0]), good[3]), np.array([0])),
        ((good[0], good[1], good[2], np.zeros(2)), np.array([0])),
        ((np.array([-1, -1, 0]), good[1], np.array([0, 0, 3]), good[3]), np.array([0])),
    ):
        with pytest.raises(InvalidInput, match="hang together"):
            Forest(*parts, roots)
