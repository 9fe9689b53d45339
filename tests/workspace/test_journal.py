"""The journal: grouped appends, durable when settled."""

import threading
import time

import pytest

from querist.errors import Conflict, DiskFull, StorageError
from querist.events import MemoryLog, Released
from querist.workspace.journal import Journal


class SlowLog(MemoryLog):
    """A log whose every append takes as long as a disk, and may fail."""

    def __init__(self):
        super().__init__()
        self.appends = []
        self.error = None

    def append(self, events, *, after):
        time.sleep(0.02)
        if self.error is not None:
            raise self.error
        self.appends.append(len(events))
        return super().append(events, after=after)


def test_many_writers_share_one_wait_for_the_disk():
    log = SlowLog()
    journal = Journal(log)
    lock, all_said = threading.Lock(), threading.Event()
    said, settled = threading.Barrier(16, all_said.set), threading.Barrier(16, all_said.clear)
    append = log.append

    def append_when_all_have_said_theirs(events, *, after):
        all_said.wait(60)
        return append(events, after=after)

    log.append = append_when_all_have_said_theirs

    def answer(name):
        for turn in range(5):
            with lock:
                head = journal.append([Released(query=f"{name}-{turn}")], after=journal.head())
            said.wait(60)
            journal.settle(head)
            assert log.head() >= head
            settled.wait(60)

    threads = [threading.Thread(target=answer, args=(name,)) for name in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(log.appends) == 80
    assert len(log.appends) <= 10  # in each turn one that began at once, and one for all others
    assert [number for number, _ in journal.read()] == list(range(1, 81))
    journal.close()


def test_what_is_on_its_way_to_the_disk_is_read_when_it_is_there():
    journal = Journal(SlowLog())
    journal.append([Released(query="a")], after=0)
    assert [(number, event.query) for number, event in journal.read()] == [(1, "a")]
    journal.close()


def test_a_stale_writer_is_refused():
    journal = Journal(MemoryLog())
    journal.append([Released(query="a")], after=0)
    with pytest.raises(Conflict):
        journal.append([Released(query="b")], after=0)
    journal.close()


@pytest.mark.parametrize("error", [DiskFull("No room.", mend="Make some."), RuntimeError("odd")])
def test_nobody_is_told_that_a_lost_answer_is_safe(error):
    log = SlowLog()
    journal = Journal(log)
    journal.settle(journal.append([Released(query="kept")], after=0))
    log.error = error
    head = journal.append([Released(query="lost")], after=1)
    with pytest.raises(StorageError):
        journal.settle(head)
    with pytest.raises(StorageError):
        journal.append([Released(query="later")], after=2)
    log.error = None
    with pytest.raises(StorageError, match="opened anew"), journal.durable():
        journal.reset()  # while a request was under way: its number now means another event
    assert journal.head() == 1 and not journal.failed
    journal.settle(journal.append([Released(query="again")], after=1))
    assert [event.query for _, event in log.read()] == ["kept", "again"]
    journal.close()


def failed_journal(log):
    journal = Journal(log)
    journal.settle(journal.append([Released(query="kept")], after=0))
    log.error = DiskFull("No room.", mend="Make some.")
    with pytest.raises(DiskFull), journal.durable():
        journal.append([Released(query="lost")], after=1)
    log.error = None
    return journal


def test_the_second_to_recover_sweeps_nothing_away():
    log = SlowLog()
    journal = failed_journal(log)
    journal.reset()
    with journal.durable():
        journal.append([Released(query="taken since")], after=1)
        journal.reset()  # another who waited for the lost event comes later
    assert [event.query for _, event in log.read()] == ["kept", "taken since"]
    assert journal.head() == log.head() == 2
    journal.close()


def test_a_disk_that_cannot_even_be_read_keeps_the_journal_shut(monkeypatch):
    log = SlowLog()
    journal = failed_journal(log)

    def gone():
        raise StorageError("The disk is gone.", mend="Put it back.")

    with monkeypatch.context() as broken:
        broken.setattr(log, "head", gone)
        with pytest.raises(StorageError, match="gone"):
            journal.reset()
    with pytest.raises(DiskFull):
        journal.append([Released(query="numbered wrongly")], after=2)
    journal.reset()
    journal.settle(journal.append([Released(query="again")], after=1))
    assert [number for number, _ in journal.read()] == [1, 2]
    journal.close()


def test_what_was_decided_before_a_reset_is_refused_after_it():
    log = SlowLog()
    journal = failed_journal(log)
    with pytest.raises(StorageError, match="opened anew"), journal.durable():
        journal.reset()
        journal.append([Released(query="stale")], after=1)
    assert log.head() == journal.head() == 1
    journal.close()


@pytest.mark.parametrize("grouped", [True, False])
def test_listeners_hear_every_event_once_and_in_order(grouped):
    log = MemoryLog()
    log.append([Released(query="old")], after=0)
    journal = Journal(log, grouped=grouped)
    heard = []
    journal.listeners.append(lambda number, event: heard.append((number, event.query)))
    list(journal.read())
    journal.append([Released(query="mine")], after=1)
    journal.settle(2)
    if not grouped:
        log.append([Released(query="theirs")], after=2)
    list(journal.read(2))
    list(journal.read(0))
    assert heard == [(1, "old"), (2, "mine")] + ([] if grouped else [(3, "theirs")])
    journal.close()


def test_closing_writes_what_has_gathered():
    log = SlowLog()
    journal = Journal(log)
    journal.append([Released(query="a"), Released(query="b")], after=0)
    journal.close()
    assert log.head() == 2


def test_somebody_who_writes_past_the_journal_is_no_lost_race():
    """A race would be run again and again, though the journal takes nothing until it is reset."""
    log = MemoryLog()
    journal = Journal(log)
    log.append([Released(query="theirs")], after=0)
    head = journal.append([Released(query="ours")], after=0)
    for again in (lambda: journal.settle(head), lambda: journal.append([Released(query="more")], after=head)):
        with pytest.raises(StorageError, match="Another process wrote") as error:
            again()
        assert not isinstance(error.value, Conflict)
    journal.reset()
    assert journal.append([Released(query="ours")], after=1) == 2
    journal.close()
    assert [event.query for _, event in log.read()] == ["theirs", "ours"]
