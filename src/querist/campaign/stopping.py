"""When to stop: criteria that look at the state and give a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist.campaign.quality import quality
from querist.errors import InvalidInput
from querist.events import State
from querist.specs import named

__all__ = ["AnyOf", "Budget", "StoppingCriterion", "TargetQuality", "Verdict"]


@dataclass(frozen=True)
class Verdict:
    """Whether to stop, how far the campaign is on the way (0 to 1), and why."""

    stop: bool
    progress: float
    reason: str


class StoppingCriterion:
    """A frozen dataclass that is called with a state; pure, and quick enough to ask after every answer.

    Criteria join with ``|``: the first that says stop, stops.

    >>> Budget(500) | TargetQuality(0.9)
    AnyOf(criteria=(Budget(n=500), TargetQuality(target=0.9, confidence=0.95)))
    """

    name: ClassVar[str]

    def __call__(self, state: State) -> Verdict:
        raise NotImplementedError(f"{type(self).__name__} must say when to stop: define __call__(state).")

    def __or__(self, other: StoppingCriterion) -> AnyOf:
        return AnyOf((*_flat(self), *_flat(other)))

    @property
    def needs(self) -> frozenset[str]:
        """The figures of the models that it looks at: names in ``Trained.metrics``."""
        return frozenset()


@named("budget")
@dataclass(frozen=True)
class Budget(StoppingCriterion):
    """Stop after ``n`` answered questions.

    >>> Budget(100)(State(spent=25))
    Verdict(stop=False, progress=0.25, reason='25 of 100 labels')
    """

    n: float

    def __post_init__(self) -> None:
        if not self.n > 0:
            raise InvalidInput(f"A budget is above 0; got {self.n!r}.", mend="Leave it out for no bound.")

    def __call__(self, state: State) -> Verdict:
        return Verdict(
            stop=state.spent >= self.n,
            progress=min(1.0, state.spent / self.n),
            reason=f"{state.spent} of {self.n:g} labels",
        )


@named("target_quality")
@dataclass(frozen=True)
class TargetQuality(StoppingCriterion):
    """Stop when the share of right predictions is at least ``target``, beyond doubt.

    Looks at the lower end of the interval from the randomly drawn questions, so it needs a campaign
    with ``random_share`` above 0.  The interval holds at any look: stopping at the first moment at which
    it says so is sound, with the given confidence.

    >>> TargetQuality(0.9)(State()).reason
    'no randomly drawn question is answered yet'
    """

    target: float
    confidence: float = 0.95

    def __post_init__(self) -> None:
        for field in ("target", "confidence"):
            if not 0 < getattr(self, field) < 1:
                raise InvalidInput(
                    f"{field} lies between 0 and 1; got {getattr(self, field)!r}.", mend="Write 0.9 for 90 %."
                )

    def __call__(self, state: State) -> Verdict:
        found = quality(state, confidence=self.confidence)
        if found is None:
            return Verdict(False, 0.0, "no randomly drawn question is answered yet")
        stop = found.low >= self.target
        told = f"{found.low:.1%} to {found.high:.1%} right on {found.n} random questions"
        return Verdict(stop, min(1.0, found.low / self.target), f"{told}, wanted {self.target:.1%}")


@named("any_of")
@dataclass(frozen=True)
class AnyOf(StoppingCriterion):
    """Stop as soon as one of several criteria says so; progress is that of the one that is furthest."""

    criteria: tuple[StoppingCriterion, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "criteria", tuple(self.criteria))

    @property
    def needs(self) -> frozenset[str]:
        return frozenset().union(*(one.needs for one in self.criteria))

    def __call__(self, state: State) -> Verdict:
        verdicts = [one(state) for one in self.criteria]
        if not verdicts:
            return Verdict(False, 0.0, "nothing was set at which to stop")
        first = max(verdicts, key=lambda one: (one.stop, one.progress))
        return Verdict(first.stop, first.progress, first.reason if first.stop else _join(verdicts))


def _join(verdicts: list[Verdict]) -> str:
    return "; ".join(one.reason for one in verdicts)


def _flat(criterion: StoppingCriterion) -> tuple[StoppingCriterion, ...]:
    return criterion.criteria if isinstance(criterion, AnyOf) else (criterion,)
