"""querist's own strategies under the published splits, asked by their one contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from svm import Machine

from querist.data import Pool
from querist.models import as_model
from querist.strategies import Snapshot, as_strategy

__all__ = ["asked", "asked_of_a_forest"]

_CLASSES = (-1.0, 1.0)
_TREES = 50


class _Said:
    """The task's model as strategies see it: a decision, and no probabilities."""

    classes = _CLASSES

    def __init__(self, machine: Machine, x: np.ndarray) -> None:
        kept = np.flatnonzero(machine.beta[: machine.size])
        self._rows, self._beta = x[machine.rows[kept]], machine.beta[kept]
        self._shift = float(machine.decision[0] - machine.said[0])

    def decision(self, x: Any) -> np.ndarray:
        """How far each row is on the side of +1, (n,)."""
        others = np.asarray(x)
        squares = -2.0 * (self._rows @ others.T)
        squares += np.einsum("ij,ij->i", self._rows, self._rows)[:, None]
        squares += np.einsum("ij,ij->i", others, others)
        np.maximum(squares, 0.0, out=squares)
        said: np.ndarray = self._beta @ np.exp(squares / -others.shape[1]) + self._shift
        return said


def asked(
    strategy: Any, x: np.ndarray, y: np.ndarray, kernel: np.ndarray, start: int, seed: int
) -> np.ndarray:
    """The order in which a strategy of querist's asks for the pool by the task's machine, one by one."""
    machine = Machine(np.ascontiguousarray(kernel[:, : len(y)]), y)

    def taught(known: list[int], new: list[int]) -> Any:
        machine.learn(new)
        return _Said(machine, x)

    return _order(strategy, x, y, start, seed, taught)


def asked_of_a_forest(strategy: Any, x: np.ndarray, y: np.ndarray, start: int, seed: int) -> np.ndarray:
    """The same, by a forest of fifty trees that is taught anew after each answer."""
    forest = as_model(RandomForestClassifier(_TREES), _CLASSES)

    def taught(known: list[int], new: list[int]) -> Any:
        return forest.fitted(x[known], y[known].tolist(), seed=seed)

    return _order(strategy, x, y, start, seed, taught)


def _order(
    strategy: Any,
    x: np.ndarray,
    y: np.ndarray,
    start: int,
    seed: int,
    taught: Callable[[list[int], list[int]], Any],
) -> np.ndarray:
    """Ask for the whole pool, of the model that knows all rows so far; ``taught`` is told which are new."""
    asks, pool = as_strategy(strategy), Pool(x)
    labels: dict[Any, float] = {row: float(y[row]) for row in range(start)}
    new = list(labels)
    while len(labels) < len(y):
        model, turn = taught(list(labels), new), 1_000_003 * seed + len(labels)
        snapshot = Snapshot(pool, labels=labels, model=model, seed=turn)
        new = [int(asks.propose(snapshot, 1).ids[0])]
        labels[new[0]] = float(y[new[0]])
    return np.array(list(labels))
