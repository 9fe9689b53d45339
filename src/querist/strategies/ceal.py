"""CEAL: people are asked what the model doubts, and the model is believed where it is sure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from querist.acquisition import Acquisition, Entropy, Margin
from querist.errors import InvalidInput
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import Scored

__all__ = ["Ceal"]


@named("ceal")
@dataclass(frozen=True)
class Ceal:
    """Asks what the model is least sure of; with ``PseudoLabelled`` it learns from what it is sure of.

    Cost-effective active learning has two halves.  A strategy proposes questions, so this half is plain
    uncertainty and asks what "entropy" asks.  The other half belongs to fitting: give the campaign
    ``querist.models.PseudoLabelled(estimator, pool_features)`` as its model, which is fitted to the labels
    and to the rows that it holds for certain.  Those pseudo-labels stay inside the model: they are never
    labels of the campaign, are not exported, and count in no estimate.  Without that model
    this is no more than uncertainty.  See the warnings of ``PseudoLabelled`` first.

    Parameters
    ----------
    uncertainty : Acquisition
        The paper also tries ``LeastConfidence`` and ``Margin``.

    >>> from sklearn.linear_model import LogisticRegression
    >>> from querist.data import Pool
    >>> from querist.models import PseudoLabelled
    >>> import numpy as np
    >>> x = np.array([[-9.0], [-8.0], [-0.1], [8.0], [9.0]])
    >>> model = PseudoLabelled(LogisticRegression(), x).fitted(x[[0, 4]], ["no", "yes"])
    >>> Ceal().propose(Snapshot(Pool(x), labels={0: "no", 4: "yes"}, model=model), 1).ids
    [2]

    Wang, Zhang, Li, Zhang & Lin 2016.
    """

    uncertainty: Acquisition = field(default_factory=Entropy)
    name: ClassVar[str] = "ceal"

    def __post_init__(self) -> None:
        if not isinstance(self.uncertainty, Acquisition):
            raise InvalidInput(
                f"uncertainty must be an acquisition; got {self.uncertainty!r}.",
                mend="Write for example Entropy(), with the brackets.",
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` least certain candidates."""
        return Scored(self.uncertainty).propose(snapshot, n)

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(Margin()))
