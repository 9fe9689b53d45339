"""What a budget manager is, and the gate that it opens over one stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.stream_gates import KINDS, LEDGERS, decide, decide_many, gate_options, gate_state, hear

__all__ = ["BudgetManager", "CompiledGate", "Gate"]


class Gate(Protocol):
    """A budget manager at work on one stream: counts items, and says which to ask about."""

    def __call__(self, score: float, cold: bool = False, closed: bool = False) -> tuple[bool, float, float]:
        """Whether to ask, the bar that the score had to reach, and the chance of being asked.

        ``cold``: the score says nothing yet, ask while the budget lets you.  ``closed``: count the item
        and do not ask about it.

        A gate may have a method ``hear(surprise)`` too: with each label it is told how sure the
        prediction of it was, less 1 where it was right; it answers with the number of labels that the
        model is to keep where all before them is out of date, and with -1 else.
        """
        ...


@dataclass(frozen=True)
class BudgetManager:
    """Turns scores, one at a time, into decisions to ask, and never spends more than its budget.

    A manager is a spec: :meth:`begin` opens a gate, which holds all that changes.  Subclass it, name the
    subclass with ``querist.specs.named`` and give it ``begin`` for a manager of your own;
    ``querist.testing.check_budget_manager`` tells whether it keeps the laws.

    Parameters
    ----------
    budget : float in (0, 1]
        The share of items that may be asked about.  After ``t`` items at most max(start, budget t) were.
    start : int
        How many items a cold beginning may ask about in advance of its rate.
    ledger : "exact", "bucket" or "fading"
        What else is held against the rate.  "exact": nothing, what was not spent may be spent later.
        "bucket": tokens that fill to ``budget span``, so that no burst is longer.  "fading": the estimate
        of Zliobaite et al. (2014), a count that fades over ``span`` items.
    span : int
        Items over which bucket and fading count look back.
    """

    budget: float = 0.1
    start: int = 20
    ledger: str = "exact"
    span: int = 100

    kind: ClassVar[str] = ""
    steers: ClassVar[bool] = True  # whether it spends what it may, whatever the scores

    def __post_init__(self) -> None:
        if not 0 < self.budget <= 1:
            raise InvalidInput(
                f"A budget is a share above 0 and at most 1; got {self.budget!r}.",
                mend="Write 0.1 for every tenth item.",
            )
        if self.ledger not in LEDGERS:
            raise InvalidInput(
                f"No ledger is named {self.ledger!r}.", mend=f"Use one of {', '.join(map(repr, LEDGERS))}."
            )
        if self.start < 0 or self.span < 1:
            raise InvalidInput(
                f"start={self.start!r} and span={self.span!r} count items: 0 or more, and 1 or more.",
                mend="Leave them out.",
            )

    def numbers(self) -> dict[str, float]:
        """The manager's own numbers, as :func:`querist.kernels.stream_gates.gate_options` names them."""
        return {}

    def threshold(self) -> float:
        """Where a moving threshold begins."""
        return 1.0

    def begin(self, seed: int = 0) -> Gate:
        """A gate over a new stream."""
        if self.kind not in KINDS:
            raise InvalidInput(
                f"{type(self).__name__} opens no gate.", mend="Give it a method begin(seed) of its own."
            )
        own: dict[str, Any] = self.numbers()
        options = gate_options(self.budget, self.start, self.ledger, self.span, **own)
        return CompiledGate(KINDS[self.kind], options, gate_state(options, self.threshold(), seed))


class CompiledGate:
    """A gate whose whole state is one vector of numbers, and whose step is compiled."""

    __slots__ = ("kind", "options", "state")

    def __init__(self, kind: int, options: np.ndarray, state: np.ndarray) -> None:
        self.kind, self.options, self.state = kind, options, state

    def __call__(self, score: float, cold: bool = False, closed: bool = False) -> tuple[bool, float, float]:
        told: tuple[bool, float, float] = decide(self.kind, self.options, self.state, score, cold, closed)
        return told

    def hear(self, surprise: float) -> int:
        """A label came: the confidence of its prediction, less 1 where that was right.

        The labels to keep where all before them is out of date; -1 else.
        """
        told: int = hear(self.kind, self.options, self.state, surprise)
        return told

    def many(self, scores: Any, cold: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Decisions on many scores in their order: ask, bar and chance, each (n,)."""
        scores = np.ascontiguousarray(scores, dtype=np.float64)
        ask = np.zeros(len(scores), dtype=np.bool_)
        bars, chances = np.zeros(len(scores)), np.zeros(len(scores))
        decide_many(self.kind, self.options, self.state, scores, cold, ask, bars, chances)
        return ask, bars, chances
