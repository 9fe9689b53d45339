"""Worth by how typical an item is of the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist import kernels
from querist.acquisition.algebra import Acquisition
from querist.errors import InvalidInput
from querist.specs import named

__all__ = ["Density"]

_ALL, _LEAST = 20480, 4096  # items that are all compared, and how many stand for larger pools at least


@named("density")
@dataclass(frozen=True)
class Density(Acquisition):
    """The mean similarity to the whole pool: asks what many other items resemble.

    Use it as a factor, ``Margin() * Density()``, to pass over outliers; alone it asks the same
    crowded place again and again.  Needs numeric features, or a model that embeds; no model otherwise.
    It is found once a pool of features, and kept.

    Parameters
    ----------
    metric : "cosine" or "euclidean"
        The similarity: (1 + cosine) / 2, in two passes over the pool, for embeddings whose length says
        nothing; or 1 / (1 + distance), for all pairs up to 20,480 items, and beside 4,096 or more,
        drawn by lot, on larger pools.

    >>> from querist.models import Prediction
    >>> Density()(Prediction(None, np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]]))).round(3)
    array([0.833, 0.833, 0.667])

    Settles & Craven 2008 (information density).
    """

    metric: str = "cosine"

    reason: ClassVar[str] = "Many items resemble this one."
    needs: ClassVar[frozenset[str]] = frozenset()  # type: ignore[misc]

    def __post_init__(self) -> None:
        if self.metric not in ("cosine", "euclidean"):
            raise InvalidInput(
                f"There is no density by {self.metric!r}.", mend='Use metric="cosine" or metric="euclidean".'
            )

    def __repr__(self) -> str:
        return "Density()" if self.metric == "cosine" else f"Density({self.metric!r})"

    def __call__(self, prediction: Any) -> np.ndarray:
        key = "density", self.metric
        known = prediction.memory.get(key)
        if known is None:
            known = prediction.memory.keep(key, self._of_all(prediction))
        density: np.ndarray = known[prediction.rows]
        return density

    def _of_all(self, prediction: Any) -> np.ndarray:
        """The density of every row of the pool, candidate or not."""
        space = prediction.space
        if self.metric == "cosine":
            return kernels.cosine_density(space)
        n = space.shape[0]
        others = None if n <= _ALL else prediction.sample(max(_ALL**2 // n, _LEAST), seed=0)
        return kernels.euclidean_density(space, witnesses=others)

    @classmethod
    def examples(cls) -> tuple[Acquisition, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls("euclidean"))
