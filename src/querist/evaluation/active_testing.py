"""Active testing: which items to label next so as to tell best how good a model is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.evaluation.losses import losses_of
from querist.evaluation.unseen import unseen_share
from querist.kernels import (
    asymptotic_interval,
    betting_interval,
    expected_losses,
    loss_terms,
    lure,
    surrogate_mean,
    weighted_disagreement,
)
from querist.models import TunedKernel, as_model, require, take

__all__ = ["ActiveTest", "Measured", "active_test"]

_ESTIMATORS = ("cross", "corrected", "lure", "surrogate", "mean")
_INTERVALS = ("betting", "asymptotic")
_ACQUISITIONS = ("variance", "expected_loss", "xwed", "random")
_DOUBLED = 1.6  # the surrogate is tuned anew when the labels are so many times as many
_MEMBERS = 10


@dataclass(frozen=True)
class Measured:
    """What is known of the mean loss over the pool after ``labels`` labels.

    ``low`` to ``high`` is an interval for one look that was planned; ``any_low`` to ``any_high`` holds at
    all looks together (from 30 labels on, and nearly, where the test's ``interval`` is "asymptotic"): stop
    when you like.
    """

    estimate: float
    low: float
    high: float
    any_low: float
    any_high: float
    labels: int
    confidence: float = 0.95


@dataclass(frozen=True)
class _Draw:
    """One item that was drawn, and all that was believed of it then."""

    row: int
    chance: float
    guess: float
    rest: float
    spread: float
    least: float  # bounds of (loss - guess) / chance over what could have been drawn
    most: float
    rarest: float  # the least chance of any item that could have been drawn


class ActiveTest:
    """Asks for the labels that tell how good a model is, and estimates it over the whole pool.

    A surrogate learns from all labels so far what the model loses on every item; items are drawn the
    likelier, the less sure that is, and each is weighted by the chance it had.  So the estimate is unbiased
    however wrong the surrogate is, and varies the less the better it is.  Prefer it to a random test set
    wherever labels cost; with a model that is nearly always right, or labels for a fifth of the pool, the
    gain is small.

    Parameters
    ----------
    model : fitted model or estimator, or array (N, C)
        What is tested; an array is what it says of each row: probabilities, columns as ``classes``.
    x : (N, d)
        The pool: features of the items whose mean loss is asked for.
    train : pair (x, y), optional
        Labels that are known beside the pool (the model's own): the surrogate begins with them.
    classes : values, optional
        The columns; the model's own if not given.
    loss : "error", "log_loss", "brier" or array (N, C)
        What is lost on each row if its label were that class.  ``log_loss`` is bounded at -log 0.01.
    surrogate : model or estimator, optional
        :class:`querist.models.TunedKernel` if not given; any classifier with probabilities.
    acquisition : "variance", "expected_loss", "xwed" or "random"
        What raises the chance of an item: how unsure its loss is (the best for "cross" and "corrected"), how
        large it is (the best for "lure"), how far the surrogate's members disagree about it (for
        "surrogate"; it needs ``draws``), or nothing.
    estimator : "cross", "corrected", "lure", "surrogate" or "mean"
        ``cross``: the surrogate's expectations, each made without the item's own label, and their weighted
        errors.  ``corrected``: the same with expectations as they were when each item was drawn; unbiased
        exactly.  ``lure``: weighted losses alone.  ``surrogate``: expectations alone; no honest interval.
        ``mean``: of the losses as they are; honest with "random" only.
    explore : float in (0, 1]
        The share of draws that are fair.  It bounds the weights (by 1 / explore, about), which intervals
        at any look need; a tenth is enough for an estimate alone.
    interval : "betting" or "asymptotic"
        At any look: proved for any number of labels, and wide; or of what sums of many labels are like, from
        30 labels on (:func:`querist.kernels.asymptotic_interval`), a fifth narrower.
    refit : float
        The surrogate is fitted anew when the labels have grown by this share.
    seed : int
    confidence : float in (0, 1)
        The share of intervals that hold.

    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> x, y = load_digits(return_X_y=True)
    >>> model = LogisticRegression(max_iter=200).fit(x[:60], y[:60])
    >>> test = ActiveTest(model, x[60:], train=(x[:60], y[:60]))
    >>> while test.labels < 80:
    ...     for row in test.ask(10):
    ...         test.tell(row, y[60 + row])
    >>> found, truth = test.measured(), 1 - model.score(x[60:], y[60:])
    >>> found.low < truth < found.high, found.any_low < truth < found.any_high
    (True, True)

    Kossen, Farquhar, Gal & Rainforth 2021 and 2022; Zrnic & Candes 2024.
    """

    def __init__(
        self,
        model: Any,
        x: Any,
        *,
        train: tuple[Any, Any] | None = None,
        classes: Sequence[Any] | None = None,
        loss: Any = "error",
        surrogate: Any = None,
        acquisition: str = "variance",
        estimator: str = "cross",
        explore: float = 0.5,
        interval: str = "betting",
        refit: float = 0.1,
        seed: int = 0,
        confidence: float = 0.95,
    ) -> None:
        _check(acquisition, estimator, explore, confidence, interval)
        self.classes, said = _said(model, x, classes)
        self.losses = losses_of(loss, said)
        self._lowest, self._highest = self.losses.min(axis=1), self.losses.max(axis=1)
        self.x, self.n = x, len(said)
        self.confidence, self.acquisition, self.estimator = confidence, acquisition, estimator
        self.interval = interval
        self._column = {value: i for i, value in enumerate(self.classes)}
        self._train = _pairs(train, self._column)
        self._template: Any = as_model(TunedKernel() if surrogate is None else surrogate, self.classes)
        self._said, self._explore, self._refit = said, explore, refit
        self._rng, self._seed = np.random.default_rng(seed), seed
        self._draws: list[_Draw] = []
        self._told: dict[int, int] = {}
        self._left = np.ones(self.n, dtype=bool)
        self._fitted: Any = None
        self._fitted_at, self._tuned_at = -1, 0
        self._expected: tuple[np.ndarray, np.ndarray] | None = None

    # ------------------------------------------------------------ asking and telling

    @property
    def labels(self) -> int:
        """How many labels were told."""
        return len(self._told)

    def ask(self, n: int = 1) -> list[int]:
        """The next ``n`` rows to label; fewer when fewer are left."""
        if isinstance(n, bool) or n != int(n) or n < 1:
            raise InvalidInput(f"ask(n) wants a number of rows; got {n!r}.", mend="Give 1 or more.")
        return [self._draw() for _ in range(min(int(n), int(self._left.sum())))]

    def note(self, row: int, chance: float, *, rarest: float) -> None:
        """That a row was drawn elsewhere, with the chance that it had among those left.

        ``rarest`` / (number of rows left) is the least chance that any row could have had: it bounds what
        could have come, which the interval at any look needs.
        """
        if not 0 <= row < self.n or not self._left[row] or not 0 < chance <= 1 + 1e-9 or not 0 < rarest <= 1:
            raise InvalidInput(
                f"Row {row} with the chance {chance!r} (rarest {rarest!r}) cannot have been drawn now.",
                mend="Note each row once, with its chance in (0, 1].",
            )
        left = np.flatnonzero(self._left)
        mean, variance = (one[left] for one in self._expectations())
        least = min(rarest / len(left), chance)
        spread = np.sqrt(float(variance.sum()) * len(left)) / self.n
        place = int(np.searchsorted(left, row))
        ends = (self._lowest[left] - mean).min() / least, (self._highest[left] - mean).max() / least
        drawn = float(min(chance, 1.0)), float(mean[place]), float(mean.sum()), float(spread)
        self._draws.append(_Draw(int(row), *drawn, float(ends[0]), float(ends[1]), float(least)))
        self._left[row] = False

    def tell(self, row: int | Mapping[int, Any], value: Any = None) -> None:
        """The label of a row that was asked, or of several: ``{row: value}``."""
        told = row if isinstance(row, Mapping) else {row: value}
        asked = {one.row for one in self._draws}
        for one, given in told.items():
            if one not in asked:
                raise InvalidInput(
                    f"Row {one} was not asked about; its label would bias the estimate.",
                    mend="Tell labels of rows that ask() gave.",
                )
            if given not in self._column:
                raise InvalidInput(
                    f"{given!r} is none of the classes {self.classes!r}.", mend="Give one of them."
                )
        self._told.update({int(one): self._column[given] for one, given in told.items()})

    # ------------------------------------------------------------ what is known

    def measured(self) -> Measured:
        """The estimate with its intervals, from the labels told so far (in the order of asking)."""
        draws = self._known()
        if not draws:
            top = float(self.losses.max())
            return Measured(float("nan"), 0.0, top, 0.0, top, 0, self.confidence)
        estimate, low, high = self.one_look()
        any_low, any_high = (float(one[-1]) for one in self.course())
        floor, ceiling = self._certain(draws, self._lost(draws))
        ends = max(floor, any_low), min(ceiling, any_high)
        return Measured(estimate, low, high, *ends, len(draws), self.confidence)

    def one_look(self, estimator: str | None = None) -> tuple[float, float, float]:
        """What an estimator says, and its interval for one look: estimate, low, high."""
        draws = self._known()
        lost = self._lost(draws)
        estimate, error = self._estimate(draws, lost, estimator)
        floor, ceiling = self._certain(draws, lost)
        half = _quantile(self.confidence, len(lost)) * error if np.isfinite(error) else float("inf")
        low, high = self._unseen(draws, lost)
        return estimate, max(floor, min(low, estimate - half)), min(ceiling, max(high, estimate + half))

    def estimates(self) -> dict[str, float]:
        """What each estimator says now; the plain mean is biased unless the draw was fair."""
        draws = self._known()
        lost = self._lost(draws)
        return {name: self._estimate(draws, lost, name)[0] for name in _ESTIMATORS}

    def course(self) -> tuple[np.ndarray, np.ndarray]:
        """Both ends of the interval at any look, after each label so far."""
        draws = self._known()
        return self._at_any_look(draws, self._lost(draws))

    # ------------------------------------------------------------ inside

    def _draw(self) -> int:
        left = np.flatnonzero(self._left)
        mean, variance = (one[left] for one in self._expectations())
        pull = self._pull(left, mean, variance)
        fair = np.full(len(left), 1 / len(left))
        total = pull.sum()
        chances = fair if not total > 0 else self._explore * fair + (1 - self._explore) * pull / total
        place = int(self._rng.choice(len(left), p=chances / chances.sum()))
        lowest, highest = self._lowest[left], self._highest[left]
        spread = np.sqrt(max(float((variance / chances).sum()) / self.n**2, 0.0))
        self._draws.append(
            _Draw(
                row=int(left[place]),
                chance=float(chances[place]),
                guess=float(mean[place]),
                rest=float(mean.sum()),
                spread=float(spread),
                least=float(((lowest - mean) / chances).min()),
                most=float(((highest - mean) / chances).max()),
                rarest=float(chances.min()),
            )
        )
        self._left[left[place]] = False
        return int(left[place])

    def _pull(self, left: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        """What the chance of each item left goes with."""
        if self.acquisition == "random":
            return np.ones(len(left))
        if self.acquisition == "expected_loss":
            return np.asarray(np.maximum(mean, 0.0))
        if self.acquisition == "variance":
            return np.asarray(np.sqrt(variance))
        require(self._template, "draws", by="XWED")
        if self._fitted is None:
            return np.ones(len(left))
        rng = np.random.default_rng(self._seed)
        draws = self._fitted.draws(take(self.x, left), _MEMBERS, rng)
        return weighted_disagreement(draws, self.losses[left])

    def _expectations(self) -> tuple[np.ndarray, np.ndarray]:
        """What the surrogate expects of every row: the mean of its loss, and its variance."""
        known = len(self._told) + len(self._train[1])
        if self._expected is None or known >= self._fitted_at * (1 + self._refit) + 1e-9:
            self._learn(known)
            proba = self._said if self._fitted is None else self._fitted.proba(self.x)
            self._expected = expected_losses(proba, self.losses)
        return self._expected

    def _learn(self, known: int) -> None:
        self._fitted_at = max(known, 1)
        rows = list(self._told)
        y = np.concatenate([self._train[1], np.fromiter(self._told.values(), np.intp, len(rows))])
        if len(set(y.tolist())) < 2:
            return
        x = _joined(self._train[0], take(self.x, rows))
        template = self._template
        if (
            isinstance(template, TunedKernel)
            and self._fitted is not None
            and known < _DOUBLED * self._tuned_at
        ):
            template = TunedKernel((self._fitted.width,), self.classes)
        else:
            self._tuned_at = known
        values = np.array([self.classes[int(one)] for one in y], dtype=object)
        self._fitted = template.fitted(x, values, seed=self._seed)

    def _known(self) -> list[_Draw]:
        """The draws up to the first whose label is out."""
        known = []
        for one in self._draws:
            if one.row not in self._told:
                break
            known.append(one)
        return known

    def _lost(self, draws: list[_Draw]) -> np.ndarray:
        rows = [one.row for one in draws]
        return np.asarray(self.losses[rows, [self._told[row] for row in rows]])

    def _estimate(self, draws: list[_Draw], lost: np.ndarray, name: str | None = None) -> tuple[float, float]:
        name = self.estimator if name is None else name
        chances = [one.chance for one in draws]
        if name == "mean":
            return lure(lost, 1 / (self.n - np.arange(len(lost))), self.n)[0], _error(lost, self.n)
        if name == "lure":
            return lure(lost, chances, self.n)
        if name == "corrected":
            return lure(lost, chances, self.n, [one.guess for one in draws], [one.rest for one in draws])
        if name == "surrogate":
            others = np.ones(self.n, dtype=bool)
            others[[one.row for one in draws]] = False
            return surrogate_mean(lost, self._expectations()[0][others]), float("nan")
        return self._cross(draws, lost)

    def _cross(self, draws: list[_Draw], lost: np.ndarray) -> tuple[float, float]:
        """Expectations that owe nothing to the item's own label, and their errors by weight."""
        left_out = getattr(self._fitted, "left_out", None)
        rows = list(self._told)
        if left_out is None or self._fitted_at != len(rows) + len(self._train[1]):
            self._expected = None
            self._expectations()
            left_out = getattr(self._fitted, "left_out", None)
        if left_out is None:
            return self._estimate(draws, lost, "corrected")
        expected = self._expectations()[0].copy()
        own = left_out()[len(self._train[1]) :]
        expected[rows] = np.einsum("nc,nc->n", own, self.losses[rows])
        wrong = lost - expected[[one.row for one in draws]]
        mended, error = lure(wrong, [one.chance for one in draws], self.n)
        if len(lost) == self.n:
            return float(lost.mean()), 0.0
        # Tuning saw every label, so errors of left-out labels are a little small; those of the past are
        # honest and, of a poorer surrogate, large: the mean of both variances covers as it should.
        past = self._estimate(draws, lost, "corrected")[1]
        return float(expected.mean()) + mended, float(np.sqrt((error**2 + past**2) / 2))

    def _unseen(self, draws: list[_Draw], lost: np.ndarray) -> tuple[float, float]:
        """How far losses reach that nobody has seen, where the same one always came."""
        if not len(lost) or lost.min() < lost.max():
            return float("inf"), float("-inf")
        share = unseen_share([one.rarest for one in draws], self.n, alpha=1 - self.confidence)
        came, ends = float(lost[0]), (float(self.losses.min()), float(self.losses.max()))
        return came - share * (came - ends[0]), came + share * (ends[1] - came)

    def _certain(self, draws: list[_Draw], lost: np.ndarray) -> tuple[float, float]:
        """What the mean loss is at least and at most, whatever the other labels are."""
        others = np.ones(self.n, dtype=bool)
        others[[one.row for one in draws]] = False
        ends = self._lowest[others].sum(), self._highest[others].sum()
        return float((lost.sum() + ends[0]) / self.n), float((lost.sum() + ends[1]) / self.n)

    def _at_any_look(self, draws: list[_Draw], lost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        parts = {name: np.array([getattr(one, name) for one in draws]) for name in _Draw.__annotations__}
        terms = loss_terms(lost, parts["chance"], self.n, parts["guess"], parts["rest"])
        bounds = float(self.losses.min()), float(self.losses.max())
        if self.interval == "asymptotic":
            low, high = asymptotic_interval(terms, alpha=1 - self.confidence, spread=parts["spread"])
            return np.maximum(low, bounds[0]), np.minimum(high, bounds[1])
        base = (np.concatenate([[0.0], np.cumsum(lost)[:-1]]) + parts["rest"]) / self.n
        return betting_interval(
            terms,
            base + parts["least"] / self.n,
            base + parts["most"] / self.n,
            alpha=1 - self.confidence,
            spread=parts["spread"],
            bounds=bounds,
        )


def active_test(
    model: Any, x: Any, answer: Callable[[int], Any], labels: int, *, batch: int = 1, **options: Any
) -> Iterator[Measured]:
    """How good a model is over a pool, told after each ``batch`` of ``labels`` labels; :class:`ActiveTest`.

    Parameters
    ----------
    answer : function
        The label of a row; asked once for each row that is chosen.
    labels : int
        How many at most; stop earlier whenever the interval at any look is narrow enough.
    options
        Those of :class:`ActiveTest`.

    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> x, y = load_iris(return_X_y=True)
    >>> model = GaussianNB().fit(x[::10], y[::10])
    >>> *_, last = active_test(model, x, y.__getitem__, 60, batch=20)
    >>> last.labels, round(last.estimate, 2)
    (60, 0.11)
    """
    test = ActiveTest(model, x, **options)
    while test.labels < min(labels, test.n):
        rows = test.ask(min(batch, labels - test.labels))
        test.tell({row: answer(row) for row in rows})
        yield test.measured()


def _said(model: Any, x: Any, classes: Sequence[Any] | None) -> tuple[tuple[Any, ...], np.ndarray]:
    """The classes, and what the model says of every row."""
    if isinstance(model, np.ndarray):
        if classes is None or model.ndim != 2 or model.shape[1] != len(classes):
            raise InvalidInput(
                f"Probabilities of shape {model.shape} go with one class a column; got {classes!r}.",
                mend="Give classes=(...), in the order of the columns.",
            )
        names, said = tuple(classes), np.asarray(model, dtype=np.float64)
    else:
        held: Any = as_model(model, classes)
        require(held, "proba", by="ActiveTest")
        names, said = tuple(held.classes), np.asarray(held.proba(x), dtype=np.float64)
    rows = x.shape[0] if hasattr(x, "shape") else len(x)
    if len(said) != rows or not rows:
        raise InvalidInput(
            f"{len(said)} predictions for a pool of {rows} rows.", mend="Give one row an item, and some."
        )
    return names, said


def _pairs(train: tuple[Any, Any] | None, column: Mapping[Any, int]) -> tuple[Any, np.ndarray]:
    if train is None:
        return None, np.empty(0, dtype=np.intp)
    x, y = train
    values = np.asarray(y, dtype=object).tolist()
    if unknown := set(values).difference(column):
        raise InvalidInput(
            f"train holds the label {sorted(map(repr, unknown))[0]}, which the model does not know.",
            mend="Give classes=(...) with all of them.",
        )
    return x, np.array([column[one] for one in values], dtype=np.intp)


def _joined(first: Any, second: Any) -> Any:
    if first is None:
        return second
    if hasattr(first, "tocsr"):
        from scipy.sparse import vstack

        return vstack([first, second]).tocsr()
    return np.concatenate([np.asarray(first), np.asarray(second)]) if len(second) else np.asarray(first)


def _error(lost: np.ndarray, n: int) -> float:
    m = len(lost)
    return float(np.sqrt(lost.var(ddof=1) / m * (1 - m / n))) if m > 1 else float("nan")


def _quantile(confidence: float, m: int) -> float:
    """How many standard errors: a normal's, widened for few labels as Student's t is."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    v = max(m - 1, 1)
    return z + (z**3 + z) / (4 * v) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)


def _check(acquisition: str, estimator: str, explore: float, confidence: float, interval: str) -> None:
    for given, known, what in (
        (acquisition, _ACQUISITIONS, "acquisition"),
        (estimator, _ESTIMATORS, "estimator"),
        (interval, _INTERVALS, "interval"),
    ):
        if given not in known:
            raise InvalidInput(f"There is no {what} {given!r}.", mend=f"Use one of {', '.join(known)}.")
    if not 0 < explore <= 1 or not 0 < confidence < 1:
        raise InvalidInput(
            f"explore lies in (0, 1] and confidence in (0, 1); got {explore!r} and {confidence!r}.",
            mend="Half of the draws fair is a good share; write 0.95 for 95 %.",
        )
