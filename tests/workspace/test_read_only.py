"""A campaign that may only be read: told and exported as ever, nothing written, and no label taken."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from querist.data import Source, open_source
from querist.errors import StorageError
from querist.events import Flagged, fold, open_log
from querist.workspace import Manifest, Workspace

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def source(tmp_path: Path) -> Source:
    (tmp_path / "mail.csv").write_text("id,text\n" + "".join(f"i{k},text {k}\n" for k in range(9)))
    return open_source(tmp_path / "mail.csv", text="text", id="id")


@pytest.fixture
def folder(tmp_path: Path, source: Source) -> Iterator[Path]:
    """A campaign with one answer, in a folder that its owner may not write to; its files neither."""
    place = tmp_path / "mail.querist"
    with Workspace.create(place, source, classes=["yes", "no"]) as workspace:
        workspace.campaign.tell(workspace.campaign.ask(to="ann")[0], "yes")
    yield place
    for path in (place, *place.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def closed(folder: Path) -> dict[str, tuple[int, int]]:
    """Take the right to write away from everything; what there is, with sizes and times."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return contents(folder)


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(one): (one.stat().st_size, one.stat().st_mtime_ns) for one in sorted(folder.rglob("*"))}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a program of Python's as somebody whom permissions bind, as they do not bind root."""
    if os.name != "posix":
        pytest.skip("permissions of POSIX")
    command = [sys.executable]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write anywhere, and there is no setpriv here to take that from it")
        command = ["setpriv", "--inh-caps=-all", "--bounding-set=-all", *command]

    def one(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *words], cwd=tmp_path, capture_output=True, text=True, check=False)

    (tmp_path / "shut").mkdir(mode=0o555)
    tried = one("-c", "open('shut/file', 'w')")
    if "PermissionError" not in tried.stderr:
        pytest.skip(f"nothing here is bound by permissions: {tried.stderr.strip()[-80:]}")
    return one


def test_what_may_only_be_read_is_told_and_exported_and_stays_as_it_is(folder: Path, run: Run) -> None:
    before = closed(folder)
    told = run("-m", "querist", "status", str(folder))
    assert told.returncode == 0 and "1 of 9 items labelled" in told.stdout, told.stderr
    written = run("-m", "querist", "export", str(folder), "-o", "labels.csv")
    assert written.returncode == 0 and "1 rows" in written.stdout, written.stderr
    refused = run("-m", "querist", "label", str(folder), "--no-browser")
    assert refused.returncode == 2 and "can only be read" in refused.stderr and "chmod" in refused.stderr
    assert contents(folder) == before


def test_a_campaign_is_not_begun_where_nothing_may_be_written(source: Source, run: Run) -> None:
    refused = run("-m", "querist", "label", "mail.csv", "--folder", "shut/mail", "--no-browser")
    assert refused.returncode == 2 and "cannot be made" in refused.stderr and "--folder" in refused.stderr


