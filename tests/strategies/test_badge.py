"""BADGE: the law of its draws is that of k-means++ on gradients written out in full."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from querist.data import Pool
from querist.errors import InvalidInput, MissingCapability
from querist.strategies import Badge, Snapshot, as_strategy

RNG = np.random.default_rng(3)
X = RNG.normal(size=(40, 5))
W = RNG.normal(size=(5, 4))


class Softmax:
    classes = ("a", "b", "c", "d")

    def proba(self, x: Any) -> np.ndarray:
        weights = np.exp(x @ W)
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def gradients(x: np.ndarray) -> np.ndarray:
    """The gradient of the cross-entropy of the best guess by the last layer's weights, one by one."""
    rows = []
    for row, p in zip(x, Softmax().proba(x), strict=True):
        guess = int(p.argmax())
        rows.append(np.outer([p[c] - (c == guess) for c in range(4)], row).ravel())
    return np.array(rows)


class OfPixels(Softmax):
    def proba(self, x: Any) -> np.ndarray:
        return super().proba(np.asarray(x) / 100)


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.bool_])
def test_pixels_are_measured_as_the_numbers_that_they_are(kind: Any) -> None:
    x = np.random.default_rng(5).integers(0, 120, (40, 5)).astype(kind)
    here, there = (
        Badge().propose(Snapshot(Pool(table), model=OfPixels()), 6) for table in (x, x.astype(np.float64))
    )
    assert here.ids == there.ids and np.allclose(here.probabilities, there.probabilities)


def longest(free: list[int]) -> int:
    return max(free, key=lambda row: np.linalg.norm(gradients(X)[row]))


@pytest.mark.parametrize("kind", [np.asarray, csr_array])
def test_each_draw_has_the_chance_of_the_gradients_written_out(kind: Any) -> None:
    g, labels = gradients(X), {0: "a", 7: "b"}
    closed = {3, *range(30, 40)}
    for seed in range(5):
        snapshot = Snapshot(Pool(kind(X)), labels=labels, closed=closed, model=Softmax(), seed=seed)
        proposal = Badge().propose(snapshot, 6)
        free = [int(row) for row in snapshot.candidates]
        assert proposal.ids[0] == longest(free) and proposal.probabilities[0] == 1
        picked = [proposal.ids[0]]
        for pick, chance in zip(proposal.ids[1:], proposal.probabilities[1:], strict=True):
            far = {row: min(((g[row] - g[one]) ** 2).sum() for one in picked) for row in free}
            assert chance == pytest.approx(far[pick] / sum(far.values()), rel=1e-6)
            picked.append(pick)
        assert np.allclose(proposal.scores, np.linalg.norm(g[picked], axis=1))


def test_the_draws_follow_their_chances() -> None:
    x = X[:6]
    g = gradients(x)
    first = int(np.linalg.norm(g, axis=1).argmax())
    law = ((g - g[first]) ** 2).sum(axis=1)
    seconds = [
        Badge().propose(Snapshot(Pool(x), model=Softmax(), seed=seed), 2).ids[1] for seed in range(700)
    ]
    share = np.bincount(seconds, minlength=6) / 700
    assert share[first] == 0 and np.abs(share - law / law.sum()).max() < 0.07


def test_what_is_out_counts_as_picked() -> None:
    g = gradients(X)
    snapshot = Snapshot(Pool(X), labels={1: "a"}, pending={5, 9}, model=Softmax())
    proposal = Badge().propose(snapshot, 1)
    far = {row: min(((g[row] - g[one]) ** 2).sum() for one in (5, 9)) for row in snapshot.candidates.tolist()}
    assert proposal.probabilities[0] == pytest.approx(far[proposal.ids[0]] / sum(far.values()))


def test_repeated_rows_are_picked_once_and_last() -> None:
    x = np.repeat(X[:4], 6, axis=0)
    proposal = Badge().propose(Snapshot(Pool(x), model=Softmax()), 24)
    assert sorted(proposal.ids) == list(range(24))
    assert len({row // 6 for row in proposal.ids[:4]}) == 4


def test_classes_are_no_row_numbers_and_many_classes_cost_little() -> None:
    n, c, d = 3000, 60, 40  # the gradients: 57 MB

    class Many:
        classes = tuple(range(c))

        def proba(self, x: Any) -> np.ndarray:
            weights = np.exp(np.asarray(x)[:, :1] * np.arange(c) / c)
            return np.asarray(weights / weights.sum(axis=1, keepdims=True))

    snapshot = Snapshot(Pool(RNG.normal(size=(n, d))), model=Many())
    tracemalloc.start()
    proposal = Badge().propose(snapshot, 10)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(set(proposal.ids)) == 10 and peak < 12_000_000


def test_without_probabilities_it_says_so() -> None:
    with pytest.raises(MissingCapability, match="proba"):
        Badge().propose(Snapshot(Pool(X), labels={0: "a"}, model=object()), 1)


def test_it_is_registered() -> None:
    assert as_strategy("badge") == Badge()


def test_features_that_cannot_be_measured_are_told():
    from sklearn.ensemble import RandomForestClassifier

    from querist import choose

    x = np.arange(40.0).reshape(20, 2)
    x[7, 1] = np.nan  # a forest takes it
    with pytest.raises(InvalidInput, match="features of row 7 are not finite"):
        choose(x, {0: "a", 19: "b"}, RandomForestClassifier(3, random_state=0), "badge", 2)
    x = np.arange(40, dtype=np.float32).reshape(20, 2)
    x[7, 1] = 1e30  # whose square no float32 holds
    with pytest.raises(InvalidInput, match="features of row 7 are not finite or too large"):
        choose(x, {0: "a", 19: "b"}, RandomForestClassifier(3, random_state=0), "badge", 2)
