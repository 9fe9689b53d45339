"""Every registered part keeps the laws of its kind: a new one is tested the hour it is named."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from querist import acquisition, selection, strategies, synthesis  # noqa: F401  (they enter the registry)
from querist.acquisition import Acquisition
from querist.selection import Selector
from querist.specs import parts
from querist.strategies import Strategy, as_strategy, names
from querist.synthesis import Synthesis
from querist.testing import (
    ACQUISITION_LAWS,
    SELECTOR_LAWS,
    STRATEGY_LAWS,
    SYNTHESIS_LAWS,
    check_acquisition,
    check_proposal,
    check_selector,
    check_strategy,
    check_synthesis,
    examples,
    snapshot_of,
)

STRATEGIES = [as_strategy(name) for name in names()] + examples(Strategy)


def _cases(parts_of_a_kind: list[Any], laws: Any) -> Any:
    distinct = list(dict.fromkeys(parts_of_a_kind))
    return pytest.mark.parametrize(
        ("part", "law"), [pytest.param(part, law, id=f"{part!r} {law}") for part in distinct for law in laws]
    )


@_cases(examples(Acquisition), ACQUISITION_LAWS)
def test_acquisitions_keep_their_laws(part: Acquisition, law: str) -> None:
    check_acquisition(part, laws={law: ACQUISITION_LAWS[law]})


@_cases(examples(Selector), SELECTOR_LAWS)
def test_selectors_keep_their_laws(part: Selector, law: str) -> None:
    check_selector(part, laws={law: SELECTOR_LAWS[law]})


@_cases(STRATEGIES, STRATEGY_LAWS)
def test_strategies_keep_their_laws(part: Strategy, law: str) -> None:
    check_strategy(part, laws={law: STRATEGY_LAWS[law]})


def test_nothing_registered_is_left_out() -> None:
    for kind in (Acquisition, Selector, Strategy):
        tried = {type(one) for one in examples(kind)}
        ours = {part for name, part in parts(kind).items() if "/" not in name}
        assert ours <= tried


@pytest.mark.parametrize("strategy", list(dict.fromkeys(STRATEGIES)), ids=repr)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_strategies_answer_any_small_pool(strategy: Strategy, data: st.DataObject) -> None:
    """Small whole numbers, so that rows repeat, features are constant and zeros are common."""
    shape = st.tuples(st.integers(1, 8), st.integers(1, 3))
    x = data.draw(arrays(np.float64, shape, elements=st.integers(-1, 1)))
    fate = data.draw(st.lists(st.sampled_from("lpcffff"), min_size=len(x), max_size=len(x)))
    y = data.draw(st.lists(st.sampled_from("abc"), min_size=len(x), max_size=len(x)))
    rows = {kind: [row for row, one in enumerate(fate) if one == kind] for kind in "lpc"}
    n, seed = data.draw(st.integers(0, 9)), data.draw(st.integers(0, 3))
    snapshot = snapshot_of(x, y, labelled=rows["l"], pending=rows["p"], closed=rows["c"], seed=seed)
    check_proposal(strategy.propose(snapshot, n), snapshot, n)


@_cases(examples(Synthesis), SYNTHESIS_LAWS)
def test_syntheses_keep_their_laws(part: Synthesis, law: str) -> None:
    check_synthesis(part, laws={law: SYNTHESIS_LAWS[law]})


@pytest.mark.parametrize("kind", [Acquisition, Selector, Strategy, Synthesis])
def test_every_parameter_takes_two_values_among_what_is_tried(kind: Any) -> None:
    """A parameter that nobody varies is a parameter that nobody tested."""
    for name, part in parts(kind).items():
        if name.startswith("example/") or issubclass(part, Synthesis) != (kind is Synthesis):
            continue
        tried = [one for one in examples(kind) if type(one) is part]
        for field in dataclasses.fields(part):
            values = {repr(getattr(one, field.name)) for one in tried}
            assert len(values) > 1, f"{part.__name__}.{field.name} is only ever {values}: add an example"
