"""GALAXY against shortest paths in graphs that are built; DIRECT against counted mistakes."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import pytest

from querist.data import Pool
from querist.errors import InvalidInput, MissingCapability
from querist.kernels import bisected, thresholds
from querist.strategies import Direct, Galaxy, Snapshot, as_strategy

RNG = np.random.default_rng(0)


def line(m: int) -> np.ndarray:
    """Probabilities of two classes in the order of the rows."""
    first = np.linspace(0.95, 0.05, m)
    return np.column_stack([first, 1 - first])


def shortest(labels: np.ndarray, order: int) -> dict[int, int]:
    """Midpoints of the shortest paths between opposite labels in a line with neighbours up to ``order``."""
    m, found, least = len(labels), {}, None
    for start in np.flatnonzero(labels == 0):
        before, queue = {int(start): None}, deque([int(start)])
        while queue:
            node = queue.popleft()
            for other in range(max(0, node - order), min(m, node + order + 1)):
                cut = {labels[node], labels[other]} == {0, 1}
                labelled = labels[node] >= 0 and node != start  # paths lead through rows without a label
                if other in before or cut or labelled:
                    continue
                before[other] = node
                queue.append(other)
        for end in np.flatnonzero(labels == 1):
            if int(end) not in before:
                continue
            path = [int(end)]
            while before[path[-1]] is not None:
                path.append(before[path[-1]])
            if len(path) > 2 and (least is None or len(path) <= least):
                found = found if len(path) == least else {}
                least = len(path)
                middles = {path[len(path) // 2], path[(len(path) - 1) // 2]}
                found.update(dict.fromkeys(middles, least - 2))
    return found


@pytest.mark.parametrize("share", [0.15, 0.5, 0.9])
def test_a_question_is_the_middle_of_a_shortest_path_between_opposite_labels(share: float) -> None:
    """Where the graph has none, neighbours farther and farther away are joined until it has one."""
    for _ in range(150):
        m = int(RNG.integers(3, 16))
        labels = np.where(RNG.random(m) < share, RNG.integers(0, 2, m), -1)
        picks, lengths = bisected(line(m), labels, 1)
        if len(set(labels.tolist()) & {0, 1}) < 2 or (labels != -1).all():
            assert not len(picks)
            continue
        for order in range(1, m + 1):
            if want := shortest(labels, order):
                break
        assert int(picks[0]) in want, (labels, picks, want)
        if order == 1:
            assert lengths[0] == want[int(picks[0])]


def test_a_rare_class_is_found_and_asked_as_often_as_the_other() -> None:
    """11 of 1000 rows: bisection takes 10 questions to find where they end, then both sides count alike."""
    proba, truth = line(1000), (np.arange(1000) >= 11).astype(int)
    labels = np.full(1000, -1)
    labels[[0, 999]] = 0, 1
    for _ in range(10):
        (pick,), _ = bisected(proba, labels, 1)
        labels[pick] = truth[pick]
    assert labels[10] == 0 and labels[11] == 1
    for _ in range(16):
        (pick,), _ = bisected(proba, labels, 1)
        labels[pick] = truth[pick]
    near = labels[[*range(3, 11), *range(11, 19)]]
    assert (near >= 0).all()


def test_a_batch_cuts_into_equal_pieces() -> None:
    labels = np.full(33, -1)
    labels[[0, 32]] = 0, 1
    picks, lengths = bisected(line(33), labels, 7)
    assert sorted(picks.tolist()) == [4, 8, 12, 16, 20, 24, 28] and lengths[0] == 31
    labels[picks[:3]] = -2  # out with others: their answers are open
    again, _ = bisected(line(33), labels, 4)
    assert sorted([*picks[:3], *again]) == [4, 8, 12, 16, 20, 24, 28]


def test_classes_have_turns_and_chains_of_their_own() -> None:
    m = 90
    proba = RNG.dirichlet(np.ones(3), m)
    labels = np.full(m, -1)
    for column in range(3):
        labels[np.argsort(-proba[:, column])[:2]] = column
    picks, _ = bisected(proba, labels, 9)
    assert len(set(picks)) == 9 and (labels[picks] == -1).all()
    # each pick lies, in some chain, between a label of the class and one that is not
    for pick in picks:
        held = []
        for column in range(3):
            margin = proba[:, column] - proba.max(axis=1)
            key = np.where(margin < 0, margin, proba.max(axis=1))
            own, other = key[labels == column], key[(labels >= 0) & (labels != column)]
            held.append(other.min() < key[pick] < own.max())
        assert any(held)
    strange = np.where(labels == 2, 3, labels)  # a class that the model does not know
    assert len(bisected(proba, strange, 5)[0]) == 5


def test_the_threshold_that_errs_least_is_asked_around() -> None:
    labels = np.full(41, -1)
    labels[[0, 5, 10, 30, 35, 40]] = [0, 0, 0, 1, 1, 1]
    labels[3] = 1  # a mistake, which would end a bisection at 2 or 4
    picks, chances = thresholds(line(41), labels, 4, lots=RNG.random(41))
    assert set(picks[2:]) == {20, 21} and (chances[2:] == 1).all()
    inside = [row for row in range(41) if labels[row] == -1 and 0 <= row <= 30]
    assert set(picks[:2]) <= set(inside)
    assert chances[:2].tolist() == [1 / len(inside), 1 / (len(inside) - 1)]
    counts = np.zeros(41)
    for _ in range(2000):
        counts[thresholds(line(41), labels, 2, lots=RNG.random(41))[0][0]] += 1
    assert np.allclose(counts[inside] / 2000, 1 / len(inside), atol=0.02) and counts.sum() == 2000


def test_thresholds_of_all_classes_and_few_rows() -> None:
    proba = RNG.dirichlet(np.ones(4), 12)
    labels = np.array([0, 1, 2, 2, -2, *[-1] * 7])
    picks, chances = thresholds(proba, labels, 50, lots=RNG.random(12))
    assert sorted(picks) == list(range(5, 12)) and ((chances > 0) & (chances <= 1)).all()
    assert not len(thresholds(proba, np.where(labels >= 0, 1, labels), 3, lots=RNG.random(12))[0])
    assert not len(bisected(proba, np.full(12, -1), 3)[0])


class Says:
    """Class "b" the likelier the larger the feature."""

    classes = ("a", "b")

    def proba(self, x: Any) -> np.ndarray:
        b = 0.05 + 0.9 * np.asarray(x)[:, 0]
        return np.column_stack([1 - b, b])


def test_the_strategies_ask_their_kernels() -> None:
    x = np.linspace(0, 1, 33)[:, None]
    snapshot = Snapshot(Pool(x), labels={0: "a", 32: "b"}, pending={16}, model=Says())
    assert sorted(Galaxy().propose(snapshot, 2).ids) == [8, 24]
    batch = Direct().propose(snapshot, 5)
    assert len(set(batch.ids)) == 5 and {15, 17} <= set(batch.ids)
    assert batch.probabilities[0] == pytest.approx(1 / 30)
    for name in ("galaxy", "direct"):
        lot = as_strategy(name).propose(Snapshot(Pool(x), labels={0: "a", 5: "a"}, model=Says()), 3)
        assert lot.probabilities[0] == pytest.approx(1 / 31)
        with pytest.raises(MissingCapability, match="proba"):
            as_strategy(name).propose(Snapshot(Pool(x), labels={0: "a", 5: "b"}, model=object()), 3)


def test_what_makes_no_sense_is_refused() -> None:
    for proba, labels in ((line(4), [0, 1]), (line(4), [0, 1, -3, 0]), (line(4), [0.0] * 4), ([0.5], [0])):
        with pytest.raises(InvalidInput, match="Chains need"):
            bisected(proba, labels, 1)
    with pytest.raises(InvalidInput, match="no distribution"):
        bisected(line(4) * 2, [0, 1, -1, -1], 1)
