"""Experiments: data sets x models x strategies x batch sizes x seeds, paired, resumable, over the cores."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from querist.errors import InvalidInput
from querist.evaluation.arms import Arm, arms, estimator_of, model_for, models_by_title
from querist.evaluation.curves import Curves
from querist.evaluation.dataset import Dataset
from querist.evaluation.protocol import Protocol
from querist.evaluation.readers import load_dataset
from querist.evaluation.replaying import Plan, Watch
from querist.evaluation.results import Results
from querist.evaluation.runs import Run

__all__ = ["Experiment", "replay"]

USUAL = {
    "classes": ("margin", "entropy", "default"),
    "number": ("igs", "lcmd", "default"),
    "sets": ("binary_minimum", "average_confidence", "default"),
}
"""The strategies that are compared where none is named, by what a label is."""
_PAYS = 4.0  # seconds of work beyond which other processes are worth starting
_LOOK = 1.0  # seconds between two looks whether the parent is still there


@dataclass(frozen=True, eq=False)
class Experiment:
    """A fair comparison of strategies: every strategy meets the same splits, first labels and models.

    Each run is a :class:`querist.Campaign` that asks ``batch`` questions at a time, is told the truth,
    and whose model is then measured on a test set that no strategy sees.  Random is always run beside
    the strategies.

    Parameters
    ----------
    datasets : names, paths or :class:`Dataset`, one or more
        As :func:`load_dataset` takes them.
    strategies : names, specs, strategies or :class:`Arm`, or a mapping from the name to be shown, optional
        ``"margin@logistic"`` asks by logistic regression whatever model is measured.  Those of
        :data:`USUAL` if not given.
    models : names, estimators or models, or a mapping from the name to be shown
        See :data:`MODELS`; ``"default"`` is the application's own.  Never fitted itself.
    batches : int or sequence of int
        Questions between two trainings.
    seeds : int or sequence of int
        How many runs of each, or which.  Twenty or more show differences of a point.
    protocol : Protocol, optional
        Split, first labels, budget and measures; or give its fields as keywords to :meth:`of`.
    watch : mapping from names to functions of the campaign, optional
        Further numbers that are noted at each measurement.

    >>> experiment = Experiment.of("iris", strategies=["margin"], models="logistic", seeds=2, budget=30)
    >>> curves = experiment.run(workers=1)
    >>> curves.strategies, curves.budgets
    (('random', 'margin'), (10, 20, 30))
    """

    datasets: Any
    strategies: Any = None
    models: Any = "default"
    batches: Any = 10
    seeds: int | Sequence[int] = 10
    protocol: Protocol = field(default_factory=Protocol)
    watch: Watch = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        datasets: Any,
        strategies: Any = None,
        models: Any = "default",
        batches: Any = 10,
        seeds: int | Sequence[int] = 10,
        *,
        watch: Watch | None = None,
        **protocol: Any,
    ) -> Experiment:
        """An experiment, with the fields of its :class:`Protocol` as keywords."""
        return cls(datasets, strategies, models, batches, seeds, Protocol(**protocol), watch or {})

    def plans(self) -> list[Plan]:
        """Every run, seed by seed, so that what is done at any moment can be compared."""
        loaded = [load_dataset(one) for one in _several(self.datasets)]
        _distinct("data set", [one.name for one in loaded])
        batches, seeds = _whole("batch", self.batches, 1), _whole("seed", self._numbers(), 0)
        models = models_by_title(self.models)
        usual = self.strategies is None
        named = {data.name: arms(USUAL[str(data.task)] if usual else self.strategies) for data in loaded}
        for data in loaded:
            self.protocol.metrics_of(data)
        measured = {
            (data.name, title): model_for(model, data) for data in loaded for title, model in models.items()
        }
        asked = {
            (data.name, title): None if arm.model is None else model_for(arm.model, data)
            for data in loaded
            for title, arm in named[data.name].items()
        }
        return [
            Plan(
                dataset=data,
                title=title,
                arm=arm,
                model_title=model,
                model=measured[data.name, model],
                asks=asked[data.name, title],
                batch=batch,
                seed=seed,
                protocol=self.protocol,
                watch=self.watch,
            )
            for seed in seeds
            for data in loaded
            for model in models
            for batch in batches
            for title, arm in named[data.name].items()
        ]

    def run(
        self,
        results: str | os.PathLike[str] | None = None,
        *,
        workers: int | None = None,
        progress: Callable[[int, int], None] | None = None,
        failed: Callable[[Plan, Exception], None] | None = None,
    ) -> Curves:
        """Make all runs that ``results`` does not hold yet, and give the curves of all.

        Parameters
        ----------
        results : path, optional
            Where every run is kept as soon as it is done (:mod:`querist.evaluation.results`): after an
            interruption the same call goes on where it stood.  In memory alone if not given.
        workers : int, optional
            Processes.  All cores where there is work for more than a few seconds, if not given; the
            result is the same with any number.
        progress : function (done, total), optional
            Called after each run; runs that were done before are not counted.
        failed : function (plan, error), optional
            Called for each run that raises an error, and the others go on; the next call makes it again.
            Without it the first error ends the experiment, and what was done is kept.
        """
        plans = self.plans()
        ids = [plan.id for plan in plans]
        done: dict[str, Run] = {}
        with contextlib.ExitStack() as stack:
            kept = None if results is None else stack.enter_context(Results(results))
            if kept is not None:
                done = {one: kept.runs[one] for one in ids if one in kept.runs}
            todo = [plan for plan, one in zip(plans, ids, strict=True) if one not in done]
            made = _made([_Job(plan, failed is not None) for plan in todo], workers)
            for number, run in enumerate(made, start=1):
                if isinstance(run, Run):
                    done[run.id] = run
                    if kept is not None:
                        kept.add(run)
                elif failed is not None:
                    failed(*run)
                if progress is not None:
                    progress(number, len(todo))
        return Curves(tuple(done[one] for one in ids if one in done))

    def replay(self, id: str) -> tuple[Run, Plan]:
        """Make one run again, by its id or the beginning of it."""
        found = [plan for plan in self.plans() if plan.id.startswith(id)]
        if len(found) != 1:
            raise InvalidInput(
                f"{len(found) or 'No'} runs of this experiment have ids that begin with {id!r}.",
                mend="Give the whole id, as the results file tells it.",
            )
        return found[0].run(), found[0]

    def _numbers(self) -> Sequence[int]:
        return range(self.seeds) if isinstance(self.seeds, int) else [int(seed) for seed in self.seeds]


def replay(run: Run) -> Run:
    """Make a run again from nothing but what its record tells; the same picks, if all is as it was.

    Raises
    ------
    InvalidInput
        The data set is not found again or has changed, or a part of the plan has no name.
    """
    told = run.plan
    data = told["dataset"]
    if data["spec"] is None:
        raise InvalidInput(
            f"The data set {data['name']!r} was given as arrays and cannot be read again.",
            mend="Replay it in Python, with the experiment that ran it: experiment.replay(...).",
        )
    dataset = load_dataset(data["spec"])
    if dataset.sha256 != data["sha256"]:
        raise InvalidInput(
            f"The data set {data['name']!r} is not what it was: its content has the digest"
            f" {dataset.sha256[:12]}, and the run's had {data['sha256'][:12]}.",
            mend="Find the file as it was, or make the experiment anew.",
        )
    if "shown" in told["strategy"] or "watch" in told:
        shown = told["strategy"].get("shown") or f"what was watched ({', '.join(told.get('watch', ()))})"
        raise InvalidInput(
            f"{shown} has no name by which it is found again.",
            mend="Replay it in Python, with the experiment that ran it: experiment.replay(...).",
        )
    model = {name: one for name, one in told["model"].items() if name != "title"}
    plan = Plan(
        dataset=dataset,
        title=told["title"],
        arm=Arm(told["strategy"]),
        model_title=told["model"]["title"],
        model=estimator_of(model),
        asks=None if told["asks"] is None else estimator_of(told["asks"]),
        batch=told["batch"],
        seed=told["seed"],
        protocol=Protocol(**told["protocol"]),
    )
    return plan.run()


@dataclass(frozen=True)
class _Job:
    """A plan to be run; ``caught``: an error is given back with it and not raised."""

    plan: Plan
    caught: bool

    def run(self) -> Run | tuple[Plan, Exception]:
        try:
            return self.plan.run()
        except Exception as error:
            if not self.caught:
                raise
            return self.plan, error


def _made(jobs: list[_Job], workers: int | None) -> Iterator[Run | tuple[Plan, Exception]]:
    """What comes of each job, in this process or over several, as it is done."""
    began = time.perf_counter()
    if workers is None and jobs:
        yield jobs[0].run()
        jobs = jobs[1:]
        from joblib import cpu_count

        pays = (time.perf_counter() - began) * len(jobs) > _PAYS
        workers = max(1, min(cpu_count(), len(jobs))) if pays else 1
    if workers == 1 or not jobs:
        for job in jobs:
            yield job.run()
        return
    from joblib import Parallel, delayed

    pool = Parallel(n_jobs=workers, return_as="generator_unordered", pre_dispatch="2*n_jobs")
    yield from pool(delayed(_aside)(job, os.getpid()) for job in jobs)


def _aside(job: _Job, parent: int) -> Run | tuple[Plan, Exception]:
    """What comes of a job in a worker's process, which ends when its parent has been killed."""
    if parent != os.getpid():
        _end_with(parent)
    return job.run()


@cache
def _end_with(parent: int) -> None:
    """End this process soon after the parent: whoever is killed at once ends no workers."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _several(given: Any) -> list[Any]:
    single = isinstance(given, str | os.PathLike | Mapping | Dataset)
    return [given] if single else list(given)


def _distinct(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(
                f"Two {what}s are called {name!r}.",
                mend="Name it once; or give each a name of its own, as {'data': ..., 'name': ...} does.",
            )


def _whole(what: str, given: Any, least: int) -> list[int]:
    numbers = [given] if isinstance(given, int) else [int(one) for one in given]
    if not numbers or len(set(numbers)) < len(numbers) or min(numbers) < least:
        raise InvalidInput(
            f"A {what} is a whole number of {least} or more, and each is given once; got {numbers}.",
            mend=f"Give one {what} or several distinct ones.",
        )
    return numbers
