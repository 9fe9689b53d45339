"""Variances of probabilities against the information matrix written out, and the strategy's bounds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression

from querist.errors import InvalidInput
from querist.kernels import variance_reduction
from querist.models import as_model
from querist.strategies import VarianceReduction
from querist.testing import blobs, snapshot_of

X, Y = blobs(40, seed=3)
RNG = np.random.default_rng(0)
PROBA = RNG.dirichlet(np.ones(3), 40)
KNOWN, CANDIDATES, TARGETS = np.arange(8), np.arange(8, 20), np.arange(8, 40)
ROWS = {"known": KNOWN, "candidates": CANDIDATES, "targets": TARGETS}


def softmax(logits):
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


def slope(x, p):
    """How the probabilities move with each coefficient, (C, C d), by differences."""
    logits, out = np.log(p), np.empty((len(p), len(p), len(x)))
    for c in range(len(p)):
        for d in range(len(x)):
            step = np.zeros(len(p))
            step[c] = 1e-5 * x[d]
            out[:, c, d] = (softmax(logits + step) - softmax(logits - step)) / 2e-5
    return out.reshape(len(p), -1)


@pytest.mark.parametrize("penalty", [0.3, 2.0])
def test_three_classes_are_the_information_written_out(penalty):
    def information(rows):
        total = penalty * np.eye(12)
        for row in rows:
            g = slope(X[row], PROBA[row])
            total += sum(np.outer(g[c], g[c]) / PROBA[row, c] for c in range(3))  # E (d log p)^2
        return np.linalg.inv(total)

    def variance(inverse):
        return np.mean([np.trace(slope(X[j], PROBA[j]) @ inverse @ slope(X[j], PROBA[j]).T) for j in TARGETS])

    now = variance(information(KNOWN))
    want = [now - variance(information(np.append(KNOWN, i))) for i in CANDIDATES]
    told = variance_reduction(X, PROBA, **ROWS, penalty=penalty, intercept=False)
    assert np.allclose(told, want, rtol=1e-5, atol=1e-9)


def test_two_classes_are_one_logit():
    p = RNG.uniform(0.05, 0.95, 40)
    full, bend = np.column_stack([X, np.ones(40)]), p * (1 - p)
    base = np.diag([1, 1, 1, 1, 1e-6])

    def variance(rows):
        inverse = np.linalg.inv(base + (full[rows] * bend[rows, None]).T @ full[rows])
        return 2 * np.mean([bend[j] ** 2 * full[j] @ inverse @ full[j] for j in TARGETS])

    want = [variance(KNOWN) - variance(np.append(KNOWN, i)) for i in CANDIDATES]
    assert np.allclose(variance_reduction(X, np.column_stack([1 - p, p]), **ROWS), want, rtol=1e-5)


def test_sparse_float32_and_the_certain():
    dense = np.where(X > 0.5, X, 0)
    told = variance_reduction(dense, PROBA, **ROWS)
    assert np.allclose(told, variance_reduction(csr_array(dense), PROBA, **ROWS))
    assert np.allclose(told, variance_reduction(dense.astype(np.float32), PROBA, **ROWS), atol=1e-6)
    assert (variance_reduction(X, np.eye(3)[RNG.integers(0, 3, 40)], **ROWS) == 0).all()
    assert (variance_reduction(X, np.ones((40, 1)), **ROWS) == 0).all()
    assert (variance_reduction(np.zeros((40, 2)), PROBA, **ROWS, intercept=False) == 0).all()


def test_the_strategy_takes_the_penalty_of_the_model():
    model = as_model(LogisticRegression(C=4.0), ["a", "b", "c"]).fitted(X[KNOWN], Y[KNOWN])
    snapshot = snapshot_of(X, Y, labelled=KNOWN, model=model)
    proposal = VarianceReduction().propose(snapshot, 32)
    told = variance_reduction(
        X, model.proba(X), known=KNOWN, candidates=TARGETS, targets=TARGETS, penalty=0.25
    )
    assert list(proposal.ids) == [f"item-{row}" for row in TARGETS[np.argsort(-told)]]
    assert np.allclose(proposal.scores, np.sort(told)[::-1])


def test_many_features_are_cut_to_their_leading_directions():
    low = RNG.standard_normal((60, 3)) @ RNG.standard_normal((3, 900))
    y = np.where(low[:, 0] > 0, "a", "b")
    model = as_model(LogisticRegression(), ["a", "b"]).fitted(low[:10], y[:10])
    proposal = VarianceReduction().propose(snapshot_of(low, y, labelled=range(10), model=model), 50)
    told = variance_reduction(
        low, model.proba(low), known=range(10), candidates=range(10, 60), targets=range(10, 60)
    )
    assert np.allclose(proposal.scores, np.sort(told)[::-1], rtol=1e-5, atol=1e-12)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(InvalidInput, match="penalty 0"):
        variance_reduction(X, PROBA, **ROWS, penalty=0)
    with pytest.raises(InvalidInput, match="shape"):
        variance_reduction(X[:5], PROBA, **ROWS)
    with pytest.raises(InvalidInput, match="no distribution"):
        variance_reduction(X, PROBA * 2, **ROWS)
    with pytest.raises(InvalidInput, match="penalty must"):
        VarianceReduction(penalty=-1.0)
    for far in (X * 1e20, csr_array(X * 1e20)):
        with pytest.raises(InvalidInput, match=r"penalty 1 beside features up to \de\+\d\d") as error:
            variance_reduction(far, PROBA, **ROWS | {"known": KNOWN[:3]})
        assert "Scale" in error.value.mend
