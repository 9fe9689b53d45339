"""Large tables, whose searches are compiled, get the picks of small ones, whatever is known already."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import chisquare

from querist.errors import InvalidInput
from querist.kernels import (
    Measured,
    greedy_sampling,
    k_center,
    kmeans_plus_plus,
    large_distances,
    nearness,
    uniform,
)

KINDS = ["whole", "clusters", "repeated", "alike"]


def table(kind, n=700, d=5, dtype=np.float64):
    rng = np.random.default_rng(len(kind))
    if kind == "whole":  # many distances are equal
        x = rng.integers(-4, 5, (n, d))
    elif kind == "clusters":
        x = rng.normal(size=(n, d)) + 20 * rng.normal(size=(30, d))[rng.integers(0, 30, n)]
    elif kind == "repeated":
        x = rng.normal(size=(20, d))[rng.integers(0, 20, n)]
    else:
        x = np.full((n, d), 4.0)
    return x.astype(dtype)


def plain(x, n, taken, rows, outputs=None):
    """All distances in float64, one pick at a time; the first of the equal ones."""
    x = x.astype(np.float64)
    far, free = np.full(len(x), np.inf), np.isin(np.arange(len(x)), rows)
    free[list(taken)] = False

    def take(row):
        apart = ((x - x[row]) ** 2).sum(axis=1)
        if outputs is not None:
            apart = apart * ((outputs - outputs[row]) ** 2).sum(axis=1)
        np.minimum(far, apart, out=far)
        free[row] = False

    for row in taken:
        take(row)
    picks, distances = [], []
    while free.any() and len(picks) < n:
        if len(taken) or picks:
            row = int(np.where(free, far, -1).argmax())
        else:
            row = int(np.where(free, ((x - x[free].mean(axis=0)) ** 2).sum(axis=1), np.inf).argmin())
        picks.append(row)
        distances.append(np.sqrt(far[row]))
        take(row)
    return picks, distances


@pytest.fixture(params=[9, 0], ids=["patient", "impatient"])
def large(monkeypatch, request):
    """Everything is large, and a thread takes 50 rows."""
    for name, value in (("LARGE", 0), ("STEP", 50), ("SAMPLE", 40), ("NEAR", 8), ("PATIENCE", request.param)):
        monkeypatch.setattr(large_distances, f"_{name}", value)


@pytest.fixture
def large_once(monkeypatch):
    monkeypatch.setattr(large_distances, "_LARGE", 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("given", [0, 3, 150])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_k_center_picks_what_all_distances_pick(kind, given, dtype, large):
    x = table(kind, dtype=dtype)
    for rows in (np.arange(700), np.arange(0, 700, 2), np.arange(5, 690, 30)):
        taken = np.random.default_rng(given).choice(700, given, replace=False)
        picks, distances = k_center(x, 40, taken=taken, rows=rows)
        expected, radii = plain(x, 40, taken, rows)
        assert picks.tolist() == expected and distances.dtype == dtype
        assert np.allclose(distances, radii)


@pytest.mark.parametrize("kind", KINDS)
def test_greedy_sampling_picks_what_all_products_pick(kind, large):
    x = table(kind)
    outputs = np.random.default_rng(1).integers(0, 9, (700, 2)).astype(float)
    for given in (0, 60):
        picks, distances = greedy_sampling(x, outputs, 30, taken=np.arange(given))
        expected, products = plain(x, 30, np.arange(given), np.arange(700), outputs)
        assert picks.tolist() == expected and np.allclose(distances, products)


@pytest.mark.parametrize("size", ["large", "small"])
@pytest.mark.parametrize("kind", KINDS)
def test_going_on_is_starting_afresh(kind, size, request):
    if size == "large":
        request.getfixturevalue("large_once")
    x, lots = table(kind), uniform(np.arange(700), 3)
    near = nearness(x, range(40))
    for taken, rows in (
        (np.arange(40), np.arange(0, 700, 20)),
        (np.arange(60), None),
        (np.arange(61), np.arange(350)),
        (np.append(np.arange(61), 650), None),
        (np.arange(30, 200), None),  # some are given back
    ):
        near = near.for_taken(taken)
        fresh, far = k_center(x, 30, taken=taken, rows=rows)
        picks, distances = k_center(near, 30, rows=rows)
        assert np.allclose(distances, far)
        if kind != "whole" or size == "large":  # small tables leave equal distances to rounding
            assert (picks == fresh).all()
        drawn, chances = kmeans_plus_plus(x, 30, taken=taken, rows=rows, lots=lots)
        again, same = kmeans_plus_plus(near, 30, rows=rows, lots=lots)
        assert (again == drawn).all() and np.allclose(chances, same)


def test_what_is_known_is_not_worked_out_again(monkeypatch, large):
    x = table("clusters")
    near = nearness(x, range(100))
    k_center(near, 20)
    far, since = near.known
    assert np.isfinite(far[100:]).all() and since.max() == 100
    monkeypatch.setattr(large_distances, "_bound", None)  # no second pass
    more = near.with_taken(range(100, 110))
    if large_distances._PATIENCE:
        k_center(more, 20)
        assert more.known[1].max() == 110
    assert near.known[0] is far and (near.known[1] <= 100).all()


@pytest.mark.parametrize("factored", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("given", [0, 1, 60])
def test_the_same_clocks_ring_in_large_tables_as_in_small_ones(factored, weighted, given, request):
    rng = np.random.default_rng(given)
    of = {
        "taken": range(given),
        "lots": rng.random(700),
        "weights": rng.integers(0, 3, 700) if weighted else None,
        "factors": rng.normal(size=(700, 3)) if factored else None,
        "sample": None,
    }
    small = [
        kmeans_plus_plus(table(kind), 50, rows=rows, **of)
        for kind in KINDS
        for rows in (None, np.arange(100, 130))
    ]
    request.getfixturevalue("large_once")
    for kind in KINDS:
        for rows in (None, np.arange(100, 130)):
            expected, chances = small.pop(0)
            picks, same = kmeans_plus_plus(table(kind), 50, rows=rows, **of)
            assert picks.tolist() == expected.tolist() and np.allclose(same, chances)


@pytest.mark.parametrize("size", ["large", "small"])
@pytest.mark.parametrize("factored", [False, True])
def test_pairs_are_drawn_by_their_law(size, factored, request):
    if size == "large":
        request.getfixturevalue("large_once")
    rng = np.random.default_rng(2)
    x, weights = rng.integers(-3, 4, (6, 2)).astype(float), np.array([1.0, 2.0, 0.0, 1.0, 3.0, 1.0])
    factors = rng.integers(-2, 3, (6, 2)).astype(float) if factored else np.ones((6, 1))
    g = (x[:, :, None] * factors[:, None, :]).reshape(6, -1)
    squared = ((g[:, None] - g) ** 2).sum(axis=2)
    law = {}
    for a, b in permutations(range(1, 6), 2):
        first, second = weights * squared[0], weights * np.minimum(squared[0], squared[a])
        law[a, b] = first[a] / first.sum() * second[b] / second.sum()
    seen = dict.fromkeys(law, 0)
    for seed in range(3000):
        lots = uniform(np.arange(6), seed)
        how = {"factors": factors} if factored else {}
        (a, b), _ = kmeans_plus_plus(x, 2, taken=[0], weights=weights, lots=lots, **how)
        seen[int(a), int(b)] += 1
    possible = [pair for pair in law if law[pair] > 0]
    assert sum(seen[pair] for pair in possible) == 3000
    told = chisquare([seen[pair] for pair in possible], [3000 * law[pair] for pair in possible])
    assert told.pvalue > 1e-3


def test_chances_from_a_sample_are_right_on_average(large_once):
    x = table("clusters", n=900)
    rng = np.random.default_rng(0)
    weights = rng.random(900)
    ratios = []
    for _ in range(150):
        lots = rng.random(900)
        how = {"taken": [4], "weights": weights, "lots": lots}
        _, exact = kmeans_plus_plus(x, 6, sample=None, **how)
        _, told = kmeans_plus_plus(x, 6, sample=60, **how)
        ratios.append(exact / told)
    assert abs(np.mean(ratios) - 1) < 4 * np.std(ratios) / np.sqrt(len(ratios)) < 0.1


def test_rows_of_equal_lots_and_lots_of_nothing(large_once):
    x = table("alike", n=30)
    picks, chances = kmeans_plus_plus(x, 30, taken=[3], lots=uniform(np.arange(30), 0))
    assert sorted(picks.tolist()) == [row for row in range(30) if row != 3]
    assert np.allclose(chances, 1 / np.arange(29, 0, -1))


def test_a_measured_table_is_read_once(monkeypatch, large_once):
    measured = Measured(table("clusters"))
    first = measured.squares, measured.middle
    monkeypatch.setattr(large_distances, "lengths", None)
    assert measured.squares is first[0] and measured.middle is first[1]
    assert np.allclose(first[0], (measured.x**2).sum(axis=1))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 1e200])
@pytest.mark.parametrize("taken", [[], [0], range(30), [217]])
def test_what_cannot_be_measured_is_named(wrong, taken, large):
    x = table("clusters")
    x[217, 1] = wrong
    with pytest.raises(InvalidInput, match="features of row 217 are not finite or too large"):
        k_center(x, 5, taken=taken)
    with pytest.raises(InvalidInput, match="features of row 217 are not finite or too large"):
        kmeans_plus_plus(x, 5, taken=taken, lots=np.zeros(700))


def test_what_is_asked_for_must_be_clear():
    x = table("clusters")
    with pytest.raises(InvalidInput, match=r"40 rows.*besides"):
        k_center(nearness(x, range(40)), 2, taken=[1])
    for how in ({}, {"rng": np.random.default_rng(0), "lots": np.zeros(700)}):
        with pytest.raises(InvalidInput, match="rng or on lots"):
            kmeans_plus_plus(x, 2, **how)


def test_the_source_of_the_compiled_code_is_right_as_it_stands(monkeypatch, run_by_python):
    run_by_python("compiled_distances")
    x = table("clusters", n=90, d=3)
    outputs = np.random.default_rng(0).normal(size=(90, 2))
    expected = plain(x, 8, range(30), np.arange(90))[0]
    products = plain(x, 8, range(30), np.arange(90), outputs)[0]
    of = {"taken": range(9), "lots": uniform(np.arange(90), 1), "sample": None}
    drawn = [kmeans_plus_plus(x, 8, factors=how, **of)[0].tolist() for how in (None, outputs)]
    for name, value in (("LARGE", 0), ("SAMPLE", 20)):
        monkeypatch.setattr(large_distances, f"_{name}", value)
    assert k_center(x, 8, taken=range(30))[0].tolist() == expected
    assert greedy_sampling(x, outputs, 8, taken=range(30))[0].tolist() == products
    assert len(k_center(x, 8)[0]) == 8
    assert [kmeans_plus_plus(x, 8, factors=how, **of)[0].tolist() for how in (None, outputs)] == drawn
