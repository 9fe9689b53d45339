"""Leases: which questions are out now, with whom, and until when."""

from __future__ import annotations

import heapq
from collections.abc import KeysView
from typing import TypeVar

from querist.data import ItemId
from querist.events import Asked

__all__ = ["Leases"]

K = TypeVar("K")


class Leases:
    """The questions that are out now; an expired one is out no more, though its answer is still welcome.

    Derived from the events and the clock; every operation is O(log n) at most.
    """

    def __init__(self) -> None:
        self._asked: dict[str, Asked] = {}
        self._of_item: dict[ItemId, dict[str, Asked]] = {}
        self._of_annotator: dict[str | None, dict[str, Asked]] = {}
        self._ends: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._asked)

    @property
    def items(self) -> KeysView[ItemId]:
        """The items that are out; a live view."""
        return self._of_item.keys()

    def begin(self, asked: Asked) -> None:
        self._asked[asked.query] = asked
        self._of_item.setdefault(asked.item, {})[asked.query] = asked
        self._of_annotator.setdefault(asked.to, {})[asked.query] = asked
        if asked.until is not None:
            heapq.heappush(self._ends, (asked.until, asked.query))

    def end(self, query: str) -> Asked | None:
        """Take the question back; None when it was not out."""
        asked = self._asked.pop(query, None)
        if asked is not None:
            _drop(self._of_item, asked.item, query)
            _drop(self._of_annotator, asked.to, query)
        return asked

    def expire(self, now: float) -> list[Asked]:
        """Take back all whose time is over, and say which."""
        over = []
        while self._ends and self._ends[0][0] <= now:
            asked = self.end(heapq.heappop(self._ends)[1])
            if asked is not None:
                over.append(asked)
        return over

    def of_item(self, item: ItemId) -> list[Asked]:
        """The questions about this item that are out."""
        return list(self._of_item.get(item, {}).values())

    def of_annotator(self, annotator: str | None) -> list[Asked]:
        """The questions that this annotator holds, the oldest first."""
        return list(self._of_annotator.get(annotator, {}).values())


def _drop(held: dict[K, dict[str, Asked]], key: K, query: str) -> None:
    del held[key][query]
    if not held[key]:
        del held[key]
