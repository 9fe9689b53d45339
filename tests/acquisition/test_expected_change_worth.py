"""Expected steps, through models as they are."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from querist import kernels
from querist.acquisition import ExpectedGradientLength, ExpectedModelChange
from querist.errors import InvalidInput, MissingCapability
from querist.models import Bagging, Prediction, as_model
from querist.testing import blobs

X, Y = blobs(60)
ROWS = [40, 3, 9]


def test_the_last_layer_sees_what_the_pipeline_makes():
    model = as_model(make_pipeline(StandardScaler(), LogisticRegression())).fitted(X[:20], Y[:20])
    scores = ExpectedGradientLength()(Prediction(model, X, ROWS, chunk=2))
    seen = model.embed(X[ROWS])
    assert np.allclose(scores, kernels.expected_gradient_length(model.proba(X[ROWS]), seen))
    assert not np.allclose(scores, kernels.expected_gradient_length(model.proba(X[ROWS]), X[ROWS]))


def test_model_change_asks_the_committee():
    numbers = X @ [1.0, 2.0, 0.0, -1.0] + np.sin(9 * X[:, 0])
    model = Bagging(Ridge(), 6).fitted(X[:20], numbers[:20])
    scores = ExpectedModelChange(6)(Prediction(model, X, ROWS, chunk=2))
    draws = model.draws(X[ROWS], 6, np.random.default_rng(0))
    assert np.allclose(scores, kernels.expected_model_change(draws, X[ROWS]))
    with pytest.raises(MissingCapability, match=r"Bagging\(your model\)"):
        ExpectedModelChange()(Prediction(as_model(Ridge()).fitted(X, numbers), X))
    with pytest.raises(InvalidInput, match="always at its mean"):
        ExpectedModelChange(1)
