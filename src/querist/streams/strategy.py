"""Strategies of streams: a score, the budget manager that judges it, and what else bears on a question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from querist.errors import InvalidInput, UnknownPart
from querist.kernels.stream_scores import SCORES
from querist.specs import from_spec, named, read_spec
from querist.streams.budgets import (
    FixedUncertainty,
    ImportanceWeighted,
    QuantileFilter,
    RandomisedUncertainty,
    RandomRate,
    SelectiveSampling,
    SplitUncertainty,
    VariableUncertainty,
)
from querist.streams.contract import BudgetManager
from querist.streams.density import Cognition, Density

__all__ = ["StreamStrategy", "as_stream_strategy", "stream_strategies"]


@named("stream")
@dataclass(frozen=True)
class StreamStrategy:
    """What is asked along a stream: a score of one item, and the manager that turns it into a decision.

    Parameters
    ----------
    score : str
        "margin", "least_confidence" or "entropy" of the (mean) probabilities; of a committee also
        "minimum_margin" (of the member that is least sure), "vote_entropy", "disagreement" (mutual
        information) and "loss_range" (how far the losses of two members may be apart);
        "probabilistic", the gain of one or two labels by the labelled rows nearby, for ``OnlineSoftmax``.
    manager : BudgetManager
    density : Density or Cognition, optional
        Only items that several of the last ones are near are asked about.
    weigh : bool
        Labels count 1 / chance when they are learned.

    >>> as_stream_strategy("pal", budget=0.3).manager.budget
    0.3
    """

    score: str = "margin"
    manager: BudgetManager = field(default_factory=QuantileFilter)
    density: Density | Cognition | None = None
    weigh: bool = False

    def __post_init__(self) -> None:
        if self.score not in SCORES:
            raise InvalidInput(
                f"No score of streams is named {self.score!r}.",
                mend=f"Use one of {', '.join(map(repr, SCORES))}.",
            )
        if not isinstance(self.manager, BudgetManager):
            raise InvalidInput(
                f"{self.manager!r} is no budget manager.", mend="Use one such as QuantileFilter(0.1)."
            )

    def with_budget(self, budget: float) -> StreamStrategy:
        """The same strategy with another budget."""
        return replace(self, manager=replace(self.manager, budget=budget))

    @classmethod
    def examples(cls) -> list[StreamStrategy]:
        return list(_RECIPES.values())


_RECIPES: dict[str, StreamStrategy] = {
    "default": StreamStrategy(),
    "random": StreamStrategy("random", RandomRate()),
    "fixed_uncertainty": StreamStrategy("least_confidence", FixedUncertainty()),
    "variable_uncertainty": StreamStrategy("least_confidence", VariableUncertainty()),
    "randomised_uncertainty": StreamStrategy("least_confidence", RandomisedUncertainty()),
    "split_uncertainty": StreamStrategy("least_confidence", SplitUncertainty()),
    "entropy": StreamStrategy("entropy"),
    "pal": StreamStrategy("probabilistic", QuantileFilter(rarest=0.0)),  # the best have company: none is odd
    "dbal": StreamStrategy("margin", VariableUncertainty(), Density()),
    "cognitive": StreamStrategy("margin", VariableUncertainty(), Cognition()),
    "cognitive_fixed": StreamStrategy("margin", FixedUncertainty(), Cognition()),
    "cognitive_randomised": StreamStrategy("margin", RandomisedUncertainty(), Cognition()),
    "cognitive_random": StreamStrategy("random", RandomRate(), Cognition()),
    "minimum_margin": StreamStrategy("minimum_margin"),
    "consensus_entropy": StreamStrategy("entropy"),
    "vote_entropy": StreamStrategy("vote_entropy"),
    "disagreement": StreamStrategy("disagreement"),
    "iwal": StreamStrategy("loss_range", ImportanceWeighted(), weigh=True),
    "selective_sampling": StreamStrategy("margin", SelectiveSampling()),
}


def stream_strategies() -> list[str]:
    """The names that :func:`as_stream_strategy` takes.

    >>> "default" in stream_strategies()
    True
    """
    return sorted(_RECIPES)


def as_stream_strategy(what: Any, *, budget: float | None = None) -> StreamStrategy:
    """``what`` as a strategy of streams: a name, a spec or its JSON, a budget manager (of margins), or one.

    ``budget`` takes the place of the manager's own.
    """
    if isinstance(what, str) and what.lstrip().startswith("{"):
        what = read_spec(what)
    if isinstance(what, str) and what in _RECIPES:
        what = _RECIPES[what]
    elif isinstance(what, str | Mapping):
        what = _from_spec(what)
    if isinstance(what, BudgetManager):
        what = StreamStrategy(manager=what)
    if not isinstance(what, StreamStrategy):
        raise InvalidInput(
            f"{what!r} is no strategy of streams.",
            mend=f"Use a name ({', '.join(stream_strategies())}), a budget manager or a StreamStrategy.",
        )
    return what if budget is None else what.with_budget(budget)


def _from_spec(what: str | Mapping[str, Any]) -> Any:
    try:
        return from_spec(what)
    except UnknownPart as error:
        if isinstance(what, str):
            raise UnknownPart(
                f"No strategy of streams is named {what!r}.",
                mend=f"There are {', '.join(stream_strategies())}.",
            ) from error
        raise
