"""The state of a campaign: a fold over its events, kept up to date one event at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, KeysView, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from querist.errors import StorageError
from querist.events.event import (
    Answered,
    Asked,
    ClassAdded,
    Created,
    Event,
    Flagged,
    Item,
    Made,
    Released,
    Retracted,
    SettingsChanged,
    Skipped,
    Trained,
)

__all__ = ["Annotation", "ItemState", "Outcome", "QueryState", "Skip", "State", "fold"]

Status = Literal["open", "answered", "skipped", "released", "retracted"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one annotator says of one item now; ``query`` is None when it was told unasked."""

    value: Any
    by: str | None
    at: float
    number: int
    seconds: float | None = None
    query: str | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """That one annotator gave no value, and why."""

    because: str
    by: str | None
    at: float
    number: int
    seconds: float | None = None
    query: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the model believed when it asked, and what came back.

    ``labels`` is how many items were labelled just before the answer; ``answered`` is the value that
    stands now, None while the answer is retracted.
    """

    query: str
    number: int
    item: Item
    arm: str
    suggested: Any
    answered: Any
    hidden: bool
    labels: int
    at: float

    @property
    def right(self) -> bool:
        """Whether the model was right."""
        return bool(self.suggested == self.answered)


@dataclass(slots=True)
class ItemState:
    """All that stands of one item.  An annotator's last word replaces the one before."""

    annotations: dict[str | None, Annotation] = field(default_factory=dict)
    skips: dict[str | None, Skip] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)
    flagged: bool = False
    comment: str = ""


@dataclass(slots=True)
class QueryState:
    """One query: how it was asked, and what became of it.

    ``told`` is the value that came back first, ``value`` the one that stands now, ``by`` who gave it.
    """

    asked: Asked
    number: int
    status: Status = "open"
    value: Any = None
    told: Any = None
    by: str | None = None


