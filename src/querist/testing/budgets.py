"""The laws of budget managers."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from querist.streams import BudgetManager, CompiledGate
from querist.testing.laws import Laws, no_global_chance, reads_back, run_laws

__all__ = ["BUDGET_LAWS", "check_budget_manager"]

_N = 4_000
_BUDGETS = (0.01, 0.1, 1 / 3, 1.0)


def check_budget_manager(manager: BudgetManager, *, laws: Laws | None = None) -> None:
    """Raise AssertionError unless ``manager`` keeps every law of budget managers.

    >>> from querist.streams import QuantileFilter
    >>> check_budget_manager(QuantileFilter(0.2))
    """
    run_laws(manager, BUDGET_LAWS if laws is None else laws)


def _scores(n: int = _N) -> Iterator[tuple[str, np.ndarray]]:
    """Streams of scores of every sort, ties above all."""
    rng = np.random.default_rng(7)
    yield "scores that are all 0", np.zeros(n)
    yield "scores that are all 1", np.ones(n)
    yield "scores that are all the same", np.full(n, 0.37)
    yield "scores of two values", rng.integers(0, 2, n).astype(float)
    yield "scores that rise", np.linspace(0, 1, n)
    yield "scores that fall", np.linspace(1, 0, n)
    yield "uniform scores", rng.random(n)
    yield "scores that are small", rng.random(n) * 1e-9
    yield "scores that are large", rng.random(n) * 1e9
    yield "a step", np.repeat([0.0, 1.0], [n - n // 2, n // 2])


def _room(manager: BudgetManager, seen: int) -> float:
    return max(manager.start, math.floor(manager.budget * seen + 1e-9))


def _never_exceeds(manager: BudgetManager) -> None:
    for budget in (manager.budget, *_BUDGETS):
        one = replace(manager, budget=budget)
        for name, scores in _scores():
            gate, asked = one.begin(3), 0
            for seen, score in enumerate(scores, start=1):
                ask, _, _ = gate(float(score), seen % 7 == 0)
                asked += ask
                assert asked <= _room(one, seen), (
                    f"{name}: {asked} of {seen} items asked about with budget {budget:g};"
                    f" at most {_room(one, seen):g} are allowed"
                )


def _spends(manager: BudgetManager) -> None:
    if not manager.steers or manager.ledger != "exact":
        return
    for budget in (0.05, 0.3):
        one, n = replace(manager, budget=budget), 20_000
        gate = one.begin(5)
        asked = sum(gate(float(score))[0] for score in np.random.default_rng(1).random(n))
        assert asked >= 0.99 * budget * n - 5, f"it asked about {asked} of {n} items with budget {budget:g}"


def _asks_cold(manager: BudgetManager) -> None:
    gate = replace(manager, start=1, ledger="exact").begin(0)
    assert gate(0.0, True)[0], "it did not ask about the first item, though the model is cold"
    gate = replace(manager, start=0, ledger="exact", budget=0.25).begin(0)
    asked = [gate(0.0, True)[0] for _ in range(8)]
    assert asked == [i % 4 == 3 for i in range(8)], f"cold, with a quarter to spend, it asked {asked}"


def _is_a_function_of_its_seed(manager: BudgetManager) -> None:
    scores = np.random.default_rng(2).random(2_000)
    with no_global_chance():
        first, other = manager.begin(4), manager.begin(4)
        told = [first(float(one)) for one in scores]
        disturbed = manager.begin(5)
        again = []
        for one in scores:
            disturbed(float(one) / 2)
            again.append(other(float(one)))
    assert str(told) == str(again), "the same seed and scores gave other decisions"


def _is_as_good_copied(manager: BudgetManager) -> None:
    scores = np.random.default_rng(3).random(1_000)
    gate = manager.begin(6)
    for one in scores[:500]:
        gate(float(one))
    kept = copy.deepcopy(gate)
    if (written := _written(kept)) is not None:
        kept = pickle.loads(written)
    for one in scores[500:]:
        assert str(gate(float(one))) == str(kept(float(one))), "a gate that was saved decides otherwise"


def _written(gate: Any) -> bytes | None:
    """A gate pickled; None for one of a class that no module holds (of a notebook, of a page)."""
    try:
        return pickle.dumps(gate)
    except (pickle.PicklingError, AttributeError):
        return None


def _never_grows(manager: BudgetManager) -> None:
    gate = manager.begin(0)
    sizes = []
    for count in (500, 5_000):
        for one in np.random.default_rng(4).random(count):
            gate(float(one))
        sizes.append(len(_written(gate) or b""))
    assert sizes[1] <= sizes[0] + 64, f"it grew from {sizes[0]} to {sizes[1]} bytes"


def _counts_closed_items(manager: BudgetManager) -> None:
    gate = replace(manager, start=0, ledger="exact", budget=0.1).begin(0)
    for _ in range(100):
        assert not gate(1.0, False, True)[0], "it asked about an item that is closed"
    assert gate(1.0, True)[0], "closed items did not count: nothing was left to spend after them"


def _tells_chances(manager: BudgetManager) -> None:
    gate = manager.begin(1)
    for score in np.random.default_rng(5).random(2_000):
        ask, bar, chance = gate(float(score))
        assert 0 <= chance <= 1, f"the chance {chance}"
        assert chance > 0 or not ask, "asked with chance 0"
        assert not ask or not bar > score, f"asked at {score}, below the bar {bar}"


def _reads_blocks(manager: BudgetManager) -> None:
    gate, other = manager.begin(2), manager.begin(2)
    if not isinstance(gate, CompiledGate) or not isinstance(other, CompiledGate):
        return
    scores = np.random.default_rng(6).random(500)
    ask, bars, chances = gate.many(scores)
    one_by_one: Any = np.array([other(float(one)) for one in scores])
    assert (ask == one_by_one[:, 0]).all(), "a block is decided otherwise than its items one by one"
    assert np.array_equal(np.stack([bars, chances]), one_by_one[:, 1:].T, equal_nan=True)


def _survives_json(manager: BudgetManager) -> None:
    reads_back(manager)


BUDGET_LAWS: Laws = {
    "never exceeds its rate, ties included": _never_exceeds,
    "spends what it was given": _spends,
    "asks for a cold model": _asks_cold,
    "is a function of its seed": _is_a_function_of_its_seed,
    "goes on as it was when saved": _is_as_good_copied,
    "never grows": _never_grows,
    "counts closed items and leaves them": _counts_closed_items,
    "tells chances": _tells_chances,
    "decides blocks as items": _reads_blocks,
    "survives JSON": _survives_json,
}
