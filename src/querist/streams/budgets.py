"""The budget managers of the papers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from querist.errors import InvalidInput
from querist.specs import named
from querist.streams.contract import BudgetManager

__all__ = [
    "FixedUncertainty",
    "ImportanceWeighted",
    "QuantileFilter",
    "RandomRate",
    "RandomisedUncertainty",
    "SelectiveSampling",
    "SplitUncertainty",
    "VariableUncertainty",
]


def _varied(*managers: BudgetManager) -> list[BudgetManager]:
    """The managers, and variants of the first in what all have in common."""
    first = managers[0]
    others = [replace(first, budget=0.3, ledger="bucket", span=50), replace(first, start=0, ledger="fading")]
    return [*managers, *others]


@named("random_rate")
@dataclass(frozen=True)
class RandomRate(BudgetManager):
    """Asks at random, whatever the score, at exactly the rate: one item drawn from each 1 / budget of them.

    The arm to compare with.  Every item has the chance ``budget``; unlike a coin for each item it neither
    overspends nor falls behind.
    """

    kind: ClassVar[str] = "random"

    @classmethod
    def examples(cls) -> list[BudgetManager]:
        return _varied(cls())


@named("fixed_uncertainty")
@dataclass(frozen=True)
class FixedUncertainty(BudgetManager):
    """Asks when the model's confidence, 1 - score, is at most a threshold that never moves.

    Prefer others: a threshold is right for one model at one time.  Where the model is surer than it, the
    budget stays unspent; where it is not, the budget goes to whatever comes first.

    Parameters
    ----------
    confidence : float

    Zliobaite, Bifet, Pfahringer & Holmes 2014.
    """

    confidence: float = 0.9

    kind: ClassVar[str] = "fixed"
    steers: ClassVar[bool] = False

    def threshold(self) -> float:
        return self.confidence

    @classmethod
    def examples(cls) -> list[BudgetManager]:
        return _varied(cls(), cls(confidence=0.6))


@named("variable_uncertainty")
@dataclass(frozen=True)
class VariableUncertainty(BudgetManager):
    """A confidence threshold that falls by ``step`` with each question and rises with each item let go.

    It follows a model that grows surer, and spends its budget; but at its balance it would ask about every
    second item, so that with small budgets the ledger decides, and it asks much like chance.  Prefer
    ``QuantileFilter``.

    Parameters
    ----------
    step : float

    Zliobaite, Bifet, Pfahringer & Holmes 2014.
    """

    step: float = 0.01

    kind: ClassVar[str] = "variable"

    def numbers(self) -> dict[str, float]:
        return {"first": self.step}

    @classmethod
    def examples(cls) -> list[BudgetManager]:
        return _varied(cls(), cls(step=0.05))


@named("randomised_uncertainty")
@dataclass(frozen=True)
class RandomisedUncertainty(BudgetManager):
    """``VariableUncertainty`` with a threshold that chance multiplies, so that sure items are asked too.

    Prefer it to the plain one where concepts change far from the boundary.

    Parameters
    ----------
    step : float
    spread : float
        Standard deviation of the factor, about 1.

    Zliobaite, Bifet, Pfahringer & Holmes 2014.
    """

    step: float = 0.01
    spread: float = 1.0

    kind: ClassVar[str] = "variable"

    def numbers(self) -> dict[str, float]:
        return {"first": self.step, "second": self.spread}

    @classmethod
    def examples(cls) -> list[BudgetManager]:
        return _varied(cls(), cls(step=0.05, spread=0.2))


@named("split_uncertainty")
@dataclass(frozen=True)
class SplitUncertainty(BudgetManager):
    """A share of the items asked at random at the rate, the rest by ``VariableUncertainty``.

    The random share shows changes that the model is blind to; prefer it beside a drift detector.

    Parameters
    ----------
    step : float
    share : float
        Of the items, which are given to chance.

    Zliobaite, Bifet, Pfahringer & Holmes 2014.
    """

    step: float = 0.01
    share: float = 0.1

    kind: ClassVar[str] = "split"

    def numbers(self) -> dict[str, float]:
        return {"first": self.step, "third": self.share}

    @classmethod
    def examples(cls) -> list[BudgetManager]:
        return _varied(cls(), cls(step=0.05, share=0.5))


@named("quantile_filter")
@dataclass(frozen=True)
class QuantileFilter(BudgetManager):
    """Asks when the score is among the best of the last ``window``, in the share that the budget allows.

    The bar is a quantile of the window, moved by what is unspent: far behind its rate it asks for less, so
    that what is spent is what was wanted.  Works for scores of any scale.  The first choice.

    Parameters
    ----------
    window : int
        Scores that are kept; several hundred, for a small budget asks for a rare quantile.
    tolerance : float
        What is unspent moves the bar: by the whole range of the window where so large a share of the
        questions of one window (``budget window``, one at least) is left.  The paper counts items.
    share : float in [0, 1)
        Of the budget, which goes to items drawn at random.  The paper has none; where concepts change, some
        show what a sure model is blind to.
    doubt : float
        Where labels surprise more than usual, by so much in all, the model is sure and wrong, and its
        scores say nothing: lots spend all of the budget until surprises are as usual again.  At three
        times that the model forgets what it learned before they began.  A label surprises by the
        confidence of its prediction, less 1 where that was right.  0 for never, as in the paper.
    rarest : float in [0, 1)
        No rarer scores are waited for: where the budget is less than this share, lots choose among the
        best of so many, since the very best of a model that knows little are odd.  0 in the paper.

    Kottke, Krempl & Spiliopoulou 2015 (balanced incremental quantile filter).
    """

    window: int = 1000
    tolerance: float = 0.2
    share: float = 0.1
    doubt: float = 3.0
    rarest: float = 0.1

    kind: ClassVar[str] = "quantile"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.window < 2 or not self.tolerance > 0 or not self.doubt >= 0:
            raise InvalidInput(
                f"window={self.window!r}, tolerance={self.tolerance!r} and doubt={self.doubt!r}: 2 or more, "
                "above 0, and 0 or more.",
                mend="Leave them out.",
            )
        if not 0 <= self.share < 1 or not 0 <= self.rarest < 1:
            raise InvalidInput(
                f"share={self.share!r} and rarest={self.rarest!r} are shares from 0 to below 1.",
                mend="Leave them out.",
            )

    def numbers(self) -> dict[str, float]:
        tolerance = max(1.0, self.tolerance * self.budget * self.window)
        own = {"first": tolerance, "second": self.share, "third": self.doubt, "fourth": self.rarest}
        return {**own, "window": self.window}

    @classmethod
    def examples(cls) -> list[BudgetManager]:
        return _varied(cls(), cls(window=100, tolerance=1.0, share=0.0, doubt=0.0, rarest=0.0))


@named("importance_weighted")
@dataclass(frozen=True)
class ImportanceWeighted(BudgetManager):
    """Asks with a chance that grows with the score and is never none, and tells the chance for weights.

    With ``StreamLearner(strategy="iwal")`` every label counts 1 / chance, so that what is learned is
    unbiased, whatever was asked.  Prefer it where that matters more than the last point of accuracy.

    Parameters
    ----------
    least : float
        The worth of an item with score 0, beside 1 for one with score 1.
    span : int
        Also: items over which the mean worth is taken that steers the chance to the rate.
    slack : float
        Unspent questions at which the chance is as computed; below, it is lowered in proportion.

    Beygelzimer, Dasgupta & Langford 2009 (IWAL).
    """

    least: float = 0.1
    slack: float = 3.0

    kind: ClassVar[str] = "importance"

    def numbers(self) -> dict[str, float]:
        return {"first": self.least, "second": float(self.span), "third": self.slack}

    @classmethod
    def examples(cls) -> list[BudgetManager]:
        return _varied(cls(), cls(least=0.5, slack=6.0))


@named("selective_sampling")
@dataclass(frozen=True)
class SelectiveSampling(BudgetManager):
    """Asks with the chance b / (b + margin): always on the boundary, seldom far from it.

    ``b`` moves until the rate is the budget.  Prefer it to thresholds where sure items must be looked at
    now and then; the quantile filter asks better ones where they need not.

    Parameters
    ----------
    step : float
        How fast ``b`` moves.
    slack : float
        Unspent questions that double the rate.

    Cesa-Bianchi, Gentile & Zaniboni 2006 (selective sampling by margins).
    """

    step: float = 0.05
    slack: float = 20.0

    kind: ClassVar[str] = "selective"

    def numbers(self) -> dict[str, Any]:
        return {"first": self.step, "second": self.slack}

    @classmethod
    def examples(cls) -> list[BudgetManager]:
        return _varied(cls(), cls(step=0.2, slack=5.0))
