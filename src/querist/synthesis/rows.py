"""Table rows that are made like real ones: columns learned from those of a pool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.data import Pool
from querist.errors import InvalidInput
from querist.specs import named
from querist.synthesis.contents import ContentDomain, Encode, contents_of, encoder_of
from querist.synthesis.contract import LearnedDomain

__all__ = ["RowSpace", "Rows"]

_NUMBERS = 0.95  # share of the cells that must be numbers


@named("synthesis/rows")
@dataclass(frozen=True)
class Rows(LearnedDomain):
    """Table rows near real ones: numbers within their range and with their digits, words as they occur.

    A row begins as a real one and changes a column at a time; columns are not changed together, so that much
    change makes rows that cannot be.  ``Realism`` keeps it small.

    Parameters
    ----------
    change : float in (0, 1]
        How much of a real row is changed at first: the chance of each column, and the size of its step.

    >>> rows = [{"kind": "row", "fields": {"age": str(20 + i), "job": "cook"}} for i in range(9)]
    >>> space = Rows().learned(Pool(content=rows, encode=lambda contents: np.zeros((len(contents), 1))))
    >>> made = space.content(space.sample(1, np.random.default_rng(0)))[0]["fields"]
    >>> 20 <= int(made["age"]) <= 28, made["job"]
    (True, 'cook')
    """

    change: float = 0.3
    name: ClassVar[str]

    def __post_init__(self) -> None:
        if not 0 < self.change <= 1:
            raise InvalidInput(f"change={self.change!r}.", mend="Give a share above 0, 1 at most.")

    def learned(self, pool: Pool) -> RowSpace:
        """The rows that are like those of this pool."""
        fields = [dict(one.get("fields") or {}) for one in contents_of(pool, "row")]
        return RowSpace(fields, self.change, encoder_of(pool), pool.features)


@dataclass(frozen=True)
class _Column:
    """A column of numbers (``digits`` after the point), or of words (``digits`` None)."""

    cells: tuple[str, ...]
    digits: int | None = None
    low: float = 0.0
    high: float = 0.0
    spread: float = 1.0

    def varied(self, cell: str, scale: float, rng: np.random.Generator) -> str:
        value = _number(cell)
        if self.digits is None or value is None:
            return self.cells[int(rng.integers(len(self.cells)))]
        return self.told(value + scale * self.spread * float(rng.standard_normal()))

    def between(self, first: str, second: str, share: float) -> str:
        one, other = _number(first), _number(second)
        if self.digits is None or one is None or other is None:
            return first if share < 0.5 else second
        return self.told(one + share * (other - one))

    def told(self, value: float) -> str:
        return f"{min(self.high, max(self.low, value)):.{self.digits}f}"

    def holds(self, cell: str) -> bool:
        value = _number(cell)
        if self.digits is None or value is None:
            return cell in self.cells
        slack = 0.5 * 10.0**-self.digits
        return self.low - slack <= value <= self.high + slack


class RowSpace(ContentDomain):
    """Rows like ``fields``; points are an array of tuples of cells."""

    def __init__(
        self, fields: Sequence[Mapping[str, Any]], change: float, encode: Encode, features: Any
    ) -> None:
        super().__init__(encode, features)
        names = list(dict.fromkeys(name for row in fields for name in row))
        if not names:
            raise InvalidInput("The rows have no columns.", mend="Give a table with a heading.")
        self.names = names
        self.change = change
        self.rows = [tuple(str(row.get(name) or "") for name in names) for row in fields]
        self.columns = [_learned([row[at] for row in self.rows]) for at in range(len(names))]

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Real rows, each changed a little."""
        drawn = _array([self.rows[at] for at in rng.integers(len(self.rows), size=n).tolist()])
        return self.vary(drawn, self.change, rng)

    def vary(self, points: Any, scale: float, rng: np.random.Generator) -> np.ndarray:
        """Each column changed with the chance ``scale``, one at least."""
        told = []
        for row in points:
            hit = rng.random(len(row)) < scale
            hit[rng.integers(len(row))] = True
            parts = zip(self.columns, row, hit.tolist(), strict=True)
            told.append(tuple(one.varied(cell, scale, rng) if yes else cell for one, cell, yes in parts))
        return _array(told)

    def between(self, first: Any, second: Any, share: Any) -> np.ndarray:
        """Numbers so far on the way from one row to the other; words of the nearer."""
        shares = np.broadcast_to(np.asarray(share, dtype=np.float64).ravel(), (len(first),)).tolist()
        return _array(
            [
                tuple(c.between(a, b, part) for c, a, b in zip(self.columns, one, other, strict=True))
                for one, other, part in zip(first, second, shares, strict=True)
            ]
        )

    def contains(self, points: Any) -> np.ndarray:
        """Whether every cell is one that its column may hold, (n,)."""
        return np.array(
            [all(one.holds(cell) for one, cell in zip(self.columns, row, strict=True)) for row in points],
            dtype=bool,
        )

    def content(self, points: Any) -> list[Mapping[str, Any]]:
        """The cells under their names."""
        return [{"kind": "row", "fields": dict(zip(self.names, row, strict=True))} for row in points]


def _learned(cells: list[str]) -> _Column:
    held = [cell for cell in cells if cell.strip()]
    values = [value for cell in held if (value := _number(cell)) is not None]
    if not held or len(values) < _NUMBERS * len(held):
        return _Column(tuple(cells))
    digits = Counter(len(cell.strip().partition(".")[2]) for cell in held).most_common(1)[0][0]
    low, high = min(values), max(values)
    return _Column(tuple(cells), min(digits, 8), low, high, float(np.std(values)) or 1.0)


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _array(rows: Sequence[tuple[str, ...]]) -> np.ndarray:
    told = np.empty(len(rows), dtype=object)
    for at, row in enumerate(rows):
        told[at] = row
    return told
