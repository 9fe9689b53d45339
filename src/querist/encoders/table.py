"""Rows of a table as numbers: scaled numbers, categories one by one, missing values marked."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from querist.encoders.encoder import Contents, Progress, Unreadable
from querist.errors import InvalidInput, NotFitted
from querist.specs import named

__all__ = ["TableEncoder"]

_MISSING = frozenset(("", "na", "nan", "null", "none", "n/a", "?"))
_FIT_ON = 50_000
_BLOCK = 8192
_HUGE = 1e100  # beyond it a number is a mistake, and its square no number
_REACH = 6.0  # scaled numbers are held within this many deviations: one outlier must not rule a model


@dataclass(frozen=True)
class _Column:
    """How one field is written: as a scaled number, as categories, or as both."""

    name: str
    number: tuple[float, float, float, bool] | None  # middle, scale, filled in when missing, by logarithm
    categories: tuple[str, ...] = ()
    marked: bool = False  # a missing value has a feature of its own

    @property
    def width(self) -> int:
        return (self.number is not None) + len(self.categories) + self.marked


@named("table")
@dataclass(frozen=True)
class TableEncoder:
    """Rows of mixed type: numbers scaled, categories one feature each, missing values marked.

    A field is numeric when nine in ten of its values are numbers.  Numbers are centred on the median and
    divided by the spread of their middle half (long-tailed positive ones after a logarithm), so that one
    outlier changes nothing; a missing one becomes the median and a mark.  Small whole numbers (up to ten
    different ones) also count as categories.  Other fields give one feature to each of the ``categories``
    most frequent values.  Arrays are scaled column by column.

    >>> rows = [{"kind": "row", "fields": {"size": size, "colour": colour}}
    ...         for size, colour in [("1", "red"), ("3", "blue"), ("", "red"), ("5", "blue")]]
    >>> TableEncoder().fitted(rows).encode(rows).shape
    (4, 7)
    """

    name: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]] = ("row",)
    categories: int = 40

    def __post_init__(self) -> None:
        if self.categories < 1:
            raise InvalidInput(f"categories is at least 1; got {self.categories}.", mend="Leave it at 40.")

    def fitted(self, contents: Contents) -> TableEncoder:
        """Learn each field's kind, scale and categories, from 50,000 rows at most, evenly spread."""
        step = max(1, -(-len(contents) // _FIT_ON))
        sample = contents[0 : len(contents)] if step == 1 else contents[::step]
        if len(sample) and "vector" in sample[0]:
            x = np.stack([one["vector"] for one in sample]).astype(np.float64)
            x[~(np.abs(x) <= _HUGE)] = np.nan
            columns = [_number_column(f"x{j}", x[:, j], ()) for j in range(x.shape[1])]
        else:
            names = list(dict.fromkeys(name for one in sample for name in one["fields"]))
            columns = [self._learn(name, [one["fields"].get(name, "") for one in sample]) for name in names]
        return self._with(tuple(column for column in columns if column.width))

    def encode(
        self, contents: Contents, *, progress: Progress | None = None, unreadable: Unreadable | None = None
    ) -> np.ndarray:
        """Features (n, d), finite; a field or a category not seen when fitted is zeros."""
        columns = self._known()
        features = np.zeros((len(contents), max(1, sum(c.width for c in columns))), dtype=np.float32)
        for start in range(0, len(contents), _BLOCK):
            block = contents[start : start + _BLOCK]
            at = 0
            vectors = np.stack([one["vector"] for one in block]) if block and "vector" in block[0] else None
            for column in columns:
                if vectors is not None:
                    values, cells = vectors[:, int(column.name[1:])].astype(np.float64), []
                else:
                    cells = [one["fields"].get(column.name, "") for one in block]
                    values = _numbers(cells) if column.number else np.empty(0)
                part = features[start : start + len(block), at : at + column.width]
                _write(part, column, values, cells)
                at += column.width
            if progress is not None:
                progress(start + len(block), len(contents))
        return features

    def state(self) -> Mapping[str, np.ndarray]:
        """What was learned of each field, as one array of JSON bytes."""
        told = json.dumps([asdict(column) for column in self._known()]).encode("utf-8")
        return {"columns": np.frombuffer(told, dtype=np.uint8)}

    def restored(self, state: Mapping[str, np.ndarray]) -> TableEncoder:
        """The encoder whose :meth:`state` this is."""
        columns = []
        for one in json.loads(state["columns"].tobytes()):
            number = None if one["number"] is None else tuple(one["number"])
            columns.append(_Column(one["name"], number, tuple(one["categories"]), one["marked"]))
        return self._with(tuple(columns))

    def _learn(self, name: str, cells: Sequence[str]) -> _Column:
        held = [cell.strip() for cell in cells if cell.strip().casefold() not in _MISSING]
        if not held:
            return _Column(name, None)
        values = _numbers(cells)
        if np.isfinite(values).sum() >= 0.9 * len(held):
            distinct = {cell for cell in held if cell.lstrip("+-").isdigit()}
            small = (
                tuple(sorted(distinct))
                if 2 < len(set(held)) <= 10 and len(distinct) == len(set(held))
                else ()
            )
            return _number_column(name, values, small)
        counts = Counter(held)
        ranked = sorted((value for value in counts), key=lambda value: (-counts[value], value))
        if len(ranked) > self.categories:
            ranked = [value for value in ranked[: self.categories] if counts[value] > 1]
        if len(ranked) == 1 and len(held) == len(cells):
            return _Column(name, None)
        return _Column(name, None, tuple(ranked), marked=len(held) < len(cells))

    def _with(self, columns: tuple[_Column, ...]) -> TableEncoder:
        made = copy.copy(self)
        object.__setattr__(made, "_learned", columns)
        return made

    def _known(self) -> tuple[_Column, ...]:
        learned: Any = getattr(self, "_learned", None)
        if learned is None:
            raise NotFitted("The encoder has not seen any rows yet.", mend="Call fitted(contents) first.")
        return learned  # type: ignore[no-any-return]


def _numbers(cells: Sequence[str]) -> np.ndarray:
    """Cells as numbers, NaN where they are none; a lone comma is a decimal one."""
    try:
        values = np.array(cells, dtype=np.float64)
    except ValueError:
        values = np.array([_number(cell) for cell in cells])
    values[np.abs(values) > _HUGE] = np.nan
    return values


def _number(cell: str) -> float:
    try:
        return float(cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell)
    except ValueError:
        return float("nan")


def _number_column(name: str, values: np.ndarray, categories: tuple[str, ...]) -> _Column:
    held = values[np.isfinite(values)]
    marked = len(held) < len(values)
    if not len(held) or held.min() == held.max():
        return _Column(name, None, (), marked and len(held) > 0)
    middle = float(np.median(held))
    logarithm = bool(held.min() >= 0 and held.max() > 20 * max(middle, 1e-12))
    scaled = np.log1p(held) if logarithm else held
    centre = float(np.median(scaled))
    low, high = np.quantile(scaled, [0.25, 0.75])
    deviation = float(high - low) / 1.349 or float(scaled.std()) or 1.0  # that of a normal distribution
    return _Column(name, (centre, deviation, middle, logarithm), categories, marked)


def _write(part: np.ndarray, column: _Column, values: np.ndarray, cells: Sequence[str]) -> None:
    at = 0
    if column.number is not None:
        centre, deviation, middle, logarithm = column.number
        held = np.where(np.isfinite(values), values, middle)
        held = np.log1p(np.maximum(held, 0)) if logarithm else held
        part[:, 0] = np.clip((held - centre) / deviation, -_REACH, _REACH)
        at = 1
    if column.categories:
        place = {value: j for j, value in enumerate(column.categories)}
        found = [(i, j) for i, cell in enumerate(cells) if (j := place.get(cell.strip())) is not None]
        if found:
            rows, columns = np.array(found).T
            part[rows, at + columns] = 1
        at += len(column.categories)
    if column.marked:
        if column.number is not None or not cells:
            part[:, at] = ~np.isfinite(values)
        else:
            part[:, at] = [cell.strip().casefold() in _MISSING for cell in cells]
