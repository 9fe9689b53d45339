"""Worth by how unsure the model is of an item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist import kernels
from querist.acquisition.algebra import Acquisition
from querist.specs import named

__all__ = ["ConfidenceRatio", "Entropy", "LeastConfidence", "Margin"]


@named("least_confidence")
@dataclass(frozen=True)
class LeastConfidence(Acquisition):
    """1 - max_c p_c: asks where the likeliest class is least likely.

    Prefer ``Margin`` with more than two classes.  Needs ``model.proba``.

    Lewis & Gale 1994; Culotta & McCallum 2005.
    """

    reason: ClassVar[str] = "The model is unsure of its best guess here."

    def __call__(self, prediction: Any) -> np.ndarray:
        return kernels.least_confidence(prediction.proba)


@named("margin")
@dataclass(frozen=True)
class Margin(Acquisition):
    """1 - (p_(1) - p_(2)): asks where two classes compete for the first place; from 0 to 1.

    The best first choice on most data once a model has seen each class.  While it has not, spread
    the questions first (the strategy "default" does).  Needs ``model.proba``.

    Scheffer, Decomain & Wrobel 2001; Joshi et al. 2009 (best versus second best).
    """

    reason: ClassVar[str] = "Two classes are close to each other here."

    def __call__(self, prediction: Any) -> np.ndarray:
        # the lead may pass 1 by the rounding that probabilities are allowed
        scores: np.ndarray = np.maximum(1 + kernels.margin(prediction.proba), 0)
        return scores


@named("confidence_ratio")
@dataclass(frozen=True)
class ConfidenceRatio(Acquisition):
    """p_(2) / p_(1): asks where the second likeliest class comes close to the likeliest, as a share of it.

    With two classes it asks as ``Margin`` does.  Prefer it with many classes, where the leaders of
    a torn row are all small and their difference says little.  Needs ``model.proba``.

    Monarch 2021.
    """

    reason: ClassVar[str] = "The second guess is nearly as likely as the first here."

    def __call__(self, prediction: Any) -> np.ndarray:
        return kernels.confidence_ratio(prediction.proba)


@named("entropy")
@dataclass(frozen=True)
class Entropy(Acquisition):
    """-sum_c p_c log p_c, in nats: asks where the model spreads its belief over many classes.

    Prefer it when all classes count; with many classes ``Margin`` is steadier.  Needs ``model.proba``.

    Shannon 1948; Dagan & Engelson 1995.
    """

    reason: ClassVar[str] = "The model considers several classes possible here."

    def __call__(self, prediction: Any) -> np.ndarray:
        return kernels.entropy(prediction.proba)
