"""One campaign, replayed with answers that are known: what it asks, and how good its model gets."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np

from querist.campaign import Campaign, Query
from querist.campaign.made import price_of_made
from querist.data import Pool
from querist.errors import BudgetSpent, CampaignError, InvalidInput, QueristError
from querist.evaluation.answering import Answers
from querist.evaluation.arms import Arm, estimator_spec
from querist.evaluation.dataset import Dataset
from querist.evaluation.metrics import METRICS, Judged
from querist.evaluation.protocol import Protocol, Split
from querist.evaluation.runs import Run
from querist.models import as_model, stack, take
from querist.tasks import Classification, MultiLabel, Number

__all__ = ["Plan", "Watch"]

Watch = Mapping[str, Callable[[Campaign], float]]
_TOLERANCE = 1e-9  # costs are floats: ten times 0.1 is not quite 1


@dataclass(frozen=True, eq=False)
class Plan:
    """One run that is to be made: everything that it depends on."""

    dataset: Dataset
    title: str
    arm: Arm
    model_title: str
    model: Any
    asks: Any  # the model that the strategy asks by; None: the one that is measured
    batch: int
    seed: int
    protocol: Protocol
    watch: Watch = field(default_factory=dict)

    @property
    def spec(self) -> dict[str, Any]:
        """The plan as plain JSON values."""
        told: dict[str, Any] = {
            "dataset": {
                "spec": self.dataset.spec,
                "name": self.dataset.name,
                "unit": self.dataset.unit,
                "sha256": self.dataset.sha256,
            },
            "strategy": self.arm.spec,
            "title": self.title,
            "model": {"title": self.model_title, **_wrapped(estimator_spec(self.model))},
            "asks": None if self.asks is None else _wrapped(estimator_spec(self.asks)),
            "batch": self.batch,
            "seed": self.seed,
            "protocol": self.protocol.as_json(),
        }
        return told if not self.watch else {**told, "watch": sorted(self.watch)}

    @property
    def id(self) -> str:
        """A digest of the plan: the same plan has the same everywhere, so that no run is made twice."""
        told = json.dumps(self.spec, sort_keys=True).encode()
        return hashlib.blake2b(told, digest_size=8).hexdigest()

    def run(self, enough: Callable[[], bool] | None = None) -> Run:
        """Replay the campaign and measure.

        ``enough`` is asked after each measurement that follows a question; where it says so, that was the
        last, and the record is that of the plan with so many labels as its budget, as if it had been that.
        """
        split = self.protocol.split(self.dataset, self.seed)
        head = (self.dataset.name, self.model_title, self.title, self.batch, self.seed)
        told: dict[str, Any] = {"id": self.id, "plan": self.spec, "versions": versions()}
        if split.left_out:
            return Run(*head, np.empty(0, dtype=np.intp), {}, left_out=split.left_out, **told)
        try:
            with _quickly(self.dataset.finite):
                replay, rounds = _Replay(self, split), []
                for row in replay.rounds():
                    rounds.append(row)
                    under_way = self.protocol.start < row["labels"] < replay.goal
                    if enough is not None and under_way and enough():
                        told |= self._shorter(int(row["labels"]))
                        break
        except QueristError as error:
            where = f"{self.title!r} with the model {self.model_title!r} on {self.dataset.name!r}"
            raise type(error)(f"{where}: {error.message}", mend=error.mend) from error
        except ValueError as error:
            if self.dataset.finite:
                raise
            raise InvalidInput(
                f"{self.dataset.name!r} has features that are missing or infinite, which the model"
                f" {self.model_title!r} does not take ({str(error).splitlines()[0]}).",
                mend="Fill them (SimpleImputer), or choose a model that takes them, such as boosting.",
            ) from error
        values = {name: np.array([row[name] for row in rounds]) for name in rounds[0]} if rounds else {}
        labels = values.pop("labels", np.empty(0)).astype(np.intp)
        picks = tuple(split.pool[replay.picks].tolist())
        return Run(*head, labels, values, picks=picks, start=len(split.first), **told)


    def _shorter(self, budget: int) -> dict[str, Any]:
        """The id and the plan of a run that ends with fewer labels."""
        shorter = replace(self, protocol=replace(self.protocol, budget=budget))
        return {"id": shorter.id, "plan": shorter.spec}


class _Replay:
    """The campaign of a plan, its answers and its test set."""

    def __init__(self, plan: Plan, split: Split) -> None:
        dataset, protocol = plan.dataset, plan.protocol
        self.plan = plan
        self.answers = Answers.of(dataset, split.pool, plan.seed, protocol.noise, protocol.annotators)
        x, (self.x_test, self.y_test) = self._features(split)
        costs = None if dataset.costs is None else dataset.costs[split.pool]
        kinds: dict[Any, Any] = {"classes": Classification, "sets": MultiLabel}
        task = kinds[dataset.task](dataset.classes) if dataset.task in kinds else Number()
        self.campaign = Campaign(
            Pool(x, costs=costs),
            task,
            strategy=plan.arm.strategy,
            model=plan.model if plan.asks is None else plan.asks,
            seed=plan.seed,
            budget=None if protocol.annotators else protocol.spend,
            suggest=_no_suggestion,
        )
        self.costs = self.answers.costs
        self.metrics = protocol.metrics_of(dataset)
        most = len(split.pool) if dataset.oracle is None else math.inf  # what is made has no end
        self.goal = int(min(most, protocol.budget or len(split.pool)))
        self.picks: list[int] = split.first.tolist()
        self.spent = float(self.costs[split.first].sum())
        self.room = math.inf  # what is left to spend where the campaign does not know the prices
        if protocol.annotators and protocol.spend is not None:
            self.room = protocol.spend
        self.seconds = 0.0
        self.made: dict[Any, tuple[Any, Any]] = {}  # features and answer of each made item
        if self.picks:
            for row in self.picks:
                self.campaign.tell({row: self.answers.said[row]}, by=self.answers.by[row])

    def rounds(self) -> Iterator[dict[str, float]]:
        """A row for each measurement."""
        turn = 0
        while True:
            left = self.goal - self.asked
            last = left <= 0
            if self.asked and (last or turn % self.plan.protocol.measure == 0):
                yield self._measured()
            if last or not self._asked(min(self.plan.batch, left)):
                if not last and turn % self.plan.protocol.measure:
                    yield self._measured()  # what the money allowed was spent between two measurements
                return
            turn += bool(self.asked)

    def _asked(self, n: int) -> bool:
        """Ask and answer one batch; False where what may be spent is spent."""
        _ = self.campaign.model  # fitted here, so that choosing is timed alone
        began = time.perf_counter()
        try:
            queries = self.campaign.ask(n)
        except BudgetSpent:
            return False
        self.seconds = time.perf_counter() - began
        if not queries:
            dry = self.plan.dataset.oracle is not None and len(self.picks) == len(self.costs)
            if dry or self.plan.protocol.spend is not None:
                return False
            raise CampaignError(
                f"It proposed nothing, with {len(self.costs) - len(self.picks)} items left.",
                mend="querist.testing.check_strategy finds the fault of a strategy.",
            )
        told = [self._answered_made(query) if query.made else self._told(query) for query in queries]
        return any(told)

    def _told(self, query: Query) -> bool:
        """Answer a question; False where it costs more than is left."""
        row = int(query.item)
        if self.costs[row] > self.room + _TOLERANCE:
            return False
        self.room -= float(self.costs[row])
        self.campaign.tell(query, self.answers.said[row], by=self.answers.by[row])
        self.picks.append(row)
        self.spent += float(self.costs[row])
        return True

    @property
    def asked(self) -> int:
        """How many labels there are."""
        return len(self.picks) + len(self.made)

    def _answered_made(self, query: Query) -> bool:
        """Answer a question about an item that no data set holds, by the data set's oracle."""
        row = np.asarray(query.features)[None] if isinstance(query.features, list) else [query.features]
        given = row if self.scaler is None else self.scaler.inverse_transform(row)
        answer = self.plan.dataset.answers(given)[0]
        self.campaign.tell(query, answer)
        self.made[query.item] = (query.features, answer)
        self.spent += price_of_made(self.campaign.pool.costs)
        return True

    def _measured(self) -> dict[str, float]:
        began = time.perf_counter()
        model = self.campaign.model
        if self.plan.asks is not None:
            model = self._own_model()
        fit_seconds = time.perf_counter() - began
        judged = Judged(model, self.x_test, self.y_test, self.plan.dataset.classes)
        values = {name: _rounded(METRICS[name].measure(judged)) for name in self.metrics}
        watched = {name: _rounded(one(self.campaign)) for name, one in self.plan.watch.items()}
        row: dict[str, float] = {"labels": self.asked, **values, **watched}
        row["cost"] = _rounded(self.spent)
        row["seconds"] = _rounded(self.seconds, 4)
        row["fit_seconds"] = _rounded(fit_seconds, 4)
        return row

    def _own_model(self) -> Any:
        """The measured model, where the campaign's is another."""
        rows = np.sort(self.picks)
        classes = self.plan.dataset.classes or None
        y: Any = [self.answers.said[row] for row in rows] + [answer for _, answer in self.made.values()]
        if self.plan.dataset.task != "sets":
            y = np.asarray(y)
        model = as_model(self.plan.model, classes=classes)
        x = stack(take(self.campaign.pool.features, rows), [one for one, _ in self.made.values()])
        return model.fitted(x, y, seed=self.plan.seed)

    def _features(self, split: Split) -> tuple[Any, tuple[Any, np.ndarray]]:
        dataset = self.plan.dataset
        x = take(dataset.x, split.pool)
        test = dataset.test or (take(dataset.x, split.held), dataset.y[split.held])
        self.scaler: Any = None
        if not self.plan.protocol.scales(dataset):
            return x, test
        from sklearn.preprocessing import StandardScaler

        scaler = StandardScaler(with_mean=not hasattr(x, "tocsr")).fit(x)
        self.scaler = scaler
        return scaler.transform(x), (scaler.transform(test[0]), test[1])


def _no_suggestion(items: Any) -> list[None]:
    """Nobody is shown what the model believes, so it is not worked out."""
    return [None] * len(items)


@contextmanager
def _quickly(finite: bool) -> Iterator[None]:
    """One thread for linear algebra, and no check anew each round of what was checked once."""
    import sklearn
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), sklearn.config_context(assume_finite=finite, skip_parameter_validation=True):
        yield


def _rounded(value: float, digits: int = 9) -> float:
    """As many digits as a results file keeps, so that what is read is what was measured."""
    return float(f"{value:.{digits}g}") if math.isfinite(value) else float(value)


def _wrapped(spec: Any) -> dict[str, Any]:
    return spec if isinstance(spec, dict) else {"shown": str(spec)}


@cache
def versions() -> dict[str, str]:
    """Of querist, Python and the libraries that a result depends on."""
    import platform
    from importlib.metadata import version

    from querist import __version__

    told = {name: version(name) for name in ("numpy", "scipy", "scikit-learn", "numba")}
    return {"querist": __version__, "python": platform.python_version(), **told}
