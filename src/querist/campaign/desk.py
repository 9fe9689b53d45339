"""The desk of a campaign: its log, the state folded from it, and one way of writing."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from querist.campaign.settings import Settings
from querist.campaign.standing import Standing, plain_id
from querist.data import ItemId, Pool
from querist.errors import Conflict, InvalidInput, UnknownQuery
from querist.events import Event, EventLog, QueryState, State
from querist.specs import from_spec
from querist.tasks import OfClasses, Task

__all__ = ["Decision", "Desk"]

T = TypeVar("T")
Decision = tuple[Sequence[Event], T]

_TRIES = 500  # a writer that loses this many races in a row is told so


class Desk:
    """Log, state and clock behind one lock; what every verb of the campaign works on."""

    def __init__(self, pool: Pool, log: EventLog, clock: Callable[[], float]) -> None:
        self.pool = pool
        self.log = log
        self.clock = clock
        self.lock = threading.RLock()
        self.state = State()
        self.standing = Standing(pool, self.state)
        self.labels_changed = 0  # the number of the last event that changed what is believed
        self._task: tuple[Any, bool, Task] | None = None
        self._mark: tuple[float, str] | None = None

    @property
    def settings(self) -> Settings:
        return self.standing.settings

    @property
    def task(self) -> Task:
        """The task as it is now: the classes added included, closed when the settings close it."""
        spec, is_open = self.state.task, self.settings.open_classes
        if self._task is None or self._task[0] is not spec or self._task[1] != is_open:
            task: Task = from_spec(spec)
            if isinstance(task, OfClasses) and task.open and not is_open:
                task = replace(task, open=False)
            self._task = (spec, is_open, task)
        return self._task[2]

    def refresh(self) -> None:
        """Fold in what others wrote."""
        with self.lock:
            if self.log.head() != self.state.head:
                for number, event in self.log.read(self.state.head):
                    self._fold(number, event)

    def write(self, decide: Callable[[], Decision[T]]) -> T:
        """Decide on the newest state, and write; again when somebody else wrote in between.

        The log takes the events only at the very head that was decided on, so no decision ever rests
        on an old state, however many processes write.
        """
        with self.lock:
            for attempt in range(_TRIES):
                self.refresh()
                events, result = decide()
                if not events:
                    return result
                _check_annotators(events)
                try:
                    self.log.append(events, after=self.state.head)
                except Conflict:
                    time.sleep(random.random() * min(0.05, 0.001 * attempt))
                    continue
                for number, event in enumerate(events, start=self.state.head + 1):
                    self._fold(number, event)
                return result
        raise Conflict(
            f"{_TRIES} times in a row somebody else wrote to the log first.",
            mend="Try again; if it lasts, too many processes write to this one campaign.",
        )

    def seed(self, stream: int) -> int:
        """A seed that depends on the campaign's own and on where the log stands, and on nothing else."""
        sequence = np.random.SeedSequence((abs(self.state.seed), self.state.head, stream))
        return int(sequence.generate_state(1, np.uint32)[0])

    def query_id(self, number: int) -> str:
        """The id of the question that event ``number`` asks.

        The mark keeps an answer that is still on its way from an older campaign (a page's outbox, say)
        from being taken for an answer to this one.
        """
        if self._mark is None or self._mark[0] != self.state.created:
            told = f"{self.state.created!r}:{self.state.seed}".encode()
            self._mark = (self.state.created, hashlib.blake2b(told, digest_size=3).hexdigest())
        return f"q{number}-{self._mark[1]}"

    def query(self, asked: Any) -> QueryState:
        """The question that a Query, or its id, means."""
        query_id = getattr(asked, "id", asked)
        if not isinstance(query_id, str):
            raise InvalidInput(
                f"A question is a Query or its id; got {asked!r}.",
                mend="To label an item unasked: tell({item: value}).",
            )
        found = self.state.queries.get(query_id)
        if found is None:
            raise UnknownQuery(
                f"This campaign never asked the question {query_id!r}; it asked {len(self.state.queries)}.",
                mend="It may come from another campaign. To label an item unasked: tell({item: value}).",
            )
        return found

    def item(self, item: ItemId) -> ItemId:
        """The item as the log holds it; raises UnknownItem."""
        if item not in self.state.made:
            self.pool.row(item)
        return plain_id(item)

    def _fold(self, number: int, event: Event) -> None:
        item = getattr(event, "item", None)
        before = self.state.labels.get(item) if item is not None else self.state.classes
        self.state.apply(number, event)
        self.standing.observe(event)
        after = self.state.labels.get(item) if item is not None else self.state.classes
        if before != after:
            self.labels_changed = number


def _check_annotators(events: Sequence[Event]) -> None:
    """Raise InvalidInput where an annotator is no word: every page, table and filter knows them by one."""
    for event in events:
        who = getattr(event, "by", None) if getattr(event, "to", None) is None else event.to  # type: ignore[attr-defined]
        if who is not None and not isinstance(who, str):
            raise InvalidInput(
                f"An annotator is named by a word; got {who!r} of the type {type(who).__name__}.",
                mend=f"Write {str(who)[:40]!r}.",
            )
