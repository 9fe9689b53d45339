"""Expected error and the value of information: the closed form of the model, its prices, its bounds."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from querist.errors import InvalidInput, MissingCapability
from querist.kernels import (
    GaussianBayes,
    LogisticStep,
    NearestLabels,
    ParzenWindow,
    expected_error_reduction,
    mean_criterion,
)
from querist.models import as_model, closed_form
from querist.strategies import ExpectedErrorReduction, McPal, ValueOfInformation, XPal
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
    model = as_model(Ridge()).fitted(X[KNOWN], X[KNOWN, 0])
    with pytest.raises(MissingCapability, match=r"needs model.proba\(x\)"):
        kind().propose(snapshot_of(X, X[:, 0], labelled=KNOWN, model=model), 2)


@pytest.mark.parametrize("updates", ["logistic", "naive_bayes", "nearest"])
def test_every_update_keeps_the_laws(updates):
    check_strategy(ExpectedErrorReduction(updates=updates, among=60, targets=40))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ExpectedErrorReduction("hinge"),
        lambda: ExpectedErrorReduction(updates="refit"),
        lambda: ExpectedErrorReduction(among=0),
        lambda: ValueOfInformation((("a", "b", -1.0),)),
        lambda: ValueOfInformation(price=float("nan")),
    ],
)
def test_what_makes_no_sense_is_refused(make):
    with pytest.raises(InvalidInput):
        make()
