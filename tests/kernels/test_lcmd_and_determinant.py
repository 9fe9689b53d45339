"""LCMD and MaxDet against their definitions, with all distances and all products."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from querist.errors import InvalidInput
from querist.kernels import lcmd, max_det

X = np.random.default_rng(0).normal(size=(90, 4)) * [3, 1, 1, 0.5]


def plain_lcmd(x, n, taken, rows):
    away, centres, free, picks = cdist(x, x, "sqeuclidean"), list(taken), [*rows], []
    free = [row for row in free if row not in taken]
    while free and len(picks) < n:
        if not centres:
            pick = free[int(np.linalg.norm(x[free] - x[free].mean(axis=0), axis=1).argmin())]
        else:
            owner = {row: min(centres, key=lambda c: away[row, c]) for row in free}
            mass = {c: sum(away[row, c] for row in free if owner[row] == c) for c in set(owner.values())}
            heaviest = max(mass, key=mass.get)
            pick = max((row for row in free if owner[row] == heaviest), key=lambda row: away[row, heaviest])
        picks.append(pick)
        centres.append(pick)
        free.remove(pick)
    return picks


def plain_max_det(x, n, noise, taken, rows, weights):
    z = x - x.mean(axis=0)
    z = z / np.sqrt((z**2).sum(axis=1).mean())
    z = np.where(np.isin(np.arange(len(x)), taken)[:, None], z, z * weights[:, None])
    k, known, free, picks, variances = z @ z.T, list(taken), [r for r in rows if r not in taken], [], []
    for _ in range(n):
        inverse = np.linalg.inv(k[np.ix_(known, known)] + noise * np.eye(len(known)))
        left = {row: k[row, row] - k[row, known] @ inverse @ k[known, row] for row in free}
        picks.append(max(left, key=left.get))
        variances.append(left[picks[-1]])
        known.append(picks[-1])
        free.remove(picks[-1])
    return picks, variances


@pytest.mark.parametrize("taken", [[], [3], [0, 50, 7]])
@pytest.mark.parametrize("rows", [np.arange(89, 10, -1), np.arange(0, 90, 4)])
def test_lcmd_is_its_definition(taken, rows):
    picks, distances = lcmd(X, 12, taken=taken, rows=rows)
    assert picks.tolist() == plain_lcmd(X, 12, taken, sorted(rows.tolist()))
    assert np.isfinite(distances[not taken :]).all()
    for kind in (csr_array, np.float32):
        assert (lcmd(kind(X), 12, taken=taken, rows=rows)[0] == picks).all()


@pytest.mark.parametrize("taken", [[], [3], [0, 50, 7]])
@pytest.mark.parametrize("noise", [0.01, 2.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_max_det_is_the_largest_posterior_variance(taken, noise, weighted):
    rows = np.arange(89, 10, -2)
    weights = np.random.default_rng(1).random(90) if weighted else np.ones(90)
    given = {"noise": noise, "taken": taken, "rows": rows, "weights": weights if weighted else None}
    picks, variances = max_det(X, 12, **given)
    expected, left = plain_max_det(X, 12, noise, taken, rows.tolist(), weights)
    assert picks.tolist() == expected and np.allclose(variances, left, atol=1e-9)
    for kind in (csr_array, np.float32):
        assert (max_det(kind(X), 12, **given)[0] == picks).all()


def test_max_det_is_lazy_and_the_same_on_many_rows():
    x = np.random.default_rng(2).normal(size=(5000, 20)) * np.random.default_rng(3).random((5000, 1))
    taken = np.arange(40)
    picks, variances = max_det(x, 15, taken=taken)
    z = x - x.mean(axis=0)
    z /= np.sqrt((z**2).sum(axis=1).mean())
    cov = np.linalg.inv(np.eye(20) + z[taken].T @ z[taken] / 0.01)
    free = np.arange(5000) >= 40
    for pick, variance in zip(picks, variances, strict=True):
        left = np.where(free, np.einsum("ij,jk,ik->i", z, cov, z), -1)
        assert pick == left.argmax() and variance == pytest.approx(left[pick])
        free[pick] = False
        cov -= np.outer(cov @ z[pick], cov @ z[pick]) / (0.01 + z[pick] @ cov @ z[pick])


@pytest.mark.parametrize("shift", [0.0, 500.0])
def test_float32_far_from_the_origin(shift):
    x = X + shift
    assert (max_det(x.astype(np.float32), 5)[0] == max_det(x, 5)[0]).all()
    assert (lcmd(x.astype(np.float32), 5)[0] == lcmd(x, 5)[0]).all()


@pytest.mark.parametrize("kernel", [lcmd, max_det])
def test_repeated_constant_and_zero_rows(kernel):
    for x in (np.zeros((9, 2)), np.full((9, 2), 3.7), np.repeat(X[:3], 3, axis=0), X[:1]):
        picks, _ = kernel(x, 20)
        assert sorted(picks.tolist()) == list(range(len(x)))
        assert kernel(x, 3, taken=[0], rows=[0])[0].tolist() == []


@pytest.mark.parametrize("kernel", [lcmd, max_det])
def test_memory_stays_small(kernel):
    x = np.random.default_rng(0).normal(size=(20_000, 8)).astype(np.float32)
    tracemalloc.start()
    kernel(x, 20, taken=np.arange(50))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 9_000_000  # n x n would be 400 MB as single bytes


@pytest.mark.parametrize("wrong", [{"noise": 0.0}, {"noise": np.inf}, {"weights": [1.0]}])
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(InvalidInput):
        max_det(X, 2, **wrong)
    with pytest.raises(InvalidInput, match="finite"):
        max_det(np.array([[np.nan], [1.0]]), 1)
