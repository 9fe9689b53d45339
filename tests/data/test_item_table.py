"""Items on disk: written whole or not at all, mapped back, added to."""

from __future__ import annotations

import errno
import os
import stat
import threading

import numpy as np
import pyarrow as pa
import pytest

from querist.data import atomic_write, full_disk_told, open_items, open_source, write_items
from querist.errors import DiskFull, InvalidInput, SourceError, UnknownItem


def table_of(folder, n, start=0):
    rows = [f"{i},the words of item {i},{i % 3}" for i in range(start, start + n)]
    path = folder / "a.csv"
    path.write_text("\n".join(["id,text,n", *rows, "x,y"]) if n > 50 else "\n".join(["id,text,n", *rows]))
    return open_source(path)


def test_items_come_back_as_they_were(tmp_path):
    source = table_of(tmp_path, 40_000)
    items = write_items(source, tmp_path / "items")
    assert list(items.ids) == list(source.ids) and len(items) == 40_000 and items.kind == "text"
    for i in (0, 16_383, 16_384, 39_999, -1):
        assert items[i] == source.content[i]
    assert items[16_380:16_390] == source.content[16_380:16_390]
    assert items[10:0:-3] == source.content[10:0:-3]
    assert items[39_990:50_000] == source.content[39_990:40_000] and items[5:5] == []
    assert sum(1 for _ in items) == 40_000
    assert items.row("17") == 17
    with pytest.raises(UnknownItem, match="'nobody'"):
        items.row("nobody")
    with pytest.raises(IndexError):
        items[40_000]
    again = open_items(tmp_path / "items")
    assert list(again.ids) == list(items.ids) and again.fingerprint == items.fingerprint
    assert [str(one) for one in again.problems] == ["line 40002: 2 columns where 3 were expected"]
    assert "40000 items of kind 'text'" in repr(again)


def test_rows_pictures_and_vectors_come_back_as_they_were(tmp_path):
    (tmp_path / "a.csv").write_text("size,colour\n1,red\n,blue\n3,red\n")
    np.save(tmp_path / "rows.npy", np.arange(12, dtype=np.float32).reshape(4, 3))
    np.save(tmp_path / "pictures.npy", np.arange(120, dtype=np.uint8).reshape(2, 5, 4, 3))
    for name in ("a.csv", "rows.npy", "pictures.npy"):
        source = open_source(tmp_path / name)
        items = write_items(source, tmp_path / f"items of {name}")
        assert items.kind == source.kind
        for there, here in zip(items, source.content, strict=True):
            there, here = dict(there), dict(here)
            if "vector" in here:
                assert there.pop("vector").tolist() == here.pop("vector").tolist()
            assert there == here


def test_adding_keeps_the_rows_and_takes_only_new_items(tmp_path):
    items = write_items(table_of(tmp_path, 10), tmp_path / "items")
    before = [dict(one) for one in items]
    assert items.append(table_of(tmp_path, 10, start=5)) == 5
    assert list(items.ids) == [str(i) for i in range(15)]
    assert [dict(one) for one in items[:10]] == before
    assert items[14]["text"] == "the words of item 14" and items.row("14") == 14
    assert items.append(table_of(tmp_path, 15)) == 0
    assert list(open_items(tmp_path / "items").ids) == list(items.ids)


def test_who_reads_while_items_are_added_finds_all_that_were_there(tmp_path, monkeypatch):
    items = write_items(table_of(tmp_path, 3), tmp_path / "items")
    last, read, seen = items[2], pa.ipc.open_file, []

    def read_while_another_does(file):
        seen.append((items[2], items.row("2"), list(items.ids)))
        return read(file)

    monkeypatch.setattr(pa.ipc, "open_file", read_while_another_does)
    items.append(table_of(tmp_path, 2, start=3))
    assert seen == [(last, 2, ["0", "1", "2"])] * 2
    assert list(items.ids) == ["0", "1", "2", "3", "4"] and items.row("4") == 4


