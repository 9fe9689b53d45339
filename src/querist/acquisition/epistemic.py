"""Worth by how much of a doubt is ignorance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist import kernels
from querist.acquisition.algebra import Acquisition
from querist.specs import named

__all__ = ["Epistemic"]


@named("epistemic")
@dataclass(frozen=True)
class Epistemic(Acquisition):
    """How plausible both answers still are: asks where little was seen, not where much was seen to vary.

    Probabilities alone cannot tell an even coin from an unknown one; the labels seen nearby can.
    Prefer it with noisy labels on features of few dimensions.  Needs ``model.frequencies``: the model
    ``Parzen``; with a committee, ``Bald`` asks in the same spirit.  Of several classes the two that
    are seen most often nearby count.

    Nguyen, Destercke & Huellermeier 2019.
    """

    reason: ClassVar[str] = "Little is known of items like this one."
    needs: ClassVar[frozenset[str]] = frozenset({"frequencies"})  # type: ignore[misc]

    def __call__(self, prediction: Any) -> np.ndarray:
        return kernels.epistemic(prediction.frequencies)
