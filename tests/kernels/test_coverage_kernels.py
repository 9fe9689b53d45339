"""k-center and k-means++ equal their textbook forms, and hold on any table."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array
from scipy.stats import chisquare

from querist.errors import InvalidInput
from querist.kernels import k_center, kmeans_plus_plus


def plain_k_center(x, n, taken, rows):
    """All distances, one pick at a time."""
    covered, picks, distances = list(taken), [], []
    free = [row for row in rows if row not in covered]
    while free and len(picks) < n:
        if covered:
            far = [min(np.linalg.norm(x[row] - x[other]) for other in covered) for row in free]
            at = int(np.argmax(far))
            distances.append(far[at])
        else:
            at = int(np.argmin([np.linalg.norm(x[row] - x[free].mean(axis=0)) for row in free]))
            distances.append(np.inf)
        picks.append(free.pop(at))
        covered.append(picks[-1])
    return picks, distances


TABLES = arrays(np.float64, st.tuples(st.integers(1, 9), st.integers(1, 3)), elements=st.integers(-4, 4))


@given(x=TABLES, data=st.data())
def test_k_center_on_any_table(x, data):
    """Small whole numbers, so that many distances are equal and rows repeat."""
    rows = data.draw(st.lists(st.integers(0, len(x) - 1), unique=True))
    taken = data.draw(st.lists(st.integers(0, len(x) - 1), unique=True))
    n = data.draw(st.integers(0, 10))
    picks, distances = k_center(x, n, taken=taken, rows=rows)
    free = set(rows) - set(taken)
    assert len(set(picks.tolist())) == len(picks) == min(n, len(free)) and set(picks.tolist()) <= free
    # greedy: each pick is as far as the farthest could be, whichever of the equal ones was taken
    covered = list(taken)
    for pick, distance in zip(picks.tolist(), distances.tolist(), strict=True):
        if covered:
            far = {row: min(np.linalg.norm(x[row] - x[one]) for one in covered) for row in free}
            assert np.isclose(distance, far[pick], atol=1e-6) and far[pick] >= max(far.values()) - 1e-6
        else:
            assert distance == np.inf
        covered.append(pick)
        free.discard(pick)


@pytest.mark.parametrize("taken", [[], [3], [0, 7, 11]])
@pytest.mark.parametrize("rows", [np.arange(1, 40, 2), np.arange(39, 3, -1), [5, 30, 2, 8, 9, 21, 7]])
def test_k_center_is_the_textbook_one(taken, rows):
    x = np.random.default_rng(3).normal(size=(40, 5))
    picks, distances = k_center(x, 12, taken=taken, rows=rows)
    expected, radii = plain_k_center(x, 12, taken, sorted(rows))
    assert picks.tolist() == expected and np.allclose(distances, radii)
    assert (np.diff(distances[not taken :]) <= 1e-12).all()  # radii never grow


def test_unlabelled_rows_that_are_no_candidates_do_not_count_as_taken():
    x = [[0.0], [10.0], [9.9], [5.0]]
    assert k_center(x, 1, taken=[0], rows=[2, 3])[0].tolist() == [2]  # row 1 is next to it, and not labelled


@pytest.mark.parametrize("shift", [0.0, 1_000.0])
def test_float32_far_from_the_origin(shift):
    x = np.random.default_rng(4).normal(size=(500, 8)) + shift
    double, _ = k_center(x.astype(np.float32).astype(np.float64), 20, taken=[1, 2])
    single, distances = k_center(x.astype(np.float32), 20, taken=[1, 2])
    assert (single == double).all() and distances.dtype == np.float32


@pytest.mark.parametrize("taken", [[], [3, 9]])
def test_sparse_is_dense(taken):
    x = np.random.default_rng(5).normal(size=(300, 30)) * (np.random.default_rng(6).random((300, 30)) < 0.2)
    dense, far = k_center(x, 15, taken=taken)
    sparse, near = k_center(csr_array(x), 15, taken=taken)
    assert (dense == sparse).all() and np.allclose(far, near)
    for kind in (csr_array(x), csr_array(x).tocoo()):
        picks, _ = kmeans_plus_plus(kind, 15, taken=taken, rng=np.random.default_rng(0))
        assert (picks == kmeans_plus_plus(x, 15, taken=taken, rng=np.random.default_rng(0))[0]).all()


def test_the_order_of_rows_does_not_matter_to_k_center():
    x = np.random.default_rng(7).normal(size=(80, 4))
    order = np.random.default_rng(8).permutation(80)
    picks, _ = k_center(x, 9, taken=[5])
    again, _ = k_center(x[order], 9, taken=np.flatnonzero(order == 5))
    assert (order[again] == picks).all()


@given(x=TABLES, data=st.data(), seed=st.integers(0, 99))
def test_kmeans_plus_plus_on_any_table(x, data, seed):
    rows = data.draw(st.lists(st.integers(0, len(x) - 1), unique=True))
    taken = data.draw(st.lists(st.integers(0, len(x) - 1), unique=True))
    weights = data.draw(st.lists(st.sampled_from([0.0, 1.0, 5.0]), min_size=len(x), max_size=len(x)))
    n = data.draw(st.integers(0, 10))
    rng = np.random.default_rng(seed)
    picks, chances = kmeans_plus_plus(x, n, taken=taken, rows=rows, weights=weights, rng=rng)
    free = set(rows) - set(taken)
    assert len(set(picks.tolist())) == len(picks) == min(n, len(free)) and set(picks.tolist()) <= free
    covered = list(taken)
    for pick, chance in zip(picks.tolist(), chances.tolist(), strict=True):
        law = {}
        for row in free:
            near = min((float(((x[row] - x[one]) ** 2).sum()) for one in covered), default=1.0)
            law[row] = weights[row] * near
        total = sum(law.values())
        expected = law[pick] / total if total > 1e-9 else 1 / len(free)
        assert np.isclose(chance, expected, rtol=1e-6) and chance > 0
        covered.append(pick)
        free.discard(pick)


def test_kmeans_plus_plus_draws_by_its_law():
    x = np.array([[0.0], [1.0], [2.0], [3.0]])
    rng = np.random.default_rng(9)
    seen = np.bincount([kmeans_plus_plus(x, 1, taken=[0], rng=rng)[0][0] for _ in range(2_000)], minlength=4)
    assert seen[0] == 0 and chisquare(seen[1:], 2_000 * np.array([1, 4, 9]) / 14).pvalue > 1e-3


@pytest.mark.parametrize("lot", [0.0, np.nextafter(1.0, 0.0)])
def test_lots_at_the_ends_never_leave_the_law(lot):
    x = np.array([[0.0], [1.0], [2.0], [0.0]])
    picks, chances = kmeans_plus_plus(x, 3, taken=[0], lots=np.full(4, lot))
    assert picks.tolist() == [2, 1, 3] or lot == 0.0
    assert sorted(picks.tolist()) == [1, 2, 3] and picks[2] == 3 and chances[2] == 1.0


def test_memory_is_a_few_columns():
    x = np.random.default_rng(0).normal(size=(20_000, 16)).astype(np.float32)
    tracemalloc.start()
    k_center(x, 5, taken=np.arange(500))
    kmeans_plus_plus(x, 5, taken=np.arange(500), rng=np.random.default_rng(0))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000  # 20,000 x 500 float32 alone would be 40 MB


def test_inputs_may_be_read_only_integers_or_memory_maps(tmp_path):
    x = np.random.default_rng(1).integers(0, 9, size=(50, 3))
    x.setflags(write=False)
    expected, _ = k_center(x.astype(float), 6)
    assert (k_center(x, 6)[0] == expected).all()
    np.save(tmp_path / "x.npy", x.astype(np.float32))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert (k_center(mapped, 6)[0] == expected).all()


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda rng: k_center([[0.0], [np.nan]], 1), "features of row 1 are not finite"),
        (lambda rng: k_center(csr_array([[0.0], [1.0], [np.inf]]), 1), "features of row 2 are not finite"),
        (lambda rng: k_center([[0.0], [1e200], [1e100]], 1), "features of row 1 .* too large to be squared"),
        (lambda rng: k_center(np.float32([[0.0], [9e18], [-9e18]]), 1), "row 1 .* too large to be squared"),
        (lambda rng: k_center(np.vstack([np.zeros((9**6, 1)), [[np.nan]]]), 1), "features of row 531441 "),
        (lambda rng: k_center([0.0, 1.0], 1), "table of numbers"),
        (lambda rng: k_center(np.array([["a"]]), 1), "table of numbers"),
        (lambda rng: k_center([[0.0]], 1, taken=[1]), "from 0 to 0"),
        (lambda rng: k_center([[0.0]], 1, rows=[-1]), "from 0 to 0"),
        (lambda rng: k_center([[0.0]], 1, rows=[True]), "flatnonzero"),
        (lambda rng: kmeans_plus_plus([[0.0]], 1, weights=[-1.0], rng=rng), "0 or more"),
        (lambda rng: kmeans_plus_plus([[0.0]], 1, weights=[1.0, 1.0], rng=rng), r"shape \(2,\)"),
    ],
)
def test_what_cannot_be_measured_is_refused(call, told):
    with pytest.raises(InvalidInput, match=told):
        call(np.random.default_rng(0))
