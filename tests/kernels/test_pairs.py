"""What is kept of all pairs, by NumPy and compiled, against the whole table of them."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from querist.kernels import Points, compiled_pairs, greedy_coverage, pairs, pure_radius, strips
from querist.kernels.compiled_tile import HEIGHT, width_of
from querist.kernels.directions import Directions

RNG = np.random.default_rng(0)
X = RNG.normal(size=(900, 11)) + 3
X[700] = X[3]
ROWS, COLUMNS = RNG.permutation(900)[:301], RNG.permutation(900)[:704]
WEIGHT, LOW = RNG.random(704), RNG.random(704) * 0.3
HIGH = LOW + RNG.random(704) * 0.5
KINDS = ["ball", "gaussian", "cosine", "inverse"]
BOTH = [np.float32, np.float64]


@pytest.fixture(params=["numpy", "compiled"])
def path(request, monkeypatch):
    """Nothing is large, or everything is."""
    monkeypatch.setattr(pairs, "_LARGE", 0 if request.param == "compiled" else 1 << 62)
    monkeypatch.setattr(strips, "_PACKED", 512 * 11)
    return request.param


def similarities(x, kind, radius):
    if kind == "cosine":
        return (2 - cdist(x, x, "cosine")) / 2
    away = cdist(x, x)
    if kind == "inverse":
        return 1 / (1 + away)
    return np.exp(-(away**2) / (2 * radius**2)) if kind == "gaussian" else (away <= radius).astype(float)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", BOTH)
def test_sums_of_what_similarities_reach(path, kind, dtype):
    x = X.astype(dtype)
    points = Directions(x) if kind == "cosine" else Points(x)
    weight, low, high = (numbers.astype(dtype) for numbers in (WEIGHT, LOW, HIGH))
    near = similarities(x.astype(np.float64), kind, 4.3)
    for rows, columns in ((ROWS, COLUMNS), (COLUMNS, ROWS), (ROWS[:3], COLUMNS), (COLUMNS, ROWS[:1])):
        n = len(columns)
        told = pairs.added(points, rows, columns, weight[:n], low[:n], high[:n], kind, 4.3)
        whole = np.maximum(np.minimum(near[np.ix_(rows, columns)], HIGH[:n]) - LOW[:n], 0) @ WEIGHT[:n]
        assert np.allclose(told, whole, rtol=1e-4 if dtype == np.float32 else 1e-9)
    told = pairs.added_of_each(points, COLUMNS, weight, low, kind, 4.3)
    whole = np.maximum(near[np.ix_(COLUMNS, COLUMNS)] - LOW, 0) @ WEIGHT
    assert np.allclose(told, whole, rtol=1e-4 if dtype == np.float32 else 1e-9)


@pytest.mark.parametrize("dtype", BOTH)
def test_leasts(path, dtype):
    points, away = Points(X.astype(dtype)), cdist(X, X)
    of = np.arange(900) % 7
    apart = np.where(of[ROWS, None] == of, np.inf, away[ROWS]).min(axis=1)
    assert np.allclose(pairs.nearest_stranger(points, ROWS, of), apart, atol=1e-4)
    assert np.isinf(pairs.nearest_stranger(points, ROWS, np.zeros(900, dtype=np.int64))).all()
    least = away[np.ix_(ROWS, COLUMNS)].min(axis=1) ** 2
    found = pairs.nearest_column(points, ROWS, COLUMNS)
    assert np.allclose(found, least, atol=1e-3) and (found[np.isin(ROWS, COLUMNS)] == 0).all()


@pytest.mark.parametrize("dtype", BOTH)
@pytest.mark.parametrize("k", [1, 5, 40])
def test_the_k_nearest(dtype, k):
    whole = cdist(X, X)
    np.fill_diagonal(whole, np.inf)
    which, away = pairs.k_nearest(Points(X.astype(dtype)), np.arange(900), np.arange(900), k)
    assert np.allclose(away, np.sort(whole, axis=1)[:, :k], atol=1e-4)
    assert np.allclose(whole[np.arange(900)[:, None], which], away, atol=1e-4)
    which, away = pairs.k_nearest(Points(X.astype(dtype)), ROWS[:2], ROWS[:3], 4)
    assert (which[:, 2:] == -1).all() and np.isinf(away[:, 2:]).all()


@pytest.mark.parametrize("dtype", BOTH)
def test_the_nearest_centre_and_the_sums_of_clusters(dtype):
    points, weight = Points(X.astype(dtype)), RNG.random(900)
    centres = points.centres(COLUMNS[:75])
    of, squared, sums = pairs.assigned(points, centres, weight)
    away = cdist(X, X[COLUMNS[:75]], "sqeuclidean")
    assert (of == away.argmin(axis=1)).all() and np.allclose(squared, away.min(axis=1), atol=1e-3)
    whole = np.zeros((75, 11))
    np.add.at(whole, of, weight[:, None] * (X - X.mean(axis=0)))
    assert np.allclose(sums, whole, atol=1e-3) and not pairs.assigned(points, centres)[2].any()


def test_equal_columns_go_to_the_first_and_repeated_rows_are_at_distance_0():
    x = np.repeat(RNG.normal(size=(5, 3)), 40, axis=0).astype(np.float32) + 1000
    points = Points(x)
    of, squared, _ = pairs.assigned(points, points.centres(np.arange(200)))
    assert (of == np.arange(200) // 40 * 40).all() and not squared.any()
    which, away = pairs.k_nearest(points, np.arange(200), np.arange(200), 3)
    assert not away.any() and which[0].tolist() == [1, 2, 3] and which[41].tolist() == [40, 42, 43]


@pytest.mark.parametrize("kind", ["gaussian", "ball", "cosine"])
@pytest.mark.parametrize("taken", [[], [3, 50, 7]])
@pytest.mark.parametrize("same", [True, False])
def test_greedy_coverage_is_the_same_compiled(path, monkeypatch, kind, taken, same):
    rows = np.setdiff1d(np.arange(0, 900, 2), taken)
    near = similarities(X, kind, 3.0)
    weights = RNG.integers(1, 4, len(rows)).astype(float)
    witnesses = rows if same else np.arange(1, 2 * len(rows), 2)
    given = {"rows": rows, "taken": taken, "witnesses": witnesses, "weights": weights}
    picks, gains = greedy_coverage(X, 40, similarity=kind, radius=3.0, **given)
    covered = near[taken].max(axis=0)[witnesses] if taken else np.zeros(len(rows))
    free = rows.tolist()
    for pick, gain in zip(picks.tolist(), gains, strict=True):
        added = np.maximum(near[np.ix_(free, witnesses)] - covered, 0) @ weights
        assert gain * weights.sum() == pytest.approx(added[free.index(pick)], abs=1e-7)
        assert added[free.index(pick)] >= added.max() - 1e-7
        covered = np.maximum(covered, near[pick, witnesses])
        free.remove(pick)


def test_what_is_forgotten_is_computed_anew(monkeypatch):
    module = sys.modules["querist.kernels.greedy_coverage"]
    plain = [greedy_coverage(X, 60, similarity=kind, radius=3.0) for kind in ("gaussian", "ball", "cosine")]
    monkeypatch.setattr(module, "_KEPT", 0)
    for (picks, gains), kind in zip(plain, ("gaussian", "ball", "cosine"), strict=True):
        again, same = greedy_coverage(X, 60, similarity=kind, radius=3.0)
        assert (picks == again).all() and np.allclose(gains, same)


def test_a_radius_is_measured_by_the_first_rows():
    of = (X[:, 0] > 3).astype(int)
    apart = np.where(of[:50, None] == of, np.inf, cdist(X[:50], X)).min(axis=1)
    assert pure_radius(X, of, purity=0.5, most=50) == pytest.approx(np.sort(apart)[25] * (1 - 1e-4))


def test_directions_of_sparse_rows_are_those_of_dense_ones():
    x = np.where(X > 3.5, X, 0)
    x[5] = 0
    dense, sparse = Directions(x), Directions(csr_array(x))
    rows = np.array([5, 1, 9])
    assert np.allclose(sparse.centres(rows).toarray(), dense.centres(rows))
    assert np.allclose(sparse.squared(0, 20, sparse.centres(rows)), dense.squared(0, 20, dense.centres(rows)))
    assert np.allclose(sparse.total(rows, np.ones(3)), dense.centres(rows).sum(axis=0))


def test_the_source_of_the_compiled_code_is_right_as_it_stands(monkeypatch, run_by_python):
    run_by_python("compiled_tile", "compiled_turn", "compiled_pairs")
    monkeypatch.setattr(pairs, "_LARGE", 0)
    points, rows, columns = Points(X), ROWS[:20], COLUMNS[:40]
    weight, low, high = WEIGHT[:40], LOW[:40], HIGH[:40]
    for kind in KINDS:
        near = similarities(X, kind, 4.3)
        some = Directions(X) if kind == "cosine" else points
        for few, many in ((rows, columns), (columns, rows)):
            n = len(many)
            told = pairs.added(some, few, many, weight[:n], low[:n], high[:n], kind, 4.3)
            whole = np.maximum(np.minimum(near[np.ix_(few, many)], high[:n]) - low[:n], 0) @ weight[:n]
            assert np.allclose(told, whole)
    monkeypatch.setattr(strips, "_PACKED", 0)
    monkeypatch.setattr(strips, "_STRIP", 64)
    told = pairs.added_of_each(points, COLUMNS[:99], WEIGHT[:99], LOW[:99], "ball", 4.3)
    whole = np.maximum(similarities(X, "ball", 4.3)[np.ix_(COLUMNS[:99], COLUMNS[:99])] - LOW[:99], 0)
    assert np.allclose(told, whole @ WEIGHT[:99])
    away = cdist(X, X)
    assert np.allclose(pairs.nearest_column(points, rows, columns), away[np.ix_(rows, columns)].min(1) ** 2)
    _, found = pairs.k_nearest(points, rows, columns, 3)
    apart = np.where(rows[:, None] == columns, np.inf, away[np.ix_(rows, columns)])
    assert np.allclose(found, np.sort(apart, axis=1)[:, :3])
    small = Points(X[:60])
    of = pairs.assigned(small, small.centres(np.arange(9)), np.ones(60))[0]
    assert (of == away[:60, :9].argmin(axis=1)).all()
    told = pairs.nearest_stranger(small, np.arange(9), np.arange(60) % 5)
    assert np.allclose(
        told, np.where(np.arange(9)[:, None] % 5 == np.arange(60) % 5, np.inf, away[:9, :60]).min(1)
    )


def test_a_tile_fits_the_registers():
    assert HEIGHT in (6, 14) and width_of(np.float32) == 2 * width_of(np.float64)
    assert compiled_pairs.HEIGHT == HEIGHT
