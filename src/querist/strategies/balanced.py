"""A strategy whose batches make up for the classes that have fewer labels."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot, Strategy
from querist.strategies.narrowing import narrowed
from querist.strategies.registry import as_strategy
from querist.strategies.scored import Scored, predicted

__all__ = ["Balanced"]


@named("balanced")
@dataclass(frozen=True)
class Balanced:
    """Deals the batch out over the predicted classes, each question to the class with fewest labels so far.

    For unbalanced data where rare classes matter as much as common ones: the strategy is asked about the
    candidates predicted to be of each class in turn.  It goes by the model's guesses, so it cannot find a
    class that the model never predicts; begin with a strategy that spreads.  Prefer the strategy alone
    where the share of classes in the labels should stay as it is in the pool, or is unknown to matter.

    Labels count, and so do items that are out, as the class predicted of them, and picks of this batch.
    While there is no model, or one without ``proba``, the strategy is asked as it is.

    Parameters
    ----------
    strategy : Strategy, or what :func:`querist.strategies.as_strategy` takes

    The class balancer of small-text (Schröder et al. 2023).
    """

    strategy: Any = field(default_factory=Scored)
    name: ClassVar[str] = "balanced"

    def __post_init__(self) -> None:
        object.__setattr__(self, "strategy", as_strategy(self.strategy))

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates in the order in which the classes had their turns."""
        n = max(0, min(n, len(snapshot.candidates)))
        if not n or not hasattr(snapshot.model, "proba"):
            whole: Proposal = self.strategy.propose(snapshot, n)
            return whole
        guesses = predicted(snapshot).proba.argmax(axis=1)
        count = _counts(snapshot)
        there = np.bincount(guesses, minlength=len(count))
        turns = _turns(count, there, n)
        shares = {}
        for one in np.unique(turns):
            part = narrowed(snapshot, snapshot.candidates[guesses == one])
            shares[int(one)] = _picks(self.strategy.propose(part, int((turns == one).sum())))
        dealt = [shares[int(one)].popleft() for one in turns]
        return Proposal(
            ids=[pick[0] for pick in dealt],
            scores=np.array([pick[1] for pick in dealt], dtype=np.float64),
            probabilities=np.array([pick[2] for pick in dealt], dtype=np.float64),
            why=tuple(pick[3] for pick in dealt) if any(pick[3] for pick in dealt) else (),
            arms=tuple(pick[4] for pick in dealt),
            notes=tuple(pick[5] for pick in dealt) if any(pick[5] is not None for pick in dealt) else (),
        )

    @classmethod
    def examples(cls) -> tuple[Strategy, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls("k_center"))


def _counts(snapshot: Snapshot) -> np.ndarray:
    """What each class of the model has: labels, and items that are out and predicted to be of it, (C,)."""
    place = {value: column for column, value in enumerate(snapshot.model.classes)}
    count = np.zeros(len(place), dtype=np.intp)
    for value in snapshot.labels.values():
        if value in place:
            count[place[value]] += 1
    out = np.setdiff1d(snapshot.taken, snapshot.labelled)
    if len(out):
        count += np.bincount(predicted(snapshot, out).proba.argmax(axis=1), minlength=len(count))
    return count


def _turns(count: np.ndarray, there: np.ndarray, n: int) -> np.ndarray:
    """Whose turn each of ``n`` questions is: the class with fewest, of those that have candidates left."""
    count, there = count.copy(), there.copy()
    turns = np.empty(n, dtype=np.intp)
    for turn in range(n):
        one = int(np.where(there > 0, count, np.iinfo(np.intp).max).argmin())
        turns[turn] = one
        count[one] += 1
        there[one] -= 1
    return turns


def _picks(proposal: Proposal) -> deque[tuple[Any, float, float, str, str, Any]]:
    nothing = ("",) * len(proposal)
    active = ("active",) * len(proposal)
    return deque(
        zip(
            proposal.ids,
            proposal.scores,
            proposal.probabilities,
            proposal.why or nothing,
            proposal.arms or active,
            proposal.notes or (None,) * len(proposal),
            strict=True,
        )
    )
