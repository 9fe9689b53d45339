"""The figures that compare a model with the one before it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from querist.campaign import Movement
from querist.campaign.movement import LEVELS
from querist.models import as_model

RNG = np.random.default_rng(0)
X = RNG.standard_normal((300, 4))
Y = np.array(["a", "b", "c"])[np.argmax(X[:, :3] + 0.3 * RNG.standard_normal((300, 3)), axis=1)]
LINEAR = [
    LogisticRegression(),
    LogisticRegression(C=10.0),
    make_pipeline(StandardScaler(), LogisticRegression()),
]


def figures(movement, estimator, n, classes=("a", "b", "c"), y=Y):
    rows = np.arange(n)
    model = as_model(estimator, classes=classes).fitted(X[rows], y[rows])
    return movement.figures(model, model.proba(X), X, rows, y[rows])  # labelled in the order of the rows


@pytest.mark.parametrize("estimator", LINEAR, ids=str)
def test_every_figure_is_told_from_the_second_model_on(estimator):
    movement = Movement()
    assert sorted(figures(movement, estimator, 20)) == ["curve", "gains", "uncertainty"]
    told = figures(movement, estimator, 40)
    assert sorted(told) == [
        "changed", "curve", "delta_f", "error_change", "gains", "kappa", "stability", "uncertainty",
    ]  # fmt: skip
    assert all(0 <= value <= 1 for name, value in told.items() if name != "gains")
    assert len(told["gains"]) == len(LEVELS) and told["gains"] == sorted(told["gains"])


def test_the_figures_by_hand():
    movement = Movement()
    models = [as_model(LogisticRegression(), classes=("a", "b", "c")).fitted(X[:n], Y[:n]) for n in (20, 60)]
    first, second = (model.proba(X).argmax(axis=1) for model in models)
    figures(movement, LogisticRegression(), 20)
    told = figures(movement, LogisticRegression(), 60)
    assert told["stability"] == (first == second).mean()
    assert told["changed"] == (first != second)[20:].mean(), "of those without a label before"
    proba = models[1].proba(X)[60:]
    assert told["uncertainty"] == pytest.approx(-(proba * np.log(proba)).sum(axis=1).mean() / np.log(3))


def last_doubling(n, half):
    """What the labels after the first ``half`` of ``n`` gained, times the doublings that are left."""
    now, before = (
        as_model(LogisticRegression(), classes=("a", "b", "c")).fitted(X[:k], Y[:k]) for k in (n, half)
    )
    proba, said = now.proba(X), before.proba(X).argmax(axis=1)
    gained = sum(row.max() - row[column] for row, column in zip(proba, said, strict=True)) / len(X)
    return gained * np.log2(len(X) / n)


def test_the_curve_looks_back_to_half_of_the_labels():
    movement = Movement()
    for n in (20, 21, 40, 60, 80):
        told = figures(movement, LogisticRegression(), n)["curve"]
        half = {20: 10, 21: 10, 40: 20, 60: 21, 80: 40}[n]  # the newest of half the labels at most
        assert told == pytest.approx(last_doubling(n, half)), f"{n} labels"


def test_a_learner_that_begins_late_fits_half_of_the_labels_once():
    late = Movement()
    assert figures(late, LogisticRegression(), 100)["curve"] == pytest.approx(last_doubling(100, 50))
    assert figures(late, LogisticRegression(), 110)["curve"] == pytest.approx(last_doubling(110, 50))
    assert "curve" not in figures(Movement(), LogisticRegression(), 7), "half of so few is no model"


def test_labels_that_were_taken_back_begin_the_curve_anew():
    movement = Movement()
    figures(movement, LogisticRegression(), 100)
    assert figures(movement, LogisticRegression(), 60)["curve"] == pytest.approx(last_doubling(60, 30))


@pytest.mark.parametrize("classes", [("a", "b", "c"), ("a", "b", "c", "never seen")])
def test_what_is_left_to_gain_falls_and_is_nothing_at_the_end(classes):
    told = [figures(Movement(), LogisticRegression(), n, classes)["gains"] for n in (20, 150, 300)]
    assert told[0][3] > told[1][3] > told[2][3] == 0


def test_two_classes_are_read_as_scikit_learn_means_them():
    y = np.where(X[:, 0] > 0, "a", "b")
    told = [figures(Movement(), LogisticRegression(), n, ("a", "b"), y)["gains"][3] for n in (20, 150)]
    assert told[0] > told[1] > 0
    within = figures(Movement(), LogisticRegression(), 20, ("a", "b", "c"), y)["gains"][3]
    assert within == pytest.approx(told[0]), "a class without a label changes nothing"


@pytest.mark.parametrize("estimator", [RandomForestClassifier(10), GaussianNB()], ids=str)
def test_a_model_without_a_linear_last_layer_tells_no_gain(estimator):
    assert "gains" not in figures(Movement(), estimator, 60)


def test_probabilities_from_elsewhere_are_no_softmax_of_the_layer():
    model = as_model(LinearSVC(), classes=("a", "b", "c")).fitted(X[:60], Y[:60])
    told = Movement().figures(model, np.full((300, 3), 1 / 3), X, np.arange(60), Y[:60])
    assert "gains" not in told and told["uncertainty"] == pytest.approx(1)


def test_one_class_alone_tells_no_gain():
    assert "gains" not in figures(Movement(), LogisticRegression(), 20, y=np.full(300, "a"))


def test_more_columns_than_a_posterior_is_worth():
    wide = np.hstack([X, np.zeros((300, 1100))])
    model = as_model(LogisticRegression(), classes=("a", "b", "c")).fitted(wide[:60], Y[:60])
    assert "gains" not in Movement().figures(model, model.proba(wide), wide, np.arange(60), Y[:60])


def test_a_pool_that_grew_is_not_compared():
    movement = Movement(np.zeros(299, dtype=int))
    assert "stability" not in figures(movement, GaussianNB(), 30)
    assert Movement(np.zeros(300, dtype=int)).figures(
        None, np.eye(3)[np.zeros(300, dtype=int)], X, np.arange(300), Y
    ) == {"uncertainty": 0.0, "stability": 1.0, "kappa": 1.0, "delta_f": 0.0}
