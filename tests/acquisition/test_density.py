"""Density is over the whole pool, whatever the candidates, and is found once."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from querist import kernels
from querist.acquisition import Density
from querist.errors import InvalidInput
from querist.models import Memory, Prediction

X = np.random.default_rng(0).normal(size=(80, 3))
NEAR = {"cosine": (2 - cdist(X, X, "cosine")) / 2, "euclidean": 1 / (1 + cdist(X, X))}


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_the_mean_is_over_the_pool_and_kept(metric, monkeypatch):
    memory, rows = Memory(), np.array([7, 2, 79])
    density = Density(metric)(Prediction(None, X, rows, memory=memory))
    assert np.allclose(density, NEAR[metric].mean(axis=1)[rows])
    monkeypatch.setattr(kernels, f"{metric}_density", lambda *_, **__: pytest.fail("found again"))
    again = Density(metric)(Prediction(None, X, rows[:2], seed=4, memory=memory))
    assert (again == density[:2]).all()


def test_few_stand_for_a_large_pool(monkeypatch):
    module = sys.modules["querist.acquisition.density"]
    monkeypatch.setattr(module, "_ALL", 40)
    monkeypatch.setattr(module, "_LEAST", 5)
    few = Density("euclidean")(Prediction(None, X))
    assert 0.5 < np.corrcoef(few, NEAR["euclidean"].mean(axis=1))[0, 1] < 0.9999
    assert (few == Density("euclidean")(Prediction(None, X, seed=9))).all(), "whoever is drawn is drawn once"


def test_a_metric_is_one_of_two():
    with pytest.raises(InvalidInput, match="manhattan"):
        Density("manhattan")
