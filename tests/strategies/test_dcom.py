"""DCoM: coverage first, margin once the model is competent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from querist.data import Pool
from querist.errors import InvalidInput, MissingCapability
from querist.strategies import DCoM, Snapshot, as_strategy

OF = np.repeat([0, 1, 2], [60, 30, 10])
X = np.array([[0.0, 9.0], [9.0, 0.0], [9.0, 9.0]])[OF] + np.random.default_rng(0).normal(
    scale=0.4, size=(100, 2)
)


class Says:
    """Each heap is a class; surer the farther from the line where the second feature is 9."""

    classes = ("a", "b", "c")

    def proba(self, x: Any) -> np.ndarray:
        of = np.where(x[:, 0] < 5, 0, np.where(x[:, 1] < 5, 1, 2))
        lead = 0.4 + 0.5 * np.minimum(1, abs(x[:, 1] - 9))
        proba = np.full((len(x), 3), ((1 - lead) / 2)[:, None])
        proba[np.arange(len(x)), of] = lead
        return proba


def test_few_labels_ask_where_none_speaks() -> None:
    snapshot = Snapshot(Pool(X), labels={0: "a"}, model=Says())
    assert OF[DCoM(radius=2.0).propose(snapshot, 2).ids].tolist() == [1, 2]
    out = Snapshot(Pool(X), labels={0: "a"}, pending={65}, model=Says())
    assert OF[DCoM(radius=2.0).propose(out, 1).ids].tolist() == [2]


def test_a_label_that_the_model_denies_speaks_for_nobody() -> None:
    denied = Snapshot(Pool(X), labels={0: "b"}, model=Says())
    assert OF[DCoM(radius=2.0).propose(denied, 1).ids].tolist() == [0]


def test_many_labels_ask_by_margin() -> None:
    labels = {row: "abc"[OF[row]] for row in (0, 1, 60, 61, 90, 91)}
    proposal = DCoM(radius=4.0).propose(Snapshot(Pool(X), labels=labels, model=Says()), 3)
    proba = np.sort(Says().proba(X), axis=1)
    lead = proba[:, -1] - proba[:, -2]
    lead[list(labels)] = np.inf
    assert sorted(proposal.ids) == sorted(np.argsort(lead)[:3].tolist()) and "close" in proposal.why[0]


def test_the_widest_ball_is_that_of_prob_cover() -> None:
    snapshot = Snapshot(Pool(X), labels={0: "a"}, model=Says())
    narrow, wide = (DCoM(purity=purity).propose(snapshot, 12) for purity in (1.0, 0.0))
    assert list(narrow.ids) != list(wide.ids)


def test_competence_is_the_logistic_of_the_paper() -> None:
    weight = DCoM(centre=0.8, steepness=30.0)._competence
    assert weight(1.0) == pytest.approx(1.0) and weight(0.8) == pytest.approx((1 + np.exp(-6)) / 2)
    assert weight(0.2) < 1e-6


def test_cold_it_is_prob_cover() -> None:
    ids = DCoM(radius=2.0).propose(Snapshot(Pool(X)), 3).ids
    assert OF[ids].tolist() == [0, 1, 2]
    assert list(as_strategy({"name": "prob_cover", "radius": 2.0}).propose(Snapshot(Pool(X)), 3).ids) == ids


@pytest.mark.parametrize(
    "wrong", [{"centre": 0}, {"steepness": -1}, {"radius": 0}, {"sample": 0}, {"purity": 2}]
)
def test_parameters_are_checked_at_birth(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        DCoM(**wrong)


def test_it_needs_probabilities() -> None:
    with pytest.raises(MissingCapability, match="proba"):
        DCoM().propose(Snapshot(Pool(X), labels={0: "a"}, model=object()), 1)
