"""Greedy sampling: batches far from what is labelled in the features, in the outputs, or in both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidLabel
from querist.kernels import greedy_sampling, k_center
from querist.models import Prediction, require, take
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import predicted, proposed

__all__ = ["IGS", "GSx", "GSy"]

_CHUNK = 8192


@named("gsx")
@dataclass(frozen=True)
class GSx:
    """Each pick is the candidate farthest, in the features, from all that is labelled, out or picked.

    The first of all is the one closest to the middle.  Prefer it for regression before there is a model
    to trust; then :class:`IGS`.  It is the selector "k_center" by the name that regression knows; scale
    the features first, or the widest decides alone.

    >>> from querist.data import Pool
    >>> GSx().propose(Snapshot(Pool([[0.0], [4.0], [9.0]]), labels={0: 1.5}), 2).ids
    [2, 1]

    Yu & Kim 2010; Wu, Lin & Huang 2019.
    """

    name: ClassVar[str] = "gsx"

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates that spread most."""
        return _spread(snapshot, predicted(snapshot), n)


@named("gsy")
@dataclass(frozen=True)
class GSy:
    """Each pick is the candidate whose prediction is farthest from every known or predicted value so far.

    It fills the range of the outputs: prefer it where the target's extremes matter.  It trusts the
    model; while there is none it asks as :class:`GSx`.  Of classes, the distance is between the
    model's probabilities and the label as a certain one.  Needs ``model.predict`` or ``model.proba``.

    Wu, Lin & Huang 2019.
    """

    name: ClassVar[str] = "gsy"

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates that spread most in what is predicted of them."""
        prediction = predicted(snapshot)
        if snapshot.model is None or not len(prediction):
            return _spread(snapshot, prediction, n)
        picks, distances = k_center(
            _outputs(snapshot, prediction), n, taken=prediction.taken, rows=prediction.rows
        )
        return _told(snapshot, picks, distances, "Its predicted value is unlike every known one.")


@named("igs")
@dataclass(frozen=True)
class IGS:
    """Each pick has the largest product of distances, in features and in outputs, to what is known.

    The strategy of choice for regression with small models (linear, kernel, few hundred labels): new
    places where the value is new too.  Prefer "lcmd" with neural networks.  While there is no model it
    asks as :class:`GSx`; a pick whose answer is not there yet stands with its predicted value.  Of
    classes, outputs are probabilities, as for :class:`GSy`.  Needs ``model.predict`` or ``model.proba``.

    >>> from sklearn.linear_model import LinearRegression
    >>> from querist.data import Pool
    >>> from querist.models import as_model
    >>> model = as_model(LinearRegression()).fitted([[0.0], [4.0]], [0.0, 8.0])
    >>> pool = Pool([[0.0], [2.0], [3.5], [4.0], [5.0]])
    >>> IGS().propose(Snapshot(pool, labels={0: 0.0, 3: 8.0}, model=model), 1).ids
    [1]

    Wu, Lin & Huang 2019.
    """

    name: ClassVar[str] = "igs"

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates that spread most in both."""
        prediction = predicted(snapshot)
        if snapshot.model is None or not len(prediction):
            return _spread(snapshot, prediction, n)
        picks, distances = greedy_sampling(
            prediction.nearness, _outputs(snapshot, prediction), n, rows=prediction.rows
        )
        return _told(snapshot, picks, distances, "It is far from what is known, and its value too.")


def _spread(snapshot: Snapshot, prediction: Prediction, n: int) -> Proposal:
    if not len(prediction):
        return proposed(snapshot, prediction.rows)
    picks, distances = k_center(prediction.nearness, n, rows=prediction.rows)
    return _told(snapshot, picks, distances, "It is far from everything that was asked.")


def _told(snapshot: Snapshot, picks: np.ndarray, distances: np.ndarray, why: str) -> Proposal:
    known = distances[np.isfinite(distances)]
    scores = np.where(np.isfinite(distances), distances, known.max(initial=1.0))
    return proposed(snapshot, picks, scores=scores, why=why)


def _outputs(snapshot: Snapshot, prediction: Prediction) -> np.ndarray:
    """For each row of the pool, (n_pool, m): its label where there is one, else what the model says.

    Rows that are neither labelled, out nor candidates stay 0; nobody looks at them.
    """
    model, known = prediction.model, snapshot.labelled
    waiting = np.setdiff1d(prediction.taken, known)
    chances = next((name for name in ("proba", "marginals") if hasattr(model, name)), "")
    if chances:
        table = np.zeros((len(snapshot.pool), len(model.classes)))
        table[prediction.rows] = getattr(prediction, chances)
        table[known] = prediction.known_sets
        says = getattr(model, chances)
    else:
        require(model, "predict", by="Greedy sampling in the outputs")
        table = np.zeros((len(snapshot.pool), 1))
        table[known, 0] = _numbers(snapshot)
        says = model.predict
        for start in range(0, len(prediction.rows), _CHUNK):
            rows = prediction.rows[start : start + _CHUNK]
            table[rows, 0] = says(take(prediction.x, rows))
    if len(waiting):
        table[waiting] = np.reshape(says(take(prediction.x, waiting)), (len(waiting), -1))
    return table


def _numbers(snapshot: Snapshot) -> list[float]:
    def number(item: Any, value: Any) -> float:
        try:
            return float(value)
        except (TypeError, ValueError) as error:
            raise InvalidLabel(
                f"The item {item!r} is labelled {value!r}, and the model predicts numbers.",
                mend="Use a classifier for classes, or correct the label.",
            ) from error

    return [number(item, value) for item, value in snapshot.labels.items()]
