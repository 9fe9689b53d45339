"""The event log in a database: SQLite as a file, PostgreSQL by URL, the same code."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from querist.errors import Conflict, DiskFull, MissingExtra, StorageError
from querist.events.event import Event, decode, encode
from querist.events.log import check_head

__all__ = ["SQLLog"]

SCHEMA_VERSION = 1
PAGE = 5_000  # rows read in one go: bounded memory, and no read transaction outlives a page
_SETUP_LOCK = 0x71756572  # any number that every querist agrees on
_LEAST_ROOM = 1 << 16  # bytes; the index of the write-ahead log alone takes half of them

_tables = sa.MetaData()
_events = sa.Table(
    "events",
    _tables,
    sa.Column("campaign", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sqlite_with_rowid=False,  # one tree, not a table and its index: 40 % less to write for each answer
)
_meta = sa.Table(
    "meta",
    _tables,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)


class SQLLog:
    """A log in SQLite (one file, the default) or PostgreSQL (many servers share it).

    SQLite runs with a write-ahead log and ``synchronous=FULL``: an event is on the disk before
    ``append`` returns, and a process killed in the middle leaves the log as it was before.  The table
    ``events(campaign, number, at, kind, body)`` is plain enough for any tool; the body is JSON.  A file that
    may not be written (its own permissions, its folder's, or those of the device) is read as it is.

    Parameters
    ----------
    url : str
        ``sqlite:///path`` or ``postgresql://user:password@host/database``.
    campaign : str
        Which of the database's campaigns this is.
    wait : float
        Seconds to wait for another writer before giving up (SQLite).
    """

    def __init__(self, url: str, campaign: str = "main", *, wait: float = 30.0) -> None:
        self.campaign = campaign
        self._engine = _engine(url, wait)
        self._unlocked: Path | None = self._engine.get_execution_options().get("querist_unlocked")
        self._place = self._engine.url.render_as_string(hide_password=True)
        of_this = _events.c.campaign == campaign
        self._select_head = sa.select(sa.func.max(_events.c.number)).where(of_this)
        self._select_page = (
            sa.select(_events.c.number, _events.c.kind, _events.c.body)
            .where(of_this, _events.c.number > sa.bindparam("after"))
            .order_by(_events.c.number)
            .limit(PAGE)
        )
        try:
            self._set_up()
        except BaseException:
            self._engine.dispose()
            raise

    def append(self, events: Sequence[Event], *, after: int) -> int:
        rows = [self._row(number, event) for number, event in enumerate(events, start=after + 1)]
        try:
            with self._connection(writing=True) as connection:
                check_head(connection.scalar(self._select_head) or 0, after)
                if rows:
                    connection.execute(sa.insert(_events), rows)
        except exc.IntegrityError as raced:  # PostgreSQL: both saw the same head, one came second
            raise Conflict(
                f"Somebody else wrote event {after + 1} first.",
                mend="Read on from there, decide again, and try again.",
            ) from raced
        return after + len(rows)

    def read(self, after: int = 0) -> Iterator[tuple[int, Event]]:
        while True:
            page = self._rows(self._select_page, after=after)
            for number, kind, body in page:
                yield number, decode(kind, body)
            if len(page) < PAGE:
                return
            after = page[-1][0]

    def head(self) -> int:
        ((found,),) = self._rows(self._select_head)
        return int(found or 0)

    def close(self) -> None:
        self._engine.dispose()

    def __repr__(self) -> str:
        return f"SQLLog({self._place!r}, campaign={self.campaign!r})"

    def _row(self, number: int, event: Event) -> dict[str, Any]:
        kind, body = encode(event)
        return {"campaign": self.campaign, "number": number, "at": event.at, "kind": kind, "body": body}

    def _rows(self, select: sa.Select[Any], **given: int) -> Sequence[Any]:
        """What a query finds, all of one moment: again, if it was read without a lock and somebody wrote."""
        while True:
            before = _stamp(self._unlocked)
            try:
                with self._connection() as connection:
                    found = connection.execute(select, given).all()
            except StorageError:
                if _stamp(self._unlocked) == before:
                    raise
            else:
                if before is None or _stamp(self._unlocked) == before:
                    return found

    def _set_up(self) -> None:
        """Make the tables when they are not there, and refuse what a later version wrote."""
        with self._connection() as connection:
            ready = sa.inspect(connection).has_table("meta")
        with self._connection(writing=not ready) as connection:
            if not ready:
                if connection.dialect.name == "postgresql":  # two servers may start at the same moment
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SETUP_LOCK)))
                _tables.create_all(connection)
            found = connection.scalar(sa.select(_meta.c.value).where(_meta.c.key == "schema"))
            if found is None:
                connection.execute(sa.insert(_meta), [{"key": "schema", "value": str(SCHEMA_VERSION)}])
        if found is not None and found != str(SCHEMA_VERSION):
            raise StorageError(
                f"{self._place} has the schema version {found}; this querist knows version {SCHEMA_VERSION}.",
                mend="Open it with the version of querist that wrote it, or a later one.",
            )

    @contextmanager
    def _connection(self, *, writing: bool = False) -> Iterator[sa.Connection]:
        """One transaction: committed at the end, rolled back whole on any error."""
        try:
            with self._engine.connect() as connection:
                if writing:
                    connection = connection.execution_options(querist_writes=True)
                with connection.begin():
                    yield connection
        except exc.IntegrityError:
            raise
        except exc.DBAPIError as error:
            raise _storage_error(error.orig, self._place) from error


def _engine(url: str, wait: float) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
    except exc.ArgumentError as error:
        raise StorageError(
            f"{url!r} is not a database URL.", mend="Write sqlite:///path or postgresql://user@host/database."
        ) from error
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, wait)
    if parsed.get_backend_name() != "postgresql":
        raise StorageError(
            f"A log lives in SQLite or PostgreSQL; got a {parsed.get_backend_name()} URL.",
            mend="Write sqlite:///path or postgresql://user@host/database.",
        )
    try:
        return sa.create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    except ImportError as missing:
        raise MissingExtra(
            "A log in PostgreSQL needs psycopg, which is not installed.",
            mend="Install it: pip install 'querist[postgres]'.",
        ) from missing


def _sqlite(url: sa.URL, wait: float) -> sa.Engine:
    place = url.database or ""
    if place in ("", ":memory:"):
        raise StorageError("A SQLite log needs a file.", mend="Use MemoryLog() for one that is not kept.")
    folder = Path(place).resolve().parent
    if not folder.is_dir():
        raise StorageError(
            f"{place} cannot be made: there is no folder {folder}.", mend="Make the folder, or mind the path."
        )
    path = folder / Path(place).name
    if path.exists() and not (os.access(path, os.W_OK) and os.access(folder, os.W_OK)):
        return _sqlite_to_read(url, path, wait)
    engine = sa.create_engine(
        url.set(drivername="sqlite"), connect_args={"timeout": wait, "check_same_thread": False}
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        try:
            _write_ahead(connection, wait)
            for pragma in ("synchronous=FULL", "wal_autocheckpoint=1000"):
                connection.execute(f"PRAGMA {pragma}").close()
        except sqlite3.Error:
            connection.close()  # nobody else knows of it yet
            raise

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # A writer takes the write lock before it reads the head, so nobody can come between.
        writes = connection.get_execution_options().get("querist_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(connection: sqlite3.Connection, wait: float) -> None:
    """Turn to a write-ahead log.

    SQLite waits for no lock here, whatever its timeout is: of two who open a new file at once, one would be
    told that the database is locked.
    """
    last = time.monotonic() + wait
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= last:
                raise
        time.sleep(0.005)


def _sqlite_to_read(url: sa.URL, path: Path, wait: float) -> sa.Engine:
    """An engine that makes nothing beside the file, so that what may not be written can be read."""
    ahead, index = (path.with_name(f"{path.name}{ending}") for ending in ("-wal", "-shm"))
    copy = _Copy(path, ahead)

    def opened(place: Path, how: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{place.as_uri()}?{how}", uri=True, timeout=wait, check_same_thread=False
        )
        try:
            connection.execute("SELECT count(*) FROM sqlite_schema").close()  # before that it opens nothing
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def connect() -> sqlite3.Connection:
        # SQLite would make an index for the write-ahead log, even for an empty one, unless it is told that
        # nobody writes; each connection is a new one, so that a writer who comes later is seen
        if _size(ahead):
            place = path
            if not index.exists():  # nobody writes, and what was written last is in the write-ahead log alone
                with suppress(OSError):  # SQLite itself then tells what is wrong
                    place = copy.of_now()
            try:
                return opened(place, "mode=ro")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CANTOPEN or _size(ahead):
                    raise  # else the last writer has just gone, and the write-ahead log is in the file
        return opened(path, "mode=ro&immutable=1")

    engine = sa.create_engine(url.set(drivername="sqlite"), creator=connect, poolclass=sa.pool.NullPool)
    sa.event.listen(engine, "engine_disposed", lambda _: copy.drop())
    return engine.execution_options(querist_unlocked=path)


def _size(path: Path) -> int:
    """The size of a file that may be gone at any moment."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _stamp(path: Path | None) -> tuple[int, int] | None:
    """What changes with a file that is read without a lock; None where there is one."""
    if path is None or _size(path.with_name(f"{path.name}-wal")):
        return None
    told = path.stat()
    return told.st_mtime_ns, told.st_size


class _Copy:
    """A SQLite file with its write-ahead log, copied to where SQLite may make an index of the log."""

    def __init__(self, *paths: Path) -> None:
        self._paths = paths
        self._copied: list[tuple[int, int]] = []
        self._remove: Callable[[], Any] = lambda: None

    def of_now(self) -> Path:
        """The copy of the file; made again where one of the two is another than it was, in the middle too."""
        while self._copied != self._looks():
            self.drop()
            looks, self._folder = self._looks(), Path(tempfile.mkdtemp(prefix="querist-"))
            self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            for path in self._paths:
                shutil.copyfile(path, self._folder / path.name)
            self._copied = looks
        return self._folder / self._paths[0].name

    def drop(self) -> None:
        """Remove the copy."""
        self._remove()
        self._copied = []

    def _looks(self) -> list[tuple[int, int]]:
        return [(told.st_size, told.st_mtime_ns) for told in (path.stat() for path in self._paths)]


def _without_room(place: str) -> bool:
    """Whether the device of a SQLite file is full: then SQLite may tell of an I/O error, when it opens it."""
    try:
        return shutil.disk_usage(Path(sa.make_url(place).database or "").parent).free < _LEAST_ROOM
    except OSError:
        return False


def _storage_error(error: BaseException | None, place: str) -> StorageError:
    """The driver's complaint as one of ours, with the mend."""
    told = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    state = getattr(error, "sqlstate", None)
    full = code == sqlite3.SQLITE_FULL or state == "53100" or getattr(error, "errno", None) == errno.ENOSPC
    if full or (code == sqlite3.SQLITE_IOERR and _without_room(place)):
        return DiskFull(
            f"No room left for {place} ({told}); nothing was half-written.",
            mend="Free some space on the device, then go on: what was acknowledged is safe.",
        )
    mends = {
        sqlite3.SQLITE_BUSY: "Another process holds the write lock; close it, or wait and try again.",
        sqlite3.SQLITE_READONLY: "It may not be written: change its permissions, or those of its folder; or "
        "work on a copy of the folder.",
        sqlite3.SQLITE_CANTOPEN: "Mind the path and the permissions of its folder; or work on a copy of the "
        "folder.",
        sqlite3.SQLITE_NOTADB: "This is not a querist log: mind the path; nothing was changed.",
        sqlite3.SQLITE_CORRUPT: "Keep the file, and recover it: sqlite3 FILE .recover.",
    }
    mend = mends.get(code, "See that the database is up and may be written; what was acknowledged is safe.")
    return StorageError(f"{place} could not be read or written: {told}.", mend=mend)
