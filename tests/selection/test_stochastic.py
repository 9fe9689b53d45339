"""Stochastic batches follow the chances that they tell."""

from __future__ import annotations

import numpy as np
import pytest

from querist.errors import InvalidInput
from querist.models import Prediction
from querist.selection import Stochastic, Top

X = np.zeros((6, 1))
SCORES = np.array([0.0, 1.0, 1.0, 2.0, 3.0, 6.0])
EXPECTED = {
    Stochastic(): SCORES,
    Stochastic("power", 2.0): SCORES**2,
    Stochastic("softmax", 0.5): np.exp(0.5 * SCORES),
    Stochastic("rank"): 1 / np.array([6, 4.5, 4.5, 3, 2, 1]),
    Stochastic("rank", 2.0): 1 / np.array([6, 4.5, 4.5, 3, 2, 1]) ** 2,
    Stochastic("power", 0.0): np.ones(6),
}


@pytest.mark.parametrize("selector", EXPECTED, ids=repr)
def test_the_chance_rises_with_the_score(selector):
    weights = EXPECTED[selector]
    firsts = []
    for seed in range(400):
        selection = selector.select(SCORES, Prediction(None, X, seed=seed), 3)
        left = weights.copy()
        for position, chance in zip(selection.positions, selection.probabilities, strict=True):
            assert np.isclose(chance, left[position] / left.sum())
            left[position] = 0
        firsts.append(selection.positions[0])
    share = np.bincount(firsts, minlength=6) / 400
    assert np.abs(share - weights / weights.sum()).max() < 0.1


def test_much_is_the_best_and_rank_minds_no_units():
    scores = np.random.default_rng(0).random(40) + 0.1
    prediction = Prediction(None, np.zeros((40, 1)), seed=3)
    best = Top()(scores, prediction, 5).tolist()
    for kind in ("power", "softmax", "rank"):
        assert Stochastic(kind, 1e4)(scores, prediction, 5).tolist() == best
    ranked = Stochastic("rank", 2.0)
    assert (ranked(scores, prediction, 5) == ranked(np.exp(9 * scores) - 50, prediction, 5)).all()


def test_the_lot_belongs_to_the_item():
    scores = np.random.default_rng(0).random(40)
    keys = np.arange(500, 540)
    turned = Prediction(None, np.zeros((40, 1)), keys=keys[::-1], seed=3)
    picks = Stochastic()(scores, Prediction(None, np.zeros((40, 1)), keys=keys, seed=3), 5)
    assert (39 - Stochastic()(scores[::-1], turned, 5) == picks).all()


def test_what_has_no_power_is_refused():
    with pytest.raises(InvalidInput, match="down to -1"):
        Stochastic()(SCORES - 1, Prediction(None, X), 2)
    assert len(Stochastic("softmax")(SCORES - 1, Prediction(None, X), 2)) == 2
    with pytest.raises(InvalidInput, match="of the kind 'gumbel'"):
        Stochastic("gumbel")
    for beta in (-1.0, float("nan"), float("inf")):
        with pytest.raises(InvalidInput, match="0 or more"):
            Stochastic("power", beta)
