"""JSON lines, JSON and Parquet: records with named values, flattened into columns of strings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from querist.data.source import Problem
from querist.data.sources.lines import LINE_LIMIT, lines_of, open_text
from querist.data.sources.roles import Table
from querist.errors import SourceError

__all__ = ["read_json", "read_jsonl", "read_lines", "read_parquet"]

_NAMES = 1000  # columns; each costs a cell in every row


def read_jsonl(path: Path, *, encoding: str | None = None) -> Table:
    """One JSON value a line: objects (nested ones by dotted names), or bare strings as texts."""
    with open_text(path, encoding) as file:
        return _table(_parsed(file, path), path)


def read_json(path: Path, *, encoding: str | None = None) -> Table:
    """One JSON array of objects or strings."""
    with open_text(path, encoding) as file:
        try:
            whole = json.load(file)
        except (ValueError, RecursionError) as error:
            raise SourceError(
                f"{path} is not valid JSON: {error}.",
                mend="If it holds one object a line, give it the suffix .jsonl.",
            ) from error
    if not isinstance(whole, list):
        raise SourceError(
            f"{path} holds one JSON {type(whole).__name__}, not an array of items.",
            mend="Write an array of objects, or one object a line with the suffix .jsonl.",
        )
    return _table(((f"item {i}", one) for i, one in enumerate(whole, start=1)), path)


def read_lines(path: Path, *, encoding: str | None = None) -> Table:
    """A plain text file: one item a line, blank lines left out."""
    with open_text(path, encoding) as file:
        numbered = enumerate(lines_of(file, path), start=1)
        kept = [(f"line {number}", line.strip()) for number, line in numbered if line.strip()]
    return Table(names=["text"], columns=[[line for _, line in kept]], places=[place for place, _ in kept])


def read_parquet(path: Path) -> Table:
    """The columns of a Parquet file as strings; a null is an empty string."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        table = parquet.read_table(path)
    except FileNotFoundError as error:
        raise SourceError(f"{path} does not exist.", mend="Check the path.") from error
    except (pa.ArrowException, OSError) as error:
        told = str(error).split("\n")[0].rstrip(".")
        raise SourceError(
            f"{path} is no readable Parquet file: {told}.", mend="Write or copy it again."
        ) from error
    names, columns = [], []
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_struct(column.type):
            for j, part in enumerate(column.combine_chunks().flatten()):
                names.append(f"{name}.{column.type.field(j).name}")
                columns.append([_cell(value) for value in part.to_pylist()])
        else:
            names.append(str(name))
            columns.append([_cell(value) for value in column.to_pylist()])
    if not table.num_rows or not names:
        raise SourceError(f"{path} holds no rows.", mend="Check that the export that wrote it ran through.")
    return Table(names=names, columns=columns, places=[f"row {i + 1}" for i in range(table.num_rows)])


def _parsed(file: Any, path: Path) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(lines_of(file, path, LINE_LIMIT), start=1):
        if line.isspace():
            continue
        try:
            yield f"line {number}", json.loads(line)
        except (ValueError, RecursionError) as error:
            told = error.msg.removesuffix(" at") if isinstance(error, json.JSONDecodeError) else str(error)
            column = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
            raise SourceError(
                f"Line {number} of {path} is not valid JSON: {told}{column} in {line[:60].strip()!r}.",
                mend="Correct or delete that line; each line must be one whole JSON value.",
            ) from error


def _table(records: Iterable[tuple[str, Any]], path: Path) -> Table:
    columns: dict[str, list[str]] = {}
    places: list[str] = []
    problems: list[Problem] = []
    for place, record in records:
        if isinstance(record, str):
            record = {"text": record}
        if not isinstance(record, dict):
            problems.append(Problem(place, f"holds a JSON {type(record).__name__}, not an object"))
            continue
        rows = len(places)
        for name, value in _flat(record):
            if name not in columns and len(columns) == _NAMES:
                raise SourceError(
                    f"The items of {path} have more than {_NAMES:,} different names of values; "
                    f"{name!r} at {place} is one too many.",
                    mend="Write objects whose names vary (counts by user, say) as a list or as a string.",
                )
            column = columns.setdefault(name, [])
            if len(column) < rows:  # the records before had no such name
                column.extend([""] * (rows - len(column)))
            if len(column) == rows:
                column.append(_cell(value))
        places.append(place)
    if not places:
        told = f"; {problems[0]}" if problems else ""
        raise SourceError(f"{path} holds no items{told}.", mend="Write one JSON object an item.")
    for column in columns.values():
        column.extend([""] * (len(places) - len(column)))
    return Table(names=list(columns), columns=list(columns.values()), places=places, problems=problems)


def _flat(record: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _cell(value: Any) -> str:
    """A value as a person would read it; missing is empty."""
    if isinstance(value, str):
        return value
    if value is None or value != value:  # NaN is the only value that differs from itself
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
