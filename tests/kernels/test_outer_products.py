"""Gradients of a last layer as points: the distances of the n x (C d) matrix, without it."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from querist.errors import InvalidInput
from querist.kernels import OuterProducts, kmeans_plus_plus

RNG = np.random.default_rng(0)
PROBA = RNG.dirichlet(np.ones(4), size=60)
LEFT = PROBA - np.eye(4)[PROBA.argmax(axis=1)]
RIGHT = np.where(RNG.random((60, 7)) < 0.5, RNG.normal(size=(60, 7)), 0)
GRADIENTS = (LEFT[:, :, None] * RIGHT[:, None, :]).reshape(60, 28)


@pytest.mark.parametrize("kind", [np.asarray, csr_array])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_distances_are_those_of_the_gradients(kind, dtype):
    points = OuterProducts(LEFT.astype(dtype), kind(RIGHT.astype(dtype)))
    expected = cdist(GRADIENTS, GRADIENTS[[3, 50]], "sqeuclidean")
    assert points.dtype == dtype
    assert np.allclose(points.squared(10, 40, points.centres([3, 50])), expected[10:40], atol=1e-5)
    assert np.allclose(points.between(np.array([5, 3]), points.centres([3, 50])), expected[[5, 3]], atol=1e-5)
    assert points.between(np.array([3]), points.centres([3]))[0, 0] == 0


@pytest.mark.parametrize("rows", [None, np.arange(0, 60, 3)])
@pytest.mark.parametrize("taken", [[], [1, 2]])
def test_sampling_is_that_of_the_gradients(rows, taken):
    given = {"taken": taken, "rows": rows}
    picks, chances = kmeans_plus_plus(RIGHT, 9, factors=LEFT, rng=np.random.default_rng(4), **given)
    expected, law = kmeans_plus_plus(GRADIENTS, 9, rng=np.random.default_rng(4), **given)
    assert (picks == expected).all() and np.allclose(chances, law)


def test_the_matrix_of_gradients_is_never_made():
    n, c, d = 4_000, 40, 50  # 32 MB as float32
    proba = RNG.dirichlet(np.ones(c), size=n).astype(np.float32)
    proba[np.arange(n), proba.argmax(axis=1)] -= 1
    x = RNG.normal(size=(n, d)).astype(np.float32)
    tracemalloc.start()
    kmeans_plus_plus(x, 10, factors=proba, rng=np.random.default_rng(0))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6_000_000


def test_what_makes_no_sense_is_refused():
    for left in (LEFT[:3], csr_array(LEFT)):
        with pytest.raises(InvalidInput, match="left factor"):
            OuterProducts(left, RIGHT)
    with pytest.raises(InvalidInput, match="outputs"):
        kmeans_plus_plus(RIGHT, 2, factors=LEFT[:3], rng=np.random.default_rng(0))
    with pytest.raises(InvalidInput, match="row 2"):
        OuterProducts(LEFT, np.where(np.arange(60)[:, None] == 2, np.nan, RIGHT))
