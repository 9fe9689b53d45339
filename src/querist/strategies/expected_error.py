"""Ask what would make the model err least: hypothetical labels in closed form, or by refits of copies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput
from querist.kernels import (
    GaussianBayes,
    LeastSquares,
    LogisticStep,
    NearestLabels,
    ParzenWindow,
    PosteriorVariance,
    expected_error_reduction,
    expected_variance_reduction,
    mean_criterion,
    top,
)
from querist.models import Prediction, closed_form, require, take
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.refits import check_jobs, refitted_error_reduction
from querist.strategies.scored import Scored, predicted, proposed

__all__ = [
    "ExpectedErrorReduction",
    "ValueOfInformation",
    "answers_of",
    "best_of",
    "check_sub_pool",
    "future_model",
    "known_classes",
    "reductions",
    "sub_pool",
    "targets_of",
]

_UPDATES = ("auto", "least_squares", "logistic", "naive_bayes", "nearest", "parzen")


@named("expected_error_reduction")
@dataclass(frozen=True)
class ExpectedErrorReduction:
    """Asks the candidate whose label is expected to leave the model with the least error on the pool.

    For each candidate and class: what would the model say of the rest, had the candidate that label?
    No model is trained to know: logistic regression takes a Newton step and mends it, which orders the
    candidates nearly as refits do; Gaussian naive Bayes, nearest neighbours, ridge classifiers and
    Gaussian processes know exactly; and for any other model a Parzen window over the labels tells what
    changes, while the model itself tells how likely each label is.
    Ridge regression and Gaussian process regression are asked too: there the error is the mean variance,
    which falls alike whatever the answer.  Prefer it for few labels, one question at a time, where a
    question costs more than a second of thought; for batches (the n best, each reckoned alone) use a
    strategy that spreads.  Needs ``model.proba``, or a regressor of those two; cold it draws by lot.

    Parameters
    ----------
    loss : "log" or "zero_one"
        The entropy at the rest, or the chance of a mistake.  "log" also sees changes that turn no
        decision: prefer it while labels are few.
    updates : "auto", "least_squares", "logistic", "naive_bayes", "nearest", "parzen" or "refit"
        How the hypothetical label is taken in; "auto" fits the model.  "refit" trains a copy of the
        model for each candidate and class, whatever the model is: true to it, and as dear as ``among``
        times the classes fits, so set ``among`` to 20 or 50.  The model itself is never trained.
    among : int
        How many candidates are weighed, by lot where there are more (never fewer than are asked).
    targets : int
        How many unlabelled rows stand for the rest.  Both lots are drawn by the snapshot's seed.
    jobs : int, optional
        How many candidates are refitted side by side, in threads (in processes within
        ``joblib.parallel_config(backend="loky")``); -1 for all cores.

    Time O(among targets classes), with the features once more for distances; memory some tens of MB.

    Roy & McCallum 2001; for numbers Cohn, Ghahramani & Jordan 1996.
    """

    loss: str = "log"
    updates: str = "auto"
    among: int = 1000
    targets: int = 1000
    jobs: int | None = None
    name: ClassVar[str] = "expected_error_reduction"

    def __post_init__(self) -> None:
        if self.loss not in ("log", "zero_one"):
            raise InvalidInput(
                f"There is no loss {self.loss!r}.", mend="Use 'log', 'zero_one', or ValueOfInformation."
            )
        check_sub_pool(self.updates, self.among, self.targets, refit=True)
        check_jobs(self.jobs)

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates after whose label least error is expected; scores are the reductions."""
        of_numbers = closed_form(snapshot.model)[0] == "numbers" and self.updates in ("auto", "least_squares")
        rows, space, wanted, prediction = sub_pool(
            snapshot, n, self.among, self.targets, of_numbers=of_numbers
        )
        if space is None:
            return Scored().propose(snapshot, n)
        if of_numbers:
            known, settings = np.arange(len(snapshot.labelled)), closed_form(snapshot.model)[1]
            variance = PosteriorVariance(space, known, **settings)
            gains = expected_variance_reduction(variance, wanted, targets_of(rows, wanted))
        else:
            gains = reductions(snapshot, self, rows, space, wanted, loss=self.loss)
        return best_of(snapshot, prediction, gains, n, "Its answer should leave the fewest mistakes.")

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (
            cls(),
            cls("zero_one", "naive_bayes", among=40, targets=25),
            cls(updates="least_squares", among=40, targets=25),
            cls(updates="refit", among=8, targets=25, jobs=2),
        )


