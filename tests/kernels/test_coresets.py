"""Core-sets and graph cut against their definitions."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist
from scipy.stats import chisquare

from querist.errors import InvalidInput
from querist.kernels import frank_wolfe, graph_cut, lightweight_coreset

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 5)) + 1


def test_the_lightweight_law_and_its_chances():
    x = np.array([[0.0], [1.0], [2.0], [9.0]])
    squared = (x[:, 0] - 3.0) ** 2
    law = 0.5 / 4 + 0.5 * squared / squared.sum()
    first, second = np.zeros(4), np.zeros((4, 4))
    for _ in range(3000):
        picks, chances = lightweight_coreset(x, 2, chance=RNG.random(4))
        assert len(picks) == 2 and picks[0] != picks[1]
        assert chances == pytest.approx([law[picks[0]], law[picks[1]] / (1 - law[picks[0]])])
        first[picks[0]] += 1
        second[picks[0], picks[1]] += 1
    assert chisquare(first, 3000 * law).pvalue > 1e-3
    after = np.delete(second[3], 3)
    assert chisquare(after, after.sum() * law[:3] / law[:3].sum()).pvalue > 1e-3


def test_never_more_than_asked_and_all_where_fewer_remain():
    lots = RNG.random(80)
    for n in (0, 1, 7, 80, 500):
        picks, chances = lightweight_coreset(X, n, chance=lots)
        assert len(set(picks.tolist())) == len(picks) == min(n, 80) == len(chances)
        assert ((chances > 0) & (chances <= 1)).all()
    rows = np.array([70, 3, 9])
    assert sorted(lightweight_coreset(X, 9, chance=lots[:3], rows=rows)[0].tolist()) == [3, 9, 70]
    again = lightweight_coreset(csr_array(X), 9, chance=lots)[0]
    assert (again == lightweight_coreset(X, 9, chance=lots)[0]).all()
    with pytest.raises(InvalidInput, match="Lots"):
        lightweight_coreset(X, 2, chance=lots[:5])


def plain_frank_wolfe(x, n, weights):
    rows = x * weights[:, None]
    lengths, total = np.linalg.norm(rows, axis=1), rows.sum(axis=0)
    w, order = np.zeros(len(x)), []
    while len(order) < n:
        left = total - w @ rows
        f = int((rows @ left / lengths).argmax())
        step = lengths.sum() / lengths[f] * rows[f] - w @ rows
        share = step @ left / (step @ step)
        w *= 1 - share
        w[f] += share * lengths.sum() / lengths[f]
        if f not in order:
            order.append(f)
    return order, w


@pytest.mark.parametrize("weighted", [False, True])
def test_frank_wolfe_takes_the_steps_of_the_paper(weighted):
    weights = RNG.random(80) if weighted else np.ones(80)
    picks, shares = frank_wolfe(X, 6, weights=weights if weighted else None)
    order, w = plain_frank_wolfe(X, 6, weights)
    assert picks.tolist() == order and np.allclose(shares, w[order])
    for kind in (csr_array, np.float32):
        assert (frank_wolfe(kind(X), 6, weights=weights)[0] == picks).all()
    reached = (shares[:, None] * weights[picks, None] * X[picks]).sum(axis=0)
    total = (weights[:, None] * X).sum(axis=0)
    assert np.linalg.norm(total - reached) < 0.25 * np.linalg.norm(total)


def test_frank_wolfe_fills_the_batch_once_the_sum_is_reached():
    for x in (
        np.zeros((9, 2)),
        np.ones((9, 2)),
        np.repeat(X[:3], 3, axis=0),
        np.concatenate([X[:5], -X[:5]]),
    ):
        picks, shares = frank_wolfe(x, 20)
        assert sorted(picks.tolist()) == list(range(len(x))) and np.isfinite(shares).all()
    assert frank_wolfe(X, 2, rows=[])[0].tolist() == []


@pytest.mark.parametrize("taken", [[], [3, 50]])
@pytest.mark.parametrize("redundancy", [0.0, 1.0, 4.0])
def test_graph_cut_adds_most_at_every_pick(taken, redundancy):
    rows, weights = np.arange(79, 9, -1), RNG.random(70)
    alike = (2 - cdist(X, X, "cosine")) / 2
    given = {"redundancy": redundancy, "taken": taken, "rows": rows, "weights": weights}
    picks, gains = graph_cut(X, 12, **given)
    whole = np.asarray(taken, dtype=int)

    def worth(some):
        typical = (alike[rows][:, some] * weights[:, None]).sum() / weights.sum()
        return typical - redundancy / (len(taken) + 12) * alike[np.ix_(some, some)].sum()

    for pick, gain in zip(picks, gains, strict=True):
        free = [row for row in rows if row not in whole]
        added = {row: worth(np.append(whole, row)) - worth(whole) for row in free}
        assert gain == pytest.approx(added[pick], abs=1e-8) and added[pick] >= max(added.values()) - 1e-8
        whole = np.append(whole, pick)
    for kind in (csr_array, np.float32):
        assert (graph_cut(kind(X), 12, **given)[0] == picks).all()


def test_graph_cut_on_repeated_constant_and_zero_rows():
    for x in (np.zeros((9, 2)), np.full((9, 2), 3.7), np.repeat(X[:3], 3, axis=0)):
        assert sorted(graph_cut(x, 20)[0].tolist()) == list(range(9))
    assert graph_cut(X, 2, taken=[1], rows=[1])[0].tolist() == []


def test_memory_stays_small():
    x = RNG.normal(size=(20_000, 8)).astype(np.float32)
    tracemalloc.start()
    graph_cut(x, 5, taken=np.arange(40))
    frank_wolfe(x, 5)
    lightweight_coreset(x, 5, chance=RNG.random(20_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 9_000_000  # n x n would be 400 MB as single bytes


@pytest.mark.parametrize("kernel", [frank_wolfe, graph_cut])
@pytest.mark.parametrize("wrong", [[1.0], np.full(80, -1.0), np.full(80, np.nan)])
def test_what_makes_no_sense_is_refused(kernel, wrong):
    with pytest.raises(InvalidInput, match="Weights"):
        kernel(X, 2, weights=wrong)
    with pytest.raises(InvalidInput, match="finite"):
        kernel(np.array([[np.inf], [1.0]]), 1)
    with pytest.raises(InvalidInput, match="redundancy"):
        graph_cut(X, 2, redundancy=-1)
