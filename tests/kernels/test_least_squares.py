"""Least squares with one more label against ridge regressions and Gaussian processes fitted anew."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.linear_model import Ridge, RidgeClassifier

from querist.errors import InvalidInput
from querist.kernels import (
    LeastSquares,
    PosteriorVariance,
    expected_error_reduction,
    expected_variance_reduction,
)
from querist.testing import blobs

X, NAMES = blobs(40, seed=3)
Y = np.searchsorted(["a", "b", "c"], NAMES)
KNOWN, CANDIDATES, TARGETS = np.arange(12), np.arange(12, 26), np.arange(12, 40)
KERNEL = RBF(1.7)
LOSSES = {
    "log": lambda p: -(p * np.log(p)).sum(axis=1),
    "zero_one": lambda p: 1 - p.max(axis=1),
}


def ridge(rows, labels, x=X):
    fit = Ridge(0.7, solver="cholesky").fit(x[rows], np.eye(3)[labels])
    return lambda at: fit.predict(x[at])


def process(rows, labels, x=X):
    fit = GaussianProcessRegressor(KERNEL, alpha=0.3, optimizer=None)
    fit.fit(x[rows], np.eye(3)[labels] - 1 / 3)
    return lambda at: fit.predict(x[at]) + 1 / 3


KINDS = {
    "ridge": (ridge, {"noise": 0.7}),
    "process": (process, {"noise": 0.3, "kernel": KERNEL}),
}


def shares(scores):
    weights = np.maximum(scores, 1e-6)
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("kind", KINDS)
def test_one_more_label_is_a_full_refit(kind, loss):
    trained, settings = KINDS[kind]
    model = LeastSquares(X, KNOWN, Y[KNOWN], classes=3, **settings)
    assert np.allclose(model.scores(TARGETS), trained(KNOWN, Y[KNOWN])(TARGETS), atol=1e-5)
    for proba in (None, np.random.default_rng(0).dirichlet(np.ones(3), len(CANDIDATES))):
        told = expected_error_reduction(model, CANDIDATES, TARGETS, loss=loss, proba=proba)
        want, now = [], LOSSES[loss](shares(trained(KNOWN, Y[KNOWN])(TARGETS))).mean()
        likely = shares(trained(KNOWN, Y[KNOWN])(CANDIDATES)) if proba is None else proba
        for i, chances in zip(CANDIDATES, likely, strict=True):
            after = 0.0
            for c in range(3):
                again = trained(np.append(KNOWN, i), np.append(Y[KNOWN], c))
                after += chances[c] * LOSSES[loss](shares(again(TARGETS))).mean()
            want.append(now - after)
        assert np.allclose(told, want, rtol=1e-4, atol=2e-6)


def test_it_decides_as_a_ridge_classifier():
    fit = RidgeClassifier(0.7, solver="cholesky").fit(X[KNOWN], Y[KNOWN])
    scores = LeastSquares(X, KNOWN, Y[KNOWN], classes=3, noise=0.7).scores(TARGETS)
    assert np.allclose(2 * scores - 1, fit.decision_function(X[TARGETS]), atol=1e-5)


@pytest.mark.parametrize("known", [12, 3, 0])  # more and fewer labels than features, and none
def test_what_the_variance_falls_by_is_what_processes_fitted_anew_say(known):
    rows, settings = np.arange(known), {"alpha": 0.3, "optimizer": None}

    def variance(rows):
        fit = GaussianProcessRegressor(KERNEL, **settings)
        fit = fit.fit(X[rows], np.zeros(len(rows))) if len(rows) else fit
        return (fit.predict(X[TARGETS], return_std=True)[1] ** 2).mean()

    model = PosteriorVariance(X, rows, noise=0.3, kernel=KERNEL)
    told = expected_variance_reduction(model, CANDIDATES, TARGETS)
    assert np.allclose(told, [variance(rows) - variance(np.append(rows, i)) for i in CANDIDATES], atol=1e-9)


@pytest.mark.parametrize("known", [12, 3, 0])
@pytest.mark.parametrize("intercept", [True, False])
def test_the_linear_one_is_that_of_ridge_regression(known, intercept):
    full = np.column_stack([X, np.ones(40)]) if intercept else X
    penalty = 0.7 * np.diag([1, 1, 1, 1, 1e-6][: full.shape[1]])

    def variance(rows):
        inverse = np.linalg.inv(full[rows].T @ full[rows] + penalty)
        return 0.7 * np.einsum("ij,jk,ik->i", full[TARGETS], inverse, full[TARGETS]).mean()

    rows = np.arange(known)
    model = PosteriorVariance(X, rows, noise=0.7, intercept=intercept)
    told = expected_variance_reduction(model, CANDIDATES, TARGETS)
    want = [variance(rows) - variance(np.append(rows, i)) for i in CANDIDATES]
    assert np.allclose(told, want, rtol=1e-5, atol=1e-9)
    full_variance = 0.7 * np.diag(full @ np.linalg.inv(full[rows].T @ full[rows] + penalty) @ full.T)
    assert np.allclose(model.own(np.arange(40)), full_variance, rtol=1e-6)


@pytest.mark.parametrize("kernel", [None, KERNEL])
def test_sparse_and_float32_alike(kernel):
    dense = np.where(X > 0.5, X, 0)
    told = []
    for x in (dense, csr_array(dense), dense.astype(np.float32)):
        labels = LeastSquares(x, KNOWN, Y[KNOWN], classes=3, kernel=kernel)
        numbers = PosteriorVariance(x, KNOWN, kernel=kernel)
        told.append(
            np.concatenate(
                [
                    expected_error_reduction(labels, CANDIDATES, TARGETS),
                    expected_variance_reduction(numbers, CANDIDATES, TARGETS),
                ]
            )
        )
    assert np.allclose(told[0], told[1], atol=1e-9)
    assert np.allclose(told[0], told[2], atol=1e-4)


@pytest.mark.parametrize("kernel", [None, KERNEL])
@pytest.mark.parametrize("x", [np.zeros((40, 2)), np.repeat(X[:4], 10, axis=0)], ids=["zeros", "repeated"])
def test_degenerate_features_and_no_labels_have_finite_answers(kernel, x):
    for known in (KNOWN, KNOWN[:0]):
        model = LeastSquares(x, known, Y[known], classes=3, noise=1e-10, kernel=kernel)
        assert np.isfinite(expected_error_reduction(model, CANDIDATES, TARGETS)).all()
        assert np.isfinite(expected_variance_reduction(model, CANDIDATES, TARGETS)).all()
    assert np.allclose(model.weights(TARGETS), 1 / 3)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(InvalidInput, match="Without noise"):
        PosteriorVariance(X, KNOWN, noise=0)
    with pytest.raises(InvalidInput, match="class numbers below 3"):
        LeastSquares(X, [0], [3], classes=3)
    with pytest.raises(InvalidInput, match="not all finite"):
        PosteriorVariance([[np.nan]], [0])
    model = PosteriorVariance(X, KNOWN)
    with pytest.raises(InvalidInput, match="nothing to be right about"):
        expected_variance_reduction(model, CANDIDATES, [])
    with pytest.raises(InvalidInput, match="from 0 to 39"):
        expected_variance_reduction(model, [40], TARGETS)
    assert expected_variance_reduction(model, [], TARGETS).shape == (0,)
