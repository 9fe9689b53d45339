"""Expected average precision against the enumeration of all relevances and all orders of equals."""

from __future__ import annotations

from itertools import pairwise, permutations, product

import numpy as np
import pytest

from querist.errors import InvalidInput
from querist.kernels import expected_average_precision

RNG = np.random.default_rng(0)


def average_precision(relevant):
    hits, total = 0, 0.0
    for place, one in enumerate(relevant, 1):
        hits += one
        total += one * hits / place
    return total / hits


def brute(proba):
    """Every assignment of relevance, every order that the ranking allows."""
    scores = np.zeros(len(proba))
    for p in proba.T:
        orders = [o for o in permutations(range(len(p))) if all(p[a] >= p[b] for a, b in pairwise(o))]
        for x in range(len(p)):
            for relevant in product((0, 1), repeat=len(p)):
                if not relevant[x]:
                    continue
                pairs = zip(p, relevant, strict=True)
                chances = [q if one else 1 - q for j, (q, one) in enumerate(pairs) if j != x]
                told = np.mean([average_precision([relevant[i] for i in order]) for order in orders])
                scores[x] += np.prod(chances) * told
    return scores


def by_counting(p):
    """The same for distinct chances by the law of how many are relevant above and below, O(n^3)."""
    order = np.argsort(-p)
    scores = np.empty(len(p))
    for x in range(len(p)):
        ranked = [1.0 if i == x else p[i] for i in order]
        below = [np.ones(1)]  # the law of the number of relevant rows from a place on
        for q in ranked[::-1]:
            below.append(np.convolve(below[-1], [1 - q, q]))
        below = below[::-1]
        above, total = np.ones(1), 0.0
        for i, q in enumerate(ranked):
            k, m = np.arange(len(above))[:, None], np.arange(len(below[i + 1]))[None, :]
            total += q * (above[:, None] * below[i + 1][None, :] * (k + 1) / (i + 1) / (k + 1 + m)).sum()
            above = np.convolve(above, [1 - q, q])
        scores[x] = total
    return scores


@pytest.mark.parametrize("classes", [1, 2, 3])
def test_it_is_the_expectation(classes):
    for n in (1, 2, 3, 5, 6):
        proba = RNG.dirichlet(np.full(classes, 0.7), n)
        assert np.allclose(expected_average_precision(proba), brute(proba), atol=1e-12)


def test_equals_certain_and_impossible_rows():
    for p in ([0.5] * 4, [1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.3, 0.3, 1.0], [1.0], [0.0, 0.0]):
        proba = np.column_stack([p, 1 - np.array(p)])
        told = expected_average_precision(proba)
        assert np.allclose(told, brute(proba), atol=1e-12)
        assert np.allclose(expected_average_precision(proba.astype(np.float32)), told, atol=1e-6)


@pytest.mark.parametrize("scale", [0.01, 0.3, 1.0])
def test_many_rows_keep_ten_digits(scale):
    p = np.sort(RNG.random(150))[::-1] * scale
    told = expected_average_precision(np.column_stack([p, 1 - p]))
    want = by_counting(p) + by_counting(1 - p)
    assert np.allclose(told, want, rtol=1e-10)


def test_large_tables_stay_in_range():
    proba = RNG.dirichlet(np.full(3, 0.2), 50_000)
    told = expected_average_precision(proba)
    assert np.isfinite(told).all() and told.min() > 0 and told.max() <= 3
    sure = np.zeros((1000, 2))
    sure[:, 0] = 1.0
    assert np.allclose(expected_average_precision(sure)[:5], 1 + 1 / 1000 * (1 / np.arange(1, 1001)).sum())


def test_what_makes_no_sense_is_refused():
    with pytest.raises(InvalidInput, match=r"\(n, C\)"):
        expected_average_precision([0.5, 0.5])
    with pytest.raises(InvalidInput, match="Row 1 is no distribution"):
        expected_average_precision([[0.5, 0.5], [0.5, 0.6]])
    assert expected_average_precision(np.empty((0, 2))).shape == (0,)
