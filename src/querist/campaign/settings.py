"""What may be set about a campaign, and changed while it runs."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from querist.errors import InvalidInput
from querist.strategies.schedule import check_share, share_at
from querist.tasks.classes import class_word

__all__ = ["SKIP_POLICIES", "Settings"]

SKIP_POLICIES = ("out", "others", "back")
_LARGEST = 1e15  # above it a float no longer counts one by one


@dataclass(frozen=True)
class Settings:
    """What may be set about a campaign; part of its log, so that every process sees the same.

    Parameters
    ----------
    title, guidelines : str
        What annotators read.
    strategy : str or mapping
        The strategy's name or spec.
    random_share : float in [0, 1], or str
        Share of the questions drawn uniformly at random: the only ones from which the quality of the
        model can be estimated without bias.  ``"0.5/sqrt"`` and ``"0.5->0.05/200"`` begin with more and
        fall as labels come.
    hide_share : float in [0, 1]
        Share of the suggestions that annotators are not shown, to measure how far they follow them.
        Those of random questions never are, so that the estimate of quality owes nothing to them.
    overlap : int
        How many annotators are to answer each item.
    lease : float, optional
        Seconds that an annotator may hold a question before it is free again; None: for ever.
    budget : float, optional
        What may be spent: labels, or the pool's unit of cost.  A question that is out counts until it comes
        back or its lease ends, so that no more are asked than may be answered; an answer that comes later
        all the same is kept, and counts.
    target : float in (0, 1), optional
        Share of right predictions at which the campaign may stop.
    skipped : "out", "others" or "back"
        A skipped item is asked of nobody again, of the others, or of anybody once nothing else is left.
    open_classes : bool
        False closes the list of classes of a task that is open.
    class_descriptions : mapping
        What each class means, by class; names are kept as those of the classes are.

    >>> Settings(budget=50).with_changes(overlap=2)
    Settings(title='', guidelines='', strategy='default', random_share=0.0, ..., overlap=2, ...)
    """

    title: str = ""
    guidelines: str = ""
    strategy: Any = "default"
    random_share: float | str = 0.0
    hide_share: float = 0.0
    overlap: int = 1
    lease: float | None = None
    budget: float | None = None
    target: float | None = None
    skipped: str = "out"
    open_classes: bool = True
    class_descriptions: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_share(self.random_share, "random_share")
        value = _number("hide_share", self.hide_share)
        if not 0 <= value <= 1:
            raise InvalidInput(f"hide_share is a share of 1; got {value}.", mend="Write 0.1 for 10 %.")
        if isinstance(self.overlap, bool) or not isinstance(self.overlap, int) or self.overlap < 1:
            raise InvalidInput(
                f"overlap is how many annotators answer each item; got {self.overlap!r}.",
                mend="Give 1 or more.",
            )
        for bound in ("lease", "budget"):
            value = getattr(self, bound)
            if value is not None and _number(bound, value) <= 0:
                raise InvalidInput(f"{bound} must be above 0; got {value}.", mend="Give None for no bound.")
        if self.target is not None and not 0 < _number("target", self.target) < 1:
            raise InvalidInput(
                f"target is a share of right predictions between 0 and 1; got {self.target}.",
                mend="Write 0.9 for 90 %, or None for no target.",
            )
        if self.skipped not in SKIP_POLICIES:
            raise InvalidInput(
                f"skipped={self.skipped!r} is no policy.", mend=f"It is one of {', '.join(SKIP_POLICIES)}."
            )
        if not isinstance(self.class_descriptions, Mapping):
            raise InvalidInput(
                f"class_descriptions says what each class means; got {self.class_descriptions!r}.",
                mend="Give a mapping: {'cat': 'a tame one'}.",
            )
        described = {class_word(name): text for name, text in self.class_descriptions.items()}
        object.__setattr__(self, "class_descriptions", described)

    def random_share_at(self, labels: int) -> float:
        """The share of random questions when so many items are labelled."""
        return share_at(self.random_share, labels)

    def with_changes(self, **changes: Any) -> Settings:
        """The same settings with some changed; raises InvalidInput on a name that is no setting."""
        known = [one.name for one in dataclasses.fields(self)]
        for name in changes:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                guess = f"Did you mean {close[0]!r}? " if close else ""
                raise InvalidInput(
                    f"There is no setting {name!r}.", mend=f"{guess}The settings are: {', '.join(known)}."
                )
        return dataclasses.replace(self, **changes)

    def as_json(self) -> dict[str, Any]:
        """All settings as plain JSON values."""
        told = {one.name: getattr(self, one.name) for one in dataclasses.fields(self)}
        return {**told, "class_descriptions": dict(self.class_descriptions)}

    @staticmethod
    def from_json(told: Mapping[str, Any]) -> Settings:
        """The settings that :meth:`as_json` wrote; those not named have their defaults."""
        return Settings().with_changes(**told)


def _number(name: str, value: Any) -> float:
    told = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if not -_LARGEST <= told <= _LARGEST:
        raise InvalidInput(
            f"{name} must be a number of at most {_LARGEST:g}; got {str(value)[:40]!r}.",
            mend="Give an int or a float; None where there is to be no bound.",
        )
    return told
