"""CLUE, FALCUN and ranked batch mode, against their definitions written as loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from querist.acquisition import Entropy, Margin
from querist.data import Pool
from querist.errors import InvalidInput, MissingCapability
from querist.kernels import falcun, ranked_batch
from querist.strategies import Clue, Falcun, RankedBatch, Snapshot, as_strategy

RNG = np.random.default_rng(1)
X = RNG.normal(size=(50, 3))
W = RNG.normal(size=(3, 3))


class Softmax:
    classes = ("a", "b", "c")

    def proba(self, x: Any) -> np.ndarray:
        weights = np.exp(2 * (x @ W))
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))


PROBA = Softmax().proba(X)
DOUBT = np.array([1 - (np.sort(p)[-1] - np.sort(p)[-2]) for p in PROBA])


def test_falcun_draws_by_its_definition() -> None:
    for seed in range(4):
        snapshot = Snapshot(Pool(X), labels={0: "a"}, pending={3}, model=Softmax(), seed=seed)
        proposal = Falcun(gamma=3.0).propose(snapshot, 8)
        free, picked = [row for row in range(50) if row not in (0, 3)], [3]
        for pick, chance in zip(proposal.ids, proposal.probabilities, strict=True):
            near = {
                row: min(DOUBT[row], *(np.abs(PROBA[row] - PROBA[one]).sum() for one in picked))
                for row in free
            }
            law = {row: (DOUBT[row] + near[row] / max(near.values())) ** 3 for row in free}
            assert chance == pytest.approx(law[pick] / sum(law.values()))
            free.remove(pick)
            picked.append(pick)
        assert np.allclose(proposal.scores, DOUBT[picked[1:]])


def test_falcun_follows_its_chances_and_needs_no_features() -> None:
    rng = np.random.default_rng(0)
    firsts = [falcun(PROBA[:5], DOUBT[:5], 1, gamma=1.0, rng=rng)[0][0] for _ in range(3000)]
    law = DOUBT[:5] * (1 + 1 / DOUBT[:5].max())
    assert np.abs(np.bincount(firsts, minlength=5) / 3000 - law / law.sum()).max() < 0.04


def test_falcun_on_a_model_that_is_sure_of_all() -> None:
    sure = np.tile([1.0, 0.0], (6, 1))
    picks, chances = falcun(sure, np.zeros(6), 9, rng=np.random.default_rng(0))
    assert sorted(picks) == list(range(6)) and np.allclose(chances, 1 / (6 - np.arange(6)))


def plain_ranked(snapshot: Snapshot, n: int, doubt: np.ndarray) -> tuple[list[int], list[float]]:
    known = [int(row) for row in snapshot.taken]
    free = [int(row) for row in snapshot.candidates]
    picks, scores = [], []
    for _ in range(n):
        share = len(free) / (len(free) + len(known))
        worth = {
            row: share * (1 - 1 / (1 + min(np.linalg.norm(X[row] - X[one]) for one in known)))
            + (1 - share) * doubt[row]
            for row in free
        }
        picks.append(max(free, key=worth.__getitem__))
        scores.append(worth[picks[-1]])
        free.remove(picks[-1])
        known.append(picks[-1])
    return picks, scores


@pytest.mark.parametrize("kind", [np.asarray, csr_array])
@pytest.mark.parametrize("n_labels", [2, 30, 46])
def test_ranked_batch_is_its_definition(kind: Any, n_labels: int) -> None:
    labels = dict.fromkeys(range(n_labels), "a")
    snapshot = Snapshot(Pool(kind(X)), labels=labels, pending={47}, closed={48}, model=Softmax())
    n = min(10, len(snapshot.candidates))
    picks, scores = plain_ranked(snapshot, n, 1 - PROBA.max(axis=1))
    proposal = RankedBatch().propose(snapshot, n)
    assert list(proposal.ids) == picks and np.allclose(proposal.scores, scores)
    margin = RankedBatch(Margin()).propose(snapshot, n)
    assert list(margin.ids) == plain_ranked(snapshot, n, DOUBT)[0]


def test_ranked_batch_before_all_begins_where_doubt_is_or_in_the_middle() -> None:
    middle = int(np.linalg.norm(X - X.mean(axis=0), axis=1).argmin())
    assert RankedBatch().propose(Snapshot(Pool(X)), 1).ids == [middle]
    assert RankedBatch(Margin()).propose(Snapshot(Pool(X), model=Softmax()), 1).ids == [DOUBT.argmax()]
    picks, _ = ranked_batch(np.repeat(X[:3], 4, axis=0), np.zeros(12), 12)
    assert sorted(picks) == list(range(12)) and len({row // 4 for row in picks[:3]}) == 3


def test_clue_lets_the_unsure_pull() -> None:
    """Two heaps, one of them sure: with n = 1 the one centre lies where the entropy is."""
    x = np.concatenate([np.linspace(0, 1, 31), np.linspace(9, 10, 11)])[:, None]

    class Torn:
        classes = ("a", "b")

        def proba(self, x: Any) -> np.ndarray:
            a = np.where(x[:, 0] > 5, 0.5, 1.0)
            return np.column_stack([a, 1 - a])

    proposal = Clue().propose(Snapshot(Pool(x), model=Torn()), 1)
    assert x[proposal.ids[0], 0] == pytest.approx(9.5) and proposal.scores[0] == pytest.approx(np.log(2))
    assert x[Clue().propose(Snapshot(Pool(x)), 1).ids[0], 0] < 5  # no model: the larger heap's side


def test_clue_is_the_weighted_mean_and_temperature_flattens_it() -> None:
    snapshot = Snapshot(Pool(X), model=Softmax())
    for temperature in (0.5, 1.0, 4.0):
        proba = PROBA ** (1 / temperature)
        proba /= proba.sum(axis=1, keepdims=True)
        weight = -(proba * np.log(proba)).sum(axis=1)
        centre = np.average(X, axis=0, weights=weight)
        pick = int(np.linalg.norm(X - centre, axis=1).argmin())
        proposal = Clue(temperature).propose(snapshot, 1)
        assert list(proposal.ids) == [pick] and proposal.scores[0] == pytest.approx(weight[pick])


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Clue(temperature=0), "temperature"),
        (lambda: Clue(sample=0), "sample"),
        (lambda: Falcun(gamma=-1), "gamma"),
        (lambda: RankedBatch("margin"), "uncertainty"),
        (lambda: falcun(PROBA, DOUBT, 1, gamma=np.nan, rng=RNG), "gamma"),
        (lambda: falcun(PROBA, DOUBT[:4], 1, rng=RNG), "Doubt"),
        (lambda: falcun(np.log(PROBA), DOUBT, 1, rng=RNG), "no distribution"),
        (lambda: ranked_batch(X, DOUBT[:4], 1), "Doubt"),
        (lambda: RankedBatch(3.0 * Entropy()).propose(Snapshot(Pool(X), model=Softmax()), 1), "from 0 to 1"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Any, match: str) -> None:
    with pytest.raises(InvalidInput, match=match):
        make()


@pytest.mark.parametrize("name", ["clue", "falcun", "ranked_batch"])
def test_they_are_registered_and_say_what_they_miss(name: str) -> None:
    with pytest.raises(MissingCapability, match="proba"):
        as_strategy(name).propose(Snapshot(Pool(X), labels={0: "a"}, model=object()), 2)
