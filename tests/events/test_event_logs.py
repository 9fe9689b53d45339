"""The laws of event logs, on every log; and that the laws find what is broken."""

from __future__ import annotations

import uuid

import pytest

from querist.errors import Conflict, InvalidInput, StorageError
from querist.events import Answered, EventLog, MemoryLog, Retracted, decode, encode, open_log
from querist.testing import LOG_LAWS, check_log


@pytest.mark.parametrize("law", LOG_LAWS)
def test_memory_log(law):
    logs = {}
    check_log(lambda name: logs.setdefault(name, MemoryLog()), laws={law: LOG_LAWS[law]})


@pytest.mark.parametrize("law", LOG_LAWS)
def test_sql_log(law, url):
    run = uuid.uuid4().hex  # a server may be shared, and keeps what other runs wrote
    opened = []

    def open_one(name):
        opened.append(open_log(url, campaign=f"{run} {name}"))
        return opened[-1]

    check_log(open_one, laws={law: LOG_LAWS[law]})
    for log in opened:
        log.close()


class Broken(MemoryLog):
    """A log with a fault, to see it found."""

    def __init__(self, fault):
        super().__init__()
        self.fault = fault

    def append(self, events, *, after):
        if self.fault == "takes stale writers":
            after = self.head()
        if self.fault == "keeps half":
            for i, event in enumerate(events):
                super().append([event], after=after + i)
            return after + len(events)
        return super().append(events, after=after)

    def read(self, after=0):
        if self.fault == "reads from the start":
            after = 0
        for number, event in super().read(after):
            yield (number - 1 if self.fault == "counts from zero" else number), event

    def head(self):
        return super().head() + (self.fault == "head is ahead")


@pytest.mark.parametrize(
    ("fault", "law"),
    [
        ("takes stale writers", "refuses a stale writer"),
        ("keeps half", "all or nothing"),
        ("reads from the start", "reads on from a number"),
        ("counts from zero", "every event comes back"),
        ("head is ahead", "begins empty"),
        ("is forgotten", "the same after reopening"),
    ],
)
def test_the_laws_find_what_is_broken(fault, law):
    logs = {}

    def open_one(name):
        return Broken(fault) if fault == "is forgotten" else logs.setdefault(name, Broken(fault))

    with pytest.raises(AssertionError, match=f"breaks the law '{law}'"):
        check_log(open_one, laws={law: LOG_LAWS[law]})


def test_logs_are_event_logs():
    assert isinstance(MemoryLog(), EventLog)
    assert isinstance(open_log(":memory:"), MemoryLog)


def test_a_conflict_names_both_numbers():
    log = MemoryLog()
    log.append([Retracted(item=1)], after=0)
    with pytest.raises(Conflict, match="stands at event 1; the writer stood at event 0") as caught:
        log.append([Retracted(item=1)], after=0)
    assert isinstance(caught.value, StorageError)


def test_an_event_without_none_fields_is_short():
    assert encode(Answered(at=1.0, item="a", value="b")) == ("answered", '{"at":1.0,"item":"a","value":"b"}')


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("dreamt", "{}", "kind 'dreamt', which this version does not know"),
        ("answered", '{"item": 1, "value": 2, "mood": 3}', "cannot be read .*mood"),
        ("answered", '{"item": 1', "cannot be read"),
        ("answered", '{"item": 1}', "cannot be read .*value"),
    ],
)
def test_an_event_that_cannot_be_read_says_so(kind, body, words):
    with pytest.raises(InvalidInput, match=words):
        decode(kind, body)


@pytest.mark.parametrize("text", ["\ud800", "a file \udcff.png", "é \udfff"])
def test_half_a_character_is_refused_by_every_log(text, tmp_path):
    for place in (":memory:", tmp_path / "x.db"):
        log = open_log(place)
        with pytest.raises(InvalidInput, match="half a character"):
            log.append([Retracted(item="a"), Answered(item=text, value="x")], after=0)
        assert log.append([Answered(item="é\u2028😀\x00", value="x")], after=0) == 1
        assert [event.item for _, event in log.read()] == ["é\u2028😀\x00"]
        log.close()
