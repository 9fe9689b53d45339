"""Probabilistic gains against enumeration and chance, and the strategy that counts them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from querist.errors import InvalidInput
from querist.kernels import mean_criterion, probabilistic_gain
from querist.strategies import McPal
from querist.testing import blobs, snapshot_of

RNG = np.random.default_rng(0)


def brute(weights, ahead):
    """Every sequence of labels, one drawn after the other (Polya's urn)."""
    now, best = max(weights) / sum(weights), 0.0
    for m in range(1, ahead + 1):
        expected = 0.0
        for labels in product(range(len(weights)), repeat=m):
            urn, chance = np.array(weights, dtype=float), 1.0
            for label in labels:
                chance *= urn[label] / urn.sum()
                urn[label] += 1
            expected += chance * urn.max() / urn.sum()
        best = max(best, (expected - now) / m)
    return best


@pytest.mark.parametrize("ahead", [1, 2, 3])
@pytest.mark.parametrize("classes", [1, 2, 4])
def test_gains_are_those_of_every_sequence(ahead, classes):
    weights = RNG.gamma(0.7, 2.0, (30, classes)) + 1e-3
    weights[0] = 1.0
    told = probabilistic_gain(weights, ahead=ahead)
    assert np.allclose(told, [brute(row, ahead) for row in weights], atol=1e-12)
    assert (told >= 0).all()


def test_gains_are_what_a_drawn_truth_gives():
    weights, m, times = np.array([2.5, 1.5, 1.0]), 2, 200_000
    truth = RNG.dirichlet(weights, times)
    first = (truth.cumsum(axis=1) < RNG.random((times, 1))).sum(axis=1)
    second = (truth.cumsum(axis=1) < RNG.random((times, 1))).sum(axis=1)
    votes = weights + np.eye(3)[first] + np.eye(3)[second]
    right = truth[np.arange(times), votes.argmax(axis=1)].mean() - truth[:, 0].mean()
    assert abs(right / m - probabilistic_gain(weights[None], ahead=m)[0]) < 2e-3


def test_the_strategy_is_gain_times_density():
    x, y = blobs(40)
    snapshot = snapshot_of(x, y, labelled=range(9), pending=[9])
    proposal = McPal().propose(snapshot, 30)
    radius = mean_criterion(x, 9)
    near = np.exp(-((x[:, None] - x[None]) ** 2).sum(axis=2) / (2 * radius**2))
    hot = (y[:9, None] == np.array(["a", "b", "c"])).astype(float)
    want = near.mean(axis=1) * [brute(row, 2) for row in near[:, :9] @ hot + 1.0]
    assert list(proposal.ids) == [f"item-{row}" for row in 10 + np.argsort(-want[10:])]
    assert np.allclose(proposal.scores, np.sort(want[10:])[::-1])


def test_it_explores_where_nothing_is_known():
    x = np.repeat([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]], [5, 4, 1], axis=0)
    snapshot = snapshot_of(x, ["a"] * 10, labelled=[0, 1], model=None)
    first = McPal(radius=1.0).propose(snapshot, 8)
    assert set(first.ids[:4]) == {f"item-{row}" for row in range(5, 9)}
    cold = McPal(radius=1.0).propose(snapshot_of(x), 1)
    assert cold.ids[0] in {f"item-{row}" for row in range(5)}


def test_many_classes_are_looked_at_less_far_ahead():
    x, _ = blobs(220)
    names = np.array([f"class {i}" for i in range(220)])
    snapshot = snapshot_of(x, names, labelled=range(150), model=None)
    far, near = McPal(sample=50).propose(snapshot, 3), McPal(ahead=1, sample=50).propose(snapshot, 3)
    assert list(far.ids) == list(near.ids)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(InvalidInput, match="above 0"):
        probabilistic_gain([[0.0, 1.0]])
    with pytest.raises(InvalidInput, match="joint answers"):
        probabilistic_gain(np.ones((1, 200)), ahead=3)
    with pytest.raises(InvalidInput, match="joint answers"):
        probabilistic_gain(np.ones((1, 2)), ahead=0)
    for wrong in ({"ahead": 0}, {"prior": 0.0}, {"radius": -1.0}, {"sample": 0}):
        with pytest.raises(InvalidInput, match="above 0"):
            McPal(**wrong)
