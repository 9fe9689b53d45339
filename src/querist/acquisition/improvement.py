"""Worth by how far a number may pass the best known: the search for the largest or smallest value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist import kernels
from querist.acquisition.algebra import Acquisition
from querist.bounds import check_above
from querist.errors import InvalidInput
from querist.models import take
from querist.specs import named

__all__ = ["ExpectedImprovement", "ProbabilityOfImprovement", "RegressionBald", "UpperConfidenceBound"]

_CHUNK = 8192


@dataclass(frozen=True)
class _OverTheBest(Acquisition):
    """What the two improvements share: what is sought, and what must be passed."""

    lowest: bool = False
    by: float = 0.0
    needs: ClassVar[frozenset[str]] = frozenset({"mean_std"})  # type: ignore[misc]

    def __post_init__(self) -> None:
        if not 0 <= self.by < np.inf:
            raise InvalidInput(f"by must be 0 or more; got {self.by!r}.", mend="0 counts any improvement.")

    def _told(self, prediction: Any) -> tuple[np.ndarray, np.ndarray, float]:
        """Mean, deviation and what is to be passed, turned so that more is better."""
        mean, std = prediction.mean_std
        sign = -1.0 if self.lowest else 1.0
        known = [
            sign * np.asarray(prediction.model.mean_std(take(prediction.x, part))[0])
            for part in np.split(prediction.labelled, range(_CHUNK, len(prediction.labelled), _CHUNK))
            if len(part)
        ]
        best = float(np.concatenate(known).max()) if known else 0.0
        return sign * mean, std, best + self.by

    @classmethod
    def examples(cls) -> tuple[Acquisition, ...]:
        return (cls(), cls(lowest=True, by=0.1))


@named("expected_improvement")
@dataclass(frozen=True)
class ExpectedImprovement(_OverTheBest):
    """By how much the number is expected to pass the best known: the search for the largest value.

    Bayesian optimisation over a pool (drug candidates, settings of a machine): it weighs how high a
    number may be by how likely that is.  It does not serve to learn the number everywhere; for that
    prefer ``PredictiveVariance``.  The best known is the largest prediction among the labelled items,
    which noise does not deceive as it does the largest label; 0 while nothing is labelled.  For a
    batch prefer ``Thompson``: the n best are variations of one.  Needs ``model.mean_std``.

    Parameters
    ----------
    lowest : bool
        Whether the smallest value is sought.
    by : float, 0 or more
        How much counts as an improvement; more explores more.

    Mockus 1975; Jones, Schonlau & Welch 1998; Picheny, Wagner & Ginsbourger 2013 (the noisy best).
    """

    reason: ClassVar[str] = "Its number may well pass the best so far."

    def __call__(self, prediction: Any) -> np.ndarray:
        return kernels.expected_improvement(*self._told(prediction))


@named("probability_of_improvement")
@dataclass(frozen=True)
class ProbabilityOfImprovement(_OverTheBest):
    """How likely the number is to pass the best known, however little.

    It stays close to the best item it knows and is greedy without ``by``; prefer
    ``ExpectedImprovement`` unless a fixed gain is all that counts.  The best known is as there.
    Needs ``model.mean_std``.

    Parameters
    ----------
    lowest : bool
        Whether the smallest value is sought.
    by : float, 0 or more
        How much counts as an improvement; more explores more.

    Kushner 1964.
    """

    reason: ClassVar[str] = "Its number is likely to pass the best so far."

    def __call__(self, prediction: Any) -> np.ndarray:
        return kernels.improvement_chance(*self._told(prediction))


@named("upper_confidence_bound")
@dataclass(frozen=True)
class UpperConfidenceBound(Acquisition):
    """mean + width * deviation: asks where the number may be largest, within what can be believed.

    The simplest search for the largest value, with a bound on its regret; ``width`` decides how much is
    explored and no value of it suits all data.  Prefer ``ExpectedImprovement`` where you would not choose
    it.  In a product use ``Rank(UpperConfidenceBound())``: scores may be below 0.  Needs
    ``model.mean_std``.

    Parameters
    ----------
    width : float, 0 or more
        How many standard deviations are believed in.
    lowest : bool
        Whether the smallest value is sought; the score is then minus the lower bound.

    Srinivas, Krause, Kakade & Seeger 2010.
    """

    width: float = 2.0
    lowest: bool = False
    reason: ClassVar[str] = "Its number may be the best of all."
    needs: ClassVar[frozenset[str]] = frozenset({"mean_std"})  # type: ignore[misc]

    def __post_init__(self) -> None:
        if not 0 <= self.width < np.inf:
            raise InvalidInput(
                f"width must be 0 or more; got {self.width!r}.", mend="2 believes what is 95 % likely."
            )

    def __call__(self, prediction: Any) -> np.ndarray:
        mean, std = prediction.mean_std
        scores: np.ndarray = (-mean if self.lowest else mean) + self.width * std
        return scores

    @classmethod
    def examples(cls) -> tuple[Acquisition, ...]:
        return (cls(), cls(width=0.5, lowest=True))


@named("regression_bald")
@dataclass(frozen=True)
class RegressionBald(Acquisition):
    """1/2 log(1 + variance / noise^2), in nats: what a label would tell of the number behind it.

    It orders items as ``PredictiveVariance`` does, and its size means something: prefer it in sums,
    by cost, and with ``Stochastic()`` (PowerBALD), where the square of a unit would not do.  Needs
    ``model.mean_std`` without the noise of the label (not a Gaussian process with a ``WhiteKernel``).

    Parameters
    ----------
    noise : float, above 0
        The standard deviation of the answers to one question, in the units of the label.

    Houlsby et al. 2011; Gal 2017.
    """

    noise: float = 1.0
    reason: ClassVar[str] = "Its number would tell much of the others."
    needs: ClassVar[frozenset[str]] = frozenset({"mean_std"})  # type: ignore[misc]

    def __post_init__(self) -> None:
        check_above(self.noise, "noise", mend="Give the spread of repeated answers to the same question.")

    def __call__(self, prediction: Any) -> np.ndarray:
        return kernels.gaussian_information(prediction.mean_std[1], self.noise)

    @classmethod
    def examples(cls) -> tuple[Acquisition, ...]:
        return (cls(), cls(noise=0.1))
