"""Worth by the set of classes that an item is said to have, beside the sets that are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist import kernels
from querist.acquisition.algebra import Acquisition
from querist.errors import InvalidInput
from querist.specs import named

__all__ = ["Adaptive", "CardinalityInconsistency", "Cvirs", "MaxLossReduction"]

_DECISION = frozenset({"label_decision"})
_MARGINALS = frozenset({"marginals"})


@named("cardinality_inconsistency")
@dataclass(frozen=True)
class CardinalityInconsistency(Acquisition):
    """|classes said - mean number of classes known|: asks what is said to have oddly many or few.

    Label cardinality inconsistency.  It finds rows where several machines err at once, and says nothing of
    which; many items tie, so use it as a factor or through :class:`Adaptive`.  Without labels all are
    alike.  Needs ``model.label_decision``.

    Li & Guo 2013.
    """

    reason: ClassVar[str] = "The number of classes that the model gives it is unusual."
    needs: ClassVar[frozenset[str]] = _DECISION  # type: ignore[misc]

    def __call__(self, prediction: Any) -> np.ndarray:
        cardinality = _cardinality(prediction)
        if cardinality is None:
            return np.zeros(len(prediction))
        return kernels.cardinality_inconsistency(prediction.label_decision, cardinality)


@named("adaptive")
@dataclass(frozen=True)
class Adaptive(Acquisition):
    """(1 / separation margin)^beta (cardinality inconsistency)^(1 - beta): doubt and an odd size together.

    The separation margin lies between the weakest class that is said and the strongest that is not.  Prefer
    it where sets have a typical size; where that varies by nature, raise ``beta``.  The paper tries
    several ``beta`` each round and retrains for each; a query here never trains, so it is yours to choose.
    Needs ``model.label_decision``.

    Parameters
    ----------
    beta : float from 0 to 1
        1 is the margin alone, 0 the size alone.

    Li & Guo 2013.
    """

    beta: float = 0.5
    reason: ClassVar[str] = "It is unclear which classes it has, and their number is unusual."
    needs: ClassVar[frozenset[str]] = _DECISION  # type: ignore[misc]

    def __post_init__(self) -> None:
        if not (isinstance(self.beta, int | float) and 0 <= self.beta <= 1):
            raise InvalidInput(f"beta must be from 0 to 1; got {self.beta!r}.", mend="0.5 weighs both alike.")

    def __call__(self, prediction: Any) -> np.ndarray:
        return kernels.adaptive(prediction.label_decision, _cardinality(prediction), self.beta)

    @classmethod
    def examples(cls) -> tuple[Acquisition, ...]:
        return (cls(), cls(1.0), cls(0.0))


@named("mmc")
@dataclass(frozen=True)
class MaxLossReduction(Acquisition):
    """sum_k (1 - y_k f_k) / 2: asks where the label is expected to take the most loss away (MMC).

    Maximum loss reduction with maximal confidence: how many classes the item has is told by a second
    model, a logistic regression on its sorted chances, and the likeliest so many are taken for true.
    Prefer it where chances are badly calibrated but well ordered (a threshold of one half finds too few
    classes).  Needs ``model.marginals``, and some labels for the second model.

    Yang, Sun, Wang & Chen 2009.
    """

    reason: ClassVar[str] = "Its label would take much loss away."
    needs: ClassVar[frozenset[str]] = _MARGINALS  # type: ignore[misc]

    def __call__(self, prediction: Any) -> np.ndarray:
        sets = prediction.known_sets
        known = prediction.known_marginals if len(sets) else np.empty((0, sets.shape[1]))
        scores = kernels.max_loss_reduction(prediction.marginals, known, sets.sum(axis=1))
        return np.maximum(scores, 0)


@named("cvirs")
@dataclass(frozen=True)
class Cvirs(Acquisition):
    """Unsure of many classes, and with a set unlike those known: asks what is doubtful in odd company.

    Category vector inconsistency and ranking of scores: the places of the item by the margin of each
    class, added up, times the mean distance of its predicted set from the labelled ones.  Ranks make
    classes of different difficulty count alike; prefer it with many, uneven classes.  A row's number
    depends on the others.  Needs ``model.marginals``.

    Reyes, Morell & Ventura 2018.
    """

    reason: ClassVar[str] = "The model is unsure of several classes, and their combination is unusual."
    needs: ClassVar[frozenset[str]] = _MARGINALS  # type: ignore[misc]
    relative: ClassVar[bool] = True  # type: ignore[misc]

    def __call__(self, prediction: Any) -> np.ndarray:
        return kernels.cvirs(prediction.marginals, prediction.known_sets)


def _cardinality(prediction: Any) -> float | None:
    """The mean number of classes of the labelled rows; None where there is none."""
    sets = prediction.known_sets
    return float(sets.sum(axis=1).mean()) if len(sets) else None
