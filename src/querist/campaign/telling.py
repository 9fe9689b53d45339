"""What an answer, a skip, a correction become: the events, or none when nothing is new."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from querist.campaign.desk import Desk
from querist.data import ItemId
from querist.errors import AlreadyAnswered, InvalidInput, InvalidLabel
from querist.events import (
    Answered,
    ClassAdded,
    Event,
    Flagged,
    ItemState,
    QueryState,
    Released,
    Retracted,
    SettingsChanged,
    Skipped,
)
from querist.tasks import OfClasses, Task

__all__ = ["answer", "class_added", "flag", "release", "retract", "settings_changed", "skip", "told"]

_LONGEST = 1e9  # seconds; 30 years


def answer(desk: Desk, asked: Any, value: Any, by: str | None, seconds: float | None) -> list[Event]:
    """An answer to a question."""
    query = desk.query(asked)
    value, news = _validated(desk, value, desk.task)
    if query.status == "answered" and value in (query.told, query.value):
        return []
    if query.status in ("answered", "retracted"):
        raise _closed(query, value)
    event = Answered(
        at=desk.clock(),
        item=query.asked.item,
        value=value,
        query=query.asked.query,
        by=query.asked.to if by is None else by,
        seconds=_taken(seconds),
    )
    return [*news, event]


def told(desk: Desk, labels: Mapping[ItemId, Any], by: str | None, seconds: float | None) -> list[Event]:
    """Values for items, told unasked: an import, a correction.

    Where the annotator holds a question about the item, or skipped one, it is answered by the way.
    """
    desk.standing.expire(desk.clock())
    events: list[Event] = []
    task = desk.task
    for given, one in labels.items():
        item = desk.item(given)
        value, news = _validated(desk, one, task)
        events += news
        for new in news:  # the next value is one of the task that has these classes already
            task = task.with_class(new.value) if isinstance(task, OfClasses) else task
        state = desk.state.items.get(item)
        before = None if state is None else state.annotations.get(by)
        held = [asked.query for asked in desk.standing.leases.of_item(item) if asked.to in (by, None)]
        if before is None or before.value != value or held:
            query = held[0] if held else _skipped(desk, state, by)
            took = _taken(seconds)
            event = Answered(at=desk.clock(), item=item, value=value, query=query, by=by, seconds=took)
            events.append(event)
    return events


def _skipped(desk: Desk, state: ItemState | None, by: str | None) -> str | None:
    """The question about an item that ``by`` skipped and nobody has answered since."""
    stands = None if state is None else state.skips.get(by)
    asked = None if stands is None or stands.query is None else desk.state.queries.get(stands.query)
    return asked.asked.query if asked is not None and asked.status == "skipped" else None


def skip(desk: Desk, asked: Any, because: str, by: str | None, seconds: float | None) -> Sequence[Event]:
    """No value, and why."""
    query = desk.query(asked)
    if query.status == "skipped":
        return []
    if query.status in ("answered", "retracted"):
        raise _closed(query, None)
    event = Skipped(
        at=desk.clock(),
        item=query.asked.item,
        query=query.asked.query,
        because=because,
        by=query.asked.to if by is None else by,
        seconds=_taken(seconds),
    )
    return [event]


def retract(desk: Desk, given: ItemId, by: str | None) -> Sequence[Event]:
    """What ``by`` (None: everybody) said stands no longer."""
    item = desk.item(given)
    state = desk.state.items.get(item)
    said = set() if state is None else {*state.annotations, *state.skips}
    stands = bool(said) if by is None else by in said
    return [Retracted(at=desk.clock(), item=item, by=by)] if stands else []


def release(desk: Desk, asked: Any, by: str | None) -> Sequence[Event]:
    """A question given back."""
    query = desk.query(asked)
    if query.status != "open":
        return []
    who = query.asked.to if by is None else by
    return [Released(at=desk.clock(), query=query.asked.query, by=who)]


def flag(desk: Desk, given: ItemId, flagged: bool, comment: str, by: str | None) -> Sequence[Event]:
    """A mark for a second look, set or taken away."""
    item = desk.item(given)
    state = desk.state.items.get(item)
    before = (False, "") if state is None else (state.flagged, state.comment)
    event = Flagged(at=desk.clock(), item=item, flagged=flagged, comment=comment, by=by)
    return [event] if before != (flagged, comment) else []


def class_added(desk: Desk, name: str, by: str | None) -> Sequence[Event]:
    """One more class at the end of the list."""
    task = desk.task
    if not isinstance(task, OfClasses):
        raise InvalidInput(
            f"A task of the kind {task.name!r} has no classes.",
            mend="Only Classification and MultiLabel have some.",
        )
    new = task.with_class(name).classes[len(task.classes) :]
    return [ClassAdded(at=desk.clock(), value=one, by=by) for one in new]


def settings_changed(desk: Desk, changes: Mapping[str, Any], by: str | None) -> Sequence[Event]:
    """Other settings; only those that differ are written."""
    before = desk.settings.as_json()
    after = desk.settings.with_changes(**changes).as_json()
    differ = {name: value for name, value in after.items() if value != before[name]}
    return [SettingsChanged(at=desk.clock(), settings=differ, by=by)] if differ else []


def _validated(desk: Desk, value: Any, task: Task) -> tuple[Any, list[ClassAdded]]:
    """The value as the task has it, and the news of the classes that it brings along."""
    if value is None:
        raise InvalidLabel("None is no value.", mend="To give no value, skip the question.")
    value = task.validate(value)
    if not isinstance(task, OfClasses):
        return value, []
    named = value if isinstance(value, tuple) else (value,)
    return value, [ClassAdded(at=desk.clock(), value=one) for one in named if one not in task.classes]


def _taken(seconds: Any) -> float | None:
    """How long an answer took, as the log can hold it."""
    if seconds is None:
        return None
    try:
        told = math.nan if isinstance(seconds, bool | str) else float(seconds)
    except (TypeError, ValueError, OverflowError):
        told = math.nan
    if not 0 <= told <= _LONGEST:
        raise InvalidInput(
            f"An answer takes a number of seconds, 0 or more; got {str(seconds)[:40]!r}.",
            mend="Leave it out where it is not known.",
        )
    return told


def _closed(query: QueryState, value: Any) -> AlreadyAnswered:
    asked = query.asked
    who = f" by {query.by}" if query.by is not None else ""
    was = (
        "answered and then taken back" if query.status == "retracted" else f"already answered {query.value!r}"
    )
    now = "skip" if value is None else repr(value)
    return AlreadyAnswered(
        f"Query {asked.query!r} was {was}{who}; now it is told: {now}.",
        mend=f"To change a label, tell the item and not the query: tell({{{asked.item!r}: value}}).",
    )
