"""The log in a database when things go wrong: full disks, killed writers, races, foreign files."""

from __future__ import annotations

import gc
import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
import uuid

import pytest
import sqlalchemy as sa

from querist.campaign import Campaign
from querist.data import Pool
from querist.errors import Conflict, DiskFull, MissingExtra, StorageError
from querist.events import Answered, Released, Retracted, fold, open_log, sql
from querist.tasks import Classification


def answers(n, start=0, size=10):
    return [Answered(item=start + i, value="x" * size) for i in range(n)]


def python(code, *arguments):
    """A process of its own that runs ``code``."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments], stdout=subprocess.PIPE, text=True
    )


# ---------------------------------------------------------------- full disks


def bounded(path, pages):
    """A log whose file may not grow beyond so many pages: SQLite then says what it says of a full disk."""
    log = open_log(path)
    sa.event.listen(log._engine, "connect", lambda c, _: c.execute(f"PRAGMA max_page_count={pages}"))
    log._engine.dispose()
    return log


def test_a_full_disk_loses_nothing_and_half_writes_nothing(tmp_path):
    log = bounded(tmp_path / "c.db", 20)
    head = 0
    with pytest.raises(DiskFull, match=r"No room left .*Free some space"):
        while True:
            head = log.append(answers(5, start=head, size=300), after=head)
    assert head > 0 and head % 5 == 0
    assert log.head() == head == len(list(log.read()))
    log.close()
    again = open_log(tmp_path / "c.db")
    assert [event.item for _, event in again.read()] == list(range(head))
    assert again.append(answers(1), after=head) == head + 1, "with room again, it goes on"
    again.close()


def test_a_campaign_on_a_full_disk_stands_where_the_log_stands(tmp_path):
    log = bounded(tmp_path / "c.db", 24)
    campaign = Campaign(Pool(ids=range(10_000)), Classification(open=True), log=log)
    with pytest.raises(DiskFull):
        for item in range(10_000):
            campaign.tell({item: "x" * 400})
    assert campaign.state == fold(log.read())
    assert len(campaign.labels) == item
    campaign.close()


@pytest.fixture
def tiny(tmp_path):
    """A real file system of 300 KB; only root may mount one."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root may mount a tiny file system")
    place = tmp_path / "tiny"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", place], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no file system could be mounted here: {mounted.stderr.decode().strip()}")
    yield place
    gc.collect()  # connections that a failing test left open
    subprocess.run(["umount", place], check=True)


def test_a_device_without_room(tiny):
    log, head = open_log(tiny / "c.db"), 0
    with pytest.raises(DiskFull):
        while True:
            head = log.append(answers(3, start=head, size=300), after=head)
    assert [event.item for _, event in log.read()] == list(range(head))
    log.close()


def test_opening_a_log_on_a_device_without_room(tiny):
    """SQLite tells of an I/O error then, when it makes the files beside the log."""
    log = open_log(tiny / "c.db")
    log.append(answers(1), after=0)
    log.close()
    with pytest.raises(OSError, match="space"), (tiny / "rest").open("wb", buffering=0) as rest:
        while True:
            rest.write(bytes(1024))
    with pytest.raises(DiskFull, match="No room left"):
        open_log(tiny / "c.db")
    (tiny / "rest").unlink()
    again = open_log(tiny / "c.db")
    assert again.append(answers(1), after=1) == 2, "with room again, it goes on"
    again.close()


# ---------------------------------------------------------------- killed writers

WRITER = """
import sys
from querist.events import Answered, open_log
log = open_log(sys.argv[1], campaign=sys.argv[2])
head = log.head()
while True:
    head = log.append([Answered(item=head + i, value="y" * 2000) for i in range(3)], after=head)
    print(head, flush=True)
"""


def test_a_killed_writer_loses_nothing_that_it_was_told_is_safe(url):
    campaign, told = uuid.uuid4().hex, 0
    rng = random.Random(5)
    for _ in range(6):
        writer = python(WRITER, url, campaign)
        writer.stdout.readline()
        time.sleep(rng.uniform(0, 0.03))
        writer.send_signal(signal.SIGKILL)
        lines = writer.stdout.read().splitlines()
        writer.wait()
        writer.stdout.close()
        told = int(lines[-1]) if lines else told
        log = open_log(url, campaign=campaign)
        read = list(log.read())
        assert len(read) >= told, "an event that was acknowledged is lost"
        assert len(read) % 3 == 0, "half of an append was kept"
        assert [event.item for _, event in read] == list(range(len(read)))
        log.close()


