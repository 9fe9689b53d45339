"""Acquisition x search across a domain: what most syntheses are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from querist.acquisition import Acquisition, Margin, Random
from querist.data import Box, Domain
from querist.errors import InvalidInput
from querist.models import take
from querist.specs import named
from querist.strategies import Proposal, Scored, Snapshot
from querist.strategies.scored import predicted, proposed
from querist.synthesis.contract import (
    Known,
    LearnedDomain,
    Synthesis,
    check_domain,
    distances,
    domain_of,
    made_proposal,
)
from querist.synthesis.filling import Filling
from querist.synthesis.realism import Realism
from querist.synthesis.search import Between, Climb, Search
from querist.synthesis.worth import Worth

__all__ = ["Synthesised"]

_MADE = "It was made for this question."
_NEAREST = "It is the real item nearest to what the model would ask."


@named("synthesis/synthesised")
@dataclass(frozen=True)
class Synthesised(Synthesis):
    """Makes the items that an acquisition finds most worth asking, wherever in the domain they are.

    Membership query synthesis: uncertainty (``Margin``, ``Entropy``), a committee's disagreement (``Bald``,
    ``VoteEntropy``), integrated variance (``VarianceRemoved``), level sets (``Straddle``) and improvement
    (``ExpectedImprovement``) are all one strategy with another acquisition.  Prefer it where an oracle
    answers anything (an experiment, a simulation) or the pool is poor; people need ``realism``.

    Parameters
    ----------
    acquisition : Acquisition
    domain : Domain, or one to be learned from the pool
    search : Search
        ``Climb()``, or ``Between()`` for classes.
    spread : float, 0 or more
        How far around what is taken a point counts less; 0 asks the best alone, however near.
    realism : Realism, optional
        What people could label; without it everything passes.
    nearest : bool
        Whether the real item nearest to a point that fails ``realism`` is asked instead, while there is one.
    mixed : bool
        Whether the items of the pool compete, by the same acquisition.

    While no model tells two classes apart it asks items of the pool at random where the domain was learned
    from one, and fills the domain otherwise.

    >>> from querist.data import Pool
    >>> from querist.testing import Centroids
    >>> from querist.strategies import MadeItems
    >>> pool = Pool([[0.0], [10.0]])
    >>> model = Centroids(("a", "b")).fitted(pool.features, ["a", "b"])
    >>> snapshot = Snapshot(pool, labels={0: "a", 1: "b"}, model=model)
    >>> proposal = Synthesised(Margin(), Box(((0.0, 10.0),))).propose(snapshot, 1)
    >>> round(float(proposal.made[0].features[0]), 1)
    5.0

    Angluin 1988; Cohn, Atlas & Ladner 1994; Lang & Baum 1992; Settles 2012, section 1.2.
    """

    acquisition: Acquisition = field(default_factory=Margin)
    domain: Domain | LearnedDomain = field(default_factory=lambda: Box(((0.0, 1.0),)))
    search: Search = field(default_factory=Climb)
    spread: float = 1.0
    realism: Realism | None = None
    nearest: bool = True
    mixed: bool = False
    name: ClassVar[str]

    def __post_init__(self) -> None:
        check_domain(self.domain)
        if not isinstance(self.acquisition, Acquisition) or not isinstance(self.search, Search):
            raise InvalidInput(
                f"Synthesis takes an acquisition and a search; got {self.acquisition!r} and {self.search!r}.",
                mend="Write Synthesised(Margin(), box, Climb()).",
            )
        if not 0 <= self.spread < np.inf:
            raise InvalidInput(f"spread={self.spread!r}.", mend="Give 0 or more.")

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` items that are worth most: made ones, and real ones where those take part."""
        known = Known(snapshot, domain_of(self.domain, snapshot.pool))
        if n < 1:
            return Proposal((), np.empty(0), np.empty(0))
        if self.acquisition.needs and _cold(known):
            return self._first(known, n)
        worth = Worth(self.acquisition, known)
        points, scores = self.search.find(worth, n, snapshot.rng())
        if self.realism is not None:
            fine = self.realism.passes(known, points)
            if not fine.any() and self.nearest and len(snapshot.candidates):
                return self._real(known, points, scores, n)
            if fine.any():
                points, scores = take(points, np.flatnonzero(fine)), scores[fine]
        return self._best(known, points, scores, n)

    def _first(self, known: Known, n: int) -> Proposal:
        """While cold: real items where there are some like those to be made, and an even spread else."""
        if isinstance(self.domain, LearnedDomain) and len(known.snapshot.candidates):
            return Scored(Random()).propose(known.snapshot, n)
        return Filling(self.domain).propose(known.snapshot, n)

    def _best(self, known: Known, points: Any, scores: np.ndarray, n: int) -> Proposal:
        """The best of what was made, and of the pool where it competes."""
        places = known.domain.places(points)
        rows, theirs = self._pool(known, n)
        if len(rows) and places is not None:
            real = known.domain.places_of(take(known.snapshot.pool.features, rows))
            places = None if real is None else np.concatenate([places, real])
        every = np.concatenate([scores, theirs])
        order = _apart(every, places, known.taken, self.spread, len(every) if not len(rows) else n)
        reason = " ".join(self.acquisition.reasons)
        made = order[order < len(points)]
        chosen = made_proposal(known, take(points, made), scores[made], n, f"{reason} {_MADE}".strip())
        if not len(rows):
            return chosen
        own = order[order >= len(points)] - len(points)
        return _together(known.snapshot, chosen, rows[own], theirs[own], reason, n)

    def _pool(self, known: Known, n: int) -> tuple[np.ndarray, np.ndarray]:
        """The rows of the pool that compete, with their scores: a few times as many as are asked."""
        if not self.mixed or not len(known.snapshot.candidates):
            return np.empty(0, dtype=np.intp), np.empty(0)
        prediction = predicted(known.snapshot)
        scores = np.asarray(self.acquisition(prediction), dtype=np.float64)
        best = np.argsort(-scores, kind="stable")[: 4 * n + 32]
        return prediction.rows[best], scores[best]

    def _real(self, known: Known, points: Any, scores: np.ndarray, n: int) -> Proposal:
        """The real items nearest to the points, those of the best points first."""
        rows = known.snapshot.candidates
        real = known.domain.places_of(take(known.snapshot.pool.features, rows))
        wanted = known.domain.places(points)
        if wanted is None or real is None:
            return Scored(self.acquisition).propose(known.snapshot, n)
        best = np.argsort(-scores, kind="stable")
        nearest = np.argsort(distances(wanted[best], real), axis=1, kind="stable")[:, : n + 1]
        found = list(dict.fromkeys(nearest.T.ravel().tolist()))[:n]
        return proposed(known.snapshot, rows[found], why=_NEAREST)

    @classmethod
    def examples(cls) -> tuple[Synthesised, ...]:
        """Instances on which the laws are checked."""
        from querist.acquisition import Bald, Entropy, VarianceRemoved
        from querist.synthesis.latent import Latent  # what the examples alone need

        box = Box(((-3.0, 3.0),) * 4)
        return (
            cls(Margin(), box),
            cls(Margin(), Latent(2), Between(pairs=8, halvings=4), realism=Realism()),
            cls(Entropy(), box, Between(pairs=12), spread=0.0),
            cls(Bald(), box, Climb(starts=8, rounds=3), realism=Realism(), nearest=False),
            cls(VarianceRemoved(places=16, k=8), box, Climb(starts=8, rounds=2), mixed=True),
        )


