"""Acquisitions that mind costs and boundaries, against their kernels."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from querist.acquisition import Boundary, ConfidenceRatio, CostMargin, ExpectedCost, LeastConfidence, Margin
from querist.errors import InvalidInput, MissingCapability
from querist.kernels import boundary, confidence_ratio, cost_margin, expected_cost
from querist.models import Prediction, as_model
from querist.testing import Centroids, blobs

X, Y = blobs(40)
MODEL = Centroids(("a", "b", "c")).fitted(X, Y)
PREDICTION = Prediction(MODEL, X)
TRIPLES = (("a", "b", 5.0), ("c", "a", 0.5), ("b", "b", 2.0), ("c", "nobody", 99.0))
MATRIX = np.array([[0.0, 5.0, 1.0], [1.0, 2.0, 1.0], [0.5, 1.0, 0.0]])


def test_costs_are_named_by_classes():
    proba = PREDICTION.proba
    assert np.allclose(ExpectedCost(TRIPLES)(PREDICTION), expected_cost(proba, MATRIX))
    assert np.allclose(CostMargin(TRIPLES)(PREDICTION), 5 + cost_margin(proba, MATRIX))
    turned = Prediction(Centroids(("c", "a", "b")).fitted(X, Y), X)
    for made in (ExpectedCost(TRIPLES), CostMargin(TRIPLES)):
        assert np.allclose(made(turned), made(PREDICTION)) and made(PREDICTION).min() >= 0


def test_without_costs_they_are_the_plain_ones():
    assert np.allclose(ExpectedCost()(PREDICTION), LeastConfidence()(PREDICTION))
    assert np.allclose(CostMargin()(PREDICTION), Margin()(PREDICTION))
    assert np.allclose(ConfidenceRatio()(PREDICTION), confidence_ratio(PREDICTION.proba))


@pytest.mark.parametrize("kind", [ExpectedCost, CostMargin])
@pytest.mark.parametrize(
    "costs",
    [
        (("a", "b"),),
        (("a", "b", -1.0),),
        (("a", "b", "dear"),),
        (("a", "b", float("nan")),),
        (("a", "b", float("inf")),),
        (("a", "b", 1.0), ("a", "b", 2.0)),
        ("abc",),
    ],
)
def test_wrong_costs_are_refused_at_birth(kind, costs):
    with pytest.raises(InvalidInput, match=r"triple|one finite number"):
        kind(costs)


def test_a_machine_without_probabilities_tells_its_boundary():
    model = as_model(LinearSVC(random_state=0)).fitted(X, Y)
    prediction = Prediction(model, X)
    for of in ("leaders", "any"):
        scores = Boundary(of)(prediction)
        assert (np.argsort(scores) == np.argsort(boundary(model.decision(X), of=of))).all()
        assert scores.min() > 0 and scores.max() <= 1
    with pytest.raises(InvalidInput, match="no boundary of 'x'"):
        Boundary("x")
    with pytest.raises(MissingCapability, match="decision_function"):
        Boundary()(Prediction(object(), X))
