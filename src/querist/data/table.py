"""Items on disk: Arrow files, memory-mapped, so that a hundred thousand open in a blink."""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from querist.data.files import atomic_write, digest, full_disk_told
from querist.data.source import Columns, Content, Kind, Problem, Source, vector_fields
from querist.errors import InvalidInput, SourceError, UnknownItem

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ItemTable", "open_items", "write_items"]

_BATCH = 16_384  # rows of one record batch: a few MB of text
_FORMAT = "1"


class ItemTable(Sequence[Content]):
    """The items of a campaign, as they lie in a folder of Arrow files.

    A sequence of content (see :class:`Columns` for its keys): ``table[i]`` reads one item from the memory
    map, a slice reads many at once.  ``ids`` are in the same order.  Nothing is held in memory but the ids.

    Files are only ever added (:meth:`append`), so row numbers stay.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._row_of: tuple[list[str], dict[str, int]] = ([], {})  # of these ids
        self._open()

    def _open(self) -> None:
        files = sorted(self.folder.glob("[0-9]*.arrow"))
        if not files:
            raise InvalidInput(
                f"{self.folder} holds no items.", mend="Write them first, with write_items(...)."
            )
        batches: list[pa.RecordBatch] = []
        starts: list[int] = []
        ids: list[str] = []
        hashes: list[str] = []
        kind: Kind = "text"
        for file in files:
            kind, told, further = _map(file)
            hashes.append(told)
            for batch in further:
                starts.append(len(ids))
                batches.append(batch)
                ids.extend(batch.column("id").to_pylist())
        # all at the end, and the ids last: another thread may be reading, and rows stay what they were
        self._batches, self._starts, self.kind = batches, starts, kind
        self._ids = ids
        self._files = len(files)
        self.fingerprint = digest(hashes)

    @property
    def ids(self) -> Sequence[str]:
        """The items' ids, in row order."""
        return self._ids

    @property
    def problems(self) -> list[Problem]:
        """What was left out when the items were written, and why."""
        path = self.folder / "problems.json"
        return [Problem(**one) for one in json.loads(path.read_text("utf-8"))] if path.exists() else []

    def __len__(self) -> int:
        return len(self._ids)

    def __repr__(self) -> str:
        return f"ItemTable({len(self)} items of kind {self.kind!r})"

    def row(self, item: str) -> int:
        """The row of the item with this id."""
        ids, (those, rows) = self._ids, self._row_of
        if those is not ids:
            rows = {one: row for row, one in enumerate(ids)}
            self._row_of = ids, rows
        try:
            return rows[item]
        except KeyError:
            raise UnknownItem(f"No item has the id {item!r}.", mend="Ids are compared exactly.") from None

    @overload
    def __getitem__(self, index: int) -> Content: ...
    @overload
    def __getitem__(self, index: slice) -> list[Content]: ...
    def __getitem__(self, index: int | slice) -> Content | list[Content]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            return self._between(start, stop) if step == 1 else [self[i] for i in range(start, stop, step)]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._between(index % len(self), index % len(self) + 1)[0]

    def __iter__(self) -> Iterator[Content]:
        for start in range(0, len(self), 1024):
            yield from self._between(start, start + 1024)

    def _between(self, start: int, stop: int) -> list[Content]:
        found: list[Content] = []
        while start < min(stop, len(self)):
            k = bisect_right(self._starts, start) - 1
            inside = start - self._starts[k]
            batch = self._batches[k].slice(inside, stop - start)
            found.extend(_contents(batch, self.kind))
            start += batch.num_rows
        return found

    def holds(self, source: Source) -> bool:
        """Whether these are the items of ``source`` as it is now, and no others."""
        return self.fingerprint == digest([source.fingerprint])

    def refresh(self) -> bool:
        """Take in files that another process has added; whether there were any."""
        if len(list(self.folder.glob("[0-9]*.arrow"))) == self._files:
            return False
        self._open()
        return True

    def append(self, source: Source) -> int:
        """Add the items of ``source`` whose ids are new; returns how many were."""
        if source.kind != self.kind:
            raise InvalidInput(
                f"The items here are of the kind {self.kind!r}, the new ones of the kind {source.kind!r}.",
                mend="Start another campaign for them.",
            )
        held = set(self._ids)
        rows = [i for i, item in enumerate(source.ids) if item not in held]
        if rows:
            number = len(list(self.folder.glob("[0-9]*.arrow")))
            _write(source, rows, self.folder / f"{number:05d}.arrow")
            self._open()
        _write_problems(source, self.folder)
        return len(rows)


