"""Worth by how good a ranking would be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist import kernels
from querist.acquisition.algebra import Acquisition
from querist.specs import named

__all__ = ["ExpectedAveragePrecision"]


@named("expected_average_precision")
@dataclass(frozen=True)
class ExpectedAveragePrecision(Acquisition):
    """The average precision expected of the rankings by class, if the item is of the class.

    For tasks that end in a ranking (retrieval, recognition of actions), judged by average precision.  With
    even classes it orders items much as ``Entropy`` does; where a class is rare it asks those that are
    likeliest to be of it.  For accuracy prefer ``Margin``.  Its paper tried it on videos, and nobody has
    compared it widely since.  A row's number depends on all candidates, and among many the numbers
    lie close together.  Needs ``model.proba``.

    Wang, Chang, Shi, Yang & Shen 2018.
    """

    reason: ClassVar[str] = "Its answer matters to the order of the others."
    relative: ClassVar[bool] = True  # type: ignore[misc]

    def __call__(self, prediction: Any) -> np.ndarray:
        return kernels.expected_average_precision(prediction.proba)
