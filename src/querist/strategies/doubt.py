"""Batches of what the model doubts, kept apart: CLUE, FALCUN, ranked batch mode."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from querist.acquisition import Acquisition, LeastConfidence, Margin
from querist.bounds import check_above
from querist.errors import InvalidInput
from querist.kernels import entropy, falcun, ranked_batch
from querist.models import Prediction, require, take
from querist.selection import KMeans
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import Scored, predicted, proposed

__all__ = ["Clue", "Falcun", "RankedBatch"]


@named("clue")
@dataclass(frozen=True)
class Clue:
    """The candidates nearest to the centres of n clusters, each item pulling by the model's entropy.

    Made for a model that was trained elsewhere and comes to new data: it covers the part of the pool that
    the model is unsure of.  Prefer it for large batches on good embeddings; prefer "uherding" where what
    is labelled already should count, for this does not look at it.  While there is no model all items pull
    alike.  Needs ``model.proba``.

    Parameters
    ----------
    temperature : float
        What log-probabilities are divided by before: above 1 lets sure items count too, below 1 the
        unsure ones alone.
    sample : int, optional
        How many candidates, drawn by lot, are clustered at most; None takes all.

    >>> from querist.data import Pool
    >>> pool = Pool([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]])
    >>> sorted(Clue().propose(Snapshot(pool), 2).ids)
    [1, 4]

    Prabhu, Chandrasekaran, Saenko & Hoffman 2021.
    """

    temperature: float = 1.0
    sample: int | None = 131072
    name: ClassVar[str] = "clue"

    def __post_init__(self) -> None:
        check_above(self.temperature, "temperature", mend="1 leaves the probabilities as they are.")
        KMeans(sample=self.sample)  # which checks it

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates, those of the heaviest clusters first; scores are their entropies."""
        prediction = predicted(snapshot)
        if not len(prediction) or n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        cold = snapshot.model is None
        unsure = np.ones(len(prediction)) if cold else self._unsure(prediction)
        picks = KMeans(weighted=True, sample=self.sample)(unsure, prediction, n)
        why = "It stands for a group of items" + ("." if cold else " that the model is unsure of.")
        return proposed(snapshot, prediction.rows[picks], scores=unsure[picks], why=why)

    def _unsure(self, prediction: Prediction) -> np.ndarray:
        proba = prediction.proba
        if self.temperature != 1:
            proba = np.maximum(proba, np.finfo(proba.dtype).tiny) ** (1 / self.temperature)
            proba /= proba.sum(axis=1, keepdims=True)
        return entropy(proba)

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(temperature=2.0, sample=16))


@named("falcun")
@dataclass(frozen=True)
class Falcun:
    """Draws each pick by how unsure the model is and by how unlike it speaks of what is picked.

    All happens among the model's probabilities, so it needs no features and no embedding, and costs
    O(n C) a pick.  Prefer it to BADGE where features are raw or there are hundreds of thousands of items;
    prefer BADGE where the embedding knows more than the classes do.  Items that are out with others count
    as picked.  While there is no model it draws uniformly.  Needs ``model.proba``.

    Parameters
    ----------
    gamma : float, 0 or more
        How much the better ones are preferred: 0 draws uniformly, much takes the best.

    Gilhuber, Beer, Ma & Seidl 2024.
    """

    gamma: float = 10.0
    name: ClassVar[str] = "falcun"

    def __post_init__(self) -> None:
        if not (isinstance(self.gamma, int | float) and 0 <= self.gamma < np.inf):
            raise InvalidInput(
                f"gamma must be a number of 0 or more; got {self.gamma!r}.", mend="10 is the paper's choice."
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates with the chance of each draw; scores are how unsure the model is of each."""
        if snapshot.model is None:
            return Scored().propose(snapshot, n)
        prediction = predicted(snapshot)
        if not len(prediction) or n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        doubt = Margin()(prediction)
        out = np.setdiff1d(snapshot.taken, snapshot.labelled)
        picks, chances = falcun(
            prediction.proba,
            doubt,
            n,
            gamma=self.gamma,
            out=snapshot.model.proba(take(prediction.x, out)) if len(out) else None,
            rng=np.random.default_rng(prediction.seed),
        )
        return proposed(
            snapshot,
            prediction.rows[picks],
            scores=doubt[picks],
            probabilities=chances,
            why="The model is unsure of it, otherwise than of the others.",
        )

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(gamma=1.0))


@named("ranked_batch")
@dataclass(frozen=True)
class RankedBatch:
    """Each pick is far from all that is labelled, out or picked, or doubted; the more labels, the latter.

    The weight of distance is the share of items without a label.  It is modAL's batch mode: prefer it to
    come from there with the same picks.  On large pools that share stays near 1, and it is k-center all
    along; prefer "uherding" or "default" then.  Distances are compared with 1, so scale the features.
    While there is no model nothing is doubted.

    Parameters
    ----------
    uncertainty : Acquisition
        Numbers from 0 to 1: ``LeastConfidence()``, ``Margin()``, or ``Rank(...)`` of any other.

    Cardoso, Silva, Canuto, Moro & Gonçalves 2017.
    """

    uncertainty: Acquisition = field(default_factory=LeastConfidence)
    name: ClassVar[str] = "ranked_batch"

    def __post_init__(self) -> None:
        if not isinstance(self.uncertainty, Acquisition):
            raise InvalidInput(
                f"uncertainty must be an acquisition; got {self.uncertainty!r}.",
                mend="Write for example LeastConfidence(), with the brackets.",
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates in greedy order, each with its worth at its turn."""
        prediction = predicted(snapshot)
        if not len(prediction) or n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        doubt = np.zeros(len(snapshot.pool))
        if snapshot.model is not None:
            for capability in self.uncertainty.needs:
                require(snapshot.model, capability, by="Ranked batch mode")
            doubt[prediction.rows] = self.uncertainty(prediction)
        picks, scores = ranked_batch(prediction.space, doubt, n, taken=prediction.taken, rows=prediction.rows)
        return proposed(snapshot, picks, scores=scores, why="It is new, or the model is unsure of it.")

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(Margin()))
