"""Clusters, representatives and typicality against their definitions."""

from __future__ import annotations

import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from querist.errors import InvalidInput
from querist.kernels import kmeans, pairs, representatives, typicality


def heaps(n=300, seed=0):
    rng = np.random.default_rng(seed)
    which = np.arange(n) % 3
    return rng.normal(size=(n, 4)) * 0.1 + 5 * np.eye(3, 4)[which], which


@pytest.mark.parametrize("kind", [np.asarray, csr_array, np.float32])
def test_heaps_are_found(kind):
    x, which = heaps()
    clusters = kmeans(kind(x), 3, np.random.default_rng(0))
    pairs = set(zip(clusters.of.tolist(), which.tolist(), strict=True))
    assert len(pairs) == 3 and clusters.sizes.tolist() == [100, 100, 100]
    means = np.stack([x[clusters.of == i].mean(axis=0) for i in range(3)])
    assert np.allclose(clusters.centres, means, atol=1e-4)
    assert np.allclose(clusters.squared, ((x - means[clusters.of]) ** 2).sum(axis=1), atol=1e-3)


def test_each_row_is_with_its_nearest_centre_and_rounds_help():
    x = np.random.default_rng(1).normal(size=(500, 6))
    one = kmeans(x, 20, np.random.default_rng(2), rounds=1)
    more = kmeans(x, 20, np.random.default_rng(2))
    for clusters in (one, more):
        distances = cdist(x, clusters.centres, "sqeuclidean")
        assert np.allclose(clusters.squared, distances.min(axis=1))
        assert (clusters.of == distances.argmin(axis=1)).all()
    assert more.squared.sum() < one.squared.sum()


def test_the_seed_decides():
    x = np.random.default_rng(1).normal(size=(400, 3))
    first, second = (kmeans(x, 9, np.random.default_rng(5)).of for _ in range(2))
    assert (first == second).all()


def test_weights_pull_the_centre():
    x = np.array([[0.0], [1.0], [10.0]])
    assert np.allclose(kmeans(x, 1, np.random.default_rng(0), weights=[1, 3, 0]).centres, 0.75)
    assert kmeans(x, 2, np.random.default_rng(0), weights=[0, 0, 0]).of.shape == (3,)


@settings(max_examples=60)
@given(
    x=arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(1, 3)), elements=st.integers(-2, 2)),
    k=st.integers(1, 15),
    seed=st.integers(0, 9),
)
def test_kmeans_on_any_table(x, k, seed):
    clusters = kmeans(x, k, np.random.default_rng(seed))
    k = min(k, len(x))
    assert clusters.centres.shape == (k, x.shape[1]) and np.isfinite(clusters.centres).all()
    assert clusters.of.min() >= 0 and clusters.of.max() < k and clusters.sizes.sum() == len(x)
    chosen = representatives(clusters)
    assert len(chosen) == len(set(clusters.of.tolist())) == len(set(chosen.tolist()))


def test_an_emptied_cluster_moves_to_a_far_row():
    x = np.concatenate([np.zeros((50, 1)), np.full((50, 1), 1.0), [[40.0]]])
    for kind in (np.asarray, csr_array):
        assert kmeans(kind(x), 3, np.random.default_rng(0), tolerance=-1).squared.max() < 1e-9


def test_few_seed_rows_suffice_for_many():
    x, _ = heaps(3_000)
    assert np.allclose(np.sort(kmeans(x, 3, np.random.default_rng(3)).sizes), 1_000)


def test_representatives_are_the_nearest_to_each_centre():
    x, _ = heaps()
    clusters = kmeans(x, 3, np.random.default_rng(0))
    chosen = representatives(clusters)
    assert chosen.tolist() == [
        min(np.flatnonzero(clusters.of == i), key=lambda row: clusters.squared[row]) for i in range(3)
    ]
    some = np.flatnonzero(clusters.of != 1)[5:]
    kept = representatives(clusters, rows=some)
    assert len(kept) == 2 and set(kept.tolist()) <= set(some.tolist())
    assert representatives(clusters, rows=[]).tolist() == []


