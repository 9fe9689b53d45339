"""Greedy coverage equals the search through every candidate with all n x n similarities."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from querist.errors import InvalidInput
from querist.kernels import Covering, close_pairs, greedy_coverage, pairs, priority_sample, pure_radius, reach

X = np.random.default_rng(0).normal(size=(120, 4))


def similarities(x, kind, radius):
    if kind == "cosine":
        return (2 - cdist(x, x, "cosine")) / 2
    d = cdist(x, x)
    return np.exp(-(d**2) / (2 * radius**2)) if kind == "gaussian" else (d <= radius).astype(float)


@pytest.mark.parametrize("kind", ["gaussian", "ball", "cosine"])
@pytest.mark.parametrize("taken", [[], [3, 50, 7]])
def test_each_pick_adds_most(kind, taken):
    near = similarities(X, kind, 1.3)
    rows, witnesses = np.arange(119, 20, -2), np.arange(0, 120, 3)
    weights = np.random.default_rng(1).integers(0, 4, len(witnesses)).astype(float)
    given = {"rows": rows, "taken": taken, "witnesses": witnesses, "weights": weights}
    picks, gains = greedy_coverage(X, 15, similarity=kind, radius=1.3, **given)
    assert len(set(picks.tolist())) == 15 and set(picks.tolist()) <= set(rows.tolist()) - set(taken)
    free = [row for row in rows.tolist() if row not in taken]
    covered = near[taken].max(axis=0)[witnesses] if taken else np.zeros(len(witnesses))
    for pick, gain in zip(picks.tolist(), gains, strict=True):
        added = {row: (np.maximum(near[row, witnesses] - covered, 0) * weights).sum() for row in free}
        assert gain * weights.sum() == pytest.approx(added[pick], abs=1e-8)
        assert added[pick] >= max(added.values()) - 1e-8
        covered = np.maximum(covered, near[pick, witnesses])
        free.remove(pick)


@pytest.mark.parametrize("kind", ["gaussian", "ball", "cosine"])
@pytest.mark.parametrize("how", [csr_array, np.float32])
def test_sparse_and_float32_are_as_dense(kind, how):
    x = np.where(X > 0.3, X, 0)
    picks, gains = greedy_coverage(x, 12, similarity=kind, radius=0.9, taken=[4])
    again, same = greedy_coverage(how(x), 12, similarity=kind, radius=0.9, taken=[4])
    assert (picks == again).all() and np.allclose(gains, same, atol=1e-5)


def test_unlabelled_rows_that_are_no_candidates_are_not_covered():
    x = np.array([[0.0], [0.1], [0.2], [9.0], [9.1]])
    picks, gains = greedy_coverage(x, 1, similarity="ball", radius=0.5, rows=[2, 4])
    assert picks.tolist() == [2] and gains.tolist() == [0.6]
    assert greedy_coverage(x, 1, similarity="ball", radius=0.5, rows=[2, 4], taken=[0])[0].tolist() == [4]


@pytest.mark.parametrize("kind", ["gaussian", "ball", "cosine"])
def test_repeated_constant_and_zero_rows(kind):
    for x in (np.zeros((9, 2)), np.full((9, 2), 3.7), np.repeat(X[:3], 3, axis=0)):
        picks, gains = greedy_coverage(x, 20, similarity=kind)
        assert sorted(picks.tolist()) == list(range(9)) and (np.diff(gains) <= 1e-12).all()
    assert greedy_coverage(X, 3, rows=[5], taken=[5])[0].tolist() == []


def test_once_all_is_covered_the_earlier_of_the_rows_go_first():
    picks, gains = greedy_coverage(np.zeros((6, 1)), 4, similarity="ball", rows=[5, 2, 0, 3])
    assert picks.tolist() == [5, 2, 0, 3] and gains.tolist() == [1, 0, 0, 0]


def test_the_pure_radius_is_the_largest():
    of = (X[:, 0] > 0).astype(int) + (X[:, 1] > 1)
    away = cdist(X, X)

    def purity(radius):
        return np.mean([len(set(of[away[row] <= radius].tolist())) == 1 for row in range(len(X))])

    for wanted in (0.5, 0.8, 0.95, 1.0):
        radius = pure_radius(X, of, purity=wanted)
        larger = [one for one in np.unique(away) if one > radius]
        assert purity(radius) >= wanted and purity(larger[0] * 1.0001) < wanted
    everything = pure_radius(X, np.zeros(120))
    assert everything >= away.max() and np.isfinite(pure_radius(np.ones((3, 2)), np.zeros(3)))


def test_reach_is_where_the_median_row_has_its_share():
    away = np.sort(cdist(X, X), axis=1)
    assert reach(X, 0.25) == pytest.approx(np.median(away[:, 30]))
    assert reach(X, 0.25, most=10) == pytest.approx(np.median(np.sort(cdist(X[:10], X), axis=1)[:, 30]))
    assert reach(np.ones((5, 2)), 0.1) > 0 and reach(np.ones((1, 2)), 0.5) > 0


def test_a_priority_sample_stands_for_all():
    rng = np.random.default_rng(0)
    weights = rng.exponential(size=200) ** 2
    totals, halves = [], []
    for _ in range(400):
        rows, stands_for = priority_sample(rng.random(200), 40, weights=weights)
        assert len(set(rows.tolist())) == 40
        totals.append(stands_for.sum())
        halves.append(stands_for[rows < 100].sum())
    assert np.mean(totals) == pytest.approx(weights.sum(), rel=0.03)
    assert np.mean(halves) == pytest.approx(weights[:100].sum(), rel=0.05)
    rows, stands_for = priority_sample(rng.random(5), 9)
    assert sorted(rows.tolist()) == list(range(5)) and (stands_for == 1).all()


@pytest.mark.parametrize("kind", ["gaussian", "ball", "cosine"])
@pytest.mark.parametrize("how", [np.float32, np.float64])
def test_bounds_that_are_kept_change_no_pick(kind, how, monkeypatch):
    monkeypatch.setattr(pairs, "_LARGE", 0)
    monkeypatch.setattr(close_pairs, "_MOST", -1)
    rng = np.random.default_rng(5)
    for _ in range(4):
        twice = 1 + (rng.random(300) < 0.1)
        x = np.repeat(rng.normal(size=(300, 4)), twice, axis=0).astype(how)
        covering, taken = Covering(x, similarity=kind, radius=1.1), np.empty(0, dtype=int)
        for turn in range(6):
            rows = rng.permutation(np.setdiff1d(np.arange(len(x)), taken))
            given = {"rows": rows, "taken": taken, "witnesses": rng.permutation(rows)}
            n = int(rng.integers(1, 12))
            fresh = greedy_coverage(x, n, similarity=kind, radius=1.1, **given)
            assert not turn or covering.most(rows, taken, rows) is not None
            picks, gains = greedy_coverage(covering, n, **given)
            assert picks.tolist() == fresh[0].tolist() and gains.tolist() == fresh[1].tolist()
            answered = picks if turn != 2 else picks[1:]  # one was passed over
            taken = np.concatenate([taken, answered, rng.choice(rows, 2)])
            taken = np.unique(taken)


def test_bounds_hold_only_for_what_they_were_made_for():
    covering = Covering(X, similarity="cosine")
    rows = np.arange(40)
    covering.keep(rows, np.ones(40), np.array([50, 51]), np.arange(100), fresh=True)
    assert covering.most(rows, np.array([50, 51, 52]), np.arange(90)).tolist() == [1] * 40
    assert covering.most(rows, np.array([50, 51, 110]), np.arange(111)[90:]) is None  # 100 to 109 are new
    assert covering.most(rows, np.array([50]), np.arange(90)) is None  # one was given back
    assert covering.most(np.arange(60), np.array([50, 51]), np.arange(90)) is None  # a third is not known
    with pytest.raises(InvalidInput, match="Covering says itself"):
        greedy_coverage(covering, 1, similarity="cosine")


def test_memory_stays_small():
    x = np.random.default_rng(0).normal(size=(7_000, 8)).astype(np.float32)
    tracemalloc.start()
    greedy_coverage(x, 5, similarity="ball", rows=np.arange(0, 7_000, 9))
    pure_radius(x, np.arange(7_000) % 3 + (x[:, 0] > 9))
    reach(x, 0.1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 9_000_000  # n x n would be 49 MB even as bits of a byte


@pytest.mark.parametrize(
    "wrong",
    [{"similarity": "manhattan"}, {"radius": 0.0}, {"weights": [1.0]}, {"weights": np.full(120, -1.0)}],
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(InvalidInput):
        greedy_coverage(X, 2, **wrong)
    with pytest.raises(InvalidInput, match="purity"):
        pure_radius(X, np.zeros(120), purity=1.5)
