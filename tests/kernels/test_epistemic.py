"""Plausibility equals its definition on a fine grid."""

from __future__ import annotations

import numpy as np
import pytest

from querist.errors import InvalidInput
from querist.kernels import entropy, epistemic

GRID = np.linspace(0, 1, 200_001)


def plain(row):
    """sup over a grid of min(relative likelihood, 2 theta - 1), for both of two classes."""

    def plausible(own, other):
        likelihood = GRID**own * (1 - GRID) ** other
        return np.minimum(likelihood / likelihood.max(), 2 * GRID - 1).max()

    one, two = sorted([*row, 0.0], reverse=True)[:2]
    return min(plausible(one, two), plausible(two, one))


def test_it_is_the_definition():
    counts = [[0, 0], [1, 0], [0, 1], [1, 1], [5, 5], [7, 2.5], [0.3, 0.1], [40, 41], [90, 3]]
    counts = np.array(counts, dtype=float)
    assert np.allclose(epistemic(counts), [plain(row) for row in counts], atol=2e-5)
    assert np.allclose(epistemic(counts[:, ::-1]), epistemic(counts))
    three = np.column_stack([np.zeros(9), counts])
    assert np.allclose(epistemic(three), epistemic(counts))
    single = epistemic(counts.astype(np.float32))
    assert single.dtype == np.float32 and np.allclose(single, epistemic(counts), atol=1e-6)


def test_what_is_seen_often_is_known_though_it_varies():
    even = np.array([[k, k] for k in (0, 1, 3, 10, 100, 1e6)], dtype=float)
    scores = epistemic(even)
    assert scores[0] == 1 and (np.diff(scores) < 0).all() and scores[-1] < 0.01
    assert np.ptp(entropy(even[1:] / even[1:].sum(axis=1, keepdims=True))) < 1e-12


def test_one_class_and_nothing():
    assert np.allclose(epistemic([[0.0], [3.0]]), epistemic([[0.0, 0.0], [3.0, 0.0]]))
    assert epistemic(np.empty((0, 2))).shape == (0,) and epistemic([[0, 0]]).dtype == np.float64


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ([[1.0, 2.0], [1.0, -1.0]], "Row 1 holds"),
        ([[np.nan, 1.0]], "Row 0 holds"),
        ([[np.inf, 1.0]], "Row 0 holds"),
        ([1.0, 2.0], r"shape \(2,\)"),
        (np.ones((2, 0)), r"shape \(2, 0\)"),
        ([["a"]], "table"),
    ],
)
def test_what_is_no_count_is_refused(wrong, told):
    with pytest.raises(InvalidInput, match=told):
        epistemic(wrong)
