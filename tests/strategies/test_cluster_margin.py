"""Cluster-Margin: groups of the torn, dealt out in turn; average linkage against merging by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from querist.data import Pool
from querist.errors import InvalidInput, MissingCapability
from querist.kernels import average_linkage, round_robin
from querist.strategies import ClusterMargin, Snapshot, as_strategy

RNG = np.random.default_rng(5)


def plain_linkage(x: np.ndarray, k: int) -> set[frozenset[int]]:
    groups = [frozenset([row]) for row in range(len(x))]
    while len(groups) > k:

        def apart(one: frozenset[int], two: frozenset[int]) -> float:
            return float(np.mean([np.linalg.norm(x[a] - x[b]) for a in one for b in two]))

        pairs = [(apart(a, b), i, j) for i, a in enumerate(groups) for j, b in enumerate(groups) if i < j]
        _, i, j = min(pairs)
        groups = [g for place, g in enumerate(groups) if place not in (i, j)] + [groups[i] | groups[j]]
    return set(groups)


@pytest.mark.parametrize("kind", [np.asarray, csr_array])
@pytest.mark.parametrize("k", [1, 3, 7])
def test_average_linkage_is_merging_by_hand(kind: Any, k: int) -> None:
    x = RNG.normal(size=(20, 2))
    groups = average_linkage(kind(x), k, np.random.default_rng(0))
    assert {frozenset(np.flatnonzero(groups == one).tolist()) for one in range(k)} == plain_linkage(x, k)


def test_many_rows_are_grouped_without_all_pairs() -> None:
    of = np.arange(3000) % 3
    x = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])[of] + RNG.normal(scale=0.3, size=(3000, 2))
    groups = average_linkage(x, 3, np.random.default_rng(0))
    assert len(np.unique(np.column_stack([of, groups]), axis=0)) == 3


def test_rounds_begin_with_the_smallest_group_and_draw_within() -> None:
    groups = np.array([4, 4, 4, 4, 7, 7, 1])
    seen = []
    for seed in range(400):
        picks, chances = round_robin(groups, 7, np.random.default_rng(seed).random(7))
        assert groups[picks].tolist() == [1, 7, 4, 7, 4, 4, 4]
        assert np.allclose(chances, [1, 1 / 2, 1 / 4, 1, 1 / 3, 1 / 2, 1]) and len(set(picks)) == 7
        seen.append(picks[2])
    assert np.abs(np.bincount(seen, minlength=4)[:4] / 400 - 0.25).max() < 0.1
    assert len(round_robin(groups, 99, np.arange(7) / 7)[0]) == 7
    assert len(round_robin([], 3, [])[0]) == 0


def test_of_a_thick_and_a_thin_torn_place_both_are_asked() -> None:
    """Torn above 5: forty items in one place, three in another; sure below."""
    x = np.concatenate([np.zeros(30), np.full(40, 6.0), np.full(3, 9.0)])[:, None]
    x = x + RNG.normal(scale=0.05, size=x.shape)

    class Says:
        classes = ("a", "b")

        def proba(self, x: Any) -> np.ndarray:
            a = np.where(np.asarray(x)[:, 0] > 5, 0.5, 1.0)
            return np.column_stack([a, 1 - a])

    snapshot = Snapshot(Pool(x), model=Says())
    proposal = ClusterMargin(among=10.75, size=21).propose(snapshot, 4)  # its 43 are the torn ones
    places = x[list(proposal.ids), 0].round()
    assert places.tolist() == [9, 6, 9, 6] and np.allclose(proposal.scores, 1)
    assert np.allclose(proposal.probabilities, [1 / 3, 1 / 40, 1 / 2, 1 / 39])


def test_what_makes_no_sense_is_refused() -> None:
    for wrong in ({"among": 0.5}, {"size": 0}):
        with pytest.raises(InvalidInput, match=next(iter(wrong))):
            ClusterMargin(**wrong)
    with pytest.raises(InvalidInput, match="k = 0"):
        average_linkage(np.eye(3), 0, RNG)
    with pytest.raises(MissingCapability, match="proba"):
        as_strategy("cluster_margin").propose(Snapshot(Pool(np.eye(3)), labels={0: "a"}, model=object()), 1)