@pytest.mark.parametrize("kind", [np.asarray, csr_array])
@pytest.mark.parametrize("clusters", [None, np.arange(700) % 3])
def test_typicality_is_one_over_the_mean_distance(kind, clusters):
    x = np.random.default_rng(4).normal(size=(700, 5))
    expected = np.empty(700)
    of = np.zeros(700) if clusters is None else clusters
    for row in range(700):
        others = np.flatnonzero((of == of[row]) & (np.arange(700) != row))
        expected[row] = 1 / np.sort(np.linalg.norm(x[others] - x[row], axis=1))[:20].mean()
    assert np.allclose(typicality(kind(x), clusters=clusters), expected, rtol=1e-6)


def test_typicality_of_the_lonely_and_of_the_repeated():
    x = np.array([[0.0], [0.0], [9.0], [1.0]])
    typical = typicality(x, clusters=[0, 0, 1, 0])
    assert np.isfinite(typical).all() and typical[2] == 0 and typical[0] == typical[1] > typical[3]
    assert np.isfinite(typicality(np.ones((4, 2)))).all()
    assert typicality(np.ones((1, 2))).tolist() == [0.0] and typicality(np.ones((0, 2))).shape == (0,)


def test_memory_stays_small():
    x = np.random.default_rng(0).normal(size=(8_000, 8)).astype(np.float32)
    tracemalloc.start()
    kmeans(x, 100, np.random.default_rng(0), rounds=2)
    typicality(x, clusters=np.arange(8_000) % 8)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16_000_000  # n x n would be 256 MB


def test_no_rows_no_clusters():
    for x, k in ((np.empty((0, 2)), 3), (np.ones((3, 2)), 0)):
        with pytest.raises(InvalidInput, match="a row and a cluster"):
            kmeans(x, k, np.random.default_rng(0))


def test_of_a_pair_the_lower_row_stands_for_both_in_any_precision():
    rng = np.random.default_rng(0)
    for _ in range(20):
        pair = rng.normal(size=(2, 3))
        for dtype in (np.float32, np.float64):
            x = pair.astype(dtype)
            assert representatives(kmeans(x, 1, np.random.default_rng(0))).tolist() == [0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compiled_rounds_are_those_of_numpy(monkeypatch, dtype):
    x = (np.random.default_rng(3).normal(size=(800, 5)) + 7).astype(dtype)
    weights = np.random.default_rng(4).integers(0, 3, 800)
    plain = kmeans(x, 12, np.random.default_rng(0), weights=weights)
    monkeypatch.setattr(pairs, "_LARGE", 0)
    same = kmeans(x, 12, np.random.default_rng(0), weights=weights)
    assert (plain.of == same.of).all() and np.allclose(plain.centres, same.centres, atol=1e-3)
    assert np.allclose(plain.squared, same.squared, atol=1e-3)


def test_rounds_begin_with_a_part_of_many_rows(monkeypatch):
    x, _ = heaps(3_000, seed=2)
    monkeypatch.setattr(sys.modules["querist.kernels.clustering"], "_FIRST_ROWS", 700)
    clusters = kmeans(x, 3, np.random.default_rng(0))
    assert clusters.sizes.tolist() == [1_000, 1_000, 1_000]
    assert np.allclose(clusters.centres, np.stack([x[clusters.of == i].mean(axis=0) for i in range(3)]))
    assert (kmeans(x, 3, np.random.default_rng(0)).of == clusters.of).all()


@pytest.mark.parametrize("clusters", [None, np.arange(700) % 3])
def test_compiled_typicality_is_that_of_numpy(monkeypatch, clusters):
    x = np.random.default_rng(4).normal(size=(700, 5))
    plain = typicality(x, clusters=clusters)
    monkeypatch.setattr(pairs, "_LARGE", 0)
    assert np.allclose(typicality(x, clusters=clusters), plain)
    assert np.allclose(typicality(csr_array(x), clusters=clusters), plain)
