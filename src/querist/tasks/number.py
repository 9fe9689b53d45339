"""One number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput, InvalidLabel
from querist.specs import named

__all__ = ["Number"]


@named("number")
@dataclass(frozen=True)
class Number:
    """One finite number, within bounds where they are given; for regression.

    >>> Number(low=0, high=10).validate(7)
    7.0
    >>> Number(low=0, high=10).validate(70)
    Traceback (most recent call last):
    ...
    querist.errors.InvalidLabel: 70.0 is above 10.0, the highest that this task allows. ...
    """

    name: ClassVar[str]

    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        for side in ("low", "high"):
            bound = getattr(self, side)
            if bound is not None:
                object.__setattr__(self, side, _finite(bound, InvalidInput))
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise InvalidInput(f"low={self.low} is not below high={self.high}.", mend="Exchange the two.")

    def validate(self, value: Any) -> float:
        """``value`` as a float within the bounds; raises InvalidLabel otherwise."""
        number = _finite(value, InvalidLabel)
        if self.low is not None and number < self.low:
            raise _outside(number, "below", self.low, "lowest")
        if self.high is not None and number > self.high:
            raise _outside(number, "above", self.high, "highest")
        return number


def _outside(number: float, side: str, bound: float, end: str) -> InvalidLabel:
    return InvalidLabel(
        f"{number} is {side} {bound}, the {end} that this task allows.",
        mend="Mind the unit, or widen the task's bounds.",
    )


def _finite(value: Any, error: type[InvalidInput]) -> float:
    real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    try:
        number = float(value) if real else math.nan
    except OverflowError:  # a whole number of hundreds of digits
        number = math.inf
    if not math.isfinite(number):
        told, kind = repr(value)[:40], type(value).__name__
        raise error(
            f"A value of this task is a finite number; got {told} of the type {kind}.",
            mend="Give an int or a float; absence is a skip, not NaN.",
        )
    return number
