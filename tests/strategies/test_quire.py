"""QUIRE against the min-max objective of the paper, solved as it is written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from querist.data import Pool
from querist.errors import InvalidInput
from querist.kernels import quire
from querist.strategies import Quire, Snapshot, as_strategy

RNG = np.random.default_rng(0)
X = RNG.normal(size=(14, 3))


def gram(x: np.ndarray, similarity: str, radius: float) -> np.ndarray:
    if similarity == "linear":
        return 1 + x @ x.T / np.mean((x**2).sum(axis=1))
    return np.exp(-((x[:, None] - x[None]) ** 2).sum(axis=2) / (2 * radius**2))


def objective(inverse: np.ndarray, s: int, labelled: list[int], y: np.ndarray) -> float:
    """max over y_s of min over y_u of y' L y: L is the inverse over the whole pool, u are all the others."""
    others = [row for row in range(len(inverse)) if row != s and row not in labelled]
    worst = -np.inf
    for sign in (-1.0, 1.0):
        full = np.zeros(len(inverse))
        full[labelled], full[s] = y, sign
        fixed = [*labelled, s]
        full[others] = np.linalg.solve(
            inverse[np.ix_(others, others)], -inverse[np.ix_(others, fixed)] @ full[fixed]
        )
        worst = max(worst, float(full @ inverse @ full))
    return worst


@pytest.mark.parametrize("similarity", ["gaussian", "linear"])
@pytest.mark.parametrize("noise", [1.0, 0.1])
def test_it_minimises_the_objective_of_the_paper(similarity: str, noise: float) -> None:
    labelled, y = [2, 7, 11], np.array([1.0, -1.0, 1.0])
    kernel = gram(X, similarity, 1.5)
    inverse = np.linalg.inv(kernel + noise * np.eye(14))
    free = [row for row in range(14) if row not in labelled]
    wanted = np.array([objective(inverse, row, labelled, y) for row in free])
    same = y @ np.linalg.solve(kernel[np.ix_(labelled, labelled)] + noise * np.eye(3), y)
    found = {}
    for row in free:
        _, score = quire(
            X,
            1,
            labelled=labelled,
            targets=y[:, None],
            rows=[row],
            similarity=similarity,
            radius=1.5,
            noise=noise,
        )
        found[row] = same + 1 / score[0]
    assert np.allclose([found[row] for row in free], wanted, rtol=1e-7)
    pick, _ = quire(
        X, 1, labelled=labelled, targets=y[:, None], similarity=similarity, radius=1.5, noise=noise
    )
    assert pick[0] == free[int(wanted.argmin())]


def test_the_objective_is_the_least_over_labels_that_are_free() -> None:
    """By its words alone: no other real labels are below it, and labels of -1 and 1 are no lower."""
    labelled, y, rng = [0, 3, 5], np.array([1.0, -1.0, 1.0]), np.random.default_rng(3)
    inverse = np.linalg.inv(gram(X[:9], "gaussian", 1.5) + np.eye(9))
    for s in (1, 2, 4, 6, 7, 8):
        others = [row for row in range(9) if row != s and row not in labelled]

        def worst(said: np.ndarray, s: int = s, others: list[int] = others) -> float:
            full = np.zeros((2, 9))
            full[:, labelled], full[:, others], full[:, s] = y, said, (-1, 1)
            return float(max(one @ inverse @ one for one in full))

        told = objective(inverse, s, labelled, y)
        # max over y_s of min over y_u is never above min over y_u of max over y_s, whatever y_u is tried
        assert all(worst(3 * rng.normal(size=len(others))) >= told - 1e-12 for _ in range(200))
        signs = np.array(np.meshgrid(*[[-1.0, 1.0]] * len(others))).reshape(len(others), -1).T
        assert min(map(worst, signs)) >= told - 1e-12
        # and a search that knows nothing of Schur complements ends at it
        found = -np.inf
        for sign in (-1.0, 1.0):
            full = np.zeros(9)
            full[labelled], full[s] = y, sign
            for _ in range(4000):
                full[others] -= 0.5 * (inverse @ full)[others]
            found = max(found, float(full @ inverse @ full))
        assert np.isclose(found, told, rtol=1e-9)


def test_the_closed_form_that_is_quoted_is_another_criterion() -> None:
    """L_ss - det(L_aa) / L_ss + 2 |...|: neither term is that of the minimum, and the pick differs."""

    def quoted(inverse: np.ndarray, s: int, labelled: list[int], y: np.ndarray) -> float:
        a = [row for row in range(len(inverse)) if row not in labelled]
        u = [row for row in a if row != s]
        back = inverse[s, u] @ np.linalg.inv(inverse[np.ix_(u, u)])
        lean = (inverse[s, labelled] - back @ inverse[np.ix_(u, labelled)]) @ y
        return float(inverse[s, s] - np.linalg.det(inverse[np.ix_(a, a)]) / inverse[s, s] + 2 * abs(lean))

    differ = 0
    for seed in range(20):
        x, y = np.random.default_rng(seed).normal(size=(8, 2)), np.array([1.0, -1.0])
        inverse, free = np.linalg.inv(gram(x, "gaussian", 1.0) + np.eye(8)), range(2, 8)
        ours = [objective(inverse, row, [0, 1], y) for row in free]
        theirs = [quoted(inverse, row, [0, 1], y) for row in free]
        differ += int(np.argmin(ours) != np.argmin(theirs))
        pick, _ = quire(x, 1, labelled=[0, 1], targets=y[:, None])
        assert pick[0] == 2 + int(np.argmin(ours))
    assert differ > 0


