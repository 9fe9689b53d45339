"""Instances of the registry's parts on which the laws are checked."""

from __future__ import annotations

from typing import Any

from querist.acquisition import (
    Acquisition,
    Constant,
    Cost,
    Density,
    Entropy,
    Margin,
    Power,
    Product,
    Random,
    Rank,
    Ratio,
    Sum,
)
from querist.specs import parts

__all__ = ["examples"]

_MADE_OF_OTHERS: dict[type[Any], tuple[Acquisition, ...]] = {
    Constant: (Constant(), Constant(2.5)),
    Product: (Margin() * Density(), 2.0 * Margin(), 3.0 * Random()),
    Ratio: (Entropy() / Cost(), Cost() / Margin()),
    Sum: (Margin() + 0.5 * Density(), Rank(Margin()) + Rank(Entropy()), 1.0 + Random()),
    Power: (Density() ** 0.5, Margin() ** -1, Random() ** 2),
    Rank: (Rank(Margin()), Rank(Random())),
}


def examples(kind: type[Any]) -> list[Any]:
    """One instance or more of every registered part of ``kind``; yours as soon as it is named.

    Strategies that make items have laws of their own: ``kind`` is Synthesis for those.
    A part is built by its class method ``examples()`` where it has one, and by its defaults otherwise.

    >>> from querist.selection import KCenter
    >>> examples(KCenter)
    [KCenter(among=None), KCenter(among=5)]
    """
    made: list[Any] = []
    for name, part in parts(kind).items():
        if name.startswith("example/") or _makes_items(part) != _makes_items(kind):
            continue
        if part in _MADE_OF_OTHERS:
            made.extend(_MADE_OF_OTHERS[part])
        elif hasattr(part, "examples"):
            made.extend(part.examples())
        else:
            made.append(part())
    return made


def _makes_items(part: type[Any]) -> bool:
    """Whether it is a strategy that makes items; told by its room, so that nothing need be loaded."""
    return any(one.__module__ == "querist.synthesis.contract" for one in part.__mro__)
