"""BAIT: batches after which the last layer has least to learn of the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput
from querist.kernels import bait
from querist.models import Prediction, require, take
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import predicted, proposed

__all__ = ["Bait"]


@named("bait")
@dataclass(frozen=True)
class Bait:
    """The batch after which a linear last layer would be least unsure of the whole pool, found greedily.

    It minimises tr((prior I + F of labelled, out and picked)^-1 F of the candidates), F the Fisher
    information.  Prefer it for batches where the model is linear in its embedding (or in the features):
    it is optimal design, and knows that a hundred alike doubts are settled by one answer.  It costs
    O(n d^2): prefer "badge" above a thousand dimensions, and scale the features, for the prior does.

    With two classes F is that of the softmax layer, and of a regressor that of least squares; with more
    classes the block of each item, diag(p) - p p', counts by its trace, 1 - sum p^2, so that matrices are
    d x d and not C d x C d.  While there is no model all items weigh alike, which is the design of a
    linear regression.  Needs ``model.proba`` or ``model.predict``.

    Parameters
    ----------
    prior : float above 0
        What is known of each weight of the layer beforehand: about 1 / (the variance you believe in).
    over : float, 1 or more
        So many times n are picked before the least missed are taken away again.

    >>> from querist.data import Pool
    >>> pool = Pool([[1.0, 0.0], [3.0, 0.0], [0.0, 1.0], [0.0, 2.0]])
    >>> Bait().propose(Snapshot(pool), 2).ids
    [1, 3]

    Ash, Goel, Krishnamurthy & Kakade 2021; Yu, Bi & Tresp 2006 for what it is without a model.
    """

    prior: float = 1.0
    over: float = 2.0
    name: ClassVar[str] = "bait"

    def __post_init__(self) -> None:
        if not 0 < self.prior < np.inf:
            raise InvalidInput(
                f"prior must be above 0; got {self.prior!r}.", mend="1 is the authors' choice."
            )
        if not 1 <= self.over < np.inf:
            raise InvalidInput(f"over must be 1 or more; got {self.over!r}.", mend="2 is the paper's choice.")

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates; scores are how much would be left to learn without each."""
        prediction = predicted(snapshot)
        if not len(prediction) or n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        picks, scores = bait(
            prediction.space,
            n,
            weights=_weights(snapshot, prediction),
            taken=prediction.taken,
            rows=prediction.rows,
            prior=self.prior,
            over=self.over,
        )
        return proposed(snapshot, picks, scores=scores, why="Its answer settles much of the pool.")

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(prior=0.1, over=1.0))


def _weights(snapshot: Snapshot, prediction: Prediction) -> np.ndarray | None:
    """1 - sum p^2 for the rows that matter, (n_pool,); None, for 1, of numbers and while cold."""
    model = snapshot.model
    if model is None or (hasattr(model, "predict") and not hasattr(model, "proba")):
        return None
    require(model, "proba", by="BAIT")
    weights = np.zeros(len(snapshot.pool))
    weights[prediction.rows] = _trace(prediction.proba)
    if len(prediction.taken):
        weights[prediction.taken] = _trace(model.proba(take(prediction.x, prediction.taken)))
    return weights


def _trace(proba: np.ndarray) -> np.ndarray:
    return np.asarray(np.maximum(1 - np.einsum("ij,ij->i", proba, proba), 0))
