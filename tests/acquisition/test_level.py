"""Level sets and integrated variance, over a Gaussian process and over draws."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from querist.acquisition import Straddle, VarianceRemoved
from querist.errors import InvalidInput, MissingCapability
from querist.models import Prediction, as_model

X = np.linspace(0, 1, 21)[:, None]


def process(rows, noise=1e-2, pipeline=False):
    model = GaussianProcessRegressor(RBF(0.2), alpha=noise, optimizer=None, normalize_y=True)
    model = make_pipeline(StandardScaler(with_std=False), model) if pipeline else model
    return as_model(model).fitted(X[rows], np.sin(6 * X[rows, 0]))


@pytest.mark.parametrize("pipeline", [False, True])
def test_variance_removed_equals_refitting_the_process(pipeline):
    rows = [2, 9, 17]
    model = process(rows, pipeline=pipeline)
    scale = np.std(np.sin(6 * X[rows, 0]))
    told = VarianceRemoved(places=21, noise=0.1 * scale)(Prediction(model, X, labelled=rows))
    before = np.mean(model.mean_std(X)[1] ** 2)
    for at in range(21):
        again = GaussianProcessRegressor(RBF(0.2), alpha=1e-2, optimizer=None).fit(
            X[[*rows, at]], np.zeros(4)
        )
        after = np.mean((again.predict(X, return_std=True)[1] * scale) ** 2)
        assert told[at] == pytest.approx(before - after, rel=1e-3, abs=1e-6)


def test_it_helps_the_rest_where_the_variance_alone_would_go_to_the_end():
    model = process([10])
    prediction = Prediction(model, X, labelled=[10])
    inside = VarianceRemoved(places=21)(prediction).argmax()
    assert 0 < inside < 20 and prediction.mean_std[1].argmax() in (0, 20)


def test_the_covariance_agrees_with_the_process_itself():
    model = process([3, 8])
    whole = model.estimator.predict(X, return_cov=True)[1]
    assert model.covariance(X[:5], X[5:]) == pytest.approx(whole[:5, 5:], abs=1e-6)
    assert not hasattr(as_model(GaussianProcessRegressor()), "covariance")


def test_an_ensemble_gives_covariances_by_its_members():
    forest = as_model(RandomForestRegressor(50)).fitted(X[::4], np.sin(6 * X[::4, 0]))
    scores = VarianceRemoved(places=21, k=50)(Prediction(forest, X))
    assert (scores >= 0).all() and scores.max() > 0
    with pytest.raises(MissingCapability, match=r"draws"):
        VarianceRemoved()(Prediction(as_model(LinearRegression()).fitted(X, X[:, 0]), X))


def test_a_straddle_asks_where_the_number_crosses_the_level():
    model = process([0, 5, 10, 15, 20])
    prediction = Prediction(model, X)
    best = X[Straddle(level=0.0, width=1.0)(prediction).argmax(), 0]
    assert abs(np.sin(6 * best)) < 0.35


@pytest.mark.parametrize("make", [lambda: Straddle(level=np.nan), lambda: Straddle(width=-1)])
def test_what_is_no_straddle_is_told(make):
    with pytest.raises(InvalidInput, match="finite level"):
        make()


@pytest.mark.parametrize("given", [{"places": 0}, {"k": 1}, {"noise": -1.0}])
def test_what_variance_removed_does_not_take(given):
    with pytest.raises(InvalidInput, match="1 place or more"):
        VarianceRemoved(**given)
