"""Learning curves: what was measured, run by run, and what follows from it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.evaluation.metrics import METRICS
from querist.evaluation.results import read_runs
from querist.evaluation.runs import Run
from querist.evaluation.statistics import REFERENCE, interval
from querist.evaluation.tables import curves_csv, curves_markdown, runs_of_csv
from querist.evaluation.trajectory import area, interpolated, labels_to_reach, lu_aubc

__all__ = ["REFERENCE", "Curves", "Gain"]


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


@dataclass(frozen=True, eq=False)
class Curves:
    """Learning curves of strategies on data sets: the runs of an experiment, ready to be compared.

    ``a + b`` joins the curves of two data sets.  Methods that are about one data set take
    ``dataset=``; it may be left out where there is only one.  Where models or batch sizes differ, each
    combination is a data set of its own, named "digits, svm, batch 5"; and so are runs of other first labels,
    another split, other content or other answers, which are no pairs: "digits, noise 0.1".  Where a run was
    made again with other parameters of its strategy, or to go on for longer, the last one counts.

    Only seeds that all strategies of a data set have count: comparisons are paired.  Where runs were
    measured at other numbers of labels than their companions (a pool that was one row larger, questions
    of unequal cost), their values are read off the straight line between the neighbours.

    >>> import numpy as np
    >>> runs = [Run("d", "", s, 10, seed, np.array([10, 20]), {"accuracy": np.array([0.6, 0.7]) + gain})
    ...         for s, gain in (("random", 0.0), ("margin", 0.1)) for seed in (0, 1)]
    >>> curves = Curves(tuple(runs))
    >>> [round(gain.mean, 2) for gain in curves.gains("margin")], curves.labels_to_match("margin")
    ([0.1, 0.1], 10)
    """

    runs: tuple[Run, ...]
    _kept: dict[Any, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not any(len(run.labels) for run in self.runs):
            raise InvalidInput(
                "Curves without a measurement.", mend="Make them with querist.simulate(...) or an Experiment."
            )

    def __add__(self, other: Curves) -> Curves:
        return Curves(self.runs + other.runs)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Curves:
        """The curves of a results file, finished or not."""
        runs = read_runs(path)
        if not any(len(run.labels) for run in runs):
            raise InvalidInput(f"{path} holds no measurement yet.", mend="Let the experiment go on.")
        return cls(tuple(runs))

    def only(self, *datasets: str) -> Curves:
        """The curves of some data sets."""
        return Curves(tuple(run for run in self.runs if self.case(run) in datasets))

    # ------------------------------------------------------------ what is there

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """The data sets (with model and batch size where those differ), in the order of the runs.

        Those of which no seed has every strategy yet are left out, unless there are no others.
        """
        return tuple(case for case in self._cases if self._paired(case)) or self._cases

    @cached_property
    def _cases(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.case(run) for run in self.runs if len(run.labels)))

    @cached_property
    def strategies(self) -> tuple[str, ...]:
        """The strategies, random first, the others in the order of the runs."""
        there = dict.fromkeys(run.strategy for run in self.runs)
        return tuple(sorted(there, key=lambda name: name != REFERENCE))

    @cached_property
    def _varies(self) -> tuple[bool, bool]:
        return len({run.model for run in self.runs}) > 1, len({run.batch for run in self.runs}) > 1

    @cached_property
    def _apart(self) -> dict[str, list[str]]:
        """For each data set the terms in which its runs differ, so that they are no pairs."""
        seen: dict[str, dict[str, set[str]]] = {}
        for run in self.runs:
            for name, told in run.terms.items():
                seen.setdefault(run.dataset, {}).setdefault(name, set()).add(told)
        return {one: [name for name, told in terms.items() if len(told) > 1] for one, terms in seen.items()}

    def case(self, run: Run) -> str:
        """What a run belongs to: its data set, and what else differs: terms of it, model, batch size."""
        models, batches = self._varies
        parts = (self._of(run), run.model if models else "", f"batch {run.batch}" if batches else "")
        return ", ".join(part for part in parts if part)

    def _of(self, run: Run) -> str:
        """The data set of a run, with the terms in which its runs differ."""
        apart = self._apart[run.dataset]
        terms = run.terms if apart else {}
        return ", ".join(filter(None, (run.dataset, *(terms[name] for name in apart))))

    @property
    def rows(self) -> Iterator[dict[str, Any]]:
        """Every measurement as a tidy row."""
        return (row for run in self.runs for row in run)

    @property
    def budgets(self) -> tuple[int, ...]:
        """The numbers of labels at which the one data set was measured."""
        return self.budgets_of(None)

    def budgets_of(self, dataset: str | None) -> tuple[int, ...]:
        """The numbers of labels at which a data set was measured, within what all its runs cover."""
        name = self._dataset(dataset)
        if ("budgets", name) not in self._kept:
            runs = list(self._runs(name).values())
            least, most = max(run.labels[0] for run in runs), min(run.labels[-1] for run in runs)
            found = np.unique(np.concatenate([run.labels for run in runs]))
            if least > most:
                raise InvalidInput(
                    f"The runs of {name!r} have no number of labels in common: one begins with {least}, and"
                    f" one ends with {most}.",
                    mend="Give smaller batches, or fewer first labels.",
                )
            self._kept["budgets", name] = tuple(found[(found >= least) & (found <= most)].tolist())
        budgets: tuple[int, ...] = self._kept["budgets", name]
        return budgets

    def seeds_of(self, dataset: str | None) -> tuple[int, ...]:
        """The seeds that all strategies of a data set have."""
        return tuple(sorted({seed for _, seed in self._runs(self._dataset(dataset))}))

    def measures_of(self, dataset: str | None) -> tuple[str, ...]:
        """What was measured on a data set."""
        runs = self._runs(self._dataset(dataset)).values()
        return tuple(name for name in next(iter(runs)).values if all(name in run.values for run in runs))

    def metric_of(self, dataset: str | None) -> str:
        """The first measure of a data set: the one that is meant when none is named."""
        return self.measures_of(dataset)[0]

    def strategies_of(self, dataset: str | None) -> tuple[str, ...]:
        """The strategies that ran on a data set."""
        there = {name for name, _ in self._runs(self._dataset(dataset))}
        return tuple(name for name in self.strategies if name in there)

    def values(self, strategy: str, *, metric: str | None = None, dataset: str | None = None) -> np.ndarray:
        """A measure of a strategy, (seeds, budgets)."""
        name = self._dataset(dataset)
        metric = self._metric(metric, name)
        if (name, strategy, metric) not in self._kept:
            runs = self._runs(name)
            if strategy not in {one for one, _ in runs}:
                raise InvalidInput(
                    f"There is no curve of {strategy!r} on {name!r}.",
                    mend=f"The strategies are: {', '.join(self.strategies)}.",
                )
            budgets = self.budgets_of(name)
            mine = [runs[strategy, seed] for seed in self.seeds_of(name)]
            self._kept[name, strategy, metric] = np.array(
                [interpolated(budgets, run.labels, run.values[metric]) for run in mine]
            )
        found: np.ndarray = self._kept[name, strategy, metric]
        return found

    # ------------------------------------------------------------ what follows

    def mean(self, strategy: str, *, metric: str | None = None, dataset: str | None = None) -> np.ndarray:
        """The mean over the seeds at each budget, (budgets,)."""
        mean: np.ndarray = self.values(strategy, metric=metric, dataset=dataset).mean(axis=0)
        return mean

    def gains(
        self,
        strategy: str,
        *,
        over: str = REFERENCE,
        confidence: float = 0.95,
        metric: str | None = None,
        dataset: str | None = None,
    ) -> list[Gain]:
        """The paired difference to random at each budget, with its t interval over the seeds.

        One interval a budget: among twenty budgets one is expected to miss its truth.  Positive is
        better: of a measure that is to be low, random's value less the strategy's.
        """
        mine = self.values(strategy, metric=metric, dataset=dataset)
        theirs = self.values(over, metric=metric, dataset=dataset)
        means, halves = interval(self.sign(metric, dataset) * (mine - theirs), confidence)
        return [
            Gain(labels, float(mean), float(mean - half), float(mean + half))
            for labels, mean, half in zip(self.budgets_of(dataset), means, halves, strict=True)
        ]

    def area(self, strategy: str, *, metric: str | None = None, dataset: str | None = None) -> np.ndarray:
        """The mean height of the curve between the first and the last budget, one a seed.

        The trapezium rule over the numbers of labels, divided by the labels between first and last: in
        the measure's own unit, whatever the budget.
        """
        return area(self.budgets_of(dataset), self.values(strategy, metric=metric, dataset=dataset))

    def lu_aubc(self, strategy: str, *, metric: str | None = None, dataset: str | None = None) -> np.ndarray:
        """The area as Lu, Li & Lin (2023) published it, one a seed; see :func:`trajectory.lu_aubc`."""
        name = self._dataset(dataset)
        metric = self._metric(metric, name)
        runs = self._runs(name)
        mine = [runs[strategy, seed] for seed in self.seeds_of(name)]
        return np.array([lu_aubc(run.labels, run.values[metric]) for run in mine])

    def labels_to_match(
        self,
        strategy: str,
        *,
        over: str = REFERENCE,
        metric: str | None = None,
        dataset: str | None = None,
    ) -> int | None:
        """The fewest labels with which the mean is what random has at its end; None if it never is."""
        sign = self.sign(metric, dataset)
        goal = sign * self.mean(over, metric=metric, dataset=dataset)[-1]
        mean = sign * self.mean(strategy, metric=metric, dataset=dataset)
        reached = np.flatnonzero(mean >= goal - 1e-12)
        return self.budgets_of(dataset)[reached[0]] if len(reached) else None

    def labels_to_reach(
        self, strategy: str, target: float, *, metric: str | None = None, dataset: str | None = None
    ) -> float:
        """The fewest labels with which the mean is at a target, on the line between budgets; inf if never."""
        sign = self.sign(metric, dataset)
        mean = sign * self.mean(strategy, metric=metric, dataset=dataset)
        return labels_to_reach(sign * target, self.budgets_of(dataset), mean)

    def sign(self, metric: str | None, dataset: str | None) -> float:
        """1 where higher is better, -1 where lower is."""
        name = self._metric(metric, self._dataset(dataset))
        known = METRICS.get(name)
        return 1.0 if (known.higher if known else not name.endswith(("seconds", "cost"))) else -1.0

    # ------------------------------------------------------------ out and in

    def summary(self, *, metric: str | None = None, target: float | None = None) -> list[dict[str, Any]]:
        """One mapping a data set and strategy: area, its gain over random, last value, labels to match.

        With a ``target`` for the measure also the labels to reach it; infinite where it is not reached.
        """
        return [
            self._summary(dataset, strategy, metric)
            | ({} if target is None else self._to(target, dataset, strategy, metric))
            for dataset in self.datasets
            for strategy in self.strategies_of(dataset)
        ]

    def _to(self, target: float, dataset: str, strategy: str, metric: str | None) -> dict[str, float]:
        return {"labels_to_target": self.labels_to_reach(strategy, target, metric=metric, dataset=dataset)}

    def table(
        self, format: str = "markdown", *, metric: str | None = None, target: float | None = None
    ) -> str:
        """The summary as a "markdown" table, or every measurement as "csv"."""
        if format == "csv":
            runs = [run for case in self._cases for run in self._counted(case).values()]
            return curves_csv([replace(run, dataset=self._of(run)) for run in runs])
        if format != "markdown":
            raise InvalidInput(f"No table is called {format!r}.", mend="Choose 'markdown' or 'csv'.")
        return curves_markdown(self.summary(metric=metric, target=target), target)

    def write_csv(self, path: str | os.PathLike[str]) -> Path:
        """Write every measurement; :meth:`read_csv` reads it back."""
        path = Path(path)
        path.write_text(self.table("csv"), encoding="utf-8")
        return path

    @classmethod
    def read_csv(cls, path: str | os.PathLike[str]) -> Curves:
        """The curves that :meth:`write_csv` wrote; what was picked is not in it."""
        return cls(runs_of_csv(path))

    def picture(
        self,
        path: str | os.PathLike[str],
        *,
        metric: str | None = None,
        titles: Sequence[str] | None = None,
    ) -> Path:
        """Draw the curves with bands, a panel a data set, into an SVG or PNG file; needs matplotlib."""
        from querist.evaluation.picture import draw

        return draw(self, Path(path), metric=metric, titles=titles)

    # ------------------------------------------------------------

    def _runs(self, case: str) -> dict[tuple[str, int], Run]:
        """The runs of a case by strategy and seed; only the seeds that every strategy has."""
        if case not in self._kept:
            self._kept[case] = self._paired(case)
        found: dict[tuple[str, int], Run] = self._kept[case]
        if not found:
            raise InvalidInput(
                f"No seed of {case!r} was run with every strategy yet.", mend="Let the experiment go on."
            )
        return found

    def _paired(self, case: str) -> dict[tuple[str, int], Run]:
        """The runs of the seeds that every strategy has."""
        runs = self._counted(case)
        names, seeds = {name for name, _ in runs}, {seed for _, seed in runs}
        paired = {seed for seed in seeds if all((name, seed) in runs for name in names)}
        return {key: run for key, run in runs.items() if key[1] in paired}

    def _counted(self, case: str) -> dict[tuple[str, int], Run]:
        """The runs of a case by strategy and seed; of strategies called alike, and of runs, the last ones."""
        mine = [run for run in self.runs if len(run.labels) and self.case(run) == case]
        newest = {run.strategy: run.plan.get("strategy") for run in mine}
        return {
            (run.strategy, run.seed): run for run in mine if run.plan.get("strategy") == newest[run.strategy]
        }

    def _summary(self, dataset: str, strategy: str, metric: str | None) -> dict[str, Any]:
        area = self.area(strategy, metric=metric, dataset=dataset)
        better = self.sign(metric, dataset) * (area - self.area(REFERENCE, metric=metric, dataset=dataset))
        gain, half = interval(better[:, None], 0.95)
        verdicts = [one.verdict for one in self.gains(strategy, metric=metric, dataset=dataset)]
        # what came before the first row is no batch of the strategy; a budget of one batch has no other
        timed = "seconds" in self.measures_of(dataset)
        seconds = self.values(strategy, metric="seconds", dataset=dataset)[:, 1:] if timed else np.empty(0)
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

    def _metric(self, name: str | None, dataset: str) -> str:
        there = self.measures_of(dataset)
        if name is None:
            return there[0]
        if name not in there:
            raise InvalidInput(
                f"{name!r} was not measured on {dataset!r}.", mend=f"Choose among {', '.join(there)}."
            )
        return name