def _cold(known: Known) -> bool:
    model = known.snapshot.model
    return model is None or (hasattr(model, "proba") and known.classes == 1)


def _apart(scores: np.ndarray, places: Any, taken: Any, spread: float, n: int) -> np.ndarray:
    """The order in which to take points: high scores, away from what is taken and from each other."""
    n = min(n, len(scores))
    if places is None or spread == 0 or len(scores) < 2:
        return np.argsort(-scores, kind="stable")[:n]
    low, high = scores.min(), scores.max()
    value = scores / high if low >= 0 and high > 0 else (scores - low + 1e-12) / (high - low + 1e-12)
    known = 0 if taken is None else len(taken)
    apart = distances(places, places)
    reach = spread * 0.5 * np.median(apart) * (known + 1) ** (-1 / min(places.shape[1], 8))
    if reach <= 0:
        return np.argsort(-scores, kind="stable")[:n]
    if known:
        value = value * (1 - np.exp(-((distances(places, taken).min(axis=1) / reach) ** 2)))
    order: list[int] = []
    free = np.ones(len(scores), dtype=bool)
    for _ in range(n):
        at = int(np.where(free, value, -np.inf).argmax())
        order.append(at)
        free[at] = False
        value = value * (1 - np.exp(-((apart[at] / reach) ** 2)))
    return np.array(order, dtype=np.intp)


def _together(
    snapshot: Snapshot, made: Proposal, rows: np.ndarray, scores: np.ndarray, reason: str, n: int
) -> Proposal:
    """Made items and items of the pool, the best first."""
    ids = [*made.ids, *(snapshot.pool.ids[int(row)] for row in rows)]
    every = np.concatenate([made.scores, scores])
    order = np.argsort(-every, kind="stable")[:n]
    whys, items = [*made.why, *[reason] * len(rows)], [*made.made, *[None] * len(rows)]
    return Proposal(
        ids=[ids[at] for at in order],
        scores=every[order],
        probabilities=np.ones(len(order)),
        why=tuple(whys[at] for at in order),
        made=tuple(items[at] for at in order),
    )
