"""Several domains side by side: the columns of one after those of the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.data.domains.numbers import NumericDomain
from querist.errors import InvalidInput
from querist.specs import named

__all__ = ["ProductDomain"]


@named("domain/product")
@dataclass(frozen=True)
class ProductDomain(NumericDomain):
    """A point of each of several domains: a temperature, a number of doses and a material, say.

    Parameters
    ----------
    of : domains of numbers, one at least
        With field names of their own, all distinct.

    >>> from querist.data.domains import Box, Choices
    >>> both = ProductDomain((Box(((0, 1),), ("share",)), Choices(("wood", "steel"), ("material",))))
    >>> both.fields([[0.25, 0, 1]])
    [{'share': '0.25', 'material': 'steel'}]
    """

    of: Sequence[NumericDomain]
    name: ClassVar[str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", tuple(self.of))
        wrong = [part for part in self.of if not isinstance(part, NumericDomain)]
        if wrong or not self.of:
            raise InvalidInput(
                f"A product is made of domains of numbers; got {wrong[0] if wrong else 'none'!r}.",
                mend="Write ProductDomain((Box(...), Choices(...))).",
            )
        names = [name for part in self.of for name in part.fields(part.low[None])[0]]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InvalidInput(
                f"Two parts of the product have a field {twice[0]!r}.",
                mend="Give each part names of its own.",
            )

    @property
    def low(self) -> np.ndarray:
        return np.concatenate([part.low for part in self.of])

    @property
    def high(self) -> np.ndarray:
        return np.concatenate([part.high for part in self.of])

    @property
    def count(self) -> float:
        return math.prod(part.count for part in self.of)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """``n`` points, each part drawn by itself."""
        return np.column_stack([part.sample(n, rng) for part in self.of])

    def vary(self, points: Any, scale: float, rng: np.random.Generator) -> np.ndarray:
        """A neighbour in every part."""
        return self._each(points, lambda part, columns: np.asarray(part.vary(columns, scale, rng)))

    def nearest(self, points: Any) -> np.ndarray:
        """The nearest point of every part."""
        return self._each(points, lambda part, columns: part.nearest(columns))

    def places(self, points: Any) -> np.ndarray:
        """The places in every part, side by side."""
        return self._each(points, lambda part, columns: part.places(columns))

    def fields(self, points: Any) -> list[dict[str, str]]:
        """The fields of all parts."""
        told: list[list[dict[str, str]]] = [
            part.fields(columns) for part, columns in zip(self.of, self._split(points), strict=True)
        ]
        return [
            {name: value for one in row for name, value in one.items()} for row in zip(*told, strict=True)
        ]

    def _split(self, points: Any) -> list[np.ndarray]:
        ends = np.cumsum([len(part.low) for part in self.of])[:-1]
        return np.split(np.asarray(points, dtype=np.float64), ends, axis=1)

    def _each(self, points: Any, does: Callable[[NumericDomain, np.ndarray], np.ndarray]) -> np.ndarray:
        parts = zip(self.of, self._split(points), strict=True)
        return np.column_stack([does(part, columns) for part, columns in parts])

    def content(self, points: Any) -> list[Mapping[str, Any]]:
        """A row of all fields each."""
        return [{"kind": "row", "fields": fields} for fields in self.fields(points)]
