"""querist's own strategies under the published splits, asked by their one contract with the task's model."""

from __future__ import annotations

from typing import Any

import numpy as np
from svm import Machine

from querist.data import Pool
from querist.strategies import Snapshot, as_strategy

__all__ = ["asked"]

_CLASSES = (-1.0, 1.0)


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
    """The order in which a strategy of querist's asks for the pool, one question at a time."""
    asks, pool, n = as_strategy(strategy), Pool(x), len(y)
    machine = Machine(np.ascontiguousarray(kernel[:, :n]), y)
    labels: dict[Any, float] = {row: float(y[row]) for row in range(start)}
    machine.learn(list(labels))
    while len(labels) < n:
        model, turn = _Said(machine, x), 1_000_003 * seed + len(labels)
        snapshot = Snapshot(pool, labels=labels, model=model, seed=turn)
        row = int(asks.propose(snapshot, 1).ids[0])
        labels[row] = float(y[row])
        machine.learn([row])
    return np.array(list(labels))
