"""Worth by what a mistake would cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist import kernels
from querist.acquisition.algebra import Acquisition
from querist.errors import InvalidInput
from querist.specs import named

__all__ = ["CostMargin", "ExpectedCost", "check_costs", "cost_matrix"]

Costs = tuple[tuple[Any, Any, float], ...]


@named("expected_cost")
@dataclass(frozen=True)
class ExpectedCost(Acquisition):
    """What the cheapest decision is expected to cost: asks where even the best guess may be dear.

    Prefer it where some mistakes cost more than others (a missed tumour, a lost order); with equal
    costs it is ``LeastConfidence``.  Needs ``model.proba``, calibrated: costs multiply its errors.

    Parameters
    ----------
    costs : (true class, class said, cost) triples
        0 or more.  A mistake that is not named costs 1, a right answer 0.  Classes that the campaign
        does not have (yet) do no harm.

    >>> ExpectedCost((("spam", "ham", 1.0), ("ham", "spam", 50.0)))
    ExpectedCost(costs=(('spam', 'ham', 1.0), ('ham', 'spam', 50.0)))

    Margineantu 2005.
    """

    costs: Costs = ()
    reason: ClassVar[str] = "A mistake here would be dear."

    def __post_init__(self) -> None:
        check_costs(self.costs)

    def __call__(self, prediction: Any) -> np.ndarray:
        return kernels.expected_cost(prediction.proba, cost_matrix(self.costs, prediction.model.classes))

    @classmethod
    def examples(cls) -> tuple[Acquisition, ...]:
        return (cls(), cls((("a", "b", 5.0), ("c", "a", 0.5), ("b", "b", 0.25))))


@named("cost_margin")
@dataclass(frozen=True)
class CostMargin(Acquisition):
    """How little dearer the second-best decision is than the best: asks where two decisions compete.

    The margin of expected costs, counted from the widest span of costs so that it is 0 or more.
    Prefer it to :class:`ExpectedCost` where rows of dear classes would be asked for ever; with equal
    costs it is ``Margin``.  Needs ``model.proba``.

    Parameters
    ----------
    costs : (true class, class said, cost) triples
        As in :class:`ExpectedCost`.

    Chen & Lin 2013 (cost-weighted minimum margin).
    """

    costs: Costs = ()
    reason: ClassVar[str] = "Two decisions promise to cost about the same here."

    def __post_init__(self) -> None:
        check_costs(self.costs)

    def __call__(self, prediction: Any) -> np.ndarray:
        costs = cost_matrix(self.costs, prediction.model.classes)
        margin = kernels.cost_margin(prediction.proba, costs)
        # the lead may pass the span by the rounding that probabilities are allowed
        scores: np.ndarray = np.maximum(np.ptp(costs) + margin, 0).astype(margin.dtype, copy=False)
        return scores

    @classmethod
    def examples(cls) -> tuple[Acquisition, ...]:
        return (cls(), cls((("a", "b", 5.0), ("c", "a", 0.5), ("b", "b", 0.25))))


def check_costs(costs: Costs) -> None:
    """Raise InvalidInput unless ``costs`` are triples, each pair named once."""
    seen = set()
    for one in costs:
        if not (isinstance(one, tuple) and len(one) == 3 and isinstance(one[2], int | float) and one[2] >= 0):
            raise InvalidInput(
                f"A cost is a triple (true class, class said, number of 0 or more); got {one!r}.",
                mend="Write for example costs=(('ham', 'spam', 50.0),).",
            )
        if one[:2] in seen or one[2] == float("inf"):
            raise InvalidInput(
                f"The cost of saying {one[1]!r} for {one[0]!r} is not one finite number.",
                mend="Name each pair once, with a finite cost.",
            )
        seen.add(one[:2])


def cost_matrix(costs: Costs, classes: Any) -> np.ndarray:
    """The costs as a square, one row a true class: 1 where nothing is said, 0 on the diagonal."""
    place = {value: i for i, value in enumerate(classes)}
    matrix: np.ndarray = 1.0 - np.eye(len(place))
    for true, said, cost in costs:
        if true in place and said in place:
            matrix[place[true], place[said]] = cost
    return matrix
