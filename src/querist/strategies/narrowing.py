"""Strategies that ask another strategy about a part of the candidates: sub-pools, and FASS."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from querist.acquisition import Acquisition, Entropy, Margin, Random
from querist.bounds import check_whole
from querist.errors import InvalidInput
from querist.kernels import around, top
from querist.models import Prediction
from querist.selection import FacilityLocation
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot, Strategy
from querist.strategies.registry import as_strategy
from querist.strategies.scored import Scored, predicted, proposed

__all__ = ["AnchorAL", "Fass", "Seals", "Subpool", "narrowed"]


def narrowed(snapshot: Snapshot, rows: Any) -> Snapshot:
    """The same moment with only some of the candidates: what a wrapped strategy is asked about.

    >>> from querist.data import Pool
    >>> narrowed(Snapshot(Pool([[0.0], [1.0], [2.0]]), labels={0: "a"}), [2]).candidates
    array([2])
    """
    part = dataclasses.replace(snapshot)
    known = {"labelled": snapshot.labelled, "taken": snapshot.taken}
    vars(part).update(known, candidates=np.sort(np.asarray(rows, dtype=np.intp)))
    return part


@named("subpool")
@dataclass(frozen=True)
class Subpool:
    """Asks the strategy about a fresh random part of the candidates only.

    The cheapest way to make a slow strategy fast: prefer it to the others here while classes are balanced.
    With ``size`` in the thousands a batch of tens loses little; rare classes are lost with their share,
    for which :class:`AnchorAL` is.  Which items are in changes with the seed, that is with every question;
    the chances that are told are those within the part.

    Parameters
    ----------
    strategy : Strategy, or what :func:`querist.strategies.as_strategy` takes
    size : int
        How many candidates are looked at; never fewer than are asked for.

    >>> from querist.data import Pool
    >>> len(Subpool("k_center", size=2).propose(Snapshot(Pool(np.eye(9))), 3))
    3

    The random subset of Ertekin, Huang, Bottou & Giles 2007.
    """

    strategy: Any = field(default_factory=Scored)
    size: int = 10_000
    name: ClassVar[str] = "subpool"

    def __post_init__(self) -> None:
        object.__setattr__(self, "strategy", as_strategy(self.strategy))
        check_whole(size=self.size)

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """What the strategy proposes of the part."""
        prediction = predicted(snapshot)
        rows = prediction.rows[top(-prediction.chance, max(self.size, n))]
        proposal: Proposal = self.strategy.propose(narrowed(snapshot, rows), n)
        return proposal

    @classmethod
    def examples(cls) -> tuple[Strategy, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls("k_center", size=12))


@named("seals")
@dataclass(frozen=True)
class Seals:
    """Asks the strategy only about the nearest neighbours of what is labelled or out.

    For a rare class in a huge pool on good embeddings: what is worth asking lies beside what was found.
    It does not find what lies elsewhere: begin with labels of every class, or mix with ``Explore``.  Where
    nothing is labelled, or the neighbours are fewer than asked for, the rest is added by lot.

    Parameters
    ----------
    strategy : Strategy, or what :func:`querist.strategies.as_strategy` takes
    neighbours : int
        How many candidates around each are looked at.

    The search is exact and anew at each question: time O(m n d) for m labels, memory O(n + m neighbours).

    Coleman et al. 2022 (similarity search for efficient active learning).
    """

    strategy: Any = field(default_factory=Scored)
    neighbours: int = 100
    name: ClassVar[str] = "seals"

    def __post_init__(self) -> None:
        object.__setattr__(self, "strategy", as_strategy(self.strategy))
        check_whole(neighbours=self.neighbours)

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """What the strategy proposes of the neighbours."""
        prediction = predicted(snapshot)
        if not len(prediction) or n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        near = np.unique(_around(prediction, snapshot.taken, self.neighbours)[0])
        proposal: Proposal = self.strategy.propose(narrowed(snapshot, _filled(prediction, near, n)), n)
        return proposal

    @classmethod
    def examples(cls) -> tuple[Strategy, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls("k_center", neighbours=3))


@named("anchor_al")
@dataclass(frozen=True)
class AnchorAL:
    """Asks the strategy about a sub-pool of fixed size around a few anchors of each labelled class.

    For unbalanced classes in large pools: each class found so far has as many anchors, drawn anew by the
    seed, so that rare ones draw the sub-pool as much as common ones, and what the strategy costs does
    not grow with the pool (the search, one pass over it, does).  Prefer ``Seals`` where labels are few
    enough to use all.  A candidate counts by its mean similarity, 1 / (1 + distance), to the anchors whose
    neighbour it is.  Where nothing is labelled the sub-pool is drawn by lot.

    Parameters
    ----------
    strategy : Strategy, or what :func:`querist.strategies.as_strategy` takes
    anchors : int
        At most so many of each class.
    neighbours : int
        How many candidates around each anchor are looked up.
    size : int
        How many candidates are kept; never fewer than are asked for.

    Lesci & Vlachos 2024.
    """

    strategy: Any = field(default_factory=Scored)
    anchors: int = 10
    neighbours: int = 50
    size: int = 1000
    name: ClassVar[str] = "anchor_al"

    def __post_init__(self) -> None:
        object.__setattr__(self, "strategy", as_strategy(self.strategy))
        check_whole(anchors=self.anchors, neighbours=self.neighbours, size=self.size)

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """What the strategy proposes of the sub-pool."""
        prediction = predicted(snapshot)
        if not len(prediction) or n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        found, away = _around(prediction, self._anchors(snapshot), self.neighbours)
        rows, where = np.unique(found, return_inverse=True)
        likeness = np.bincount(where, weights=1 / (1 + away)) / np.maximum(np.bincount(where), 1)
        lots = prediction.chance[np.searchsorted(prediction.rows, rows)]
        near = rows[top(likeness, self.size, ties=lots)]
        wanted = n if len(near) else max(n, self.size)
        proposal: Proposal = self.strategy.propose(narrowed(snapshot, _filled(prediction, near, wanted)), n)
        return proposal

    def _anchors(self, snapshot: Snapshot) -> np.ndarray:
        """For each class some of its labelled rows, by lot."""
        known = predicted(snapshot, snapshot.labelled)
        classes: dict[Any, list[int]] = {}
        for place, value in enumerate(snapshot.labels.values()):
            classes.setdefault(str(value), []).append(place)
        chosen = [np.array(places)[top(-known.chance[places], self.anchors)] for places in classes.values()]
        return known.rows[np.concatenate(chosen)] if chosen else known.rows[:0]

    @classmethod
    def examples(cls) -> tuple[Strategy, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls("k_center", anchors=2, neighbours=4, size=10))


@named("fass")
@dataclass(frozen=True)
class Fass:
    """The most uncertain candidates, and of those the ones that stand best for them: facility location.

    Filtered active submodular selection: worth decides who takes part, likeness (cosine) who is asked.
    Prefer it for batches on sentence embeddings; prefer "badge" where the model's view of likeness is
    better than the features', and "uherding" where the whole pool should be stood for.  What is labelled
    or out counts as picked.  While there is no model all candidates take part.

    Parameters
    ----------
    uncertainty : Acquisition
    among : float, 1 or more
        How many times n of the most uncertain take part.

    Wei, Iyer & Bilmes 2015.
    """

    uncertainty: Acquisition = field(default_factory=Entropy)
    among: float = 10.0
    name: ClassVar[str] = "fass"

    def __post_init__(self) -> None:
        if not isinstance(self.uncertainty, Acquisition):
            raise InvalidInput(
                f"uncertainty must be an acquisition; got {self.uncertainty!r}.",
                mend="Write for example Entropy(), with the brackets.",
            )
        if not 1 <= self.among < np.inf:
            raise InvalidInput(
                f"among must be 1 or more; got {self.among!r}.",
                mend="It says how many times n of the most uncertain take part.",
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates in greedy order; scores are their uncertainties."""
        prediction = predicted(snapshot)
        if not len(prediction) or n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        if snapshot.model is None:
            return Scored(Random(), FacilityLocation()).propose(snapshot, n)
        worth = self.uncertainty(prediction)
        near = top(worth, int(np.ceil(self.among * n)), ties=prediction.chance)
        rows = np.sort(prediction.rows[near])
        picks = FacilityLocation(sample=None)(np.ones(len(rows)), predicted(snapshot, rows), n)
        scores = worth[np.searchsorted(prediction.rows, rows[picks])]
        return proposed(snapshot, rows[picks], scores=scores, why="It stands for others the model doubts.")

    @classmethod
    def examples(cls) -> tuple[Strategy, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(Margin(), among=3.0))


def _around(prediction: Prediction, centres: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The ``k`` candidates nearest to each of some rows, and their distances, both flat."""
    if not len(centres):
        return np.empty(0, dtype=np.intp), np.empty(0)
    k = min(k, len(prediction))
    found, away = around(prediction.space, k, of=centres, rows=prediction.rows)
    return found.ravel(), away.ravel().astype(np.float64)


def _filled(prediction: Prediction, rows: np.ndarray, n: int) -> np.ndarray:
    """``rows``, and others by lot where they are fewer than ``n``."""
    if len(rows) >= n:
        return rows
    by_lot = prediction.rows[top(-prediction.chance, len(prediction))]
    return np.concatenate([rows, by_lot[~np.isin(by_lot, rows)][: n - len(rows)]])