def test_items_of_another_kind_are_refused(tmp_path):
    items = write_items(table_of(tmp_path, 3), tmp_path / "items")
    np.save(tmp_path / "rows.npy", np.ones((2, 2)))
    with pytest.raises(InvalidInput, match="'text', the new ones of the kind 'row'"):
        items.append(open_source(tmp_path / "rows.npy"))
    with pytest.raises(InvalidInput, match="holds items already"):
        write_items(table_of(tmp_path, 3), tmp_path / "items")


def test_no_items_and_damaged_items(tmp_path):
    with pytest.raises(InvalidInput, match="holds no items"):
        open_items(tmp_path)
    write_items(table_of(tmp_path, 3), tmp_path / "items")
    file = tmp_path / "items" / "00000.arrow"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(SourceError, match=r"damaged.*import the source again"):
        open_items(tmp_path / "items")


@pytest.fixture
def full_disk(monkeypatch):
    """A device on which nothing can be made durable any more."""

    def fail(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)


def test_a_full_disk_leaves_nothing_half_written(tmp_path, full_disk):
    with pytest.raises(DiskFull, match=r"No room left.*untouched"):
        write_items(table_of(tmp_path, 100), tmp_path / "items")
    assert list((tmp_path / "items").iterdir()) == []


def test_a_full_disk_while_adding_keeps_what_was_there(tmp_path, monkeypatch):
    items = write_items(table_of(tmp_path, 10), tmp_path / "items")
    source = table_of(tmp_path, 20)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        with pytest.raises(DiskFull):
            items.append(source)
    assert len(open_items(tmp_path / "items")) == 10
    assert sorted(path.name for path in (tmp_path / "items").iterdir()) == ["00000.arrow", "problems.json"]
    assert items.append(source) == 10


def test_a_disk_that_fills_in_the_middle_of_a_file(tmp_path):
    """Arrow writes through a Python file: the error must come through it unchanged."""
    with (
        pytest.raises(DiskFull),
        full_disk_told(tmp_path / "x"),
        open("/dev/full", "wb", buffering=0) as full,
    ):
        import pyarrow as pa

        batch = pa.record_batch({"a": ["x" * 1000] * 1000})
        with pa.ipc.new_file(full, batch.schema) as writer:
            writer.write_batch(batch)


def test_atomic_write_replaces_in_one_step_and_other_errors_stay_what_they_are(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_write(path) as file:
        file.write(b"new")
        1 / 0  # noqa: B018
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    with atomic_write(path) as file:
        file.write(b"new")
    assert path.read_text() == "new" and path.stat().st_mode & 0o077 == 0o666 & ~current_umask() & 0o077
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "nowhere" / "a"):
        pass


def current_umask():
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


@pytest.mark.skipif(os.name == "nt", reason="Windows opens no folders")
@pytest.mark.parametrize(("durable", "waited"), [(True, ["file", "folder"]), (False, [])])
def test_what_is_durable_has_its_content_and_then_its_name_on_the_disk(
    tmp_path, monkeypatch, durable, waited
):
    path, seen = tmp_path / "a", []

    def noted(handle):
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        assert path.exists() == is_folder  # the name comes after the content
        seen.append("folder" if is_folder else "file")

    monkeypatch.setattr(os, "fsync", noted)
    with atomic_write(path, mode=0o600, durable=durable) as file:
        file.write(b"x")
    assert seen == waited and path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["a"]


def test_many_may_write_one_file_at_a_time(tmp_path):
    path = tmp_path / "a"

    def write(text):
        for _ in range(20):
            with atomic_write(path, durable=False) as file:
                file.write(text)

    writers = [threading.Thread(target=write, args=(letter * 1000,)) for letter in (b"a", b"b", b"c")]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert len(path.read_bytes()) == 1000 and len(set(path.read_bytes())) == 1
    assert len(list(tmp_path.iterdir())) == 1
