"""Stopping when the model stands still: criteria that compare each model with the one before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from querist.campaign.stopping import StoppingCriterion, Verdict
from querist.errors import InvalidInput
from querist.events import State
from querist.specs import named

__all__ = [
    "ClassificationChange",
    "DeltaF",
    "ErrorStability",
    "KappaAverage",
    "OverallUncertainty",
    "StablePredictions",
]

_NONE_YET = Verdict(False, 0.0, "no two models to compare yet")


class _OfModels(StoppingCriterion):
    """A criterion that reads one figure of each model, over some models or up to some share."""

    reads: ClassVar[str]  # the name of the figure in Trained.metrics
    window: int = 1
    threshold: float = 1.0

    def __post_init__(self) -> None:
        if isinstance(self.window, bool) or not self.window >= 1:
            raise InvalidInput(f"window is a number of models; got {self.window!r}.", mend="Give 1 or more.")
        if not 0 < self.threshold <= 1:
            raise InvalidInput(f"threshold is a share of 1; got {self.threshold!r}.", mend="Write 0.99.")

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({self.reads})

    def _told(self, state: State) -> list[Any]:
        return [one.metrics[self.reads] for one in state.trained if self.reads in one.metrics]


@named("stable_predictions")
@dataclass(frozen=True)
class StablePredictions(_OfModels):
    """Stop when the last ``window`` models agree: each kept a share ``threshold`` of the predictions.

    The plain share, which everybody understands; :class:`KappaAverage` is the published form.  It needs no
    random questions, but says only that the model stands still, not that it is good.

    >>> StablePredictions()(State()).reason
    'no two models to compare yet'
    """

    window: int = 3
    threshold: float = 0.99
    reads: ClassVar[str] = "stability"

    def __call__(self, state: State) -> Verdict:
        last = self._told(state)[-self.window :]
        if not last:
            return _NONE_YET
        stable = 0
        while stable < len(last) and last[-1 - stable] >= self.threshold:
            stable += 1
        reason = (
            f"{last[-1]:.1%} of the predictions stayed the same; {stable} of {self.window} models are stable"
        )
        return Verdict(stable >= self.window, stable / self.window, reason)


@named("kappa_average")
@dataclass(frozen=True)
class KappaAverage(_OfModels):
    """Stop when successive models agree beyond chance: mean kappa of ``window`` models at ``threshold``.

    Prefer it to the plain share where one class is rare: a model that always says the other agrees with
    itself by chance.  Not where few labels come between two trainings: small steps look like agreement.

    >>> KappaAverage()(State()).reason
    'no two models to compare yet'

    Bloodgood & Vijay-Shanker, "A Method for Stopping Active Learning Based on Stabilizing Predictions and
    the Need for User-Adjustable Stopping" (CoNLL 2009).  Read here with the whole pool as the stop set.
    """

    window: int = 3
    threshold: float = 0.99
    reads: ClassVar[str] = "kappa"

    def __call__(self, state: State) -> Verdict:
        last = self._told(state)[-self.window :]
        if not last:
            return _NONE_YET
        mean = sum(last) / len(last)
        reason = f"kappa between models is {mean:.3f} over the last {len(last)}; wanted {self.threshold:g}"
        return _reached(1 - mean, 1 - self.threshold, len(last) / self.window, reason)


@named("overall_uncertainty")
@dataclass(frozen=True)
class OverallUncertainty(_OfModels):
    """Stop when the model is sure of what is left: mean entropy at most a share ``threshold`` of its largest.

    Prefer it where the classes can be told apart.  Where they overlap no number of labels makes a model
    sure, and it never stops; and a model that is too sure of itself stops too early.

    >>> OverallUncertainty()(State()).reason
    'no model has told its uncertainty yet'

    Zhu, Wang & Hovy, "Multi-Criteria-Based Strategy to Stop Active Learning for Data Annotation"
    (COLING 2008).
    """

    threshold: float = 0.05
    reads: ClassVar[str] = "uncertainty"

    def __call__(self, state: State) -> Verdict:
        told = self._told(state)
        if not told:
            return Verdict(False, 0.0, "no model has told its uncertainty yet")
        reason = f"the model's uncertainty of the rest is {told[-1]:.1%}; wanted {self.threshold:.1%}"
        return _reached(told[-1], self.threshold, 1.0, reason)


@named("classification_change")
@dataclass(frozen=True)
class ClassificationChange(_OfModels):
    """Stop when no item without a label changed its predicted class, over the last ``window`` trainings.

    Strict in large pools, where a few items always change; loose where few labels come between two
    trainings.

    >>> ClassificationChange()(State()).reason
    'no two models to compare yet'

    Zhu, Wang & Hovy, "Multi-Criteria-Based Strategy to Stop Active Learning for Data Annotation"
    (COLING 2008).
    """

    window: int = 2
    reads: ClassVar[str] = "changed"

    def __call__(self, state: State) -> Verdict:
        last = self._told(state)[-self.window :]
        if not last:
            return _NONE_YET
        still = 0
        while still < len(last) and last[-1 - still] == 0:
            still += 1
        reason = f"{last[-1]:.1%} of the rest changed class; {still} of {self.window} trainings changed none"
        return Verdict(still >= self.window, still / self.window, reason)


@named("delta_f")
@dataclass(frozen=True)
class DeltaF(_OfModels):
    """Stop when the F measure is predicted to change by less than ``threshold``, ``window`` times in a row.

    The change is one minus the F measure between the predictions of successive models, which bounds how
    far the F measure against the truth can have moved.  Read here as the mean over the classes.

    >>> DeltaF()(State()).reason
    'no two models to compare yet'

    Altschuler & Bloodgood, "Stopping Active Learning Based on Predicted Change of F Measure for Text
    Classification" (ICSC 2019).
    """

    window: int = 3
    threshold: float = 0.02
    reads: ClassVar[str] = "delta_f"

    def __call__(self, state: State) -> Verdict:
        last = self._told(state)[-self.window :]
        if not last:
            return _NONE_YET
        reason = f"F is predicted to change by {last[-1]:.3f}; wanted {self.threshold:g} over {self.window}"
        return _reached(max(last), self.threshold, len(last) / self.window, reason)


@named("error_stability")
@dataclass(frozen=True)
class ErrorStability(_OfModels):
    """Stop when a training can change the expected error little: a share ``threshold`` of the first change.

    The change is bounded through the Kullback-Leibler divergence of successive posteriors of a linear last
    layer (:func:`querist.kernels.error_change`).  The bound needs few labels between two trainings and few
    features: with many it stays near 1, and the criterion never stops.

    The reading: the posteriors are Laplace's; the bound is Pinsker's or that of Bretagnolle and Huber,
    whichever is lower, where the paper has one of its own; relative to the first as the paper has it.

    >>> ErrorStability()(State()).reason
    'no two models to compare yet'

    Ishibashi & Hino, "Stopping Criterion for Active Learning Based on Deterministic Generalization Bounds"
    (AISTATS 2020) and "... Based on Error Stability" (2021).
    """

    threshold: float = 0.05
    reads: ClassVar[str] = "error_change"

    def __call__(self, state: State) -> Verdict:
        told = self._told(state)
        if not told:
            return _NONE_YET
        share = told[-1] / told[0] if told[0] > 0 else 0.0
        reason = f"the error can have changed by {told[-1]:.3f}, {share:.1%} of the first change"
        return _reached(share, self.threshold, 1.0, f"{reason}; wanted {self.threshold:.1%}")


def _reached(value: float, bound: float, seen: float, reason: str) -> Verdict:
    """Whether a value that falls is at its bound, over a window of which a share was ``seen``."""
    near = 1.0 if value <= bound else bound / value
    stop = value <= bound and seen >= 1
    return Verdict(stop, min(1.0, near * seen), reason)
