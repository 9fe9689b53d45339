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

_WAYS = 8  # directions that are tried from each pair
_BETWEEN = "Two answers differ here: the boundary is between them."
_BESIDE = "The boundary was found beside it."


@named("synthesis/bisection")
@dataclass(frozen=True)
class Bisection(Synthesis):
    """Finds where the answers turn, from the answers themselves: no model is asked.

    Between two points of different labels it asks the middle, until they are within ``tolerance``; then it
    asks a point aside of the middle, square to the line between the two, one across from that, and halves
    between them.  So the questions walk along the boundary, five or so for each place, until it is walked;
    then they look for another piece.  Prefer it where
    labels are free of noise and the columns few; one wrong answer leads it astray.  For domains of numbers.

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
        """What the newest answer asks for, then points aside of boundary that was found, and open pairs."""
        known = Known(snapshot, domain_of(self.domain, snapshot.pool))
        if n < 1:
            return Proposal((), np.empty(0), np.empty(0))
        places = None if known.points is None else known.domain.places(known.points)
        if known.classes < 2 or places is None:
            return Filling(self.domain).propose(snapshot, n)
        opposite, apart = _opposites(places, known.labels)
        met = np.flatnonzero(apart <= self.tolerance)
        lots = [
            (self._next(known, places, opposite, apart, met), _BETWEEN),
            (self._aside(known, places, opposite, met, n, snapshot.rng()), _BESIDE),
            (self._open(known, opposite, apart, met), _BETWEEN),
        ]
        points = np.concatenate([lot for lot, _ in lots])
        why = [told for lot, told in lots for _ in lot]
        proposal = made_proposal(known, points, 1.0 / (1.0 + np.arange(len(points))), n, why)
        return proposal if len(proposal) == n else self._filled(snapshot, proposal, n)

    def _next(
        self, known: Known, places: np.ndarray, opposite: np.ndarray, apart: np.ndarray, met: np.ndarray
    ) -> np.ndarray:
        """Where the search of the newest point goes on; nothing where it has reached the boundary."""
        last = len(places) - 1
        if apart[last] <= self.tolerance:
            return np.empty((0, np.shape(known.points)[1]))
        if opposite[last] not in met:  # a place of its own: halve towards it
            return _middles(known, np.array([last]), opposite)
        # the nearest other answer is boundary that was found before: look for it here, across the line
        there = int(opposite[last])
        line = places[there] - places[opposite[there]]
        if np.linalg.norm(places[last] - places[there]) > 2.5 * self.step:
            return np.empty((0, np.shape(known.points)[1]))
        return self._lonely(known, self._stepped(known, np.asarray(known.points)[[last]], line[None]), 1)

    def _aside(
        self, known: Known, places: np.ndarray, opposite: np.ndarray, met: np.ndarray, n: int, rng: Any
    ) -> np.ndarray:
        """Points across the lines between pairs that met, a step from their middles, in open land first."""
        rows = np.repeat(met if len(met) else np.arange(len(places)), _WAYS)
        line = places[opposite[rows]] - places[rows]
        way = rng.standard_normal(line.shape)
        if line.shape[1] > 1:
            length = np.maximum((line**2).sum(axis=1, keepdims=True), 1e-24)
            way -= (way * line).sum(axis=1, keepdims=True) / length * line
        return self._lonely(known, self._stepped(known, _middles(known, rows, opposite), way), 2 * n)

    def _lonely(self, known: Known, points: np.ndarray, n: int) -> np.ndarray:
        """Those of the points that are in open land, the farthest from what is known first."""
        there = known.domain.places(points)
        assert there is not None and known.taken is not None
        far = distances(there, known.taken).min(axis=1)
        order: list[int] = []
        for _ in range(min(n, len(points))):
            at = int(far.argmax())
            if far[at] < self.step / 2:  # somebody walked here already
                break
            order.append(at)
            far = np.minimum(far, distances(there, there[at : at + 1])[:, 0])
        return np.asarray(points[np.array(order, dtype=np.intp)])

    def _open(self, known: Known, opposite: np.ndarray, apart: np.ndarray, met: np.ndarray) -> np.ndarray:
        """The middles of pairs that are far from each other and from boundary that was found."""
        rows = np.flatnonzero((apart > self.step) & ~np.isin(opposite, met))
        return self._lonely(known, _middles(known, rows, opposite), len(rows))

    def _stepped(self, known: Known, points: np.ndarray, ways: np.ndarray) -> np.ndarray:
        """The points a step along ways through the domain's places, brought back into the domain."""
        domain: Any = known.domain
        ways = ways / np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-12)
        return np.asarray(domain.nearest(points + self.step * domain.width * ways))

    def _filled(self, snapshot: Snapshot, proposal: Proposal, n: int) -> Proposal:
        """What is still wanted, far from all that is known."""
        rest = Filling(self.domain).propose(snapshot, n)
        more = [at for at, item in enumerate(rest.ids) if item not in proposal.ids][: n - len(proposal)]
        return Proposal(
            ids=[*proposal.ids, *(rest.ids[at] for at in more)],
            scores=np.concatenate([proposal.scores, np.zeros(len(more))]),
            probabilities=np.ones(len(proposal) + len(more)),
            why=(*proposal.why, *(rest.why[at] for at in more)),
            made=(*proposal.made, *(rest.made[at] for at in more)),
        )

    @classmethod
    def examples(cls) -> tuple[Bisection, ...]:
        """Instances on which the laws are checked."""
        box = Box(((-3.0, 3.0),) * 4)
        return (cls(box), cls(Box(((-2.0, 2.0),) * 4), tolerance=0.01, step=0.3))


def _opposites(places: np.ndarray, labels: list[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Of each labelled point the nearest of another label, and how far away it is."""
    classes = {label: at for at, label in enumerate(dict.fromkeys(labels))}
    y = np.array([classes[label] for label in labels])
    apart = distances(places, places)
    apart[y[:, None] == y] = np.inf
    nearest = apart.argmin(axis=1)
    return nearest, apart[np.arange(len(y)), nearest]


def _middles(known: Known, rows: np.ndarray, opposite: np.ndarray) -> np.ndarray:
    """Halfway between each of these points and its opposite, the newest first."""
    rows = rows[::-1]
    points = known.points
    return np.asarray(known.domain.between(take(points, rows), take(points, opposite[rows]), 0.5))
