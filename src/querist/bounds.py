"""Checks of what a part is set to: a number above 0, a whole number, a share of the pool."""

from __future__ import annotations

import math
from typing import Any

from querist.errors import InvalidInput

__all__ = ["check_above", "check_among", "check_sample", "check_whole"]

_LEAVE = "Leave it out for the default."


def check_above(value: Any, name: str, *, optional: bool = False, mend: str = _LEAVE) -> None:
    """Raise InvalidInput unless ``value`` is a finite number above 0, or None where that may be."""
    if value is None and optional:
        return
    if not (isinstance(value, int | float) and 0 < value < math.inf):
        raise InvalidInput(f"{name} must be a number above 0; got {value!r}.", mend=mend)


def check_whole(**values: Any) -> None:
    """Raise InvalidInput unless all are whole numbers of 1 or more."""
    for name, value in values.items():
        if not (isinstance(value, int) and value >= 1):
            raise InvalidInput(f"{name} must be a whole number of 1 or more; got {value!r}.", mend=_LEAVE)


def check_among(among: Any) -> None:
    """Raise InvalidInput unless ``among`` is None or 1 or more."""
    if among is not None and not among >= 1:
        raise InvalidInput(
            f"among must be 1 or more; got {among!r}.",
            mend="It says how many times n the best by score are kept.",
        )


def check_sample(sample: Any) -> None:
    """Raise InvalidInput unless ``sample`` is None or a whole number of 1 or more."""
    if sample is not None and not (isinstance(sample, int) and sample >= 1):
        raise InvalidInput(
            f"sample must be a whole number of 1 or more; got {sample!r}.",
            mend="It says how many candidates are compared; None compares all.",
        )