@named("value_of_information")
@dataclass(frozen=True)
class ValueOfInformation:
    """Asks where a label is expected to save most by better decisions, less what the label costs.

    As :class:`ExpectedErrorReduction`, in the currency of mistakes: the risk over the unlabelled rows
    of the pool, sum_ij p_i p_j C_ij each, now less after the label, less ``price`` times the label's
    cost.  Prefer it where mistakes and labels have prices; a best score below 0 says that no label is
    worth its price any more.  Needs ``model.proba``; cold it draws by lot.

    Parameters
    ----------
    costs : (true class, class said, cost) triples
        0 or more.  A mistake that is not named costs 1, a right answer 0.
    price : float
        What one unit of the pool's label costs is worth in the currency of mistakes.
    updates, among, targets, jobs
        As in :class:`ExpectedErrorReduction`.

    Kapoor, Horvitz & Basu 2007; Joshi, Porikli & Papanikolopoulos 2012.
    """

    costs: tuple[tuple[Any, Any, float], ...] = ()
    price: float = 0.0
    updates: str = "auto"
    among: int = 1000
    targets: int = 1000
    jobs: int | None = None
    name: ClassVar[str] = "value_of_information"

    def __post_init__(self) -> None:
        check_sub_pool(self.updates, self.among, self.targets, refit=True)
        check_jobs(self.jobs)
        if not 0 <= self.price < np.inf or not all(
            len(one) == 3 and 0 <= one[2] < np.inf for one in self.costs
        ):
            raise InvalidInput(
                f"Prices are finite and not below 0; got costs {self.costs!r} and price {self.price!r}.",
                mend="Write costs as (true class, class said, cost).",
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates whose label is worth most; scores are its worth over the whole pool."""
        rows, space, wanted, prediction = sub_pool(snapshot, n, self.among, self.targets)
        if space is None:
            return Scored().propose(snapshot, n)
        costs = self._matrix(snapshot.model.classes)
        gains = reductions(snapshot, self, rows, space, wanted, loss="costs", costs=costs)
        unlabelled = len(snapshot.pool) - len(snapshot.labelled)
        worth = gains * unlabelled - self.price * np.asarray(prediction.costs)
        return best_of(snapshot, prediction, worth, n, "Its answer should save the most.")

    def _matrix(self, classes: Any) -> np.ndarray:
        place = {value: i for i, value in enumerate(classes)}
        matrix = 1 - np.eye(len(place))
        for true, said, cost in self.costs:
            if true in place and said in place:
                matrix[place[true], place[said]] = cost
        return matrix

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        costs = (("a", "b", 5.0), ("c", "a", 0.5))
        return (
            cls(),
            cls(costs, price=0.1, updates="nearest", among=40, targets=25),
            cls(costs, updates="refit", among=8, targets=25, jobs=2),
        )


def reductions(
    snapshot: Snapshot,
    strategy: Any,
    rows: np.ndarray,
    space: Any,
    wanted: np.ndarray,
    *,
    loss: str,
    costs: Any = None,
) -> np.ndarray:
    """How much less error each candidate's label should leave, by the updates that the strategy names."""
    targets = targets_of(rows, wanted)
    if strategy.updates == "refit":
        return refitted_error_reduction(
            snapshot, rows, wanted, targets, loss=loss, costs=costs, jobs=strategy.jobs
        )
    future = future_model(snapshot, strategy.updates, rows, space)
    return expected_error_reduction(
        future, wanted, targets, proba=answers_of(snapshot, rows[wanted]), loss=loss, costs=costs
    )


def answers_of(snapshot: Snapshot, rows: np.ndarray) -> np.ndarray | None:
    """How likely the model thinks each answer; None where it is left to the closed form."""
    return predicted(snapshot, rows).proba if hasattr(snapshot.model, "proba") else None


def sub_pool(
    snapshot: Snapshot, n: int, among: int, targets: int, *, of_numbers: bool = False
) -> tuple[np.ndarray, Any, np.ndarray, Prediction]:
    """The rows that take part, where they are, which of them are candidates, what the model says of these.

    First the labelled rows, then the candidates, then the targets (unlabelled rows by lot).  Without a
    model, candidates or questions there is no geometry (None).
    """
    whole = predicted(snapshot)
    n = min(n, len(whole))
    if snapshot.model is None or n <= 0:
        return whole.rows[:0], None, whole.rows[:0], whole
    if not of_numbers and closed_form(snapshot.model)[0] != "least_squares":
        require(snapshot.model, "proba", by="A hypothetical label")
    positions = top(whole.chance, max(among, n)) if len(whole) > max(among, n) else np.arange(len(whole))
    wanted = whole.rows[np.sort(positions)]
    known = snapshot.labelled
    drawn = whole.sample(targets + len(known))
    drawn = drawn[~np.isin(drawn, known)][:targets]
    rows = np.concatenate([known, wanted, drawn])
    if whole.x is None:
        return rows, whole.space, wanted, whole  # which raises, and says what to do
    space = Prediction(snapshot.model, take(whole.x, rows)).space
    at = np.arange(len(known), len(known) + len(wanted))
    return rows, space, at, predicted(snapshot, wanted)


def known_classes(snapshot: Snapshot) -> tuple[np.ndarray, np.ndarray]:
    """Which of the labelled rows (positions) have a class of the model, and its number."""
    place = {value: i for i, value in enumerate(snapshot.model.classes)}
    numbers = np.array([place.get(value, -1) for value in snapshot.labels.values()], dtype=np.intp)
    at = np.flatnonzero(numbers >= 0)
    return at, numbers[at]


def targets_of(rows: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where the targets are among the rows that take part."""
    return np.arange(int(wanted[-1]) + 1, len(rows))


def future_model(snapshot: Snapshot, updates: str, rows: np.ndarray, space: Any) -> Any:
    """The closed form: the one that is named, or the one of the model, over the rows that take part."""
    kind, settings = closed_form(snapshot.model)
    if updates not in ("auto", kind):
        kind, settings = updates, {}
    known, labels = known_classes(snapshot)
    if kind == "logistic":
        said: Callable[[np.ndarray], np.ndarray] = lambda at: predicted(snapshot, rows[at]).proba  # noqa: E731
        return LogisticStep(space, known, said, **settings)
    classes = len(snapshot.model.classes)
    if kind == "naive_bayes":
        return GaussianBayes(space, known, labels, classes=classes, **settings)
    if kind == "least_squares":
        return LeastSquares(space, known, labels, classes=classes, **settings)
    if kind == "nearest":
        return NearestLabels(space, known, labels, classes=classes, **settings)
    radius = mean_criterion(space, len(known))
    return ParzenWindow(space, known, labels, classes=classes, radius=radius)


def best_of(snapshot: Snapshot, prediction: Prediction, gains: np.ndarray, n: int, why: str) -> Proposal:
    """The ``n`` candidates with the most to gain, ties by lot."""
    picks = top(gains, n, ties=prediction.chance)
    return proposed(snapshot, prediction.rows[picks], scores=gains[picks], why=why)


def check_sub_pool(updates: str, among: int, targets: int, *, refit: bool = False) -> None:
    """Raise InvalidInput unless the three make a sub-pool."""
    kinds = (*_UPDATES, "refit") if refit else _UPDATES
    if updates not in kinds or among < 1 or targets < 1:
        raise InvalidInput(
            f"updates={updates!r}, among={among!r} and targets={targets!r} make no sub-pool.",
            mend=f"Use one of {', '.join(kinds)}, and whole numbers above 0.",
        )
