"""Choice by a test of the regime and by a learnt policy: what decides, and that it is only that."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from querist import Campaign, Pool
from querist.errors import InvalidInput
from querist.events import MemoryLog
from querist.models import as_model
from querist.strategies import LearnedPolicy, RegimeTest, Snapshot, policy
from querist.strategies.policy import _WEIGHTS, ACTIONS, FEATURES, standing
from querist.strategies.scored import predicted
from querist.tasks import Classification
from querist.testing import blobs, snapshot_of


def test_few_labels_or_one_class_are_the_low_regime() -> None:
    x, y = blobs(60)
    test = RegimeTest(least=20)
    assert test.regime(snapshot_of(x)) == "low"
    assert test.regime(snapshot_of(x, y, labelled=range(19))) == "low"
    assert test.regime(snapshot_of(x, ["a"] * 60, labelled=range(30))) == "low"


def test_the_test_stands_until_labels_grow_by_a_quarter() -> None:
    test = RegimeTest(least=20)
    looks = [test._tested(labels) for labels in range(60)]
    assert looks[19] == 0 and set(looks) == {0, 20, 25, 32, 40, 50}
    assert all(look <= labels for labels, look in enumerate(looks))


def test_what_hurts_more_decides_on_real_refits() -> None:
    x, y = blobs(80, seed=3)
    test = RegimeTest(folds=3, removed=0.15, least=30)
    base = snapshot_of(x, y, labelled=range(30))
    whole, typical, unsure = test._accuracies(base, base.labelled, [str(one) for one in y[:30]])
    wanted = "low" if whole - typical > whole - unsure else "high"
    if typical != unsure:
        assert test.regime(base) == wanted
    assert 0 <= min(whole, typical, unsure) <= max(whole, typical, unsure) <= 1


@pytest.mark.parametrize(("accuracies", "wanted"), [((0.9, 0.6, 0.8), "low"), ((0.9, 0.8, 0.6), "high")])
def test_the_regime_by_its_three_accuracies(
    accuracies: tuple[float, ...], wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = blobs(60)
    monkeypatch.setattr(RegimeTest, "_accuracies", lambda *given: accuracies)
    test = RegimeTest("density", "margin")
    snapshot = snapshot_of(x, y, labelled=range(30))
    assert test.regime(snapshot) == wanted
    asks = test.low if wanted == "low" else test.high
    assert list(test.propose(snapshot, 4).ids) == list(asks.propose(snapshot, 4).ids)


def test_the_model_itself_is_never_trained() -> None:
    x, y = blobs(60)
    RegimeTest(least=10).propose(snapshot_of(x, y, labelled=range(20)), 2)  # the reference model refuses


@pytest.mark.parametrize("wrong", [{"folds": 1}, {"removed": 1.0}, {"least": 0}])
def test_what_makes_no_test_is_told(wrong: Any) -> None:
    with pytest.raises(InvalidInput, match="make no test"):
        RegimeTest(**wrong)


def two_blobs(n: int, d: int = 4, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The heaps of ``blobs``, of which two have one class."""
    x, y = blobs(n, d, seed=seed)
    return x, np.where(y == "c", "a", y)


def learnt(x: np.ndarray, y: np.ndarray) -> Snapshot:
    """The first twelve rows are labelled, and a model learnt their classes."""
    return snapshot_of(x, y, labelled=range(12), model=as_model(LogisticRegression()).fitted(x[:12], y[:12]))


def test_the_policy_asks_by_the_rule_of_the_largest_q() -> None:
    snapshot = learnt(*two_blobs(50))
    with np.load(_WEIGHTS, allow_pickle=False) as held:
        worth = held["weights"].astype(np.float64) @ standing(snapshot, predicted(snapshot))
        best = str(held["actions"][int(worth.argmax())])
        assert list(held["features"]) == list(FEATURES) and list(held["actions"]) == list(ACTIONS)
    assert LearnedPolicy().action(snapshot) == best
    assert list(LearnedPolicy().propose(snapshot, 3).ids) == list(ACTIONS[best].propose(snapshot, 3).ids)
    assert _WEIGHTS.stat().st_size < 200_000


def test_beyond_its_training_the_policy_asks_by_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    names = list(ACTIONS)
    weights = np.zeros((len(names), len(FEATURES)))
    weights[names.index("margin"), FEATURES.index("one")] = 1.0
    monkeypatch.setattr(policy, "_learnt", lambda: (names, weights, np.log2(1 + 50) / 8))
    for d, action in ((4, "margin"), (50, "margin"), (51, "default")):
        assert LearnedPolicy().action(learnt(*two_blobs(40, d))) == action
    assert LearnedPolicy().action(learnt(*blobs(40))) == "default"


def test_what_the_policy_was_trained_on_is_told_with_its_weights() -> None:
    with np.load(_WEIGHTS, allow_pickle=False) as held:
        assert round(2 ** (8 * float(held["widest"])) - 1) == 50


def test_the_standing_by_hand() -> None:
    x, y = blobs(40)
    notes = {f"item-{row}": {"learned_policy": {"arms": len(ACTIONS), "said": "z"}} for row in (0, 1)}
    base = snapshot_of(x, y, labelled=range(6))
    snapshot = Snapshot(base.pool, labels=base.labels, model=base.model, notes=notes)
    proba = base.model.proba(x[6:])
    sure = np.diff(np.sort(proba, axis=1)[:, -2:], axis=1)[:, 0]
    found = dict(zip(FEATURES, standing(snapshot, predicted(snapshot)), strict=True))
    assert found["labels a class"] == pytest.approx(np.log2(1 + 2) / 8)
    assert found["share labelled"] == pytest.approx(6 / 40)
    assert found["mean margin"] == pytest.approx(sure.mean())
    assert found["least margins"] == pytest.approx(np.sort(sure)[:3].mean())
    assert found["share in doubt"] == pytest.approx((sure < 0.2).mean())
    assert found["news of late"] == pytest.approx(3 / 4)
    assert found["columns"] == pytest.approx(np.log2(5) / 8)
    assert all(np.isfinite(one) for one in found.values())


def test_a_campaign_by_the_policy_goes_on_from_its_log() -> None:
    x, y = two_blobs(60, seed=4)

    def begin(log: Any) -> Campaign:
        return Campaign(
            Pool(x),
            Classification(("a", "b")),
            strategy="learned_policy",
            model=LogisticRegression(),
            seed=3,
            log=log,
        )

    def answer(campaign: Campaign, times: int) -> list[int]:
        asked = []
        for _ in range(times):
            (query,) = campaign.ask(1)
            asked.append(int(query.item))
            campaign.tell(query, str(y[asked[-1]]))
        return asked

    log = MemoryLog()
    wanted = answer(begin(MemoryLog()), 12)
    assert answer(begin(log), 6) + answer(begin(log), 6) == wanted
