"""A table on its way out: named and typed columns, and rows that come one after another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Literal

from querist.data import Columns, ItemTable, Pool

__all__ = ["CHUNK", "Column", "ContentColumns", "Table", "moment"]

CHUNK = 4096
Type = Literal["text", "words", "integer", "number", "truth"]


@dataclass(frozen=True)
class Column:
    """A column's name, and what its cells are (None stands for no value in every type).

    A cell of "words" is a sequence of strings: a list in JSON lines and Parquet, JSON text in CSV.
    """

    name: str
    type: Type = "text"


@dataclass(frozen=True)
class Table:
    """Columns, and rows in the same order; the rows can be read once."""

    columns: Sequence[Column]
    rows: Iterator[Sequence[Any]]


class ContentColumns:
    """What the items of a pool say, as columns: the text, the path or the fields, and the small print.

    The names come from the first items.  What a later item has beyond them goes into the column
    ``more`` as JSON, so that nothing is dropped.  A name that is ``taken`` gets the prefix ``item_``.
    """

    def __init__(self, pool: Pool, *, taken: Sequence[str]) -> None:
        self.pool = pool
        names: dict[str, None] = {}
        self._more = False
        n = len(pool) if pool.content is not None else 0
        for start in range(0, n, CHUNK):
            for one in self._slice(start, min(start + CHUNK, n)):
                new = [name for name in cells(one) if name not in names]
                if start == 0:
                    names.update(dict.fromkeys(new))
                else:
                    self._more |= bool(new)
            if self._more or isinstance(pool.content, Columns | ItemTable):  # whose rows are all alike
                break
        self.names = list(names)
        told = set(taken)
        shown = []
        for name in [*self.names, *(["more"] if self._more else [])]:
            while name in told:
                name = f"item_{name}"
            told.add(name)
            shown.append(name)
        self.columns = [Column(name) for name in shown]

    def chunks(self) -> Iterator[tuple[int, list[list[str | None]]]]:
        """The first row of each chunk, and the cells of its items."""
        n = len(self.pool)
        for start in range(0, n, CHUNK):
            stop = min(start + CHUNK, n)
            if self.pool.content is None:
                yield start, [[] for _ in range(start, stop)]
            else:
                yield start, [self._row(one) for one in self._slice(start, stop)]

    def of(self, rows: Sequence[int]) -> Iterator[list[str | None]]:
        """The cells of some items, ``rows`` ascending; dense stretches are read in one slice."""
        content = self.pool.content
        if content is None:
            yield from ([] for _ in rows)
            return
        for _, group in groupby(rows, key=lambda row: row // CHUNK):
            near = list(group)
            if 4 * len(near) > near[-1] - near[0]:
                stretch = self._slice(near[0], near[-1] + 1)
                yield from (self._row(stretch[row - near[0]]) for row in near)
            else:
                yield from (self._row(content[row]) for row in near)

    def empty(self) -> list[str | None]:
        """The cells of an item that the pool no longer holds."""
        return [None] * len(self.columns)

    def of_made(self, content: Mapping[str, Any]) -> list[str | None]:
        """The cells of an item that is in no pool; what no column fits is left out."""
        found = cells(content)
        told: list[str | None] = [found.get(name) for name in self.names]
        return [*told, None] if self._more else told

    def _slice(self, start: int, stop: int) -> Sequence[Mapping[str, Any]]:
        content = self.pool.content
        assert content is not None
        try:
            return content[start:stop]
        except TypeError:  # a lazy sequence need not know slices
            return [content[i] for i in range(start, stop)]

    def _row(self, content: Mapping[str, Any]) -> list[str | None]:
        found = cells(content)
        row = [found.get(name) for name in self.names]
        if self._more:
            import json

            rest = {name: value for name, value in found.items() if name not in self.names}
            row.append(json.dumps(rest, ensure_ascii=False) if rest else None)
        return row


def cells(content: Mapping[str, Any]) -> dict[str, str]:
    """What an item says, by name; pictures that are bytes stay out.

    >>> cells({"kind": "text", "text": "late again", "meta": {"source": "mail"}})
    {'text': 'late again', 'source': 'mail'}
    """
    found: dict[str, str] = {}
    for name in ("text", "path"):
        if content.get(name) is not None:
            found[name] = str(content[name])
    for group in ("fields", "meta"):
        for name, value in (content.get(group) or {}).items():
            found.setdefault(str(name), str(value))
    return found


def moment(at: float | None) -> str | None:
    """Seconds since 1970 as ISO 8601 in UTC.

    >>> moment(0.5)
    '1970-01-01T00:00:00.500+00:00'
    """
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
