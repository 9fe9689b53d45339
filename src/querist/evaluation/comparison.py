"""Strategies compared over all data sets: gains, wins, ranks, labels saved, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.evaluation.curves import Curves
from querist.evaluation.statistics import REFERENCE, Ranks, bootstrap, holm, paired_p, ranks
from querist.evaluation.tables import markdown
from querist.evaluation.trajectory import deficiency, saving

__all__ = ["Cell", "Comparison", "Saving", "middle", "percent"]

_FEW = 3  # data sets below which seeds are the blocks that ranks are over


@dataclass(frozen=True)
class Cell:
    """One strategy on one data set.

    ``gain`` of area over random with the half-width of its 95 % interval; ``p`` of the paired t-test over
    the seeds, corrected for all data sets and strategies (Holm); ``verdict`` "win", "tie" or "loss" by it;
    ``deficiency`` as Baram et al. (2004) have it; ``seconds`` that a question took, the median.
    """

    dataset: str
    strategy: str
    area: float
    gain: float
    half: float
    p: float
    verdict: str
    last: float
    deficiency: float
    labels_to_match: int | None
    seconds: float


@dataclass(frozen=True)
class Saving:
    """The share of random's labels that a strategy needs not, to be as good as random nearly is at its end.

    ``low`` and ``high`` are a 95 % interval, by resampling seeds in pairs.  Minus infinity: never as good.
    """

    dataset: str
    strategy: str
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """What the curves of an experiment come to, over all its data sets.

    Parameters
    ----------
    curves : Curves
    metric : str, optional
        The first that each data set was measured by, if not given.
    alpha : float
        The level of the tests.
    reach : float in (0, 1]
        Labels are saved on the way to this share of what random gains between its first and last budget.
        At the very end all curves that use the whole pool meet, and noise decides who is there first.

    >>> from querist.evaluation import Experiment
    >>> told = Experiment.of("iris", ["margin"], "logistic", seeds=4, budget=40).run(workers=1)
    >>> sorted(one.strategy for one in Comparison(told).cells)
    ['margin', 'random']
    """

    curves: Curves
    metric: str | None = None
    alpha: float = 0.05
    reach: float = 0.95

    @cached_property
    def strategies(self) -> tuple[str, ...]:
        """The strategies that ran on every data set."""
        of = [set(self.curves.strategies_of(one)) for one in self.curves.datasets]
        return tuple(name for name in self.curves.strategies if all(name in one for one in of))

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Every data set with every strategy that ran on it."""
        summary = self.curves.summary(metric=self.metric)
        p = np.array([self._p(one) for one in summary])
        judged = [one["strategy"] != REFERENCE for one in summary]
        adjusted = np.ones(len(p))
        adjusted[judged] = holm(p[judged])
        return tuple(self._cell(one, float(value)) for one, value in zip(summary, adjusted, strict=True))

    def cell(self, dataset: str, strategy: str) -> Cell:
        """One of the cells."""
        return next(one for one in self.cells if (one.dataset, one.strategy) == (dataset, strategy))

    def tally(self, strategy: str) -> tuple[int, int, int]:
        """On how many data sets a strategy wins, ties and loses against random."""
        verdicts = [one.verdict for one in self.cells if one.strategy == strategy]
        return verdicts.count("win"), verdicts.count("tie"), verdicts.count("loss")

    @cached_property
    def over_seeds(self) -> bool:
        """Whether ranks are over seeds, for want of data sets: they then speak of these data sets alone."""
        return len(self.curves.datasets) < _FEW

    @cached_property
    def ranks(self) -> Ranks:
        """How the strategies rank by area: over data sets, or over the seeds of fewer than three."""
        if len(self.strategies) < 2:
            raise InvalidInput("Ranks of one strategy.", mend="Compare two or more on every data set.")
        by_seed = [
            np.column_stack([self._areas(dataset, name) for name in self.strategies])
            for dataset in self.curves.datasets
        ]
        rows = by_seed if self.over_seeds else [one.mean(axis=0)[None] for one in by_seed]
        return ranks(np.vstack(rows), self.alpha)

    @cached_property
    def savings(self) -> tuple[Saving, ...]:
        """The labels saved, of every data set and strategy but random."""
        return tuple(
            self._saving(dataset, strategy)
            for dataset in self.curves.datasets
            for strategy in self.curves.strategies_of(dataset)
            if strategy != REFERENCE
        )

    def table(self) -> str:
        """The strategies over all data sets as a Markdown table, best rank first."""
        head = (
            "strategy",
            "mean rank",
            "wins / ties / losses",
            "mean gain over random",
            "median labels saved",
        )
        return markdown(head, [list(row.values()) for row in self.overview()])

    def overview(self) -> list[dict[str, str]]:
        """The rows of :meth:`table`."""
        order = np.argsort(self.ranks.means, kind="stable")
        alike = len({self.metric or self.curves.metric_of(one) for one in self.curves.datasets}) == 1
        rows = []
        for i in order:
            name = self.strategies[i]
            gains = [one.gain for one in self.cells if one.strategy == name]
            saved = [one.share for one in self.savings if one.strategy == name]
            reference = name == REFERENCE
            rows.append(
                {
                    "strategy": name,
                    "rank": f"{self.ranks.means[i]:.2f}",
                    "tally": "" if reference else " / ".join(map(str, self.tally(name))),
                    "gain": f"{np.mean(gains):+.4f}" if alike and not reference else "",
                    "saved": "" if reference else percent(middle(saved)),
                }
            )
        return rows

    # ------------------------------------------------------------

    def _areas(self, dataset: str, strategy: str) -> np.ndarray:
        """Areas by seed, turned so that higher is better."""
        return self._sign(dataset) * self.curves.area(strategy, metric=self.metric, dataset=dataset)

    def _sign(self, dataset: str) -> float:
        return self.curves.sign(self.metric, dataset)

    def _p(self, one: dict[str, Any]) -> float:
        mine, theirs = (self._areas(one["dataset"], name) for name in (one["strategy"], REFERENCE))
        return paired_p(mine - theirs)

    def _cell(self, one: dict[str, Any], p: float) -> Cell:
        dataset, strategy = one["dataset"], one["strategy"]
        sign = self._sign(dataset)
        mine, theirs = (
            sign * self.curves.mean(name, metric=self.metric, dataset=dataset)
            for name in (strategy, REFERENCE)
        )
        verdict = "tie" if p >= self.alpha else "win" if one["gain"] > 0 else "loss"
        return Cell(
            dataset=dataset,
            strategy=strategy,
            area=one["area"],
            gain=one["gain"],
            half=one["interval"],
            p=p,
            verdict=verdict,
            last=one["last"],
            deficiency=deficiency(self.curves.budgets_of(dataset), mine, theirs),
            labels_to_match=one["labels_to_match"],
            seconds=one["seconds"],
        )

    def _saving(self, dataset: str, strategy: str) -> Saving:
        sign, budgets = self._sign(dataset), self.curves.budgets_of(dataset)
        mine, theirs = (
            sign * self.curves.values(name, metric=self.metric, dataset=dataset)
            for name in (strategy, REFERENCE)
        )

        def share(rows: np.ndarray) -> float:
            level = theirs[rows].mean(axis=0)
            target = float(level[0] + self.reach * (level[-1] - level[0]))
            return saving(target, budgets, mine[rows].mean(axis=0), level)

        every = np.arange(len(mine))
        low, high = bootstrap(share, len(mine)) if len(mine) > 1 else (float("-inf"), float("inf"))
        return Saving(dataset, strategy, share(every), low, high)


def percent(share: float) -> str:
    """A share as people read it; "never" for what is not reached.

    >>> percent(0.4), percent(float("-inf"))
    ('40 %', 'never')
    """
    return f"{100 * share:.0f} %" if np.isfinite(share) else "never" if share < 0 else "–"


def middle(shares: Sequence[float]) -> float:
    """The median, infinities included."""
    known = [one for one in shares if not np.isnan(one)]
    return float(np.median(known)) if known else float("nan")
