"""Selectors against what they are said to do."""

from __future__ import annotations

import numpy as np
import pytest

from querist.errors import InvalidInput
from querist.kernels import k_center
from querist.models import Prediction
from querist.selection import KCenter, KMeansPlusPlus, Top
from querist.testing import blobs

X, _ = blobs(40)


def test_top_is_the_best_and_certain():
    scores = np.random.default_rng(0).random(40)
    selection = Top().select(scores, Prediction(None, X), 5)
    assert selection.positions.tolist() == np.argsort(-scores)[:5].tolist()
    assert selection.probabilities.tolist() == [1.0] * 5


def test_top_draws_among_equals_and_knows_the_chance():
    scores = np.array([5.0, 3.0, 3.0, 3.0, 9.0, 9.0, 1.0])
    x = np.zeros((7, 1))
    selection = Top().select(scores, Prediction(None, x), 4)
    assert set(selection.positions[:2].tolist()) == {4, 5} and selection.positions[2] == 0
    assert selection.probabilities.tolist() == [0.5, 1.0, 1.0, 1 / 3]
    last = [Top().select(scores, Prediction(None, x, seed=seed), 4).positions[3] for seed in range(300)]
    assert min(np.bincount(last, minlength=4)[1:4]) > 60
    everything = Top().select(np.zeros(3), Prediction(None, x[:3]), 3)
    assert np.allclose(everything.probabilities, [1 / 3, 1 / 2, 1.0])


def test_k_center_keeps_away_from_what_is_taken():
    rows = np.arange(39, 4, -2)  # candidates in any order
    prediction = Prediction(None, X, rows, labelled=[0, 1], taken=[0, 1, 2])
    picks = KCenter()(np.zeros(len(rows)), prediction, 6)
    assert rows[picks].tolist() == k_center(X, 6, taken=[0, 1, 2], rows=rows)[0].tolist()


@pytest.mark.parametrize(
    "selector", [KCenter(among=2), KMeansPlusPlus(among=2), KMeansPlusPlus(among=2, weighted=True)]
)
def test_among_keeps_the_best(selector):
    scores = np.random.default_rng(1).random(40)
    picks = selector(scores, Prediction(None, X), 5)
    assert set(picks.tolist()) <= set(np.argsort(-scores)[:10].tolist()) and len(set(picks.tolist())) == 5


def test_weights_are_the_scores():
    scores = np.zeros(40)
    scores[[3, 17]] = 1.0
    picks = KMeansPlusPlus(weighted=True)(scores, Prediction(None, X), 2)
    assert set(picks.tolist()) == {3, 17}
    with pytest.raises(InvalidInput, match="0 or more"):
        KMeansPlusPlus(weighted=True)(scores - 1, Prediction(None, X), 2)


@pytest.mark.parametrize("kind", [KCenter, KMeansPlusPlus])
@pytest.mark.parametrize("among", [0.5, 0, -1, float("nan")])
def test_among_is_checked_at_birth(kind, among):
    with pytest.raises(InvalidInput, match="1 or more"):
        kind(among=among)
