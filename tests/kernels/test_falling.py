"""Lazy search finds what a search through everything finds, and looks at less."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.kernels import Points, k_center
from querist.kernels.falling import Falling


@settings(max_examples=30)
@given(n=st.integers(1, 900), levels=st.integers(1, 40), seed=st.integers(0, 99), picks=st.integers(1, 12))
def test_the_largest_is_found_whatever_falls(n, levels, seed, picks):
    """More rows than the short list holds; few levels, so that most values are equal."""
    rng = np.random.default_rng(seed)
    now = rng.integers(0, levels, n).astype(float)
    falls = rng.integers(0, 3, (picks, n)) * rng.integers(0, 2, (picks, n))
    looked = []

    def fresh(rows, since, best):
        looked.append(len(rows))
        return now[rows], np.full(len(rows), lazy.turn)

    lazy = Falling(now + rng.integers(0, 2, n), fresh, turn=1, first_of_equals=True)
    out = np.zeros(n, dtype=bool)
    for turn in range(min(picks, n)):
        row, value = lazy.take()
        assert (row, value) == (np.where(out, -1, now).argmax(), now[row]) and not out[row]
        out[row] = True
        now = np.maximum(now - falls[turn], 0)


def test_equal_values_cost_nothing_where_their_order_does_not_matter():
    looked = []

    def fresh(rows, since, best):
        looked.extend(rows)
        return np.ones(len(rows)), np.full(len(rows), lazy.turn)

    lazy = Falling(np.ones(5000), fresh)
    assert len({lazy.take()[0] for _ in range(50)}) == 50
    assert len(looked) < 50 * 64


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("given", [0, 5, 100])
def test_k_center_picks_what_all_distances_pick(given, whole):
    """Whole numbers: distances are exact, many are equal, and equal ones go to the lower row."""
    rng = np.random.default_rng(given)
    x = rng.integers(-9, 9, (3000, 3)) if whole else rng.normal(size=(3000, 12)) * rng.random((3000, 1))
    x = np.concatenate([x, -x]).astype(np.float64)  # the mean is 0, so nothing is rounded
    taken = rng.choice(6000, given, replace=False)
    picks, distances = k_center(x, 60, taken=taken)
    far = np.full(6000, np.inf)
    for row in taken:
        np.minimum(far, ((x - x[row]) ** 2).sum(axis=1), out=far)
    far[taken] = -1
    for i, (pick, distance) in enumerate(zip(picks, distances, strict=True)):
        if given or i:
            assert pick == (np.round(far, 6) == np.round(far.max(), 6)).argmax()
            assert distance == pytest.approx(np.sqrt(far[pick]), rel=1e-6)
        np.minimum(far, ((x - x[pick]) ** 2).sum(axis=1), out=far)
        far[pick] = -1


def test_k_center_computes_a_part_of_the_distances(monkeypatch):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8000, 16)) * rng.lognormal(sigma=0.5, size=(8000, 1))
    taken = rng.choice(8000, 200, replace=False)
    computed, squared = [], Points._squared
    monkeypatch.setattr(
        Points, "_squared", lambda *a: computed.append(len(a[2]) * a[3].shape[0]) or squared(*a)
    )
    k_center(x, 100, taken=taken)
    assert sum(computed) < 0.2 * 8000 * 300
