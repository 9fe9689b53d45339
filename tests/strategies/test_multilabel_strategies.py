"""Strategies over sets of classes: all of the registry, and what each of ours makes of real labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from querist import Campaign, MultiLabel, Pool, kernels
from querist.acquisition import Adaptive, BinaryMinimum, CardinalityInconsistency, Cvirs, MaxLossReduction
from querist.errors import InvalidInput, MissingCapability
from querist.models import as_model
from querist.strategies import Audi, Explore, Snapshot, as_strategy, names, predicted
from querist.tasks import label_sets
from querist.testing import Fixed, check_proposal, snapshot_of

X, TABLE = make_multilabel_classification(90, n_classes=4, random_state=3)
CLASSES = ("a", "b", "c", "d")
SETS = label_sets(TABLE, CLASSES)
OURS = [
    "adaptive", "audi", "average_confidence", "average_score", "binary_minimum",
    "cardinality_inconsistency", "cvirs", "max_loss", "max_score", "mean_max_loss", "min_confidence", "mmc",
]  # fmt: skip


def snapshot(rows: Any = range(30), *, y: Any = SETS, estimator: Any = None, x: Any = X) -> Snapshot:
    rows = list(rows)
    estimator = LogisticRegression(max_iter=2000) if estimator is None else estimator
    model = as_model(estimator, CLASSES)
    fitted = model.fitted(x[rows], [y[row] for row in rows]) if rows else None
    return Snapshot(Pool(x), labels={row: y[row] for row in rows}, model=fitted, seed=1)


@pytest.mark.parametrize("name", names())
def test_any_strategy_answers_or_says_what_it_lacks(name):
    """With labels that are sets a strategy for one class an item says so; none misreads the chances."""
    now = snapshot()
    try:
        proposal = as_strategy(name).propose(now, 4)
    except MissingCapability as error:
        assert name not in OURS and error.mend, f"{name}: {error}"
    else:
        check_proposal(proposal, now, 4)


@pytest.mark.parametrize("name", OURS)
def test_ours_work_cold_with_one_label_and_on_constant_rows(name):
    strategy = as_strategy(name)
    for now in (
        snapshot([]),
        snapshot([0]),
        snapshot([0], y=[()] * 90),
        snapshot(range(20), y=[("a",)] * 90),
        snapshot(range(20), y=[("a", "b") if i % 2 else ("a",) for i in range(90)]),
        snapshot(x=np.full((90, 3), 2.0)),
        snapshot(estimator=RandomForestClassifier(5, random_state=0)),
    ):
        check_proposal(strategy.propose(now, 5), now, 5)
    nothing = as_model(LogisticRegression()).fitted(X[:3], [()] * 3)
    now = Snapshot(Pool(X), labels={0: (), 1: (), 2: ()}, model=nothing)
    check_proposal(strategy.propose(now, 5), now, 5)


@pytest.mark.parametrize("name", OURS)
def test_machines_without_chances_serve_those_that_read_decisions(name):
    now = snapshot(estimator=LinearSVC())
    if name in (
        "audi",
        "adaptive",
        "binary_minimum",
        "cardinality_inconsistency",
        "max_loss",
        "mean_max_loss",
    ):
        check_proposal(as_strategy(name).propose(now, 3), now, 3)
    else:
        with pytest.raises(MissingCapability, match="a classifier with predict_proba"):
            as_strategy(name).propose(now, 3)


@pytest.mark.parametrize("name", OURS)
def test_ours_refuse_a_model_of_one_class_an_item(name):
    model = as_model(LogisticRegression()).fitted([[0.0], [1.0]], ["a", "b"])
    with pytest.raises(MissingCapability, match="sets of classes"):
        as_strategy(name).propose(Snapshot(Pool([[0.0], [1.0], [2.0]]), {0: "a", 1: "b"}, model=model), 1)


def test_acquisitions_are_their_kernels():
    prediction = predicted(snapshot())
    model, known = prediction.model, TABLE[:30].astype(bool)
    f, p = model.label_decision(X[30:]), model.marginals(X[30:])
    mean = known.sum(axis=1).mean()
    assert np.allclose(BinaryMinimum()(prediction), 1 / (1 + np.abs(f).min(axis=1)))
    assert np.allclose(CardinalityInconsistency()(prediction), kernels.cardinality_inconsistency(f, mean))
    assert np.allclose(Adaptive(0.2)(prediction), kernels.adaptive(f, mean, 0.2))
    assert np.allclose(Cvirs()(prediction), kernels.cvirs(p, known))
    want = kernels.max_loss_reduction(p, model.marginals(X[:30]), known.sum(axis=1))
    assert np.allclose(MaxLossReduction()(prediction), want)
    with pytest.raises(InvalidInput, match="beta"):
        Adaptive(2.0)


def test_audi_names_the_class_in_question():
    now = snapshot()
    f, mean = now.model.label_decision(X[30:]), TABLE[:30].sum(axis=1).mean()
    rows, columns, worth = kernels.audi(f, mean, 6)
    proposal = Audi().propose(now, 6)
    assert list(proposal.ids) == (rows + 30).tolist() and np.allclose(proposal.scores, worth)
    assert list(proposal.parts) == [CLASSES[column] for column in columns]
    assert all(repr(part) in why for part, why in zip(proposal.parts, proposal.why, strict=True))
    nearest = Audi(by_size=False).propose(now, 60)
    distances = [
        abs(f[row - 30, CLASSES.index(part)]) for row, part in zip(nearest.ids, nearest.parts, strict=True)
    ]
    assert distances == sorted(distances)
    assert Audi().propose(snapshot([]), 3).parts == ()


def test_equals_are_told_their_chance():
    now = snapshot_of(X[:6], model=Fixed([0.7, 0.2]))
    assert np.allclose(Audi().propose(now, 3).probabilities, [1 / 6, 1 / 5, 1 / 4])


def test_the_class_in_question_passes_through_the_honest_share():
    now = snapshot()
    mixed = Explore("audi", share=0.5).propose(now, 20)
    assert set(mixed.arms) == {"active", "random"} and len(mixed.parts) == 20
    for arm, part in zip(mixed.arms, mixed.parts, strict=True):
        assert (part is None) == (arm == "random")
    one = Campaign(Pool(X), MultiLabel(CLASSES), strategy="audi", model=LogisticRegression(max_iter=2000))
    one.tell({row: SETS[row] for row in range(30)})
    assert "whether it has" in one.why(one.ask()[0])
