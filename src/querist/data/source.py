"""What a source gives: items in columns, ids that stay, labels that are there already, and problems."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, overload

import numpy as np

from querist.errors import SourceError

__all__ = ["Columns", "Content", "Kind", "Problem", "Source", "stable_ids"]

Kind = Literal["text", "image", "row"]
Content = Mapping[str, Any]


@dataclass(frozen=True)
class Problem:
    """Something in a source that is not as it should be: where, what, and whether the item was left out."""

    place: str
    reason: str
    left_out: bool = True

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@dataclass(frozen=True, eq=False)
class Columns(Sequence[Content]):
    """The content of n items, column by column; ``[i]`` is what an annotator is shown of item i.

    ``[i]`` is a mapping with ``kind`` and ``meta`` (small print: name to value) and, by kind:

    - ``text``: ``text``;
    - ``image``: ``path`` (an absolute path) or ``data`` (the bytes of a PNG file);
    - ``row``: ``fields`` (name to value, a missing value is ``""``) and, for arrays, ``vector``.

    A slice gives a list of such mappings.
    """

    kind: Kind
    size: int
    text: Sequence[str] | None = None
    path: Sequence[str] | None = None
    images: np.ndarray | None = None
    vectors: np.ndarray | None = None
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    meta: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, index: int) -> Content: ...
    @overload
    def __getitem__(self, index: slice) -> list[Content]: ...
    def __getitem__(self, index: int | slice) -> Content | list[Content]:
        if isinstance(index, slice):
            return [self._one(i) for i in range(*index.indices(self.size))]
        if not -self.size <= index < self.size:
            raise IndexError(index)
        return self._one(index % self.size)

    def __iter__(self) -> Iterator[Content]:
        return map(self._one, range(self.size))

    def _one(self, i: int) -> Content:
        content: dict[str, Any] = {"kind": self.kind}
        if self.text is not None:
            content["text"] = self.text[i]
        if self.path is not None:
            content["path"] = self.path[i]
        if self.images is not None:
            content["data"] = self.png(i)
        if self.kind == "row":
            content["fields"] = {name: column[i] for name, column in self.fields.items()}
        if self.vectors is not None:
            content["vector"] = self.vectors[i]
            content["fields"] = vector_fields(self.vectors[i])
        content["meta"] = {name: column[i] for name, column in self.meta.items()}
        return content

    def png(self, i: int) -> bytes:
        """Image ``i`` of an array as the bytes of a PNG file."""
        from querist.data.images import png

        assert self.images is not None
        return png(self.images[i])


_FEW_CLASSES = 50  # so many are classes however rare each is


@dataclass(frozen=True, eq=False)
class Source:
    """Items that were read from a path: their ids, content, given labels and problems, in one order.

    Attributes
    ----------
    kind : "text", "image" or "row"
    ids : sequence of str, distinct; the same when the same data is opened again, rows added or not
    content : what is shown of each item, lazily; see :class:`Columns`
    labels : labels that the source holds already, by id
    problems : what was left out, and why
    fingerprint : changes when the data changes
    options : the keyword arguments that open the same path in the same way, every guess made explicit
    """

    kind: Kind
    ids: Sequence[str]
    content: Columns
    labels: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    fingerprint: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.content):
            raise SourceError(
                f"A source needs one id an item; got {len(self.ids)} ids and {len(self.content)} items.",
                mend="Give as many ids as items.",
            )

    def __len__(self) -> int:
        return len(self.ids)

    def check_classes(self) -> None:
        """Raise SourceError where the labels are no classes: nearly as many different ones as items."""
        distinct = len(set(self.labels.values()))
        if distinct > _FEW_CLASSES and distinct > len(self.labels) / 2:
            raise SourceError(
                f"The labels of {self.path} are {distinct:,} different values on {len(self.labels):,} items, "
                f"{next(iter(self.labels.values()))!r} among them: these are no classes.",
                mend="Name the column with the classes (label=); numbers are compared by "
                "`querist bench --task number`.",
            )

    def __repr__(self) -> str:
        told = f", {len(self.problems)} problems" if self.problems else ""
        return f"Source({len(self)} items of kind {self.kind!r}, {len(self.labels)} labelled{told})"


def vector_fields(vector: np.ndarray) -> dict[str, str]:
    """A row of numbers as named fields, for the screen."""
    return {f"x{j}": f"{value:.6g}" for j, value in enumerate(vector.tolist(), start=1)}


def stable_ids(rows: Iterator[tuple[str, ...]] | Sequence[tuple[str, ...]]) -> list[str]:
    """Ids from what the rows say: the same row keeps its id wherever it stands.

    Rows that say the same are told apart by the order in which they come: ``<hash>``, ``<hash>-2``, ...

    >>> stable_ids([("a", "b"), ("c", "d"), ("a", "b")])
    ['f84c4d669fe0d410', 'd2c2727713b2b3fe', 'f84c4d669fe0d410-2']
    """
    seen: dict[str, int] = {}
    ids = []
    for row in rows:
        told = "\x1f".join(row).encode("utf-8", "surrogatepass")
        name = hashlib.blake2b(told, digest_size=8).hexdigest()
        count = seen.get(name, 0) + 1
        seen[name] = count
        ids.append(name if count == 1 else f"{name}-{count}")
    return ids
