"""How good one model is on a test set: right, balanced, calibrated, or how far off."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.models import require
from querist.tasks import (
    hamming_loss,
    indicator,
    label_ranking_average_precision,
    macro_f1,
    micro_f1,
    subset_accuracy,
)

__all__ = ["METRICS", "Judged", "Metric", "check_metrics"]

_BINS = 15


class Judged:
    """What a fitted model says of a test set, each part computed once.

    Parameters
    ----------
    model : a fitted model
    x : test rows
    y : (m,)
        The truth: classes, numbers, or tuples of classes.
    classes : tuple of str
        The columns of probabilities; empty for numbers.
    """

    def __init__(self, model: Any, x: Any, y: np.ndarray, classes: tuple[str, ...] = ()) -> None:
        self.model, self.x, self.y, self.classes = model, x, y, classes

    @cached_property
    def predicted(self) -> np.ndarray:
        said = np.asarray(self.model.predict(self.x))
        return said.astype(str) if self.classes else said.astype(np.float64)

    @cached_property
    def right(self) -> np.ndarray:
        right: np.ndarray = self.predicted == self.y
        return right

    @cached_property
    def truth(self) -> np.ndarray:
        """The column of each true class, (m,)."""
        return self._columns(self.y)

    @cached_property
    def guess(self) -> np.ndarray:
        """The column of each predicted class, (m,)."""
        return self._columns(self.predicted)

    @cached_property
    def true_sets(self) -> np.ndarray:
        """Which classes each row has, (m, C) true or false."""
        return indicator(self.y.tolist(), self.classes)

    @cached_property
    def said_sets(self) -> np.ndarray:
        """Which classes the model gives each row, (m, C) true or false."""
        return indicator(list(self.model.predict(self.x)), self.classes)

    @cached_property
    def label_scores(self) -> np.ndarray:
        """Numbers that rank the classes of each row: chances, or distances where there are none."""
        name = "marginals" if hasattr(self.model, "marginals") else "label_decision"
        require(self.model, name, by="This measure")
        return np.asarray(getattr(self.model, name)(self.x), dtype=np.float64)

    @cached_property
    def proba(self) -> np.ndarray:
        require(self.model, "proba", by="This measure")
        return np.asarray(self.model.proba(self.x), dtype=np.float64)

    @cached_property
    def scores(self) -> np.ndarray:
        """Numbers that rank the rows by each class: probabilities, or distances where there are none."""
        if not hasattr(self.model, "proba") and hasattr(self.model, "decision"):
            return np.asarray(self.model.decision(self.x), dtype=np.float64)
        return self.proba

    def _columns(self, values: np.ndarray) -> np.ndarray:
        order = np.argsort(self.classes)
        columns: np.ndarray = order[np.searchsorted(np.asarray(self.classes)[order], values)]
        return columns


def accuracy(judged: Judged) -> float:
    """The share that is right."""
    return float(judged.right.mean())


def balanced_accuracy(judged: Judged) -> float:
    """The mean over the classes of the share of each that is right."""
    _, of = np.unique(judged.y, return_inverse=True)
    return float((np.bincount(of, weights=judged.right) / np.bincount(of)).mean())


def f1(judged: Judged) -> float:
    """The mean over the classes (true or predicted) of 2 tp / (2 tp + fp + fn)."""
    k = len(judged.classes)
    true = np.bincount(judged.truth, minlength=k)
    said = np.bincount(judged.guess, minlength=k)
    both = np.bincount(judged.truth[judged.right], minlength=k)
    there = true + said > 0
    return float((2 * both[there] / (true + said)[there]).mean())


def auc(judged: Judged) -> float:
    """The area under the ROC curve; of several classes the mean, each against the rest."""
    from scipy.stats import rankdata

    there = np.unique(judged.truth)
    if len(judged.classes) == 2:
        there = there[-1:]
    areas = []
    for column in there:
        ours = judged.truth == column
        n, rest = int(ours.sum()), int((~ours).sum())
        if rest:
            ranks = rankdata(judged.scores[:, column])[ours]
            areas.append((ranks.sum() - n * (n + 1) / 2) / (n * rest))
    return float(np.mean(areas)) if areas else 0.5


def log_loss(judged: Judged) -> float:
    """Minus the mean logarithm of the probability of the true class, held above 2.2e-16."""
    chance = judged.proba[np.arange(len(judged.y)), judged.truth]
    return float(-np.log(np.clip(chance, np.finfo(np.float64).eps, 1.0)).mean())


def brier(judged: Judged) -> float:
    """The mean squared distance between the probabilities and the truth, summed over the classes."""
    off = judged.proba.copy()
    off[np.arange(len(off)), judged.truth] -= 1.0
    return float((off**2).sum(axis=1).mean())


def ece(judged: Judged) -> float:
    """Expected calibration error: |confidence - accuracy| over 15 bins of equal width, by their share."""
    confidence = judged.proba.max(axis=1)
    right = judged.proba.argmax(axis=1) == judged.truth
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(bins, weights=confidence - right, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(bins))


def rmse(judged: Judged) -> float:
    """The root of the mean squared error."""
    return float(np.sqrt(np.mean((judged.predicted - judged.y) ** 2)))


def log_rmse(judged: Judged) -> float:
    """The natural logarithm of the root mean squared error: its mean over data sets is scale-free."""
    return float(np.log(max(rmse(judged), np.finfo(np.float64).tiny)))


def mae(judged: Judged) -> float:
    """The mean absolute error."""
    return float(np.abs(judged.predicted - judged.y).mean())


def r2(judged: Judged) -> float:
    """The share of the variance that is explained."""
    spread = float(((judged.y - judged.y.mean()) ** 2).sum())
    return 1.0 - float(((judged.y - judged.predicted) ** 2).sum()) / spread if spread else 0.0


def ranking(judged: Judged) -> float:
    """Label-ranking average precision: how far a row's own classes are at the top of its scores."""
    return label_ranking_average_precision(judged.true_sets, judged.label_scores)


