"""What strategies that make items share: the domain, what is known in it, and the proposal."""

from __future__ import annotations

import abc
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from querist.data import Domain, Pool
from querist.errors import InvalidInput
from querist.models import stack, take
from querist.strategies import MadeItem, Proposal, Snapshot

__all__ = [
    "Known",
    "LearnedDomain",
    "Synthesis",
    "check_domain",
    "distances",
    "domain_of",
    "made_id",
    "made_proposal",
]

_LEARNED: WeakKeyDictionary[Pool, dict[Any, Domain]] = WeakKeyDictionary()


class Synthesis(abc.ABC):
    """A strategy that makes the items it asks about, instead of (or beside) choosing them from the pool.

    It proposes points of its domain only, distinct ones and none that was made before; it is a function of
    the snapshot and its seed; it works cold.  ``querist.testing.check_synthesis`` holds it to that.
    """

    @abc.abstractmethod
    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """At most ``n`` items, best first."""


class LearnedDomain(abc.ABC):
    """A domain that is learned from a pool when it is first needed, and kept as long as the pool."""

    @abc.abstractmethod
    def learned(self, pool: Pool) -> Domain:
        """The domain of this pool."""


def check_domain(domain: Any) -> None:
    """Raise InvalidInput unless ``domain`` is one, or one to be learned."""
    if isinstance(domain, type) or not isinstance(domain, Domain | LearnedDomain):
        raise InvalidInput(
            f"Items are made in a domain; got {domain!r}.",
            mend="Give for example Box(((0, 1), (0, 1))), or Latent() to learn one from the pool.",
        )


def domain_of(domain: Domain | LearnedDomain, pool: Pool) -> Domain:
    """The domain itself, or the one that is learned from the pool: once, for as long as the pool lives."""
    if isinstance(domain, Domain):
        return domain
    kept = _LEARNED.setdefault(pool, {})
    if domain not in kept:
        kept[domain] = domain.learned(pool)
    return kept[domain]


@dataclass(frozen=True)
class Known:
    """What a snapshot knows in a domain: labelled rows, their labels, and what is taken."""

    snapshot: Snapshot
    domain: Domain

    @cached_property
    def labels(self) -> list[Any]:
        """The labels, those of the pool first, then those of made items, the earliest made first."""
        made = self.snapshot.made
        return [*self.snapshot.labels.values(), *(made.labels[made.ids[at]] for at in self._made)]

    @cached_property
    def features(self) -> Any:
        """The features of what is labelled, a row for each of :attr:`labels`."""
        return self._rows(self.snapshot.labelled, [self.snapshot.made.features[at] for at in self._made])

    @cached_property
    def points(self) -> Any:
        """The points of what is labelled; None where the domain cannot tell them."""
        return self.domain.points(self.features) if self.labels else None

    @cached_property
    def taken(self) -> np.ndarray | None:
        """The places (k, d) of all that is labelled, out or was ever made; None where there are no places."""
        rows = self._rows(self.snapshot.taken, list(self.snapshot.made.features))
        return self.domain.places_of(rows) if len(self.snapshot.taken) + len(self.snapshot.made) else None

    @cached_property
    def classes(self) -> int:
        """How many classes the labels have so far."""
        return len(set(self.labels))

    @cached_property
    def _made(self) -> list[int]:
        made = self.snapshot.made
        return [at for at, item in enumerate(made.ids) if item in made.labels]

    def _rows(self, rows: np.ndarray, made: Sequence[Any]) -> Any:
        features = self.snapshot.pool.features
        if features is None:
            return np.asarray(made) if made else np.empty((0, 0))
        return stack(take(features, rows), made)


def made_proposal(
    known: Known, points: Any, scores: np.ndarray, n: int, why: str | Sequence[str] = ""
) -> Proposal:
    """A proposal of the first ``n`` points that are new: not made before, and no two alike."""
    domain = known.domain
    features, contents = domain.features(points), domain.content(points)
    before = set(known.snapshot.made.ids)
    ids: list[str] = []
    kept: list[int] = []
    for at, content in enumerate(contents):
        item = made_id(content, features[at])
        if item not in before and len(ids) < n:
            before.add(item)
            ids.append(item)
            kept.append(at)
    told = [why if isinstance(why, str) else why[at] for at in kept]
    return Proposal(
        ids=ids,
        scores=np.asarray(scores, dtype=np.float64)[kept],
        probabilities=np.ones(len(kept)),
        why=tuple(told),
        made=tuple(MadeItem(contents[at], features[at]) for at in kept),
    )


def made_id(content: Any, features: Any) -> str:
    """The id of a made item: the same content with the same features is the same item, in every process."""
    row = features.toarray().ravel() if hasattr(features, "toarray") else features
    told = json.dumps([content, row.tolist() if hasattr(row, "tolist") else row], sort_keys=True, default=str)
    return f"made-{hashlib.blake2b(told.encode(), digest_size=8).hexdigest()}"


def distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Euclidean distances between two lots of places, (n, m)."""
    squared = (first**2).sum(axis=1)[:, None] - 2 * first @ second.T + (second**2).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)))