# ---------------------------------------------------------------- races

RACER = """
import sys
from querist.errors import Conflict
from querist.events import Answered, open_log
log = open_log(sys.argv[1], campaign=sys.argv[2])
for i in range(40):
    while True:
        try:
            log.append([Answered(item=i, value=sys.argv[3]), Answered(item=i, value="and")], after=log.head())
            break
        except Conflict:
            pass
"""


def test_two_processes_race_and_both_win(url):
    campaign = uuid.uuid4().hex
    racers = [python(RACER, url, campaign, name) for name in ("one", "two")]
    assert [racer.wait(timeout=120) for racer in racers] == [0, 0]
    for racer in racers:
        racer.stdout.close()
    log = open_log(url, campaign=campaign)
    read = list(log.read())
    log.close()
    assert [number for number, _ in read] == list(range(1, 161))
    assert all(event.value == "and" for _, event in read[1::2]), "an append was torn apart"
    for name in ("one", "two"):
        assert [event.item for _, event in read if event.value == name] == list(range(40))


def test_of_two_who_decide_on_the_same_head_one_is_refused(url):
    campaign = uuid.uuid4().hex
    one, other = open_log(url, campaign=campaign), open_log(url, campaign=campaign)
    one.append(answers(2), after=0)
    with pytest.raises(Conflict):
        other.append(answers(1), after=0)
    assert other.append(answers(1), after=2) == 3
    one.close()
    other.close()


@pytest.mark.postgres
def test_a_writer_who_comes_second_inside_the_transaction_is_refused(postgres_url):
    """Both have seen the same head; the primary key tells the second."""
    campaign = uuid.uuid4().hex
    log = open_log(postgres_url, campaign=campaign)
    other = open_log(postgres_url, campaign=campaign)
    with other._engine.begin() as connection:
        connection.execute(sa.insert(sql._events), [other._row(1, Retracted(item="a"))])
        log._select_head = sa.select(sa.literal(0))  # what the second writer saw
        connection.commit()
        with pytest.raises(Conflict, match="wrote event 1 first"):
            log.append(answers(1), after=0)
    log.close()
    other.close()


def test_two_campaigns_share_a_database_and_a_campaign_two_writers(url):
    name = uuid.uuid4().hex
    pool = Pool(ids=range(20))
    one = Campaign(pool, Classification(("a", "b")), strategy="random", log=open_log(url, campaign=name))
    two = Campaign(pool, log=open_log(url, campaign=name))
    out = []
    for _ in range(5):
        for campaign in (one, two):
            queries = campaign.ask(2)
            out += [query.item for query in queries]
            campaign.tell(queries[0], "a")
    assert len(set(out)) == len(out) == 20, "an item was served twice"
    one.refresh()
    two.refresh()
    assert one.state == two.state and len(one.labels) == 10
    one.close()
    two.close()


# ---------------------------------------------------------------- reading in pages, reopening


def test_more_events_than_a_page_are_read_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(sql, "PAGE", 7)
    log = open_log(tmp_path / "c.db")
    log.append(answers(21), after=0)
    assert [event.item for _, event in log.read()] == list(range(21))
    assert [number for number, _ in log.read(13)] == list(range(14, 22))
    log.close()


def test_what_is_in_the_file_can_be_read_by_any_tool(tmp_path):
    log = open_log(tmp_path / "c.db")
    log.append([Answered(at=2.5, item="ü", value="ja")], after=0)
    with sqlite3.connect(tmp_path / "c.db") as plain:
        rows = plain.execute("select campaign, number, at, kind, body from events").fetchall()
        assert plain.execute("select value from meta where key = 'schema'").fetchone() == ("1",)
        assert plain.execute("pragma journal_mode").fetchone() == ("wal",)
    plain.close()
    assert rows == [("main", 1, 2.5, "answered", '{"at":2.5,"item":"ü","value":"ja"}')]
    log.close()


