"""Strategies by name, by spec, or from a bare acquisition."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from querist.acquisition import Acquisition, Random
from querist.errors import InvalidInput, UnknownPart
from querist.selection import Selector
from querist.specs import from_spec, parts, read_spec
from querist.strategies.contract import Strategy
from querist.strategies.scored import Scored

__all__ = ["as_strategy", "names"]


def as_strategy(what: Any) -> Strategy:
    """``what`` as a strategy: a name, a spec or its JSON, an acquisition, a selector, or a strategy as it is.

    A bare acquisition asks the best by score; a bare selector spreads over the pool.

    >>> as_strategy("margin")
    Scored(acquisition=Margin(), selector=Top(), cold=Random())
    >>> as_strategy({"name": "scored", "acquisition": {"name": "entropy"}}).acquisition
    Entropy()
    >>> as_strategy('{"name": "default", "patience": null}').patience is None
    True
    """
    if isinstance(what, str) and what.lstrip().startswith("{"):
        what = read_spec(what)
    if isinstance(what, str | Mapping):
        try:
            what = from_spec(what)
        except UnknownPart as error:
            if error.message != f"No part is named {what!r}.":
                raise
            raise UnknownPart(f"No strategy is named {what!r}.", mend=error.mend) from None
    if isinstance(what, Acquisition):
        return Scored(what)
    if isinstance(what, Selector):
        return Scored(Random(), what)
    if isinstance(what, type) or not isinstance(what, Strategy):
        raise InvalidInput(
            f"{what!r} is no strategy: it has no propose(snapshot, n).",
            mend=f"Use a name ({', '.join(names())}), an acquisition such as Margin(), or your own strategy.",
        )
    return what


def names() -> list[str]:
    """The names that :func:`as_strategy` takes without parameters.

    >>> "margin" in names()
    True
    """
    kinds: tuple[Any, ...] = (Acquisition, Selector, Strategy)
    return sorted(
        name for kind in kinds for name, part in parts(kind).items() if "/" not in name and _complete(part)
    )


def _complete(part: type[Any]) -> bool:
    """Whether every field has a default, and the part is of use alone (a constant is not)."""
    fields = dataclasses.fields(part)
    return part.__name__ not in ("Constant", "Top", "Cost") and all(
        field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        for field in fields
    )
