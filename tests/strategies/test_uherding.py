"""Uncertainty herding: what it covers, how far, and how it reads the model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from querist.acquisition import Entropy, Margin
from querist.data import Pool
from querist.errors import InvalidInput
from querist.models import Prediction
from querist.selection import MaxHerding
from querist.strategies import Scored, Snapshot, UHerding, as_strategy

OF = np.repeat([0, 1, 2], [60, 30, 10])
X = np.array([[0.0, 9.0], [9.0, 0.0], [9.0, 9.0]])[OF] + np.random.default_rng(0).normal(
    scale=0.4, size=(100, 2)
)


class Says:
    """Sure everywhere but where the first feature is above 5 and the second below 5."""

    classes = ("a", "b")

    def proba(self, x: Any) -> np.ndarray:
        torn = (x[:, 0] > 5) & (x[:, 1] < 5)
        a = np.where(torn, 0.5, 0.99)
        return np.column_stack([a, 1 - a])


def test_cold_it_is_max_herding() -> None:
    ids = UHerding(radius=1.5).propose(Snapshot(Pool(X)), 4).ids
    assert list(ids) == MaxHerding(radius=1.5)(np.zeros(100), Prediction(None, X), 4).tolist()
    assert OF[list(ids)][:3].tolist() == [0, 1, 2]


def test_warm_it_covers_the_unsure_part() -> None:
    snapshot = Snapshot(Pool(X), labels={0: "a", 99: "b"}, model=Says())
    proposal = UHerding(radius=1.5).propose(snapshot, 3)
    assert OF[list(proposal.ids)][0] == 1 and proposal.scores[0] == pytest.approx(1.0)
    same = Scored(Margin(), MaxHerding(weighted=True, radius=1.5)).propose(snapshot, 3)
    assert list(same.ids) == list(proposal.ids)


def test_a_high_temperature_makes_all_count_alike() -> None:
    snapshot = Snapshot(Pool(X), model=Says())
    assert OF[UHerding(radius=1.5).propose(snapshot, 1).ids[0]] == 1
    hot = UHerding(Entropy(), temperature=1e6, radius=1.5).propose(snapshot, 1)
    assert OF[hot.ids[0]] == 0 and hot.scores[0] == pytest.approx(np.log(2))


def test_the_radius_is_the_smallest_spacing_of_the_labels() -> None:
    labels = {0: "a", 70: "b", 1: "a"}
    spacing = float(np.linalg.norm(X[0] - X[1]))
    snapshot = Snapshot(Pool(X), labels=labels, model=Says())
    assert list(UHerding().propose(snapshot, 6).ids) == list(
        UHerding(radius=spacing).propose(snapshot, 6).ids
    )
    repeated = Snapshot(Pool(np.repeat(X[:1], 9, axis=0)), labels={0: "a", 1: "a"}, model=Says())
    assert len(UHerding().propose(repeated, 3)) == 3


@pytest.mark.parametrize("wrong", [{"temperature": 0}, {"radius": -1.0}, {"uncertainty": "margin"}])
def test_parameters_are_checked_at_birth(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        UHerding(**wrong)


def test_it_is_registered() -> None:
    assert as_strategy("uherding") == UHerding()
