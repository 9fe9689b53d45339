"""The search for the largest value, through models as they are."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.linear_model import LogisticRegression, Ridge

from querist import kernels
from querist.acquisition import (
    ExpectedImprovement,
    ProbabilityOfImprovement,
    RegressionBald,
    UpperConfidenceBound,
)
from querist.data import Pool
from querist.errors import InvalidInput, MissingCapability
from querist.models import Bagging, Prediction, as_model
from querist.strategies import Snapshot, Thompson, as_strategy

X = np.linspace(0, 6, 61)[:, None]
TRUTH = np.sin(X[:, 0])
KNOWN = [0, 30, 60]
PROCESS = as_model(GaussianProcessRegressor(RBF(1.0), optimizer=None, alpha=1e-6)).fitted(
    X[KNOWN], TRUTH[KNOWN]
)


def test_the_best_known_is_the_largest_prediction_of_what_is_labelled() -> None:
    prediction = Prediction(PROCESS, X, np.arange(1, 30), labelled=KNOWN, chunk=7)
    mean, std = PROCESS.mean_std(X[1:30])
    best = PROCESS.mean_std(X[KNOWN])[0].max()
    assert np.allclose(
        ExpectedImprovement(by=0.1)(prediction), kernels.expected_improvement(mean, std, best + 0.1)
    )
    assert np.allclose(
        ProbabilityOfImprovement()(prediction), kernels.improvement_chance(mean, std, best), atol=1e-9
    )
    least = -PROCESS.mean_std(X[KNOWN])[0].min()
    low = ExpectedImprovement(lowest=True)(prediction)
    assert np.allclose(low, kernels.expected_improvement(-mean, std, least))
    assert np.allclose(UpperConfidenceBound(1.5)(prediction), mean + 1.5 * std)
    assert np.allclose(UpperConfidenceBound(1.5, lowest=True)(prediction), 1.5 * std - mean)
    assert np.allclose(RegressionBald(0.5)(prediction), np.log(1 + std**2 / 0.25) / 2)


@pytest.mark.parametrize(
    "strategy", ["expected_improvement", "upper_confidence_bound", "thompson", "probability_of_improvement"]
)
def test_they_find_the_top_of_a_hill(strategy: str) -> None:
    labels = {row: float(TRUTH[row]) for row in KNOWN}
    chosen = {"name": strategy, "by": 0.01} if strategy.startswith("prob") else strategy
    for seed in range(12):
        rows = list(labels)
        model = PROCESS.fitted(X[rows], [labels[row] for row in rows])
        (pick,) = as_strategy(chosen).propose(Snapshot(Pool(X), labels=labels, model=model, seed=seed), 1).ids
        labels[pick] = float(TRUTH[pick])
    assert max(labels.values()) > (0.99 if strategy.startswith("prob") else 0.999)  # it takes small steps


def test_thompson_asks_each_member_for_its_best() -> None:
    model = Bagging(Ridge(), 5).fitted(X[:20], TRUTH[:20] + np.random.default_rng(0).normal(size=20))
    snapshot = Snapshot(Pool(X), labels=dict.fromkeys(range(20), 0.0), model=model, seed=3)
    proposal = Thompson(members=4).propose(snapshot, 6)
    said = model.draws(X[20:], 4, np.random.default_rng(3))
    out: list[int] = []
    for turn in range(6):
        order = 20 + np.argsort(-said[turn % 4], kind="stable")
        out.append(next(int(row) for row in order if row not in out))
    assert list(proposal.ids) == out
    assert np.allclose(proposal.scores, [said[i % 4, row - 20] for i, row in enumerate(out)])


def test_thompson_asks_as_often_as_an_item_may_be_the_best() -> None:
    """Two candidates: P(f_a > f_b) for independent normals."""
    x = np.array([[0.0], [3.0], [5.0], [9.0]])
    model = PROCESS.fitted(x[[0, 3]], [0.0, 0.0])
    mean, std = model.mean_std(x[[1, 2]])
    first = [
        Thompson().propose(Snapshot(Pool(x), labels={0: 0.0, 3: 0.0}, model=model, seed=seed), 1).ids[0]
        for seed in range(2000)
    ]
    from scipy.stats import norm

    assert np.mean(np.array(first) == 1) == pytest.approx(
        norm.cdf((mean[0] - mean[1]) / np.hypot(*std)), abs=0.035
    )


def test_a_batch_of_thompson_is_spread_as_the_draws_are() -> None:
    forest = as_model(RandomForestRegressor(30, random_state=0)).fitted(X[KNOWN], TRUTH[KNOWN])
    proposal = Thompson().propose(Snapshot(Pool(X), labels=dict.fromkeys(KNOWN, 0.0), model=forest), 10)
    assert len(set(proposal.ids)) == 10


def test_what_makes_no_sense_is_refused() -> None:
    classifier = as_model(LogisticRegression()).fitted(X[[0, 60]], ["a", "b"])
    snapshot = Snapshot(Pool(X), labels={0: "a"}, model=classifier)
    for name in ("expected_improvement", "upper_confidence_bound", "regression_bald", "thompson"):
        with pytest.raises(MissingCapability, match="mean_std"):
            as_strategy(name).propose(snapshot, 1)
    for make, word in (
        (lambda: ExpectedImprovement(by=-1.0), "by"),
        (lambda: UpperConfidenceBound(width=np.nan), "width"),
        (lambda: RegressionBald(noise=0.0), "noise"),
        (lambda: Thompson(members=0), "members"),
    ):
        with pytest.raises(InvalidInput, match=word):
            make()
