"""Worth by lot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.acquisition.algebra import Acquisition
from querist.specs import named

__all__ = ["Random"]


@named("random")
@dataclass(frozen=True)
class Random(Acquisition):
    """A number in [0, 1) by lot: every item is as likely as any other.

    The arm that every other strategy must beat, and the only one whose answers tell the quality of
    a model without correction.  The lot of an item depends on the seed and its id alone.

    >>> from querist.models import Prediction
    >>> scores = Random()(Prediction(None, np.zeros((3, 1)), seed=1))
    >>> bool(Random()(Prediction(None, np.zeros((3, 1)), rows=[2], seed=1))[0] == scores[2])
    True
    """

    reason: ClassVar[str] = "Drawn at random."
    needs: ClassVar[frozenset[str]] = frozenset()  # type: ignore[misc]
    uniform: ClassVar[bool] = True  # type: ignore[misc]

    def __call__(self, prediction: Any) -> np.ndarray:
        scores: np.ndarray = prediction.chance
        return scores
