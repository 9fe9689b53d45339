"""Core-sets and graph cut as selectors."""

from __future__ import annotations

import numpy as np
import pytest

from querist.errors import InvalidInput
from querist.kernels import frank_wolfe, graph_cut, lightweight_coreset
from querist.models import Prediction
from querist.selection import FrankWolfe, GraphCut, LightweightCoreset

X = np.random.default_rng(0).normal(size=(60, 3)) + 1
ROWS = np.arange(59, 4, -2)
SCORES = np.random.default_rng(1).random(60)


def test_they_are_their_kernels_on_the_candidates():
    prediction = Prediction(None, X, ROWS, labelled=[0, 1], taken=[0, 1, 2])
    order = np.argsort(-prediction.chance)
    zeros = np.zeros(len(ROWS))
    assert (
        ROWS[FrankWolfe()(zeros, prediction, 5)].tolist() == frank_wolfe(X, 5, rows=ROWS[order])[0].tolist()
    )
    cut = graph_cut(X, 5, redundancy=2.0, taken=[0, 1, 2], rows=ROWS[order])[0]
    assert ROWS[GraphCut(redundancy=2.0)(zeros, prediction, 5)].tolist() == cut.tolist()
    selection = LightweightCoreset().select(zeros, prediction, 5)
    picks, chances = lightweight_coreset(X, 5, chance=prediction.chance, rows=ROWS)
    assert (ROWS[selection.positions] == picks).all() and (selection.probabilities == chances).all()


@pytest.mark.parametrize("kind", [FrankWolfe, GraphCut])
def test_scores_weigh(kind):
    plain = kind()(SCORES, Prediction(None, X), 8)
    assert (kind(weighted=True)(SCORES, Prediction(None, X), 8) != plain).any()
    assert (kind(weighted=True)(np.ones(60), Prediction(None, X), 8) == plain).all()
    with pytest.raises(InvalidInput, match="0 or more"):
        kind(weighted=True)(SCORES - 1, Prediction(None, X), 2)


def test_among_keeps_the_best_and_parameters_are_checked():
    picks = LightweightCoreset(among=2)(SCORES, Prediction(None, X), 5)
    assert set(picks.tolist()) <= set(np.argsort(-SCORES)[:10].tolist()) and len(picks) == 5
    with pytest.raises(InvalidInput, match="among"):
        LightweightCoreset(among=0)
    with pytest.raises(InvalidInput, match="redundancy"):
        GraphCut(redundancy=float("nan"))
