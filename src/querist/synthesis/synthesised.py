"""Acquisition x search across a domain: what most syntheses are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from querist.acquisition import Acquisition, Margin, Random
from querist.data import Box, Domain
from querist.errors import InvalidInput
from querist.kernels import uniform
from querist.models import stack, take
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

_NOTHING = Proposal((), np.empty(0), np.empty(0))
_LOTS = 4  # a stream of chance apart from those of pool strategies
_SEARCHES = 3  # until what people can label is looked for elsewhere
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
    explore : float in [0, 1]
        Share of the questions that owe nothing to the model: an even filling of the domain, or items of
        the pool by lot where the domain was learned from one.  So no part is overlooked for ever.

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
    explore: float = 0.0
    name: ClassVar[str]

    def __post_init__(self) -> None:
        check_domain(self.domain)
        if not isinstance(self.acquisition, Acquisition) or not isinstance(self.search, Search):
            raise InvalidInput(
                f"Synthesis takes an acquisition and a search; got {self.acquisition!r} and {self.search!r}.",
                mend="Write Synthesised(Margin(), box, Climb()).",
            )
        if not 0 <= self.spread < np.inf or not 0 <= self.explore <= 1:
            raise InvalidInput(
                f"spread={self.spread!r}, explore={self.explore!r}.",
                mend="Give a spread of 0 or more, and a share from 0 to 1.",
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` items that are worth most: made ones, and real ones where those take part."""
        known = Known(snapshot, domain_of(self.domain, snapshot.pool))
        if n < 1:
            return _NOTHING
        if self.acquisition.needs and _cold(known):
            return self._first(known, n)
        lots = int((uniform(np.arange(n), snapshot.seed, stream=_LOTS) < self.explore).sum())
        if lots:
            own = self._worthy(known, n - lots) if lots < n else _NOTHING
            return _joined(own, self._first(known, n), n)
        return self._worthy(known, n)

    def _worthy(self, known: Known, n: int) -> Proposal:
        """The ``n`` items that are worth most."""
        worth, rng = Worth(self.acquisition, known), known.snapshot.rng()
        points, scores = self.search.find(worth, n, rng)
        if self.realism is None:
            return self._best(known, points, scores, n)
        fine = self.realism.passes(known, points)
        for _ in range(_SEARCHES - 1):
            if fine.sum() >= n:
                break
            more, worths = self.search.find(worth, n, rng)
            points, scores = stack(points, list(more)), np.concatenate([scores, worths])
            fine = np.concatenate([fine, self.realism.passes(known, more)])
        return self._sifted(known, points, scores, fine, n)

    def _sifted(self, known: Known, points: Any, scores: np.ndarray, fine: np.ndarray, n: int) -> Proposal:
        """The best that people could label; then what else there is."""
        passed, failed = np.flatnonzero(fine), np.flatnonzero(~fine)
        best = self._best(known, take(points, passed), scores[passed], n)
        if len(best) == n:
            return best
        if self.nearest and len(known.snapshot.candidates):
            rest = self._real(known, take(points, failed), scores[failed], n)
        else:
            rest = self._best(known, take(points, failed), scores[failed], n)
        return _joined(best, rest, n)

    def _first(self, known: Known, n: int) -> Proposal:
        """What owes nothing to a model: real items by lot where the domain came of them, or filling."""
        if isinstance(self.domain, LearnedDomain) and len(known.snapshot.candidates):
            return Scored(Random()).propose(known.snapshot, n)
        return Filling(self.domain).propose(known.snapshot, n)

    def _best(self, known: Known, points: Any, scores: np.ndarray, n: int) -> Proposal:
        """The best of what was made, and of the pool where it competes."""
        places = known.domain.places(points) if len(points) else None
        rows, theirs = self._pool(known, n)
        if len(rows) and places is not None:
            real = known.domain.places_of(take(known.snapshot.pool.features, rows))
            places = None if real is None else np.concatenate([places, real])
        every = np.concatenate([scores, theirs])
        order = _apart(every, places, known.taken, self.spread, len(every) if not len(rows) else n)
        reason = " ".join(self.acquisition.reasons)
        made = order[order < len(points)]
        if not len(made) and not len(rows):
            return _NOTHING
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
            cls(Bald(), box, Climb(starts=8, rounds=3), realism=Realism(), nearest=False, explore=0.5),
            cls(VarianceRemoved(places=16, k=8), box, Climb(starts=8, rounds=2), mixed=True),
        )


def _cold(known: Known) -> bool:
    model = known.snapshot.model
    classifies = any(hasattr(model, name) for name in ("proba", "decision"))
    return model is None or (classifies and known.classes < 2)


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


def _joined(first: Proposal, second: Proposal, n: int) -> Proposal:
    """All of the first, and of the second what is still wanted and not there."""
    more = [at for at, item in enumerate(second.ids) if item not in first.ids][: n - len(first)]
    made = second.made or (None,) * len(second)
    return Proposal(
        ids=[*first.ids, *(second.ids[at] for at in more)],
        scores=np.concatenate([first.scores, second.scores[more]]),
        probabilities=np.ones(len(first) + len(more)),
        why=(*first.why, *(second.why[at] if second.why else "" for at in more)),
        made=(*first.made, *(made[at] for at in more)),
    )


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
