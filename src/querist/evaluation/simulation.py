"""Campaigns replayed with labels that exist already, through the same code as live ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.campaign import Campaign, Oracle
from querist.data import Pool
from querist.errors import CampaignError, InvalidInput
from querist.evaluation.curves import Curves, Row
from querist.models import take
from querist.tasks import Classification

__all__ = ["simulate"]

STRATEGIES = ("margin", "entropy", "default")
_PAYS = 4.0  # seconds of work beyond which other processes are worth starting


def simulate(
    x: Any,
    y: Sequence[Any],
    *,
    strategies: Sequence[Any] | Mapping[str, Any] = STRATEGIES,
    model: Any = None,
    seeds: int | Sequence[int] = 10,
    batch: int = 10,
    start: int = 0,
    budget: int = 400,
    test: float | tuple[Any, Sequence[Any]] = 0.3,
    pool: int | None = None,
    dataset: str = "",
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Curves:
    """Learning curves of strategies against random, by replaying campaigns whose answers are known.

    Each run is a :class:`querist.Campaign` that asks ``batch`` questions at a time, is told the truth,
    and whose model is then measured on a test set that no strategy sees.  Runs of one seed are paired:
    all strategies have the same pool, the same test set and the same first labels.

    Parameters
    ----------
    x : n rows of features (dense, sparse), or raw values that the model takes
    y : n labels
        Classes.
    strategies : names, specs, acquisitions or strategies; or a mapping from the name to be shown
        Random is always run beside them.
    model : scikit-learn estimator or model, optional
        Never fitted itself.  Logistic regression, as in the application, if not given.
    seeds : int or sequence of int
        How many runs of each strategy, or which.  10 or more show differences of a few points.
    batch : int
        Questions between two trainings.
    start : int
        Labels drawn at random before the first question, the same for all; 0 shows the cold start.
    budget : int
        Labels at the end, ``start`` included; the whole pool where that is smaller.
    test : float, or a pair (x, y)
        The share of the rows that is held back for measuring, drawn anew for each seed and stratified
        by class; or a test set of its own.
    pool : int, optional
        At most so many rows to choose from, drawn anew for each seed; all if not given.
    dataset : str
        A name for the rows of the result.
    workers : int, optional
        Processes.  All cores where there is work for more than a few seconds, if not given; the
        result is the same with any number.
    progress : function (done, total), optional
        Called after each run.

    Returns
    -------
    Curves

    >>> from sklearn.datasets import load_iris
    >>> x, y = load_iris(return_X_y=True)
    >>> curves = simulate(x, y, strategies=["margin"], seeds=2, budget=20)
    >>> curves.strategies, curves.budgets
    (('random', 'margin'), (10, 20))
    """
    named = _named(strategies)
    numbers = list(range(seeds)) if isinstance(seeds, int) else [int(seed) for seed in seeds]
    _check(len(y), _length(x), numbers, batch, start, budget)
    labels = [str(one) for one in np.asarray(y, dtype=object)]
    if isinstance(test, tuple):
        test = (test[0], [str(one) for one in np.asarray(test[1], dtype=object)])
    elif not 0 < test < 1:
        raise InvalidInput(
            f"test is a share between 0 and 1 or a pair (x, y); got {test!r}.", mend="Try 0.3."
        )
    protocol = Protocol(dataset, batch, start, budget, test, pool, _model(model, x))
    jobs = [(name, strategy, seed) for seed in numbers for name, strategy in named.items()]
    rows: list[Row] = []
    for done, part in enumerate(_runs(protocol, x, labels, jobs, workers), start=1):
        rows += part
        if progress is not None:
            progress(done, len(jobs))
    order = {(name, seed): i for i, (name, _, seed) in enumerate(jobs)}
    return Curves(tuple(sorted(rows, key=lambda row: (order[row.strategy, row.seed], row.labels))))


@dataclass(frozen=True)
class Protocol:
    """What all runs have in common."""

    dataset: str
    batch: int
    start: int
    budget: int
    test: Any
    pool: int | None
    model: Any

    def run(self, x: Any, y: Sequence[str], name: str, strategy: Any, seed: int) -> list[Row]:
        """One campaign from its first question to its budget; a row for each training."""
        from threadpoolctl import threadpool_limits

        rng = np.random.default_rng((seed, 0))
        if isinstance(self.test, tuple):
            kept, (x_test, y_test) = rng.permutation(len(y)), self.test
        else:
            held, kept = _split(y, self.test, rng)
            x_test, y_test = take(x, held), [y[row] for row in held]
        kept = np.sort(kept if self.pool is None else kept[: self.pool])
        answers = Oracle([y[row] for row in kept])
        classes = tuple(sorted(set(y) | set(y_test), key=_natural))
        campaign = Campaign(
            Pool(take(x, kept)), Classification(classes), strategy=strategy, model=self.model, seed=seed
        )
        first = rng.permutation(len(kept))[: self.start].tolist()
        with threadpool_limits(1):
            if first:
                campaign.tell({row: answers(row) for row in first})
            return list(self._rounds(campaign, answers, x_test, np.array(y_test), name, seed))

    def _rounds(
        self, campaign: Campaign, answers: Oracle, x: Any, y: np.ndarray, name: str, seed: int
    ) -> Iterator[Row]:
        goal, seconds = min(self.budget, len(campaign.pool)), 0.0
        while True:
            if len(campaign.labels):
                predicted = np.asarray(campaign.model.predict(x)).astype(str)
                score, balanced = _accuracies(y, predicted)
                yield Row(self.dataset, name, seed, len(campaign.labels), score, balanced, seconds)
            left = goal - len(campaign.labels)
            if left <= 0:
                return
            began = time.perf_counter()
            queries = campaign.ask(min(self.batch, left))
            seconds = time.perf_counter() - began
            if not queries:
                free = len(campaign.pool) - len(campaign.labels)
                raise CampaignError(
                    f"{name!r} proposed nothing, with {free} items left.",
                    mend="querist.testing.check_strategy finds the fault of a strategy.",
                )
            for query in queries:
                campaign.tell(query, answers(query.item))


def _runs(
    protocol: Protocol, x: Any, y: list[str], jobs: list[tuple[str, Any, int]], workers: int | None
) -> Iterator[list[Row]]:
    """The rows of each job, in this process or over several, as they are done."""
    began = time.perf_counter()
    if workers is None or workers == 1:
        first, jobs = jobs[:1], jobs[1:]
        for job in first:
            yield protocol.run(x, y, *job)
    if workers is None:
        from joblib import cpu_count

        pays = (time.perf_counter() - began) * len(jobs) > _PAYS
        workers = max(1, min(cpu_count(), len(jobs))) if pays else 1
    if workers == 1:
        for job in jobs:
            yield protocol.run(x, y, *job)
        return
    from joblib import Parallel, delayed

    runs = Parallel(n_jobs=workers, return_as="generator_unordered", pre_dispatch="2*n_jobs")
    yield from runs(delayed(protocol.run)(x, y, *job) for job in jobs)


def _named(strategies: Sequence[Any] | Mapping[str, Any]) -> dict[str, Any]:
    """Each strategy under the name that it is shown by, random first."""
    from querist.strategies import as_strategy

    if isinstance(strategies, str):
        strategies = [strategies]
    given = (
        strategies.items() if isinstance(strategies, Mapping) else ((_title(one), one) for one in strategies)
    )
    named: dict[str, Any] = {"random": "random"}
    for name, strategy in given:
        if name in named and name != "random":
            raise InvalidInput(
                f"Two strategies are called {name!r}.",
                mend="Give a mapping from names of your choice to the strategies.",
            )
        as_strategy(strategy)  # say now what is wrong with it, not after the first runs
        named[name] = strategy
    named["random"] = "random"
    return named


def _title(strategy: Any) -> str:
    if isinstance(strategy, Mapping):
        return ", ".join(str(value) for value in strategy.values())
    return strategy if isinstance(strategy, str) else str(getattr(strategy, "name", type(strategy).__name__))


def _model(model: Any, x: Any) -> Any:
    if model is not None:
        return model
    from querist.models.choice import model_named

    return model_named("default", x if hasattr(x, "shape") else np.asarray(x))


def _split(y: Sequence[str], share: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows held back for measuring and rows to choose from, both shuffled; classes in proportion."""
    values = np.asarray(y)
    held = []
    for name in np.unique(values):
        rows = rng.permutation(np.flatnonzero(values == name))
        whole = share * len(rows)
        held.append(rows[: int(whole) + (rng.random() < whole - int(whole))])
    test = rng.permutation(np.concatenate(held))
    return test, rng.permutation(np.setdiff1d(np.arange(len(y)), test))


def _accuracies(y: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
    """The share that is right, and the mean over the classes of the share of each that is right."""
    right = y == predicted
    _, of = np.unique(y, return_inverse=True)
    recalls = np.bincount(of, weights=right) / np.bincount(of)
    return float(right.mean()), float(recalls.mean())


def _natural(name: str) -> tuple[bool, float, str]:
    """Numbers by value, before words: so that class 10 does not come before class 2."""
    return (False, float(name), name) if name.isdigit() else (True, 0.0, name)


def _length(x: Any) -> int:
    return int(x.shape[0]) if hasattr(x, "shape") else len(x)


def _check(labels: int, rows: int, seeds: list[int], batch: int, start: int, budget: int) -> None:
    if labels != rows:
        raise InvalidInput(f"{labels} labels for {rows} rows.", mend="Give one label a row.")
    if not seeds or len(set(seeds)) < len(seeds):
        raise InvalidInput(f"Seeds must be distinct, one at least; got {seeds}.", mend="Try seeds=10.")
    if batch < 1 or start < 0 or budget <= start:
        raise InvalidInput(
            f"batch = {batch}, start = {start} and budget = {budget} leave nothing to ask.",
            mend="Give batch >= 1 and budget > start >= 0.",
        )