def test_a_log_shows_where_it_is_but_no_password(tmp_path):
    log = open_log(tmp_path / "c.db", campaign="mine")
    assert "c.db" in repr(log) and "mine" in repr(log)
    log.close()


# ---------------------------------------------------------------- what cannot be


def test_a_file_that_is_no_log(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("these are my notes, and nobody shall write over them\n" * 50)
    with pytest.raises(StorageError, match="not a querist log"):
        open_log(path)
    assert path.read_text().startswith("these are my notes")


def test_a_log_of_a_later_version(tmp_path):
    open_log(tmp_path / "c.db").close()
    with sqlite3.connect(tmp_path / "c.db") as plain:
        plain.execute("update meta set value = '99'")
    plain.close()
    with pytest.raises(StorageError, match="schema version 99; this querist knows version 1"):
        open_log(tmp_path / "c.db")


def test_a_damaged_file(tmp_path):
    path = tmp_path / "c.db"
    log = open_log(path)
    log.append(answers(200, size=500), after=0)
    log.close()
    whole = bytearray(path.read_bytes())
    whole[4096 : 4096 * 12] = os.urandom(4096 * 11)
    path.write_bytes(whole)
    with pytest.raises(StorageError, match=r"\.recover"):
        list(open_log(path).read())


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(StorageError, match=r"there is no folder .*Make the folder"):
        open_log(tmp_path / "no" / "c.db")


def test_a_folder_in_place_of_a_file(tmp_path):
    with pytest.raises(StorageError, match="Mind the path"):
        open_log(tmp_path)


@pytest.mark.parametrize("place", ["sqlite://", "sqlite:///:memory:"])
def test_sqlite_without_a_file(place):
    with pytest.raises(StorageError, match="needs a file"):
        open_log(place)


@pytest.mark.parametrize(
    ("place", "words"),
    [("mysql://host/db", "got a mysql URL"), ("ftp//://", "no database URL|not a database URL")],
)
def test_a_url_of_something_else(place, words):
    with pytest.raises(StorageError, match=words):
        open_log(place)


def test_a_server_that_does_not_answer():
    pytest.importorskip("psycopg", reason="the extra 'postgres' is not installed")
    with pytest.raises(StorageError, match="See that the database is up"):
        open_log("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")


def test_postgres_without_its_driver(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match=r"querist\[postgres\]"):
        open_log("postgresql://host/db")


def test_a_writer_who_holds_the_lock_too_long(tmp_path):
    log = sql.SQLLog(f"sqlite:///{tmp_path / 'c.db'}", wait=0.05)
    with sqlite3.connect(tmp_path / "c.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="Another process holds the write lock"):
            log.append(answers(1), after=0)
        other.execute("ROLLBACK")
    other.close()
    assert log.append([Released(query="q1")], after=0) == 1
    log.close()


def new_file_in_use(path):
    """A connection that holds the write lock of a file that has no write-ahead log yet."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE other (a)")
    other.execute("BEGIN IMMEDIATE")
    return other


def test_who_opens_a_new_file_waits_for_another_who_does(tmp_path):
    other = new_file_in_use(tmp_path / "c.db")
    release = threading.Timer(0.2, lambda: other.execute("COMMIT"))
    release.start()
    log = open_log(tmp_path / "c.db")
    assert log.append(answers(1), after=0) == 1
    log.close()
    release.join()
    other.close()


def test_who_opens_a_new_file_does_not_wait_for_ever(tmp_path):
    other = new_file_in_use(tmp_path / "c.db")
    with pytest.raises(StorageError, match=r"locked.*Another process holds the write lock"):
        sql.SQLLog(f"sqlite:///{tmp_path / 'c.db'}", wait=0.05)
    other.close()


@pytest.mark.parametrize("state", ["53100", "57P01"])
def test_what_postgres_says_of_a_full_disk(state):
    class Said(Exception):
        sqlstate = state

    kind = DiskFull if state == "53100" else StorageError
    assert type(sql._storage_error(Said("could not extend file"), "db")) is kind
    assert type(sql._storage_error(Said(), "db")) is kind
