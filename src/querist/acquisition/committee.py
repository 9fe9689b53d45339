"""Worth by how far a committee disagrees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist import kernels
from querist.acquisition.algebra import Acquisition
from querist.errors import InvalidInput
from querist.specs import named

__all__ = [
    "Bald",
    "ConsensusEntropy",
    "MaxKL",
    "MeanKL",
    "MeanStd",
    "PredictiveVariance",
    "VariationRatio",
    "VoteEntropy",
]


@dataclass(frozen=True)
class _OfDraws(Acquisition):
    """What the acquisitions of a committee share: how many members are asked."""

    members: int = 20
    needs: ClassVar[frozenset[str]] = frozenset({"draws"})  # type: ignore[misc]
    kernel: ClassVar[Callable[..., np.ndarray]]

    def __post_init__(self) -> None:
        if self.members < 2:
            raise InvalidInput(
                f"A committee of {self.members} cannot disagree.", mend="Ask two members or more."
            )

    def __call__(self, prediction: Any) -> np.ndarray:
        scores: np.ndarray = prediction.from_draws(type(self).kernel, self.members)
        return scores

    @classmethod
    def examples(cls) -> tuple[Acquisition, ...]:
        return (cls(), cls(5))


@named("vote_entropy")
@dataclass(frozen=True)
class VoteEntropy(_OfDraws):
    """-sum_c v_c log v_c of the shares of the votes: asks where the members say different classes.

    Query by committee in its plain form.  Prefer it where the members' probabilities mean little
    (trees grown to the end, machines without probabilities in a ``Committee``); :class:`Bald` counts
    how sure each of them is too.  Needs ``model.draws``: a forest, ``Bagging(model)``, ``Committee``.

    Parameters
    ----------
    members : int
        How many are asked; a smaller committee is asked whole.

    Seung, Opper & Sompolinsky 1992; Dagan & Engelson 1995; Abe & Mamitsuka 1998 (by bagging).
    """

    reason: ClassVar[str] = "The members of the committee say different things here."
    kernel = staticmethod(kernels.vote_entropy)


@named("variation_ratio")
@dataclass(frozen=True)
class VariationRatio(_OfDraws):
    """1 - the largest share of the votes: asks where the majority is smallest.

    :class:`VoteEntropy` without regard to how the minority is split.  Needs ``model.draws``.

    Parameters
    ----------
    members : int
        How many are asked; a smaller committee is asked whole.

    Freeman 1965; Beluch et al. 2018.
    """

    reason: ClassVar[str] = "The majority of the committee is small here."
    kernel = staticmethod(kernels.variation_ratio)


@named("consensus_entropy")
@dataclass(frozen=True)
class ConsensusEntropy(_OfDraws):
    """H of the members' mean: asks where the committee as a whole is unsure, for whatever cause.

    Disagreement and noise together; with noisy labels :class:`Bald` wastes fewer questions.
    Needs ``model.draws``.

    Parameters
    ----------
    members : int
        How many are asked; a smaller committee is asked whole.
    """

    reason: ClassVar[str] = "The committee as a whole is unsure here."
    kernel = staticmethod(kernels.consensus_entropy)


@named("bald")
@dataclass(frozen=True)
class Bald(_OfDraws):
    """H of the mean - mean of H: asks where the members are sure of different classes.

    What the label would tell of the model (mutual information): rows that are ambiguous by nature are
    passed over, since all members agree that they are.  In batches take ``Stochastic()`` as the
    selector (PowerBALD) or the strategy ``BatchBald``: the ten best alone are ten times the same.
    Needs ``model.draws``.

    Parameters
    ----------
    members : int
        How many are asked; a smaller committee is asked whole.

    Houlsby et al. 2011; Gal, Islam & Ghahramani 2017.
    """

    reason: ClassVar[str] = "The members of the committee are sure of different answers here."
    kernel = staticmethod(kernels.bald)


@named("mean_kl")
@dataclass(frozen=True)
class MeanKL(_OfDraws):
    """The mean divergence of the members from their mean: the same number as :class:`Bald`.

    Query by committee with Kullback-Leibler divergence, under the name by which it is looked for.
    Needs ``model.draws``.

    Parameters
    ----------
    members : int
        How many are asked; a smaller committee is asked whole.

    McCallum & Nigam 1998.
    """

    reason: ClassVar[str] = "The members of the committee are far from each other here."
    kernel = staticmethod(kernels.bald)


@named("max_kl")
@dataclass(frozen=True)
class MaxKL(_OfDraws):
    """The divergence of the farthest member from the mean: asks where one of them dissents.

    Prefer :class:`Bald` unless the members are few and all are trusted: one bad member speaks
    through this one alone.  Needs ``model.draws``.

    Parameters
    ----------
    members : int
        How many are asked; a smaller committee is asked whole.

    After McCallum & Nigam 1998, with the maximum for the mean.
    """

    reason: ClassVar[str] = "One member of the committee dissents here."
    kernel = staticmethod(kernels.max_kl)


@named("mean_std")
@dataclass(frozen=True)
class MeanStd(_OfDraws):
    """(1/C) sum_c std_k p^k_c: asks where the members' probabilities are apart, class by class.

    Close to :class:`Bald` in what it asks, and blind to whether .01 or .5 is moved by as much.
    Needs ``model.draws``.

    Parameters
    ----------
    members : int
        How many are asked; a smaller committee is asked whole.

    Kampffmeyer, Salberg & Jenssen 2016; Gal, Islam & Ghahramani 2017.
    """

    reason: ClassVar[str] = "The members' probabilities are far apart here."
    kernel = staticmethod(kernels.mean_std)


@named("predictive_variance")
@dataclass(frozen=True)
class PredictiveVariance(Acquisition):
    """The variance of the predicted number: asks where a regressor knows least.

    For a Gaussian process its posterior variance; for a forest, ``Committee`` or ``Bagging`` of
    regressors the spread of the members (query by committee for numbers).  Prefer a selector that
    spreads for batches: the variance is highest at the rim, and so are the ten best.  Needs
    ``model.mean_std``.

    MacKay 1992 (ALM); Burbidge, Rowland & King 2007 (committees).
    """

    reason: ClassVar[str] = "The predicted number is least certain here."
    needs: ClassVar[frozenset[str]] = frozenset({"mean_std"})  # type: ignore[misc]

    def __call__(self, prediction: Any) -> np.ndarray:
        scores: np.ndarray = np.square(prediction.mean_std[1])
        return scores
