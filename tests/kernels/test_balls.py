"""Balls around labels and the mix of coverage and worth, against their definitions."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from querist.errors import InvalidInput
from querist.kernels import ball_radii, mixed_coverage

RNG = np.random.default_rng(0)
X = RNG.normal(size=(70, 3))
SAID = (X[:, 0] > 0).astype(int)
CENTRES, LABELS = RNG.normal(size=(9, 3)), RNG.integers(0, 2, 9)


@pytest.mark.parametrize("purity", [0.4, 0.6, 1.0])
@pytest.mark.parametrize("most", [0.7, 2.0])
@pytest.mark.parametrize("kind", [np.asarray, csr_array, np.float32])
def test_a_ball_is_as_wide_as_its_purity_lets_it(purity, most, kind):
    radii, covered = ball_radii(kind(X), SAID, kind(CENTRES), LABELS, purity=purity, most=most)
    away = cdist(CENTRES, X)
    expected = np.zeros(70, dtype=bool)
    for i, label in enumerate(LABELS):
        good = [d for d in away[i][away[i] <= most] if np.mean(SAID[away[i] <= d] == label) >= purity - 1e-9]
        widest = max(good, default=-1.0)
        assert ((away[i] <= radii[i]) == (away[i] <= widest)).all() and radii[i] <= most
        expected |= away[i] <= widest
    assert (covered == expected).all()


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("kind", [np.asarray, csr_array, np.float32])
def test_each_pick_has_the_best_mix(share, kind):
    worth, covered = RNG.random(70), RNG.random(70) < 0.3
    picks, values = mixed_coverage(kind(X), 20, radius=0.8, worth=worth, share=share, covered=covered)
    ball, open_ones, free = cdist(X, X) <= 0.8, ~covered, np.ones(70, dtype=bool)
    for pick, value in zip(picks, values, strict=True):
        inside = (ball & open_ones).sum(axis=1).astype(float)
        mix = np.zeros(70)
        for part, what in ((share, worth), (1 - share, inside)):
            low, high = what[free].min(), what[free].max()
            mix += part * (what - low) / (high - low) if high > low else 0
        assert value == pytest.approx(mix[pick], abs=1e-5) and mix[pick] >= mix[free].max() - 1e-5
        free[pick] = False
        open_ones &= ~ball[pick]


def test_repeated_constant_and_few_rows():
    for x in (np.zeros((9, 2)), np.full((9, 2), 3.7), np.repeat(X[:3], 3, axis=0), X[:1]):
        picks, values = mixed_coverage(x, 20, radius=0.1, worth=np.zeros(len(x)), share=0.5)
        assert sorted(picks.tolist()) == list(range(len(x))) and np.isfinite(values).all()
        radii, covered = ball_radii(x, np.zeros(len(x)), x[:1], [1], purity=0.5, most=1.0)
        assert radii.tolist() == [0.0] and not covered.any()
    assert mixed_coverage(X[:0], 3, radius=1.0, worth=[], share=0.5)[0].tolist() == []
    assert ball_radii(X[:0], [], X[:2], [0, 1], purity=0.5, most=1.0)[0].tolist() == [0.0, 0.0]


def test_memory_stays_small():
    x = RNG.normal(size=(6_000, 8)).astype(np.float32)
    tracemalloc.start()
    mixed_coverage(x, 3, radius=0.5, worth=x[:, 0], share=0.5)
    ball_radii(x, np.zeros(6_000), x[:100], np.zeros(100), purity=0.5, most=1.0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16_000_000  # n x n would be 36 MB as single bytes


@pytest.mark.parametrize("wrong", [{"worth": [1.0]}, {"share": 1.5}, {"radius": -1.0}])
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(InvalidInput):
        mixed_coverage(X, 2, **({"radius": 1.0, "worth": np.zeros(70), "share": 0.5} | wrong))
