"""Items of a stream as records: named values, of the same names in each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from querist.errors import InvalidInput

__all__ = ["Records"]


class Records:
    """What the records of one stream have in common, by the first of them.

    >>> Records({"heat": 21.5, "site": "north"}).check({"site": "south", "heat": 20.0})
    """

    __slots__ = ("names",)

    def __init__(self, first: dict[Any, Any]) -> None:
        if not first:
            raise InvalidInput("An item without fields.", mend="Give it one or more.")
        self.names = tuple(first)
        self.check(first)

    def check(self, x: dict[Any, Any]) -> None:
        """Refuse a record with other names, and one with a number that is not finite or a gap."""
        if tuple(x) != self.names and x.keys() != set(self.names):
            fields = ", ".join(map(repr, set(self.names) ^ x.keys()))
            raise InvalidInput(
                f"An item and those before it do not both have the fields {fields}.",
                mend="Give every item the same fields, or begin another stream.",
            )
        try:
            sound = math.isfinite(sum(x.values()))
        except TypeError:  # some of it is text
            sound = False
        if not sound:
            self._look(x)

    def numbers(self, x: dict[Any, Any]) -> np.ndarray:
        """The values as a vector, for what reads nothing else."""
        try:
            return np.array([x[name] for name in self.names], dtype=np.float64)
        except ValueError as error:
            raise InvalidInput(
                f"A density reads numbers, and a field of an item is none: {error}.",
                mend="Leave the density out, or the field.",
            ) from error

    def _look(self, x: dict[Any, Any]) -> None:
        for name, value in x.items():
            if value is None or (isinstance(value, float) and not math.isfinite(value)):
                raise InvalidInput(
                    f"Field {name!r} of an item is {value}.",
                    mend="Leave such items out, or fill the gap first.",
                )
