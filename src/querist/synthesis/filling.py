"""Space-filling: points that are far from each other, before anything is known."""

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

__all__ = ["Filling"]


@named("synthesis/filling")
@dataclass(frozen=True)
class Filling(Synthesis):
    """Fills the domain evenly: each point as far as can be from all that is taken, among a Sobol sequence.

    Prefer it while nothing is known, and to learn a number everywhere by few labels of a rough function; it
    ignores the model and the labels.  The yardstick that other syntheses must beat.

    Parameters
    ----------
    domain : Domain, or one to be learned from the pool
    among : int, 1 or more
        How many points it chooses among, for each that it proposes.

    >>> from querist.data import Pool
    >>> nothing = Snapshot(Pool(np.empty((0, 1))))
    >>> proposal = Filling(Box(((0.0, 1.0),))).propose(nothing, 3)
    >>> len({item for item in proposal.ids}), sorted(proposal.made[0].content)
    (3, ['fields', 'kind'])

    Johnson, Moore & Ylvisaker 1990 (maximin distance designs); Sobol 1967.
    """

    domain: Domain | LearnedDomain
    among: int = 64
    name: ClassVar[str]

    def __post_init__(self) -> None:
        check_domain(self.domain)
        if self.among < 1:
            raise InvalidInput(f"among={self.among!r} points.", mend="Give 1 or more.")

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` points far from what is taken and from each other, the farthest first."""
        known = Known(snapshot, domain_of(self.domain, snapshot.pool))
        if n < 1:
            return Proposal((), np.empty(0), np.empty(0))
        among = known.domain.design(max(self.among * n, 64), snapshot.rng())
        order, far = _farthest(known.domain.places(among), known.taken, 2 * n)
        return made_proposal(known, take(among, order), far, n, "Nothing near it has been asked about.")

    @classmethod
    def examples(cls) -> tuple[Filling, ...]:
        """Instances on which the laws are checked."""
        return (cls(Box(((0.0, 1.0),) * 4)), cls(Box(((-2.0, 2.0),) * 4), among=8))


def _farthest(places: Any, taken: Any, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Places far from those taken and from each other, greedily, with their distances when chosen."""
    if places is None:
        return np.arange(n), np.ones(n)
    near = np.full(len(places), np.sqrt(places.shape[1]))
    if taken is not None and len(taken):
        near = np.minimum(near, distances(places, taken).min(axis=1))
    order, far = [], []
    for _ in range(min(n, len(places))):
        at = int(near.argmax())
        order.append(at)
        far.append(float(near[at]))
        near = np.minimum(near, np.sqrt(((places - places[at]) ** 2).sum(axis=1)))
    return np.array(order, dtype=np.intp), np.array(far)
