"""Hierarchical sampling: the tree against its definition, the pruning against all prunings, the draw."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from querist.data import Pool
from querist.errors import InvalidInput
from querist.kernels import ClusterTree, cluster_tree, pruning
from querist.strategies import Hierarchical, Snapshot, as_strategy

RNG = np.random.default_rng(0)


def members(tree: ClusterTree, node: int) -> np.ndarray:
    return tree.order[tree.start[node] : tree.stop[node]]


def test_cuts_are_the_best_along_the_principal_direction() -> None:
    x = RNG.normal(size=(40, 3)) * [5.0, 1.0, 0.3]
    tree = cluster_tree(x, leaf=5)
    assert sorted(tree.order) == list(range(40))
    for node in np.flatnonzero(tree.left >= 0):
        rows, left, right = (
            members(tree, node),
            members(tree, tree.left[node]),
            members(tree, tree.right[node]),
        )
        assert sorted(rows) == sorted([*left, *right])
        if node == 0:
            centred = x[rows] - x[rows].mean(axis=0)
            along = np.sort(centred @ np.linalg.svd(centred)[2][0])
            squares = [along[:i].var() * i + along[i:].var() * (40 - i) for i in range(1, 40)]
            assert {len(left), len(right)} == {int(np.argmin(squares)) + 1, 39 - int(np.argmin(squares))}
    leaves = np.flatnonzero(tree.left < 0)
    assert (tree.stop - tree.start)[leaves].max() <= 5


def test_sparse_float32_and_equal_rows() -> None:
    x = np.where(RNG.normal(size=(50, 4)) > 0, RNG.normal(size=(50, 4)) * [4, 2, 1, 1], 0)
    tree = cluster_tree(x)
    for other in (csr_array(x), x.astype(np.float32)):
        assert [set(members(cluster_tree(other), 1))] in ([set(members(tree, 1))], [set(members(tree, 2))])
    for constant in (np.ones((30, 2)), csr_array(np.ones((30, 2))), np.full((30, 2), 0.1, dtype=np.float32)):
        assert len(cluster_tree(constant, leaf=2).start) == 1
    two = cluster_tree(np.repeat([[0.0], [1.0]], 20, axis=0), leaf=2)
    assert len(two.start) == 3  # equal rows are not cut further


def brute_error(tree: ClusterTree, node: int, of: np.ndarray, beta: float, classes: int) -> float:
    labels = of[members(tree, node)]
    labels, k = labels[labels >= 0], int((labels >= 0).sum())
    if not k:
        return 1.0
    best = 1.0
    bounds = []
    for one in range(classes + 1):
        share = float(np.mean(labels == one))
        give = 1 / k + np.sqrt(share * (1 - share) / k)
        bounds.append((share, max(share - give, 0), min(share + give, 1)))
    for one, (share, lower, _) in enumerate(bounds):
        if all(1 - lower < beta * (1 - bounds[other][2]) for other in range(classes + 1) if other != one):
            best = min(best, 1 - share)
    return best


def all_prunings(tree: ClusterTree, node: int) -> list[list[int]]:
    if tree.left[node] < 0:
        return [[node]]
    lefts, rights = all_prunings(tree, tree.left[node]), all_prunings(tree, tree.right[node])
    return [[node]] + [[*left, *right] for left in lefts for right in rights]


@pytest.mark.parametrize("beta", [1.3, 2.0])
@pytest.mark.parametrize("known", [0, 6, 20, 30])
def test_the_pruning_has_the_least_error_of_all(beta: float, known: int) -> None:
    x = RNG.normal(size=(30, 2))
    tree = cluster_tree(x, leaf=4)
    weights = RNG.uniform(0.5, 2, 30)
    of = np.full(30, -1)
    seen = RNG.permutation(30)[:known]
    of[seen] = np.where(x[seen, 0] > 0, 0, np.where(x[seen, 1] > 0, 1, 2))

    def error(nodes: list[int]) -> float:
        mass = [weights[members(tree, node)].sum() for node in nodes]
        errors = [brute_error(tree, node, of, beta, int(of.max(initial=-1)) + 1) for node in nodes]
        return float(np.average(errors, weights=mass))

    nodes, sizes, lowers = pruning(tree, of, weights=weights, beta=beta)
    found = error(nodes.tolist())
    assert found == pytest.approx(min(error(one) for one in all_prunings(tree, 0)))
    assert sorted(row for node in nodes for row in members(tree, node)) == list(range(30))
    assert sizes == pytest.approx([weights[members(tree, node)].sum() for node in nodes])
    assert ((lowers >= 0) & (lowers < 1)).all()


def test_it_leaves_pure_clusters_and_asks_in_mixed_ones() -> None:
    x = np.concatenate([RNG.normal(0, 0.2, (100, 2)), RNG.normal(8, 0.2, (100, 2))])
    labels = dict.fromkeys(range(12), "a") | {row: "bbbc"[row % 4] for row in range(100, 112)}
    pure = 0
    for seed in range(40):
        pick = Hierarchical().propose(Snapshot(Pool(x), labels=labels, seed=seed), 1)
        pure += pick.ids[0] < 100
    assert pure < 14  # 1 - lower bound is 1/12 there and 0.46 here: 15 in 100
    cold = Hierarchical().propose(Snapshot(Pool(x)), 3)
    assert cold.probabilities == pytest.approx([1 / 200, 1 / 199, 1 / 198])


def test_the_first_draw_has_the_chances_of_the_paper() -> None:
    x = np.array([[0.0], [0.1], [0.2], [0.3], [9.0], [9.1], [9.2], [9.3]])
    labels = {0: "a", 1: "a", 2: "a", 4: "b", 5: "b"}
    tree = cluster_tree(x, leaf=4)
    of = np.array([0, 0, 0, -1, 1, 1, -1, -1])
    nodes, sizes, lowers = pruning(tree, of)
    assert nodes.tolist() == [1, 2]
    doubt = sizes * (1 - lowers)
    one, two = doubt / doubt.sum()
    assert max(one, two) == pytest.approx(0.6)
    if 0 not in members(tree, 1):
        one, two = two, one
    chances = {}
    for seed in range(40):
        pick = Hierarchical(leaf=4).propose(Snapshot(Pool(x), labels=labels, seed=seed), 1)
        chances[pick.ids[0]] = float(pick.probabilities[0])
    assert chances == pytest.approx({3: one, 6: two / 2, 7: two / 2})


def test_wrong_input_is_named() -> None:
    for wrong in ({"beta": 1.0}, {"leaf": 0}, {"sample": 0}):
        with pytest.raises(InvalidInput, match=next(iter(wrong))):
            Hierarchical(**wrong)
    with pytest.raises(InvalidInput, match="leaves"):
        cluster_tree(np.empty((0, 2)))
    for large in (np.nan, np.float32(1e30)):  # whose squares no float32 holds
        with pytest.raises(InvalidInput, match="row 1 are not finite or too large"):
            cluster_tree(np.array([[1.0], [large]], dtype=np.float32))
    with pytest.raises(InvalidInput, match="beta"):
        pruning(cluster_tree([[1.0]]), [-1], beta=1)


@pytest.mark.parametrize("scale", [1e16, 1e17, 1e18, 1e19, 1e30])
def test_large_features_are_cut_or_told(scale: float) -> None:
    x = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    try:
        tree = cluster_tree(x * np.float32(scale))
    except InvalidInput as error:
        assert "too large" in error.message and scale > 1e17
    else:
        assert (tree.order == cluster_tree(x).order).all()


def test_it_is_registered() -> None:
    assert as_strategy("hierarchical") == Hierarchical()
