"""Expected steps of the model against gradients that are written down."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from querist.errors import InvalidInput
from querist.kernels import expected_gradient_length, expected_model_change, lengths

RNG = np.random.default_rng(0)
X = RNG.standard_normal((17, 5))
PROBA = RNG.dirichlet(np.ones(4), 17)


def written_down(proba, x):
    """The gradient of -log p_c by the weights, class by class, as the matrix that it is."""
    total = 0.0
    for c, chance in enumerate(proba):
        total += chance * np.linalg.norm(np.outer(proba - np.eye(len(proba))[c], x))
    return total


@pytest.mark.parametrize("bias", [False, True])
def test_gradient_lengths_are_those_of_the_written_gradients(bias):
    full = np.column_stack([X, np.ones(17)]) if bias else X
    told = expected_gradient_length(PROBA, X, bias=bias)
    assert np.allclose(told, [written_down(p, x) for p, x in zip(PROBA, full, strict=True)])


def test_the_gradient_is_that_of_the_log_loss():
    weights = RNG.standard_normal((3, 5))

    def loss(flat, c):
        logits = flat.reshape(3, 5) @ X[0]
        return np.log(np.exp(logits).sum()) - logits[c]

    proba = np.exp([-loss(weights.ravel(), c) for c in range(3)])
    step, expected = 1e-6 * np.eye(15), 0.0
    for c in range(3):
        slope = [(loss(weights.ravel() + e, c) - loss(weights.ravel() - e, c)) / 2e-6 for e in step]
        expected += proba[c] * np.linalg.norm(slope)
    assert np.allclose(expected_gradient_length(proba[None], X[:1], bias=False), expected, atol=1e-8)


@pytest.mark.parametrize("shape", [(6, 17), (6, 17, 4)])
def test_model_change_is_the_mean_step(shape):
    draws = RNG.dirichlet(np.ones(4), shape[:2]) if len(shape) == 3 else RNG.standard_normal(shape)
    mean = draws.mean(axis=0)
    steps = [
        [np.linalg.norm(np.outer(draws[k, i] - mean[i], np.append(X[i], 1))) for i in range(17)]
        for k in range(6)
    ]
    assert np.allclose(expected_model_change(draws, X), np.mean(steps, axis=0))
    assert np.allclose(expected_model_change(draws) * lengths(X, bias=True), np.mean(steps, axis=0))


def test_sparse_float32_and_some_rows():
    rows = np.array([3, 16, 0])
    whole = expected_gradient_length(PROBA, X)
    assert np.allclose(expected_gradient_length(PROBA[rows], X, rows=rows), whole[rows])
    assert np.allclose(expected_gradient_length(PROBA, csr_array(X)), whole)
    single = expected_gradient_length(PROBA.astype(np.float32), X.astype(np.float32))
    assert single.dtype == np.float32
    assert np.allclose(single, whole, rtol=1e-5)
    assert expected_model_change(np.zeros((2, 17), np.float32), X).dtype == np.float32


def test_certain_rows_and_one_mind_move_nothing():
    assert (expected_gradient_length(np.eye(3), X[:3]) == 0).all()
    assert (expected_model_change(np.full((4, 17), 2.5), X) == 0).all()


def test_what_does_not_fit_is_refused():
    with pytest.raises(InvalidInput, match="of 17 rows cannot be about 5"):
        expected_gradient_length(PROBA, X[:5])
    with pytest.raises(InvalidInput, match="no distribution"):
        expected_gradient_length(X, X)
    with pytest.raises(InvalidInput, match="features of row 2 are not finite"):
        lengths([[0.0], [1.0], [np.nan]])
    with pytest.raises(InvalidInput, match="row 1 are not all finite"):
        expected_model_change([[0.0, np.nan]], X[:2])
    with pytest.raises(InvalidInput, match=r"\(K, n\) table"):
        expected_model_change(np.empty((0, 3)), X[:3])
