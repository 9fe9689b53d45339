"""What one decision takes: ours, scikit-activeml's and river's in one run; blocks of millions; memory."""

from __future__ import annotations

import importlib.metadata
import resource
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from querist.models import OnlineSoftmax, RiverModel
from querist.streams import StreamLearner, stream_strategies

WIDTH = 50
WARM = 200
BUDGET = 0.1


def _rows(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, WIDTH))
    return x, (x[:, :10].sum(axis=1) > 0).astype(int)


def timed(decide: Callable[[Any], Any], rows: Any, after: Callable[[Any, int], None]) -> dict[str, float]:
    """Median and 99th percentile of ``decide`` alone, in microseconds; ``after`` learns beside the clock."""
    taken = []
    for i, row in enumerate(rows):
        began = time.perf_counter_ns()
        told = decide(row)
        taken.append(time.perf_counter_ns() - began)
        after(told, i)
    micro = np.array(taken[WARM:]) / 1e3
    return {"median": float(np.median(micro)), "p99": float(np.quantile(micro, 0.99))}


def ours() -> Iterator[tuple[str, str, dict[str, float]]]:
    x, y = _rows(5_000)
    models: dict[str, Callable[[], Any]] = {
        "linear softmax": OnlineSoftmax,
        "committee of 10 linear": lambda: OnlineSoftmax(members=10),
        "committee of 10 networks of 100": lambda: OnlineSoftmax(members=10, hidden=100, kept=100, steps=12),
    }
    for model, make in models.items():
        names = stream_strategies() if model == "linear softmax" else ["default", "minimum_margin"]
        for name in names:
            learner = StreamLearner(make(), name, budget=BUDGET)

            def after(decision: Any, i: int, learner: StreamLearner = learner) -> None:
                if decision.ask:
                    learner.tell(decision, int(y[i]))

            yield name, model, timed(learner.see, x, after)


def ours_with_rivers() -> Iterator[tuple[str, str, dict[str, float]]]:
    """Our gate around the very model that is river's fastest below, which reads records."""
    x, y = _rows(3_000)
    for items, told in ((_records(x), "records"), (x, "vectors")):
        learner = StreamLearner(RiverModel(_rivers_logistic()), budget=BUDGET)

        def after(decision: Any, i: int, learner: StreamLearner = learner) -> None:
            if decision.ask:
                learner.tell(decision, int(y[i]))

        yield "default", f"river's logistic regression, {told}", timed(learner.see, items, after)


def _records(x: np.ndarray) -> list[dict[int, float]]:
    """Rows as river reads them."""
    return [dict(enumerate(row)) for row in x.tolist()]


def _rivers_logistic() -> Any:
    from river import linear_model, multiclass

    return multiclass.OneVsRestClassifier(linear_model.LogisticRegression())


def rivers() -> Iterator[tuple[str, str, dict[str, float]]]:
    from river import active, naive_bayes

    x, y = _rows(3_000)
    rows = _records(x)
    models = {
        "one-vs-rest logistic regression": _rivers_logistic(),
        "Gaussian naive Bayes": naive_bayes.GaussianNB(),
    }
    for name, model in models.items():
        for row, label in zip(rows[:50], y, strict=False):
            model.learn_one(row, int(label))  # a cold one never asks
        sampler = active.EntropySampler(model, seed=0)

        def after(told: Any, i: int, sampler: Any = sampler) -> None:
            if told[1]:
                sampler.learn_one(rows[i], int(y[i]))

        yield "EntropySampler", name, timed(sampler.predict_one, rows, after)


def scikit_activemls() -> Iterator[tuple[str, str, dict[str, float]]]:
    from skactiveml import stream
    from skactiveml.classifier import SklearnClassifier
    from sklearn.naive_bayes import GaussianNB

    x, y = _rows(700)
    model = SklearnClassifier(GaussianNB(), classes=[0, 1]).fit(x[:100], y[:100])
    from skactiveml.classifier import ParzenWindowClassifier

    parzen = ParzenWindowClassifier(classes=[0, 1]).fit(x[:100], y[:100])
    for name in (
        "StreamRandomSampling",
        "FixedUncertainty",
        "VariableUncertainty",
        "RandomVariableUncertainty",
        "Split",
        "StreamDensityBasedAL",
        "CognitiveDualQueryStrategyVarUn",
        "StreamProbabilisticAL",
    ):
        more = {"classes": [0, 1]} if name == "FixedUncertainty" else {}
        strategy = getattr(stream, name)(random_state=0, **more)
        needs_model = name != "StreamRandomSampling"
        used = parzen if name == "StreamProbabilisticAL" else model

        def decide(row: Any, strategy: Any = strategy, used: Any = used, needs: bool = needs_model) -> Any:
            candidates = row.reshape(1, -1)
            if needs:
                asked, utilities = strategy.query(
                    candidates=candidates, clf=used, fit_clf=False, return_utilities=True
                )
            else:
                asked, utilities = strategy.query(candidates=candidates, return_utilities=True)
            strategy.update(candidates, asked, **_manager(strategy, utilities))
            return asked

        told = "-" if not needs_model else "Parzen" if used is parzen else "Gaussian naive Bayes"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield name, told, timed(decide, x[100:], lambda told, i: None)


def _manager(strategy: Any, utilities: Any) -> dict[str, Any]:
    """What budget managers of scikit-activeml want to be told of the utilities."""
    name = type(strategy).__name__
    if name in ("StreamProbabilisticAL",):
        return {"budget_manager_param_dict": {"utilities": utilities}}
    return {}


def blocks(items: int = 3_000_000) -> dict[str, float]:
    """Microseconds of processor time an item of a block call, in the quickest of many."""
    found = {}
    for name, model in (
        ("linear softmax", OnlineSoftmax()),
        ("committee of 10 linear", OnlineSoftmax(members=10)),
    ):
        learner = _taught(model)
        x = np.random.default_rng(1).normal(size=(200_000, WIDTH))
        learner.see_many(x[:1_000])
        taken = []
        for _ in range((items if name == "linear softmax" else items // 3) // len(x)):
            began = time.process_time()
            learner.see_many(x)
            taken.append(time.process_time() - began)
        found[name] = min(taken) / len(x) * 1e6
    return found


def _taught(model: OnlineSoftmax) -> StreamLearner:
    x, y = _rows(2_000)
    learner = StreamLearner(model, budget=BUDGET, holds=1_000)
    for row, label in zip(x, y, strict=True):
        if (one := learner.see(row)).ask:
            learner.tell(one, int(label))
    return learner


def memory(items: int = 10_000_000) -> dict[str, Any]:
    """The process's memory while ten million items pass, in blocks and one by one, most labels lost."""
    learner = _taught(OnlineSoftmax())
    rng = np.random.default_rng(2)
    at, asked = {}, 0
    block = np.empty((20_000, WIDTH))
    while learner.seen < items:
        block[:] = rng.normal(size=block.shape)
        for one in learner.see_many(block).asked[::3]:  # of every third question the label comes
            if learner.pending.get(one.id) is not None:
                learner.tell(one, int(block[one.id - learner.seen, 0] > 0))
        for row in block[:200]:
            learner.see(row)
        if learner.seen // 1_000_000 > len(at) - 1:
            at[learner.seen // 1_000_000] = _resident()
    asked = learner.asked
    return {"items": learner.seen, "asked": asked, "resident": at, "spent": asked / learner.seen}


def _resident() -> float:
    """Megabytes that the process holds now."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def versions() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in ("scikit-activeml", "river", "numba", "numpy")}
