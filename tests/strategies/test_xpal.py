"""Gains of decisions against windows made anew, and the strategy over them."""

from __future__ import annotations

import numpy as np
import pytest

from querist.errors import InvalidInput
from querist.kernels import (
    LogisticStep,
    NearestLabels,
    ParzenWindow,
    expected_decision_gain,
    mean_criterion,
)
from querist.strategies import XPal
from querist.testing import blobs, snapshot_of

X, NAMES = blobs(40, seed=3)
Y = np.searchsorted(["a", "b", "c"], NAMES)
KNOWN, REST = np.arange(9), np.arange(9, 40)


def window(rows, labels, radius=0.8):
    return ParzenWindow(X, rows, labels, classes=3, radius=radius, prior=0.05)


def voters(rows, labels):
    return NearestLabels(X, rows, labels, classes=3, k=3)


@pytest.mark.parametrize("kind", [window, voters])
def test_gains_are_those_of_models_made_anew(kind):
    now = kind(KNOWN, Y[KNOWN]).weights(REST)
    old, want = now.argmax(axis=1), []
    for i, weights in zip(REST, now, strict=True):
        gain = 0.0
        for c, chance in enumerate(weights / weights.sum()):
            then = kind(np.append(KNOWN, i), np.append(Y[KNOWN], c)).weights(REST)
            then /= then.sum(axis=1, keepdims=True)
            gain += chance * (then.max(axis=1) - then[np.arange(len(REST)), old]).mean()
        want.append(gain)
    told = expected_decision_gain(kind(KNOWN, Y[KNOWN]), REST, REST)
    assert np.allclose(told, want)
    assert told.max() > 0 <= told.min()


def test_given_probabilities_and_steps_are_followed():
    proba = np.random.default_rng(0).dirichlet(np.ones(3), 40)
    step = LogisticStep(X, KNOWN, lambda at: proba[at])
    told = expected_decision_gain(step, REST, REST, proba=np.eye(3)[[1] * len(REST)])
    for part in step.futures(REST, REST, np.eye(3, dtype=bool)[[1] * len(REST)]):
        for some, c, logs, weight, _ in part():
            assert c == 1 and weight is None
            new = np.exp(logs)
            new /= new.sum(axis=1, keepdims=True)
            kept = new[:, proba[REST].argmax(axis=1), np.arange(len(REST))]
            assert np.allclose(told[some], (new.max(axis=1) - kept).mean(axis=1))


def test_the_strategy_asks_the_window():
    snapshot = snapshot_of(X, NAMES, labelled=KNOWN)
    proposal = XPal(prior=0.05).propose(snapshot, 31)
    radius = mean_criterion(X[np.r_[KNOWN, REST, REST]], len(KNOWN))
    told = expected_decision_gain(window(KNOWN, Y[KNOWN], radius), REST, REST)
    scores = dict(zip(proposal.ids, proposal.scores, strict=True))
    assert np.allclose([scores[f"item-{row}"] for row in REST], told)
    assert (np.diff(proposal.scores) <= 1e-12).all()


def test_what_makes_no_sense_is_refused():
    with pytest.raises(InvalidInput, match="nothing to be right about"):
        expected_decision_gain(window(KNOWN, Y[KNOWN]), REST, [])
    with pytest.raises(InvalidInput, match="above 0"):
        XPal(prior=0.0)
    with pytest.raises(InvalidInput, match="above 0"):
        XPal(radius=-2.0)
