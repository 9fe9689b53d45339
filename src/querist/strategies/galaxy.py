"""Where one class ends and the next begins, along the order in which the model prefers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist.acquisition import Random
from querist.kernels import bisected, thresholds, uniform
from querist.models import require
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import Scored, predicted, proposed

__all__ = ["Direct", "Galaxy"]

_STREAM = 307


@named("galaxy")
@dataclass(frozen=True)
class Galaxy:
    """Bisects, class by class, the stretch in which the labels turn, then asks on both sides of the turn.

    Made for classes of which one is rare: where a margin asks around 0.5, far inside the common class,
    this finds out where the rare one ends and asks as many of it as of the others.  Prefer it to "margin"
    there, with a few labels of each class; with even classes it asks as a margin would.  Wrong answers
    lead a bisection astray for good: prefer "direct" with annotators who err.  One question at a time is the
    paper's rule; the questions of a batch wait for answers together, so they cut a stretch into equal
    pieces, and the classes have turns.  While labels are of one class, or there is no model, it
    draws uniformly.  Needs ``model.proba``, and says it of all items, labelled ones too.

    >>> from querist.data import Pool
    >>> from querist.testing import Centroids
    >>> x = np.linspace(0, 1, 9)[:, None]
    >>> model = Centroids("ab").fitted(x[[0, 8]], ["a", "b"])
    >>> Galaxy().propose(Snapshot(Pool(x), labels={0: "a", 8: "b"}, model=model), 1).ids
    [4]

    Zhang, Katz-Samuels & Nowak 2022.
    """

    name: ClassVar[str] = "galaxy"

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates; scores are 1 / (1 + the length of the stretch, or how far the turn is)."""
        told = _told(snapshot)
        if told is None or n <= 0:
            return Scored(Random()).propose(snapshot, n)
        rows, proba, labels, ties, _ = told
        picks, lengths = bisected(proba, labels, n, ties=ties)
        why = "The answers turn to another class somewhere near it."
        return proposed(snapshot, rows[picks], scores=1 / (1 + lengths), why=why)


@named("direct")
@dataclass(frozen=True)
class Direct:
    """Asks around the threshold of each class that errs least, half of it by lot from where it may lie.

    The successor of "galaxy" for rare classes and wrong labels: a threshold is chosen by counting
    mistakes, so that one wrong answer moves it little, and half of the questions look for a better one.
    Ask it in batches, of which the other half lies around the thresholds, on both sides, the classes with
    fewest labels first.  With few annotators at a time "galaxy" needs fewer questions if they do not err.
    While labels are of one class, or there is no model, it draws uniformly.  Needs ``model.proba``, and
    says it of all items.

    The paper waits for answers within a batch, round by round, and narrows the range of the threshold;
    here a batch is one round.

    Nuggehalli, Zhang, Jain & Nowak 2023.
    """

    name: ClassVar[str] = "direct"

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates, those that are drawn first."""
        told = _told(snapshot)
        if told is None or n <= 0:
            return Scored(Random()).propose(snapshot, n)
        rows, proba, labels, ties, lots = told
        picks, chances = thresholds(proba, labels, n, lots=lots, ties=ties)
        why = "The answers turn to another class somewhere near it."
        return proposed(snapshot, rows[picks], probabilities=chances, why=why)


def _told(snapshot: Snapshot) -> tuple[np.ndarray, ...] | None:
    """Rows, what the model says of them, their answers and lots; None where all answers are alike."""
    if snapshot.model is None or len(set(snapshot.labels.values())) < 2:
        return None
    require(snapshot.model, "proba", by="This strategy")
    out = np.setdiff1d(snapshot.taken, snapshot.labelled)
    rows = np.concatenate([snapshot.candidates, snapshot.labelled, out])
    prediction = predicted(snapshot, rows)
    place = {value: column for column, value in enumerate(snapshot.model.classes)}
    if len(place) < 2:
        return None
    known = [place.get(value, len(place)) for value in snapshot.labels.values()]
    labels = np.concatenate(
        [np.full(len(snapshot.candidates), -1), np.array(known, dtype=np.intp), np.full(len(out), -2)]
    )
    lots = uniform(prediction.keys, snapshot.seed, stream=_STREAM)
    return rows, prediction.proba, labels, prediction.chance, lots
