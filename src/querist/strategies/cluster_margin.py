"""Cluster-Margin: the torn items, a few of each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.acquisition import Margin
from querist.errors import InvalidInput
from querist.kernels import average_linkage, round_robin, top
from querist.models import take
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import predicted, proposed

__all__ = ["ClusterMargin"]


@named("cluster_margin")
@dataclass(frozen=True)
class ClusterMargin:
    """The items of least margin, dealt out by groups of alike ones: one of each in turn, small groups first.

    Made for very large batches (thousands), in which a few thick places would otherwise eat all questions.
    Prefer "badge" or "uherding" for batches of tens.  Groups are made of the ``among * n`` items of least
    margin alone, by average linkage (beyond 1024 of them, of as many k-means groups), where the paper
    groups the pool once beforehand; within a group the lot decides.  It does not look at what is labelled.
    While there is no model the items are drawn by lot and then grouped.  Needs ``model.proba``.

    Parameters
    ----------
    among : float, 1 or more
        How many times n the items of least margin are grouped.
    size : float, 1 or more
        How many items a group has on average.

    >>> from querist.data import Pool
    >>> pool = Pool([[0.0], [0.1], [0.2], [5.0]])
    >>> 3 in ClusterMargin(size=2).propose(Snapshot(pool), 2).ids
    True

    Citovsky, DeSalvo, Gentile, Karydas, Rajagopalan, Rostamizadeh & Kumar 2021.
    """

    among: float = 10.0
    size: float = 10.0
    name: ClassVar[str] = "cluster_margin"

    def __post_init__(self) -> None:
        for name in ("among", "size"):
            if not 1 <= getattr(self, name) < np.inf:
                raise InvalidInput(
                    f"{name} must be 1 or more; got {getattr(self, name)!r}.",
                    mend="10 is the paper's choice.",
                )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates with their margins' complements as scores and the chance of each lot."""
        prediction = predicted(snapshot)
        if not len(prediction) or n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        cold = snapshot.model is None
        torn = np.zeros(len(prediction)) if cold else Margin()(prediction)
        near = top(torn, int(np.ceil(self.among * n)), ties=prediction.chance)
        x = take(prediction.space, prediction.rows[near])
        groups = average_linkage(
            x, max(1, int(len(near) / self.size)), np.random.default_rng(prediction.seed)
        )
        picks, chances = round_robin(groups, n, prediction.chance[near])
        picks = near[picks]
        why = "It stands for a group of items" + ("." if cold else " that the model is torn about.")
        return proposed(snapshot, prediction.rows[picks], scores=torn[picks], probabilities=chances, why=why)

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(among=3.0, size=2.0))
