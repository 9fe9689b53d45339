"""The storage contract of a campaign, and the log that lives in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from querist.errors import Conflict
from querist.events.event import Event, encode

__all__ = ["EventLog", "MemoryLog", "check_head"]


@runtime_checkable
class EventLog(Protocol):
    """Events in order, numbered from 1; append-only; the only truth of a campaign.

    Every log keeps these laws (``querist.testing.check_log`` checks them): an append is all or
    nothing and durable when it returns; a writer that has not read the last event is refused; reading
    gives every event once, in order, and the same after reopening; threads and processes may share it.
    """

    def append(self, events: Sequence[Event], *, after: int) -> int:
        """Write ``events`` behind number ``after`` and return the new head.

        Raises
        ------
        Conflict
            The head is not ``after``: somebody else wrote first.  Read on, decide again, try again.
        DiskFull
            No room; nothing was written.
        """
        ...

    def read(self, after: int = 0) -> Iterator[tuple[int, Event]]:
        """The events with numbers above ``after``, in order."""
        ...

    def head(self) -> int:
        """The number of the last event; 0 when there is none."""
        ...

    def close(self) -> None:
        """Give back what the log holds open; a log that is closed is used no more."""
        ...


class MemoryLog:
    """A log that lives as long as the process; for notebooks, simulations and tests.

    Prefer :func:`querist.events.open_log` with a path as soon as a person answers: work outlives a process.

    >>> from querist.events import Retracted
    >>> log = MemoryLog()
    >>> log.append([Retracted(item="a")], after=0)
    1
    >>> list(log.read())
    [(1, Retracted(at=0.0, item='a', by=None))]
    """

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._lock = threading.Lock()

    def append(self, events: Sequence[Event], *, after: int) -> int:
        events = list(events)
        for event in events:
            encode(event)  # an event that no log on disk could hold is refused here too
        with self._lock:
            check_head(len(self._events), after)
            self._events.extend(events)
            return len(self._events)

    def read(self, after: int = 0) -> Iterator[tuple[int, Event]]:
        with self._lock:
            later = self._events[after:]
        yield from enumerate(later, start=after + 1)

    def head(self) -> int:
        return len(self._events)

    def close(self) -> None:
        """Nothing to give back."""


def check_head(head: int, after: int) -> None:
    """Raise Conflict unless the writer stands at the head."""
    if head != after:
        raise Conflict(
            f"The log stands at event {head}; the writer stood at event {after}.",
            mend="Somebody else wrote first: read on from there, decide again, and try again.",
        )
