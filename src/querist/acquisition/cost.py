"""What a label costs: the denominator of a worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.acquisition.algebra import Acquisition
from querist.specs import named

__all__ = ["Cost"]


@named("cost")
@dataclass(frozen=True)
class Cost(Acquisition):
    """What one label costs, from ``Pool(costs=...)``; 1 where the pool has none.  Divide by it.

    >>> from querist.acquisition import Entropy
    >>> Entropy() / Cost()
    Entropy() / Cost()

    Settles, Craven & Friedland 2008.
    """

    needs: ClassVar[frozenset[str]] = frozenset()  # type: ignore[misc]

    def __call__(self, prediction: Any) -> np.ndarray:
        costs: np.ndarray = prediction.costs
        return costs