@dataclass(slots=True)
class State:
    """What a campaign's events add up to.  Changed by :meth:`apply` only; to everybody else it is read-only.

    Attributes
    ----------
    head : int
        The number of the last event folded in.
    task, seed, settings, classes
        As created and changed since.  ``task`` is a spec that includes the classes added.
    items : dict
        ItemState of every item that was ever touched.
    labels : dict
        What is believed of each item: the value that most annotators stand by, and in a tie the one that
        was said last, so that whoever corrects somebody else's answer is believed; for numbers their mean;
        of sets of classes each class by itself, by majority and in a tie as the last word has it.
    queries : dict
        QueryState by query id.
    open : dict
        The queries without an answer, by item, whatever their leases say (a state knows no clock).
    skipped, skipped_by : dict
        Items with a standing skip, and the same for each annotator; in order.
    flagged : dict
        Items that are marked for a second look; in order.
    trained : list of Trained
        The models that took over, oldest first.
    made : dict
        The items that were made, with the event that holds their content; they are in no pool.
    notes : dict
        What the strategy noted of each item when it was last asked about, where it noted anything.
    answers, spent : int
        Standing annotations; and those of them that answered a query (what a budget counts).
    by_annotator, by_class : dict
        Standing annotations of each annotator; labels of each class (a set counts for each of its own).

    >>> from querist.events import Answered, fold
    >>> state = fold(enumerate([Answered(item=7, value="cat"), Answered(item=7, value="dog")], start=1))
    >>> state.labels, state.answers
    ({7: 'dog'}, 1)
    """

    head: int = 0
    created: float = 0.0
    task: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    items: dict[Item, ItemState] = field(default_factory=dict)
    labels: dict[Item, Any] = field(default_factory=dict)
    queries: dict[str, QueryState] = field(default_factory=dict)
    open: dict[Item, dict[str, QueryState]] = field(default_factory=dict)
    skipped: dict[Item, None] = field(default_factory=dict)
    skipped_by: dict[str | None, dict[Item, None]] = field(default_factory=dict)
    flagged: dict[Item, None] = field(default_factory=dict)
    trained: list[Trained] = field(default_factory=list)
    answers: int = 0
    spent: int = 0
    by_annotator: dict[str | None, int] = field(default_factory=dict)
    by_class: dict[Any, int] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    made: dict[Item, Made] = field(default_factory=dict)
    notes: dict[Item, Any] = field(default_factory=dict)

    @property
    def pending(self) -> KeysView[Item]:
        """The items that are out with an annotator, expired leases included."""
        return self.open.keys()

    @property
    def random_outcomes(self) -> list[Outcome]:
        """Outcomes of queries drawn at random: what an honest estimate of quality is made from."""
        return self._standing("random")

    @property
    def active_outcomes(self) -> list[Outcome]:
        """Outcomes of queries that the strategy chose: harder than the pool, so never an estimate of it."""
        return self._standing("active")

    def apply(self, number: int, event: Event) -> None:
        """Fold in one more event; constant time, whatever the size of the campaign."""
        if number != self.head + 1:
            raise StorageError(
                f"Event {number} cannot follow event {self.head}: the log has a gap or was read twice.",
                mend="Read the log from the state's head on; if it has a gap, restore it from a copy.",
            )
        _APPLY[type(event)](self, number, event)
        self.head = number

    # ------------------------------------------------------------ one method a kind of event

    def _created(self, number: int, event: Created) -> None:
        if self.task:
            raise StorageError(
                f"Event {number} creates the campaign a second time.",
                mend="Two campaigns were written into one log: restore one of them from a copy.",
            )
        self.task, self.seed, self.created = dict(event.task), event.seed, event.at
        self.settings = dict(event.settings)
        self.classes = tuple(self.task.get("classes", ()))

    def _settings(self, _number: int, event: SettingsChanged) -> None:
        self.settings = {**self.settings, **event.settings}

    def _class(self, _number: int, event: ClassAdded) -> None:
        if event.value not in self.classes:
            self.classes = (*self.classes, event.value)
            self.task = {**self.task, "classes": list(self.classes)}

    def _made(self, _number: int, event: Made) -> None:
        self.made.setdefault(event.item, event)

    def _asked(self, number: int, event: Asked) -> None:
        query = QueryState(event, number)
        self.queries[event.query] = query
        self.open.setdefault(event.item, {})[event.query] = query
        self._item(event.item).queries.append(event.query)
        if event.note is not None:
            self.notes[event.item] = event.note

    def _answered(self, number: int, event: Answered) -> None:
        item, by = self._item(event.item), event.by
        query = self.queries.get(event.query) if event.query is not None else None
        before = item.annotations.pop(by, None)
        known = event.query if query is not None or before is None else before.query
        if query is not None:
            self._close(query, "answered", by)
            query.told = event.value if query.told is None else query.told
            self._note_outcome(number, event, query)
        self._drop_skip(event.item, item, by)
        item.annotations[by] = Annotation(event.value, by, event.at, number, event.seconds, known)
        self._count(before, -1)
        self._count(item.annotations[by], +1)
        self._restate(item, by, event.value)
        self._relabel(event.item, item)

    def _skipped(self, number: int, event: Skipped) -> None:
        item, by = self._item(event.item), event.by
        query = self.queries.get(event.query) if event.query is not None else None
        self._drop_annotation(event.item, item, by)
        if query is not None:
            self._close(query, "skipped", by)
        item.skips.pop(by, None)
        item.skips[by] = Skip(event.because, by, event.at, number, event.seconds, event.query)
        self.skipped.setdefault(event.item)
        self.skipped_by.setdefault(by, {}).setdefault(event.item)

    def _retracted(self, _number: int, event: Retracted) -> None:
        item = self._item(event.item)
        who = {*item.annotations, *item.skips} if event.by is None else {event.by}
        for by in [one for one in (*item.annotations, *item.skips) if one in who]:
            self._drop_annotation(event.item, item, by)
            self._drop_skip(event.item, item, by)

    def _released(self, _number: int, event: Released) -> None:
        query = self.queries.get(event.query)
        if query is not None and query.status == "open":
            self._close(query, "released", event.by)

    def _flagged(self, _number: int, event: Flagged) -> None:
        item = self._item(event.item)
        item.flagged, item.comment = event.flagged, event.comment
        if event.flagged:
            self.flagged.setdefault(event.item)
        else:
            self.flagged.pop(event.item, None)

    def _trained(self, _number: int, event: Trained) -> None:
        self.trained.append(event)

    # ------------------------------------------------------------ what they share

    def _item(self, item: Item) -> ItemState:
        found = self.items.get(item)
        if found is None:
            found = self.items[item] = ItemState()
        return found

    def _close(self, query: QueryState, status: Status, by: str | None) -> None:
        query.status, query.by = status, by
        out = self.open.get(query.asked.item)
        if out is not None and out.pop(query.asked.query, None) is not None and not out:
            del self.open[query.asked.item]

    def _drop_annotation(self, name: Item, item: ItemState, by: str | None) -> None:
        before = item.annotations.pop(by, None)
        if before is not None:
            self._count(before, -1)
            self._restate(item, by, None)
            self._relabel(name, item)

    def _drop_skip(self, name: Item, item: ItemState, by: str | None) -> None:
        if item.skips.pop(by, None) is None:
            return
        del self.skipped_by[by][name]
        if not self.skipped_by[by]:
            del self.skipped_by[by]
        if not item.skips:
            del self.skipped[name]
        for query_id in item.queries:
            query = self.queries[query_id]
            if query.status == "skipped" and query.by == by:
                query.status = "retracted"

    def _count(self, annotation: Annotation | None, step: int) -> None:
        if annotation is None:
            return
        self.answers += step
        self.spent += step if annotation.query is not None else 0
        _step(self.by_annotator, annotation.by, step)

    def _restate(self, item: ItemState, by: str | None, value: Any) -> None:
        """Carry a new value (None: retracted) to the queries and outcomes that ``by`` answered."""
        for query_id in item.queries:
            query = self.queries[query_id]
            if query.by != by or query.status not in ("answered", "retracted"):
                continue
            if query.status == "answered":
                query.value = value
                query.status = "retracted" if value is None else "answered"
            if (outcome := self.outcomes.get(query_id)) is not None and outcome.answered != value:
                self.outcomes[query_id] = replace(outcome, answered=value)

    def _note_outcome(self, number: int, event: Answered, query: QueryState) -> None:
        asked = query.asked
        if asked.suggestion is None or asked.arm not in ("random", "active") or asked.query in self.outcomes:
            return
        self.outcomes[asked.query] = Outcome(
            query=asked.query,
            number=number,
            item=asked.item,
            arm=asked.arm,
            suggested=asked.suggestion["value"],
            answered=event.value,
            hidden=asked.hidden,
            labels=len(self.labels),
            at=event.at,
        )

    def _relabel(self, name: Item, item: ItemState) -> None:
        before = self.labels.get(name)
        label = _believed(item.annotations, self.task.get("name"), self.classes)
        if before == label:
            return
        for value, step in ((before, -1), (label, +1)):
            for one in () if value is None else value if isinstance(value, tuple) else (value,):
                _step(self.by_class, one, step)
        if label is None:
            del self.labels[name]
        else:
            self.labels[name] = label

    def _standing(self, arm: str) -> list[Outcome]:
        return [one for one in self.outcomes.values() if one.arm == arm and one.answered is not None]


