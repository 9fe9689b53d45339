"""Worth by what a model says of each class by itself, where an item may have several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist import kernels
from querist.acquisition.algebra import Acquisition
from querist.specs import named

__all__ = [
    "AverageConfidence",
    "AverageScore",
    "BinaryMinimum",
    "MaxLoss",
    "MaxScore",
    "MeanMaxLoss",
    "MinConfidence",
]

_DECISION = frozenset({"label_decision"})
_MARGINALS = frozenset({"marginals"})


@named("binary_minimum")
@dataclass(frozen=True)
class BinaryMinimum(Acquisition):
    """1 / (1 + min_k |f_k|): asks where the answer about one of the classes could turn.

    The standard first choice where an item may have several classes, and right when each class counts.
    With many classes some boundary is near every item, and ``AverageConfidence`` or ``Cvirs`` tells
    more.  Needs ``model.label_decision``: any classifier fitted to sets of classes.

    Brinker 2003.
    """

    reason: ClassVar[str] = "The model can hardly tell whether it has one of the classes."
    needs: ClassVar[frozenset[str]] = _DECISION  # type: ignore[misc]

    def __call__(self, prediction: Any) -> np.ndarray:
        scores: np.ndarray = 1 / (1 - kernels.binary_minimum(prediction.label_decision))
        return scores


@named("max_loss")
@dataclass(frozen=True)
class MaxLoss(Acquisition):
    """The hinge loss if the item had its likeliest class and no other: asks where that would cost most.

    Made for machines with a margin of 1 (``LinearSVC``) and items that mostly have one class; an item that
    surely has two classes counts as a large loss, so where sets are large prefer ``MaxLossReduction``.
    Needs ``model.label_decision``.

    Li, Wang & Sung 2004.
    """

    reason: ClassVar[str] = "Its likeliest class alone would explain it badly."
    needs: ClassVar[frozenset[str]] = _DECISION  # type: ignore[misc]

    def __call__(self, prediction: Any) -> np.ndarray:
        return kernels.max_loss(prediction.label_decision)


@named("mean_max_loss")
@dataclass(frozen=True)
class MeanMaxLoss(Acquisition):
    """The hinge loss if the item had one class alone, averaged over those that it is said to have.

    :class:`MaxLoss` for items of several classes, whose order of likelihood says little.  It also prefers
    large sets.  Needs ``model.label_decision``.

    Li, Wang & Sung 2004.
    """

    reason: ClassVar[str] = "No single one of its classes would explain it well."
    needs: ClassVar[frozenset[str]] = _DECISION  # type: ignore[misc]

    def __call__(self, prediction: Any) -> np.ndarray:
        return kernels.mean_max_loss(prediction.label_decision)


@named("min_confidence")
@dataclass(frozen=True)
class MinConfidence(Acquisition):
    """1 - min_k |2 p_k - 1|: asks where the model is near one half about one of the classes.

    :class:`BinaryMinimum` on chances, which compares classes fairly where their machines have other
    scales.  Needs ``model.marginals``.

    Esuli & Sebastiani 2009.
    """

    reason: ClassVar[str] = "The model can hardly tell whether it has one of the classes."
    needs: ClassVar[frozenset[str]] = _MARGINALS  # type: ignore[misc]

    def __call__(self, prediction: Any) -> np.ndarray:
        return kernels.min_confidence(prediction.marginals)


@named("average_confidence")
@dataclass(frozen=True)
class AverageConfidence(Acquisition):
    """1 - mean_k |2 p_k - 1|: asks where the model is unsure of the classes on the whole.

    One answer settles all classes, so their doubts add up: prefer it where a whole set costs as much to
    answer whatever is in it, and the model is calibrated.  It likes items that are vague in every class,
    and falls behind :class:`BinaryMinimum`, and random, where those are few and alike.
    Needs ``model.marginals``.

    Esuli & Sebastiani 2009.
    """

    reason: ClassVar[str] = "The model is unsure of several of its classes."
    needs: ClassVar[frozenset[str]] = _MARGINALS  # type: ignore[misc]

    def __call__(self, prediction: Any) -> np.ndarray:
        return kernels.average_confidence(prediction.marginals)


@named("max_score")
@dataclass(frozen=True)
class MaxScore(Acquisition):
    """max_k p_k: asks what the model is surest to have a class.

    For finding examples of rare classes, not for doubt: it asks what the model believes already.  A class
    that every item has drowns the others; leave it out of the task.  Needs ``model.marginals``.

    Esuli & Sebastiani 2009.
    """

    reason: ClassVar[str] = "The model is sure of one of its classes."
    needs: ClassVar[frozenset[str]] = _MARGINALS  # type: ignore[misc]

    def __call__(self, prediction: Any) -> np.ndarray:
        return kernels.max_score(prediction.marginals)


@named("average_score")
@dataclass(frozen=True)
class AverageScore(Acquisition):
    """mean_k p_k: asks what is expected to have the most classes.

    Prefer it while positive answers are rare: each of its answers brings many.  It never asks what has
    few classes, so change to ``AverageConfidence`` once each class has been seen.  Needs
    ``model.marginals``.

    Esuli & Sebastiani 2009.
    """

    reason: ClassVar[str] = "It is expected to have many classes."
    needs: ClassVar[frozenset[str]] = _MARGINALS  # type: ignore[misc]

    def __call__(self, prediction: Any) -> np.ndarray:
        return kernels.average_score(prediction.marginals)
