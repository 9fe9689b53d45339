"""Whose turn it is, and that each class is asked by the strategy itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.acquisition import Margin
from querist.data import Pool
from querist.strategies import Balanced, Explore, Scored, Snapshot, as_strategy, narrowed

X = np.concatenate([np.linspace(-9, -1, 40), np.linspace(1, 2, 6), np.linspace(5, 6, 3)])[:, None]


class Says:
    """Certain classes by place, less so the nearer to a border."""

    classes = ("a", "b", "c")

    def proba(self, x: Any) -> np.ndarray:
        x = np.asarray(x)[:, 0]
        weights = np.exp(-np.abs(x[:, None] - np.array([-5.0, 1.5, 5.5])) * [0.5, 1, 1])
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))


GUESS = np.array(["a", "b", "c"])[Says().proba(X).argmax(axis=1)]


def of(ids: Any) -> list[str]:
    return [str(GUESS[row]) for row in ids]


def test_the_class_with_fewest_is_asked_first_until_it_runs_dry() -> None:
    labels = dict.fromkeys(range(5), "a") | {40: "b", 41: "b"}
    snapshot = Snapshot(Pool(X), labels=labels, model=Says())
    proposal = Balanced().propose(snapshot, 14)
    count = {"a": 5, "b": 2, "c": 0}
    left = {one: int((GUESS[snapshot.candidates] == one).sum()) for one in "abc"}
    expected = []
    for _ in range(14):
        expected.append(min((one for one in "abc" if left[one]), key=lambda one: count[one]))
        count[expected[-1]] += 1
        left[expected[-1]] -= 1
    assert of(proposal.ids) == expected and expected[:2] == ["c", "c"] and min(left.values()) == 0
    assert len(set(proposal.ids)) == 14


def test_each_class_is_asked_by_the_strategy_itself() -> None:
    snapshot = Snapshot(Pool(X), labels={0: "a", 40: "b", 46: "c"}, model=Says())
    proposal = Balanced(Margin()).propose(snapshot, 6)
    for one in "abc":
        mine = [row for row in proposal.ids if GUESS[row] == one]
        part = narrowed(snapshot, [row for row in snapshot.candidates if GUESS[row] == one])
        assert mine == list(Scored(Margin()).propose(part, len(mine)).ids)
    assert sorted(of(proposal.ids)) == ["a", "a", "b", "b", "c", "c"]
    assert all(why == proposal.why[0] != "" for why in proposal.why)


def test_what_is_out_counts_as_what_is_predicted() -> None:
    labels = {0: "a", 40: "b", 46: "c"}
    first = Balanced().propose(Snapshot(Pool(X), labels=labels, pending={1, 2}, model=Says()), 2)
    assert sorted(of(first.ids)) == ["b", "c"]
    second = Balanced().propose(Snapshot(Pool(X), labels=labels, pending={41, 47}, model=Says()), 1)
    assert of(second.ids) == ["a"]


def test_without_probabilities_the_strategy_is_asked_as_it_is() -> None:
    snapshot = Snapshot(Pool(X), labels={0: "a"})
    assert Balanced("k_center").propose(snapshot, 4).ids == as_strategy("k_center").propose(snapshot, 4).ids


def test_arms_and_chances_of_a_mixed_strategy_are_kept() -> None:
    snapshot = Snapshot(Pool(X), labels={0: "a", 40: "b"}, model=Says(), seed=1)
    proposal = Balanced(Explore(Margin(), share=0.5)).propose(snapshot, 12)
    assert set(proposal.arms) == {"active", "random"} and (proposal.probabilities < 1).any()
    assert as_strategy("balanced") == Balanced()
