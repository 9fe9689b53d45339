"""Discriminative active learning against scikit-learn's logistic regression, fitted anew at each step."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression

from querist.errors import InvalidInput
from querist.kernels import discriminative
from querist.models import Prediction
from querist.selection import Discriminative

X = np.random.default_rng(0).normal([3.0, 0.0, 0.0], size=(60, 3))


def brute(n: int, taken: list[int], steps: int, penalty: float) -> tuple[list[int], list[float]]:
    """A whole fit by another library before each part of the batch."""
    taken, picks, scores = list(taken), [], []
    x = X / np.sqrt((X**2).sum(axis=1).mean())
    for part in np.array_split(np.arange(n), steps):
        free = [row for row in range(60) if row not in taken]
        of = np.repeat([1, 0], [len(free), len(taken)])
        weight = np.repeat([0.5 / len(free), 0.5 / len(taken)], [len(free), len(taken)])
        fit = LogisticRegression(C=1 / penalty, tol=1e-12, max_iter=10_000)
        fit.fit(x[free + taken], of, sample_weight=weight)
        chance = fit.predict_proba(x[free])[:, 1]
        for place in np.argsort(-chance)[: len(part)]:
            picks.append(free[place])
            scores.append(chance[place])
            taken.append(free[place])
    return picks, scores


@pytest.mark.parametrize(("steps", "penalty"), [(4, 0.01), (1, 0.5), (12, 0.05)])
def test_it_is_a_refit_a_step(steps: int, penalty: float) -> None:
    picks, scores = discriminative(X, 12, taken=[0, 1, 2, 3], steps=steps, penalty=penalty)
    wanted, chances = brute(12, [0, 1, 2, 3], steps, penalty)
    assert picks.tolist() == wanted
    assert np.allclose(scores, chances, atol=1e-4)


def test_it_asks_where_the_pool_differs_from_the_labels() -> None:
    of = np.repeat([0, 1], [50, 10])
    x = np.random.default_rng(1).normal(size=(60, 2)) + 6 * of[:, None]
    picks, scores = discriminative(x, 5, taken=np.arange(10), steps=1)
    assert of[picks].all()
    assert (scores > 0.5).all()
    far, _ = discriminative(x, 20, taken=np.arange(10), steps=20)
    assert (of[far] == 0).any()  # it learned that the second heap is taken now


def test_sparse_float32_and_repeated_rows() -> None:
    x = np.where(X > 0.3, X, 0)
    picks, scores = discriminative(x, 8, taken=[0, 1])
    for other in (csr_array(x), x.astype(np.float32)):
        found = discriminative(other, 8, taken=[0, 1])
        assert found[0].tolist() == picks.tolist()
        assert np.allclose(found[1], scores, atol=1e-4)
    same, half = discriminative(np.ones((9, 2)), 9)
    assert sorted(same) == list(range(9))
    assert np.allclose(half[1:], 0.5)


def test_a_fit_sees_a_sample_and_scores_go_to_all() -> None:
    rows = np.random.default_rng(2).permutation(np.arange(4, 60))
    picks, _ = discriminative(X, 3, taken=[0, 1, 2, 3], rows=rows, steps=1, sample=6)
    fit_alone, _ = discriminative(X, 3, taken=[0, 1, 2, 3], rows=rows[:6], steps=1)
    assert set(picks) - set(rows[:6].tolist())  # not only the sample is asked
    inside = [pick for pick in picks if pick in set(rows[:6].tolist())]
    assert inside == [pick for pick in fit_alone if pick in inside]


def test_wrong_input_is_named() -> None:
    with pytest.raises(InvalidInput, match="steps"):
        discriminative(X, 1, steps=0)
    with pytest.raises(InvalidInput, match="steps"):
        Discriminative(steps=0)
    with pytest.raises(InvalidInput, match="penalty"):
        Discriminative(penalty=-1.0)
    with pytest.raises(InvalidInput, match="not all finite"):
        discriminative(np.where(np.arange(len(X))[:, None] == 3, np.nan, X), 2, taken=[0])


def test_the_selector_is_the_kernel_over_what_takes_part() -> None:
    prediction = Prediction(None, X, list(range(10, 60)), labelled=[0, 1, 2])
    picks = Discriminative(steps=3)(np.zeros(50), prediction, 6)
    wanted, _ = discriminative(X, 6, taken=[0, 1, 2], rows=np.arange(10, 60), steps=3)
    assert (picks + 10).tolist() == wanted.tolist()
    assert Discriminative(among=2)(np.arange(50.0), prediction, 5).min() >= 40
