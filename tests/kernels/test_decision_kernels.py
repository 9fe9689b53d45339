"""Expected costs and distances to the boundary equal their definitions, number by number."""

from __future__ import annotations

import numpy as np
import pytest

from querist.errors import InvalidInput
from querist.kernels import boundary, cost_margin, expected_cost, least_confidence, margin

RNG = np.random.default_rng(0)
PROBA = RNG.dirichlet(np.full(4, 0.4), 60)
COSTS = RNG.integers(0, 9, (4, 4)).astype(float)


def plain_costs(row, costs):
    """The expected cost of each decision, cheapest first."""
    classes = range(len(row))
    return sorted(sum(row[i] * costs[i][j] for i in classes) for j in classes)


def test_expected_cost_is_the_definition():
    told = [plain_costs(row, COSTS) for row in PROBA]
    assert np.allclose(expected_cost(PROBA, COSTS), [one[0] for one in told])
    assert np.allclose(cost_margin(PROBA, COSTS), [one[0] - one[1] for one in told])


def test_equal_costs_are_no_costs():
    equal = 1 - np.eye(4)
    assert np.allclose(expected_cost(PROBA, equal), least_confidence(PROBA))
    assert np.allclose(cost_margin(PROBA, equal), margin(PROBA))


def test_costs_keep_the_kind_and_bear_one_class():
    for kernel in (expected_cost, cost_margin):
        single = kernel(PROBA.astype(np.float32), COSTS)
        assert single.dtype == np.float32 and np.allclose(single, kernel(PROBA, COSTS), atol=1e-5)
        assert kernel(np.ones((2, 1)), [[0.0]]).tolist() == [0, 0]
        assert kernel(np.empty((0, 4)), COSTS).shape == (0,)


@pytest.mark.parametrize("kernel", [expected_cost, cost_margin])
@pytest.mark.parametrize("costs", [np.ones((3, 3)), np.ones(4), np.full((4, 4), np.nan), np.ones((4, 3))])
def test_wrong_costs_are_refused(kernel, costs):
    with pytest.raises(InvalidInput, match="square of finite numbers"):
        kernel(PROBA, costs)
    with pytest.raises(InvalidInput, match="no distribution"):
        kernel(PROBA * 2, COSTS)
    with pytest.raises(InvalidInput, match=r"shape \(4,\)"):
        kernel(PROBA[0], COSTS)


def plain_boundary(row, of):
    if of == "any":
        return -min(abs(one) for one in row)
    first, second = sorted(row, reverse=True)[:2]
    return -(first - second) / 2


@pytest.mark.parametrize("of", ["leaders", "any"])
@pytest.mark.parametrize("classes", [2, 3, 7])
def test_the_boundary_is_the_definition(of, classes):
    decision = RNG.standard_normal((50, classes)) * 3
    decision[3] = 0.0
    decision[4, 0] = -np.inf
    told = [plain_boundary(row, of) for row in decision.tolist()]
    assert np.allclose(boundary(decision, of=of), told)
    single = boundary(decision.astype(np.float32), of=of)
    assert single.dtype == np.float32 and np.allclose(single, told, atol=1e-5)
    assert np.allclose(boundary(np.asfortranarray(decision), of=of), told)


def test_two_classes_are_one_column_or_two():
    signed = RNG.standard_normal(30)
    both = np.column_stack([-signed, signed])
    for of in ("leaders", "any"):
        assert np.allclose(boundary(signed, of=of), -abs(signed))
        assert np.allclose(boundary(both, of=of), -abs(signed))


def test_a_single_class_is_infinitely_far_from_its_boundary():
    assert boundary([[np.inf, -np.inf]]).tolist() == [-np.inf]
    assert boundary([[3.0], [0.1]]).tolist() == [-np.inf, -np.inf]
    assert boundary([[0.4, -np.inf]], of="any").tolist() == [-0.4]
    assert boundary(np.empty((0, 3))).shape == (0,)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ([[0.1, np.nan]], "Row 0 has no decision"),
        ([[0.1, 0.2], [-np.inf, -np.inf]], "Row 1 has no decision"),
        ([[np.inf, np.inf]], "Row 0 has no decision"),
        (np.ones((2, 0)), "table of numbers"),
        (np.ones((2, 2, 2)), "table of numbers"),
        ([["a", "b"]], "table of numbers"),
    ],
)
def test_what_is_no_decision_is_refused(wrong, told):
    with pytest.raises(InvalidInput, match=told):
        boundary(wrong)


def test_an_unknown_boundary_is_refused():
    with pytest.raises(InvalidInput, match="'leaders' or of='any'"):
        boundary([[0.1, 0.2]], of="next")
