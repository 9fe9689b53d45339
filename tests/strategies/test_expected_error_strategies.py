"""Expected error and the value of information: the closed form of the model, its prices, its bounds."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.linear_model import Lasso, LogisticRegression, Ridge, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from querist.errors import InvalidInput, MissingCapability
from querist.kernels import (
    GaussianBayes,
    LeastSquares,
    LogisticStep,
    NearestLabels,
    ParzenWindow,
    PosteriorVariance,
    expected_error_reduction,
    expected_variance_reduction,
    mean_criterion,
)
from querist.models import as_model, closed_form
from querist.strategies import ExpectedErrorReduction, ExpectedOutputChange, McPal, ValueOfInformation, XPal
from querist.testing import blobs, check_strategy, snapshot_of

X, Y = blobs(50)
KNOWN, REST = np.arange(12), np.arange(12, 50)
LABELS = np.searchsorted(["a", "b", "c"], Y[KNOWN])


def asked(strategy, estimator, n=38, **more):
    model = as_model(estimator, ["a", "b", "c"]).fitted(X[KNOWN], Y[KNOWN])
    snapshot = snapshot_of(X, Y, labelled=KNOWN, model=model, **more)
    proposal = strategy.propose(snapshot, n)
    return model, dict(zip(proposal.ids, proposal.scores, strict=True))


@pytest.mark.parametrize("loss", ["log", "zero_one"])
@pytest.mark.parametrize("kind", ["logistic", "naive_bayes", "nearest", "parzen"])
def test_the_closed_form_is_that_of_the_model(kind, loss):
    scale = StandardScaler()
    estimator = {
        "logistic": make_pipeline(scale, LogisticRegression(C=2.0)),
        "naive_bayes": make_pipeline(scale, GaussianNB()),
        "nearest": make_pipeline(scale, KNeighborsClassifier(3)),
        "parzen": make_pipeline(scale, RandomForestClassifier(5)),
    }[kind]
    model, scores = asked(ExpectedErrorReduction(loss), estimator)
    x = model.embed(X)
    future = {
        "logistic": lambda: LogisticStep(x, KNOWN, lambda at: model.proba(X[at]), penalty=0.5),
        "naive_bayes": lambda: GaussianBayes(x, KNOWN, LABELS, classes=3),
        "nearest": lambda: NearestLabels(x, KNOWN, LABELS, classes=3, k=3),
        "parzen": lambda: ParzenWindow(
            x,
            KNOWN,
            LABELS,
            classes=3,
            radius=mean_criterion(x[np.r_[KNOWN, REST, REST]], 12),
        ),
    }[kind]()
    want = expected_error_reduction(future, REST, REST, proba=model.proba(X[REST]), loss=loss)
    assert np.allclose([scores[f"item-{row}"] for row in REST], want, atol=1e-9)


def test_settings_that_no_closed_form_fits_fall_back_on_the_window():
    for estimator in (
        LogisticRegression(class_weight="balanced"),
        LogisticRegression(C=np.inf),
        GaussianNB(priors=[0.5, 0.5]),
        KNeighborsClassifier(weights="distance"),
        KNeighborsClassifier(metric="cosine"),
        RidgeClassifier(class_weight="balanced"),
        Ridge(positive=True),
        Ridge(alpha=0),
        GaussianProcessRegressor(),  # not fitted: its kernel is not known yet
        GaussianProcessClassifier(),
    ):
        assert closed_form(as_model(estimator)) == ("", {})
    assert closed_form(None) == ("", {})


def test_value_counts_costs_and_prices():
    prices = np.linspace(1, 3, 50)
    costs = (("a", "b", 7.0), ("c", "c", 0.5), ("a", "none", 9.0))
    free = asked(ValueOfInformation(costs), GaussianNB(), costs=prices)
    dear = asked(ValueOfInformation(costs, price=0.25), GaussianNB(), costs=prices)[1]
    matrix = np.array([[0, 7, 1], [1, 0, 1], [1, 1, 0.5]])
    want = 38 * expected_error_reduction(
        GaussianBayes(X, KNOWN, LABELS, classes=3),
        REST,
        REST,
        proba=free[0].proba(X[REST]),
        loss="costs",
        costs=matrix,
    )
    assert np.allclose([free[1][f"item-{row}"] for row in REST], want)
    assert np.allclose([dear[f"item-{row}"] for row in REST], want - 0.25 * prices[REST])


def test_a_sub_pool_still_answers_in_full():
    strategy = ExpectedErrorReduction(among=5, targets=4)
    assert len(asked(strategy, GaussianNB(), n=20)[1]) == 20
    some = asked(strategy, GaussianNB(), n=2)[1]
    assert some == asked(strategy, GaussianNB(), n=2)[1]


@pytest.mark.parametrize("kind", [ExpectedErrorReduction, ValueOfInformation, XPal, McPal])
def test_a_model_of_numbers_is_told_what_to_do(kind):
    model = as_model(Lasso()).fitted(X[KNOWN], X[KNOWN, 0])
    with pytest.raises(MissingCapability, match=r"needs model.proba\(x\)"):
        kind().propose(snapshot_of(X, X[:, 0], labelled=KNOWN, model=model), 2)


@pytest.mark.parametrize(
    ("estimator", "settings"),
    [
        (Ridge(0.5), {"noise": 0.5}),
        (Ridge(0.5, fit_intercept=False), {"noise": 0.5, "intercept": False}),
        (
            GaussianProcessRegressor(RBF(2.0) + WhiteKernel(0.25), alpha=0.05, optimizer=None),
            {"noise": 0.3, "kernel": RBF(2.0)},
        ),
    ],
)
def test_of_numbers_the_variance_is_the_error(estimator, settings):
    model = as_model(make_pipeline(StandardScaler(), estimator)).fitted(X[KNOWN], X[KNOWN, 0])
    snapshot = snapshot_of(X, X[:, 0], labelled=KNOWN, model=model)
    proposal = ExpectedErrorReduction().propose(snapshot, 38)
    known = PosteriorVariance(model.embed(X), KNOWN, **settings)
    want = dict(zip(REST, expected_variance_reduction(known, REST, REST), strict=True))
    assert np.allclose(proposal.scores, [want[int(one.split("-")[1])] for one in proposal.ids])
    assert (np.diff(proposal.scores) <= 1e-12).all() and proposal.scores.min() > 0


def test_a_classifier_by_least_squares_needs_no_probabilities():
    model, scores = asked(ExpectedErrorReduction("zero_one"), RidgeClassifier(0.5))
    assert not hasattr(model, "proba")
    future = LeastSquares(X, KNOWN, LABELS, classes=3, noise=0.5)
    want = expected_error_reduction(future, REST, REST, loss="zero_one")
    assert np.allclose([scores[f"item-{row}"] for row in REST], want)
    for kind in (ValueOfInformation, ExpectedOutputChange):
        assert len(asked(kind(), RidgeClassifier())[1]) == 38


def test_a_gaussian_process_of_two_classes_moves_by_its_kernel():
    y = np.where(X[:, 0] > 0.5, "b", "a")
    fit = GaussianProcessClassifier(4.0 * RBF(2.0), optimizer=None)
    model = as_model(fit, ["a", "b"]).fitted(X[KNOWN], y[KNOWN])
    kind, settings = closed_form(model)
    assert kind == "least_squares" and settings["noise"] == 0.25
    assert np.allclose(settings["kernel"](X[:5], X[:3]), RBF(2.0)(X[:5], X[:3]) / 4)
    snapshot = snapshot_of(X, y, labelled=KNOWN, model=model)
    proposal = ExpectedErrorReduction().propose(snapshot, 38)
    scores = dict(zip(proposal.ids, proposal.scores, strict=True))
    labels = (y[KNOWN] == "b").astype(int)
    future = LeastSquares(X, KNOWN, labels, classes=2, noise=0.25, kernel=lambda a, b: RBF(2.0)(a, b) / 4)
    want = expected_error_reduction(future, REST, REST, proba=model.proba(X[REST]))
    assert np.allclose([scores[f"item-{row}"] for row in REST], want)


@pytest.mark.parametrize("jobs", [None, 2])
def test_refits_are_what_they_say(jobs):
    costs = (("a", "b", 7.0), ("c", "c", 0.5))
    matrix = np.array([[0, 7, 1], [1, 0, 1], [1, 1, 0.5]])
    of = {
        "log": lambda p: -(p * np.log(np.maximum(p, 1e-300))).sum(axis=1).mean(),
        "zero_one": lambda p: 1 - p.max(axis=1).mean(),
        "costs": lambda p: np.einsum("ni,ij,nj->n", p, matrix, p).mean() * 38,
    }
    for loss, error in of.items():
        settings = {"updates": "refit", "jobs": jobs}
        kind = ValueOfInformation(costs, **settings) if loss == "costs" else None
        estimator = KNeighborsClassifier(3, weights="distance")
        model, scores = asked(kind or ExpectedErrorReduction(loss, **settings), estimator)
        for row in REST[:6]:
            want = error(model.proba(X[REST]))
            for c, chance in zip("abc", model.proba(X[[row]])[0], strict=True):
                if chance > 0:
                    again = estimator.fit(X[np.append(KNOWN, row)], np.append(Y[KNOWN], c))
                    want -= chance * error(again.predict_proba(X[REST]))
            assert np.isclose(scores[f"item-{row}"], want, atol=1e-12)


def test_refits_are_by_copies():
    model = as_model(GaussianNB(), ["a", "b", "c"]).fitted(X[KNOWN], Y[KNOWN])
    before = pickle.dumps(model)
    ExpectedErrorReduction(updates="refit", among=4).propose(
        snapshot_of(X, Y, labelled=KNOWN, model=model), 2
    )
    assert pickle.dumps(model) == before


def test_exact_closed_forms_ask_what_refits_ask():
    for estimator in (GaussianNB(), KNeighborsClassifier(3)):
        closed = asked(ExpectedErrorReduction(), estimator)[1]
        anew = asked(ExpectedErrorReduction(updates="refit"), estimator)[1]
        assert all(np.isclose(closed[name], anew[name], atol=1e-6) for name in anew)


@pytest.mark.parametrize("updates", ["logistic", "naive_bayes", "nearest"])
def test_every_update_keeps_the_laws(updates):
    check_strategy(ExpectedErrorReduction(updates=updates, among=60, targets=40))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ExpectedErrorReduction("hinge"),
        lambda: ExpectedErrorReduction(updates="anew"),
        lambda: ExpectedErrorReduction(jobs=0),
        lambda: ExpectedOutputChange(updates="refit"),
        lambda: ExpectedErrorReduction(among=0),
        lambda: ValueOfInformation((("a", "b", -1.0),)),
        lambda: ValueOfInformation(price=float("nan")),
    ],
)
def test_what_makes_no_sense_is_refused(make):
    with pytest.raises(InvalidInput):
        make()
