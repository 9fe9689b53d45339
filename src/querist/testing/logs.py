"""The laws of event logs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from querist.errors import Conflict, QueristError
from querist.events import (
    Answered,
    Asked,
    ClassAdded,
    Created,
    Event,
    EventLog,
    Flagged,
    Made,
    Released,
    Retracted,
    SettingsChanged,
    Skipped,
    Trained,
    fold,
)

__all__ = ["LOG_LAWS", "check_log"]

Open = Callable[[str], EventLog]

_EVERY_KIND: tuple[Event, ...] = (
    Created(
        at=1.5, task={"name": "classification", "classes": ["ja", "nein"]}, seed=7, settings={"title": "ü"}
    ),
    SettingsChanged(at=2.0, settings={"budget": None, "class_descriptions": {"ja": "«yes»"}}, by="ann"),
    ClassAdded(at=3.0, value='日本語 🙂\n\t"quoted"'),
    Asked(
        at=4.25,
        query="q4",
        item="row 1",
        to="ann",
        until=904.25,
        arm="random",
        strategy="margin",
        why="close",
        rank=1,
        score=-0.125,
        probability=1 / 3,
        model="m3",
        suggestion={"value": "ja", "proba": 0.1},
        hidden=True,
        note={"weights": [0.1, 1.0], "by": [0]},
    ),
    Answered(at=5.0, item="row 1", value="nein", query="q4", by="ann", seconds=0.1),
    Answered(at=5.5, item=2, value=1e-300),
    Skipped(at=6.0, item=2**53 + 1, because="broken", by="bob"),
    Retracted(at=7.0, item="row 1", by="ann"),
    Asked(at=7.5, query="q8", item="x" * 10_000),
    Released(at=8.0, query="q8"),
    Flagged(at=9.0, item=2, comment="look again", by="ann"),
    Made(at=9.5, item="made-1", content={"kind": "text", "text": "half"}, features=[0.5, -1.0], strategy="x"),
    Trained(at=10.0, version="m3", upto=10, labels=2, seconds=0.5, metrics={"stability": 0.99}),
)


def check_log(open_log: Open, *, laws: Mapping[str, Callable[[Open], None]] | None = None) -> None:
    """Raise AssertionError unless the logs that ``open_log`` opens keep every law of event logs.

    Parameters
    ----------
    open_log : function
        Opens the log of a name: the same name gives the same log again, a new name an empty one.

    >>> from querist.events import MemoryLog
    >>> logs = {}
    >>> check_log(lambda name: logs.setdefault(name, MemoryLog()))
    """
    for law, check in (LOG_LAWS if laws is None else laws).items():
        try:
            check(lambda name, law=law: open_log(f"{law}: {name}"))  # type: ignore[misc]
        except Exception as error:
            told = str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
            raise AssertionError(f"The log breaks the law {law!r}: {told}") from error


def _begins_empty(open_log: Open) -> None:
    log = open_log("a")
    assert log.head() == 0, f"a new log has the head {log.head()}"
    assert list(log.read()) == [], "a new log has events"


def _every_event_comes_back(open_log: Open) -> None:
    log = open_log("a")
    head = log.append(_EVERY_KIND, after=0)
    assert head == log.head() == len(_EVERY_KIND), f"head {head} after {len(_EVERY_KIND)} events"
    read = list(log.read())
    assert [number for number, _ in read] == list(range(1, head + 1)), "events are numbered from 1, in order"
    for wrote, (number, back) in zip(_EVERY_KIND, read, strict=True):
        assert back == wrote, f"event {number} was {wrote!r} and came back as {back!r}"
    assert fold(log.read()) == fold(enumerate(_EVERY_KIND, start=1)), (
        "the state differs from that of the events"
    )


def _reads_on_from_a_number(open_log: Open) -> None:
    log = open_log("a")
    log.append(_EVERY_KIND, after=0)
    assert list(log.read(3)) == list(log.read())[3:], "read(3) is not what follows event 3"
    assert list(log.read(log.head())) == [], "there is something behind the head"


def _refuses_a_stale_writer(open_log: Open) -> None:
    log = open_log("a")
    log.append(_EVERY_KIND[:2], after=0)
    for after in (0, 1, 3):
        try:
            log.append(_EVERY_KIND[2:3], after=after)
        except Conflict:
            continue
        raise AssertionError(f"a writer who stood at {after} was let in at 2")
    assert log.head() == 2, "a refused append left something behind"


def _all_or_nothing(open_log: Open) -> None:
    log = open_log("a")
    log.append(_EVERY_KIND[:1], after=0)
    unwritable = Answered(item="a", value=object())
    try:
        log.append([*_EVERY_KIND[1:5], unwritable], after=1)
    except (TypeError, ValueError, QueristError):
        assert log.head() == 1 and len(list(log.read())) == 1, "half of a refused append was kept"
        assert log.append(_EVERY_KIND[1:2], after=1) == 2, "the log does not go on after a refused append"
        return
    raise AssertionError("an event that cannot be written was taken")


def _nothing_is_no_event(open_log: Open) -> None:
    log = open_log("a")
    assert log.append([], after=0) == 0, "an empty append moved the head"


def _the_same_after_reopening(open_log: Open) -> None:
    log = open_log("a")
    log.append(_EVERY_KIND[:4], after=0)
    before = list(log.read())
    log.close()
    again = open_log("a")
    assert list(again.read()) == before, "the reopened log reads otherwise"
    assert again.append(_EVERY_KIND[4:], after=4) == len(_EVERY_KIND), "the reopened log does not go on"


def _two_readers_see_one_log(open_log: Open) -> None:
    one, other = open_log("a"), open_log("a")
    one.append(_EVERY_KIND[:2], after=0)
    assert other.head() == 2 and list(other.read()) == list(one.read()), "a second reader sees another log"
    other.append(_EVERY_KIND[2:3], after=2)
    assert one.head() == 3, "the first does not see what the second wrote"


def _logs_are_apart(open_log: Open) -> None:
    open_log("a").append(_EVERY_KIND[:3], after=0)
    assert open_log("b").head() == 0, "two logs of different names share events"


def _a_reader_is_not_disturbed(open_log: Open) -> None:
    log = open_log("a")
    log.append(_EVERY_KIND[:3], after=0)
    reading = log.read()
    first = next(reading)
    log.append(_EVERY_KIND[3:4], after=3)
    numbers = [first[0], *(number for number, _ in reading)]
    assert numbers[:3] == [1, 2, 3] and len(numbers) in (3, 4), f"while written to, it read {numbers}"


def _racing_writers_lose_nothing(open_log: Open) -> None:
    failures: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            log = open_log("a")
            for i in range(10):
                _append_in_the_end(log, Answered(item=i, value=f"{writer}", by=f"{writer}"))
        except BaseException as error:
            failures.append(error)

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    assert not failures, f"a writer failed: {failures[0]!r}"
    read = list(open_log("a").read())
    assert [number for number, _ in read] == list(range(1, 41)), f"{len(read)} events of 40, or gaps"
    for writer in range(4):
        items = [event.item for _, event in read if isinstance(event, Answered) and event.by == f"{writer}"]
        assert items == list(range(10)), f"writer {writer} wrote 0 to 9 in order; the log has {items}"


def _append_in_the_end(log: EventLog, event: Event) -> None:
    while True:
        try:
            log.append([event], after=log.head())
            return
        except Conflict:
            continue


LOG_LAWS: dict[str, Callable[[Open], None]] = {
    "begins empty": _begins_empty,
    "every event comes back": _every_event_comes_back,
    "reads on from a number": _reads_on_from_a_number,
    "refuses a stale writer": _refuses_a_stale_writer,
    "all or nothing": _all_or_nothing,
    "nothing is no event": _nothing_is_no_event,
    "the same after reopening": _the_same_after_reopening,
    "two readers see one log": _two_readers_see_one_log,
    "logs are apart": _logs_are_apart,
    "a reader is not disturbed": _a_reader_is_not_disturbed,
    "racing writers lose nothing": _racing_writers_lose_nothing,
}
