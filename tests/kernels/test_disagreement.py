"""Disagreement equals its definition, member by member and number by number."""

from __future__ import annotations

import math

import numpy as np
import pytest

from querist.errors import InvalidInput
from querist.kernels import (
    bald,
    consensus_entropy,
    entropy,
    max_kl,
    mean_std,
    variance_of_draws,
    variation_ratio,
    vote_entropy,
)


def plain_entropy(row):
    return -sum(p * math.log(p) for p in row if p > 0)


def mean_of(said):
    return [sum(column) / len(said) for column in zip(*said, strict=True)]


def plain_votes(said):
    votes = [0.0] * len(said[0])
    for row in said:
        leads = [c for c, p in enumerate(row) if p == max(row)]
        for c in leads:
            votes[c] += 1 / len(leads) / len(said)
    return votes


def divergence(row, mean):
    return sum(p * math.log(p / q) for p, q in zip(row, mean, strict=True) if p > 0)


def plain_std(said):
    mean = mean_of(said)
    columns = zip(zip(*said, strict=True), mean, strict=True)
    spreads = [math.sqrt(sum((p - m) ** 2 for p in one) / len(said)) for one, m in columns]
    return sum(spreads) / len(spreads)


KERNELS = [
    (vote_entropy, lambda said: plain_entropy(plain_votes(said))),
    (variation_ratio, lambda said: 1 - max(plain_votes(said))),
    (consensus_entropy, lambda said: plain_entropy(mean_of(said))),
    (bald, lambda said: plain_entropy(mean_of(said)) - sum(map(plain_entropy, said)) / len(said)),
    (bald, lambda said: sum(divergence(row, mean_of(said)) for row in said) / len(said)),
    (max_kl, lambda said: max(divergence(row, mean_of(said)) for row in said)),
    (mean_std, plain_std),
]
IDS = ["vote_entropy", "variation_ratio", "consensus_entropy", "bald", "mean_kl", "max_kl", "mean_std"]


def committee(members, n, classes, seed=0):
    """Members that are torn, sure, or in between; some entries are 0."""
    rng = np.random.default_rng(seed)
    draws = rng.dirichlet(np.full(classes, 0.5), (members, n))
    draws[:, ::5] = np.round(draws[:, ::5])
    draws[:, ::5, 0] += 1 - draws[:, ::5].sum(axis=2)
    draws[:, ::5] = np.where(draws[:, ::5].min(axis=2, keepdims=True) < 0, np.eye(classes)[0], draws[:, ::5])
    draws[0, ::7] = 1 / classes
    return draws


@pytest.mark.parametrize(("kernel", "plain"), KERNELS, ids=IDS)
@pytest.mark.parametrize("shape", [(1, 6, 3), (2, 40, 2), (5, 40, 4), (3, 6, 1), (4, 30, 70)])
def test_it_is_the_definition(kernel, plain, shape):
    draws = committee(*shape)
    expected = [plain(said.tolist()) for said in draws.swapaxes(0, 1)]
    assert np.allclose(kernel(draws), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("kernel", "plain"), KERNELS, ids=IDS)
def test_many_blocks_are_one(kernel, plain):
    draws = committee(3, 30_000, 4)
    scores = kernel(draws)
    rows = [0, 21_844, 21_845, 21_846, 29_999]  # about a border between blocks
    assert np.allclose(scores[rows], [plain(draws[:, row].tolist()) for row in rows])


@pytest.mark.parametrize("kernel", dict.fromkeys(kernel for kernel, _ in KERNELS))
def test_kinds_orders_and_what_is_given(kernel):
    draws = committee(4, 50, 3)
    draws.setflags(write=False)
    scores = kernel(draws)
    single = kernel(draws.astype(np.float32))
    assert single.dtype == np.float32 and np.allclose(single, scores, atol=1e-5)
    assert np.allclose(kernel(np.asfortranarray(draws)), scores)
    assert np.allclose(kernel(draws[::-1]), scores), "the order of the members counts"
    assert np.allclose(kernel(draws[:, :, ::-1]), scores), "the order of the classes counts"
    assert np.allclose(kernel(draws[:, 7:8]), scores[7:8]) and kernel(draws[:, :0]).shape == (0,)
    assert kernel([[[1, 0]], [[0, 1]]]).dtype == np.float64
    assert (scores >= 0).all()


def test_all_of_one_mind_disagree_about_nothing():
    draws = np.tile(np.random.default_rng(0).dirichlet(np.ones(5), 20), (6, 1, 1))
    for kernel in (bald, max_kl, mean_std, vote_entropy, variation_ratio):
        assert np.allclose(kernel(draws), 0, atol=1e-12)
    assert np.allclose(consensus_entropy(draws), entropy(draws[0]))


@pytest.mark.parametrize("kernel", dict.fromkeys(kernel for kernel, _ in KERNELS))
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (np.ones((2, 3)), r"\(K, n, C\) probabilities; got shape \(2, 3\)"),
        (np.ones((0, 3, 2)), r"shape \(0, 3, 2\)"),
        (np.ones((2, 3, 0)), r"shape \(2, 3, 0\)"),
        ([[["a", "b"]]], "probabilities"),
        ([[[0.5, 0.5]], [[0.5, 0.6]]], "Row 0 of member 1 is no distribution"),
        ([[[0.5, np.nan]]], "Row 0 of member 0"),
    ],
)
def test_what_is_no_committee_is_refused(kernel, wrong, told):
    with pytest.raises(InvalidInput, match=told):
        kernel(np.asarray(wrong))


def test_the_variance_of_numbers():
    draws = np.random.default_rng(0).standard_normal((5, 30)).astype(np.float32)
    told = [sum((one - sum(said) / 5) ** 2 for one in said) / 5 for said in draws.T.astype(float).tolist()]
    assert np.allclose(variance_of_draws(draws), told)
    assert variance_of_draws(draws[:, :0]).shape == (0,)
    with pytest.raises(InvalidInput, match=r"row 2 are not all finite"):
        variance_of_draws([[1.0, 2.0, 3.0], [1.0, 2.0, np.inf]])
    for wrong in (draws[0], np.ones((0, 3)), np.array([["a"]])):
        with pytest.raises(InvalidInput, match=r"\(K, n\) table"):
            variance_of_draws(wrong)
