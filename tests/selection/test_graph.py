"""Graph density against a graph written out in full."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from querist.errors import InvalidInput
from querist.kernels import graph_density, neighbour_graph
from querist.models import Memory, Prediction
from querist.selection import GraphDensity

X = np.random.default_rng(0).normal(size=(60, 3))


def brute(x: np.ndarray, n: int, k: int, taken: list[int], decay: float | None) -> list[int]:
    """The definition with n x n matrices and loops."""
    total = len(x)
    far = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    np.fill_diagonal(far, np.inf)
    p = np.zeros((total, total))
    for i in range(total):
        p[i, np.argsort(far[i])[:k]] = 1
    p = np.maximum(p, p.T)
    manhattan = np.abs(x[:, None] - x[None]).sum(axis=2)
    if decay is None:
        decay = 1 / manhattan[p > 0].mean()
    density = (np.exp(-decay * manhattan) * p).sum(axis=1) / p.sum(axis=1)
    picks: list[int] = []
    for turn in range(len(taken) + n):
        free = [i for i in range(total) if i not in picks and (i in taken) == (turn < len(taken))]
        pick = max(free, key=lambda i: density[i])
        density = density - max(density[pick], 0) * p[pick]
        picks.append(pick)
    return picks[len(taken) :]


@pytest.mark.parametrize("taken", [[], [3, 40, 41]])
@pytest.mark.parametrize(("k", "decay"), [(10, None), (3, 0.5)])
def test_it_is_the_definition(taken: list[int], k: int, decay: float | None) -> None:
    picks, densities = graph_density(X, 20, taken=taken, neighbours=k, decay=decay)
    assert picks.tolist() == brute(X, 20, k, taken, decay)
    assert (np.diff(densities) <= 1e-9).all()  # densities only fall, so do the best of them
    assert densities.max() <= 1


def test_it_goes_from_thick_place_to_thick_place() -> None:
    rng = np.random.default_rng(1)
    heaps = [rng.normal(centre, spread, (30, 2)) for centre, spread in ((0, 0.1), (5, 0.3), (9, 0.5))]
    x = np.concatenate([*heaps, rng.uniform(-50, 50, (5, 2))])
    picks, _ = graph_density(x, 3, neighbours=29)
    assert sorted(picks // 30) == [0, 1, 2]
    rest, _ = graph_density(x, 2, neighbours=29, taken=[picks[0]])
    assert set(rest // 30) == {0, 1, 2} - {picks[0] // 30}


def test_sparse_float32_and_repeated_rows() -> None:
    x = np.where(X > 0.3, X, 0) + 0.01 * X  # distinct rows
    picks, densities = graph_density(x, 9)
    for other in (csr_array(x), x.astype(np.float32)):
        found = graph_density(other, 9)
        assert found[0].tolist() == picks.tolist()
        assert np.allclose(found[1], densities, atol=1e-5)
    same, ones = graph_density(np.ones((20, 3)), 4, neighbours=2)
    assert len(set(same.tolist())) == 4
    assert ones[0] == 1


def test_few_rows_and_wrong_input() -> None:
    assert graph_density([[1.0]], 3)[0].tolist() == [0]
    assert graph_density([[1.0], [2.0]], 3, taken=[0, 1])[0].tolist() == []
    with pytest.raises(InvalidInput, match="neighbours"):
        graph_density(X, 1, neighbours=0)
    with pytest.raises(InvalidInput, match="neighbours"):
        GraphDensity(neighbours=0)


def test_the_selector_is_the_kernel_over_what_takes_part() -> None:
    prediction = Prediction(None, X, list(range(10, 60)), labelled=[0, 1, 2])
    picks = GraphDensity(neighbours=4)(np.zeros(50), prediction, 5)
    wanted, _ = graph_density(X, 5, rows=np.arange(10, 60), taken=[0, 1, 2], neighbours=4)
    assert (picks + 10).tolist() == wanted.tolist()
    scores = np.arange(50.0)
    assert GraphDensity(among=2)(scores, prediction, 5).min() >= 40


def test_going_on_gives_what_a_fresh_start_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, labelled, made = Memory(), list(range(3)), []
    x = np.repeat(X[:30], 2, axis=0)  # equals, which lots decide

    def counted(*args: object, **more: object) -> object:
        made.append(1)
        return neighbour_graph(*args, **more)

    monkeypatch.setattr("querist.selection.graph.neighbour_graph", counted)
    for turn in range(4):
        free = [row for row in range(60) if row not in labelled]
        given = {"labelled": labelled, "seed": turn}
        picks = GraphDensity(neighbours=4)(np.zeros(len(free)), Prediction(None, x, free, **given), 5)
        again = Prediction(None, x, free, memory=memory, **given)
        before = len(made)
        assert (GraphDensity(neighbours=4)(np.zeros(len(free)), again, 5) == picks).all()
        assert len(made) - before == (turn == 0)  # the graph is made once
        labelled += [free[pick] for pick in picks]
    closed = Prediction(None, x, free[:20], labelled=labelled[:3], memory=memory)
    fresh = Prediction(None, x, free[:20], labelled=labelled[:3])
    picks = [GraphDensity(neighbours=4)(np.zeros(20), one, 5) for one in (closed, fresh)]
    assert (picks[0] == picks[1]).all()  # others take part: another graph
