"""The interval covers at every look at once, also where the chances drift."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from querist.errors import InvalidInput
from querist.kernels import interval_at_any_look

LOOKS = 200
RUNS = 1_000


@cache
def _every_interval(alpha):
    """Both ends for each number of hits in each number of outcomes: a table, as the looks repeat."""
    n, hits = np.tril_indices(LOOKS + 1)
    ends = np.full((2, LOOKS + 1, LOOKS + 1), np.nan)
    ends[:, n, hits] = interval_at_any_look(hits, n, alpha)
    return ends


def _ever_missed(chances, rng, alpha):
    """The share of runs in which the interval misses the running mean of the chances at any look."""
    n = np.arange(1, LOOKS + 1)
    means = np.cumsum(chances, axis=1) / n
    hits = np.cumsum(rng.random((RUNS, LOOKS)) < chances, axis=1)
    low, high = (end[n, hits] for end in _every_interval(alpha))
    return ((means < low - 1e-12) | (means > high + 1e-12)).any(axis=1).mean()


def _laws(rng):
    time = np.arange(LOOKS)
    yield "even", np.full((RUNS, LOOKS), 0.5)
    yield "often right", np.full((RUNS, LOOKS), 0.9)
    yield "nearly always", np.full((RUNS, LOOKS), 0.99)
    yield "rarely", np.full((RUNS, LOOKS), 0.03)
    yield "a model that learns", np.broadcast_to(0.3 + 0.65 * (1 - np.exp(-time / 80)), (RUNS, LOOKS))
    yield "a jump", np.broadcast_to(np.where(time < 90, 0.2, 0.95), (RUNS, LOOKS))
    yield "chances that wander", np.clip(0.7 + np.cumsum(rng.normal(0, 0.03, (RUNS, LOOKS)), axis=1), 0, 1)


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_it_holds_at_all_looks_together(alpha):
    rng = np.random.default_rng(0)
    for law, chances in _laws(rng):
        missed = _ever_missed(chances, rng, alpha)
        assert missed <= alpha, f"{law}: missed in {missed:.3f} of the runs"


def test_it_holds_where_the_outcomes_decide_what_comes():
    """A model that is retrained after each error: the chance depends on what was seen."""
    rng = np.random.default_rng(1)
    missed = 0
    for _ in range(100):
        chance, hits, total, wrong = 0.5, 0, 0.0, False
        seen, means = np.empty(200), np.empty(200)
        for look in range(200):
            total += chance
            hit = rng.random() < chance
            hits += hit
            chance = min(0.98, chance + 0.05) if not hit else max(0.3, chance - 0.005)
            seen[look], means[look] = hits, total / (look + 1)
        low, high = interval_at_any_look(seen, np.arange(1, 201), 0.1)
        wrong = bool(((means < low) | (means > high)).any())
        missed += wrong
    assert missed / 100 <= 0.1


def test_a_fixed_n_interval_would_not_hold():
    """What the width is paid for: Wilson's interval, looked at 200 times, fails the same trial."""
    rng = np.random.default_rng(0)
    n = np.arange(1, LOOKS + 1)
    hits = np.cumsum(rng.random((RUNS, LOOKS)) < 0.9, axis=1)
    share, z = hits / n, 1.96
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    assert ((middle - half > 0.9) | (middle + half < 0.9)).any(axis=1).mean() > 0.2


def test_it_narrows():
    widths = [np.subtract(*interval_at_any_look(int(0.9 * n), n)[::-1]) for n in (10, 100, 1_000, 10_000)]
    assert widths[0] < 0.75 and widths[1] < 0.22 and widths[2] < 0.07 and widths[3] < 0.025
    assert all(wide > narrow for wide, narrow in pairwise(widths))


def test_it_is_symmetric_and_around_the_share():
    for hits, n in ((0, 7), (3, 7), (7, 7), (50, 60)):
        low, high = interval_at_any_look(hits, n)
        other_low, other_high = interval_at_any_look(n - hits, n)
        assert 0 <= low <= hits / n <= high <= 1
        assert np.isclose(low, 1 - other_high) and np.isclose(high, 1 - other_low)
    assert interval_at_any_look(0, 7)[0] == 0 and interval_at_any_look(7, 7)[1] == 1


def test_more_certainty_is_wider():
    assert interval_at_any_look(30, 50, 0.01)[0] < interval_at_any_look(30, 50, 0.2)[0]


def test_arrays_are_many_numbers():
    low, high = interval_at_any_look([[0, 5], [9, 0]], [[0, 9], [9, 4]])
    assert low.shape == high.shape == (2, 2)
    assert (low[0, 1], high[0, 1]) == interval_at_any_look(5, 9)
    assert (low[0, 0], high[0, 0]) == (0.0, 1.0) == interval_at_any_look(0, 0)


@pytest.mark.parametrize(
    ("hits", "n", "alpha"),
    [(3, 2, 0.05), (-1, 2, 0.05), (1, 2, 0.0), (1, 2, 1.0), (np.nan, 2, 0.05), (1, np.inf, 0.1)],
)
def test_what_cannot_be_is_refused(hits, n, alpha):
    with pytest.raises(InvalidInput, match="0 <= successes <= n"):
        interval_at_any_look(hits, n, alpha)
