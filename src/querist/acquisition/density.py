"""Worth by how typical an item is of the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist import kernels
from querist.acquisition.algebra import Acquisition
from querist.specs import named

__all__ = ["Density"]


@named("density")
@dataclass(frozen=True)
class Density(Acquisition):
    """The mean similarity to the whole pool, (1 + cosine) / 2: asks what many other items resemble.

    Use it as a factor, ``Margin() * Density()``, to pass over outliers; alone it asks the same
    crowded place again and again.  Needs numeric features, or a model that embeds; no model otherwise.
    Two passes over the pool, whatever its size.

    >>> from querist.models import Prediction
    >>> Density()(Prediction(None, np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]]))).round(3)
    array([0.833, 0.833, 0.667])

    Settles & Craven 2008 (information density).
    """

    reason: ClassVar[str] = "Many items resemble this one."
    needs: ClassVar[frozenset[str]] = frozenset()  # type: ignore[misc]

    def __call__(self, prediction: Any) -> np.ndarray:
        return kernels.cosine_density(prediction.space, rows=prediction.rows)
