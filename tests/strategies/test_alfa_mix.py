"""ALFA-Mix: the closed form against mixtures that are made; then groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from querist.data import Pool
from querist.errors import InvalidInput, MissingCapability
from querist.kernels import flip_strength
from querist.models import as_model
from querist.strategies import AlfaMix, Snapshot, as_strategy
from querist.testing import blobs, snapshot_of

RNG = np.random.default_rng(0)


def mixed(z: np.ndarray, anchor: np.ndarray, weights: Any, bias: Any, epsilon: float) -> np.ndarray:
    """The paper's formulas as they stand: the gradient, alpha for each feature, the mixture."""
    logits = weights @ z + bias
    p = np.exp(logits - logits.max())
    p /= p.sum()
    p[logits.argmax()] -= 1
    gradient = p @ weights
    alpha = epsilon * np.linalg.norm(anchor - z) * gradient / (np.linalg.norm(gradient) * (anchor - z))
    assert np.linalg.norm(alpha * (anchor - z)) == pytest.approx(epsilon * np.linalg.norm(anchor - z))
    return alpha * anchor + (1 - alpha) * z


@pytest.mark.parametrize("classes", [2, 3, 6])
@pytest.mark.parametrize("kind", [np.asarray, csr_array])
def test_the_class_changes_where_the_closed_form_says(classes: int, kind: Any) -> None:
    x, anchors = RNG.normal(size=(40, 5)), RNG.normal(size=(classes, 5))
    weights, bias = RNG.normal(size=(classes, 5)), RNG.normal(size=classes)
    told = flip_strength(kind(x), weights, bias, anchors)
    assert np.isfinite(told).sum() > 20
    for z, epsilon in zip(x, told, strict=True):
        guess = (weights @ z + bias).argmax()

        def says(length: float, z: np.ndarray = z) -> list[int]:
            return [int((weights @ mixed(z, a, weights, bias, length) + bias).argmax()) for a in anchors]

        if np.isfinite(epsilon):
            assert set(says(epsilon * 0.999999)) == {guess}
            assert set(says(epsilon * 1.000001)) != {guess}
        else:
            assert set(says(1e3)) == {guess}


def test_sure_rows_are_told_apart_too() -> None:
    """The gradient of a softmax at 1 - 1e-300 is nothing in floating point; its direction is not."""
    head = np.array([[1.0, 0.0], [-1.0, 0.0]])
    told = flip_strength([[500.0, 0.0], [400.0, 1.0]], head, np.zeros(2), [[0.0, 0.0]])
    assert np.allclose(told, [1.0, 400 / np.hypot(400, 1)])


def test_where_nothing_can_change() -> None:
    head, x = np.ones((2, 3)), RNG.normal(size=(4, 3))
    assert np.isinf(flip_strength(x, head, np.array([1.0, 0.0]), x[:1])).all()  # equal weights
    assert np.isinf(flip_strength(x, np.eye(3), np.array([0.0, -np.inf, -np.inf]), x[:1])).all()
    assert np.isinf(flip_strength(x, np.eye(3), np.zeros(3), np.empty((0, 3)))).all()
    assert np.isinf(flip_strength(x[:1], np.eye(3), np.zeros(3), x[:1])).all()  # on its only anchor
    for wrong in (
        lambda: flip_strength(x, np.eye(4), np.zeros(4), x),
        lambda: flip_strength(x, np.eye(3), np.zeros(2), x),
        lambda: flip_strength(x, np.eye(3), np.zeros(3), np.ones((1, 2))),
    ):
        with pytest.raises(InvalidInput, match=r"does not fit|not where"):
            wrong()


