"""Simulated annotators: what a person would have said, with or without mistakes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from querist.data import ItemId
from querist.errors import InvalidInput, UnknownItem
from querist.tasks import is_label_set

__all__ = ["Annotator", "Noisy", "Oracle"]


class Annotator(Protocol):
    """Anything that answers: called with an item, it gives a value."""

    def __call__(self, item: ItemId) -> Any: ...


@dataclass(frozen=True)
class Oracle:
    """An annotator who is always right.

    ``labels`` maps items to values; a sequence gives the value of item 0, 1, 2...

    >>> Oracle({"a": "cat"})("a"), Oracle(["cat", "dog"])(1)
    ('cat', 'dog')
    """

    labels: Mapping[ItemId, Any] | Sequence[Any] = field(repr=False)

    def __call__(self, item: ItemId) -> Any:
        try:
            return self.labels[item]  # type: ignore[index]
        except (KeyError, IndexError, TypeError) as error:
            raise UnknownItem(
                f"The oracle has no label for the item {item!r}; it has {len(self.labels)} labels.",
                mend="Give a label for every item of the pool.",
            ) from error


@dataclass(frozen=True)
class Noisy:
    """An annotator who errs on a share of the items, and always in the same way on the same item.

    Of a set of classes each is told wrongly with that rate: left out where it is there, added where it
    is not.  Prefer it to :class:`Oracle` for any claim about labels that people give: asking again does not
    cure a mistake that comes from the item.

    Parameters
    ----------
    labels : mapping or sequence
        The true values.
    rate : float in [0, 1]
        Share of the items (of sets: of the classes of an item) answered wrongly; not used with
        ``confusion``.
    seed : int
        Two annotators with different seeds err on different items.
    confusion : mapping of mappings, optional
        ``confusion[true][said]``: the chances of each answer, adding to 1 in each row.

    >>> annotator = Noisy(["cat", "dog"] * 500, rate=0.1, seed=1)
    >>> sum(annotator(i) != ["cat", "dog"][i % 2] for i in range(1000)) / 1000
    0.1...
    >>> annotator(5) == annotator(5)
    True
    """

    labels: Mapping[ItemId, Any] | Sequence[Any] = field(repr=False)
    rate: float = 0.1
    seed: int = 0
    confusion: Mapping[Any, Mapping[Any, float]] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise InvalidInput(f"rate is a share of 1; got {self.rate}.", mend="Write 0.1 for 10 % mistakes.")
        for true, row in (self.confusion or {}).items():
            if min(row.values()) < 0 or abs(sum(row.values()) - 1) > 1e-6:
                raise InvalidInput(
                    f"The chances of the answers to {true!r} add to {sum(row.values())}.",
                    mend="Give chances of 0 or more that add to 1.",
                )
        labels = self.labels.values() if isinstance(self.labels, Mapping) else self.labels
        values = {one for label in labels for one in (label if is_label_set(label) else (label,))}
        object.__setattr__(self, "_values", sorted(values))

    def __call__(self, item: ItemId) -> Any:
        true = Oracle(self.labels)(item)
        rng = np.random.default_rng(_seed_of(item, self.seed))
        if self.confusion is not None:
            row = self.confusion.get(true, {true: 1.0})
            return list(row)[rng.choice(len(row), p=np.array(list(row.values())) / sum(row.values()))]
        if is_label_set(true):
            wrong = rng.random(len(self._values)) < self.rate  # type: ignore[attr-defined]
            return tuple(
                one
                for one, slip in zip(self._values, wrong, strict=True)  # type: ignore[attr-defined]
                if (one in true) != slip
            )
        if rng.random() >= self.rate:
            return true
        others = [one for one in self._values if one != true]  # type: ignore[attr-defined]
        return others[rng.integers(len(others))] if others else true


def _seed_of(item: ItemId, seed: int) -> int:
    """A seed from the item itself, the same in every process (``hash`` of a str is not)."""
    told = f"{seed}:{type(item).__name__}:{item}".encode()
    return int.from_bytes(hashlib.blake2b(told, digest_size=8).digest(), "big")
