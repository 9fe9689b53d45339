"""Uncertainty herding: cover what the model is unsure of, ever more finely."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from querist.acquisition import Acquisition, LeastConfidence, Margin
from querist.bounds import check_above
from querist.errors import InvalidInput
from querist.kernels import nearest
from querist.models import Prediction, take
from querist.selection import MaxHerding
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import predicted, proposed

__all__ = ["UHerding"]

_RECENT = 4096  # labels between which the spacing is measured: the latest


@named("uherding")
@dataclass(frozen=True)
class UHerding:
    """Each pick adds most to how well the unsure part of the pool is covered; the radius shrinks.

    With few labels the radius is wide and it asks what is typical of many; with many the radius is small
    and it asks where the model is unsure.  With logistic regression on sentence vectors it asks as well as
    the strategy "default", its relative that goes by ranks of doubt (the page "Published tables" of the
    manual has the figures); prefer that one, which holds back a model that is too sure of itself.

    Parameters
    ----------
    uncertainty : Acquisition
        What a row of the pool counts for; 0 or more.  While there is no model all count alike.
    temperature : float
        What log-probabilities are divided by before: above 1 for a model that is too sure.  The paper
        finds it by fits on parts of the labels; a query never trains here, so find it outside, or give
        a model that is calibrated (``CalibratedClassifierCV``).
    radius : float, optional
        How far an answer speaks.  Without it, the smallest distance between two labelled items; before
        there are two, what :class:`querist.selection.MaxHerding` takes.

    >>> from querist.data import Pool
    >>> pool = Pool([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2], [5.3]])
    >>> sorted(UHerding(radius=0.5).propose(Snapshot(pool), 2).ids)
    [1, 4]

    Bae, Oliveira & Sutherland 2025.
    """

    uncertainty: Acquisition = field(default_factory=Margin)
    temperature: float = 1.0
    radius: float | None = None
    name: ClassVar[str] = "uherding"

    def __post_init__(self) -> None:
        if not isinstance(self.uncertainty, Acquisition):
            raise InvalidInput(
                f"uncertainty must be an acquisition; got {self.uncertainty!r}.",
                mend="Write for example Margin() or Entropy(), with the brackets.",
            )
        check_above(self.temperature, "temperature", mend="1 leaves the probabilities as they are.")
        MaxHerding(radius=self.radius)  # which checks it

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates that add most, in greedy order; scores are how unsure the model is of each."""
        prediction = predicted(snapshot)
        if not len(prediction) or n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        cold = snapshot.model is None
        unsure = np.ones(len(prediction)) if cold else self._unsure(prediction)
        herding = MaxHerding(weighted=True, radius=self.radius or _spacing(prediction))
        picks = herding(unsure, prediction, n)
        why = "It stands for many items" + ("." if cold else " that the model is unsure of.")
        return proposed(snapshot, prediction.rows[picks], scores=unsure[picks], why=why)

    def _unsure(self, prediction: Prediction) -> np.ndarray:
        if self.temperature != 1 and "proba" in self.uncertainty.needs:
            tempered = np.maximum(prediction.proba, np.finfo(np.float32).tiny) ** (1 / self.temperature)
            tempered /= tempered.sum(axis=1, keepdims=True)
            prediction.proba = tempered
        return np.asarray(self.uncertainty(prediction), dtype=np.float64)

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(LeastConfidence(), temperature=2.0, radius=1.0))


def _spacing(prediction: Prediction) -> float | None:
    """The smallest distance above 0 between two labelled items; None before there are two."""
    known = prediction.labelled[-_RECENT:]
    if len(known) < 2:
        return None
    _, away = nearest(take(prediction.space, known), 1)
    apart = away[away > 0]
    return float(apart.min()) if len(apart) else None
