"""Tables written as CSV, JSON lines or Parquet: row after row, and whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from querist.data import atomic_write
from querist.errors import InvalidInput
from querist.formats.columns import CHUNK, Table

__all__ = ["FORMATS", "Target", "format_of", "write_table"]

Target = str | os.PathLike[str] | BinaryIO

_SUFFIXES = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}


def format_of(path: str | os.PathLike[str]) -> str:
    """The format that a file's name asks for.

    >>> format_of("labels.parquet")
    'parquet'
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _SUFFIXES:
        raise InvalidInput(
            f"The name {Path(path).name!r} does not tell which format to write.",
            mend=f"End it with {', '.join(_SUFFIXES)}, or name the format: {', '.join(FORMATS)}.",
        )
    return _SUFFIXES[suffix]


def write_table(
    table: Table, target: Target, format: str | None = None, *, spreadsheet_safe: bool = False
) -> int:
    """Write ``table`` to a path (atomically) or into an open binary file; return how many rows.

    ``format`` is one of :data:`FORMATS`; for a path it may be left to the file's name.
    ``spreadsheet_safe`` puts an apostrophe before CSV cells that a spreadsheet would run as a formula.
    """
    if isinstance(target, str | os.PathLike):
        writer = _writer(format or format_of(target))
        folder = Path(target).parent
        if not folder.is_dir():
            raise InvalidInput(
                f"There is no folder {str(folder)!r}.", mend="Make it first, or write elsewhere."
            )
        with atomic_write(target) as file:
            return writer(table, file, spreadsheet_safe)
    return _writer(format or "")(table, target, spreadsheet_safe)


def _writer(format: str) -> Callable[[Table, BinaryIO, bool], int]:
    if format not in FORMATS:
        raise InvalidInput(f"There is no format {format!r}.", mend=f"Choose one of {', '.join(FORMATS)}.")
    return FORMATS[format]


def _write_csv(table: Table, file: BinaryIO, spreadsheet_safe: bool) -> int:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=False)
    writer = csv.writer(text)
    names = [column.name for column in table.columns]  # data may bring their own
    writer.writerow(map(_safe, names) if spreadsheet_safe else names)
    n = 0
    words = any(column.type == "words" for column in table.columns)
    for rows in _chunks(table.rows):
        if words:
            rows = [[_told(cell) for cell in row] for row in rows]
        writer.writerows([map(_safe, row) for row in rows] if spreadsheet_safe else rows)
        n += len(rows)
    text.flush()
    text.detach()
    return n


def _told(cell: Any) -> Any:
    """Words as a list in JSON: no separator is safe, for a class may hold any character."""
    return json.dumps(list(cell), ensure_ascii=False) if isinstance(cell, list | tuple) else cell


def _safe(cell: Any) -> Any:
    """``cell`` so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _write_jsonl(table: Table, file: BinaryIO, spreadsheet_safe: bool) -> int:
    names = [column.name for column in table.columns]
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    n = 0
    for rows in _chunks(table.rows):
        lines = [encode(dict(zip(names, row, strict=True))) for row in rows]
        file.write(("\n".join(lines) + "\n").encode("utf-8", "surrogatepass"))
        n += len(rows)
    return n


def _write_parquet(table: Table, file: BinaryIO, spreadsheet_safe: bool) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "text": pa.string(),
        "words": pa.list_(pa.string()),
        "integer": pa.int64(),
        "number": pa.float64(),
        "truth": pa.bool_(),
    }
    schema = pa.schema([(column.name, types[column.type]) for column in table.columns])
    n = 0
    with pq.ParquetWriter(file, schema) as writer:
        for rows in _chunks(table.rows, 4 * CHUNK):
            columns = [
                pa.array(cells, kind)
                for cells, kind in zip(zip(*rows, strict=True), schema.types, strict=True)
            ]
            writer.write_batch(pa.record_batch(columns, schema=schema))
            n += len(rows)
    return n


def _chunks(rows: Iterator[Sequence[Any]], size: int = CHUNK) -> Iterator[list[Sequence[Any]]]:
    while chunk := list(islice(rows, size)):
        yield chunk


FORMATS: dict[str, Callable[[Table, BinaryIO, bool], int]] = {
    "csv": _write_csv,
    "jsonl": _write_jsonl,
    "parquet": _write_parquet,
}
