"""ALFA-Mix: ask where a little of another class's features changes what the model says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput, MissingCapability
from querist.kernels import flip_strength
from querist.models import Prediction, require, take
from querist.selection import KMeans, Top
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import predicted, proposed

__all__ = ["AlfaMix"]

_NUMBERS = 1 << 18


@named("alfa_mix")
@dataclass(frozen=True)
class AlfaMix:
    """Groups the candidates whose class changes when a little of the mean of a labelled class is mixed in.

    The share that is mixed rises by steps until n candidates change; of the k-means groups of those the
    ones nearest to the centres are asked.  Made for few labels on the embeddings of a pretrained network,
    where its paper has it ahead of "badge" and CoreSet; on frozen embeddings the authors of "drop_query"
    report theirs ahead of it.  It looks at the means of what is labelled, not at how much is labelled
    where: prefer "uherding" for that.  Where fewer change than are asked for, those nearest to a change
    come (the paper draws them).  While there is no model all candidates are grouped.

    With ``model.head``, a linear last layer (scikit-learn's ``LogisticRegression``, ``LinearSVC``,
    ``RidgeClassifier``, ``SGDClassifier``, alone or as the last step of a pipeline), the share is the paper's
    closed form, one of each feature.  Any other model with ``model.proba`` is shown mixtures of the
    features themselves, one share for all features of a row, doubled from step to step; they must be
    numbers.

    Parameters
    ----------
    step : float, above 0, at most 1
        By how much the share rises; of the closed form, the root mean square of its shares.
    sample : int, optional
        How many of the changing candidates, drawn by lot, are grouped at most; None takes all.

    >>> from sklearn.linear_model import LogisticRegression
    >>> from querist.data import Pool
    >>> from querist.models import as_model
    >>> x = np.array([[-2.0], [-1.5], [0.1], [1.5], [2.0]])
    >>> model = as_model(LogisticRegression()).fitted(x[[0, 4]], ["a", "b"])
    >>> AlfaMix().propose(Snapshot(Pool(x), labels={0: "a", 4: "b"}, model=model), 1).ids
    [2]

    Parvaneh, Abbasnejad, Teney, Haffari, van den Hengel & Shi 2022.
    """

    step: float = 0.03125
    sample: int | None = 16384
    name: ClassVar[str] = "alfa_mix"

    def __post_init__(self) -> None:
        if not 0 < self.step <= 1:
            raise InvalidInput(
                f"step must be above 0 and at most 1; got {self.step!r}.", mend="1/32 is the authors' choice."
            )
        KMeans(sample=self.sample)  # which checks it

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates; scores are 1 / (1 + the share at which they change), 0 where they do not."""
        prediction = predicted(snapshot)
        if not len(prediction) or n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        if snapshot.model is None:
            picks = KMeans(sample=self.sample)(np.ones(len(prediction)), prediction, n)
            return proposed(snapshot, prediction.rows[picks], why="It stands for a group of items.")
        share = self._shares(snapshot, prediction)
        scores = 1 / (1 + share)
        why = "A little of another class would change the model's mind."
        caps = np.append(np.arange(self.step, 1, self.step), 1.0)
        enough = np.flatnonzero(np.searchsorted(np.sort(share), caps, side="right") >= n)
        if not len(enough):
            selection = Top().select(scores, prediction, n)
            rows, chances = selection.positions, selection.probabilities
            return proposed(
                snapshot, prediction.rows[rows], scores=scores[rows], probabilities=chances, why=why
            )
        torn = np.flatnonzero(share <= caps[enough[0]])
        part = predicted(snapshot, prediction.rows[torn])
        picks = torn[KMeans(sample=self.sample)(scores[torn], part, n)]
        return proposed(snapshot, prediction.rows[picks], scores=scores[picks], why=why)

    def _shares(self, snapshot: Snapshot, prediction: Prediction) -> np.ndarray:
        """The least share of another class at which each candidate changes, (k,); infinity for none."""
        model = prediction.model
        if not hasattr(model, "head"):
            return self._tried(snapshot, prediction)
        weights, bias = model.head()
        anchors = _anchors(prediction.space, snapshot)
        strength = flip_strength(prediction.embedding, weights, bias, anchors)
        return np.asarray(strength * np.sqrt(max(1, prediction.space.shape[1])))

    def _tried(self, snapshot: Snapshot, prediction: Prediction) -> np.ndarray:
        """The same by showing the model mixtures of the features, from the least share to the largest."""
        require(prediction.model, "proba", by="AlfaMix")
        if getattr(getattr(prediction.x, "dtype", None), "kind", "O") not in "fiub":
            raise MissingCapability(
                "AlfaMix mixes features, and the pool has no table of numbers.",
                mend="Use a linear last step (LogisticRegression), or encode the items first.",
            )
        anchors = _anchors(prediction.x, snapshot)
        guess = prediction.proba.argmax(axis=1)
        share = np.full(len(prediction), np.inf)
        size = max(1, _NUMBERS // max(1, prediction.x.shape[1]))
        steps = self.step * 2.0 ** np.arange(max(1, np.ceil(np.log2(1 / self.step))))
        for start in range(0, len(prediction), size):
            part = slice(start, start + size)
            given = take(prediction.x, prediction.rows[part])
            alike = type(given) if hasattr(given, "toarray") else np.asarray
            rows = np.asarray(given.toarray() if hasattr(given, "toarray") else given, dtype=np.float64)
            for alpha in steps[::-1]:
                for anchor in anchors:
                    mixed = rows + alpha * (anchor - rows)
                    said = np.asarray(prediction.model.proba(alike(mixed)))
                    changed = said.argmax(axis=1) != guess[part]
                    share[part][changed] = alpha
        return share

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(step=0.25, sample=16))


def _anchors(space: Any, snapshot: Snapshot) -> np.ndarray:
    """The mean of the labelled rows of each class, (classes seen, d)."""
    places: dict[Any, list[int]] = {}
    for row, value in zip(snapshot.labelled, snapshot.labels.values(), strict=True):
        places.setdefault(value, []).append(int(row))
    means = [np.asarray(take(space, np.array(rows)).mean(axis=0)).ravel() for rows in places.values()]
    return np.stack(means) if means else np.empty((0, space.shape[1]))
