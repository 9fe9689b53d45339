"""The tally: what the page shows of a campaign's course, counted as the events come in."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from querist.events import Answered, Event, Flagged, Retracted, Skipped

__all__ = ["Day", "Tally"]

Item = str | int
_COUNTED = (Answered, Skipped, Flagged, Retracted)
_KEPT = 500  # answer times a day from which the median is taken


@dataclass(frozen=True)
class Day:
    """How many questions were answered on one day, and the median of the seconds that they took."""

    date: date
    answers: int
    seconds: float | None


class Tally:
    """Listens to the journal and keeps counts that would otherwise need a look at every answer.

    Only answers to questions count for the pace; imported labels and corrections do not.  A log that
    is read from its beginning again is counted anew.

    >>> tally = Tally()
    >>> tally.hear(1, Answered(item="a", value="x", query="q1", by="ann", seconds=2.0, at=0.0))
    >>> tally.days()[0].answers, tally.typical_seconds
    (1, 2.0)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._last: dict[Item, int] = {}  # item -> number of the last word on it; oldest first
        self._given: dict[tuple[Item, str | None], date] = {}
        self._counts: dict[tuple[date, str | None], int] = {}
        self._days: dict[date, int] = {}
        self._seconds: dict[date, list[float]] = {}
        self._times: list[float] = []
        self._quarter, self._day = -1, date.min

    def hear(self, number: int, event: Event) -> None:
        """Count one more event."""
        if number == 1:
            with self._lock:
                self._begin()
        if not isinstance(event, _COUNTED):
            return
        with self._lock:
            self._last.pop(event.item, None)
            self._last[event.item] = number
            if isinstance(event, Answered) and event.query is not None:
                self._count(event, self._day_of(event.at))
            elif isinstance(event, Retracted):
                self._forget(event)

    def _day_of(self, at: float) -> date:
        """The local date; events of a quarter of an hour share the calendar's work."""
        quarter = int(at // 900)  # of an hour: in no zone does a day begin within one
        if quarter != self._quarter:
            self._quarter, self._day = quarter, datetime.fromtimestamp(at).date()
        return self._day

    def _count(self, event: Answered, day: date) -> None:
        if (before := self._given.get((event.item, event.by))) is not None:
            self._step(before, event.by, -1)
        self._given[event.item, event.by] = day
        self._step(day, event.by, +1)
        if event.seconds is not None:
            times = self._seconds.setdefault(day, [])
            for kept in (times, self._times):
                kept.append(event.seconds)
                del kept[:-_KEPT]

    def _forget(self, event: Retracted) -> None:
        names = [event.by] if event.by is not None else [by for item, by in self._given if item == event.item]
        for by in names:
            if (day := self._given.pop((event.item, by), None)) is not None:
                self._step(day, by, -1)

    def _step(self, day: date, by: str | None, step: int) -> None:
        self._counts[day, by] = self._counts.get((day, by), 0) + step
        self._days[day] = self._days.get(day, 0) + step

    def today(self, by: str | None) -> int:
        """How many questions ``by`` has answered today."""
        return self._counts.get((date.today(), by), 0)

    @property
    def typical_seconds(self) -> float | None:
        """The median of the last answer times."""
        with self._lock:
            return statistics.median(self._times) if self._times else None

    def days(self) -> list[Day]:
        """Answers and median time of each day, oldest first."""
        with self._lock:
            return [
                Day(
                    date=day,
                    answers=answers,
                    seconds=statistics.median(self._seconds[day]) if self._seconds.get(day) else None,
                )
                for day, answers in sorted(self._days.items())
                if answers > 0
            ]

    def newest_first(self) -> Iterator[Item]:
        """The items on which anything was said, the last word first."""
        with self._lock:
            items = list(self._last)
        return reversed(items)