@dataclass(frozen=True)
class Metric:
    """One measure: its task, which way is better, and how it is computed of :class:`Judged`."""

    measure: Callable[[Judged], float]
    task: str = "classes"
    higher: bool = True
    percent: bool = False


def _of_sets(measure: Callable[[Any, Any], float], *, higher: bool = True) -> Metric:
    """A measure of two indicator matrices."""
    return Metric(
        lambda judged: measure(judged.true_sets, judged.said_sets), task="sets", higher=higher, percent=True
    )


METRICS: dict[str, Metric] = {
    "accuracy": Metric(accuracy, percent=True),
    "balanced_accuracy": Metric(balanced_accuracy, percent=True),
    "f1": Metric(f1, percent=True),
    "auc": Metric(auc, percent=True),
    "log_loss": Metric(log_loss, higher=False),
    "brier": Metric(brier, higher=False),
    "ece": Metric(ece, higher=False, percent=True),
    "rmse": Metric(rmse, task="number", higher=False),
    "log_rmse": Metric(log_rmse, task="number", higher=False),
    "mae": Metric(mae, task="number", higher=False),
    "r2": Metric(r2, task="number"),
    "micro_f1": _of_sets(micro_f1),
    "macro_f1": _of_sets(macro_f1),
    "subset_accuracy": _of_sets(subset_accuracy),
    "hamming_loss": _of_sets(hamming_loss, higher=False),
    "ranking": Metric(ranking, task="sets", percent=True),
}
"""The measures by name."""


def check_metrics(names: Iterable[str]) -> None:
    """Raise InvalidInput for a name that is no measure."""
    for name in names:
        if name not in METRICS:
            raise InvalidInput(f"No measure is called {name!r}.", mend=f"Choose among {', '.join(METRICS)}.")
