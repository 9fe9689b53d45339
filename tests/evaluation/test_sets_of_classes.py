"""Experiments whose labels are sets of classes: measured, repeatable, and better than random."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics
from sklearn.datasets import make_multilabel_classification
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from querist.errors import InvalidInput
from querist.evaluation import METRICS, Curves, Dataset, Experiment, simulate
from querist.evaluation.metrics import Judged
from querist.models import as_model
from querist.tasks import label_sets

X, TABLE = make_multilabel_classification(
    300, n_features=20, n_classes=5, n_labels=2, length=50, allow_unlabeled=True, random_state=0
)
X = np.sqrt(X)
MODEL = LogisticRegression(C=1.0, max_iter=1000)


def quick(y: Any = TABLE, **changes: Any) -> Curves:
    settings = {"strategies": ["average_confidence"], "model": MODEL, "seeds": 2, "budget": 30, "workers": 1}
    return simulate(X, y, **{**settings, **changes})


def test_a_matrix_and_sets_are_the_same_data() -> None:
    curves = quick()
    assert curves.measures_of(None)[:2] == ("micro_f1", "subset_accuracy")
    again = quick([set(one) for one in label_sets(TABLE, range(5))])
    for name in ("micro_f1", "subset_accuracy"):
        values = curves.values("average_confidence", metric=name)
        assert values.shape == (2, 3) and ((values >= 0) & (values <= 1)).all()
        assert (again.values("average_confidence", metric=name) == values).all()


def test_a_test_set_of_its_own_and_the_usual_strategies() -> None:
    curves = simulate(
        X[:200], TABLE[:200], test=(X[200:], TABLE[200:]), model=MODEL, seeds=1, budget=20, workers=1
    )
    assert curves.strategies == ("random", "binary_minimum", "average_confidence", "default")
    assert curves.mean("default")[-1] > 0.4


def test_measures_are_those_of_scikit_learn() -> None:
    names = ("a", "b", "c", "d", "e")
    data = Dataset("sets", X, label_sets(TABLE, names))
    assert data.task == "sets" and data.classes == names and len(data) == 300
    for estimator in (MODEL, LinearSVC()):
        model = as_model(estimator, names).fitted(X[:100], data.y[:100].tolist())
        judged = Judged(model, X[100:], data.y[100:], names)
        true, said = TABLE[100:], judged.said_sets
        scores = model.marginals(X[100:]) if estimator is MODEL else model.label_decision(X[100:])
        theirs = {
            "micro_f1": metrics.f1_score(true, said, average="micro"),
            "macro_f1": metrics.f1_score(true, said, average="macro"),
            "subset_accuracy": metrics.accuracy_score(true, said),
            "hamming_loss": metrics.hamming_loss(true, said),
            "ranking": metrics.label_ranking_average_precision_score(true, scores),
        }
        assert set(theirs) == {name for name, one in METRICS.items() if one.task == "sets"}
        for name, value in theirs.items():
            assert METRICS[name].measure(judged) == pytest.approx(value), name


def test_experiments_take_sets_too() -> None:
    data = Dataset("sets", X, TABLE)
    experiment = Experiment.of(data, ["cvirs@logistic"], "naive_bayes", 10, 1, start=10, budget=20)
    curves = experiment.run(workers=1)
    assert curves.budgets == (10, 20) and data.sha256 == Dataset("other", X, TABLE).sha256
    with pytest.raises(InvalidInput, match="None of accuracy measures sets"):
        Experiment.of(data, ["cvirs"], metrics=("accuracy",)).run(workers=1)
    with pytest.raises(InvalidInput, match="labelled 'a', which is no set"):
        Dataset("mixed", X[:2], [("a",), "a"])
    assert Dataset("one", X[:2], [("a",), ()], task="sets").classes == ("a",)


def test_doubt_beats_random() -> None:
    """Ten paired seeds on long documents: the whole curve of micro F1 lies higher, beyond chance.

    On short ones (length=50) no classifier passes .55 and asking where it doubts gains nothing.
    """
    x, table = make_multilabel_classification(2000, n_classes=5, length=500, random_state=0)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    curves = simulate(
        x, table, strategies=["binary_minimum"], model=MODEL, start=20, budget=220, batch=20, workers=1
    )
    gain = curves.area("binary_minimum") - curves.area("random")
    assert gain.mean() > 2.26 * gain.std(ddof=1) / np.sqrt(10), f"it gains {gain}"
