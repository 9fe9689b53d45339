"""What a committee is asked, through models as they are."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from querist import kernels
from querist.acquisition import (
    Bald,
    ConsensusEntropy,
    Epig,
    MaxKL,
    MeanKL,
    MeanStd,
    PredictiveVariance,
    VariationRatio,
    VoteEntropy,
)
from querist.errors import InvalidInput, MissingCapability
from querist.models import Bagging, Committee, Prediction, as_model
from querist.testing import blobs

X, Y = blobs(60)
KERNELS = {
    VoteEntropy: kernels.vote_entropy,
    VariationRatio: kernels.variation_ratio,
    ConsensusEntropy: kernels.consensus_entropy,
    Bald: kernels.bald,
    MeanKL: kernels.bald,
    MaxKL: kernels.max_kl,
    MeanStd: kernels.mean_std,
}


@pytest.mark.parametrize("kind", KERNELS)
@pytest.mark.parametrize(
    "estimator",
    [
        RandomForestClassifier(6, max_depth=3),
        Bagging(LogisticRegression(), 6),
        Committee([GaussianNB(), LinearSVC(), LogisticRegression()]),
    ],
    ids=["forest", "bagging", "committee"],
)
def test_they_are_their_kernels_over_the_whole_committee(kind, estimator):
    model = as_model(estimator).fitted(X[:20], Y[:20])
    members = len(getattr(model, "members", range(6)))
    scores = kind(members)(Prediction(model, X, [40, 3, 9], chunk=2))
    draws = model.draws(X[[40, 3, 9]], members, np.random.default_rng(0))
    assert np.allclose(scores, KERNELS[kind](draws), atol=1e-12)
    assert np.allclose(scores, kind(2 * members)(Prediction(model, X, [40, 3, 9], seed=8)))


def test_committees_of_numbers():
    y = X @ np.arange(4.0)
    bagged = Bagging(Ridge(), 5).fitted(X, y)
    told = kernels.variance_of_draws(bagged.draws(X, 5, np.random.default_rng(0)))
    assert np.allclose(PredictiveVariance()(Prediction(bagged, X)), told)
    process = as_model(GaussianProcessRegressor(alpha=1e-3)).fitted(X[:9], y[:9])
    assert np.allclose(PredictiveVariance()(Prediction(process, X)), process.mean_std(X)[1] ** 2)
    with pytest.raises(MissingCapability, match=r"mean_std\(x\)"):
        PredictiveVariance()(Prediction(as_model(Ridge()).fitted(X, y), X))
    with pytest.raises(InvalidInput, match="committee of regressors"):
        Bald(5)(Prediction(bagged, X))


def test_epig_asks_about_the_pool():
    model = Bagging(GaussianNB(), 5).fitted(X[:20], Y[:20])
    prediction = Prediction(model, X, [40, 3, 9], seed=2)
    draws = model.draws(X, 5, np.random.default_rng(0))
    told = kernels.epig(draws[:, [40, 3, 9]], draws[:, prediction.sample(10)])
    assert np.allclose(Epig(10, 5)(prediction), told)
    whole = Epig(1000, 5)(prediction)
    assert np.allclose(whole, kernels.epig(draws[:, [40, 3, 9]], draws))


def test_a_model_without_members_is_told_what_to_do():
    model = as_model(GaussianNB()).fitted(X, Y)
    for made in (Bald(), Epig()):
        with pytest.raises(MissingCapability, match=r"Bagging\(your model\)"):
            made(Prediction(model, X))


@pytest.mark.parametrize("kind", KERNELS)
def test_one_member_cannot_disagree(kind):
    with pytest.raises(InvalidInput, match="of 1 cannot disagree"):
        kind(1)


@pytest.mark.parametrize(("targets", "members"), [(0, 5), (5, 1)])
def test_epig_needs_targets_and_members(targets, members):
    with pytest.raises(InvalidInput, match="tell nothing"):
        Epig(targets, members)
