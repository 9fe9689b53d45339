"""DWUS against its mixture written out: shares and weights by an optimiser that is given no gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from querist.data import Pool
from querist.errors import InvalidInput
from querist.kernels import density_weighted
from querist.strategies import Dwus, Snapshot, as_strategy

RNG = np.random.default_rng(1)
X = RNG.normal(size=(50, 2)) + 3 * np.array([[0, 0], [1, 0], [0, 1]])[RNG.integers(3, size=50)]
CENTRES = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]])
KNOWN, OF = np.array([0, 4, 9, 13, 21]), np.array([0, 1, 1, 2, 0])


def softmax(logits: np.ndarray) -> np.ndarray:
    return np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)


def by_definition(radius: float | None, penalty: float, of: np.ndarray, classes: int) -> np.ndarray:
    squared = cdist(X, CENTRES, "sqeuclidean")
    wide = squared.min(axis=1).mean() if radius is None else radius**2
    like = np.exp(-squared / (2 * wide))
    tight = {"gtol": 1e-9}

    def unlikely(free: np.ndarray) -> float:
        return -float(np.log(like @ softmax(free)).sum())

    shares = softmax(minimize(unlikely, np.zeros(3), options=tight).x)
    joint = like * shares
    member = joint / joint.sum(axis=1, keepdims=True)
    places = np.column_stack([(CENTRES - CENTRES.mean(axis=0)) / np.sqrt(wide), np.ones(3)])

    def loss(flat: np.ndarray) -> float:
        proba = member[KNOWN] @ softmax(places @ flat.reshape(3, classes))
        fit = np.log(proba[np.arange(len(of)), of]).sum()
        return float(penalty / 2 * flat @ flat - fit)

    weights = minimize(loss, np.zeros(3 * classes), options=tight).x.reshape(3, classes)
    proba = member @ softmax(places @ weights)
    return np.asarray((1 - proba.max(axis=1)) * joint.sum(axis=1))


@pytest.mark.parametrize("radius", [None, 0.7])
@pytest.mark.parametrize("penalty", [0.1, 2.0])
@pytest.mark.parametrize(("of", "classes"), [(OF, 3), (OF % 2, 2)])
def test_it_is_its_definition(radius: float | None, penalty: float, of: Any, classes: int) -> None:
    wanted = by_definition(radius, penalty, of, classes)
    given: dict[str, Any] = {"labelled": KNOWN, "of": of, "classes": classes, "penalty": penalty}
    scores = density_weighted(X, CENTRES, radius=radius, **given)
    assert np.allclose(scores, wanted, atol=1e-4)
    for other in (csr_array(X), X.astype(np.float32)):
        assert np.allclose(density_weighted(other, CENTRES, radius=radius, **given), scores, atol=1e-4)
    some = density_weighted(X, CENTRES, radius=radius, rows=[7, 3], sample=np.arange(50), **given)
    assert np.allclose(some, scores[[7, 3]])


def test_a_label_speaks_for_its_cluster() -> None:
    heaps = np.repeat([0.0, 10.0], 20)[:, None] + RNG.normal(size=(40, 1))
    labels = dict.fromkeys(range(5), "a")
    found = Dwus(clusters=2).propose(Snapshot(Pool(heaps), labels=labels), 10)
    assert min(found.ids) >= 20
    assert set(Dwus(clusters=2).propose(Snapshot(Pool(heaps)), 40).ids) == set(range(40))


def test_far_rows_and_one_heap_are_borne() -> None:
    far = np.array([[0.0], [1.0], [1e6]])
    scores = density_weighted(far, [[0.0], [1.0]], labelled=[0], of=[0], classes=2, radius=1e-3)
    assert np.isfinite(scores).all() and scores[2] == 0
    same = density_weighted(np.ones((4, 2)), [[1.0, 1.0]], labelled=[], of=[], classes=2)
    assert np.allclose(same, 0.5)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: density_weighted(X, [[0.0]], labelled=[], of=[], classes=2), "Centres"),
        (lambda: density_weighted(X, CENTRES, labelled=[], of=[], classes=2, penalty=0.0), "penalty"),
        (lambda: density_weighted(X, CENTRES, labelled=[1], of=[2], classes=2), "classes"),
        (lambda: Dwus(clusters=0), "clusters"),
        (lambda: Dwus(radius=0.0), "radius"),
        (lambda: Dwus(penalty=-1.0), "penalty"),
        (lambda: Dwus(sample=0), "sample"),
    ],
)
def test_wrong_input_is_named(make: Any, match: str) -> None:
    with pytest.raises(InvalidInput, match=match):
        make()


def test_it_is_registered() -> None:
    assert as_strategy("dwus") == Dwus()
