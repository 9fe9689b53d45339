"""BAIT against inverses taken anew for every candidate, with the whole Fisher matrix where that is exact."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from querist.data import Pool
from querist.errors import InvalidInput, MissingCapability
from querist.kernels import bait
from querist.strategies import Bait, Snapshot, as_strategy

RNG = np.random.default_rng(4)
X = RNG.normal(size=(30, 4)) * [1, 2, 0.5, 1]
WEIGHTS = RNG.random(30)


def traces(information: list[np.ndarray], chosen: list[int], rows: list[int], prior: float) -> float:
    size = len(information[0])
    known = prior * np.eye(size) + sum((information[row] for row in chosen), np.zeros((size, size)))
    return float(np.trace(np.linalg.inv(known) @ sum(information[row] for row in rows)))


def plain(
    information: list[np.ndarray], n: int, taken: list[int], rows: list[int], prior: float, over: float
) -> list[int]:
    picks: list[int] = []
    for _ in range(min(len(rows), int(np.ceil(over * n)))):
        left = [row for row in rows if row not in picks]
        picks.append(min(left, key=lambda row: traces(information, [*taken, *picks, row], rows, prior)))
    while len(picks) > n:

        def without(row: int) -> float:
            return traces(information, [*taken, *(one for one in picks if one != row)], rows, prior)

        picks.remove(min(picks, key=without))
    return picks


@pytest.mark.parametrize("kind", [np.asarray, csr_array])
@pytest.mark.parametrize("over", [1.0, 2.0])
@pytest.mark.parametrize("taken", [[], [2, 9, 20]])
def test_the_kernel_is_the_definition(kind: Any, over: float, taken: list[int]) -> None:
    information = [weight * np.outer(row, row) for row, weight in zip(X, WEIGHTS, strict=True)]
    rows = [row for row in range(26) if row not in taken]
    given = {"taken": taken, "rows": rows, "prior": 0.5}
    picks, scores = bait(kind(X), 6, weights=WEIGHTS, over=over, **given)
    assert picks.tolist() == plain(information, 6, taken, rows, 0.5, over)
    whole = traces(information, [*taken, *picks], rows, 0.5)
    for pick, score in zip(picks, scores, strict=True):
        rest = [*taken, *(one for one in picks if one != pick)]
        assert score == pytest.approx(traces(information, rest, rows, 0.5) - whole)


def test_of_two_classes_it_is_the_whole_fisher_matrix_of_the_softmax_layer() -> None:
    class Says:
        classes = ("a", "b")

        def proba(self, x: Any) -> np.ndarray:
            a = 1 / (1 + np.exp(-x @ np.array([1.0, -1.0, 0.5, 0.0])))
            return np.column_stack([a, 1 - a])

    proba = Says().proba(X)
    information = [
        np.kron(np.diag(p) - np.outer(p, p), np.outer(row, row)) for p, row in zip(proba, X, strict=True)
    ]
    snapshot = Snapshot(Pool(X), labels={0: "a", 1: "b"}, pending={5}, closed={6}, model=Says())
    rows = snapshot.candidates.tolist()
    expected = plain(information, 4, [0, 1, 5], rows, 1.0, 2.0)
    assert list(Bait().propose(snapshot, 4).ids) == expected


def test_of_numbers_and_cold_all_items_weigh_alike() -> None:
    class Regressor:
        def predict(self, x: Any) -> np.ndarray:
            return np.asarray(x)[:, 0]

    information = [np.outer(row, row) for row in X]
    expected = plain(information, 3, [4], [row for row in range(30) if row != 4], 1.0, 2.0)
    for model in (None, Regressor()):
        assert list(Bait().propose(Snapshot(Pool(X), labels={4: 1.0}, model=model), 3).ids) == expected


def test_it_stays_exact_over_many_changes_and_holds_little() -> None:
    x = np.random.default_rng(0).normal(size=(4000, 24)).astype(np.float32)
    bait(x, 60, taken=np.arange(30))  # what the first call loads is not what it holds
    tracemalloc.start()
    picks, scores = bait(x, 60, taken=np.arange(30))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    chosen = x[np.concatenate([np.arange(30), picks])].astype(np.float64)
    rest = x[30:].astype(np.float64)

    def trace(rows: np.ndarray) -> float:
        return float(np.trace(np.linalg.inv(np.eye(24) + rows.T @ rows) @ (rest.T @ rest)))

    assert scores[-1] == pytest.approx(trace(chosen[:-1]) - trace(chosen), rel=1e-6)
    assert len(set(picks)) == 60 and peak < 12_000_000


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Bait(prior=0.0), "prior"),
        (lambda: Bait(over=0.5), "over"),
        (lambda: bait(X, 1, weights=-WEIGHTS), "Weights"),
        (lambda: bait(X, 1, over=0.0), "over"),
        (lambda: bait(np.full((3, 2), np.nan), 1), "finite"),
        (lambda: bait(csr_array((3, 9000)), 1), "9000"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Any, match: str) -> None:
    with pytest.raises(InvalidInput, match=match):
        make()


def test_it_is_registered_and_says_what_it_misses() -> None:
    with pytest.raises(MissingCapability, match="proba"):
        as_strategy("bait").propose(Snapshot(Pool(X), labels={0: "a"}, model=object()), 1)


@pytest.mark.parametrize("x", [X * 1e30, X * 1e200, X + 1e9, np.float32(X) * np.float32(1e30)])
def test_features_that_are_not_scaled_are_told(x: np.ndarray) -> None:
    with pytest.raises(InvalidInput, match="Scale the features"):
        bait(x, 3, taken=[0, 1])
