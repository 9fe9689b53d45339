"""Uncertainty equals its definition, written out number by number."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from querist.errors import InvalidInput
from querist.kernels import confidence_ratio, entropy, least_confidence, margin


def plain_least_confidence(row):
    return 1 - max(row)


def plain_margin(row):
    first, second = sorted([*row, 0.0], reverse=True)[:2]
    return -(first - second)


def plain_ratio(row):
    first, second = sorted([*row, 0.0], reverse=True)[:2]
    return second / first


def plain_entropy(row):
    return -sum(p * math.log(p) for p in row if p > 0)


KERNELS = [
    (least_confidence, plain_least_confidence),
    (margin, plain_margin),
    (confidence_ratio, plain_ratio),
    (entropy, plain_entropy),
]


@st.composite
def distributions(draw):
    shape = (draw(st.integers(1, 6)), draw(st.integers(1, 6)))
    weights = draw(arrays(np.float64, shape, elements=st.sampled_from([0.0, 1e-300, 1e-9, 0.25, 1.0, 3.0])))
    weights[weights.sum(axis=1) == 0, 0] = 1.0
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("kernel", "plain"), KERNELS)
@given(proba=distributions())
def test_it_is_the_definition(kernel, plain, proba):
    expected = [plain(row.tolist()) for row in proba]
    assert np.allclose(kernel(proba), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("kernel", "plain"), KERNELS)
def test_many_blocks_are_one(kernel, plain):
    proba = np.random.default_rng(0).dirichlet(np.ones(7), 100_000)
    scores = kernel(proba)
    rows = [0, 1, 37_448, 37_449, 37_450, 99_999]  # about a border between blocks
    assert np.allclose(scores[rows], [plain(proba[row]) for row in rows])
    assert scores.shape == (100_000,) and np.isfinite(scores).all()


@pytest.mark.parametrize(("kernel", "plain"), KERNELS)
@pytest.mark.parametrize("classes", [2, 64, 65, 300])
def test_few_and_many_classes(kernel, plain, classes):
    proba = np.random.default_rng(3).dirichlet(np.full(classes, 0.1), 40)
    assert np.allclose(kernel(proba), [plain(row) for row in proba.tolist()])


@pytest.mark.parametrize(("kernel", "plain"), KERNELS)
def test_float32_stays_float32(kernel, plain):
    proba = np.random.default_rng(1).dirichlet(np.ones(4), 50)
    single = kernel(proba.astype(np.float32))
    assert single.dtype == np.float32
    assert np.allclose(single, kernel(proba), atol=1e-6)
    assert kernel([[1, 0], [0, 1]]).dtype == np.float64


@pytest.mark.parametrize(("kernel", "plain"), KERNELS)
def test_certainty_is_worth_least(kernel, plain):
    proba = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.5, 0.5, 0.0], [0.34, 0.33, 0.33]])
    for dtype in (np.float32, np.float64):
        scores = kernel(proba.astype(dtype))
        assert np.isfinite(scores).all()
        assert scores[0] == scores[1] == scores.min() < scores[2]


@pytest.mark.parametrize(("kernel", "plain"), KERNELS)
def test_nothing_to_score_and_one_class(kernel, plain):
    assert kernel(np.empty((0, 3))).shape == (0,)
    assert kernel(np.ones((2, 1))).tolist() == [plain([1.0])] * 2


@pytest.mark.parametrize(("kernel", "plain"), KERNELS)
def test_what_is_given_stays_as_it_is(kernel, plain):
    proba = np.random.default_rng(2).dirichlet(np.ones(4), 50)
    proba.setflags(write=False)
    kernel(proba)
    kernel(np.asfortranarray(proba))


@pytest.mark.parametrize(("kernel", "plain"), KERNELS)
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ([[0.5, 0.6]], "Row 0 is no distribution"),
        ([[0.5, 0.5], [2.0, -1.0]], "Row 1 is no distribution"),
        ([[0.5, np.nan]], "Row 0"),
        ([[np.inf, 0.0]], "Row 0"),
        ([0.5, 0.5], r"shape \(2,\)"),
        (np.ones((2, 0)), r"shape \(2, 0\)"),
        ([["a", "b"]], "table of numbers"),
    ],
)
def test_what_is_no_probability_is_refused(kernel, plain, wrong, told):
    with pytest.raises(InvalidInput, match=told):
        kernel(np.asarray(wrong))


def test_logits_are_not_taken_for_probabilities():
    with pytest.raises(InvalidInput, match="not logits"):
        margin(np.array([[3.2, -1.1, 0.4]]))
