"""LCMD and MaxDet as selectors."""

from __future__ import annotations

import numpy as np
import pytest

from querist.errors import InvalidInput
from querist.kernels import lcmd, max_det
from querist.models import Prediction
from querist.selection import LCMD, MaxDet

X = np.random.default_rng(0).normal(size=(60, 3))
ROWS = np.arange(59, 4, -2)


def test_they_keep_away_from_what_is_taken():
    prediction = Prediction(None, X, ROWS, labelled=[0, 1], taken=[0, 1, 2])
    scores = np.zeros(len(ROWS))
    spread = ROWS[LCMD()(scores, prediction, 6)]
    assert spread.tolist() == lcmd(X, 6, taken=[0, 1, 2], rows=ROWS)[0].tolist()
    longest = ROWS[MaxDet(noise=0.1)(scores, prediction, 6)]
    assert longest.tolist() == max_det(X, 6, noise=0.1, taken=[0, 1, 2], rows=ROWS)[0].tolist()


def test_scores_filter_and_weigh():
    scores = np.random.default_rng(1).random(60)
    picks = LCMD(among=2)(scores, Prediction(None, X), 5)
    assert set(picks.tolist()) <= set(np.argsort(-scores)[:10].tolist()) and len(set(picks.tolist())) == 5
    assert MaxDet(weighted=True)(np.eye(60)[17], Prediction(None, X), 1).tolist() == [17]
    with pytest.raises(InvalidInput, match="0 or more"):
        MaxDet(weighted=True)(scores - 2, Prediction(None, X), 1)
    with pytest.raises(InvalidInput, match="noise"):
        MaxDet(noise=0)
    with pytest.raises(InvalidInput, match="among"):
        LCMD(among=0.1)
