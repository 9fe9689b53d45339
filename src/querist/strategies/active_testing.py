"""Questions that measure the model rather than teach it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.bounds import check_above
from querist.kernels import gumbel_top
from querist.models import require
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import predicted, proposed

__all__ = ["ActiveTesting"]


@named("active_testing")
@dataclass(frozen=True)
class ActiveTesting:
    """Draws by lot, the likelier the less sure it is whether the model is right, to tell how good it is.

    Each pick keeps the chance that it had at its turn, so that the answers weighted by it estimate the share
    of right predictions without bias (``querist test``).  Prefer it once a model is to be measured; to
    teach the model ask another strategy.  Needs ``model.proba``; while there is no model draws are fair.

    Parameters
    ----------
    floor : float above 0
        Added to sqrt(p (1 - p)), p the chance that the model is right.  No item is less likely by more than
        1 + 1 / (2 floor) than another, which bounds the weights.

    >>> from querist.data import Pool
    >>> proposal = ActiveTesting().propose(Snapshot(Pool(np.eye(4))), 4)
    >>> proposal.probabilities.round(2)
    array([0.25, 0.33, 0.5 , 1.  ])

    Kossen, Farquhar, Gal & Rainforth 2021; Zrnic & Candes 2024.
    """

    floor: float = 0.2
    name: ClassVar[str] = "active_testing"

    def __post_init__(self) -> None:
        check_above(self.floor, "floor", mend="0.2 bounds weights by 3.5.")

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates in the order in which they were drawn; scores are what their chances go with."""
        prediction = predicted(snapshot)
        if not len(prediction) or n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        pull = np.ones(len(prediction))
        if snapshot.model is not None:
            require(snapshot.model, "proba", by="ActiveTesting()")
            right = np.asarray(prediction.proba, dtype=np.float64).max(axis=1)
            pull = np.sqrt(np.clip(right * (1 - right), 0.0, None)) + self.floor
        picks, chances = gumbel_top(np.log(pull), n, prediction.chance)
        why = "Drawn by lot, to measure the model."
        return proposed(snapshot, prediction.rows[picks], scores=pull[picks], probabilities=chances, why=why)

    @property
    def rarest(self) -> float:
        """The chance of any item at its turn is at least this, divided by the number of items left."""
        return self.floor / (self.floor + 0.5)

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(floor=1.0))