@pytest.mark.parametrize(
    "estimator", [LogisticRegression(), LinearSVC(), make_pipeline(StandardScaler(), LogisticRegression())]
)
@pytest.mark.parametrize("several", [True, False])
def test_the_head_of_a_linear_model_is_its_decision(estimator: Any, several: bool) -> None:
    x, y = blobs(60)
    rows = np.arange(60) if several else np.flatnonzero(y != "b")
    model = as_model(estimator, ["zz", "c", "b", "a"]).fitted(x[rows], y[rows])
    weights, bias = model.head()
    space = model.embed(x) if hasattr(model, "embed") else x
    assert np.allclose(space @ weights.T + bias, model.decision(x))
    assert bias[0] == -np.inf and (bias[2] > -np.inf) == several


def test_models_without_one_say_so() -> None:
    x, y = blobs(60)
    for estimator in (SVC(kernel="linear"), KNeighborsClassifier(), LogisticRegression()):
        assert not hasattr(as_model(estimator), "head")
        model = as_model(estimator).fitted(x, y)
        assert hasattr(model, "head") == isinstance(estimator, LogisticRegression)
    assert not hasattr(as_model(LogisticRegression(), ["a", "b"]).fitted(x[:1], ["a"]), "head")


def test_those_that_change_first_are_grouped() -> None:
    centres = np.repeat([[-3, 0], [0, 2], [0, -2], [3, 0]], 30, axis=0)
    x = centres + RNG.normal(size=(120, 2)) * 0.05
    model = as_model(LogisticRegression()).fitted(x[[0, 90]], ["a", "b"])
    snapshot = Snapshot(Pool(x), labels={0: "a", 90: "b"}, model=model)
    ids = AlfaMix(step=1 / 8).propose(snapshot, 2).ids
    assert sorted(int(row) // 30 for row in ids) == [1, 2]  # both heaps on the line, none of the sure ones
    strength = flip_strength(x, *model.head(), x[[0, 90]]) * np.sqrt(2)
    whole = AlfaMix().propose(snapshot, 118)
    assert np.allclose(whole.scores, 1 / (1 + strength[list(whole.ids)]))


@pytest.mark.parametrize("kind", [np.asarray, csr_array])
def test_other_models_are_shown_mixtures(kind: Any) -> None:
    x = np.array([[0.0, 4.0], [1.0, 4.0], [3.0, 4.0], [3.9, 4.0], [8.0, 4.0]])
    near = as_model(KNeighborsClassifier(1)).fitted(kind(x[[0, 4]]), ["a", "b"])
    proposal = AlfaMix(step=1 / 16).propose(Snapshot(Pool(kind(x)), labels={0: "a", 4: "b"}, model=near), 3)
    assert set(proposal.ids) == {1, 2, 3}
    share = {row: 1 / score - 1 for row, score in zip(proposal.ids, proposal.scores, strict=True)}
    # on the way to 8 they pass 4 at 1/41, 1/5 and 3/7 of it; the steps are 1/16, 1/8, 1/4, 1/2
    assert share[3] == pytest.approx(1 / 16)
    assert share[2] == pytest.approx(1 / 4) and share[1] == pytest.approx(1 / 2)


def test_what_makes_no_sense_is_refused() -> None:
    for wrong in ({"step": 0.0}, {"step": 1.5}, {"sample": 0}):
        with pytest.raises(InvalidInput, match=next(iter(wrong))):
            AlfaMix(**wrong)
    with pytest.raises(MissingCapability, match="proba"):
        as_strategy("alfa_mix").propose(Snapshot(Pool(np.eye(3)), labels={0: "a"}, model=object()), 1)

    class Says:
        classes = ("a", "b")

        def proba(self, x: Any) -> np.ndarray:
            return np.full((len(x), 2), 0.5)

    words = Snapshot(Pool(np.array([["x"], ["y"]], dtype=object)), model=Says())
    with pytest.raises(MissingCapability, match="no table of numbers"):
        AlfaMix().propose(words, 1)
    x, y = blobs(20)
    assert len(AlfaMix(step=1.0).propose(snapshot_of(x, y, labelled=range(6)), 4)) == 4
