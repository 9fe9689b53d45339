"""BADGE: batches of large and different gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.kernels import kmeans_plus_plus, nearness, top
from querist.kernels.arrays import unmeasurable
from querist.models import Prediction, require, take
from querist.selection import KMeansPlusPlus, lots_of
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import predicted, proposed

__all__ = ["Badge"]


@named("badge")
@dataclass(frozen=True)
class Badge:
    """Draws the batch by k-means++ on the gradients that the model's own best guesses would cause.

    A gradient of the last layer is long where the model is unsure and points elsewhere where the item is
    another: one draw weighs worth and spread, without a parameter.  Prefer it for batches from ten on,
    with a model that can embed or with good features; for one question at a time it is a longest
    gradient, and ``Margin`` does as well.  It does not look at what is labelled: that is the model's part.

    The gradients are (p - 1 at the likeliest class) x (what the last layer sees); as products they are
    never written down, and few distances are taken: time O(n C) and memory O(n C) besides the pool, which
    is read once, at the first question about it.  The first pick has the longest gradient, as in the
    authors' program; items that are out with others count as picked.  Where all gradients are alike or
    nothing (repeated rows, a model sure of everything) the rest is drawn uniformly.  On large pools the
    chance of a draw is an estimate, whose reciprocal is right on average.  While there is no model it
    draws by k-means++ on the features.  Needs ``model.proba``.

    >>> from sklearn.linear_model import LogisticRegression
    >>> from querist.data import Pool
    >>> from querist.models import as_model
    >>> x = np.array([[-4.0, 1.0], [4.0, 1.0], [0.1, 3.0], [0.0, 1.0], [3.0, 1.0]])
    >>> model = as_model(LogisticRegression()).fitted(x[:2], ["no", "yes"])
    >>> Badge().propose(Snapshot(Pool(x), labels={0: "no", 1: "yes"}, model=model), 1).ids
    [2]

    Ash, Zhang, Krishnamurthy, Langford & Agarwal 2020.
    """

    name: ClassVar[str] = "badge"

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates, each with the length of its gradient as score and the chance of its draw."""
        prediction = predicted(snapshot)
        n = max(0, min(n, len(prediction)))
        if not n:
            return proposed(snapshot, prediction.rows[:0])
        if snapshot.model is None:
            return _cold(snapshot, prediction, n)
        return _drawn(snapshot, prediction, n)


def _cold(snapshot: Snapshot, prediction: Prediction, n: int) -> Proposal:
    selection = KMeansPlusPlus().select(np.ones(len(prediction)), prediction, n)
    rows = prediction.rows[selection.positions]
    why = "No model yet. It is unlike what was asked."
    return proposed(snapshot, rows, probabilities=selection.probabilities, why=why)


def _drawn(snapshot: Snapshot, prediction: Prediction, n: int) -> Proposal:
    require(prediction.model, "proba", by="BADGE")
    out = np.setdiff1d(snapshot.taken, snapshot.labelled)
    factors = np.zeros((len(snapshot.pool), prediction.proba.shape[1]), dtype=prediction.proba.dtype)
    _surprise(factors, prediction.rows, prediction.proba)
    if len(out):
        _surprise(factors, out, prediction.model.proba(take(prediction.x, out)))
    measured = prediction.nearness.measured
    with np.errstate(invalid="ignore"):  # nothing times infinity, which is told below
        lengths = np.sqrt((measured.squares * np.einsum("ij,ij->i", factors, factors))[prediction.rows])
    if len(wrong := np.flatnonzero(~np.isfinite(lengths))):
        raise unmeasurable(int(prediction.rows[wrong[0]]))
    first = np.empty(0, dtype=np.intp)
    if not len(out):
        first = prediction.rows[top(lengths, 1, ties=prediction.chance)]
    picks, chances = kmeans_plus_plus(
        nearness(measured, np.concatenate([out, first])),
        n - len(first),
        rows=prediction.rows,
        factors=factors,
        lots=lots_of(prediction),
    )
    picks = np.concatenate([first, picks])
    return proposed(
        snapshot,
        picks,
        scores=lengths[np.searchsorted(prediction.rows, picks)],
        probabilities=np.concatenate([np.ones(len(first)), chances]),
        why="Its answer would change the model much, and not as the others do.",
    )


def _surprise(slope: np.ndarray, rows: np.ndarray, proba: Any) -> None:
    """Probabilities less one at the likeliest class, into some rows: the slope, were the guess true."""
    slope[rows] = proba
    slope[rows, np.asarray(proba).argmax(axis=1)] -= 1
