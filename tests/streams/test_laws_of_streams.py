"""Every budget manager and every strategy of streams keeps the laws; so do all kinds of online models."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.models import Incremental, OnlineBagging, OnlineSoftmax, RiverModel, WindowModel
from querist.specs import parts
from querist.streams import (
    BudgetManager,
    Cognition,
    Density,
    DriftWatch,
    ImportanceWeighted,
    QuantileFilter,
    RandomisedUncertainty,
    SelectiveSampling,
    SplitUncertainty,
    StreamStrategy,
    as_stream_strategy,
    stream_strategies,
)
from querist.streams.contract import CompiledGate
from querist.testing import (
    BUDGET_LAWS,
    STREAM_LAWS,
    check_budget_manager,
    check_stream,
    examples,
)

MANAGERS = examples(BudgetManager)


@pytest.mark.parametrize("law", BUDGET_LAWS)
@pytest.mark.parametrize("manager", MANAGERS, ids=repr)
def test_budget_managers_keep_their_laws(manager: BudgetManager, law: str) -> None:
    check_budget_manager(manager, laws={law: BUDGET_LAWS[law]})


@pytest.mark.parametrize("law", STREAM_LAWS)
@pytest.mark.parametrize("name", stream_strategies())
def test_strategies_keep_the_laws_of_streams(name: str, law: str) -> None:
    check_stream(name, laws={law: STREAM_LAWS[law]})


def _river() -> Any:
    from river import naive_bayes

    return RiverModel(naive_bayes.GaussianNB())


def _naive_bayes() -> Any:
    from sklearn.naive_bayes import GaussianNB

    return Incremental(GaussianNB())


def _window() -> Any:
    from sklearn.naive_bayes import GaussianNB

    return WindowModel(GaussianNB(), kept=60, every=30)


MODELS: dict[str, Callable[[], Any]] = {
    "linear": lambda: OnlineSoftmax(),
    "hidden": lambda: OnlineSoftmax(members=2, hidden=5),
    "partial_fit": _naive_bayes,
    "window": _window,
    "bagging": lambda: OnlineBagging(OnlineSoftmax(), 3),
    "river": _river,
}


@pytest.mark.parametrize("law", STREAM_LAWS)
@pytest.mark.parametrize("name", MODELS)
def test_models_keep_the_laws_of_streams(name: str, law: str) -> None:
    check_stream("default", model=MODELS[name], laws={law: STREAM_LAWS[law]})


@pytest.mark.parametrize("kind", [BudgetManager, StreamStrategy, Density, Cognition, DriftWatch])
def test_every_parameter_takes_two_values_among_what_is_tried(kind: Any) -> None:
    for part in parts(kind).values():
        tried = [one for one in examples(kind) if type(one) is part]
        for field in dataclasses.fields(part):
            values = {repr(getattr(one, field.name)) for one in tried}
            assert len(values) > 1, f"{part.__name__}.{field.name} is only ever {values}: add an example"


@settings(deadline=None, max_examples=60)
@given(
    manager=st.sampled_from(MANAGERS),
    budget=st.floats(0.001, 1.0),
    scores=st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), max_size=300),
    cold=st.integers(0, 50),
    seed=st.integers(0, 5),
)
def test_no_budget_is_exceeded_whatever_comes(
    manager: BudgetManager, budget: float, scores: list[float], cold: int, seed: int
) -> None:
    one = dataclasses.replace(manager, budget=budget)
    gate, asked = one.begin(seed), 0
    for seen, score in enumerate(scores, start=1):
        asked += gate(score, seen <= cold)[0]
        assert asked <= max(one.start, math.floor(budget * seen + 1e-9))


@dataclass(frozen=True)
class Spendthrift(BudgetManager):
    """Asks about everything."""

    def begin(self, seed: int = 0) -> Any:
        return lambda score, cold=False, closed=False: (not closed, 0.0, 1.0)


@dataclass(frozen=True)
class Timid(BudgetManager):
    """Asks about nothing, as a sampler does that takes a cold model for a sure one."""

    def begin(self, seed: int = 0) -> Any:
        return lambda score, cold=False, closed=False: (score > 2, 0.0, 1.0)


@dataclass(frozen=True)
class Dice(BudgetManager):
    """Draws from NumPy's global state, and draws anew each time."""

    def begin(self, seed: int = 0) -> Any:
        return lambda score, cold=False, closed=False: (cold or np.random.random() < 0.01, 0.0, 0.01)


