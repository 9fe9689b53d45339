"""The published readings of the query strategies: which model asks, by what, and what breaks ties.

Each is a function of a :class:`Case` and gives the order in which the pool is labelled, the first labels
before.  Where tables are to be reproduced the reading matters as much as the name; what differs from
querist's own strategy of the same name is told in docs/benchmarks/lu-2023.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from ahead import told
from bandit import albl
from committee import committee
from expected_error import expected_error
from linear import Logistic, with_intercept
from ours import asked, asked_of_a_forest
from quire import quire
from svm import Machine, gaussian
from tree import hierarchical

__all__ = ["OURS", "READINGS", "Case", "accuracies"]

_NEIGHBOURS = 10


@dataclass(frozen=True)
class Case:
    """A split, standardised by the pool: rows and truth (-1 or +1) of the pool and of the test set."""

    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    start: int
    seed: int

    @cached_property
    def kernel(self) -> np.ndarray:
        """The Gaussian kernel with gamma 1 / features, pool x (pool and test set)."""
        return gaussian(self.x, self.x_test)

    def machine(self) -> Machine:
        """The task's model."""
        return Machine(self.kernel, self.y)


def accuracies(case: Case, order: np.ndarray) -> np.ndarray:
    """The accuracy on the test set with the first labels, and after each question."""
    machine, n = case.machine(), len(case.y)
    right, rows = np.empty(n - case.start + 1), order[: case.start]
    for i in range(len(right)):
        said = machine.learn(rows)[n:]
        right[i] = np.mean((said > 0) == (case.y_test > 0))
        rows = order[case.start + i : case.start + i + 1]
    return right


def _by(case: Case, pick: Callable[[np.ndarray, np.ndarray], int]) -> np.ndarray:
    """The order of a strategy that asks by the task's model; ``pick`` takes its answers and the free rows."""
    machine, n = case.machine(), len(case.y)
    order, free = list(range(case.start)), np.arange(n) >= case.start
    said = machine.learn(order)
    while len(order) < n:
        row = pick(said[:n], free)
        free[row] = False
        order.append(row)
        said = machine.learn([row])
    return np.array(order)


def uniform(case: Case) -> np.ndarray:
    """The next row of the shuffled pool."""
    return np.arange(len(case.y))


def closest(case: Case) -> np.ndarray:
    """US-C (and InfoDiv, which is the same one question at a time): nearest to the machine's boundary."""
    return _by(case, lambda said, free: int(np.argmin(np.where(free, np.abs(said), np.inf))))


def margin_cluster_mean(case: Case) -> np.ndarray:
    """MCM: nearest to the mean of the rows that are nearer to the boundary than every labelled one."""

    def pick(said: np.ndarray, free: np.ndarray) -> int:
        far = np.abs(said)
        inside = np.flatnonzero(free & (far < far[~free].min()))
        if not len(inside):
            return int(np.argmin(np.where(free, far, np.inf)))
        away = case.x[inside] - case.x[inside].mean(axis=0)
        return int(inside[np.argmin(np.einsum("ij,ij->i", away, away))])

    return _by(case, pick)


def logistic_entropy(case: Case) -> np.ndarray:
    """US-NC: the entropy of a logistic regression with C = 0.1; of equals the last.

    Where a chance of class -1 rounds to 0 the published entropy is no number, and is asked first.
    """
    x, n = with_intercept(case.x), len(case.y)
    model, order, free = Logistic(x.shape[1], 0.1), np.arange(n), np.arange(n) >= case.start
    known, truth = x.copy(), case.y.copy()
    for size in range(case.start, n):
        said = x @ model.fit(known[:size], truth[:size])
        certain = (said > 36.7) | (said < -745.2)
        doubt = np.where(free, np.where(certain, np.inf, -np.abs(said)), -np.inf)
        row = n - 1 - int(np.argmax(doubt[::-1]))
        free[row] = False
        order[size], known[size], truth[size] = row, x[row], case.y[row]
    return order


def core_set(case: Case) -> np.ndarray:
    """Core-Set: farthest from all labels, in the features themselves."""
    n, order = len(case.y), list(range(case.start))
    near = np.full(n, np.inf)
    for row in order:
        near = np.minimum(near, np.einsum("ij,ij->i", case.x - case.x[row], case.x - case.x[row]))
    near[order] = -1.0
    while len(order) < n:
        row = int(np.argmax(near))
        away = case.x - case.x[row]
        near = np.minimum(near, np.einsum("ij,ij->i", away, away))
        near[row] = -1.0
        order.append(row)
    return np.array(order)


def graph(case: Case) -> np.ndarray:
    """Graph: the densest node of a graph of ten neighbours, whose density its neighbours then lose.

    The weights are exp(-d / features) of the city-block distance d.
    """
    from sklearn.neighbors import kneighbors_graph

    n = len(case.y)
    near = kneighbors_graph(case.x, _NEIGHBOURS, mode="distance", p=1)
    near.data = np.exp(-near.data / case.x.shape[1])
    joined = near.maximum(near.T).tocsr()
    density = np.asarray(joined.sum(axis=1)).ravel() / np.diff(joined.indptr)
    order = np.arange(n)
    for size in range(case.start, n):
        done = order[:size]
        density[done] = density.min() - 1
        row = int(np.argmax(density))
        around = joined.indices[joined.indptr[row] : joined.indptr[row + 1]]
        density[around] -= density[row]
        density[done] = density.min() - 1
        density[row] = density.min() - 1
        order[size] = row
    return order


READINGS: dict[str, Callable[[Case], np.ndarray]] = {
    "Uniform": uniform,
    "US-C": closest,
    "US-NC": logistic_entropy,
    "QBC": lambda case: committee(case.x, case.kernel, case.y, case.start),
    "MCM": margin_cluster_mean,
    "Core-Set": core_set,
    "Graph": graph,
    "Hier": lambda case: hierarchical(case.x, case.y, case.start, case.seed),
    "QUIRE": lambda case: quire(case.x, case.y, case.start),
    "ALBL": lambda case: albl(case.x, case.y, case.start),
    "EER": lambda case: expected_error(case.kernel, case.y, case.start),
    "LAL": lambda case: asked_of_a_forest("lal", case.x, case.y, case.start, case.seed),
}
"""By the names of the published table."""

OURS: dict[str, Callable[[Case], np.ndarray]] = {
    "default": lambda case: asked("default", case.x, case.y, case.kernel, case.start, case.seed),
    "told": lambda case: told(case.kernel, case.y, case.start),
}
"""querist's default, and a search that is told the pool's labels: no published table has them."""
