"""Distances and nearest rows equal all n x n distances on small tables."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from querist.kernels import Points, nearest, pairs
from querist.kernels.arrays import BLOCK, blocks


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_squared_distances(sparse, dtype):
    x = np.random.default_rng(0).normal(size=(60, 7)).astype(dtype)
    points = Points(csr_array(x) if sparse else x)
    distances = points.squared(10, 30, points.centres([3, 12, 59]))
    assert distances.dtype == dtype and (distances >= 0).all()
    assert np.allclose(distances, cdist(x[10:30], x[[3, 12, 59]], "sqeuclidean"), atol=1e-4)
    which, least = points.nearest(points.centres(np.arange(40, 60)))
    whole = cdist(x, x[40:60], "sqeuclidean")
    assert np.allclose(least, whole.min(axis=1), atol=1e-4)
    assert np.allclose(whole[np.arange(60), which], whole.min(axis=1), atol=1e-4)


def test_more_centres_than_fit_a_turn():
    x = np.random.default_rng(1).normal(size=(700, 3))
    points = Points(x)
    which, least = points.nearest(points.centres(np.arange(600)))
    assert (which[:600] == np.arange(600)).all() and np.allclose(least[:600], 0, atol=1e-12)
    assert np.allclose(least, cdist(x, x[:600], "sqeuclidean").min(axis=1))


@pytest.mark.parametrize("sparse", [False, True])
def test_the_nearest_others(sparse):
    x = np.random.default_rng(2).normal(size=(900, 4))
    rows, distances = nearest(csr_array(x) if sparse else x, 5)
    whole = cdist(x, x)
    np.fill_diagonal(whole, np.inf)
    assert (rows == np.argsort(whole, axis=1, kind="stable")[:, :5]).all()
    assert np.allclose(distances, np.sort(whole, axis=1)[:, :5])


def test_the_nearest_among_some():
    x = np.random.default_rng(3).normal(size=(30, 2))
    rows, distances = nearest(x, 3, among=[4, 9])
    assert set(rows[:, :2].ravel().tolist()) <= {-1, 4, 9}
    assert (rows[:, 2] == -1).all() and np.isinf(distances[:, 2]).all()
    assert rows[4].tolist() == [9, -1, -1]  # not itself


def test_repeated_rows_are_neighbours_of_each_other():
    rows, distances = nearest(np.array([[1.0], [1.0], [5.0]]), 1)
    assert rows.ravel().tolist() == [1, 0, 0] and distances.ravel().tolist() == [0.0, 0.0, 4.0]


def test_blocks_cover_every_row_once():
    for n, width in ((0, 3), (1, 10 * BLOCK), (1000, BLOCK // 7), (5, 0)):
        covered = [row for start, stop in blocks(n, width) for row in range(start, stop)]
        assert covered == list(range(n))


@pytest.mark.parametrize("among", [None, [4, 9, 77]])
def test_large_tables_have_the_same_neighbours(monkeypatch, among):
    x = np.random.default_rng(2).normal(size=(400, 4))
    rows, distances = nearest(x, 5, among=among)
    monkeypatch.setattr(pairs, "_LARGE", 0)
    again, same = nearest(x, 5, among=among)
    assert (rows == again).all() and np.allclose(distances, same)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_that_repeat_far_from_the_origin_are_at_distance_nothing(dtype):
    constant = Points(np.full((24, 4), 3.7, dtype=dtype))
    assert (constant.squared(0, 24, constant.centres([0])) == 0).all()
    apart = np.tile(np.array([[3.7, 1e4, -7.3]], dtype=dtype), (6, 1))
    apart[3:, 0] += 1
    points = Points(apart)
    near = points.squared(0, 6, points.centres([0])).ravel()
    assert (near[:3] == 0).all() and np.allclose(near[3:], 1, atol=1e-3)
