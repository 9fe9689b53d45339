"""Regression-tree active learning: shares by the formula, picks inside leaves."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from querist.data import Pool
from querist.errors import InvalidInput, MissingCapability
from querist.kernels import leaf_turns
from querist.models import as_model
from querist.selection import KCenter
from querist.strategies import RegressionTree, Snapshot, as_strategy

RNG = np.random.default_rng(0)
X = np.arange(100.0)[:, None]
LABELS = {0: 0.0, 9: 0.0, 18: 0.1, 21: 3.0, 39: 9.0, 95: 20.0, 99: 21.0}
TREE = as_model(DecisionTreeRegressor(max_leaf_nodes=3, random_state=0)).fitted(
    X[list(LABELS)], list(LABELS.values())
)


def test_questions_are_dealt_in_proportion() -> None:
    """Rounding aside: each leaf is within one of n sqrt(p_k v_k) / sum, as long as it has candidates."""
    for _ in range(50):
        k = int(RNG.integers(1, 8))
        sizes, variances = RNG.integers(200, 900, k), RNG.gamma(1.0, 2.0, k)
        turns = leaf_turns(sizes, variances, 60)
        share = np.sqrt(sizes / sizes.sum() * variances)
        assert np.abs(np.bincount(turns, minlength=k) - 60 * share / share.sum()).max() < k / 2 + 1
        assert turns[0] == share.argmax()
        assert (leaf_turns(sizes, variances, 20) == turns[:20]).all()


def test_leaves_run_dry_and_leaves_without_variance_come_last() -> None:
    assert leaf_turns([2, 0, 3], [1.0, 9.0, 0.0], 9).tolist() == [0, 0, 2, 2, 2]
    assert sorted(leaf_turns([4, 1], [0.0, 0.0], 9).tolist()) == [0, 0, 0, 0, 1]
    assert not len(leaf_turns(np.empty(0, dtype=int), [], 3)) and not len(leaf_turns([5], [1.0], 0))


@pytest.mark.parametrize("strategy", [RegressionTree(), RegressionTree(KCenter())])
def test_the_strategy_asks_by_the_variance_of_each_leaf(strategy: RegressionTree) -> None:
    snapshot = Snapshot(Pool(X), labels=LABELS, model=TREE, seed=2)
    proposal = strategy.propose(snapshot, 20)
    free = [row for row in range(100) if row not in LABELS]
    leaves = TREE.leaves(X)
    names = np.unique(leaves[free])
    sizes = [int((leaves[free] == one).sum()) for one in names]
    spread = [np.var([value for row, value in LABELS.items() if leaves[row] == one]) for one in names]
    turns = leaf_turns(sizes, spread, 20)
    assert (names[turns] == leaves[list(proposal.ids)]).all()
    assert np.allclose(proposal.scores, np.sqrt(np.array(spread)[turns]))
    assert len(set(proposal.ids)) == 20
    if isinstance(strategy.selector, KCenter):
        assert (proposal.probabilities == 1).all()
    else:
        assert proposal.probabilities[0] == pytest.approx(1 / sizes[turns[0]])


def test_trees_at_the_end_of_pipelines_and_of_classes() -> None:
    y = np.repeat(["a", "b"], 50)
    y[75:80] = "a"
    rows = [*range(0, 100, 4), 76, 77]
    tree = make_pipeline(StandardScaler(), DecisionTreeClassifier(max_leaf_nodes=2))
    model = as_model(tree).fitted(X[rows], y[rows])
    snapshot = Snapshot(Pool(X), labels={row: str(y[row]) for row in rows}, model=model)
    assert all(row > 48 for row in RegressionTree().propose(snapshot, 10).ids)
    one = as_model(tree, ["a", "b"]).fitted(X[:3], ["a"] * 3)
    told = RegressionTree().propose(Snapshot(Pool(X), labels=dict.fromkeys(range(3), "a"), model=one), 5)
    assert told.probabilities[0] == pytest.approx(1 / 97)


def test_what_makes_no_sense_is_refused() -> None:
    ridge = as_model(Ridge()).fitted(X[list(LABELS)], list(LABELS.values()))
    with pytest.raises(MissingCapability, match="leaves"):
        as_strategy("regression_tree").propose(Snapshot(Pool(X), labels=LABELS, model=ridge), 1)
    with pytest.raises(InvalidInput, match="selector"):
        RegressionTree("k_center")  # type: ignore[arg-type]
    for sizes, variances in (([1], [-1.0]), ([-1], [1.0]), ([1.0], [1.0]), ([1, 2], [1.0])):
        with pytest.raises(InvalidInput, match="size and a variance"):
            leaf_turns(sizes, variances, 1)
