"""Quadratic programmes over shares against a solver that is given the whole matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from querist.errors import InvalidInput
from querist.kernels import capped_quadratic

RNG = np.random.default_rng(0)


def dense(features: Any, offset: Any, linear: Any, total: float, weights: Any) -> np.ndarray:
    matrix, slope = features @ features.T, features @ offset + linear

    def value(shares: np.ndarray) -> tuple[float, np.ndarray]:
        pull = matrix @ shares
        return float(shares @ pull / 2 + slope @ shares), pull + slope

    found = minimize(
        value,
        np.full(len(linear), total / weights.sum()),
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * len(linear),
        constraints={"type": "eq", "fun": lambda a: weights @ a - total, "jac": lambda a: weights},
        options={"ftol": 1e-15, "maxiter": 1000},
    )
    return np.asarray(found.x)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("total", [0.0, 1.0, 3.5])
@pytest.mark.parametrize("width", [1, 4, 20])
def test_it_is_the_optimum(weighted: bool, total: float, width: int) -> None:
    for _ in range(5):
        features, offset = RNG.normal(size=(12, width)), RNG.normal(size=width)
        linear, weights = RNG.normal(size=12), RNG.random(12) if weighted else np.ones(12)
        shares = capped_quadratic(features, offset, linear, total, weights=weights if weighted else None)
        wanted = dense(features, offset, linear, total, weights)
        assert (shares >= 0).all() and (shares <= 1).all()
        assert weights @ shares == pytest.approx(total, abs=1e-9)
        assert np.allclose(shares, wanted, atol=1e-5)


def test_rows_of_no_weight_are_free_and_all_may_be_chosen() -> None:
    features, linear = np.eye(3), np.array([-0.4, -2.0, 0.0])
    shares = capped_quadratic(features, np.zeros(3), linear, 0.5, weights=[0.0, 0.0, 1.0])
    assert np.allclose(shares, [0.4, 1.0, 0.5])
    assert np.allclose(capped_quadratic(features, np.zeros(3), linear, 3.0), 1)
    assert np.allclose(capped_quadratic(np.zeros((3, 2)), np.zeros(2), linear, 1.0), [0, 1, 0])
    begun = capped_quadratic(features, np.zeros(3), linear, 1.0, start=[0.0, 0.0, 1.0])
    assert np.allclose(begun, capped_quadratic(features, np.zeros(3), linear, 1.0))


def test_wrong_input_is_named() -> None:
    with pytest.raises(InvalidInput, match="together"):
        capped_quadratic(np.eye(3), np.zeros(2), np.zeros(3), 1.0)
    with pytest.raises(InvalidInput, match="total"):
        capped_quadratic(np.eye(3), np.zeros(3), np.zeros(3), 4.0)
