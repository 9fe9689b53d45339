"""Where every item stands now: labelled, out, skipped or free; kept up to date event by event."""

from __future__ import annotations

import math
from collections.abc import Set
from typing import Any

import numpy as np

from querist.campaign.leases import Leases
from querist.campaign.made import of_pool, price_of_made
from querist.campaign.overlap import SecondOpinions
from querist.campaign.settings import Settings
from querist.data import ItemId, Pool
from querist.errors import InvalidInput, UnknownItem
from querist.events import Asked, Created, Event, SettingsChanged, State

__all__ = ["Standing", "plain_id"]

_NOBODY: Set[ItemId] = frozenset()


class Standing:
    """What the state does not know: the pool's rows, and the clock.

    A state is a pure fold; leases end by themselves.  This is the part that is derived from both, so
    that one question costs no pass over the pool.
    """

    def __init__(self, pool: Pool, state: State) -> None:
        self._pool = pool
        self._state = state
        self.leases = Leases()
        self.opinions = SecondOpinions()
        self.settings = Settings()
        self._fresh = np.ones(len(pool), dtype=bool)  # neither labelled nor out
        self._unskipped = np.ones(len(pool), dtype=bool)
        self._back: dict[ItemId, None] = {}  # made items that came back unanswered, the earliest first
        self._cost = 0.0
        self._cost_of: dict[ItemId, float] = {}

    def observe(self, event: Event) -> None:
        """Follow one event that the state has just taken in."""
        if isinstance(event, Asked):
            self.leases.begin(event)
        elif (query := getattr(event, "query", None)) is not None:
            if (asked := self.leases.end(query)) is not None:
                self._place(asked.item)
        elif isinstance(event, Created | SettingsChanged):
            self._change(Settings.from_json(self._state.settings))
        if (item := getattr(event, "item", None)) is not None:
            self._place(item)

    def expire(self, now: float) -> None:
        """Free what was out for too long."""
        for asked in self.leases.expire(now):
            self._place(asked.item)

    def closed(
        self, annotator: str | None, *, last_round: bool = False, room: float = math.inf
    ) -> Set[ItemId]:
        """The items that this annotator must not be asked about; a live view where nothing is too dear."""
        skipped: Set[ItemId] = of_pool(self._skipped(annotator, last_round), self._state)
        if self._pool.costs is None or room == math.inf:
            return skipped
        dear = np.flatnonzero(self._fresh & (self._pool.costs > room))
        return frozenset({*skipped, *(self._pool.ids[int(row)] for row in dear)}) if dear.size else skipped

    def candidates(
        self, annotator: str | None, *, last_round: bool = False, room: float = math.inf
    ) -> np.ndarray:
        """The rows that may be asked of this annotator, ascending."""
        free = self._fresh.copy()
        if self._pool.costs is not None:
            free &= self._pool.costs <= room
        if self.settings.skipped == "others":
            free[self._pool.rows(of_pool(self._skipped(annotator, last_round), self._state))] = False
        elif self.settings.skipped == "out" or not last_round:
            free &= self._unskipped
        return np.flatnonzero(free)

    def returned(self, annotator: str | None, n: int) -> list[ItemId]:
        """The first ``n`` made items that came back unanswered and may go to this annotator."""
        if not self._back:
            return []
        skipped = self._skipped(annotator, False)
        return [item for item in self._back if item not in skipped][:n]

    @property
    def pending(self) -> Set[ItemId]:
        """The items of the pool that are out; a live view where nothing was made."""
        out: Set[ItemId] = of_pool(self.leases.items, self._state)
        return out

    def _skipped(self, annotator: str | None, last_round: bool) -> Set[ItemId]:
        if self.settings.skipped == "others":
            return self._state.skipped_by.get(annotator, {}).keys()
        if self.settings.skipped == "back" and last_round:
            return _NOBODY
        return self._state.skipped.keys()

    @property
    def spent(self) -> float:
        """What the answered questions cost, in the pool's unit."""
        return float(self._state.spent) if self._pool.costs is None else self._cost

    @property
    def out(self) -> float:
        """What the questions that are out will cost."""
        if self._pool.costs is None:
            return float(len(self.leases))
        return sum(self.cost(item) * len(self.leases.of_item(item)) for item in self.leases.items)

    @property
    def left(self) -> float:
        """What the budget has left; the questions that are out (:attr:`out`) may take of it yet."""
        budget = self.settings.budget
        if budget is None:
            return math.inf
        # labels come whole: one is asked for as long as any is left, and the campaign ends
        return (math.ceil(budget) if self._pool.costs is None else budget) - self.spent

    def paid(self, item: ItemId, annotator: str | None) -> bool:
        """Whether the budget counts an answer of this annotator's already, which another would replace."""
        said = self._state.items.get(item)
        stands = None if said is None else said.annotations.get(annotator)
        return stands is not None and stands.query is not None

    def cost(self, item: ItemId) -> float:
        """What one label of this item costs."""
        if item not in self._pool:  # made, or about to be
            return price_of_made(self._pool.costs)
        return 1.0 if self._pool.costs is None else float(self._pool.costs[self._pool.row(item)])

    def _change(self, settings: Settings) -> None:
        before, self.settings = self.settings, settings
        if (before.overlap, before.skipped) != (settings.overlap, settings.skipped):
            for item in self._state.items:
                self._place(item)

    def _place(self, item: ItemId) -> None:
        state: Any = self._state.items.get(item)
        if state is None:  # just made: the question about it follows
            return
        free = not state.annotations and item not in self.leases.items
        if item in self._state.made:
            self._back.pop(item, None)
            if free:
                self._back[item] = None
        else:
            row = self._row(item)
            self._fresh[row] = free
            self._unskipped[row] = not state.skips
        if self._pool.costs is not None:
            asked = sum(one.query is not None for one in state.annotations.values())
            self._cost += asked * self.cost(item) - self._cost_of.pop(item, 0.0)
            self._cost_of[item] = asked * self.cost(item)
        if self.settings.overlap > 1:
            self._place_opinion(item, state)

    def _row(self, item: ItemId) -> int:
        try:
            return self._pool.row(item)
        except UnknownItem as error:
            raise InvalidInput(
                f"The log speaks of the item {item!r}, which the pool does not hold.",
                mend="Open a campaign with the pool it was made with: items may be added, never taken away.",
            ) from error

    def _place_opinion(self, item: ItemId, state: Any) -> None:
        holders = {asked.to for asked in self.leases.of_item(item)}
        coming = len(holders - state.annotations.keys())
        wanted = bool(state.annotations) and len(state.annotations) + coming < self.settings.overlap
        if not wanted or (state.skips and self.settings.skipped == "out"):
            self.opinions.drop(item)
            return
        since = next(iter(state.annotations.values())).number
        self.opinions.want(item, since, frozenset({*state.annotations, *state.skips, *holders}))


def plain_id(item: Any) -> ItemId:
    """An id as the log can hold it: NumPy's numbers and words become Python's."""
    plain: ItemId = item.item() if isinstance(item, np.generic) else item
    return plain
