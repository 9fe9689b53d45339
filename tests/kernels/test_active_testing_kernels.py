"""Active testing: by the definitions, and unbiased over every order in which a small pool can be drawn."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from querist.errors import InvalidInput
from querist.kernels import (
    bald,
    expected_losses,
    loss_terms,
    lure,
    lure_weights,
    neyman_allocation,
    stratified_mean,
    surrogate_mean,
    weighted_disagreement,
)

LOSSES = np.array([0.2, 1.0, 0.0, 0.7, 0.4])
N = len(LOSSES)


def every_draw(m, chance):
    """Each order of m items with its probability and the chances at the turns; chances see the past."""
    for order in itertools.permutations(range(N), m):
        probability, chances = 1.0, []
        for turn, row in enumerate(order):
            left = [one for one in range(N) if one not in order[:turn]]
            pull = chance(order[:turn], left)
            chances.append(pull[left.index(row)] / pull.sum())
            probability *= chances[-1]
        yield order, probability, chances


def curious(past, left):
    """Chances that depend on the losses seen so far."""
    seen = LOSSES[list(past)].sum() if past else 0.3
    return np.array([0.2 + row * seen + (row % 2) for row in left])


@pytest.mark.parametrize("m", [1, 2, 3, 4, 5])
def test_lure_is_unbiased_however_items_are_drawn(m):
    mean, total = 0.0, 0.0
    for order, probability, chances in every_draw(m, curious):
        mean += probability * lure(LOSSES[list(order)], chances, N)[0]
        total += probability
    assert np.isclose(total, 1) and np.isclose(mean, LOSSES.mean())


@pytest.mark.parametrize("m", [1, 3, 5])
def test_guesses_leave_it_unbiased_and_each_term_too(m):
    def guess(past):
        """A surrogate that learns from what it saw."""
        return np.arange(N) / 7 + (LOSSES[list(past)].mean() if past else 0.5)

    mean, terms = 0.0, np.zeros(m)
    for order, probability, chances in every_draw(m, curious):
        guesses = [guess(order[:turn])[row] for turn, row in enumerate(order)]
        rests = [
            sum(guess(order[:turn])[row] for row in range(N) if row not in order[:turn]) for turn in range(m)
        ]
        told = LOSSES[list(order)], chances, N, guesses, rests
        mean += probability * lure(*told)[0]
        terms += probability * loss_terms(*told)
    assert np.isclose(mean, LOSSES.mean()) and np.allclose(terms, LOSSES.mean())


def test_weights_are_those_of_the_definition():
    chances, n = [0.3, 0.1, 0.5, 0.2], 9
    for m in range(1, 5):
        for turn, weight in enumerate(lure_weights(chances[:m], n), start=1):
            fair = 1 / ((n - turn + 1) * chances[turn - 1]) - 1
            assert np.isclose(weight, 1 + (n - m) / (n - turn) * fair)
    losses = LOSSES[:4]
    assert np.isclose(lure(losses, chances, n)[0], (lure_weights(chances, n) * losses).mean())


def test_fair_draws_count_one_and_the_whole_pool_is_its_mean():
    fair = 1 / (N - np.arange(3))
    assert np.allclose(lure_weights(fair, N), 1)
    assert np.isclose(lure(LOSSES[:3], fair, N)[0], LOSSES[:3].mean())
    assert lure(LOSSES, [0.9, 0.1, 0.5, 0.5, 1.0], N) == (LOSSES.mean(), 0.0)
    assert np.allclose(lure_weights([0.9, 0.1, 0.5, 0.5, 1.0], N), 1)


def test_the_error_of_fair_draws_is_that_of_a_finite_pool():
    rng, truth = np.random.default_rng(0), np.random.default_rng(1).random(60)
    fair = 1 / (60 - np.arange(30))
    said = [lure(truth[rng.permutation(60)[:30]], fair, 60) for _ in range(400)]
    spread = np.std([estimate for estimate, _ in said])
    assert np.isclose(np.mean([error for _, error in said]), spread, rtol=0.1)
    assert np.isnan(lure([1.0], [0.5], 9)[1])


def test_a_surrogate_fills_in_what_is_not_known():
    assert np.isclose(surrogate_mean(LOSSES[:2], [0.5, 0.5, 0.5]), (1.2 + 1.5) / 5)
    assert np.isclose(surrogate_mean([], LOSSES), LOSSES.mean())


def test_strata_are_unbiased():
    strata, sizes = np.array([0, 0, 0, 1, 1]), [3, 2]
    said = [
        stratified_mean(LOSSES[[*first, *second]], strata[[*first, *second]], sizes)[0]
        for first in itertools.combinations([0, 1, 2], 2)
        for second in itertools.combinations([3, 4], 1)
    ]
    assert np.isclose(np.mean(said), LOSSES.mean())
    assert stratified_mean(LOSSES, strata, sizes)[1] == 0.0


def test_draws_are_shared_by_size_and_spread():
    assert neyman_allocation([50, 50, 0], [0.1, 0.3, 1.0], 8).tolist() == [2, 6, 0]
    assert neyman_allocation([2, 50], [9.0, 0.1], 10).tolist() == [2, 8]
    assert neyman_allocation([5, 5], [0.0, 0.0], 10).tolist() == [5, 5]


def test_expectations_and_disagreement_by_brute_force():
    rng = np.random.default_rng(0)
    draws, losses = rng.dirichlet(np.ones(3), size=(4, 6)), rng.random((6, 3))
    mean, variance = expected_losses(draws[0], losses)
    told = weighted_disagreement(draws, losses)
    for row in range(6):
        p, lost = draws[0, row], losses[row]
        assert np.isclose(mean[row], sum(p * lost))
        assert np.isclose(variance[row], sum(p * (lost - mean[row]) ** 2))
        middle = draws[:, row].mean(axis=0)
        within = np.mean([-(one * np.log(one)) for one in draws[:, row]], axis=0)
        assert np.isclose(told[row], sum(lost * (-middle * np.log(middle) - within)))
    assert np.allclose(weighted_disagreement(draws, np.ones((6, 3))), bald(draws))
    assert np.allclose(weighted_disagreement(draws[:1], losses), 0)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: lure([], [], 3),
        lambda: lure([1.0], [0.0], 3),
        lambda: lure([1.0], [1.5], 3),
        lambda: lure([1.0, 1.0], [0.5], 3),
        lambda: lure([np.inf], [0.5], 3),
        lambda: lure_weights([0.5] * 4, 3),
        lambda: loss_terms([1.0], [0.5], 3, [1.0, 2.0]),
        lambda: surrogate_mean([], []),
        lambda: stratified_mean([1.0], [0], [3, 2]),
        lambda: stratified_mean([1.0, 1.0], [0, 0], [1]),
        lambda: neyman_allocation([3, 3], [1, 1], 1),
        lambda: neyman_allocation([3, 3], [1, 1], 7),
        lambda: expected_losses([[0.5, 0.5]], [[1.0]]),
        lambda: weighted_disagreement([[0.5, 0.5]], [[1.0, 0.0]]),
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(InvalidInput):
        wrong()