def fold(events: Iterable[tuple[int, Event]]) -> State:
    """The state after ``events``, as a log reads them; the same as applying them one at a time.

    >>> from querist.events import MemoryLog
    >>> fold(MemoryLog().read()) == State()
    True
    """
    state = State()
    for number, event in events:
        state.apply(number, event)
    return state


def _believed(
    annotations: Mapping[str | None, Annotation], task: str | None, classes: tuple[str, ...]
) -> Any:
    values = [one.value for one in annotations.values()][::-1]  # the last word first
    if len(values) <= 1:
        return values[0] if values else None
    if task == "number":
        return sum(values) / len(values)
    if task == "multilabel":
        votes = {name: sum(name in value for value in values) for name in classes}
        half = len(values) / 2
        return tuple(
            name for name in classes if votes[name] > half or (votes[name] == half and name in values[0])
        )
    return max(values, key=values.count)  # max keeps the first of equals


def _step(counts: dict[Any, int], key: Any, step: int) -> None:
    count = counts.get(key, 0) + step
    if count:
        counts[key] = count
    else:
        del counts[key]


_APPLY: dict[type[Event], Callable[[State, int, Any], None]] = {
    Created: State._created,
    SettingsChanged: State._settings,
    ClassAdded: State._class,
    Made: State._made,
    Asked: State._asked,
    Answered: State._answered,
    Skipped: State._skipped,
    Retracted: State._retracted,
    Released: State._released,
    Flagged: State._flagged,
    Trained: State._trained,
}
