"""Stopping when labelling all the rest would gain little: the default, with a stated guarantee."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

from querist.campaign.movement import LEVELS
from querist.campaign.quality import quality
from querist.campaign.settings import Settings
from querist.campaign.stopping import AnyOf, Budget, StoppingCriterion, TargetQuality, Verdict
from querist.errors import InvalidInput
from querist.events import State
from querist.specs import named

__all__ = ["LittleToGain", "usual_stopping"]


@named("little_to_gain")
@dataclass(frozen=True)
class LittleToGain(StoppingCriterion):
    """Stop when labelling all the rest would make the model right at most ``epsilon`` more often.

    The promise: with chance 1 - ``delta``, the model that has all labels is right at most ``epsilon`` more
    often than the one at the stop.  The bound is the root of the summed squares of two forecasts, of which
    either alone is too hopeful, while both see some of the same gain:

    - *what the model cannot know yet*: the 1 - ``delta`` quantile of what the labels of the rest could
      still change, by the posterior of its last layer (:func:`querist.kernels.possible_gains`);
    - *how the curve runs*: no doubling of the labels gains more than the last one did.

    And the rest cannot be trusted to change less than the last training alone did, so that the share of
    predictions that changed bounds it from below.  It must hold for ``window`` models in a row.  Where the
    random questions show, beyond doubt, that the model errs more often than it believes, the forecasts grow
    as many times.

    The promise is no theorem: it holds where the model's own kind can describe the data about right and the
    curve falls off.  docs/benchmarks/stopping.md measures how often it is kept.  Prefer it where you do not
    know what can be reached; where you do, :class:`TargetQuality` needs no such belief.  It needs a linear
    last layer (logistic regression, alone or at the end of a pipeline) and up to 1,024 features; other
    models never tell it to stop.

    Parameters
    ----------
    epsilon : float in (0, 1)
        Share of the items on which being right is given up.
    delta : float from 0.01 to 0.5
        The chance of giving up more.
    window : int
        So many models in a row.

    >>> LittleToGain()(State()).reason
    'no model has told yet what more labels could gain'
    """

    epsilon: float = 0.01
    delta: float = 0.05
    window: int = 2

    def __post_init__(self) -> None:
        if not 0 < self.epsilon < 1:
            raise InvalidInput(
                f"epsilon is a share of 1; got {self.epsilon!r}.", mend="Write 0.01 for one in 100."
            )
        if not 1 - LEVELS[-1] - 1e-9 <= self.delta <= 0.5:
            raise InvalidInput(
                f"delta is a chance from {1 - LEVELS[-1]:.2f} to 0.5; got {self.delta!r}.", mend="Write 0.05."
            )
        if isinstance(self.window, bool) or not self.window >= 1:
            raise InvalidInput(f"window is a number of models; got {self.window!r}.", mend="Give 1 or more.")

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"gains", "curve", "stability"})

    def __call__(self, state: State) -> Verdict:
        level = next(i for i, one in enumerate(LEVELS) if one >= 1 - self.delta - 1e-9)
        figures = [one.metrics for one in state.trained if self.needs <= one.metrics.keys()]
        if not figures:
            return Verdict(False, 0.0, "no model has told yet what more labels could gain")
        times, last = _too_sure(state), figures[-self.window :]
        rest = [times * hypot(one["gains"][level], one["curve"]) for one in last]
        bounds = [max(one, 1 - told["stability"]) for one, told in zip(rest, last, strict=True)]
        if last[-1]["gains"][-1] == last[-1]["curve"] == 0:  # nothing is left
            return Verdict(True, 1.0, "there is nothing left to gain")
        enough = len(last) == self.window
        stop = enough and max(bounds) <= self.epsilon
        near = 1.0 if max(bounds) <= self.epsilon else self.epsilon / max(bounds)
        reason = f"all the rest would make it right at most {_points(rest[-1])} more often"
        wanted = f"{1 - self.delta:.0%} sure, wanted {_points(self.epsilon)}"
        if bounds[-1] > rest[-1]:
            reason += f", but the last training changed {1 - last[-1]['stability']:.1%} of the predictions"
        warning = "; random questions show it too sure of itself" if times > 1 else ""
        progress = 1.0 if stop else near * min(1.0, len(last) / self.window)
        return Verdict(stop, progress, f"{reason} ({wanted}){warning}")


def usual_stopping(settings: Settings, state: State) -> AnyOf:
    """When a campaign stops for which nothing else was given: at its budget, at its target, or when the
    models tell that there is little to gain.

    >>> usual_stopping(Settings(budget=50), State())
    AnyOf(criteria=(Budget(n=50),))
    """
    criteria: list[StoppingCriterion] = []
    if settings.budget is not None:
        criteria.append(Budget(settings.budget))
    if settings.target is not None:
        criteria.append(TargetQuality(settings.target))
    gain = LittleToGain()
    told = gain.needs <= state.trained[-1].metrics.keys() if state.trained else not criteria
    if told:  # before the first model it says that it waits for one, where nothing else is to be said
        criteria.append(gain)
    return AnyOf(tuple(criteria))


def _points(share: float) -> str:
    return f"{100 * share:.1f} points"


def _too_sure(state: State) -> float:
    """How many times more often the model errs than it believes: at least, by the random questions."""
    outcomes = state.random_outcomes
    beliefs = [state.queries[one.query].asked.suggestion or {} for one in outcomes]
    errors = sum(1 - one["proba"] for one in beliefs if one.get("proba") is not None)
    found = quality(state)
    if found is None or any(one.get("proba") is None for one in beliefs) or errors <= 0:
        return 1.0
    return max(1.0, float((1 - found.high) / (errors / len(outcomes))))