@pytest.mark.parametrize(
    ("manager", "law"),
    [
        (Spendthrift(), "never exceeds its rate, ties included"),
        (Timid(), "asks for a cold model"),
        (Timid(), "spends what it was given"),
        (Dice(), "is a function of its seed"),
    ],
    ids=repr,
)
def test_broken_managers_are_caught(manager: BudgetManager, law: str) -> None:
    with pytest.raises(AssertionError, match=law.split(",")[0]):
        check_budget_manager(manager, laws={law: BUDGET_LAWS[law]})


def test_broken_strategies_are_caught() -> None:
    law = "keeps its budget, with labels late and lost"
    with pytest.raises(AssertionError, match="items asked about with budget"):
        check_stream(Spendthrift(), laws={law: STREAM_LAWS[law]})


def test_a_strategy_is_found_by_what_it_is_called() -> None:
    assert as_stream_strategy("pal", budget=0.5).manager.budget == 0.5
    assert as_stream_strategy({"name": "quantile_filter", "budget": 0.2}).manager.budget == 0.2
    strategy = StreamStrategy("entropy", density=Density())
    assert as_stream_strategy(strategy) is strategy
    for wrong, told in (("quantille", "default"), ("margin", "default"), (7, "budget manager")):
        with pytest.raises(ValueError, match=told):
            as_stream_strategy(wrong)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: BudgetManager(budget=0.0), "share above 0"),
        (lambda: BudgetManager(budget=1.5), "share above 0"),
        (lambda: BudgetManager(ledger="loose"), "'exact', 'bucket', 'fading'"),
        (lambda: BudgetManager(start=-1), "count items"),
        (lambda: BudgetManager().begin(), "opens no gate"),
        (lambda: StreamStrategy(score="doubt"), "No score of streams"),
        (lambda: StreamStrategy(manager=3), "no budget manager"),
        (lambda: Density(window=0), "counts"),
        (lambda: Cognition(memory=0), "above 0"),
        (lambda: DriftWatch("seismograph"), "No detector"),
        (lambda: DriftWatch(keep=-1), "count labels"),
        (lambda: OnlineSoftmax(members=0), "counts"),
        (lambda: OnlineBagging(OnlineSoftmax(), 0), "committee of 0"),
        (lambda: WindowModel(None, every=0), "count labels"),
    ],
)
def test_wrong_parameters_are_told(make: Callable[[], Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        make()


@pytest.mark.parametrize(
    "manager",
    [
        QuantileFilter(0.2),
        QuantileFilter(0.05),
        QuantileFilter(0.2, window=200, share=0.5, rarest=0.0),
        QuantileFilter(0.1, window=200, share=0.0, rarest=0.4),
        RandomisedUncertainty(0.3),
        RandomisedUncertainty(0.3, step=0.05, spread=0.2),
        SplitUncertainty(0.3, share=0.5),
        SplitUncertainty(0.6, step=0.05, share=0.2),
        ImportanceWeighted(0.2),
        SelectiveSampling(0.2),
    ],
    ids=repr,
)
def test_as_many_are_asked_as_the_chances_say(manager: BudgetManager) -> None:
    """Of items of every worth: what weighs by 1 / chance is then unbiased."""
    scores = np.random.default_rng(8).random(40_000)
    gate = manager.begin(3)
    assert isinstance(gate, CompiledGate)
    ask, _, chances = gate.many(scores)
    for some in (scores < 0.5, (scores >= 0.5) & (scores < 0.9), scores >= 0.9):
        told = chances[some]
        noise = math.sqrt((told * (1 - told)).sum()) + 1
        assert abs(ask[some].sum() - told.sum()) < 4 * noise