def test_classes_are_asked_one_against_the_rest() -> None:
    labelled, of = [0, 3, 6, 9], np.array([0, 1, 2, 0])
    targets = np.where(of[:, None] == np.arange(3), 1.0, -1.0)
    inverse = np.linalg.inv(gram(X, "gaussian", 2.0) + np.eye(14))
    free = [row for row in range(14) if row not in labelled]
    losses = [sum(objective(inverse, row, labelled, targets[:, c]) for c in range(3)) for row in free]
    pick, _ = quire(X, 1, labelled=labelled, targets=targets, radius=2.0)
    assert pick[0] == free[int(np.argmin(losses))]
    labels = {row: "abc"[one] for row, one in zip(labelled, of, strict=True)}
    assert Quire(radius=2.0).propose(Snapshot(Pool(X), labels=labels), 1).ids == pick.tolist()


@pytest.mark.parametrize("similarity", ["gaussian", "linear"])
def test_a_batch_is_what_one_at_a_time_gives_when_answers_are_as_predicted(similarity: str) -> None:
    """Greedy by a search through all, with a fresh inverse a pick; the lazy search must agree."""
    x = RNG.normal(size=(60, 2))
    kernel, labelled, y = gram(x, similarity, 0.7), [0, 1, 2], np.array([1.0, 1.0, -1.0])
    inner = np.linalg.inv(kernel[:3, :3] + np.eye(3))
    said = kernel[:, :3] @ inner @ y
    known, picks, scores = list(labelled), [], []
    for _ in range(8):
        inner = np.linalg.inv(kernel[np.ix_(known, known)] + np.eye(len(known)))
        across = kernel[:, known]
        variance = np.diag(kernel) + 1 - np.einsum("ij,jk,ik->i", across, inner, across)
        score = variance / (1 + np.abs(said)) ** 2
        score[known] = -1
        picks.append(int(score.argmax()))
        scores.append(score.max())
        known.append(picks[-1])
    settings: dict[str, Any] = {"targets": y[:, None], "similarity": similarity, "radius": 0.7}
    found, values = quire(x, 8, labelled=labelled, **settings)
    assert found.tolist() == picks
    assert np.allclose(values, scores, rtol=1e-8)
    rest, _ = quire(x, 4, labelled=labelled, taken=picks[:4], **settings)  # those that are out count alike
    assert rest.tolist() == picks[4:]


@pytest.mark.parametrize("noise", [1.0, 0.01])
def test_many_labels_with_the_linear_kernel(noise: float) -> None:
    """d x d for dense rows, k x k for sparse ones: one answer."""
    x = RNG.normal(size=(200, 5))
    settings: dict[str, Any] = {
        "labelled": np.arange(80),
        "targets": np.where(x[:80, :2] > 0, 1.0, -1.0),
        "taken": [90, 91],
        "similarity": "linear",
        "noise": noise,
    }
    picks, scores = quire(x, 15, **settings)
    found = quire(csr_array(x), 15, **settings)
    assert picks.tolist() == found[0].tolist()
    assert np.allclose(scores, found[1], rtol=1e-7)


def test_the_rest_of_the_pool_has_no_say() -> None:
    y = np.array([[1.0], [-1.0]])
    few = quire(X[:6], 4, labelled=[0, 1], targets=y)
    many = quire(X, 4, labelled=[0, 1], targets=y, rows=[2, 3, 4, 5])
    assert few[0].tolist() == many[0].tolist()
    assert np.allclose(few[1], many[1])


@pytest.mark.parametrize("similarity", ["gaussian", "linear"])
def test_sparse_and_float32_are_taken_as_they_are(similarity: str) -> None:
    x = np.where(X > 0.3, X, 0)
    settings: dict[str, Any] = {"labelled": [0, 1], "targets": [[1], [-1]], "similarity": similarity}
    picks, scores = quire(x, 6, **settings)
    for other in (csr_array(x), x.astype(np.float32)):
        found = quire(other, 6, **settings)
        assert found[0].tolist() == picks.tolist()
        assert np.allclose(found[1], scores, rtol=1e-4)


def test_wrong_input_is_named() -> None:
    with pytest.raises(InvalidInput, match="Targets"):
        quire(X, 1, labelled=[0], targets=[[0.5]])
    with pytest.raises(InvalidInput, match="noise"):
        quire(X, 1, noise=0)
    with pytest.raises(InvalidInput, match="similarity"):
        Quire("cosine")
    with pytest.raises(InvalidInput, match="latest"):
        Quire(latest=0)
    with pytest.raises(InvalidInput, match="radius"):
        Quire(radius=-1.0)


def test_only_the_latest_labels_are_read() -> None:
    labels = {row: "ab"[row % 2] for row in range(8)}
    last = {row: label for row, label in labels.items() if row >= 4}
    pool, closed = Pool(X), frozenset(range(4))
    found = Quire(latest=4, radius=1.0).propose(Snapshot(pool, labels=labels), 3)
    assert found.ids == Quire(radius=1.0).propose(Snapshot(pool, labels=last, closed=closed), 3).ids


def test_it_is_registered() -> None:
    assert as_strategy("quire") == Quire()
