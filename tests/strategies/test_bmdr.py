"""BMDR and SPAL against turns that are solved with whole kernel matrices by a dense solver."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from querist.data import Pool
from querist.errors import InvalidInput
from querist.kernels import matching_batch
from querist.strategies import Bmdr, Snapshot, Spal, as_strategy

RNG = np.random.default_rng(3)
X = RNG.normal(size=(16, 2))
KNOWN, SIGNS = np.array([0, 1, 2, 3]), np.array([[1.0], [-1.0], [1.0], [1.0]])
FREE = np.arange(4, 15)  # 15 is out


def by_definition(n: int, goal: Any, similarity: str, match: float, noise: float, pace: Any) -> np.ndarray:
    """The shares (times ease) after turns of: ease, shares, fit, until the n largest stay."""
    if similarity == "linear":
        kernel = 1 + X @ X.T / np.mean((X**2).sum(axis=1))
    else:
        kernel = np.exp(-cdist(X, X, "sqeuclidean") / (2 * 1.2**2))
    own, u = KNOWN, FREE
    done = np.append(own, 15)
    pull = np.linalg.solve(kernel[np.ix_(own, own)] + noise * np.eye(4), goal)
    said, ease, before = kernel[np.ix_(u, own)] @ pull, np.ones(len(u)), set()
    for _ in range(15):
        loss = ((1 + np.abs(said)) ** 2).mean(axis=1)
        if pace is not None:
            ease = np.maximum(0, 1 - loss / pace)
        shares = _shares(kernel, done, u, n, match, ease, loss)
        worth = shares * ease
        picks = set(np.argsort(-np.round(worth, 5), kind="stable")[:n])
        if picks == before:
            break
        before = picks
        said = np.column_stack([_fit(kernel, column, worth, noise) for column in goal.T])
    return worth


def _shares(kernel: Any, done: Any, u: Any, n: int, match: float, ease: Any, loss: Any) -> np.ndarray:
    everything = np.concatenate([done, u])
    size = len(done) + n

    def value(shares: np.ndarray) -> tuple[float, np.ndarray]:
        sums = np.zeros(len(everything))  # the sum over labels and shares less as many means of all
        sums[: len(done)] = 1
        sums[len(done) :] = shares
        sums -= size / len(everything)
        pulls = kernel[np.ix_(everything, everything)] @ sums
        cost = match / 2 * float(sums @ pulls) + float(ease * shares @ loss)
        return cost, match * pulls[len(done) :] + ease * loss

    total = min(n, ease.sum())
    found = minimize(
        value,
        np.full(len(u), total / ease.sum()),
        jac=True,
        method="SLSQP",
        bounds=[(0, float(one > 0)) for one in ease],
        constraints={"type": "eq", "fun": lambda a: ease @ a - total, "jac": lambda a: ease},
        options={"ftol": 1e-13, "maxiter": 500},
    )
    return np.asarray(found.x)


def _fit(kernel: Any, goal: Any, worth: Any, noise: float) -> np.ndarray:
    """With a bound z of abs(f) for each candidate the loss is smooth."""
    own, u = KNOWN, FREE
    some = np.concatenate([own, u])
    k, m = len(some), len(u)

    def value(both: np.ndarray) -> tuple[float, np.ndarray]:
        pull, bound = both[:k], both[k:]
        short = goal - kernel[np.ix_(own, some)] @ pull
        norm = kernel[np.ix_(some, some)] @ pull
        cost = short @ short + noise * pull @ norm + worth @ (1 + bound) ** 2
        slope = -2 * kernel[np.ix_(some, own)] @ short + 2 * noise * norm
        return float(cost), np.concatenate([slope, 2 * worth * (1 + bound)])

    across = kernel[np.ix_(u, some)]
    above = np.vstack([np.hstack([sign * across, np.eye(m)]) for sign in (1, -1)])
    found = minimize(
        value,
        np.concatenate([np.zeros(k), np.ones(m)]),
        jac=True,
        method="SLSQP",
        constraints={"type": "ineq", "fun": lambda both: above @ both, "jac": lambda both: above},
        options={"ftol": 1e-13, "maxiter": 500},
    )
    return np.asarray(across @ found.x[:k])


@pytest.mark.parametrize(
    ("similarity", "pace", "match", "classes"),
    [
        ("linear", None, 0.3, 1),
        ("gaussian", None, 0.3, 3),
        ("gaussian", None, 5.0, 1),
        ("linear", 8.0, 0.3, 3),
        ("gaussian", 1.5, 0.3, 1),
    ],
)
def test_the_shares_are_those_of_dense_turns(similarity: str, pace: Any, match: float, classes: int) -> None:
    of = np.array([0, 1, 2, 0])
    goal = SIGNS if classes == 1 else np.where(of[:, None] == np.arange(3), 1.0, -1.0)
    given: dict[str, Any] = {
        "labelled": KNOWN,
        "targets": goal,
        "rows": FREE,
        "taken": [15],
        "match": match,
        "pace": pace,
        "similarity": similarity,
        "radius": 1.2,
        "noise": 0.2,
    }
    wanted = by_definition(3, goal, similarity, match, 0.2, pace)
    picks, shares = matching_batch(X, 3, **given)
    assert np.allclose(shares, -np.sort(-wanted)[:3], atol=2e-3)
    assert np.allclose(wanted[picks - 4], shares, atol=2e-3)
    assert (matching_batch(csr_array(X), 3, **given)[0] == picks).all()


def test_without_matching_it_asks_where_the_fit_knows_least() -> None:
    x = np.concatenate([RNG.normal(size=(30, 1)), 20 + RNG.normal(size=(10, 1))])
    given: dict[str, Any] = {"labelled": [0], "targets": [[1.0]], "rows": np.arange(1, 40), "radius": 3.0}
    assert (matching_batch(x, 8, match=1e-3, **given)[0] >= 30).all()
    assert (matching_batch(x, 8, match=100.0, **given)[0] < 30).any()


def test_few_landmarks_and_a_sample_stand_for_the_rest() -> None:
    x = RNG.normal(size=(400, 2))
    goal = np.where(x[:20, :1] > 0, 1.0, -1.0)
    given: dict[str, Any] = {"labelled": np.arange(20), "targets": goal, "rows": np.arange(20, 400)}
    picks, shares = matching_batch(x, 10, radius=1.0, **given)
    fewer, like = matching_batch(x, 10, radius=1.0, landmarks=60, **given)
    assert len(set(picks) & set(fewer)) >= 8 and np.allclose(shares, like, atol=0.2)


def test_the_strategies_are_the_kernel() -> None:
    labels = {int(row): "+-"[int(one < 0)] for row, one in zip(KNOWN, SIGNS[:, 0], strict=True)}
    snapshot = Snapshot(Pool(X), labels=labels, pending=frozenset([15]))
    given: dict[str, Any] = {"labelled": KNOWN, "targets": SIGNS, "rows": FREE, "taken": [15], "radius": 1.2}
    picks, shares = matching_batch(X, 3, **given)
    found = Bmdr(radius=1.2).propose(snapshot, 3)
    assert set(found.ids) == set(picks.tolist()) and np.allclose(found.scores, shares, atol=1e-3)
    paced, _ = matching_batch(X, 3, pace=1.5 + 4 * 0.1, **given)
    assert set(Spal(1.5, 0.1, radius=1.2).propose(snapshot, 3).ids) == set(paced.tolist())


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: matching_batch(X, 1, labelled=[1], targets=[[0.0]], rows=[2]), "Targets"),
        (lambda: matching_batch(X, 1, labelled=[1], targets=[[1.0]], rows=[2], match=0.0), "match"),
        (lambda: Bmdr(match=0.0), "match"),
        (lambda: Bmdr(similarity="cosine"), "similarity"),
        (lambda: Bmdr(radius=-1.0), "radius"),
        (lambda: Bmdr(noise=0.0), "noise"),
        (lambda: Bmdr(sample=0), "sample"),
        (lambda: Bmdr(latest=0), "latest"),
        (lambda: Spal(pace=0.0), "pace"),
        (lambda: Spal(growth=-1.0), "growth"),
    ],
)
def test_wrong_input_is_named(make: Any, match: str) -> None:
    with pytest.raises(InvalidInput, match=match):
        make()


def test_they_are_registered() -> None:
    assert as_strategy("bmdr") == Bmdr()
    assert as_strategy("spal") == Spal()
