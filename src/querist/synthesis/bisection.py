"""Boundary search by labels alone: halve between opposite answers, then step aside and halve again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.data import Box, Domain
from querist.errors import InvalidInput
from querist.models import take
from querist.specs import named
from querist.strategies import Proposal, Snapshot
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

__all__ = ["Bisection"]


@named("synthesis/bisection")
@dataclass(frozen=True)
class Bisection(Synthesis):
    """Finds where the answers turn, from the answers themselves: no model is asked.

    Between two points of different labels it asks the middle, until they are within ``tolerance``; then it
    asks a point aside of the middle, across the line between the two, and halves towards that.  So the
    questions walk along the boundary, a few for each place.  Prefer it where labels are free of noise and the
    columns few; one wrong answer leads it astray.  The domain must know ways between its points.

    Parameters
    ----------
    domain : Domain, or one to be learned from the pool
    tolerance : float above 0
        How near to the boundary is near enough, by the width of the domain.
    step : float above ``tolerance``
        How far aside the next place is looked for.

    Until two classes are known it fills the domain.

    >>> from querist.data import Pool
    >>> snapshot = Snapshot(Pool([[0.0], [8.0]]), labels={0: "a", 1: "b"})
    >>> proposal = Bisection(Box(((0.0, 10.0),))).propose(snapshot, 1)
    >>> proposal.made[0].features.tolist()
    [4.0]

    Wang, Hu, Yuan & Lu 2015 (mid-perpendicular synthesis).
    """

    domain: Domain | LearnedDomain
    tolerance: float = 0.03
    step: float = 0.2
    name: ClassVar[str]

    def __post_init__(self) -> None:
        check_domain(self.domain)
        if not 0 < self.tolerance < self.step < np.inf:
            raise InvalidInput(
                f"tolerance={self.tolerance!r}, step={self.step!r}.",
                mend="Give a tolerance above 0 and a larger step.",
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The middle of pairs that are far apart, the newest first; else points aside of those that met."""
        known = Known(snapshot, domain_of(self.domain, snapshot.pool))
        if n < 1:
            return Proposal((), np.empty(0), np.empty(0))
        places = None if known.points is None else known.domain.places(known.points)
        if known.classes < 2 or places is None:
            return Filling(self.domain).propose(snapshot, n)
        pairs, apart = _pairs(places, known.labels)
        rng = snapshot.rng()
        open_, met = apart > self.tolerance, pairs[apart <= self.tolerance]
        newest = len(places) - 1
        halve = pairs[open_]
        if len(met) and not (halve == newest).any():  # the last place was reached: go on to another
            halve = halve[:0]
        middles = _middles(known, halve)
        aside = self._aside(known, met if len(met) else pairs, places, n, rng)
        points = np.concatenate([middles, aside])
        scores = 1.0 / (1.0 + np.arange(len(points)))
        why = [*["Two answers differ here: the boundary is between them."] * len(middles)]
        why += ["The boundary was found beside it."] * len(aside)
        proposal = made_proposal(known, points, scores, n, why)
        return proposal if len(proposal) else Filling(self.domain).propose(snapshot, n)

    def _aside(self, known: Known, pairs: np.ndarray, places: np.ndarray, n: int, rng: Any) -> np.ndarray:
        """Points across the lines between pairs, a step from their middles, those in open land first."""
        domain = known.domain
        middles = _middles(known, np.repeat(pairs, 8, axis=0))
        start = domain.places(middles)
        assert start is not None
        line = np.repeat(places[pairs[:, 1]] - places[pairs[:, 0]], 8, axis=0)
        line /= np.maximum(np.linalg.norm(line, axis=1, keepdims=True), 1e-12)
        way = rng.standard_normal(line.shape)
        if line.shape[1] > 1:
            way -= (way * line).sum(axis=1, keepdims=True) * line
        way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-12)
        width = getattr(domain, "width", np.ones(line.shape[1]))
        points = domain.nearest(middles + self.step * width * way) if hasattr(domain, "nearest") else middles
        there = domain.places(points)
        assert there is not None and known.taken is not None
        far = distances(there, known.taken).min(axis=1)
        order: list[int] = []
        for _ in range(min(4 * n, len(points))):
            at = int(far.argmax())
            order.append(at)
            far = np.minimum(far, distances(there, there[at : at + 1])[:, 0])
        return np.asarray(points[order])

    @classmethod
    def examples(cls) -> tuple[Bisection, ...]:
        """Instances on which the laws are checked."""
        box = Box(((-3.0, 3.0),) * 4)
        return (cls(box), cls(Box(((-2.0, 2.0),) * 4), tolerance=0.01, step=0.3))


def _pairs(places: np.ndarray, labels: list[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Each labelled point with the nearest of another label, and how far apart: the newest pairs first."""
    classes = {label: at for at, label in enumerate(dict.fromkeys(labels))}
    y = np.array([classes[label] for label in labels])
    apart = distances(places, places)
    apart[y[:, None] == y] = np.inf
    nearest = apart.argmin(axis=1)
    pairs = np.unique(np.sort(np.column_stack([np.arange(len(y)), nearest]), axis=1), axis=0)
    pairs = pairs[np.argsort(-pairs.max(axis=1), kind="stable")]
    return pairs, apart[pairs[:, 0], pairs[:, 1]]


def _middles(known: Known, pairs: np.ndarray) -> np.ndarray:
    points = known.points
    return np.asarray(known.domain.between(take(points, pairs[:, 0]), take(points, pairs[:, 1]), 0.5))
