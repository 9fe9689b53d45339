"""The posterior of a last layer, against numerical curvature, scikit-learn's penalty and plain formulas."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression

from querist.errors import InvalidInput
from querist.kernels import LastLayer, error_change, last_layer, possible_gains, prior_precision


def fitted(classes, n=80, d=3, strength=1.0, seed=0):
    """A fitted layer as (x, y, weights, bias)."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, d))
    y = np.argmax(x @ rng.standard_normal((d, classes)) + rng.gumbel(size=(n, classes)), axis=1)
    model = LogisticRegression(C=1 / strength, tol=1e-8, max_iter=10_000).fit(x, y)
    return x, y, model.coef_, model.intercept_


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("strength", [0.3, 1.0, 20.0])
def test_the_prior_is_found_again(classes, strength):
    x, y, weights, bias = fitted(classes, strength=strength)
    assert prior_precision(x, y, weights, bias) == pytest.approx(strength, rel=1e-3)


def test_a_layer_without_a_penalty_has_a_small_prior():
    x, y, weights, bias = fitted(2, strength=1e-12)
    assert prior_precision(x, y, weights, bias) == pytest.approx(1e-3)
    assert prior_precision(x, y, np.zeros((1, 3)), np.zeros(1)) == 1.0


@pytest.mark.parametrize("classes", [2, 3])
def test_the_precision_is_the_curvature_of_each_class(classes):
    """Against second differences of the negative log posterior, one class at a time."""
    x, y, weights, bias = fitted(classes)
    layer = last_layer(x, weights, bias, 1.0)
    table = np.column_stack([x, np.ones(len(x))])

    def loss(held):
        logits = table @ held.T
        logits = np.column_stack([np.zeros(len(x)), logits]) if classes == 2 else logits
        return -log_softmax(logits, axis=1)[np.arange(len(y)), y].sum() + 0.5 * (held**2).sum()

    step, held = 1e-4, layer.weights
    for row in range(len(held)):
        for i, j in ((0, 0), (1, 2), (3, 3), (0, 3)):
            one, other = np.zeros_like(held), np.zeros_like(held)
            one[row, i], other[row, j] = step, step
            mixed = loss(held + one + other) - loss(held + one - other)
            mixed += loss(held - one - other) - loss(held - one + other)
            assert mixed / (4 * step**2) == pytest.approx(layer.precision[row, i, j], rel=1e-3, abs=1e-3)


def test_two_rows_mean_their_difference():
    x, _, weights, bias = fitted(2)
    alone = last_layer(x, weights, bias, 1.0)
    both = last_layer(x, np.vstack([-weights / 2, weights / 2]), np.array([-bias[0] / 2, bias[0] / 2]), 1.0)
    assert np.allclose(alone.precision, both.precision) and np.allclose(alone.proba(x), both.proba(x))


def test_sparse_rows_are_rows():
    x, _, weights, bias = fitted(3)
    dense, sparse = (last_layer(one, weights, bias, 1.0) for one in (x, scipy.sparse.csr_matrix(x)))
    assert np.allclose(dense.precision, sparse.precision)


@pytest.mark.parametrize("classes", [2, 4])
def test_gains_have_the_spread_that_the_formula_gives(classes):
    """Against draws from the difference of the two covariances, taken by itself."""
    x, _, weights, bias = fitted(classes, n=60)
    rest, seen = np.random.default_rng(3).standard_normal((2, 40, 3))
    layer = last_layer(x, weights, bias, 1.0)
    wider = last_layer(np.vstack([x, rest, rest]), weights, bias, 1.0)
    rng, gains = np.random.default_rng(1), []
    for _ in range(2000):
        moved = np.stack(
            [
                rng.multivariate_normal(mean, np.linalg.inv(old) - np.linalg.inv(new))
                for mean, old, new in zip(layer.weights, layer.precision, wider.precision, strict=True)
            ]
        )
        proba = softmax(LastLayer(moved, layer.precision).logits(seen), axis=1)
        first = layer.logits(seen).argmax(axis=1)
        gains.append((proba.max(axis=1) - proba[np.arange(len(seen)), first]).mean())
    ours = possible_gains(layer, rest, seen, weight=2, draws=2000, rng=np.random.default_rng(2))
    assert (ours >= 0).all()
    assert np.quantile(ours, [0.5, 0.9]) == pytest.approx(np.quantile(gains, [0.5, 0.9]), rel=0.15)


def test_more_rest_can_gain_more_and_none_gains_nothing():
    x, _, weights, bias = fitted(2)
    layer, rng = last_layer(x[:20], weights, bias, 1.0), np.random.default_rng

    def mean(rest):
        return possible_gains(layer, rest, x, draws=400, rng=rng(0)).mean()

    assert 0 == mean(x[:0]) < mean(x[20:30]) < mean(x[20:])


def test_the_error_changes_as_far_as_the_posteriors_lie_apart():
    one = LastLayer(np.zeros((1, 1)), np.ones((1, 1, 1)))
    near = LastLayer(np.full((1, 1), 0.1), np.ones((1, 1, 1)))
    far = LastLayer(np.full((1, 1), 10.0), np.ones((1, 1, 1)))
    narrow = LastLayer(np.zeros((1, 1)), np.full((1, 1, 1), 4.0))
    assert error_change(one, one) == 0
    assert error_change(one, near) == pytest.approx(np.sqrt(0.005 / 2))
    assert error_change(one, far) == pytest.approx(np.sqrt(1 - np.exp(-50)))
    divergence = (0.25 - 1 + np.log(4)) / 2
    assert error_change(one, narrow) == pytest.approx(np.sqrt(divergence / 2))
    assert error_change(one, LastLayer(np.zeros((3, 1)), np.ones((3, 1, 1)))) == 1


def test_the_bound_holds_for_any_loss():
    """Of two posteriors, the chance that a weight is in any half-line differs by no more."""
    rng = np.random.default_rng(5)
    for _ in range(50):
        (a, b), (p, q) = rng.normal(size=2), rng.uniform(0.2, 5, 2)
        one, other = (LastLayer(np.full((1, 1), m), np.full((1, 1, 1), s)) for m, s in ((a, p), (b, q)))
        draws = rng.standard_normal(4000)
        cuts = np.linspace(-4, 4, 33)
        shares = [(m + draws / np.sqrt(s) < cuts[:, None]).mean(axis=1) for m, s in ((a, p), (b, q))]
        assert np.abs(shares[0] - shares[1]).max() <= error_change(one, other) + 0.03


@pytest.mark.parametrize("bias", [[-np.inf, 0.0, 1.0], [0.0, np.nan, 0.0]])
def test_a_class_without_a_label_has_no_posterior(bias):
    with pytest.raises(InvalidInput, match="Leave out classes without a label"):
        last_layer(np.zeros((2, 1)), np.zeros((3, 1)), bias, 1.0)
