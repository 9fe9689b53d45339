"""The pool: the items known so far, as columns in one fixed order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from querist.errors import InvalidInput, UnknownItem

__all__ = ["ItemId", "Pool"]

ItemId = str | int
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")  # as str writes it; int() takes more, or fails on it


class Pool:
    """The items that may be asked about: ids, features, costs and content, row by row.

    Row numbers never leave querist; ids do, and an item's id never changes.

    Parameters
    ----------
    features : array-like of n rows, optional
        Dense (n, d) float32 or float64, a SciPy sparse matrix, a memory map, or a sequence of raw
        values (texts, say) when the model is a pipeline that takes them.  Never copied, never changed.
    ids : sequence of n str or int, optional
        Distinct.  Without it the row numbers 0..n-1 are the ids.
    costs : array-like (n,), optional
        What one label costs, in a unit of your choice; positive.  Without it every item costs 1.
    content : sequence of n mappings, optional
        What an annotator is shown.  May be lazy (only ``len`` and ``[i]`` are used).
    encode : function, optional
        A list of contents -> their features, a row each: what synthesis needs to make items beside these.

    >>> pool = Pool([[0.0], [1.0], [2.0]], ids=["a", "b", "c"])
    >>> len(pool), pool.row("c"), pool.ids[0]
    (3, 2, 'a')
    """

    def __init__(
        self,
        features: Any = None,
        *,
        ids: Sequence[ItemId] | None = None,
        costs: Any = None,
        content: Sequence[Mapping[str, Any]] | None = None,
        encode: Callable[[Sequence[Mapping[str, Any]]], Any] | None = None,
    ) -> None:
        sizes = {
            name: _rows(column)
            for name, column in (("features", features), ("ids", ids), ("costs", costs), ("content", content))
            if column is not None
        }
        if not sizes:
            raise InvalidInput("A pool needs at least one column.", mend="Give features, ids or content.")
        if len(set(sizes.values())) > 1:
            told = ", ".join(f"{name} has {size}" for name, size in sizes.items())
            raise InvalidInput(
                f"The columns of a pool differ in length: {told}.", mend="Give one row an item."
            )
        self._n = next(iter(sizes.values()))
        self.features = features if features is None or hasattr(features, "shape") else _as_array(features)
        self.ids: Sequence[ItemId] = range(self._n) if ids is None else list(ids)
        self.costs = None if costs is None else _positive(np.asarray(costs, dtype=np.float64))
        self.content = content
        self.encode = encode
        self._row_of: dict[ItemId, int] | None = None
        if ids is not None:
            self._row_of = {item: row for row, item in enumerate(self.ids)}
            if len(self._row_of) < self._n:
                raise InvalidInput(
                    f"{self._n - len(self._row_of)} ids repeat, {_first_repeat(self.ids)!r} among them.",
                    mend="Ids must be distinct: drop the repeated rows or name another id column.",
                )

    def __len__(self) -> int:
        return self._n

    def __contains__(self, item: object) -> bool:
        if self._row_of is not None:
            return item in self._row_of
        return isinstance(item, int | np.integer) and bool(0 <= item < self._n)

    def __repr__(self) -> str:
        shape = getattr(self.features, "shape", None)
        return f"Pool({self._n} items, features {shape})"

    def row(self, item: ItemId) -> int:
        """The row of one item."""
        if item not in self:
            raise UnknownItem(
                f"No item has the id {item!r}; the pool holds {self._n} items"
                f"{f' such as {self.ids[0]!r}' if self._n else ''}.",
                mend="Ids are compared exactly: mind the type (1 is not '1') and surrounding blanks.",
            )
        return int(item) if self._row_of is None else self._row_of[item]

    def find(self, told: ItemId) -> ItemId | None:
        """The pool's own id where one came through text, in which 7 and "7" look alike; None if none fits.

        >>> Pool([[0.0]] * 9).find("7"), Pool(ids=["7"]).find(7), Pool(ids=["7"]).find("07")
        (7, '7', None)
        """
        if told in self:
            return told
        if isinstance(told, str):
            return int(told) if _WHOLE.fullmatch(told) and int(told) in self else None
        return str(told) if str(told) in self else None

    def rows(self, items: Iterable[ItemId]) -> np.ndarray:
        """The rows of many items, shape (k,), in the order given."""
        told = list(items)
        if self._row_of is None and set(map(type, told)) <= {int}:
            rows = np.array(told, dtype=np.intp)
            if not rows.size or (rows.min() >= 0 and rows.max() < self._n):
                return rows
        elif self._row_of is not None and self._row_of.keys() >= set(told):
            return np.fromiter(map(self._row_of.__getitem__, told), dtype=np.intp, count=len(told))
        return np.fromiter((self.row(item) for item in told), dtype=np.intp)


def _rows(column: Any) -> int:
    shape = getattr(column, "shape", None)
    return int(shape[0]) if shape else len(column)


def _as_array(features: Any) -> np.ndarray:
    """Numbers become a float array; anything else (texts, records) an object array of rows."""
    try:
        array = np.asarray(features)
    except ValueError:
        array = np.empty(0, dtype=object)
    if array.dtype.kind in "fiub" and array.ndim == 2:
        return array if array.dtype.kind == "f" else array.astype(np.float64)
    rows = np.empty(len(features), dtype=object)
    for i, row in enumerate(features):
        rows[i] = row
    return rows


def _positive(costs: np.ndarray) -> np.ndarray:
    if not (np.isfinite(costs).all() and (costs > 0).all()):
        raise InvalidInput(
            f"Costs must be positive and finite; the smallest is {costs.min()!r}.",
            mend="Give every item a cost above 0.",
        )
    return costs


def _first_repeat(ids: Iterable[ItemId]) -> ItemId | None:
    seen: set[ItemId] = set()
    for item in ids:
        if item in seen:
            return item
        seen.add(item)
    return None