def test_a_log_that_a_killed_writer_left_is_read_where_it_may_not_be_written(folder: Path, run: Run) -> None:
    write = "import os, sys; from querist.events import *; log = open_log(sys.argv[1])\n"
    write += "log.append([Flagged(item='i1')], after=log.head()); os.kill(os.getpid(), 9)"
    run("-c", write, str(folder / "campaign.db"))
    assert (folder / "campaign.db-wal").stat().st_size, "it was killed before the file itself had everything"
    before = closed(folder)
    told = run("-m", "querist", "status", str(folder))
    assert "1 flagged" in told.stdout, told.stderr
    assert contents(folder) == before
    folder.chmod(0o755)
    (folder / "campaign.db-shm").unlink()  # as where only the file and its log were copied
    before = closed(folder)
    told = run("-m", "querist", "status", str(folder))
    assert "1 flagged" in told.stdout, told.stderr
    assert contents(folder) == before


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files and folders that may not be written, for this process."""
    names: list[str] = []
    access = os.access

    def told(path: str | os.PathLike[str], mode: int) -> bool:
        return access(path, mode) and not (mode & os.W_OK and Path(path).name in names)

    monkeypatch.setattr(os, "access", told)
    return names


def test_a_log_to_read_sees_what_a_writer_adds_and_takes_nothing(folder: Path, bound: list[str]) -> None:
    writer = open_log(folder / "campaign.db")
    bound.append("campaign.db")
    reader = open_log(folder / "campaign.db")
    head = reader.head()
    writer.append([Flagged(item="i1")], after=head)
    assert fold(reader.read()).flagged == {"i1": None}
    with pytest.raises(StorageError, match="readonly database"):
        reader.append([Flagged(item="i2")], after=head + 1)
    writer.close()
    assert reader.head() == head + 1 and not list(folder.glob("campaign.db-*"))
    reader.close()


def test_a_writer_who_goes_while_a_log_is_opened_to_read_takes_nothing_along(
    folder: Path, bound: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder / "campaign.db"
    writer, connect = open_log(place), sqlite3.connect
    head = writer.append([Flagged(item="i1")], after=writer.head())
    asked: list[str] = []

    def too_late(database: str, **how: Any) -> sqlite3.Connection:
        asked.append(database.rpartition("?")[2])
        if len(asked) == 1:
            writer.close()
            database = database.replace("campaign.db", "no.db")  # as SQLite says where it may make no index
        return connect(database, **how)

    bound.append("campaign.db")
    monkeypatch.setattr(sqlite3, "connect", too_late)
    reader = open_log(place)
    assert asked[:2] == ["mode=ro", "mode=ro&immutable=1"]
    assert reader.head() == head and not list(folder.glob("campaign.db-*"))
    size = Path.stat

    def gone(self: Path, **how: Any) -> os.stat_result:
        if self.name.endswith("-wal"):
            raise FileNotFoundError(2, "No such file or directory", str(self))
        return size(self, **how)

    monkeypatch.setattr(Path, "exists", lambda self, **how: True)
    monkeypatch.setattr(Path, "stat", gone)
    assert reader.head() == head
    reader.close()


def test_what_was_read_while_somebody_wrote_is_read_again(folder: Path, bound: list[str]) -> None:
    place = folder / "campaign.db"
    bound.append("campaign.db")
    reader = open_log(place)
    head, wrote = reader.head(), []

    def write(*_: Any) -> None:
        if not wrote:
            wrote.append(True)
            bound.clear()
            writer = open_log(place)
            writer.append([Flagged(item="i1")], after=head)
            writer.close()  # only now it is in the file itself

    sa.event.listen(reader._engine, "after_cursor_execute", write)
    assert [number for number, _ in reader.read()][-1] == head + 1
    reader.close()


def test_a_log_without_its_index_is_read_from_a_copy_that_is_made_once(
    folder: Path, bound: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = folder / "campaign.db", tmp_path / "there"
    there.mkdir()
    writer = open_log(here)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def copied() -> None:
        for ending in ("", "-wal"):
            shutil.copyfile(f"{here}{ending}", there / f"campaign.db{ending}")

    writer.append([Flagged(item="i1")], after=writer.head())
    copied()
    bound.append("there")
    reader = open_log(there / "campaign.db")
    assert fold(reader.read()).flagged == {"i1": None}
    (one,) = tmp_path.glob("querist-*")
    writer.append([Flagged(item="i2")], after=writer.head())
    copied()
    assert set(fold(reader.read()).flagged) == {"i1", "i2"}, "another log, another copy"
    with pytest.raises(StorageError, match="readonly database"):
        reader.append([Flagged(item="i3")], after=reader.head())
    assert len(list(there.iterdir())) == 2 and not one.exists()
    reader.close()
    writer.close()
    assert not list(tmp_path.glob("querist-*"))


@pytest.mark.parametrize("part", ["mail.querist", "lock", "campaign.db", "models"])
def test_whoever_may_not_write_to_a_part_is_told_before_anything_begins(
    folder: Path, bound: list[str], part: str
) -> None:
    (folder / "models").mkdir()
    bound.append(part)
    with pytest.raises(StorageError, match=rf"{part} may not be written.*chmod"):
        Workspace.open(folder)
    with Workspace.open(folder, exclusive=False) as workspace:
        assert len(workspace.state.labels) == 1


def test_a_manifest_of_somebody_else_s_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def shut(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", shut)
    with pytest.raises(StorageError, match=r"campaign.json may not be read.*chmod"):
        Manifest.read(folder)
