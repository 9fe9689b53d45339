"""Worth by what a label would do for numbers: find a level set, or take away variance everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist import kernels
from querist.acquisition.algebra import Acquisition
from querist.errors import InvalidInput
from querist.models import require, take
from querist.specs import named

__all__ = ["Straddle", "VarianceRemoved"]

_CHUNK = 2048


@named("straddle")
@dataclass(frozen=True)
class Straddle(Acquisition):
    """width * deviation - |mean - level|: asks where it cannot be told on which side of a level a number is.

    Finds where a quantity crosses a threshold (a safe limit, a coast line) with few measurements; it does not
    care how far above or below the rest is.  Prefer ``PredictiveVariance`` to learn the number everywhere.
    In a product use ``Rank(Straddle())``: scores may be below 0.  Needs ``model.mean_std``.

    Parameters
    ----------
    level : float
        The threshold, in the units of the label.
    width : float, 0 or more
        How many standard deviations are believed in.

    Bryan, Nichol, Genovese, Schneider, Miller & Wasserman 2005; Gotovos et al. 2013 (bounds on its error).
    """

    level: float = 0.0
    width: float = 1.96
    reason: ClassVar[str] = "It cannot be told on which side of the level it is."
    needs: ClassVar[frozenset[str]] = frozenset({"mean_std"})  # type: ignore[misc]

    def __post_init__(self) -> None:
        if not (np.isfinite(self.level) and 0 <= self.width < np.inf):
            raise InvalidInput(
                f"A straddle has a finite level and a width of 0 or more; got {self.level!r}, "
                f"{self.width!r}.",
                mend="Write Straddle(level=3.5).",
            )

    def __call__(self, prediction: Any) -> np.ndarray:
        mean, std = prediction.mean_std
        return kernels.straddle(mean, std, self.level, self.width)

    @classmethod
    def examples(cls) -> tuple[Acquisition, ...]:
        return (cls(), cls(level=1.5, width=0.5))


@named("variance_removed")
@dataclass(frozen=True)
class VarianceRemoved(Acquisition):
    """How much a label would lower the variance of predictions on average: integrated variance (ALC, IMSE).

    Asks where it helps the rest, while ``PredictiveVariance`` asks where the model itself is least sure,
    which is often a far corner.  Prefer it to learn a number everywhere with a smooth model; of classes
    prefer ``Epig``.  Takes the covariances of a Gaussian process, or those of ``draws`` of an ensemble.

    Parameters
    ----------
    places : int, 1 or more
        How many rows of the pool stand for where the number is wanted; points of the domain, in a synthesis.
    noise : float, 0 or more
        The standard deviation of the answers to one question, in the units of the label.
    k : int, 2 or more
        Draws, where the model gives no covariances.

    Cohn, Ghahramani & Jordan 1996; Seo, Wallat, Graepel & Obermayer 2000.
    """

    places: int = 256
    noise: float = 0.0
    k: int = 32
    reason: ClassVar[str] = "Its number would tell much of all the others."
    needs: ClassVar[frozenset[str]] = frozenset({"draws"})  # type: ignore[misc]

    def __post_init__(self) -> None:
        if self.places < 1 or self.k < 2 or not 0 <= self.noise < np.inf:
            raise InvalidInput(
                f"places={self.places!r}, noise={self.noise!r}, k={self.k!r}.",
                mend="Give 1 place or more, a noise of 0 or more and 2 draws or more.",
            )

    def __call__(self, prediction: Any) -> np.ndarray:
        model = prediction.model
        z = take(prediction.x, prediction.sample(self.places))
        if not hasattr(model, "covariance"):
            require(model, "draws", by="VarianceRemoved")
        scores = np.empty(len(prediction))
        for start in range(0, len(prediction), _CHUNK):
            x = take(prediction.x, prediction.rows[start : start + _CHUNK])
            told = self._of_process if hasattr(model, "covariance") else self._of_draws
            scores[start : start + _CHUNK] = told(model, x, z, prediction.seed)
        return scores

    def _of_process(self, model: Any, x: Any, z: Any, _seed: int) -> np.ndarray:
        variance = np.square(np.asarray(model.mean_std(x)[1]))
        return kernels.variance_removed(model.covariance(x, z), variance, self.noise)

    def _of_draws(self, model: Any, x: Any, z: Any, seed: int) -> np.ndarray:
        """The same from draws, class by class where they are of classes."""
        said, there = (self._deviations(model, rows, seed) for rows in (x, z))
        total = np.zeros(said.shape[1])
        for here, other in zip(np.moveaxis(said, 2, 0), np.moveaxis(there, 2, 0), strict=True):
            covariance = here.T @ other / (len(here) - 1)
            variance = np.square(here).sum(axis=0) / (len(here) - 1)
            total += kernels.variance_removed(covariance, variance, self.noise)
        return total

    def _deviations(self, model: Any, x: Any, seed: int) -> np.ndarray:
        draws = np.asarray(model.draws(x, self.k, np.random.default_rng(seed)), dtype=np.float64)
        draws = draws[:, :, None] if draws.ndim == 2 else draws
        return np.asarray(draws - draws.mean(axis=0))

    @classmethod
    def examples(cls) -> tuple[Acquisition, ...]:
        return (cls(), cls(places=32, noise=0.1, k=8))