def write_items(source: Source, folder: str | os.PathLike[str]) -> ItemTable:
    """Write the items of a source into ``folder`` (made if need be) and open them.

    Whole or not at all: a full disk raises :class:`~querist.errors.DiskFull` and leaves nothing.
    """
    folder = Path(folder)
    with full_disk_told(folder):
        folder.mkdir(parents=True, exist_ok=True)
    if any(folder.glob("[0-9]*.arrow")):
        raise InvalidInput(f"{folder} holds items already.", mend="Open them, and append to them.")
    _write_problems(source, folder)
    _write(source, range(len(source)), folder / "00000.arrow")
    return ItemTable(folder)


def open_items(folder: str | os.PathLike[str]) -> ItemTable:
    """The items that were written into ``folder``."""
    return ItemTable(folder)


def _map(file: Path) -> tuple[Kind, str, list[pa.RecordBatch]]:
    """What one file holds, memory-mapped: the kind of its items, their fingerprint, their batches."""
    import pyarrow as pa

    try:
        reader = pa.ipc.open_file(pa.memory_map(str(file)))
        batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{file} is damaged: {str(error).splitlines()[0]}.",
            mend="Delete the items folder and import the source again; the answers are kept elsewhere.",
        ) from error
    told = reader.schema.metadata or {}
    if told.get(b"format") != _FORMAT.encode():
        raise SourceError(
            f"{file} was written by another version of querist.",
            mend="Delete the items folder and import the source again; the answers are kept elsewhere.",
        )
    return told[b"kind"].decode(), told[b"fingerprint"].decode(), batches


def _write_problems(source: Source, folder: Path) -> None:
    told = [{"place": p.place, "reason": p.reason, "left_out": p.left_out} for p in source.problems]
    with atomic_write(folder / "problems.json") as file:
        file.write(json.dumps(told, ensure_ascii=False).encode("utf-8"))


def _write(source: Source, rows: Sequence[int], path: Path) -> None:
    import pyarrow as pa

    schema = None
    with atomic_write(path) as file:
        writer = None
        for start in range(0, len(rows), _BATCH):
            batch = _batch(source, rows[start : start + _BATCH])
            if writer is None:
                told = {"format": _FORMAT, "kind": source.kind, "fingerprint": source.fingerprint}
                schema = batch.schema.with_metadata(told)
                writer = pa.ipc.new_file(file, schema)
            writer.write_batch(batch.replace_schema_metadata(schema.metadata))  # type: ignore[union-attr]
        if writer is not None:
            writer.close()


def _batch(source: Source, rows: Sequence[int]) -> pa.RecordBatch:
    import pyarrow as pa

    content: Columns = source.content
    whole = isinstance(rows, range)

    def part(column: Sequence[str]) -> pa.Array:
        cells = column[rows.start : rows.stop] if whole else [column[i] for i in rows]  # type: ignore[attr-defined]
        return pa.array(cells, pa.large_string())

    arrays: dict[str, pa.Array] = {"id": part(source.ids)}
    if content.text is not None:
        arrays["text"] = part(content.text)
    if content.path is not None:
        arrays["path"] = part(content.path)
    if content.images is not None:
        arrays["data"] = pa.array([content.png(i) for i in rows], pa.large_binary())
    if content.vectors is not None:
        block = np.ascontiguousarray(content.vectors[list(rows)], dtype=np.float32)
        arrays["vector"] = pa.FixedSizeListArray.from_arrays(pa.array(block.reshape(-1)), block.shape[1])
    for name, columns in (("fields", content.fields), ("meta", content.meta)):
        if columns:
            arrays[name] = _struct(columns, part)
    return pa.RecordBatch.from_arrays(list(arrays.values()), names=list(arrays))


def _struct(columns: Mapping[str, Sequence[str]], part: Any) -> pa.Array:
    import pyarrow as pa

    return pa.StructArray.from_arrays([part(column) for column in columns.values()], names=list(columns))


def _contents(batch: pa.RecordBatch, kind: Kind) -> list[Content]:
    held = {
        name: batch.column(name).to_pylist() for name in batch.schema.names if name not in ("id", "vector")
    }
    vectors = None
    if "vector" in batch.schema.names:
        column = batch.column("vector")
        vectors = column.flatten().to_numpy().reshape(len(column), -1)
    found: list[Content] = []
    for i in range(batch.num_rows):
        content: dict[str, Any] = {"kind": kind}
        for name, values in held.items():
            content[name] = values[i]
        if vectors is not None:
            content["vector"] = vectors[i]
            content["fields"] = vector_fields(vectors[i])
        elif kind == "row":
            content.setdefault("fields", {})
        content.setdefault("meta", {})
        found.append(content)
    return found
