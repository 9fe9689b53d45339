"""Expected changes of what is said, against models trained anew and one strategy against the kernel."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from querist.errors import InvalidInput
from querist.kernels import GaussianBayes, LogisticStep, NearestLabels, ParzenWindow, expected_output_change
from querist.models import as_model
from querist.strategies import ExpectedOutputChange
from querist.testing import blobs, snapshot_of

X, NAMES = blobs(40, seed=3)
Y = np.searchsorted(["a", "b", "c"], NAMES)
KNOWN, REST = np.arange(12), np.arange(12, 40)
CHANGES = {
    "kl": lambda new, old: (new * (np.log(np.maximum(new, 1e-300)) - np.log(np.maximum(old, 1e-9)))).sum(1),
    "absolute": lambda new, old: np.abs(new - old).sum(axis=1),
}
KINDS = {
    "window": lambda rows, labels: ParzenWindow(X, rows, labels, classes=3, radius=0.8, prior=0.01),
    "neighbours": lambda rows, labels: NearestLabels(X, rows, labels, classes=3, k=4),
    "bayes": lambda rows, labels: GaussianBayes(X, rows, labels, classes=3),
}


def shares(weights):
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", KINDS)
def test_changes_are_those_of_models_trained_anew(kind, change):
    model = KINDS[kind](KNOWN, Y[KNOWN])
    told = expected_output_change(model, REST, REST, change=change)
    old, want = shares(model.weights(REST)), []
    for i, likely in zip(REST, old, strict=True):
        moved = 0.0
        for c in range(3):
            again = KINDS[kind](np.append(KNOWN, i), np.append(Y[KNOWN], c))
            moved += likely[c] * CHANGES[change](shares(again.weights(REST)), old).mean()
        want.append(moved)
    assert np.allclose(told, want, rtol=1e-6, atol=1e-7)
    assert (told >= 0).all()


@pytest.mark.parametrize("change", CHANGES)
def test_the_logistic_step_is_followed_too(change):
    proba = np.random.default_rng(0).dirichlet(np.ones(3), 40)
    step = LogisticStep(X, KNOWN, lambda at: proba[at])
    told = expected_output_change(step, REST, REST, change=change)
    want = np.zeros(len(REST))
    for part in step.futures(REST, REST, np.ones((len(REST), 3), dtype=bool)):
        for some, c, logs, weight, _ in part():
            assert weight is None
            weights = np.exp(logs)
            new = (weights / weights.sum(axis=1, keepdims=True)).swapaxes(1, 2)
            for at, table in zip(range(len(REST))[some], new, strict=True):
                want[at] += proba[REST[at], c] * CHANGES[change](table, proba[REST]).mean()
    assert np.allclose(told, want)


def test_the_strategy_asks_the_closed_form():
    model = as_model(GaussianNB(), ["a", "b", "c"]).fitted(X[KNOWN], NAMES[KNOWN])
    snapshot = snapshot_of(X, NAMES, labelled=KNOWN, model=model)
    proposal = ExpectedOutputChange("kl").propose(snapshot, 28)
    want = expected_output_change(KINDS["bayes"](KNOWN, Y[KNOWN]), REST, REST, proba=model.proba(X[REST]))
    assert list(proposal.ids) == [f"item-{row}" for row in REST[np.argsort(-want)]]
    assert np.allclose(proposal.scores, np.sort(want)[::-1])


def test_what_makes_no_sense_is_refused():
    with pytest.raises(InvalidInput, match="no change 'l2'"):
        expected_output_change(KINDS["window"](KNOWN, Y[KNOWN]), REST, REST, change="l2")
    with pytest.raises(InvalidInput, match="nothing to be right about"):
        expected_output_change(KINDS["window"](KNOWN, Y[KNOWN]), REST, [])
    with pytest.raises(InvalidInput, match="no change 'l2'"):
        ExpectedOutputChange("l2")
    with pytest.raises(InvalidInput, match="sub-pool"):
        ExpectedOutputChange(targets=0)
