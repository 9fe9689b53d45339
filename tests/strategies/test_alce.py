"""ALCE against its definition: places by an optimiser, a ridge fit by another library, the nearest place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist
from sklearn.kernel_ridge import KernelRidge

from querist.acquisition import ExpectedCost
from querist.data import Pool
from querist.errors import InvalidInput
from querist.kernels import class_places, cost_embedding
from querist.selection import KCenter
from querist.strategies import Alce, Snapshot, as_strategy

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
COSTS = np.array([[0.0, 1.0, 2.0], [2.0, 0.0, 1.5], [1.0, 1.0, 0.0]])
OF = np.array([0, 1, 2, 0, 1, 2, 2])
KNOWN = np.array([3, 9, 12, 20, 31, 40, 55])


def test_squared_distances_between_places_are_the_costs() -> None:
    places = class_places(COSTS)
    assert np.allclose(cdist(places, places, "sqeuclidean"), (COSTS + COSTS.T) / 2)
    assert np.allclose(places.mean(axis=0), 0)
    same = class_places(1 - np.eye(5))
    assert np.allclose(cdist(same, same), 1 - np.eye(5))
    assert class_places([[7.0]]).shape == (1, 0)
    assert class_places(np.zeros((3, 3))).shape == (3, 0)


def test_costs_that_no_places_have_come_as_near_as_they_can() -> None:
    """Their products are the nearest to the centred costs: no step aside is nearer."""
    costs = np.array([[0, 1, 1, 1], [1, 0, 9, 1], [1, 9, 0, 1], [1, 1, 1, 0]], dtype=float)
    middle = np.eye(4) - 0.25
    wanted = -0.5 * middle @ costs @ middle
    places = class_places(costs)
    least = np.sum((places @ places.T - wanted) ** 2)
    for _ in range(200):
        other = np.column_stack([places, np.zeros(4)]) + 0.01 * RNG.normal(size=(4, places.shape[1] + 1))
        assert np.sum((other @ other.T - wanted) ** 2) > least


def test_the_nearest_place_to_the_mean_is_the_cheapest_decision() -> None:
    places, symmetric = class_places(COSTS), (COSTS + COSTS.T) / 2
    for proba in RNG.dirichlet(np.ones(3), size=50):
        away = cdist([proba @ places], places, "sqeuclidean")[0]
        assert np.allclose(np.diff(away), np.diff(proba @ symmetric))


@pytest.mark.parametrize("similarity", ["linear", "gaussian"])
@pytest.mark.parametrize("noise", [1.0, 0.01])
@pytest.mark.parametrize("labelled", [KNOWN, KNOWN[:2]])  # more labels than features, and fewer
def test_it_is_the_distance_to_the_nearest_place(similarity: str, noise: float, labelled: Any) -> None:
    if similarity == "linear":
        kernel = 1 + X @ X.T / np.mean((X**2).sum(axis=1))
    else:
        kernel = np.exp(-cdist(X, X, "sqeuclidean") / (2 * 1.5**2))
    places, of = class_places(COSTS), OF[: len(labelled)]
    fit = KernelRidge(alpha=noise, kernel="precomputed")
    fit.fit(kernel[np.ix_(labelled, labelled)], places[of])
    wanted = cdist(fit.predict(kernel[:, labelled]), places).min(axis=1)
    given: dict[str, Any] = {"labelled": labelled, "of": of, "similarity": similarity, "radius": 1.5}
    assert np.allclose(cost_embedding(X, COSTS, noise=noise, **given), wanted, atol=1e-8)
    sparse = cost_embedding(csr_array(X), COSTS, noise=noise, rows=[5, 2], **given)
    assert np.allclose(sparse, wanted[[5, 2]], atol=1e-8)
    single = cost_embedding(X.astype(np.float32), COSTS, noise=noise, **given)
    assert np.allclose(single, wanted, atol=1e-4)


def test_the_strategy_reads_labels_and_costs() -> None:
    labels = {int(row): "abc"[one] for row, one in zip(KNOWN, OF, strict=True)}
    costs = (("a", "c", 2.0), ("b", "a", 2.0), ("b", "c", 1.5))
    free = np.setdiff1d(np.arange(60), KNOWN)
    wanted = cost_embedding(X, COSTS, labelled=KNOWN, of=OF, rows=free)
    snapshot = Snapshot(Pool(X), labels=labels)
    found = Alce(costs).propose(snapshot, 5)
    assert list(found.ids) == free[np.argsort(-wanted, kind="stable")[:5]].tolist()
    assert np.allclose(found.scores, -np.sort(-wanted)[:5])
    last = Alce(costs, latest=3).propose(snapshot, 5)
    assert np.allclose(last.scores, -np.sort(-_of_last(free))[:5])
    spread = Alce(costs, KCenter(among=2)).propose(snapshot, 5)
    assert set(spread.ids) != set(found.ids)


def _of_last(free: np.ndarray) -> np.ndarray:
    return cost_embedding(X, COSTS, labelled=KNOWN[-3:], of=OF[-3:], rows=free)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: class_places([[0.0, 1.0]]), "square"),
        (lambda: class_places([[0.0, -1.0], [1.0, 0.0]]), "0 or more"),
        (lambda: cost_embedding(X, COSTS, labelled=[1], of=[3]), "unknown"),
        (lambda: cost_embedding(X, COSTS, labelled=[1], of=[0], noise=0.0), "noise"),
        (lambda: Alce(similarity="cosine"), "similarity"),
        (lambda: Alce(selector=ExpectedCost()), "selector"),  # type: ignore[arg-type]
        (lambda: Alce(noise=0.0), "noise"),
        (lambda: Alce(radius=-1.0), "radius"),
        (lambda: Alce(latest=0), "latest"),
        (lambda: Alce((("a", "b"),)), "triple"),  # type: ignore[arg-type]
    ],
)
def test_wrong_input_is_named(make: Any, match: str) -> None:
    with pytest.raises(InvalidInput, match=match):
        make()


def test_it_is_registered() -> None:
    assert as_strategy("alce") == Alce()
