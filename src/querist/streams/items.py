"""Items of a stream as lines of JSON: what a line's id, numbers and label are."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.errors import InvalidInput

__all__ = ["Columns", "Item", "label_of", "read_item"]

_VECTORS = ("x", "features")


@dataclass(frozen=True)
class Item:
    """One line that was read: its id, its numbers, the whole record, and its label where it brings one."""

    id: str
    row: np.ndarray
    record: Mapping[str, Any]
    label: Any = None


@dataclass(frozen=True)
class Columns:
    """Which fields of a record are what.

    Parameters
    ----------
    names : sequence of str
        The fields that are the item's numbers, in order; or one field that holds all of them as a list.
    id : str
        The field with a distinct id; without such a field the line's number is the id.
    label : str
        The field with a label, for streams that are replayed; "" for none.
    """

    names: tuple[str, ...]
    id: str = "id"
    label: str = ""

    @classmethod
    def of(cls, record: Any, *, names: Sequence[str] = (), id: str = "id", label: str = "") -> Columns:
        """The columns of a stream by its first record: those named, else a list of numbers, else all numbers.

        >>> Columns.of({"id": 7, "heat": 21.5, "site": "north", "hum": 40}).names
        ('heat', 'hum')
        """
        record = _record(record)
        if names:
            return cls(tuple(names), id, label)
        for name in _VECTORS:
            if isinstance(record.get(name), list):
                return cls((name,), id, label)
        found = tuple(name for name, one in record.items() if _number(one) and name not in (id, label))
        if not found:
            raise InvalidInput(
                f"No field of the first item is a number; it has {', '.join(map(repr, record)) or 'none'}.",
                mend="Name the fields that are the item's numbers: --columns heat,humidity.",
            )
        return cls(found, id, label)


def read_item(line: bytes | str | Mapping[str, Any], columns: Columns, number: int) -> Item:
    """The item in one line.

    >>> read_item(b'{"id": "a", "x": [1, 2]}', Columns(("x",)), 0).row.tolist()
    [1.0, 2.0]
    """
    record = line if isinstance(line, Mapping) else parsed(line)
    only = columns.names[0]
    values: Any = record.get(only) if len(columns.names) == 1 else None
    if not isinstance(values, list):
        values = [record.get(name) for name in columns.names]
    row = np.empty(len(values))
    for i, value in enumerate(values):
        if not _number(value):
            name = columns.names[i] if len(columns.names) == len(values) else f"{only}[{i}]"
            raise InvalidInput(f"{name} is {value!r}, no finite number.", mend="It was left out.")
        row[i] = value
    told = record.get(columns.id)
    label = record.get(columns.label) if columns.label else None
    return Item(str(number) if told is None else str(told), row, record, label)


def label_of(line: bytes) -> tuple[str, Any]:
    """The item's id and the label in a line of a labels file; the label None gives the question up.

    >>> label_of(b'{"id": "a", "label": "spam"}')
    ('a', 'spam')
    """
    record = parsed(line)
    if "id" not in record or "label" not in record:
        raise InvalidInput(
            f'A label is told as {{"id": ..., "label": ...}}; got {json.dumps(record)[:100]}.',
            mend="Write both.",
        )
    return str(record["id"]), record["label"]


def parsed(line: bytes | str) -> Mapping[str, Any]:
    """One line of JSON as a record."""
    try:
        value = json.loads(line)
    except ValueError as error:
        raise InvalidInput(f"It is no JSON ({error}): {line[:80]!r}.", mend="It was left out.") from error
    return _record(value)


def _record(value: Any) -> Mapping[str, Any]:
    if isinstance(value, list):
        return {"x": value}
    if not isinstance(value, Mapping):
        raise InvalidInput(f"An item is an object or a list; got {value!r}.", mend="It was left out.")
    return value


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
