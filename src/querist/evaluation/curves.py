"""Learning curves: what was measured, row by row, and what follows from it."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from querist.errors import InvalidInput
from querist.evaluation.statistics import REFERENCE, interval

__all__ = ["REFERENCE", "Curves", "Gain", "Row", "interval"]


class Row(NamedTuple):
    """One model of one run: how many labels it had, and how good it was on the test set.

    ``seconds`` is what choosing the last batch took, training not counted.
    """

    dataset: str
    strategy: str
    seed: int
    labels: int
    accuracy: float
    balanced_accuracy: float
    seconds: float


@dataclass(frozen=True)
class Gain:
    """What a strategy is better than random by, at one number of labels, with its interval."""

    labels: int
    mean: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """ "above", "below", or "even" where the interval holds 0."""
        return "above" if self.low > 0 else "below" if self.high < 0 else "even"


@dataclass(frozen=True)
class Curves:
    """Learning curves of strategies on data sets, as tidy rows; what :func:`simulate` returns.

    ``a + b`` joins the curves of two data sets.  Methods that are about one data set take
    ``dataset=``; it may be left out where there is only one.

    >>> rows = [Row("d", s, seed, n, 0.5 + n / 100 + (s == "margin") / 10, 0.5, 0.0)
    ...         for s in ("random", "margin") for seed in (0, 1) for n in (10, 20)]
    >>> curves = Curves(tuple(rows))
    >>> [round(gain.mean, 2) for gain in curves.gains("margin")], curves.labels_to_match("margin")
    ([0.1, 0.1], 10)
    """

    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        if not self.rows:
            raise InvalidInput("Curves without a row.", mend="Make them with querist.simulate(...).")

    def __add__(self, other: Curves) -> Curves:
        return Curves(self.rows + other.rows)

    # ------------------------------------------------------------ what is there

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """The data sets, in the order of the rows."""
        return tuple(dict.fromkeys(row.dataset for row in self.rows))

    @cached_property
    def strategies(self) -> tuple[str, ...]:
        """The strategies, in the order of the rows."""
        return tuple(dict.fromkeys(row.strategy for row in self.rows))

    @property
    def budgets(self) -> tuple[int, ...]:
        """The numbers of labels at which the one data set was measured."""
        return self.budgets_of(None)

    def budgets_of(self, dataset: str | None) -> tuple[int, ...]:
        """The numbers of labels at which a data set was measured, ascending."""
        name = self._dataset(dataset)
        return tuple(sorted({row.labels for row in self.rows if row.dataset == name}))

    def values(self, strategy: str, *, metric: str = "accuracy", dataset: str | None = None) -> np.ndarray:
        """A measure of a strategy, (seeds, budgets)."""
        name = self._dataset(dataset)
        found = {
            (row.seed, row.labels): getattr(row, _metric(metric))
            for row in self.rows
            if row.dataset == name and row.strategy == strategy
        }
        if not found:
            raise InvalidInput(
                f"There is no curve of {strategy!r} on {name!r}.",
                mend=f"The strategies are: {', '.join(self.strategies)}.",
            )
        seeds = sorted({seed for seed, _ in found})
        return np.array([[found[seed, labels] for labels in self.budgets_of(name)] for seed in seeds])

    # ------------------------------------------------------------ what follows

    def mean(self, strategy: str, *, metric: str = "accuracy", dataset: str | None = None) -> np.ndarray:
        """The mean over the seeds at each budget, (budgets,)."""
        mean: np.ndarray = self.values(strategy, metric=metric, dataset=dataset).mean(axis=0)
        return mean

    def gains(
        self,
        strategy: str,
        *,
        over: str = REFERENCE,
        confidence: float = 0.95,
        metric: str = "accuracy",
        dataset: str | None = None,
    ) -> list[Gain]:
        """The paired difference to random at each budget, with its t interval over the seeds.

        One interval a budget: among twenty budgets one is expected to miss its truth.
        """
        mine = self.values(strategy, metric=metric, dataset=dataset)
        theirs = self.values(over, metric=metric, dataset=dataset)
        means, halves = interval(mine - theirs, confidence)
        return [
            Gain(labels, float(mean), float(mean - half), float(mean + half))
            for labels, mean, half in zip(self.budgets_of(dataset), means, halves, strict=True)
        ]

    def area(self, strategy: str, *, metric: str = "accuracy", dataset: str | None = None) -> np.ndarray:
        """The mean height of the curve between the first and the last budget, one a seed."""
        values = self.values(strategy, metric=metric, dataset=dataset)
        budgets = np.asarray(self.budgets_of(dataset), dtype=float)
        if len(budgets) == 1:
            height: np.ndarray = values[:, 0]
        else:
            height = np.trapezoid(values, budgets, axis=1) / (budgets[-1] - budgets[0])
        return height

    def labels_to_match(
        self, strategy: str, *, over: str = REFERENCE, metric: str = "accuracy", dataset: str | None = None
    ) -> int | None:
        """The fewest labels with which the mean is what random has at its end; None if it never is."""
        goal = self.mean(over, metric=metric, dataset=dataset)[-1]
        reached = np.flatnonzero(self.mean(strategy, metric=metric, dataset=dataset) >= goal - 1e-12)
        return self.budgets_of(dataset)[reached[0]] if len(reached) else None

    # ------------------------------------------------------------ out and in

    def summary(self, *, metric: str = "accuracy") -> list[dict[str, Any]]:
        """One mapping a data set and strategy: area, its gain over random, last value, labels to match."""
        return [
            self._summary(dataset, strategy, metric)
            for dataset in self.datasets
            for strategy in self.strategies
        ]

    def table(self, format: str = "markdown", *, metric: str = "accuracy") -> str:
        """The summary as a "markdown" table, or every row as "csv"."""
        if format == "csv":
            out = io.StringIO()
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(Row._fields)
            writer.writerows(self.rows)
            return out.getvalue()
        if format != "markdown":
            raise InvalidInput(f"No table is called {format!r}.", mend="Choose 'markdown' or 'csv'.")
        return _markdown(self.summary(metric=metric))

    def write_csv(self, path: str | os.PathLike[str]) -> Path:
        """Write every row; :meth:`read_csv` reads it back."""
        path = Path(path)
        path.write_text(self.table("csv"), encoding="utf-8")
        return path

    @classmethod
    def read_csv(cls, path: str | os.PathLike[str]) -> Curves:
        """The curves that :meth:`write_csv` wrote."""
        with open(path, encoding="utf-8", newline="") as lines:
            head, *rest = csv.reader(lines)
            if tuple(head) != Row._fields:
                raise InvalidInput(
                    f"{path} has the columns {', '.join(head)}.", mend="Give a file of Curves.write_csv()."
                )
            return cls(
                tuple(Row(a, b, int(c), int(d), float(e), float(f), float(g)) for a, b, c, d, e, f, g in rest)
            )

    def picture(
        self,
        path: str | os.PathLike[str],
        *,
        metric: str = "accuracy",
        titles: Sequence[str] | None = None,
    ) -> Path:
        """Draw the curves with bands, a panel a data set, into an SVG or PNG file; needs matplotlib."""
        from querist.evaluation.picture import draw

        return draw(self, Path(path), metric=metric, titles=titles)

    # ------------------------------------------------------------

    def _summary(self, dataset: str, strategy: str, metric: str) -> dict[str, Any]:
        area = self.area(strategy, metric=metric, dataset=dataset)
        gain, half = interval((area - self.area(REFERENCE, metric=metric, dataset=dataset))[:, None], 0.95)
        verdicts = [one.verdict for one in self.gains(strategy, metric=metric, dataset=dataset)]
        # what came before the first row is no batch of the strategy; a budget of one batch has no other
        seconds = self.values(strategy, metric="seconds", dataset=dataset)[:, 1:]
        return {
            "dataset": dataset,
            "strategy": strategy,
            "area": float(area.mean()),
            "gain": float(gain[0]),
            "interval": float(half[0]),
            "above": verdicts.count("above"),
            "even": verdicts.count("even"),
            "below": verdicts.count("below"),
            "last": float(self.mean(strategy, metric=metric, dataset=dataset)[-1]),
            "labels_to_match": self.labels_to_match(strategy, metric=metric, dataset=dataset),
            "seconds": float(np.median(seconds)) if seconds.size else 0.0,
        }

    def _dataset(self, name: str | None) -> str:
        if name is None and len(self.datasets) == 1:
            return self.datasets[0]
        if name not in self.datasets:
            raise InvalidInput(
                f"Which data set? {name!r} is none of them." if name is not None else "Which data set?",
                mend=f"Give dataset= one of: {', '.join(self.datasets)}.",
            )
        return name


def _metric(name: str) -> str:
    if name not in ("accuracy", "balanced_accuracy", "seconds"):
        raise InvalidInput(
            f"No measure is called {name!r}.", mend="Choose accuracy, balanced_accuracy or seconds."
        )
    return name


def _markdown(summary: list[dict[str, Any]]) -> str:
    head = (
        "| data | strategy | area | gain over random | budgets above / even / below | at the end "
        "| labels to random's end | seconds a batch |\n|---|---|---|---|---|---|---|---|"
    )
    lines = [head]
    for one in summary:
        reference = one["strategy"] == REFERENCE
        gain = "" if reference else f"{one['gain']:+.3f} ± {one['interval']:.3f}"
        budgets = "" if reference else f"{one['above']} / {one['even']} / {one['below']}"
        match = one["labels_to_match"]
        lines.append(
            f"| {one['dataset']} | {one['strategy']} | {one['area']:.3f} | {gain} | {budgets} "
            f"| {one['last']:.3f} | {'never' if match is None else match} | {one['seconds']:.3f} |"
        )
    return "\n".join(lines) + "\n"
