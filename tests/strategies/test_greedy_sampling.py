"""GSx, GSy and iGS against their definitions, read word by word."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from querist.data import Pool
from querist.errors import InvalidInput, InvalidLabel, MissingCapability
from querist.kernels import greedy_sampling
from querist.strategies import IGS, GSx, GSy, Snapshot

RNG = np.random.default_rng(0)
X = RNG.normal(size=(70, 3))
Y = np.sin(2 * X[:, 0]) + X[:, 1]


class Regressor:
    def predict(self, x: Any) -> np.ndarray:
        return np.asarray(x[:, 0]) * 0.5 + np.asarray(x[:, 1])


def plain(kind: str, snapshot: Snapshot, n: int) -> list[int]:
    said = snapshot.model.predict(X)
    value = {row: snapshot.labels.get(row, said[row]) for row in range(len(X))}
    covered = [int(row) for row in snapshot.taken]
    free = [int(row) for row in snapshot.candidates]

    def worth(row: int, one: int) -> float:
        dx, dy = float(np.linalg.norm(X[row] - X[one])), abs(said[row] - value[one])
        return {"x": dx, "y": dy, "xy": dx * dy}[kind]

    picks: list[int] = []
    for _ in range(n):
        picks.append(max(free, key=lambda row: min(worth(row, one) for one in covered)))
        free.remove(picks[-1])
        covered.append(picks[-1])
    return picks


@pytest.mark.parametrize(("kind", "strategy"), [("x", GSx()), ("y", GSy()), ("xy", IGS())])
@pytest.mark.parametrize("pending", [(), (5, 6)])
def test_the_definition(kind: str, strategy: Any, pending: tuple[int, ...]) -> None:
    labels = {row: float(Y[row]) for row in (3, 40, 11)}
    snapshot = Snapshot(Pool(X), labels=labels, pending=set(pending), closed={60}, model=Regressor())
    proposal = strategy.propose(snapshot, 8)
    assert list(proposal.ids) == plain(kind, snapshot, 8)
    assert (np.diff(proposal.scores) <= 1e-9).all() and len(proposal.why) == 8


def test_the_kernel_is_lazy_and_the_same_on_many_rows() -> None:
    x, outputs = RNG.normal(size=(5000, 4)), RNG.normal(size=(5000, 1))
    taken = RNG.choice(5000, 50, replace=False)
    picks, distances = greedy_sampling(x, outputs, 25, taken=taken)
    least = np.full(5000, np.inf)
    for row in taken:
        np.minimum(least, np.linalg.norm(x - x[row], axis=1) * abs(outputs - outputs[row])[:, 0], out=least)
    for pick, distance in zip(picks, distances, strict=True):
        least[taken] = -1
        assert pick == least.argmax() and distance == pytest.approx(least[pick], rel=1e-6)
        np.minimum(least, np.linalg.norm(x - x[pick], axis=1) * abs(outputs - outputs[pick])[:, 0], out=least)
        least[pick] = -1
    few = greedy_sampling(csr_array(x), outputs.astype(np.float32), 9, taken=taken, rows=np.arange(90))[0]
    assert (few == greedy_sampling(x, outputs, 9, taken=taken, rows=np.arange(90))[0]).all()
    with pytest.raises(InvalidInput, match="outputs"):
        greedy_sampling(x, outputs[:3], 1)


@pytest.mark.parametrize("strategy", [GSx(), GSy(), IGS()])
def test_cold_it_begins_in_the_middle_and_spreads(strategy: Any) -> None:
    proposal = strategy.propose(Snapshot(Pool(X)), 3)
    middle = int(np.linalg.norm(X - X.mean(axis=0), axis=1).argmin())
    second = int(np.linalg.norm(X - X[middle], axis=1).argmax())
    assert list(proposal.ids)[:2] == [middle, second] and np.isfinite(proposal.scores).all()


@pytest.mark.parametrize("strategy", [GSy(), IGS()])
def test_classes_are_compared_by_their_probabilities(strategy: Any) -> None:
    class Says:
        classes = ("a", "b")

        def proba(self, x: Any) -> np.ndarray:
            b = np.clip(np.asarray(x)[:, 0], 0, 1)
            return np.column_stack([1 - b, b])

    x = np.array([[0.0], [0.2], [0.9], [1.0]])
    assert strategy.propose(Snapshot(Pool(x), labels={0: "a"}, model=Says()), 1).ids == [3]
    both = Snapshot(Pool(x), labels={0: "a", 3: "b"}, model=Says())
    assert strategy.propose(both, 1).ids == [1]


def test_what_cannot_be_is_told() -> None:
    with pytest.raises(InvalidLabel, match="'high'"):
        IGS().propose(Snapshot(Pool(X), labels={0: "high"}, model=Regressor()), 1)
    with pytest.raises(MissingCapability, match="predict"):
        GSy().propose(Snapshot(Pool(X), labels={0: 1.0}, model=object()), 1)
