"""Questions that measure: drawn by lot, with the chances that they had."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from querist.data import Pool
from querist.errors import InvalidInput, MissingCapability
from querist.models import as_model
from querist.strategies import ActiveTesting, Snapshot


@pytest.fixture
def snapshot():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 2))
    model = as_model(LogisticRegression().fit(x, x[:, 0] + 0.3 * rng.normal(size=30) > 0))
    return lambda seed=0: Snapshot(Pool(x), model=model, seed=seed)


def test_chances_are_in_proportion_to_the_spread_and_the_floor(snapshot):
    held = snapshot()
    right = held.model.proba(held.pool.features).max(axis=1)
    pull = np.sqrt(right * (1 - right)) + 0.2
    proposal = ActiveTesting().propose(held, 5)
    left = np.ones(30, dtype=bool)
    for row, chance in zip(proposal.ids, proposal.probabilities, strict=True):
        assert np.isclose(chance, pull[row] / pull[left].sum())
        assert chance >= ActiveTesting().rarest / left.sum() - 1e-12
        left[row] = False


def test_the_unsure_come_first_more_often_and_none_never(snapshot):
    firsts = np.array([ActiveTesting().propose(snapshot(seed), 1).ids[0] for seed in range(600)])
    held = snapshot()
    unsure = np.argsort(held.model.proba(held.pool.features).max(axis=1))
    assert np.isin(firsts, unsure[:10]).mean() > 0.38
    assert len(set(firsts.tolist())) == 30


def test_a_high_floor_is_a_fair_draw(snapshot):
    assert np.allclose(ActiveTesting(floor=1e9).propose(snapshot(), 1).probabilities, 1 / 30)


def test_what_cannot_be_is_refused(snapshot):
    with pytest.raises(InvalidInput, match="floor"):
        ActiveTesting(floor=0.0)

    class Mute:
        def fitted(self, x, y, *, seed=0):
            return self

    with pytest.raises(MissingCapability):
        ActiveTesting().propose(Snapshot(Pool([[0.0], [1.0]]), model=Mute()), 1)
