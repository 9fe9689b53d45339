"""Measures against scikit-learn's, and what curves come to against numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as theirs
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC

from querist.errors import InvalidInput, MissingCapability
from querist.evaluation.metrics import METRICS, Judged, check_metrics
from querist.evaluation.trajectory import area, deficiency, interpolated, labels_to_reach, lu_aubc, saving
from querist.models import as_model


class Told:
    """A model that says what it is told to."""

    def __init__(self, predicted: Any, proba: Any = None) -> None:
        self.predicted, self._proba = np.asarray(predicted), proba

    def predict(self, x: Any) -> np.ndarray:
        return self.predicted

    def proba(self, x: Any) -> np.ndarray:
        return np.asarray(self._proba)


def measure(name: str, judged: Judged) -> float:
    return METRICS[name].measure(judged)


@st.composite
def classified(draw: Any, k: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = draw(st.integers(4, 40))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    y = np.concatenate([np.arange(k), rng.integers(k, size=n)])
    return y, rng.integers(k, size=len(y)), rng.dirichlet(np.ones(k), size=len(y))


@given(classified())
def test_measures_of_classes_are_those_of_scikit_learn(told: Any) -> None:
    y, said, proba = told
    judged = Judged(Told(said.astype(str), proba), None, y.astype(str), ("0", "1", "2"))
    expected = {
        "accuracy": theirs.accuracy_score(y, said),
        "balanced_accuracy": theirs.balanced_accuracy_score(y, said),
        "f1": theirs.f1_score(y, said, average="macro", zero_division=0),
        "auc": theirs.roc_auc_score(y, proba, multi_class="ovr"),
        "log_loss": theirs.log_loss(y, proba),
        "brier": ((proba - np.eye(3)[y]) ** 2).sum(axis=1).mean(),
    }
    for name, value in expected.items():
        assert measure(name, judged) == pytest.approx(value), name


@given(classified(2))
def test_two_classes(told: Any) -> None:
    y, said, proba = told
    judged = Judged(Told(said.astype(str), proba), None, y.astype(str), ("0", "1"))
    assert measure("auc", judged) == pytest.approx(theirs.roc_auc_score(y, proba[:, 1]))
    assert measure("f1", judged) == pytest.approx(theirs.f1_score(y, said, average="macro", zero_division=0))


def test_the_order_of_the_classes_does_not_matter() -> None:
    y, said = np.array(["10", "9", "b", "9"]), np.array(["10", "b", "b", "9"])
    proba = np.array([[0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [0.1, 0.1, 0.8], [0.9, 0.0, 0.1]])
    judged = Judged(Told(said, proba), None, y, ("9", "10", "b"))  # by value, not as words are sorted
    assert judged.truth.tolist() == [1, 0, 2, 0]
    assert measure("f1", judged) == pytest.approx(theirs.f1_score(y, said, average="macro"))
    expected = -np.log([0.8, 0.2, 0.8, 0.9]).mean()
    assert measure("log_loss", judged) == pytest.approx(expected)


def test_calibration_by_hand() -> None:
    proba = np.array([[0.95, 0.05], [0.95, 0.05], [0.4, 0.6], [1.0, 0.0]])
    judged = Judged(Told(["a"] * 4, proba), None, np.array(["a", "b", "b", "a"]), ("a", "b"))
    # bin 14 of 15: 0.95, 0.95, 1.0 with 2 of 3 right; bin 9: 0.6, right
    assert measure("ece", judged) == pytest.approx((abs(2.9 - 2) + abs(0.6 - 1)) / 4)


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=2, max_size=30))
def test_measures_of_numbers(pairs: Any) -> None:
    y, said = np.array(pairs).T
    judged = Judged(Told(said), None, y)
    assert measure("rmse", judged) == pytest.approx(theirs.root_mean_squared_error(y, said))
    assert measure("mae", judged) == pytest.approx(theirs.mean_absolute_error(y, said))
    if np.ptp(y) > 1e-3:
        assert measure("r2", judged) == pytest.approx(theirs.r2_score(y, said))


def test_a_classifier_without_probabilities_is_ranked_by_its_distances() -> None:
    x, y = load_iris(return_X_y=True)
    svm = as_model(SVC(), classes=["0", "1", "2"]).fitted(x, y.astype(str))
    judged = Judged(svm, x, y.astype(str), ("0", "1", "2"))
    assert measure("auc", judged) > 0.99
    with pytest.raises(MissingCapability):
        measure("log_loss", judged)
    one = as_model(GaussianNB(), classes=["0", "1", "2"]).fitted(x[:5], y[:5].astype(str))
    assert measure("auc", Judged(one, x, y.astype(str), ("0", "1", "2"))) == 0.5


def test_a_measure_that_is_none_is_told() -> None:
    with pytest.raises(InvalidInput, match="accuracy, balanced_accuracy"):
        check_metrics(["acc"])


# ---------------------------------------------------------------- trajectories


def test_the_area_does_not_depend_on_how_often_it_was_measured() -> None:
    line = np.linspace(0.5, 0.9, 81)
    assert area(np.arange(20, 101), line) == pytest.approx(0.7)
    assert area([20, 60, 100], line[::40]) == pytest.approx(0.7)


def test_lu_s_area_is_divided_by_the_questions() -> None:
    """A flat curve of height 1 over n questions gives (n - 1) / n: the trap that the tables hold."""
    labels = np.arange(20, 63)
    flat = np.ones(len(labels))
    flat[0] = 0.1  # what was known before the first question has no part in it
    assert lu_aubc(labels, flat) == pytest.approx(41 / 42)
    assert area(labels, np.ones(len(labels))) == pytest.approx(1.0)


def test_labels_to_reach_by_hand() -> None:
    curve = np.array([0.5, 0.7, 0.6, 0.9])
    assert labels_to_reach(0.4, [10, 20, 30, 40], curve) == 10
    assert labels_to_reach(0.6, [10, 20, 30, 40], curve) == pytest.approx(15)
    assert labels_to_reach(0.75, [10, 20, 30, 40], curve) == pytest.approx(35)
    assert labels_to_reach(0.95, [10, 20, 30, 40], curve) == np.inf


def test_savings_by_hand() -> None:
    budgets, slow, fast = [10, 20, 30, 40], np.array([0.5, 0.6, 0.7, 0.8]), np.array([0.5, 0.8, 0.8, 0.8])
    assert saving(0.8, budgets, fast, slow) == pytest.approx(0.5)
    assert saving(0.8, budgets, slow, fast) == pytest.approx(-1.0)
    assert saving(0.8, budgets, slow - 0.2, fast) == -np.inf
    assert np.isnan(saving(0.95, budgets, fast, slow))


def test_deficiency_by_hand() -> None:
    budgets, slow = [0, 10, 20], np.array([0.4, 0.6, 0.8])
    assert deficiency(budgets, slow, slow) == pytest.approx(1.0)
    assert deficiency(budgets, np.array([0.8, 0.8, 0.8]), slow) == pytest.approx(0.0)
    assert deficiency(budgets, np.array([0.4, 0.7, 0.8]), slow) == pytest.approx(0.15 / 0.2)
    assert np.isnan(deficiency(budgets, slow, np.ones(3)))
    assert np.isnan(deficiency(budgets, slow, slow[::-1])), "it falls: there is no way up to have less of"


def test_values_between_measurements_lie_on_the_line() -> None:
    assert interpolated([15], np.array([10, 20]), np.array([0.0, 1.0])).tolist() == [0.5]
