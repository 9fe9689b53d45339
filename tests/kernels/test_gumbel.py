"""The lottery by one partition is the lottery round by round."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from querist.errors import InvalidInput
from querist.kernels import gumbel_top

WEIGHTS = np.array([0.0, 1.0, 2.0, 5.0, 0.5])


def chance_in_order(weights, order):
    """The chance of an order of draws, urn by urn."""
    chance, left = 1.0, list(range(len(weights)))
    for row in order:
        total = sum(weights[one] for one in left)
        chance *= weights[row] / total if total else 1 / len(left)
        left.remove(row)
    return chance


def test_orders_are_as_likely_as_by_urns():
    rng = np.random.default_rng(0)
    with np.errstate(divide="ignore"):
        logs = np.log(WEIGHTS)
    drawn = [tuple(gumbel_top(logs, 2, rng.random(5))[0].tolist()) for _ in range(4_000)]
    for order in itertools.permutations(range(5), 2):
        expected = chance_in_order(WEIGHTS, order)
        spread = 4 * np.sqrt(expected * (1 - expected) / 4_000)
        assert abs(drawn.count(order) / 4_000 - expected) <= spread


def test_each_has_its_chance_at_its_turn():
    with np.errstate(divide="ignore"):
        logs = np.log(np.append(WEIGHTS, 0.0))
    for seed in range(20):
        rows, chances = gumbel_top(logs, 9, np.random.default_rng(seed).random(6))
        assert sorted(rows.tolist()) == list(range(6)) and set(rows[4:].tolist()) == {0, 5}
        weights = np.append(WEIGHTS, 0.0)
        for turn in range(6):
            left = weights[rows[turn:]]
            expected = left[0] / left.sum() if left.sum() else 1 / len(left)
            assert np.isclose(chances[turn], expected)


def test_far_apart_and_all_alike():
    rows, chances = gumbel_top([1e4, -1e4, 0.0], 3, [0.5, 0.5, 0.5])
    assert rows.tolist() == [0, 2, 1] and (chances > 0).all() and (chances <= 1).all()
    _, chances = gumbel_top(np.zeros(4), 3, np.random.default_rng(0).random(4))
    assert np.allclose(chances, [1 / 4, 1 / 3, 1 / 2])
    _, chances = gumbel_top([-np.inf] * 3, 2, [0.0, 0.3, 0.9])
    assert np.allclose(chances, [1 / 3, 1 / 2])
    for n in (0, -1):
        assert len(gumbel_top(np.zeros(3), n, np.zeros(3))[0]) == 0
    assert len(gumbel_top([], 3, [])[0]) == 0


@pytest.mark.parametrize("logs", [[np.nan, 0.0], [np.inf, 0.0], [[0.0, 1.0]], [0.0]])
def test_what_is_no_lottery_is_refused(logs):
    with pytest.raises(InvalidInput, match="A lottery needs"):
        gumbel_top(logs, 1, [0.5, 0.5])
