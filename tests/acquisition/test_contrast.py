"""CAL: the definition as two loops; labels by rows, not by classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from querist.acquisition import Cal
from querist.data import Pool
from querist.errors import InvalidInput
from querist.kernels import contrast
from querist.models import Prediction
from querist.strategies import Snapshot, as_strategy

RNG = np.random.default_rng(2)
X = RNG.normal(size=(60, 4))
PROBA = RNG.dirichlet(np.ones(3) * 0.3, size=60)
PROBA[5] = [1, 0, 0]
KNOWN = [5, 40, 3, 17, 22, 59]


def plain(row: int, neighbours: int) -> float:
    others = sorted((one for one in KNOWN if one != row), key=lambda one: np.linalg.norm(X[row] - X[one]))
    total = 0.0
    for one in others[:neighbours]:
        for p, q in zip(PROBA[one], PROBA[row], strict=True):
            total += p * np.log(p / max(q, 1e-12)) if p > 0 else 0.0
    return total / len(others[:neighbours])


@pytest.mark.parametrize("kind", [np.asarray, csr_array, np.float32])
@pytest.mark.parametrize("neighbours", [1, 4, 30])
@pytest.mark.parametrize("rows", [None, [7, 50, 8], [0, 3]])
def test_the_definition(kind: Any, neighbours: int, rows: Any) -> None:
    scored = range(60) if rows is None else rows
    scores = contrast(
        kind(X), PROBA[list(scored)], PROBA[KNOWN], known=KNOWN, rows=rows, neighbours=neighbours
    )
    assert np.allclose(scores, [plain(row, neighbours) for row in scored], rtol=1e-6, atol=1e-9)


def test_certain_models_and_empty_sets_give_finite_scores() -> None:
    sure = np.eye(3)[[0, 1, 2, 0]]
    scores = contrast(X[:4], sure, sure[[1]], known=[1], neighbours=1)
    assert np.isfinite(scores).all() and scores[1] == 0 and (scores[[0, 2, 3]] > 20).all()
    assert (contrast(X[:4], sure, sure[:0], known=[]) == 0).all()


def test_it_asks_at_the_border() -> None:
    """Labelled at 0 and 1 as one class; the model changes its mind at 1.5."""

    class Says:
        classes = ("a", "b")

        def proba(self, x: Any) -> np.ndarray:
            a = 0.1 + 0.8 * (np.asarray(x)[:, 0] < 1.5)
            return np.column_stack([a, 1 - a])

    pool = Pool([[0.0], [0.5], [1.0], [1.6], [5.0], [5.1]])
    snapshot = Snapshot(pool, labels={0: "a", 2: "a", 4: "b"}, model=Says())
    assert as_strategy(Cal(neighbours=1)).propose(snapshot, 1).ids == [3]
    prediction = Prediction(Says(), np.asarray(pool.features), [1, 3, 5], labelled=[0, 2, 4])
    scores = Cal(neighbours=1)(prediction)
    assert scores[1] == pytest.approx(0.8 * np.log(9)) and scores[[0, 2]] == pytest.approx(0)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(InvalidInput, match="neighbours"):
        Cal(neighbours=0)
    with pytest.raises(InvalidInput, match="known"):
        contrast(X, PROBA, PROBA[:2], known=[1])
    with pytest.raises(InvalidInput, match="no distribution"):
        contrast(X, PROBA * 2, PROBA[:1], known=[0])
