"""Targeted batches against the set function written out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from querist.data import Pool
from querist.errors import InvalidInput, UnknownItem
from querist.kernels import query_information
from querist.models import Prediction
from querist.selection import FacilityLocation
from querist.strategies import Snapshot, Targeted, as_strategy

X = np.random.default_rng(0).normal(size=(50, 4))
UNIT = X / np.linalg.norm(X, axis=1, keepdims=True)
LIKE = (1 + UNIT @ UNIT.T) / 2


def information(picked: list[int], queries: list[int], eta: float) -> float:
    if not picked:
        return 0.0
    part = LIKE[np.ix_(queries, picked)]
    return float(part.max(axis=1).sum() + eta * part.max(axis=0).sum())


def greedy(n: int, queries: list[int], eta: float, taken: list[int]) -> tuple[list[int], list[float]]:
    picked, gains = list(taken), []
    for _ in range(n):
        free = [row for row in range(50) if row not in picked]
        now = information(picked, queries, eta)
        worth = [information([*picked, row], queries, eta) - now for row in free]
        picked.append(free[int(np.argmax(worth))])
        gains.append(max(worth))
    return picked[len(taken) :], gains


@pytest.mark.parametrize("eta", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("taken", [[], [4, 9]])
def test_it_is_greedy_on_the_mutual_information(eta: float, taken: list[int]) -> None:
    queries = [7, 21, 33]
    picks, gains = query_information(X, 12, queries, eta=eta, taken=taken)
    wanted, worth = greedy(12, queries, eta, taken)
    assert np.allclose(gains, worth, atol=1e-8)
    certain = np.flatnonzero(np.array(worth) > 1e-9)  # with eta 0 nothing is left to gain in the end
    assert picks[certain].tolist() == [wanted[i] for i in certain]
    assert len(set(picks.tolist())) == 12


def test_sparse_and_float32_are_taken_as_they_are() -> None:
    x = np.where(X > 0, X, 0)
    picks, gains = query_information(x, 8, [1, 2])
    for other in (csr_array(x), x.astype(np.float32)):
        found = query_information(other, 8, [1, 2])
        assert found[0].tolist() == picks.tolist()
        assert np.allclose(found[1], gains, atol=1e-5)


def test_the_examples_are_those_named() -> None:
    pool = Pool(X)
    labels = {7: "rare", 21: "rare", 3: "usual", 4: "usual", 5: "usual"}

    def found(strategy: Targeted, **more: object) -> list[object]:
        return list(strategy.propose(Snapshot(pool, labels=labels, **more), 4).ids)  # type: ignore[arg-type]

    def wanted(queries: list[int], taken: list[int] | None = None) -> list[int]:
        rows = [row for row in range(50) if row not in labels and row not in (taken or [])]
        return query_information(X, 4, queries, rows=rows, taken=taken)[0].tolist()

    assert found(Targeted()) == wanted([7, 21])  # the class with the fewest labels
    assert found(Targeted(classes=("usual",))) == wanted([3, 4, 5])
    assert found(Targeted(items=(33,))) == wanted([33])
    assert found(Targeted(items=(33,), classes=("rare",))) == wanted([7, 21, 33])
    assert found(Targeted(classes=("usual",), latest=2)) == wanted([4, 5])
    assert found(Targeted(), pending=frozenset({30})) == wanted([7, 21], [30])
    with pytest.raises(UnknownItem):
        found(Targeted(items=("nobody",)))


def test_without_an_example_it_covers_the_pool() -> None:
    cover = FacilityLocation()(np.ones(50), Prediction(None, X), 3).tolist()
    for strategy in (Targeted(), Targeted(classes=("rare",))):
        assert list(strategy.propose(Snapshot(Pool(X)), 3).ids) == cover


def test_it_finds_the_rare_class() -> None:
    rng = np.random.default_rng(1)
    of = np.repeat([0, 1], [190, 10])
    x = rng.normal(scale=0.5, size=(200, 3)) + np.array([[2.0, 0, 0], [0, 2.0, 0]])[of]
    snapshot = Snapshot(Pool(x), labels={0: "usual", 1: "usual", 199: "rare"})
    assert of[Targeted().propose(snapshot, 5).ids].all()


def test_wrong_input_is_named() -> None:
    with pytest.raises(InvalidInput, match="query"):
        query_information(X, 1, [])
    with pytest.raises(InvalidInput, match="with the comma"):
        Targeted(classes="rare")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="eta"):
        Targeted(eta=-1)
    with pytest.raises(InvalidInput, match="latest"):
        Targeted(latest=0)


def test_it_is_registered() -> None:
    assert as_strategy("targeted") == Targeted()
