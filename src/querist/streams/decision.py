"""What a stream learner answers about one item, and about a block of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["Decision", "Decisions"]


class Decision:
    """Whether to ask about one item of a stream, and why.

    Attributes
    ----------
    ask : bool
        Ask now, or never: a stream does not come back.
    score : float
        What a label would be worth; 0 while the model is cold.
    bar : float
        What the score had to reach; NaN where a lot decided, minus infinity where a cold model asks, and
        infinity where the budget forbade to ask.
    id : int
        The item's number in the stream, from 0; name it in ``tell``.
    probability : float
        The chance with which it was to be asked about, for estimates that weigh by it.
    predicted : the class that the model holds likeliest; None while it is cold.
    """

    __slots__ = ("ask", "bar", "id", "predicted", "probability", "score")

    def __init__(
        self, ask: bool, score: float, bar: float, id: int, probability: float = 1.0, predicted: Any = None
    ) -> None:
        self.ask = ask
        self.score = score
        self.bar = bar
        self.id = id
        self.probability = probability
        self.predicted = predicted

    def __repr__(self) -> str:
        return f"Decision(ask={self.ask}, score={self.score:.4g}, bar={self.bar:.4g}, id={self.id})"

    def __bool__(self) -> bool:
        return self.ask


class Decisions:
    """The decisions on a block of items, as columns; row ``i`` is the item ``first + i``.

    Attributes
    ----------
    ask : (n,) bool
    score, bar, probability : (n,) float64
    predicted : (n,) whole numbers
        The column of the likeliest class in ``classes``; -1 while the model is cold.
    """

    __slots__ = ("ask", "bar", "classes", "first", "predicted", "probability", "score")

    def __init__(
        self,
        first: int,
        ask: np.ndarray,
        told: np.ndarray,
        predicted: np.ndarray,
        classes: tuple[Any, ...],
    ) -> None:
        self.first = first
        self.ask = ask
        self.score, self.bar, self.probability = told
        self.predicted = predicted
        self.classes = classes

    def __len__(self) -> int:
        return len(self.ask)

    def __getitem__(self, i: int) -> Decision:
        best = int(self.predicted[i])
        return Decision(
            bool(self.ask[i]),
            float(self.score[i]),
            float(self.bar[i]),
            self.first + range(len(self))[i],
            float(self.probability[i]),
            None if best < 0 else self.classes[best],
        )

    def __iter__(self) -> Iterator[Decision]:
        return (self[i] for i in range(len(self)))

    @property
    def asked(self) -> list[Decision]:
        """The decisions to ask, in order."""
        return [self[int(i)] for i in np.flatnonzero(self.ask)]

    def __repr__(self) -> str:
        return f"Decisions({len(self)} items from {self.first}, {int(self.ask.sum())} to ask)"
