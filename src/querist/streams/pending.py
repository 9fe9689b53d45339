"""The questions of a stream whose labels are waited for: bounded, whatever never comes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Held", "Pending"]

_REMEMBERED = 10_000  # told labels that are known as such


class Held(NamedTuple):
    """One item that is out: its numbers, what the model believed and how surely, and the chance it had."""

    row: np.ndarray
    predicted: Any
    chance: float
    sure: float


class Pending:
    """The items that are out, at most ``limit`` of them: the oldest are given up first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.lost = 0
        self.told: dict[int, Any] = {}
        self._held: dict[int, Held] = {}

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[tuple[int, Held]]:
        return iter(self._held.items())

    def hold(self, number: int, row: np.ndarray, predicted: Any, chance: float, sure: float) -> None:
        """Wait for the label of one item."""
        if len(self._held) >= self.limit:
            del self._held[next(iter(self._held))]
            self.lost += 1
        self._held[number] = Held(row.copy(), predicted, chance, sure)

    def put_back(self, number: int, held: Held) -> None:
        """Wait on for an item that was out when a stream was saved."""
        self._held[number] = held

    def disbelieve(self) -> None:
        """The model forgot: what it predicted before says nothing of what it is now."""
        for number, held in self._held.items():
            self._held[number] = held._replace(predicted=None)

    def get(self, number: int) -> Held | None:
        """What is held of an item; None where nothing is."""
        return self._held.get(number)

    def was_told(self, number: int) -> bool:
        """Whether the label was told, as far back as is remembered."""
        return number in self.told

    def close(self, number: int, label: Any) -> None:
        """The label came."""
        del self._held[number]
        if len(self.told) >= _REMEMBERED:
            del self.told[next(iter(self.told))]
        self.told[number] = label

    def give_up(self, number: int) -> None:
        """The label will never come."""
        del self._held[number]
        self.lost += 1
