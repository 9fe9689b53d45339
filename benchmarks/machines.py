"""Campaigns of a support vector machine, replayed without a campaign, several times sooner than with one.

The kernel is worked out once a split, and the machine is fitted by libsvm on its rows; strategies are asked
by their one contract, ``propose``.  A test holds machine and curve equal to scikit-learn's, step by step.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_svmlight_file
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from querist.data import Pool
from querist.strategies import Snapshot, Strategy

__all__ = ["CLASSES", "Case", "Machine", "area", "case", "read", "replayed"]

CLASSES = ("-", "+")
START, TEST, C = 20, 0.4, 1.0
Fitted = tuple[np.ndarray, np.ndarray, float]  # support rows, their coefficients, offset


class Machine:
    """A fitted machine as strategies see it: chances are the decision put through the logistic curve."""

    classes = CLASSES

    def __init__(self, support: Any = None, coefficients: Any = None, offset: float = 0.0, gamma: Any = None):
        self.support, self.coefficients, self.offset, self.gamma = support, coefficients, offset, gamma

    @property
    def template(self) -> Machine:
        """A machine that has learnt nothing: where hypothetical labels begin."""
        return Machine(gamma=self.gamma)

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> Machine:
        """A new machine on rows and their classes."""
        x = np.asarray(x, dtype=np.float64)
        gamma = 1 / x.shape[1] if self.gamma is None else self.gamma
        rows, coefficients, offset = fit(kernel(x, x, gamma), signs(y), np.arange(len(x)))
        return Machine(x[rows], coefficients, offset, gamma)

    def decision_of_plus(self, x: Any) -> np.ndarray:
        """How far each row is on the side of "+", (n,)."""
        if len(self.support) == 0:
            return np.full(len(x), self.offset)
        said: np.ndarray = kernel(np.asarray(x), self.support, self.gamma) @ self.coefficients + self.offset
        return said

    def proba(self, x: Any) -> np.ndarray:
        """Chances that say the side and the order of doubt, and are not calibrated, (n, 2)."""
        plus = 1 / (1 + np.exp(-2 * np.clip(self.decision_of_plus(x), -30, 30)))
        return np.column_stack([1 - plus, plus])

    def predict(self, x: Any) -> np.ndarray:
        """The likelier class of each row, (n,)."""
        return np.asarray(CLASSES)[(self.decision_of_plus(x) > 0).astype(np.intp)]


@dataclass(frozen=True)
class Case:
    """One split: the pool (its first rows are the first labels) and the rows for measuring."""

    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    start: int
    seed: int

    @staticmethod
    def of(x: np.ndarray, y: np.ndarray, pool: np.ndarray, held: np.ndarray, seed: int) -> Case:
        """The rows of a split, standardised by its pool."""
        scaler = StandardScaler().fit(x[pool])
        return Case(scaler.transform(x[pool]), y[pool], scaler.transform(x[held]), y[held], START, seed)


def read(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows and classes (-1, +1) of a binary set of the collection, from the folder QUERIST_DATA."""
    folder = Path(os.environ["QUERIST_DATA"]) / "tab_al_benchmark"
    x, y = load_svmlight_file(str(folder / f"{name}-svmstyle.txt.gz"))
    return x.toarray(), np.where(y == y.max(), 1.0, -1.0)


def case(x: np.ndarray, y: np.ndarray, seed: int, *, rows: int | None = None) -> Case | None:
    """The split of a seed, standardised by the pool; None where the first labels lack a class."""
    order = np.random.default_rng(seed).permutation(len(y))[:rows]
    cut = len(order) - round(TEST * len(order))
    pool, held = order[:cut], order[cut:]
    if len(set(y[pool[:START]].tolist())) < 2:
        return None
    return Case.of(x, y, pool, held, seed)


def replayed(at: Case, strategy: Strategy, *, budget: int | None = None) -> np.ndarray:
    """The accuracy after each answer, one question at a time, until the pool or a budget is spent."""
    gamma, n = 1 / at.x.shape[1], len(at.y)
    inside, outside = kernel(at.x, at.x, gamma), kernel(at.x_test, at.x, gamma)
    pool, words = Pool(at.x), np.asarray(CLASSES)[(at.y > 0).astype(np.intp)].tolist()
    labels: dict[Any, str] = {row: words[row] for row in range(at.start)}
    notes: dict[Any, Any] = {}
    accuracies: list[float] = []
    for turn in range(at.start, (min(budget, n) if budget else n) + 1):
        rows, coefficients, offset = fit(inside, at.y, np.sort(np.fromiter(labels, dtype=np.intp)))
        accuracies.append(float(np.mean((outside[:, rows] @ coefficients + offset > 0) == (at.y_test > 0))))
        if len(labels) == n:
            break
        model = Machine(at.x[rows], coefficients, offset, gamma)
        seed = 1_000_003 * at.seed + turn
        proposal = strategy.propose(Snapshot(pool, labels=labels, model=model, seed=seed, notes=notes), 1)
        item = proposal.ids[0]
        labels[item] = words[item]
        if len(proposal.notes):
            notes[item] = proposal.notes[0]
    return np.array(accuracies)


def area(accuracies: Sequence[float] | np.ndarray) -> float:
    """The area under the curve by trapezoids, divided by the number of questions."""
    heights = np.asarray(accuracies)
    return float((heights[1:] + heights[:-1]).mean() / 2)


def kernel(x: np.ndarray, z: np.ndarray, gamma: float) -> np.ndarray:
    """exp(-gamma d^2), (len(x), len(z))."""
    squared = (x**2).sum(axis=1)[:, None] + (z**2).sum(axis=1) - 2 * x @ z.T
    return np.exp(-gamma * np.maximum(squared, 0))


def signs(y: Any) -> np.ndarray:
    """Classes as -1 and +1."""
    return np.where(np.asarray(y) == CLASSES[1], 1.0, -1.0)


def fit(inside: np.ndarray, y: np.ndarray, rows: np.ndarray) -> Fitted:
    """The machine on some rows of a kernel: support rows, coefficients, offset; constant for one class."""
    truth = y[rows]
    if abs(truth.sum()) == len(truth):
        return rows[:0], np.empty(0), float(truth[0])
    square = np.ascontiguousarray(inside[np.ix_(rows, rows)])
    try:
        from sklearn.svm import _libsvm

        _libsvm.set_verbosity_wrap(0)
        told = _libsvm.fit(square, truth.copy(), svm_type=0, kernel="precomputed", C=C, tol=1e-3)
        return rows[told[0]], -told[3][0], -float(told[4][0])
    except (ImportError, AttributeError, TypeError):  # a private door of scikit-learn's that may close
        machine = SVC(C=C, kernel="precomputed").fit(square, truth)
        return rows[machine.support_], machine.dual_coef_[0], float(machine.intercept_[0])
