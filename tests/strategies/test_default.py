"""The default strategy: what it does cold, warm, late, and where it has nothing to go by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from querist.data import Pool
from querist.errors import InvalidInput
from querist.strategies import Default, Snapshot, as_strategy
from querist.strategies.default import _greedy

RNG = np.random.default_rng(0)
SPOTS = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])
OF = np.repeat([0, 1, 2, 3], [400, 200, 100, 50])
X = SPOTS[OF] + RNG.normal(scale=0.5, size=(750, 2))


class Says:
    """A model that is as torn as the function of the features says: margins from 1 (sure) to 0."""

    def __init__(self, lead: Any, classes: tuple[str, ...] = ("a", "b")) -> None:
        self.lead, self.classes = lead, classes

    def proba(self, x: Any) -> np.ndarray:
        lead = np.asarray(self.lead(np.asarray(x)), dtype=float)
        return np.column_stack([0.5 + lead / 2, 0.5 - lead / 2])


def labelled(rows: Any) -> dict[int, str]:
    return {int(row): "a" for row in rows}


def spots(ids: Any) -> list[int]:
    return [int(OF[row]) for row in ids]


def test_cold_it_asks_every_group_the_largest_first() -> None:
    proposal = Default().propose(Snapshot(Pool(X)), 10)
    assert spots(proposal.ids)[0] == 0 and set(spots(proposal.ids)) == {0, 1, 2, 3}
    assert (np.diff(proposal.scores) <= 0).all() and (proposal.probabilities == 1).all()


def test_cold_it_asks_the_typical_ones() -> None:
    away = np.linalg.norm(X - SPOTS[OF], axis=1)
    first = Default(radius=3.0).propose(Snapshot(Pool(X)), 4).ids
    assert spots(first) == [0, 1, 2, 3]
    assert all(away[row] < np.quantile(away, 0.3) for row in first)


def test_it_keeps_away_from_what_is_answered_or_out() -> None:
    pool, wide = Pool(X), Default(radius=3.0)
    first = wide.propose(Snapshot(pool), 4).ids
    snapshot = Snapshot(pool, labels=labelled(first[:1]), pending=frozenset(first[1:2]))
    assert sorted(spots(wide.propose(snapshot, 2).ids)) == [2, 3]


def test_with_few_labels_doubt_counts_little_and_with_many_it_decides() -> None:
    """The model is torn in the smallest group only."""
    torn_in_the_last = Says(lambda x: np.where((x > 5).all(axis=1), 0.0, 0.99))
    pool = Pool(X)
    few = Snapshot(pool, labels=labelled([700]), model=torn_in_the_last)
    assert spots(Default().propose(few, 1).ids) == [0]
    late = np.flatnonzero(np.arange(750) % 4 == 0)
    many = Snapshot(pool, labels=labelled(late), model=torn_in_the_last)
    for strategy in (Default(), Default(patience=5.0)):
        assert spots(strategy.propose(many, 4).ids) == [3, 3, 3, 3]


def test_late_it_is_margin() -> None:
    lead = Says(lambda x: np.abs(x[:, 0] - 5) / 20)
    x = RNG.uniform(0, 10, size=(2000, 1))
    snapshot = Snapshot(Pool(x), labels=labelled(range(1500)), model=lead)
    picked = Default(patience=5.0).propose(snapshot, 1).ids[0]
    nearest = np.argsort(np.abs(x[1500:, 0] - 5))[:10] + 1500
    assert picked in nearest


def test_without_probabilities_decisions_say_what_is_torn() -> None:
    class Decides:
        classes = ("a", "b")

        def decision(self, x: Any) -> np.ndarray:
            return np.column_stack([5 - x[:, 0], x[:, 0] - 5])

    x = np.random.default_rng(1).uniform(0, 10, size=(1000, 1))
    labels = {row: "a" if x[row, 0] < 5 else "b" for row in range(700)}
    picked = Default().propose(Snapshot(Pool(x), labels=labels, model=Decides()), 1).ids[0]
    assert picked in np.argsort(np.abs(x[700:, 0] - 5))[:10] + 700


def test_with_patience_ranks_make_it_blind_to_calibration() -> None:
    x = RNG.normal(size=(300, 3))
    timid = Says(lambda x: np.abs(np.tanh(x[:, 0])) / 100)
    bold = Says(lambda x: np.abs(np.tanh(x[:, 0])))
    labels = labelled(range(20))
    here, there = (
        Default(patience=5.0).propose(Snapshot(Pool(x), labels=labels, model=one), 10)
        for one in (timid, bold)
    )
    assert list(here.ids) == list(there.ids)


@pytest.mark.parametrize(("steep", "size", "by"), [(0.3, 400, 0), (1.0, 400, 1), (3.0, 400, 2), (0.3, 60, 2)])
def test_it_searches_the_whole_pool_by_what_the_model_says(steep: float, size: int, by: int) -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(size, 3))
    taken = list(range(30))
    near = ((x[:, None] - x) ** 2).sum(axis=2)
    model = Says(lambda x, steep=steep: np.abs(np.tanh(steep * x[:, 0])))
    proposal = Default().propose(Snapshot(Pool(x), labels=labelled(taken), model=model), 8)
    free = np.arange(30, size)
    lead = np.abs(np.tanh(steep * x[free, 0]))
    surer = np.array([(lead >= one - 5e-7).mean() for one in lead])
    most = len(taken) / (3 * 2)
    bounds = most * 4 * len(taken) / size, 2 * lead.mean() / (1 - lead.mean()), most
    exponent = float(np.clip(bounds[1], min(bounds[0], most), most))
    assert exponent == bounds[by]
    weights = surer**exponent
    assert proposal.scores == pytest.approx(weights[np.array(proposal.ids) - 30])
    share = max(1, round(len(free) / (len(taken) + 10)))
    spread = np.median(np.sort(near[np.ix_(free, free)], axis=1)[:, share])  # about: the rule takes some
    likeness = np.exp(near / (-2 * 0.7**2 * spread))
    covered = likeness[np.ix_(taken, free)].max(axis=0)
    mine, best = covered.copy(), covered.copy()
    for row in proposal.ids:
        mine = np.maximum(mine, likeness[row, free])
        gains = np.maximum(likeness[np.ix_(free, free)] - best, 0) @ weights
        best = np.maximum(best, likeness[free[gains.argmax()], free])
    assert (mine - covered) @ weights > 0.97 * ((best - covered) @ weights)


def test_distances_are_those_of_the_features_whatever_a_pipeline_makes_of_them() -> None:
    class Scaled(Says):
        def embed(self, x: Any) -> np.ndarray:
            return np.asarray(x) * [1000.0, 0.001]

    plain, scaled = (kind(lambda x: np.abs(np.tanh(x[:, 0] - 3))) for kind in (Says, Scaled))
    for patience in (5.0, None):
        picks = [
            Default(patience).propose(Snapshot(Pool(X), labels=labelled([0, 500]), model=model), 10).ids
            for model in (plain, scaled)
        ]
        assert picks[0] == picks[1]


@pytest.mark.parametrize("strategy", [Default(), Default(patience=5.0)])
@pytest.mark.parametrize("labels", [(), (0, 500)])
def test_features_that_are_huge_are_asked_as_small_ones(strategy: Default, labels: tuple[int, ...]) -> None:
    model = Says(lambda x: np.abs(np.tanh(x[:, 0] / np.abs(x).max()))) if labels else None
    small, huge = (
        strategy.propose(Snapshot(Pool(X * by), labels=labelled(labels), model=model), 10).ids
        for by in (1.0, 2.0**100)
    )
    assert small == huge


def test_a_model_that_is_sure_of_all_still_spreads_over_what_it_doubts_most() -> None:
    model = Says(lambda x: np.where(x[:, 0] > 0, 1.0, 1 - 1e-7))
    proposal = Default().propose(Snapshot(Pool(X), labels=labelled(range(200)), model=model), 20)
    assert len(set(proposal.ids)) == 20


def test_without_probabilities_patience_is_five() -> None:
    class Machine:
        classes = ("a", "b")

        def decision(self, x: Any) -> np.ndarray:
            return np.asarray(x)[:, 0] - 5

    snapshot = Snapshot(Pool(X), labels={0: "a", 700: "b"}, model=Machine())
    for one in (snapshot, Snapshot(Pool(X))):
        assert Default().propose(one, 5).ids == Default(patience=5.0).propose(one, 5).ids


def test_patience_and_radius_matter() -> None:
    model = Says(lambda x: np.abs(np.tanh(x[:, 0] - 3)))
    snapshot = Snapshot(Pool(X), labels=labelled(range(60)), model=model)
    picks = {
        tuple(Default(patience, radius).propose(snapshot, 10).ids)
        for patience in (0.5, 50.0)
        for radius in (0.3, 3.0)
    }
    assert len(picks) == 4


def test_with_patience_large_pools_are_sampled_and_the_most_unsure_are_always_compared() -> None:
    x = RNG.normal(size=(9000, 2)).astype(np.float32)
    x[8999] = [0.001, 0.001]
    model = Says(lambda x: np.minimum(1, np.linalg.norm(x, axis=1)))
    snapshot = Snapshot(Pool(x), labels=labelled(range(4000)), model=model, seed=3)
    proposal = Default(patience=5.0).propose(snapshot, 1500)
    assert len(set(proposal.ids)) == 1500 and min(proposal.ids) >= 4000
    assert 8999 in list(proposal.ids)[:20]
    assert (proposal.scores[:1024] >= 0).all() and (proposal.scores[1024:] == 0).all()
    other = Default(patience=5.0).propose(Snapshot(Pool(x), labels=snapshot.labels, model=model, seed=4), 5)
    assert list(other.ids) == list(proposal.ids)[:5], "where doubt decides, no lot does"
    colds = [Default().propose(Snapshot(Pool(x), seed=seed), 3).ids for seed in (0, 1)]
    assert colds[0] != colds[1], "cold, the pool is sampled"
    assert all((np.linalg.norm(x[list(cold)], axis=1) < 2.5).all() for cold in colds)


def test_a_model_that_embeds_is_asked_where_the_features_are_no_numbers() -> None:
    class Reader(Says):
        def embed(self, x: Any) -> Any:
            return csr_array(np.array([[len(text), text.count("!")] for text in x], dtype=float))

    texts = ["calm"] * 20 + ["!!!!!!!!!"] * 20
    model = Reader(lambda x: np.full(len(x), 0.5))
    proposal = Default().propose(Snapshot(Pool(texts), labels={0: "a"}, model=model), 1)
    assert proposal.ids[0] >= 20


def test_without_geometry_it_asks_by_margin_and_by_lot_while_cold() -> None:
    class Reader:
        classes = ("a", "b")

        def proba(self, x: Any) -> np.ndarray:
            lead = np.array([len(text) for text in x]) / 10
            return np.column_stack([0.5 + lead / 2, 0.5 - lead / 2])

    texts = ["aaaa", "aaa", "a", "aa", "aaaaa"]
    warm = Default().propose(Snapshot(Pool(texts), model=Reader()), 3)
    assert list(warm.ids) == [2, 3, 1] and "torn" in warm.why[0]
    colds = {tuple(Default().propose(Snapshot(Pool(ids=range(50)), seed=seed), 3).ids) for seed in range(5)}
    assert len(colds) == 5


def test_numbers_are_covered_by_how_unsure_the_model_is() -> None:
    class Regressor:
        def mean_std(self, x: Any) -> tuple[np.ndarray, np.ndarray]:
            return x[:, 0], np.abs(x[:, 0])

    proposal = Default().propose(Snapshot(Pool(X), labels={749: 1.0}, model=Regressor()), 2)
    assert spots(proposal.ids)[0] == 1


def test_a_model_that_only_predicts_leaves_coverage() -> None:
    class Predictor:
        def predict(self, x: Any) -> np.ndarray:
            return np.zeros(len(x))

    warm = Default().propose(Snapshot(Pool(X), model=Predictor()), 4)
    assert list(warm.ids) == list(Default().propose(Snapshot(Pool(X)), 4).ids)


def test_lazy_greedy_is_greedy() -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        near = rng.uniform(size=(30, 40)).astype(np.float32)
        covered = rng.uniform(0, 0.5, size=40).astype(np.float32)
        weights = rng.dirichlet(np.ones(40)).astype(np.float32)
        positions, gains = _greedy(near, covered.copy(), weights, 12)
        for position, gain in zip(positions, gains, strict=True):
            every = np.maximum(near - covered, 0) @ weights
            assert gain == pytest.approx(every.max(), abs=1e-6)
            assert every[position] == pytest.approx(every.max(), abs=1e-6)
            covered = np.maximum(covered, near[position])


def test_reasons_are_told() -> None:
    cold = Default().propose(Snapshot(Pool(X)), 2)
    assert all("stands for" in why for why in cold.why)
    assert len(cold.why) == 2


@pytest.mark.parametrize(
    "wrong", [{"patience": 0}, {"radius": -1.0}, {"radius": float("inf")}, {"patience": "5"}]
)
def test_parameters_are_checked_at_birth(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        Default(**wrong)


def test_it_is_registered() -> None:
    assert as_strategy("default") == Default()
    assert as_strategy({"name": "default", "patience": 2.0}) == Default(patience=2.0)
    assert as_strategy({"name": "default", "patience": None}) == Default()
