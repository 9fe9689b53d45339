"""Density equals the mean of all similarities; chance is uniform and belongs to its key."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array, csr_matrix
from scipy.spatial.distance import cdist
from scipy.stats import kstest

from querist.kernels import ParzenWindow, cosine_density, euclidean_density, keys_of, pairs, uniform


def plain_density(x):
    lengths = np.linalg.norm(x, axis=1)
    unit = np.array([row / length if length else row * 0 for row, length in zip(x, lengths, strict=True)])
    return ((1 + unit @ unit.T) / 2).mean(axis=1)


@given(arrays(np.float64, st.tuples(st.integers(1, 8), st.integers(1, 4)), elements=st.integers(-3, 3)))
def test_density_is_the_mean_similarity(x):
    assert np.allclose(cosine_density(x), plain_density(x))
    for kind in (csr_array, csr_matrix):
        assert np.allclose(cosine_density(kind(x)), plain_density(x))


def test_density_of_some_rows_is_over_all():
    x = np.random.default_rng(0).normal(size=(5_000, 80)).astype(np.float32)
    whole = cosine_density(x)
    assert np.allclose(cosine_density(x, rows=[4_999, 3]), whole[[4_999, 3]])
    assert np.allclose(whole[:50], ((1 + np.stack([_cosines(x, row) for row in range(50)])) / 2).mean(axis=1))
    assert whole.min() >= 0 and whole.max() <= 1 and cosine_density(x, rows=[]).shape == (0,)


def _cosines(x, row):
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    return unit @ unit[row]


@pytest.mark.parametrize("seed", [0, 1, 2**63, -5])
def test_chance_is_uniform(seed):
    numbers = uniform(np.arange(20_000), seed)
    assert numbers.min() >= 0 and numbers.max() < 1 and len(set(numbers)) == 20_000
    assert kstest(numbers, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(numbers[1:], numbers[:-1])[0, 1]) < 0.03


def test_seeds_and_streams_are_apart():
    keys = np.arange(20_000)
    draws = [uniform(keys, seed, stream=stream) for seed in (0, 1, 2) for stream in (0, 1, 2)]
    together = np.abs(np.corrcoef(draws) - np.eye(len(draws)))
    assert together.max() < 0.03
    # neither is one a shift of the other, as neighbouring seeds of a bare counter would be
    assert not set(draws[0][:100]) & set(draws[3]) and not set(draws[0][:100]) & set(draws[1])


def test_chance_belongs_to_the_key():
    assert uniform([5, 9], 1)[1] == uniform(np.array([9], dtype=np.uint64), 1)[0]


@settings(max_examples=40)
@given(st.lists(st.text(st.sampled_from("ab\0é😀"), max_size=3), unique=True, max_size=8))
def test_keys_belong_to_the_ids(ids):
    keys = dict(zip(ids, keys_of(ids).tolist(), strict=True))
    assert len(set(keys.values())) == len({one.rstrip("\0").replace("\0", "") for one in ids})
    for others in (ids[::-1], ids[1::2] + ids[::2]):  # whatever stands beside them, and wherever
        assert [keys[one] for one in others] == keys_of(others).tolist()


def test_keys_of_many_ids():
    ids = [f"row-{i}" for i in range(20_000)]
    keys = keys_of(ids)
    assert len(set(keys.tolist())) == 20_000 and keys[12_345] == keys_of([ids[12_345]])[0]
    assert keys_of([1, "b"])[0] == keys_of([1])[0]
    assert keys_of(range(3, 6)).tolist() == [3, 4, 5] and keys_of([]).shape == (0,)


@pytest.mark.parametrize("kind", [np.asarray, csr_array, np.float32])
@pytest.mark.parametrize("large", [0, 1 << 62])
def test_euclidean_density_is_the_mean_similarity(kind, large, monkeypatch):
    monkeypatch.setattr(pairs, "_LARGE", large)
    x = np.random.default_rng(0).normal(size=(300, 7)) + 4
    near = 1 / (1 + cdist(x, x))
    assert np.allclose(euclidean_density(kind(x)), near.mean(axis=1), rtol=1e-5)
    some = euclidean_density(kind(x), rows=[7, 2], witnesses=[4, 9, 7])
    assert np.allclose(some, near[[7, 2]][:, [4, 9, 7]].mean(axis=1), rtol=1e-5)
    assert euclidean_density(kind(x)[:0]).shape == (0,)


def test_density_in_a_window_is_the_mean_likeness(monkeypatch):
    x = np.random.default_rng(4).normal(size=(60, 5))
    window = ParzenWindow(x, [0, 1], [0, 1], classes=2, radius=1.5)
    for large in (1 << 60, 0):
        monkeypatch.setattr(pairs, "_LARGE", large)
        for rows, others in ((range(60), range(60)), ([3, 1, 40], range(0, 60, 2)), ([5], [])):
            expected = window.likeness(rows, list(others)).sum(axis=1) / max(1, len(others))
            assert np.allclose(window.density(rows, others), expected)
