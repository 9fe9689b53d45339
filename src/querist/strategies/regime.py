"""A test of the regime: are the labels so few that typical items teach most, or so many that doubts do?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput
from querist.kernels import margin, typicality, uniform
from querist.models import as_model, take
from querist.models.estimator import plain
from querist.specs import named
from querist.strategies.advice import coins
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.registry import as_strategy
from querist.strategies.scored import predicted

__all__ = ["RegimeTest"]

_GROWTH = 1.25  # how many times more labels until the test is made again


@named("regime_test")
@dataclass(frozen=True)
class RegimeTest:
    """Asks by one strategy while typical labels matter most, by another once the uncertain ones do.

    The derivative test: of the labels there are, the most typical ones are left out in training, or the most
    uncertain ones, and the accuracy on labels held out tells what hurts more.  If it is the typical ones,
    the budget is low for this task and ``low`` asks; if the uncertain ones, ``high``; if neither, whichever
    the model errs by, the draw decides.  Prefer it where a switch must be seen and explained, with a model
    that is trained in milliseconds; prefer the default strategy, which passes from one to the other without
    a switch, anywhere else.

    It trains copies of the model (3 x ``folds`` a question), never the model itself.  The test looks at the
    labels up to the last of a row of numbers that grows by a quarter each, so that the answer
    stays between two tests.  Fewer than ``least`` labels, or one class, is the low regime.

    Parameters
    ----------
    low, high : Strategy, or what :func:`querist.strategies.as_strategy` takes
    folds : int, 2 or more
    removed : float in (0, 1)
        Share of the labels that is left out.
    least : int
        Labels until the first test.

    Hacohen & Weinshall 2023 (SelectAL), whose test retrains a network without the points in question; here
    the folds' accuracies stand for its validation set.
    """

    low: Any = "typiclust"
    high: Any = "margin"
    folds: int = 4
    removed: float = 0.2
    least: int = 20
    name: ClassVar[str] = "regime_test"

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            object.__setattr__(self, name, as_strategy(getattr(self, name)))
        if self.folds < 2 or not 0 < self.removed < 1 or self.least < 1:
            raise InvalidInput(
                f"folds = {self.folds!r}, removed = {self.removed!r} and least = {self.least!r} make no"
                " test.",
                mend="Give 2 folds or more, a share between 0 and 1, and 1 label or more.",
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates by the strategy of the regime."""
        strategy = self.low if self.regime(snapshot) == "low" else self.high
        proposal: Proposal = strategy.propose(snapshot, n)
        return proposal

    def regime(self, snapshot: Snapshot) -> str:
        """``"low"`` or ``"high"``."""
        count = self._tested(len(snapshot.labels))
        prediction = predicted(snapshot)
        numeric = getattr(getattr(prediction.x, "dtype", None), "kind", "O") in "fiub"
        plain_model = hasattr(snapshot.model, "proba") and hasattr(snapshot.model, "fitted")
        if not count or not plain_model or not numeric:
            return "low"
        rows, values = snapshot.labelled[:count], [plain(v) for v in list(snapshot.labels.values())[:count]]
        known = [place for place, value in enumerate(values) if value in snapshot.model.classes]
        rows, values = rows[known], [values[place] for place in known]
        if len(set(values)) < 2 or len(values) < self.folds * 2:
            return "low"
        whole, typical, unsure = self._accuracies(snapshot, rows, values)
        hurts = (whole - typical, whole - unsure)
        if hurts[0] == hurts[1]:
            return "low" if coins(snapshot, 1)[0] < 0.5 else "high"
        return "low" if hurts[0] > hurts[1] else "high"

    def _tested(self, labels: int) -> int:
        """How many labels, the first ones, the test looks at; 0 while they are too few."""
        count = self.least
        if labels < count:
            return 0
        while (more := int(np.ceil(count * _GROWTH))) <= labels:
            count = more
        return count

    def _accuracies(self, snapshot: Snapshot, rows: np.ndarray, values: list[Any]) -> tuple[float, ...]:
        """On held-out labels: trained on the rest, without its typical ones, without its uncertain ones."""
        model = snapshot.model
        start, x = getattr(model, "template", model), take(predicted(snapshot).x, rows)
        fold = np.empty(len(rows), dtype=np.intp)
        fold[np.argsort(_lots(snapshot, rows), kind="stable")] = np.arange(len(rows)) % self.folds
        typical = np.round(typicality(x, neighbours=5), 6)
        unsure = np.round(np.asarray(margin(model.proba(x)), dtype=np.float64), 6)
        right = np.zeros(3)
        for one in range(self.folds):
            held, rest = np.flatnonzero(fold == one), np.flatnonzero(fold != one)
            gone = max(1, round(self.removed * len(rest)))
            for way, worth in enumerate((None, typical, unsure)):
                kept = (
                    rest if worth is None else np.sort(rest[np.argsort(-worth[rest], kind="stable")[gone:]])
                )
                told = [values[place] for place in kept]
                fitted = self._trained(start, take(x, kept), told, snapshot)
                said = np.asarray(fitted.proba(take(x, held))).argmax(axis=1)
                right[way] += sum(
                    plain(model.classes[int(column)]) == values[place]
                    for column, place in zip(said, held, strict=True)
                )
        return tuple(float(share) for share in right / len(rows))

    @staticmethod
    def _trained(start: Any, x: Any, values: list[Any], snapshot: Snapshot) -> Any:
        return as_model(start.fitted(x, values, seed=snapshot.seed), snapshot.model.classes)

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (
            cls(),
            cls("density", "entropy", folds=2, removed=0.4, least=4),
        )


def _lots(snapshot: Snapshot, rows: np.ndarray) -> np.ndarray:
    """A number for each row by which labels are dealt to folds, the same for ever."""
    return uniform(predicted(snapshot, rows).keys, 0, stream=5)
