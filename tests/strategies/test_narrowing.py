"""Sub-pools: who is in them, by definition; and what the wrapped strategy then says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from querist.acquisition import Entropy
from querist.data import Pool
from querist.errors import InvalidInput
from querist.kernels import around
from querist.strategies import AnchorAL, Fass, Proposal, Seals, Snapshot, Subpool, as_strategy, narrowed

RNG = np.random.default_rng(6)
X = RNG.normal(size=(80, 3))
LABELS = {0: "a", 7: "b", 20: "b", 33: "b", 41: "b"}


class Watching:
    """Proposes the first of what it is shown, and remembers it."""

    def __init__(self) -> None:
        self.shown: list[int] = []

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        self.shown = snapshot.candidates.tolist()
        ids: Sequence[Any] = self.shown[:n]
        return Proposal(ids, np.ones(len(ids)), np.ones(len(ids)))


@pytest.mark.parametrize("kind", [np.asarray, csr_array, np.float32])
def test_around_is_sorting_all_distances(kind: Any) -> None:
    rows = np.arange(3, 80, 2)
    found, away = around(kind(X), 5, of=[4, 9], rows=rows)
    for centre, near, far in zip([4, 9], found, away, strict=True):
        distances = cdist(X[[centre]], X)[0]
        others = [row for row in rows if row != centre]
        expected = sorted(others, key=distances.__getitem__)[:5]
        assert near.tolist() == expected and np.allclose(far, distances[expected], rtol=1e-5)
    few = around(X[:3], 4, of=[1])
    assert sorted(few[0][0].tolist()) == [-1, -1, 0, 2] and np.isinf(few[1][0, 2:]).all()
    many = RNG.normal(size=(5000, 40))
    found, _ = around(many, 3, of=np.arange(70))
    assert (found == np.argsort(cdist(many[:70], many), axis=1)[:, 1:4]).all()


def test_a_random_part_changes_with_the_seed_and_is_uniform() -> None:
    counts = np.zeros(80)
    for seed in range(200):
        inner = Watching()
        proposal = Subpool(inner, size=20).propose(Snapshot(Pool(X), labels=LABELS, seed=seed), 3)
        assert len(inner.shown) == 20 and proposal.ids == inner.shown[:3]
        counts[inner.shown] += 1
    free = np.setdiff1d(np.arange(80), list(LABELS))
    assert (counts[list(LABELS)] == 0).all() and np.abs(counts[free] / 200 - 20 / 75).max() < 0.15


def test_seals_shows_the_neighbours_of_what_is_taken() -> None:
    inner = Watching()
    snapshot = Snapshot(Pool(X), labels=LABELS, pending={50}, closed={51})
    Seals(inner, neighbours=4).propose(snapshot, 2)
    free = snapshot.candidates
    expected: set[int] = set()
    for row in [*LABELS, 50]:
        expected |= set(free[np.argsort(cdist(X[[row]], X[free])[0])[:4]].tolist())
    assert set(inner.shown) == expected
    Seals(inner, neighbours=1).propose(snapshot, 30)
    assert len(inner.shown) == 30  # filled by lot
    Seals(inner).propose(Snapshot(Pool(X)), 3)
    assert len(inner.shown) == 3


def test_anchors_are_as_many_of_each_class_and_the_likest_are_kept() -> None:
    inner, centres = Watching(), set()
    for seed in range(30):
        strategy = AnchorAL(inner, anchors=1, neighbours=6, size=5)
        strategy.propose(Snapshot(Pool(X), labels=LABELS, seed=seed), 2)
        assert len(inner.shown) == 5
        free = np.setdiff1d(np.arange(80), list(LABELS))
        fits = []
        for b in (7, 20, 33, 41):  # one of these is the anchor of "b", beside 0 of "a"
            likeness: dict[int, list[float]] = {}
            for anchor in (0, b):
                distances = cdist(X[[anchor]], X[free])[0]
                for place in np.argsort(distances)[:6]:
                    likeness.setdefault(int(free[place]), []).append(1 / (1 + distances[place]))
            best = sorted(likeness, key=lambda row: -np.mean(likeness[row]))[:5]
            if sorted(best) == inner.shown:
                fits.append(b)
        assert fits
        centres.update(fits)
    assert len(centres) > 2  # the anchors change with the seed
    AnchorAL(inner, size=9).propose(Snapshot(Pool(X)), 3)
    assert len(inner.shown) == 9  # nothing labelled: by lot


def test_fass_covers_the_most_uncertain() -> None:
    class Says:
        classes = ("a", "b")

        def proba(self, x: Any) -> np.ndarray:
            a = 1 / (1 + np.exp(-3 * np.asarray(x)[:, 0]))
            return np.column_stack([a, 1 - a])

    snapshot = Snapshot(Pool(X), model=Says())
    likely = Says().proba(X)
    worth = -(likely * np.log(likely)).sum(axis=1)
    filtered = np.argsort(-worth)[:12]
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    alike = (1 + unit[filtered] @ unit[filtered].T) / 2
    picks: list[int] = []
    for _ in range(4):
        gains = [np.maximum(alike[:, [*picks, one]].max(axis=1), 0).sum() for one in range(12)]
        picks.append(int(np.argmax(gains)))
    proposal = Fass(among=3).propose(snapshot, 4)
    assert list(proposal.ids) == filtered[picks].tolist()
    assert np.allclose(proposal.scores, worth[filtered[picks]])


def test_what_is_narrowed_stays_the_same_moment() -> None:
    snapshot = Snapshot(Pool(X), labels=LABELS, pending={3}, closed={4}, seed=9)
    part = narrowed(snapshot, [70, 60])
    assert part.candidates.tolist() == [60, 70] and part.seed == 9 and part.labels == LABELS
    assert (part.taken == snapshot.taken).all() and len(snapshot.candidates) == 73


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Subpool(size=0), "size"),
        (lambda: Seals(neighbours=0), "neighbours"),
        (lambda: AnchorAL(anchors=1.5), "anchors"),  # type: ignore[arg-type]
        (lambda: Fass(among=0), "among"),
        (lambda: Fass("entropy"), "uncertainty"),  # type: ignore[arg-type]
    ],
)
def test_what_makes_no_sense_is_refused(make: Any, match: str) -> None:
    with pytest.raises(InvalidInput, match=match):
        make()


def test_they_are_registered() -> None:
    assert as_strategy({"name": "seals", "strategy": "margin"}) == Seals("margin")
    assert as_strategy("fass") == Fass(Entropy())
