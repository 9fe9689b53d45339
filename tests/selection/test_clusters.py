"""Selectors that ask each cluster, and the kernel below TypiClust."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from querist.errors import InvalidInput
from querist.kernels import kmedoids, typical_of_clusters
from querist.models import Prediction
from querist.selection import KMeans, KMedoids, TypiClust

OF = np.repeat([0, 1, 2], [60, 30, 10])
CENTRES = np.array([[0.0, 9.0], [9.0, 0.0], [9.0, 9.0]])
X = CENTRES[OF] + np.random.default_rng(0).normal(scale=0.4, size=(100, 2))


def plain(x, of, n, taken, rows, neighbours, smallest):
    """The rule as it is told, one pick at a time."""
    picks = []
    for _ in range(n):
        free = [row for row in rows if row not in picks and row not in taken]
        asked = [sum(of[row] == c for row in [*taken, *picks]) for c in range(3)]
        size = [(of == c).sum() for c in range(3)]
        there = sorted({of[row] for row in free}, key=lambda c: (size[c] < smallest, asked[c], -size[c]))
        inside = [row for row in free if of[row] == there[0]]

        def typical(row):
            others = [one for one in np.flatnonzero(of == of[row]) if one != row]
            return 1 / np.sort(cdist(x[[row]], x[others])[0])[:neighbours].mean()

        picks.append(max(inside, key=typical))
    return picks


@pytest.mark.parametrize("smallest", [5, 31])
@pytest.mark.parametrize("kind", [np.asarray, csr_array])
def test_the_kernel_is_the_rule(smallest, kind):
    taken, rows = [0, 61, 62], np.arange(1, 100, 2)
    picks, typical = typical_of_clusters(
        kind(X), OF, 9, taken=taken, rows=rows, neighbours=4, smallest=smallest
    )
    assert picks.tolist() == plain(X, OF, 9, taken, rows.tolist(), 4, smallest)
    assert (typical > 0).all()


def test_typiclust_asks_the_largest_cluster_without_a_label():
    selector = TypiClust(clusters=3)
    assert OF[selector(np.zeros(100), Prediction(None, X), 3)].tolist() == [0, 1, 2]
    for taken, expected in (([0], [1, 2]), ([0, 99], [1, 0]), ([0, 1, 70], [2, 1])):
        rows = np.setdiff1d(np.arange(100), taken)
        for prediction in (
            Prediction(None, X, rows, labelled=taken),
            Prediction(None, X, rows, labelled=taken[:1], taken=taken),  # the others are out
        ):
            assert OF[rows[selector(np.zeros(len(rows)), prediction, 2)]].tolist() == expected


def test_typiclust_asks_in_the_thick_of_a_cluster():
    picks = TypiClust(clusters=3)(np.zeros(100), Prediction(None, X), 3)
    away = np.linalg.norm(X - CENTRES[OF], axis=1)
    assert (away[picks] < 0.35).all()


def test_typiclust_more_than_one_a_cluster_and_all():
    picks = TypiClust(clusters=3)(np.zeros(100), Prediction(None, X), 8)
    assert np.bincount(OF[picks]).tolist() == [3, 3, 2] and len(set(picks.tolist())) == 8
    assert sorted(TypiClust()(np.zeros(100), Prediction(None, X), 500).tolist()) == list(range(100))


def test_unlabelled_rows_that_are_no_candidates_count_for_nothing():
    picks = TypiClust(clusters=2)(np.zeros(40), Prediction(None, X, np.arange(60, 100)), 2)
    assert OF[60:][picks].tolist() == [1, 2]


def test_k_means_gives_one_of_each_heap_near_its_centre():
    picks = KMeans()(np.zeros(100), Prediction(None, X), 3)
    assert OF[picks].tolist() == [0, 1, 2]
    for c, pick in enumerate(picks):
        members = np.flatnonzero(c == OF)
        away = np.linalg.norm(X[members] - X[members].mean(axis=0), axis=1)
        assert pick == members[away.argmin()]


@pytest.mark.parametrize("kind", [np.asarray, csr_array, np.float32])
def test_medoids_have_the_least_sum_of_distances_in_their_clusters(kind):
    x = np.concatenate([X, [[40.0, 40.0]]])
    medoids, of = kmedoids(kind(x), 3, np.random.default_rng(0))
    away = cdist(x, x)
    assert (of == away[:, medoids].argmin(axis=1)).all()
    for c, medoid in enumerate(medoids):
        inside = away[np.ix_(of == c, of == c)].sum(axis=1)
        assert away[medoid, of == c].sum() == pytest.approx(inside.min(), rel=1e-5)
    weights = np.where(np.arange(101) == 7, 1e6, 1.0)
    assert 7 in kmedoids(kind(x), 3, np.random.default_rng(0), weights=weights)[0]
    with pytest.raises(InvalidInput, match="k-medoids"):
        kmedoids(x[:0], 3, np.random.default_rng(0))


def test_medoids_do_not_follow_an_outlier():
    x = np.array([[0.0], [1.0], [2.0], [100.0]])
    assert KMedoids()(np.zeros(4), Prediction(None, x), 1).tolist() in ([1], [2])
    picks = KMedoids()(np.zeros(100), Prediction(None, X), 3)
    assert OF[picks].tolist() == [0, 1, 2]


@pytest.mark.parametrize("kind", [KMeans, KMedoids])
def test_clusters_weigh_and_filter_by_score(kind):
    scores = np.where(OF == 0, 0.0, 1.0)
    assert set(OF[kind(weighted=True)(scores, Prediction(None, X), 2)].tolist()) == {1, 2}
    scores = np.random.default_rng(1).random(100)
    picks = kind(among=2)(scores, Prediction(None, X), 5)
    assert set(picks.tolist()) <= set(np.argsort(-scores)[:10].tolist()) and len(set(picks.tolist())) == 5
    with pytest.raises(InvalidInput, match="0 or more"):
        kind(weighted=True)(scores - 2, Prediction(None, X), 2)


def test_k_means_fills_the_batch_where_rows_repeat():
    x = np.repeat(X[[0, 99]], 10, axis=0)
    picks = KMeans()(np.zeros(20), Prediction(None, x), 6)
    assert len(set(picks.tolist())) == 6 and set((picks[:2] // 10).tolist()) == {0, 1}


@pytest.mark.parametrize("kind", [KMeans, KMedoids, TypiClust])
def test_the_lots_order_the_rows_and_the_sample_bounds_them(kind):
    first, again = (kind(sample=20)(np.zeros(100), Prediction(None, X, seed=4), 5) for _ in range(2))
    assert (first == again).all()
    assert len({tuple(kind(sample=20)(np.zeros(100), Prediction(None, X, seed=s), 5)) for s in range(6)}) > 1
    assert len(kind(sample=None)(np.zeros(100), Prediction(None, X), 7)) == 7
    with pytest.raises(InvalidInput, match="sample"):
        kind(sample=0)


@pytest.mark.parametrize("wrong", [{"clusters": 0}, {"neighbours": 0}, {"neighbours": 2.5}])
def test_parameters_are_checked_at_birth(wrong):
    with pytest.raises(InvalidInput, match="whole number"):
        TypiClust(**wrong)
    with pytest.raises(InvalidInput, match="among"):
        KMeans(among=0.5)
