"""DropQuery: ask where the model changes its mind when some features are withheld."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput, MissingCapability
from querist.kernels import uniform
from querist.models import Prediction, require, take
from querist.selection import KMeans, Top
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import predicted, proposed

__all__ = ["DropQuery"]

_STREAM = 17  # of chance, the first of one for each time
_STEP = 0x2545F4914F6CDD1D  # odd and large: no two items share a row of lots
_NUMBERS = 1 << 18


@named("drop_query")
@dataclass(frozen=True)
class DropQuery:
    """Groups the candidates on which most of a few looks with withheld features differ from the full look.

    An item is a candidate for the batch if the predicted class changes in more than half of the looks, in
    each of which every feature is withheld with a chance of ``rate`` (and the rest scaled up for it); of
    the k-means groups of those the ones nearest to the centres are asked.  Made for a linear model on the
    embeddings of a large pretrained one, with no committee at hand: prefer it there to "badge" for many
    classes and few labels.  Where fewer change than are asked for, those that change oftenest come,
    ties by lot.  While there is no model all candidates are grouped.

    Needs ``model.proba`` and numeric features, of which 0 should mean nothing: scale them around it.

    Parameters
    ----------
    rate : float, above 0 and below 1
    looks : int
        An odd number leaves no ties.
    sample : int, optional
        How many of the changing candidates, drawn by lot, are grouped at most; None takes all.

    Gupte, Aklilu, Nirschl & Yeung-Levy 2024.
    """

    rate: float = 0.75
    looks: int = 3
    sample: int | None = 131072
    name: ClassVar[str] = "drop_query"

    def __post_init__(self) -> None:
        if not 0 < self.rate < 1:
            raise InvalidInput(
                f"rate must be above 0 and below 1; got {self.rate!r}.", mend="0.75 is the paper's choice."
            )
        if not (isinstance(self.looks, int) and self.looks >= 1):
            raise InvalidInput(
                f"looks must be a whole number of 1 or more; got {self.looks!r}.",
                mend="3 is the paper's choice.",
            )
        KMeans(sample=self.sample)  # which checks it

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates; scores are the shares of looks that differ."""
        prediction = predicted(snapshot)
        if not len(prediction) or n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        if snapshot.model is None:
            picks = KMeans(sample=self.sample)(np.ones(len(prediction)), prediction, n)
            return proposed(snapshot, prediction.rows[picks], why="It stands for a group of items.")
        share = self._changes(prediction) / self.looks
        why = "The model changes its mind when it sees less of it."
        torn = np.flatnonzero(share > 0.5)
        if len(torn) < n:
            selection = Top().select(share, prediction, n)
            picks, chances = selection.positions, selection.probabilities
        else:
            part = predicted(snapshot, prediction.rows[torn])
            picks = torn[KMeans(sample=self.sample)(share[torn], part, n)]
            chances = np.ones(len(picks))
        return proposed(snapshot, prediction.rows[picks], scores=share[picks], probabilities=chances, why=why)

    def _changes(self, prediction: Prediction) -> np.ndarray:
        """In how many looks each candidate is given another class, (k,)."""
        require(prediction.model, "proba", by="DropQuery")
        x = prediction.x
        if getattr(getattr(x, "dtype", None), "kind", "O") not in "fiub":
            raise MissingCapability(
                "DropQuery withholds features, and the pool has no table of numbers.",
                mend="Encode the items first and give the model what the encoder says.",
            )
        guess = prediction.proba.argmax(axis=1)
        changes = np.zeros(len(prediction), dtype=np.intp)
        step = max(1, _NUMBERS // max(1, x.shape[1]))
        for start in range(0, len(prediction), step):
            rows, keys = prediction.rows[start : start + step], prediction.keys[start : start + step]
            whole = take(x, rows)
            for look in range(self.looks):
                seen = _withheld(whole, keys, self.rate, prediction.seed, look)
                said = np.asarray(prediction.model.proba(seen)).argmax(axis=1)
                changes[start : start + step] += said != guess[start : start + step]
        return changes

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(rate=0.5, looks=5, sample=16))


def _withheld(x: Any, keys: np.ndarray, rate: float, seed: int, look: int) -> Any:
    """Rows of which features are 0 by lot, the others scaled; the lots belong to item and feature."""
    with np.errstate(over="ignore"):  # arithmetic modulo 2**64 is what is wanted
        first = keys.astype(np.uint64) * np.uint64(_STEP)
    if hasattr(x, "tocsr"):
        x = x.tocsr()
        lots = np.repeat(first, np.diff(x.indptr)) + x.indices.astype(np.uint64)
        dtype = np.float32 if x.dtype == np.float32 else np.float64
        part = x.astype(dtype)  # a copy
        part.data = part.data * (uniform(lots, seed, stream=_STREAM + look) >= rate) / dtype(1 - rate)
        return part
    lots = first[:, None] + np.arange(x.shape[1], dtype=np.uint64)
    kept = uniform(lots, seed, stream=_STREAM + look) >= rate
    dtype = np.float32 if x.dtype == np.float32 else np.float64
    return np.where(kept, x.astype(dtype, copy=False) / dtype(1 - rate), dtype(0))
