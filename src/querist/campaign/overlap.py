"""Second opinions: the items that want a further annotator, and whom they may go to."""

from __future__ import annotations

import heapq

from querist.data import ItemId

__all__ = ["SecondOpinions"]


class SecondOpinions:
    """Items that were answered, but by fewer annotators than wanted; the earliest answered goes first.

    Items are kept by the set of annotators who have dealt with them already, so that finding one for
    an annotator looks at the few sets without them and never at all the items.
    """

    def __init__(self) -> None:
        self._among: dict[ItemId, tuple[int, frozenset[str | None]]] = {}
        self._queues: dict[frozenset[str | None], list[tuple[int, ItemId]]] = {}

    def want(self, item: ItemId, since: int, dealt: frozenset[str | None]) -> None:
        """The item, answered first at event ``since``, wants somebody who is not in ``dealt``."""
        if self._among.get(item) != (since, dealt):
            self._among[item] = (since, dealt)
            heapq.heappush(self._queues.setdefault(dealt, []), (since, item))

    def drop(self, item: ItemId) -> None:
        """The item wants nobody (now)."""
        self._among.pop(item, None)

    def first(self, annotator: str | None, n: int) -> list[ItemId]:
        """The first ``n`` items that may go to this annotator."""
        found: list[tuple[int, ItemId]] = []
        for dealt in [one for one in self._queues if annotator not in one]:
            found.extend(self._peek(dealt, n))
        return [item for _, item in heapq.nsmallest(n, found)]

    def _peek(self, dealt: frozenset[str | None], n: int) -> list[tuple[int, ItemId]]:
        """The first ``n`` of one queue; entries that hold no more are thrown away on the way."""
        queue = self._queues[dealt]
        held: list[tuple[int, ItemId]] = []
        while queue and len(held) < n:
            entry = heapq.heappop(queue)
            if self._among.get(entry[1]) == (entry[0], dealt) and entry not in held:
                held.append(entry)
        for entry in held:
            heapq.heappush(queue, entry)
        if not queue:
            del self._queues[dealt]
        return held
