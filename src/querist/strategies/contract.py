"""The one point at which worth and search meet: a strategy turns a snapshot into a proposal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np

from querist.data import ItemId, Pool

__all__ = ["MadeItem", "MadeItems", "Proposal", "Snapshot", "Strategy"]


@dataclass(frozen=True)
class MadeItem:
    """New content for one question, and the row that the model reads of it: what synthesis proposes.

    ``content`` is what an annotator is shown, plain JSON, with a "kind" (a row of fields, a text, an image);
    ``features`` is one row as the pool has them: numbers, or the raw value of a pipeline.
    """

    content: Mapping[str, Any]
    features: Any


@dataclass(frozen=True)
class MadeItems:
    """The items of a campaign that were made, beside its pool: all that were ever asked about.

    ``features`` holds a row for each of ``ids``; ``labels`` what is believed of those that were answered;
    ``refused`` are those of which somebody said that they cannot be labelled.
    """

    ids: Sequence[ItemId] = ()
    features: Sequence[Any] = ()
    labels: Mapping[ItemId, Any] = field(default_factory=dict)
    refused: Set[ItemId] = frozenset()

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def labelled(self) -> list[int]:
        """The places of those that have a label, by id: the order of the answers cannot matter."""
        held = {item: at for at, item in enumerate(self.ids)}
        return [held[item] for item in sorted(self.labels, key=str)]


@dataclass(frozen=True)
class Snapshot:
    """A campaign at one moment: all that a strategy may know.

    ``labels`` maps items to what is believed of them; ``pending`` items are out with an annotator;
    ``closed`` items must not be asked (skipped for good).  ``model`` is fitted, or None while cold.
    ``notes`` maps items that were asked about to what the proposal noted of them then (see Proposal):
    what a strategy that learns from its own past reads.  ``made`` holds the items that were made: they
    stand beside the pool, and none of the other parts names them.
    """

    pool: Pool
    labels: Mapping[ItemId, Any] = field(default_factory=dict)
    pending: Set[ItemId] = frozenset()
    closed: Set[ItemId] = frozenset()
    model: Any = None
    seed: int = 0
    notes: Mapping[ItemId, Any] = field(default_factory=dict)
    made: MadeItems = field(default_factory=MadeItems)

    @cached_property
    def candidates(self) -> np.ndarray:
        """The rows that may be asked about, ascending, shape (k,)."""
        free = np.ones(len(self.pool), dtype=bool)
        for taken in (self.labels, self.pending, self.closed):
            free[self.pool.rows(taken)] = False
        return np.flatnonzero(free)

    @cached_property
    def labelled(self) -> np.ndarray:
        """The rows that have a label, in the order of ``labels``."""
        return self.pool.rows(self.labels)

    @cached_property
    def taken(self) -> np.ndarray:
        """The rows that are labelled or pending: what a batch should keep away from."""
        return self.pool.rows([*self.labels, *(item for item in self.pending if item not in self.labels)])

    def rng(self) -> np.random.Generator:
        """A fresh generator: the same snapshot always gets the same one."""
        return np.random.default_rng(self.seed)


@dataclass(frozen=True)
class Proposal:
    """The items that a strategy would ask about next, best first.

    ``scores`` are the strategy's own (higher = more worth asking); ``probabilities`` are the chances
    with which each item was selected at its turn (1.0 where the choice was certain); ``why`` is one
    short reason an item, for the annotator; ``made`` holds the new content of an item that synthesis made,
    None for one of the pool; empty means that all are of the pool.  ``arms``
    says of each item how it came to be chosen, "active" or "random"; empty means all active.
    ``parts`` says which part of each item is asked about (of a set of classes: the class whose yes or no
    is wanted, None for all); empty means the whole of every item.  ``notes`` hold plain JSON an item, None
    for nothing: the campaign keeps them with the question, and later snapshots hand them back.
    """

    ids: Sequence[ItemId]
    scores: np.ndarray
    probabilities: np.ndarray
    why: Sequence[str] = ()
    made: Sequence[MadeItem | None] = ()
    arms: Sequence[str] = ()
    parts: Sequence[Any] = ()
    notes: Sequence[Any] = ()

    def __len__(self) -> int:
        return len(self.ids)


@runtime_checkable
class Strategy(Protocol):
    """Anything with ``propose``: a pure function of the snapshot, its seed included.

    It returns distinct candidates, at most ``n`` and all there are when fewer remain.  It changes
    nothing and never trains.
    """

    def propose(self, snapshot: Snapshot, n: int) -> Proposal: ...
