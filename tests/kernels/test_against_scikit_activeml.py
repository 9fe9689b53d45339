"""Where scikit-activeml is right we say the same: a differential test, for machines that have it."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from querist.kernels import (
    bald,
    batch_bald,
    cost_margin,
    entropy,
    epistemic,
    expected_cost,
    least_confidence,
    margin,
    variation_ratio,
    vote_entropy,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pytest.importorskip("skactiveml", reason="scikit-activeml is not installed, and only compared with")
    from skactiveml.pool import _bald, _epistemic_uncertainty_sampling, _query_by_committee
    from skactiveml.pool import _uncertainty_sampling as uncertainty

RNG = np.random.default_rng(0)
DRAWS = RNG.dirichlet(np.full(4, 0.5), (5, 200))
PROBA = DRAWS[0]


def test_uncertainty():
    scores = uncertainty.uncertainty_scores
    assert np.allclose(scores(PROBA, method="least_confident"), least_confidence(PROBA))
    assert np.allclose(scores(PROBA, method="entropy"), entropy(PROBA))
    assert np.allclose(np.ptp(scores(PROBA, method="margin_sampling") - margin(PROBA)), 0)
    costs = RNG.integers(0, 9, (4, 4)) * (1.0 - np.eye(4))
    assert np.allclose(scores(PROBA, costs, "least_confident"), expected_cost(PROBA, costs))
    assert np.allclose(scores(PROBA, costs, "margin_sampling"), cost_margin(PROBA, costs))


def test_committees():
    votes = DRAWS.argmax(axis=2).T
    assert np.allclose(_query_by_committee.average_kl_divergence(DRAWS), bald(DRAWS))
    assert np.allclose(_query_by_committee.vote_entropy(votes, classes=np.arange(4)), vote_entropy(DRAWS))
    assert np.allclose(_query_by_committee.variation_ratios(votes), variation_ratio(DRAWS))


def test_epistemic_uncertainty():
    frequencies = np.abs(RNG.standard_normal((60, 2))) * 5
    theirs, _ = _epistemic_uncertainty_sampling._epistemic_uncertainty_pwc(frequencies)
    assert np.allclose(theirs, epistemic(frequencies), atol=1e-4)  # theirs is a search on a scalar


def test_batches():
    """Two rows: from the third on theirs is drawn, and passes what five members can tell at most."""
    rows, gains = batch_bald(DRAWS[:, :40], 2)
    theirs = _bald.batch_bald(DRAWS[:, :40], 2, random_state=0)
    assert np.nanargmax(theirs, axis=1).tolist() == rows.tolist()
    assert np.allclose(np.nanmax(theirs, axis=1), np.cumsum(gains))
